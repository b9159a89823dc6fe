"""
Difference: errors about the arguments of a method name it without its class.
Cause: Functions know only their own name.
Workaround: Do not compare the text.
"""
class A:
    def f(self): pass
try:
    A().f(1)
except TypeError as e:
    print(e)
