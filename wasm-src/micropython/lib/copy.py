"""Shallow and deep copies."""


class Error(Exception):
    pass


error = Error
_ATOMIC = (type(None), int, bool, float, complex, str, bytes, type, range, type(Ellipsis), type(NotImplemented), type(len), type(lambda: 0))
_MUTABLE = (list, dict, set, bytearray)


def _blank(x):
    # An instance of the same class without a call of its __init__.
    cls = type(x)
    try:
        return object.__new__(cls)
    except TypeError:
        raise Error("un(deep)copyable object of type %s" % cls)


def _native(x):
    # The built-in container that an instance extends, if there is one.
    for base in (dict, list, set, tuple):
        if isinstance(x, base):
            return base
    return None


def copy(x):
    cls = type(x)
    if cls in _ATOMIC or cls is tuple or cls is frozenset:
        return x
    if cls in _MUTABLE:
        return cls(x)
    method = getattr(x, "__copy__", None)
    if method is not None:
        return method()
    if not hasattr(x, "__dict__"):
        # built-in objects that cannot change: functions, generators, files
        return x
    return _rebuild(x, lambda value: value, None)


def replace(obj, **changes):
    method = getattr(obj, "__replace__", None) or getattr(obj, "_replace", None)
    if method is None:
        raise TypeError("replace() does not support %s objects" % type(obj).__name__)
    return method(**changes)


def _rebuild(x, convert, memo):
    base = _native(x)
    if base is tuple:
        new = tuple([convert(item) for item in x])
        if hasattr(x, "_make"):
            return x._make(new)
        new = object.__new__(type(x), new)
    elif isinstance(x, BaseException):
        new = type(x)(*[convert(arg) for arg in x.args])
    else:
        new = _blank(x)
    if memo is not None:
        memo[id(x)] = new
    if base is list or base is set:
        add = new.append if base is list else new.add
        for item in x:
            add(convert(item))
    elif base is dict:
        for key, value in x.items():
            new[convert(key)] = convert(value)
    state = getattr(x, "__getstate__", None)
    state = x.__dict__ if state is None else state()
    restore = getattr(new, "__setstate__", None)
    if restore is not None:
        restore(convert(state))
    elif state:
        for name, value in state.items():
            # past a __setattr__ that refuses, as a frozen dataclass has
            object.__setattr__(new, name, convert(value))
    return new


def deepcopy(x, memo=None):
    cls = type(x)
    if cls in _ATOMIC:
        return x
    if memo is None:
        memo = {}
    known = memo.get(id(x), memo)
    if known is not memo:
        return known
    if cls is list:
        new = memo[id(x)] = []
        for item in x:
            new.append(deepcopy(item, memo))
    elif cls is dict:
        new = memo[id(x)] = {}
        for key, value in x.items():
            new[deepcopy(key, memo)] = deepcopy(value, memo)
    elif cls is tuple:
        items = [deepcopy(item, memo) for item in x]
        # a tuple that holds itself in a list has been copied meanwhile
        new = memo.get(id(x))
        if new is None:
            new = x
            for old, item in zip(x, items):
                if old is not item:
                    new = tuple(items)
                    break
    elif cls is set or cls is frozenset:
        new = cls([deepcopy(item, memo) for item in x])
    elif cls is bytearray:
        new = bytearray(x)
    else:
        method = getattr(x, "__deepcopy__", None)
        if method is not None:
            new = method(memo)
        elif hasattr(x, "__dict__"):
            new = _rebuild(x, lambda value: deepcopy(value, memo), memo)
        else:
            return x
    memo[id(x)] = new
    # An id stays the object's only while the object lives.
    memo.setdefault(id(memo), []).append(x)
    return new
