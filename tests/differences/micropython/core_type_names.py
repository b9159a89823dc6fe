"""
Difference: the repr of a class has no module.
Cause: Classes print by their name alone.
Workaround: Print `cls.__name__`.
"""
class A: pass
print(A)
