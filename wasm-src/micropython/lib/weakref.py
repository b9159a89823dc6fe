"""Weak references. The collector tells nobody what it frees, so that every reference
here keeps its object alive: programs work, and memory is held until the reference goes.
"""


class ref:
    def __init__(self, obj, callback=None):
        self._obj = obj
        self.__callback__ = callback

    def __call__(self):
        return self._obj

    def __eq__(self, other):
        return isinstance(other, ref) and self._obj == other._obj

    def __hash__(self):
        return hash(self._obj)


ReferenceType = ref


class WeakMethod(ref):
    pass


def proxy(obj, callback=None):
    return obj


class WeakValueDictionary(dict):
    pass


class WeakKeyDictionary(dict):
    pass


class WeakSet(set):
    pass


class finalize:
    # Calls the function when asked to: nothing else ends the life of the object.
    def __init__(self, obj, func, *args, **kwargs):
        self._call = func, args, kwargs
        self._obj = obj

    @property
    def alive(self):
        return self._call is not None

    def __call__(self):
        if self._call is None:
            return None
        func, args, kwargs = self._call
        self._call = self._obj = None
        return func(*args, **kwargs)

    def detach(self):
        if self._call is None:
            return None
        result = (self._obj,) + self._call
        self._call = self._obj = None
        return result


