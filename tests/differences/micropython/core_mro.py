"""
Difference: a diamond of classes is searched depth first, and `super()` follows it.
Cause: Attribute lookup walks the bases left to right, each to its root; there is no C3 order.
Workaround: Call the methods of the bases by name, or keep to one line of classes.
"""
class A:
    def f(self): return ["A"]
class B(A):
    def f(self): return ["B"] + super().f()
class C(A):
    def f(self): return ["C"] + super().f()
class D(B, C):
    def f(self): return ["D"] + super().f()
print(D().f())
