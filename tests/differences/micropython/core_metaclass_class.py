"""
Difference: a class given as metaclass is not used.
Cause: The interpreter has one metaclass, type.
Workaround: Use __init_subclass__, or a class decorator.
"""
class Meta(type):
    def __new__(mcs, name, bases, members):
        members["added"] = 1
        return super().__new__(mcs, name, bases, members)
class A(metaclass=Meta): pass
print(hasattr(A, "added"))
