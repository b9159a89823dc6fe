"""Builtin functions and their keyword arguments."""

print(list(enumerate('ab',start=1)),sum([1,2],start=10),sum([[1],[2]],[]),max([],default=5),min([3,1],key=lambda x:-x),max('a','bb',key=len),max(1,2,3),min([1,2],default=0))
print(list(zip([1,2],[3,4],strict=True)),list(zip()),list(map(lambda a,b:a+b,[1,2],[3,4])),list(filter(None,[0,1,2])),any([]),all([]),list(reversed([1,2,3])),list(reversed('abc')),list(reversed(range(3))))
try: list(zip([1],[1,2],strict=True))
except ValueError as e: print(e)
print(1,2,sep='-',end='!\n'); print('a',flush=True); print(*[1,2,3],sep=', '); print(); print(end='x\n'); print(sep='')
print(isinstance(1,(str,(int,float))),isinstance('a',(int,str)),isinstance(None,(int,type(None))),issubclass(bool,(str,int)),callable(len),callable(3),callable(int))
print(ascii('é'),chr(8364),ord('€'),list(iter([1,2])),id(1)==id(1),len('é'), repr('a\'b'), repr("a\"b"), repr('a\n\t\\'), repr('\x00\x7fé'), str(b'abc'), 'é'.encode(), b'\xc3\xa9'.decode('utf-8'))
it=iter([1,2,3].pop,1); print(list(it)); print(next(iter([]),'d')); r=range(0,10,3); print(len(r),6 in r,7 in r,r==range(0,12,3),r[1],r[-1],r.start,r.stop,r.step)
class V:
    def __init__(self): self.a=1;self.b=2
print(vars(V()), sorted(x for x in dir(V()) if not x.startswith('__')), getattr(V(),'zz',3), hasattr(V(),'a'), V().__dict__)
class R:
    def __len__(self): return 3
    def __getitem__(self,i):
        if i>=3: raise IndexError
        return i*10
print(list(reversed(R())), list(R()), 10 in R(), bool(R()), all(R()))
print(type(1),type('a'),type(None),type([]),type(V()).__name__,type(lambda:0).__name__,type(1.5),type(type),V.__name__)
print(eval('1+2'),eval('x+1',{'x':5})); d={}; exec('y=3',d); print(d['y']); print(frozenset([1,2])==frozenset([2,1]),hash(frozenset([1]))==hash(frozenset([1])))
print(list(map(str,[1,2])), [*range(3),*'ab'], {**{'a':1},'b':2}, divmod(7,3), bytes(3), bytes([1,2]), bytes('é','utf-8'), bytearray(b'ab')+b'c', memoryview(b'abc')[1])
