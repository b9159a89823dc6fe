"""Enumerations.

There are no metaclasses: a class body becomes an enumeration in __init_subclass__,
and the interpreter asks the __class_...__ methods what an operator does to the class.
"""


class auto:
    def __init__(self, value=None):
        self.value = value


class nonmember:
    def __init__(self, value):
        self.value = value


class member(nonmember):
    pass


def _is_descriptor(value):
    return (
        isinstance(value, (property, classmethod, staticmethod))
        or type(value).__name__ in ("function", "generator", "closure")
        or hasattr(value, "__get__")
    )


def _lookup(cls, value, names=None, *, module=None, qualname=None, type=None, start=1, boundary=None):
    if names is not None and not cls._member_map_:
        return cls._create(value, names, start)
    found = cls._find(value)
    if found is None:
        found = cls._missing_(value)
        if found is None:
            raise ValueError("%r is not a valid %s" % (value, cls.__name__))
        if not isinstance(found, cls):
            raise TypeError("error in %s._missing_: returned %r instead of None or a valid member" % (cls.__name__, found))
    return found


class Enum:
    _member_map_ = {}
    _make = None  # the __new__ and __init__ that a class body gives
    _init = None
    _native = None

    name = property(lambda self: self._name_)
    value = property(lambda self: self._value_)

    def __init_subclass__(cls, **kwargs):
        own = cls.__dict__
        for base in cls.__bases__:
            if getattr(base, "_member_map_", None):
                raise TypeError("%s cannot extend %s" % (cls.__name__, base.__name__))
        for kind in (int, str, float, bytes, tuple):
            if issubclass(cls, kind):
                cls._native = kind
        for key, place in (("__new__", "_make"), ("__init__", "_init")):
            if key in own:
                setattr(cls, place, own[key])
                delattr(cls, key)
        cls.__new__ = staticmethod(_lookup)
        if cls._native is not None:
            # the built-in type's own would be found first
            for key in ("__repr__", "__str__"):
                for base in () if key in own else cls.__bases__:
                    if hasattr(base, key):
                        setattr(cls, key, getattr(base, key))
                        break
        cls._member_map_ = {}
        cls._by_value = {}
        cls._unhashable = []
        cls._last_values = []
        ignore = own.get("_ignore_", ())
        ignore = ignore.split() if isinstance(ignore, str) else ignore
        for key, value in own.items():
            if isinstance(value, nonmember) and not isinstance(value, member):
                setattr(cls, key, value.value)
            elif isinstance(value, member):
                cls._add(key, value.value)
            elif key[:1] != "_" and key not in ignore and not _is_descriptor(value):
                cls._add(key, value)
        cls.__members__ = dict(cls._member_map_)

    @classmethod
    def _add(cls, key, value):
        if isinstance(value, auto):
            value = cls._next(key) if value.value is None else value.value
        elif isinstance(value, tuple):
            value = tuple([cls._next(key) if isinstance(part, auto) else part for part in value])
        args = value if isinstance(value, tuple) and cls._native is not tuple else (value,)
        if cls._make is not None:
            new = cls._make(cls, *args)
        elif cls._native is not None:
            new = object.__new__(cls, *args)
        else:
            new = object.__new__(cls)
        if "_value_" not in new.__dict__:
            new._value_ = cls._native(*args) if cls._native is not None and cls._make is None and isinstance(value, tuple) else value
        new._name_ = key
        new._sort_order_ = len(cls._member_map_)
        if cls._init is not None:
            cls._init(new, *args)
        cls._last_values.append(new._value_)
        same = cls._find(new._value_)
        if same is not None:
            new = same  # an alias
        else:
            try:
                cls._by_value[new._value_] = new
            except TypeError:
                cls._unhashable.append(new)
        cls._member_map_[key] = new
        setattr(cls, key, new)

    @classmethod
    def _next(cls, key):
        return cls._generate_next_value_(key, 1, len(cls._last_values), cls._last_values[:])

    @classmethod
    def _find(cls, value):
        if isinstance(value, cls):
            return value
        try:
            return cls._by_value.get(value)
        except TypeError:
            for one in cls._unhashable:
                if one._value_ == value:
                    return one

    @classmethod
    def _create(cls, name, names, start):
        if isinstance(names, str):
            names = names.replace(",", " ").split()
        members = {}
        last = []
        for i, item in enumerate(names.items() if isinstance(names, dict) else names):
            if isinstance(item, str):
                item = item, cls._generate_next_value_(item, start, i, last[:])
            members[item[0]] = item[1]
            last.append(item[1])
        return type(name, (cls,), members)

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return max(last_values) + 1 if last_values else start

    @classmethod
    def _missing_(cls, value):
        return None

    @classmethod
    def _distinct(cls):
        return [one for key, one in cls._member_map_.items() if one._name_ == key]

    @classmethod
    def __class_iter__(cls):
        return iter(cls._distinct())

    @classmethod
    def __class_len__(cls):
        return len(cls._distinct())

    @classmethod
    def __class_contains__(cls, value):
        return cls._find(value) is not None

    @classmethod
    def __class_getitem__(cls, name):
        return cls._member_map_[name]

    def __hash__(self):
        return hash(self._name_)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "<%s.%s: %r>" % (self.__class__.__name__, self._name_, self._value_)

    def __str__(self):
        return "%s.%s" % (self.__class__.__name__, self._name_)


Enum.__new__ = staticmethod(_lookup)  # for Enum("Color", "RED GREEN")


class ReprEnum(Enum):
    pass


class IntEnum(int, ReprEnum):
    def __str__(self):
        return str(self._value_)


class StrEnum(str, ReprEnum):
    def __str__(self):
        return self._value_

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return name.lower()


def _length(n):
    return len(bin(n)) - 2 if n else 0


CONTINUOUS, NAMED_FLAGS, UNIQUE = "no skipped integer values", "multi-flag aliases may not contain unnamed flags", "one name per value"
STRICT, CONFORM, EJECT, KEEP = "strict", "conform", "eject", "keep"


class Flag(Enum):
    _boundary_ = STRICT

    def __init_subclass__(cls, boundary=None, **kwargs):
        if boundary is not None:
            cls._boundary_ = boundary
        super().__init_subclass__(**kwargs)
        cls._all = 0
        for one in cls._member_map_.values():
            cls._all |= one._value_

    @staticmethod
    def _generate_next_value_(name, start, count, last_values):
        return 1 << _length(max(last_values)) if last_values else start

    @classmethod
    def _distinct(cls):
        # Only single bits are listed: the others are names for combinations.
        return [one for one in super()._distinct() if one._value_ and not one._value_ & (one._value_ - 1)]

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int):
            raise ValueError("%r is not a valid %s" % (value, cls.__name__))
        if value < 0:
            value = cls._all + 1 + value if cls._boundary_ != KEEP else value & _bits(cls._all, value)
        if value & ~cls._all:
            if cls._boundary_ == CONFORM:
                value &= cls._all
            elif cls._boundary_ == EJECT:
                return value
            elif cls._boundary_ == STRICT:
                raise ValueError("%s: invalid value %r" % (cls.__name__, value))
        found = cls._by_value.get(value)
        if found is None:
            found = object.__new__(cls) if cls._native is None else object.__new__(cls, value)
            found._value_ = value
            found._name_ = None
            found._name_ = "|".join([one._name_ for one in found]) or None
            cls._by_value[value] = found
        return found

    def __iter__(self):
        return iter([one for one in self._distinct() if one._value_ & self._value_])

    def __len__(self):
        return len(list(iter(self)))

    def __contains__(self, other):
        if not isinstance(other, self.__class__):
            raise TypeError("unsupported operand type(s) for 'in': %r and %r" % (type(other).__name__, type(self).__name__))
        return other._value_ & self._value_ == other._value_

    def __bool__(self):
        return bool(self._value_)

    def _number(self, other):
        if isinstance(other, self.__class__):
            return other._value_
        return other if self._native is int and isinstance(other, int) else None

    def __or__(self, other):
        other = self._number(other)
        return NotImplemented if other is None else self.__class__(self._value_ | other)

    def __and__(self, other):
        other = self._number(other)
        return NotImplemented if other is None else self.__class__(self._value_ & other)

    def __xor__(self, other):
        other = self._number(other)
        return NotImplemented if other is None else self.__class__(self._value_ ^ other)

    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__

    def __invert__(self):
        return self.__class__(self._all & ~self._value_)

    def __repr__(self):
        if self._name_ is None:
            return "<%s: %r>" % (self.__class__.__name__, self._value_)
        return "<%s.%s: %r>" % (self.__class__.__name__, self._name_, self._value_)

    def __str__(self):
        if self._name_ is None:
            return "%s(%r)" % (self.__class__.__name__, self._value_)
        return "%s.%s" % (self.__class__.__name__, self._name_)


def _bits(mask, value):
    # As many ones as hold every bit of both.
    return (1 << max(_length(mask), _length(~value))) - 1


class IntFlag(int, Flag, ReprEnum):
    _boundary_ = KEEP

    def __str__(self):
        return str(self._value_)

    # int's own would be found first
    __or__, __and__, __xor__, __invert__ = Flag.__or__, Flag.__and__, Flag.__xor__, Flag.__invert__
    __ror__, __rand__, __rxor__ = __or__, __and__, __xor__
    __iter__, __len__, __contains__, __bool__ = Flag.__iter__, Flag.__len__, Flag.__contains__, Flag.__bool__


def unique(cls):
    aliases = ["%s -> %s" % (key, one._name_) for key, one in cls._member_map_.items() if key != one._name_]
    if aliases:
        raise ValueError("duplicate values found in %s: %s" % (cls.__name__, ", ".join(aliases)))
    return cls


EnumMeta = EnumType = Enum
