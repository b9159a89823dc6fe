"""The texts of errors that programs print, as CPython words them."""

for source in ["1/0","[][0]","''[0]","int('x')","undefined_x","(1).foo","1+'a'","'a'+1","float('abc')","{}['k']","(lambda x:0)()","None.x","[].pop()","(1,)[5]","[1].index(2)","[1].remove(2)","len(5)","'a'*'b'","-'a'","iter(5)","5()","{}.pop('q')","set().pop()","1<'a'","[]<{}","int('')","int('12a',16)","abs('a')","sum(['a'])","tuple(5)","None+1","5[0]","None[0]","[1]+(2,)","(1,)+[2]","__import__('nomod')","list(5)","2**'a'","[1,2,3]['a']"]:
    try:
        eval(source)
    except Exception as error:
        print(source, "|", type(error).__name__, "|", error)


def f(x): pass
def g(a, b=1, *, c): pass
def h(): pass


for source in ["f()", "f(1,2)", "f(y=1)", "f(1,x=2)", "g(1)", "h(1)", "g(c=1)", "f(1,z=3)"]:
    try:
        eval(source)
    except TypeError as error:
        print(source, "|", error)
for source in ["a,b,c=1,2", "a,b=1,2,3", "a,*b=[]", "raise KeyError('a')", "assert False,'msg'", "import nomod", "raise OSError(2,'No such')"]:
    try:
        exec(source)
    except Exception as error:
        print(source, "|", type(error).__name__, "|", error)
