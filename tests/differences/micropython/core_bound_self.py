"""
Difference: bound methods have no __self__ and __func__.
Cause: They are left out.
Workaround: Keep the object beside its method.
"""
class A:
    def f(self): pass
print(hasattr(A().f, "__self__"))
