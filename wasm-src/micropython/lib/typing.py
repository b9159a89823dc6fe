"""Names for type hints. They hold what they are given and check nothing."""

from types import GenericAlias, NoneType, UnionType, _name, _union, is_union

TYPE_CHECKING = False


def _short(arg):
    if arg is NoneType:
        return "NoneType"
    if arg is Ellipsis or isinstance(arg, (type, list)):
        return _name(arg)
    return repr(arg)


class _Alias(GenericAlias):
    __typing__ = True

    def __init__(self, name, origin, args):
        self._hint = name
        self.__origin__ = origin
        args = args if isinstance(args, tuple) else (args,)
        self.__args__ = args if name == "Literal" else tuple([NoneType if arg is None else arg for arg in args])
        self.__metadata__ = ()

    def __getitem__(self, args):
        return _Alias(self._hint, self.__origin__, args)

    def __call__(self, *args, **kwargs):
        if self.__origin__ is None or self._hint not in _CALLABLE:
            raise TypeError("Type %s cannot be instantiated" % self._hint)
        return self.__origin__(*args, **kwargs)

    def __eq__(self, other):
        if not isinstance(other, _Alias):
            return NotImplemented
        if self.__origin__ is Union:
            return other.__origin__ is Union and set(self.__args__) == set(other.__args__)
        return self._hint == other._hint and self.__args__ == other.__args__

    def __hash__(self):
        return hash(self._hint) + sum([hash(arg) for arg in self.__args__ if not isinstance(arg, list)])

    def __instancecheck__(self, obj):
        if self.__origin__ is Union:
            return isinstance(obj, self.__args__)
        raise TypeError("Subscripted generics cannot be used with class and instance checks")

    def __repr__(self):
        args = self.__args__
        if self._hint == "Callable" and len(args) == 2 and isinstance(args[0], tuple):
            return "typing.Callable[[%s], %s]" % (", ".join([_short(a) for a in args[0]]), _short(args[1]))
        if self._hint == "Union" and len(args) == 2 and NoneType in args:
            other = args[0] if args[1] is NoneType else args[1]
            return "typing.Optional[%s]" % _short(other)
        return "typing.%s[%s]" % (self._hint, ", ".join([_short(arg) for arg in args]) or "()")


class _Form:
    # A name of this module that takes [...]; *origin* is the real type, if any.
    __typing__ = True

    def __init__(self, name, origin=None):
        self._hint = name
        self.__origin__ = origin

    def __getitem__(self, args):
        return _Alias(self._hint, self.__origin__ or self, args)

    def __call__(self, *args, **kwargs):
        if self._hint not in _CALLABLE:
            raise TypeError("Cannot instantiate %r" % self)
        return self.__origin__(*args, **kwargs)

    def __or__(self, other):
        return _union(self, other)

    def __ror__(self, other):
        return _union(other, self)

    def __instancecheck__(self, obj):
        if self.__origin__ is None:
            raise TypeError("%r cannot be used with isinstance()" % self)
        return isinstance(obj, self.__origin__)

    def __repr__(self):
        return "typing." + self._hint


class _UnionForm(_Form):
    def __getitem__(self, args):
        flat = []
        for arg in args if isinstance(args, tuple) else (args,):
            if arg is None:
                arg = NoneType
            union = is_union(arg) or getattr(arg, "__origin__", None) is self
            for one in arg.__args__ if union else (arg,):
                if one not in flat:
                    flat.append(one)
        return flat[0] if len(flat) == 1 else _Alias("Union", self, tuple(flat))


class _OptionalForm(_Form):
    def __getitem__(self, arg):
        return Union[arg, None]


class _CallableForm(_Form):
    def __getitem__(self, args):
        if not isinstance(args, tuple) or len(args) != 2:
            raise TypeError("Callable must be used as Callable[[arg, ...], result].")
        taken, result = args
        return _Alias("Callable", self.__origin__ or self, (tuple(taken) if isinstance(taken, list) else taken, result))

    def __instancecheck__(self, obj):
        return callable(obj)


class _LiteralForm(_Form):
    def __getitem__(self, args):
        alias = _Alias("Literal", self, args)
        alias.__args__ = tuple(dict.fromkeys(alias.__args__))
        return alias


class _AnnotatedForm(_Form):
    def __getitem__(self, args):
        if not isinstance(args, tuple) or len(args) < 2:
            raise TypeError("Annotated[...] should be used with at least two arguments")
        alias = _Alias("Annotated", args[0], args[:1])
        alias.__metadata__ = args[1:]
        return alias


_CALLABLE = ("DefaultDict", "OrderedDict", "Counter", "Deque", "ChainMap")
Any = _Form("Any")
Union = _UnionForm("Union")
Optional = _OptionalForm("Optional")
Callable = _CallableForm("Callable")
Literal = _LiteralForm("Literal")
Annotated = _AnnotatedForm("Annotated")
List = _Form("List", list)
Dict = _Form("Dict", dict)
Set = _Form("Set", set)
FrozenSet = _Form("FrozenSet", frozenset)
Tuple = _Form("Tuple", tuple)
Type = _Form("Type", type)
_PLAIN = (
    "ClassVar Final NoReturn Never Self LiteralString Required NotRequired ReadOnly Concatenate TypeGuard TypeIs Unpack TypeAlias"
).split()
_ABSTRACT = (
    "Iterable Iterator Generator Sequence MutableSequence Mapping MutableMapping MutableSet Container Collection Sized Hashable "
    "Reversible Awaitable Coroutine AsyncIterable AsyncIterator AsyncGenerator KeysView ValuesView ItemsView ByteString"
).split()
AbstractSet = _Form("AbstractSet")


class _Abstract(_Form):
    # The class in collections.abc is looked up when somebody needs it.
    def __instancecheck__(self, obj):
        import collections.abc

        return isinstance(obj, getattr(collections.abc, self._hint))


class _Container(_Form):
    def __init__(self, name):
        self._hint = name

    @property
    def __origin__(self):
        import collections

        return getattr(collections, "defaultdict" if self._hint == "DefaultDict" else "deque" if self._hint == "Deque" else self._hint)


for _one in _CALLABLE:
    globals()[_one] = _Container(_one)
for _one in _PLAIN:
    globals()[_one] = _Form(_one)
for _one in _ABSTRACT:
    globals()[_one] = _Abstract(_one)
ContextManager = _Form("ContextManager")
AsyncContextManager = _Form("AsyncContextManager")
SupportsInt = SupportsFloat = SupportsIndex = SupportsAbs = SupportsRound = SupportsBytes = Any
IO = TextIO = BinaryIO = Pattern = Match = _Form("IO")
Text = str


class TypeVar:
    __typing__ = True
    _sign = "~"

    def __init__(self, name, *constraints, bound=None, covariant=False, contravariant=False, default=None):
        self.__name__ = name
        self.__constraints__ = constraints
        self.__bound__ = bound
        if covariant or contravariant:
            self._sign = "+" if covariant else "-"

    def __or__(self, other):
        return _union(self, other)

    def __ror__(self, other):
        return _union(other, self)

    def __repr__(self):
        return self._sign + self.__name__


class ParamSpec(TypeVar):
    args = kwargs = Any


class TypeVarTuple(TypeVar):
    def __iter__(self):
        return iter((self,))


class Generic:
    @classmethod
    def __class_getitem__(cls, args):
        # A base class such as Generic[T] is Generic itself.
        return cls if cls is Generic or cls is Protocol else GenericAlias(cls, args)


class Protocol(Generic):
    _is_runtime_protocol = False
    _wanted = ()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # Only a class that names Protocol as a base is a protocol.
        cls._is_protocol = Protocol in cls.__bases__
        if cls._is_protocol:
            wanted = set([name for name in cls.__dict__ if name not in _NOT_WANTED])
            wanted.update(getattr(cls, "__annotations__", ()))
            for base in cls.__bases__:
                wanted.update(getattr(base, "_wanted", ()))
            cls._wanted = tuple(wanted)

    @classmethod
    def __instancecheck__(cls, obj):
        if not cls._is_protocol:
            return False
        if not cls._is_runtime_protocol:
            raise TypeError("Instance and class checks can only be used with @runtime_checkable protocols")
        return all([_has(obj, name) for name in cls._wanted])

    __subclasscheck__ = __instancecheck__


# what iteration, len() and in know of a built-in object without showing it as an attribute
_BUILT_IN = ("__iter__", "__len__", "__contains__", "__getitem__", "__hash__", "__call__", "__str__", "__repr__", "__eq__")
_NOT_WANTED = ("__module__", "__qualname__", "__doc__", "__annotations__", "__init__", "__new__", "__dict__", "__slots__",
               "_is_protocol", "_is_runtime_protocol", "_wanted")  # fmt: skip


def _has(obj, name):
    if getattr(obj, name, None) is not None:
        return True
    if name not in _BUILT_IN or hasattr(obj, "__dict__"):
        return False
    if name == "__call__":
        return callable(obj)
    if name in ("__iter__", "__len__", "__contains__", "__getitem__"):
        import collections.abc

        kind = {"__iter__": "Iterable", "__len__": "Sized", "__contains__": "Container"}.get(name, "Sequence")
        return isinstance(obj, getattr(collections.abc, kind)) or isinstance(obj, dict)
    return True


def runtime_checkable(cls):
    cls._is_runtime_protocol = True
    return cls


class _ClassFactory:
    # `class X(factory)` calls the type of the first base, this one, to make X.
    def __new__(cls, name=None, bases=None, members=None, **kwargs):
        if members is None:
            return object.__new__(cls)
        return cls.make_class(name, members)


class _NamedTuple(_ClassFactory):
    @staticmethod
    def make_class(name, members):
        from collections import namedtuple

        hints = members.get("__annotations__", {})
        defaults = []
        for field in hints:
            if field in members:
                defaults.append(members[field])
            elif defaults:
                raise TypeError("non-default namedtuple field %s cannot follow default fields" % field)
        cls = namedtuple(name, list(hints), defaults=defaults)
        for key, value in members.items():
            if key not in hints and key != "__qualname__":
                setattr(cls, key, value)
        cls.__annotations__ = hints
        return cls

    def __call__(self, typename, fields=(), **kwargs):
        hints = dict(fields)
        hints.update(kwargs)
        return self.make_class(typename, {"__annotations__": hints})


class _TypedDict(_ClassFactory):
    @staticmethod
    def make_class(name, members):
        members = dict(members)
        members["__new__"] = lambda cls, *args, **kwargs: dict(*args, **kwargs)
        members["__init_subclass__"] = lambda cls, **kwargs: None  # takes total
        return type(name, (object,), members)

    def __call__(self, typename, fields=(), *, total=True):
        return self.make_class(typename, {"__annotations__": dict(fields)})


NamedTuple = _NamedTuple()
TypedDict = _TypedDict()


def NewType(name, tp):
    def new_type(x):
        return x

    return new_type


def cast(typ, val):
    return val


def overload(func):
    return func


final = override = no_type_check = overload


def assert_type(val, typ):
    return val


def assert_never(arg):
    raise AssertionError("Expected code to be unreachable, but got: %r" % (arg,))


def reveal_type(obj):
    return obj


def dataclass_transform(**kwargs):
    return lambda f: f


def get_origin(tp):
    if getattr(tp, "__metadata__", ()):
        return Annotated
    if is_union(tp):
        return UnionType
    if tp is Generic:
        return Generic
    if not isinstance(tp, GenericAlias):
        return None
    origin = tp.__origin__
    if isinstance(origin, _Form) and (isinstance(origin, (_Abstract, _CallableForm)) or origin is AbstractSet):
        import collections.abc

        return getattr(collections.abc, "Set" if origin is AbstractSet else origin._hint)
    return origin


def get_args(tp):
    args = getattr(tp, "__args__", ()) if isinstance(tp, GenericAlias) or is_union(tp) else ()
    if getattr(tp, "__metadata__", ()):
        return args + tp.__metadata__
    if len(args) == 2 and isinstance(args[0], tuple):
        return list(args[0]), args[1]
    return args


def get_type_hints(obj, globalns=None, localns=None, include_extras=False):
    hints = {}
    if isinstance(obj, type):
        for base in reversed(obj.__bases__):
            if base is not object:
                hints.update(get_type_hints(base))
        own = obj.__dict__.get("__annotations__", {})
    else:
        own = getattr(obj, "__annotations__", {})
    for name, hint in own.items():
        hints[name] = NoneType if hint is None else hint
    return hints
