"""
Difference: a metaclass derived from `type` is refused.
Cause: the interpreter has one kind of class object.
Workaround: `__init_subclass__`, a class decorator, or `__new__` of the class itself.
"""


class Meta(type):
    pass


try:

    class Thing(metaclass=Meta):
        pass

    print("made")
except TypeError:
    print("TypeError")
