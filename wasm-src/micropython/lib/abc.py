"""Abstract base classes.

There are no metaclasses: ABC does with __init_subclass__ and __new__ what its
metaclass does in CPython, and `metaclass=ABCMeta` makes ABC a base of the class.
"""


# Functions that were declared abstract and whose class is not made yet.
_pending = []


def abstractmethod(func):
    _pending.append(func)
    return func


def abstractproperty(func):
    return property(abstractmethod(func))


abstractclassmethod = abstractstaticmethod = abstractmethod


def _is_abstract(value):
    # Also takes the declaration off the list.
    if isinstance(value, property):
        value = getattr(value, "fget", None)
    else:
        value = getattr(value, "__func__", value)
    for i, func in enumerate(_pending):
        if func is value:
            del _pending[i]
            return True
    return False


class ABC:
    __abstractmethods__ = frozenset()
    _abc_native = False  # whether a built-in type is among the bases
    _abc_registry = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        missing = set([name for name, value in own.items() if _is_abstract(value)])
        for base in cls.__bases__:
            for name in getattr(base, "__abstractmethods__", ()):
                # another base may have it ready
                if name not in own and getattr(cls, name) == getattr(base, name):
                    missing.add(name)
        cls.__abstractmethods__ = frozenset(missing)
        cls._abc_registry = []
        cls._abc_native = issubclass(cls, (list, dict, tuple, set, str, int, float, BaseException))

    def __new__(cls, *args, **kwargs):
        missing = cls.__abstractmethods__
        if missing:
            names = ", ".join(["'%s'" % name for name in sorted(missing)])
            plural = "" if len(missing) == 1 else "s"
            raise TypeError(
                "Can't instantiate abstract class %s without an implementation for abstract method%s %s"
                % (cls.__name__, plural, names)
            )
        if cls._abc_native:
            return object.__new__(cls, *args, **kwargs)
        return object.__new__(cls)

    @classmethod
    def register(cls, subclass):
        if not isinstance(subclass, type):
            raise TypeError("Can only register classes")
        cls._abc_registry.append(subclass)
        for base in cls.__bases__:
            if base is not ABC and hasattr(base, "_abc_registry"):
                base.register(subclass)
        return subclass

    @classmethod
    def __subclasshook__(cls, subclass):
        return NotImplemented

    # The interpreter asks these two once the ordinary answer is no.
    @classmethod
    def __subclasscheck__(cls, subclass):
        answer = cls.__subclasshook__(subclass)
        if answer is not NotImplemented:
            return answer
        return any([issubclass(subclass, one) for one in cls._abc_registry])

    @classmethod
    def __instancecheck__(cls, instance):
        return cls.__subclasscheck__(type(instance))


ABCMeta = ABC
