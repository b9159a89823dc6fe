"""
Difference: `__dict__` of an instance is a copy that cannot be changed.
Cause: The members of an instance are not kept in a dict object.
Workaround: Use `setattr` and `delattr`.
"""
class A: pass
a = A()
try:
    a.__dict__["x"] = 1
    print(a.x)
except TypeError:
    print("TypeError")
