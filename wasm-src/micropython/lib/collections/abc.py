"""Abstract base classes for containers."""

from abc import ABC, abstractmethod

_LISTS = (list, bytearray)
_SEQUENCES = (list, tuple, str, bytes, range, bytearray, memoryview)
_VIEWS = tuple([type(view) for view in ({}.keys(), {}.values(), {}.items())])
_GENERATOR = type((lambda: (yield))())
_ITERATORS = (_GENERATOR,) + tuple([type(it) for it in (iter([]), iter(""), iter({}), zip(), map(len, ()), reversed([]), enumerate(()))])
_SIZED = _SEQUENCES + (dict, set, frozenset) + _VIEWS
_FUNCTIONS = (type(len), type(lambda: 0), type([].append), type)

# Of each class: the built-in types that count as its subclasses, and the methods
# that make any class one (empty: only inheritance and register do).
_rules = {}


def _rule(builtins, *methods):
    def note(cls):
        _rules[cls] = builtins, methods
        return cls

    return note


class _Base(ABC):
    @classmethod
    def __class_getitem__(cls, item):
        return cls

    @classmethod
    def __subclasshook__(cls, subclass):
        if cls in _rules:
            builtins, methods = _rules[cls]
            if issubclass(subclass, builtins):
                return True
            if methods and all([getattr(subclass, name, None) is not None for name in methods]):
                return True
        return NotImplemented


@_rule((int, float, complex, str, bytes, tuple, frozenset, range, type(None)) + _FUNCTIONS, "__hash__")
class Hashable(_Base):
    @classmethod
    def __subclasshook__(cls, subclass):
        if issubclass(subclass, (list, dict, set, bytearray)):
            return hasattr(subclass, "__hash__")
        # a class that compares and does not hash is not
        return cls is not Hashable or hasattr(subclass, "__hash__") or not hasattr(subclass, "__eq__") or NotImplemented


@_rule(_FUNCTIONS, "__call__")
class Callable(_Base):
    pass


@_rule(_SIZED, "__len__")
class Sized(_Base):
    pass


@_rule(_SIZED, "__contains__")
class Container(_Base):
    pass


@_rule(_SIZED + _ITERATORS, "__iter__")
class Iterable(_Base):
    pass


@_rule((list, tuple, str, bytes, range, bytearray, dict), "__reversed__", "__iter__")
class Reversible(Iterable):
    pass


@_rule(_ITERATORS, "__next__", "__iter__")
class Iterator(Iterable):
    @abstractmethod
    def __next__(self):
        raise StopIteration

    def __iter__(self):
        return self


@_rule((_GENERATOR,), "send", "throw", "close", "__next__", "__iter__")
class Generator(Iterator):
    def __next__(self):
        return self.send(None)


@_rule((), "__await__")
class Awaitable(_Base):
    pass


@_rule((_GENERATOR,), "send", "throw", "close", "__await__")
class Coroutine(Awaitable):
    pass


@_rule((), "__aiter__")
class AsyncIterable(_Base):
    pass


@_rule((), "__anext__", "__aiter__")
class AsyncIterator(AsyncIterable):
    def __aiter__(self):
        return self


@_rule((), "asend", "athrow", "aclose", "__anext__", "__aiter__")
class AsyncGenerator(AsyncIterator):
    pass


@_rule(_SIZED, "__len__", "__iter__", "__contains__")
class Collection(Sized, Iterable, Container):
    @abstractmethod
    def __contains__(self, value):
        return False

    @abstractmethod
    def __iter__(self):
        return iter(())

    @abstractmethod
    def __len__(self):
        return 0


@_rule(_SEQUENCES)
class Sequence(Reversible, Collection):
    @abstractmethod
    def __getitem__(self, index):
        raise IndexError

    @abstractmethod
    def __len__(self):
        return 0

    def __iter__(self):
        i = 0
        try:
            while True:
                yield self[i]
                i += 1
        except IndexError:
            return

    def __contains__(self, value):
        for item in self:
            if item is value or item == value:
                return True
        return False

    def __reversed__(self):
        for i in range(len(self) - 1, -1, -1):
            yield self[i]

    def index(self, value, start=0, stop=None):
        n = len(self)
        start = max(start + n, 0) if start < 0 else start
        stop = n if stop is None else stop + n if stop < 0 else min(stop, n)
        for i in range(start, stop):
            item = self[i]
            if item is value or item == value:
                return i
        raise ValueError

    def count(self, value):
        return sum([1 for item in self if item is value or item == value])


@_rule(_LISTS)
class MutableSequence(Sequence):
    @abstractmethod
    def __setitem__(self, index, value):
        raise IndexError

    @abstractmethod
    def __delitem__(self, index):
        raise IndexError

    @abstractmethod
    def insert(self, index, value):
        raise IndexError

    def append(self, value):
        self.insert(len(self), value)

    def clear(self):
        while len(self):
            self.pop()

    def reverse(self):
        items = list(self)
        for i, item in enumerate(reversed(items)):
            self[i] = item

    def extend(self, values):
        for value in list(values):
            self.append(value)

    def pop(self, index=-1):
        value = self[index]
        del self[index]
        return value

    def remove(self, value):
        del self[self.index(value)]

    def __iadd__(self, values):
        self.extend(values)
        return self


@_rule((set, frozenset, _VIEWS[0]))
class Set(Collection):
    @classmethod
    def _from_iterable(cls, it):
        return cls(it)

    def __le__(self, other):
        return len(self) <= len(other) and all([item in other for item in self])

    def __lt__(self, other):
        return len(self) < len(other) and self <= other

    def __ge__(self, other):
        return len(self) >= len(other) and all([item in self for item in other])

    def __gt__(self, other):
        return len(self) > len(other) and self >= other

    def __eq__(self, other):
        return isinstance(other, Set) and len(self) == len(other) and self <= other

    def __and__(self, other):
        return self._from_iterable([item for item in other if item in self])

    def __or__(self, other):
        return self._from_iterable(list(self) + list(other))

    def __sub__(self, other):
        return self._from_iterable([item for item in self if item not in other])

    def __xor__(self, other):
        return self._from_iterable([i for i in self if i not in other] + [i for i in other if i not in self])

    def isdisjoint(self, other):
        return not any([item in self for item in other])


@_rule((set,))
class MutableSet(Set):
    @abstractmethod
    def add(self, value):
        raise NotImplementedError

    @abstractmethod
    def discard(self, value):
        raise NotImplementedError

    def remove(self, value):
        if value not in self:
            raise KeyError(value)
        self.discard(value)

    def pop(self):
        for value in self:
            self.discard(value)
            return value
        raise KeyError

    def clear(self):
        for value in list(self):
            self.discard(value)

    def __ior__(self, other):
        for value in other:
            self.add(value)
        return self


@_rule((dict,))
class Mapping(Collection):
    @abstractmethod
    def __getitem__(self, key):
        raise KeyError

    def get(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key):
        try:
            self[key]
        except KeyError:
            return False
        return True

    def keys(self):
        return dict.fromkeys(self).keys()

    def values(self):
        return [self[key] for key in self]

    def items(self):
        return [(key, self[key]) for key in self]

    def __eq__(self, other):
        return isinstance(other, Mapping) and dict(self.items()) == dict(other.items())


@_rule((dict,))
class MutableMapping(Mapping):
    @abstractmethod
    def __setitem__(self, key, value):
        raise KeyError

    @abstractmethod
    def __delitem__(self, key):
        raise KeyError

    def pop(self, key, *default):
        try:
            value = self[key]
        except KeyError:
            if default:
                return default[0]
            raise
        del self[key]
        return value

    def popitem(self):
        for key in self:
            return key, self.pop(key)
        raise KeyError

    def clear(self):
        for key in list(self):
            del self[key]

    def update(self, other=(), **kwargs):
        if hasattr(other, "keys"):
            for key in other.keys():
                self[key] = other[key]
        else:
            for key, value in other:
                self[key] = value
        for key, value in kwargs.items():
            self[key] = value

    def setdefault(self, key, default=None):
        try:
            return self[key]
        except KeyError:
            self[key] = default
        return default


@_rule((_VIEWS[0],))
class KeysView(Set):
    pass


@_rule((_VIEWS[1],))
class ValuesView(Collection):
    pass


@_rule((_VIEWS[2],))
class ItemsView(Set):
    pass


@_rule((bytes, bytearray))
class ByteString(Sequence):
    pass


@_rule((bytes, bytearray, memoryview), "__buffer__")
class Buffer(_Base):
    pass
