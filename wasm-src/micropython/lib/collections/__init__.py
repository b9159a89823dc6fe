"""Container datatypes.

The built-in module of the same name is extensible: importing `collections` finds
this file first, and the prefix u still reaches the built-in.
"""

from ucollections import OrderedDict as _OrderedDict
from ucollections import namedtuple as _namedtuple

__all__ = ["ChainMap", "Counter", "OrderedDict", "UserDict", "UserList", "UserString", "defaultdict", "deque", "namedtuple"]
_MISSING = object()


# A built-in type's own operators would make a plain dict.
def _merged(self, other):
    if not isinstance(other, dict):
        return NotImplemented
    new = self.copy()
    new.update(other)
    return new


def _updated(self, other):
    self.update(other)
    return self


class OrderedDict(_OrderedDict):
    def move_to_end(self, key, last=True):
        value = self.pop(key)
        if last:
            self[key] = value
        else:
            rest = list(self.items())
            self.clear()
            self[key] = value
            self.update(rest)

    def popitem(self, last=True):
        if not self:
            raise KeyError("dictionary is empty")
        if last:
            return super().popitem()
        key = next(iter(self))
        return key, self.pop(key)

    def copy(self):
        return self.__class__(self)

    @classmethod
    def fromkeys(cls, iterable, value=None):
        self = cls()
        for key in iterable:
            self[key] = value
        return self

    def __reversed__(self):
        return reversed(list(self))

    def __eq__(self, other):
        if isinstance(other, OrderedDict):
            return list(self.items()) == list(other.items())
        return dict(self.items()) == other

    __or__ = _merged
    __ior__ = _updated

    def __repr__(self):
        if not self:
            return "%s()" % self.__class__.__name__
        return "%s(%r)" % (self.__class__.__name__, dict(self.items()))

    __str__ = __repr__


class defaultdict(dict):
    def __init__(self, default_factory=None, *args, **kwargs):
        if default_factory is not None and not callable(default_factory):
            raise TypeError("first argument must be callable or None")
        super().__init__(*args, **kwargs)
        self.default_factory = default_factory

    def __getitem__(self, key):
        value = self.get(key, _MISSING)
        return self.__missing__(key) if value is _MISSING else value

    def __missing__(self, key):
        factory = self.default_factory
        if factory is None:
            raise KeyError(key)
        value = self[key] = factory()
        return value

    def copy(self):
        return self.__class__(self.default_factory, self)

    __copy__ = copy

    __or__ = _merged
    __ior__ = _updated

    def __repr__(self):
        return "defaultdict(%r, %r)" % (self.default_factory, dict(self.items()))

    __str__ = __repr__


class Counter(dict):
    def __init__(self, iterable=None, **kwargs):
        super().__init__()
        self.update(iterable, **kwargs)

    def __getitem__(self, key):
        value = self.get(key, _MISSING)
        return self.__missing__(key) if value is _MISSING else value

    def __missing__(self, key):
        return 0

    def __delitem__(self, key):
        self.pop(key, None)

    @classmethod
    def fromkeys(cls, iterable, value=None):
        raise NotImplementedError("Counter.fromkeys() is undefined.  Use Counter(iterable) instead.")

    def _count(self, iterable, sign):
        get = self.get
        if hasattr(iterable, "items"):
            for key, count in iterable.items():
                self[key] = get(key, 0) + sign * count
        else:
            # A plain dict counts faster than an instance of this class.
            counts = dict(self.items())
            get = counts.get
            for key in iterable:
                counts[key] = get(key, 0) + sign
            super().update(counts)

    def update(self, iterable=None, **kwargs):
        if iterable is not None:
            if not self and isinstance(iterable, dict):
                super().update(iterable.items())
            else:
                self._count(iterable, 1)
        if kwargs:
            self._count(kwargs, 1)

    def subtract(self, iterable=None, **kwargs):
        if iterable is not None:
            self._count(iterable, -1)
        if kwargs:
            self._count(kwargs, -1)

    def most_common(self, n=None):
        # sorted() is stable: equal counts stay in the order of insertion
        pairs = sorted(self.items(), key=lambda pair: pair[1], reverse=True)
        return pairs if n is None else pairs[: max(n, 0)]

    def elements(self):
        for key, count in self.items():
            for _ in range(count):
                yield key

    def total(self):
        return sum(self.values())

    def copy(self):
        return self.__class__(self)

    __copy__ = copy

    def _merge(self, other, combine):
        # *combine* each count of both; only positive results are kept
        if not isinstance(other, Counter):
            return NotImplemented
        result = Counter()
        for key, count in self.items():
            count = combine(count, other.get(key, 0))
            if count > 0:
                result[key] = count
        for key, count in other.items():
            if key not in self:
                count = combine(0, count)
                if count > 0:
                    result[key] = count
        return result

    def __add__(self, other):
        return self._merge(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._merge(other, lambda a, b: a - b)

    def __or__(self, other):
        return self._merge(other, max)

    def __and__(self, other):
        return self._merge(other, min)

    def __pos__(self):
        return self + Counter()

    def __neg__(self):
        return Counter() - self

    def _become(self, other):
        self.clear()
        super().update(other.items())
        return self

    def __iadd__(self, other):
        return self._become(self + other)

    def __isub__(self, other):
        return self._become(self - other)

    def __ior__(self, other):
        return self._become(self | other)

    def __iand__(self, other):
        return self._become(self & other)

    def _compare(self, other, holds):
        if not isinstance(other, Counter):
            return NotImplemented
        for key in self:
            if not holds(self[key], other[key]):
                return False
        for key in other:
            if not holds(self[key], other[key]):
                return False
        return True

    def __eq__(self, other):
        if not isinstance(other, Counter):
            return dict(self.items()) == other
        return self._compare(other, lambda a, b: a == b)

    def __ne__(self, other):
        return not self == other

    def __le__(self, other):
        return self._compare(other, lambda a, b: a <= b)

    def __ge__(self, other):
        return self._compare(other, lambda a, b: a >= b)

    def __lt__(self, other):
        return self <= other and self != other

    def __gt__(self, other):
        return self >= other and self != other

    def __repr__(self):
        if not self:
            return "%s()" % self.__class__.__name__
        try:
            items = self.most_common()
        except TypeError:  # counts that have no order
            items = self.items()
        return "%s({%s})" % (self.__class__.__name__, ", ".join(["%r: %r" % pair for pair in items]))

    __str__ = __repr__


def _is_identifier(name):
    if not name or name[0].isdigit():
        return False
    for char in name:
        if not (char == "_" or char.isalpha() or char.isdigit() or ord(char) > 127):
            return False
    return True


def _field_names(names, rename):
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    names = [str(name) for name in names]
    from keyword import iskeyword

    seen = set()
    for i, name in enumerate(names):
        if not _is_identifier(name) or iskeyword(name):
            problem = "Type names and field names must be valid identifiers: %r" % name
        elif name[0] == "_":
            problem = "Field names cannot start with an underscore: %r" % name
        elif name in seen:
            problem = "Encountered duplicate field name: %r" % name
        else:
            seen.add(name)
            continue
        if not rename:
            raise ValueError(problem)
        names[i] = "_%d" % i
    return tuple(names)


def namedtuple(typename, field_names, *, rename=False, defaults=None, module=None):
    fields = _field_names(field_names, rename)
    defaults = () if defaults is None else tuple(defaults)
    if len(defaults) > len(fields):
        raise TypeError("Got more default values than field names")
    first = len(fields) - len(defaults)

    def _make(cls, iterable):
        return cls(*iterable)

    def _replace(self, **kwargs):
        values = [kwargs.pop(name, getattr(self, name)) for name in fields]
        if kwargs:
            raise ValueError("Got unexpected field names: %r" % list(kwargs))
        return self.__class__(*values)

    def _asdict(self):
        return dict(zip(fields, self))

    def __repr__(self):
        return "%s(%s)" % (
            self.__class__.__name__,
            ", ".join(["%s=%r" % pair for pair in zip(fields, self)]),
        )

    def __setattr__(self, name, value):
        if type(self) is cls or name in fields:
            raise AttributeError("can't set attribute")
        object.__setattr__(self, name, value)

    members = {
        "__setattr__": __setattr__,
        "__doc__": "%s(%s)" % (typename, ", ".join(fields)),
        "__slots__": (),
        "_fields": fields,
        "_field_defaults": dict(zip(fields[first:], defaults)),
        "__match_args__": fields,
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
        "__repr__": __repr__,
        "__str__": __repr__,
    }
    base = _namedtuple(typename, fields)
    if defaults:

        def __init__(self, *args, **kwargs):
            missing = len(fields) - len(args)
            if missing > 0:
                kept = [name for name in fields[len(args) :] if name not in kwargs]
                for name in kept:
                    if name in members["_field_defaults"]:
                        kwargs[name] = members["_field_defaults"][name]
            super(cls, self).__init__(*args, **kwargs)

        members["__init__"] = __init__
    cls = type(typename, (base,), members)
    return cls


def __getattr__(name):
    # The rest is used less and read when somebody asks for it.
    if name == "deque":
        from ._deque import deque as value
    elif name in ("ChainMap", "UserDict", "UserList", "UserString"):
        import collections._user

        value = getattr(collections._user, name)
    elif name == "abc":
        import collections.abc

        return collections.abc
    else:
        raise AttributeError("module 'collections' has no attribute '%s'" % name)
    globals()[name] = value
    return value
