"""Names for built-in types, and the types behind list[int] and int | None."""


def _generator():
    yield


async def _coroutine():
    pass


class _Owner:
    def method(self):
        pass


class FunctionType:
    # Plain functions, generator functions and closures are three types here.
    _types = (type(_coroutine), type(lambda: None), type((lambda x: lambda: x)(0)))

    @classmethod
    def __instancecheck__(cls, obj):
        return isinstance(obj, cls._types)

    @classmethod
    def __subclasscheck__(cls, subclass):
        return issubclass(subclass, cls._types)


LambdaType = FunctionType
BuiltinFunctionType = BuiltinMethodType = type(len)
MethodType = type(_Owner().method)
GeneratorType = type(_generator())
_unstarted = _coroutine()
CoroutineType = type(_unstarted)
_unstarted.close()
del _unstarted
NoneType = type(None)
EllipsisType = type(Ellipsis)
NotImplementedType = type(NotImplemented)


def _module_type():
    import sys

    return type(sys)


ModuleType = _module_type()


class SimpleNamespace:
    def __init__(self, **kwargs):
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __eq__(self, other):
        if not isinstance(other, SimpleNamespace):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __repr__(self):
        name = self.__class__.__name__
        if name == "SimpleNamespace":
            name = "namespace"
        return "%s(%s)" % (name, ", ".join(["%s=%r" % item for item in self.__dict__.items()]))


class MappingProxyType:
    # Everything that reads the mapping is passed on, and nothing that writes.
    def __init__(self, mapping):
        if not hasattr(mapping, "keys"):
            raise TypeError("mappingproxy() argument must be a mapping, not %s" % type(mapping).__name__)
        self._mapping = mapping

    def __getitem__(self, key):
        return self._mapping[key]

    def __contains__(self, key):
        return key in self._mapping

    def __iter__(self):
        return iter(self._mapping)

    def __len__(self):
        return len(self._mapping)

    def __eq__(self, other):
        return self._mapping == (other._mapping if isinstance(other, MappingProxyType) else other)

    def __or__(self, other):
        new = dict(self._mapping.items())
        new.update(other.items())
        return new

    def get(self, key, default=None):
        return self._mapping.get(key, default)

    def keys(self):
        return self._mapping.keys()

    def values(self):
        return self._mapping.values()

    def items(self):
        return self._mapping.items()

    def copy(self):
        return self._mapping.copy()

    def __repr__(self):
        return "mappingproxy(%r)" % (self._mapping,)

    def __str__(self):
        return str(self._mapping)


def _name(arg):
    # How an argument reads inside list[...] or in a | b.
    if arg is Ellipsis:
        return "..."
    if arg is NoneType:
        return "None"
    if isinstance(arg, type):
        module = getattr(arg, "__module__", "builtins")
        return arg.__name__ if module == "builtins" else "%s.%s" % (module, arg.__name__)
    if isinstance(arg, list):
        return "[%s]" % ", ".join([_name(one) for one in arg])
    return repr(arg)


class GenericAlias:
    def __init__(self, origin, args):
        self.__origin__ = origin
        self.__args__ = args if isinstance(args, tuple) else (args,)

    def __call__(self, *args, **kwargs):
        return self.__origin__(*args, **kwargs)

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return getattr(self.__origin__, name)

    def __getitem__(self, args):
        return self.__class__(self.__origin__, args)

    def __or__(self, other):
        return _union(self, other)

    def __ror__(self, other):
        return _union(other, self)

    def __eq__(self, other):
        if not isinstance(other, GenericAlias):
            return NotImplemented
        return self.__origin__ == other.__origin__ and self.__args__ == other.__args__

    def __hash__(self):
        return hash(self.__origin__) ^ hash(self.__args__)

    def __repr__(self):
        return "%s[%s]" % (_name(self.__origin__), ", ".join([_name(arg) for arg in self.__args__]))

    def __instancecheck__(self, obj):
        raise TypeError("isinstance() argument 2 cannot be a parameterized generic")

    def __subclasscheck__(self, cls):
        raise TypeError("issubclass() argument 2 cannot be a parameterized generic")


class _Union:
    def __init__(self, args):
        self.__args__ = args

    def __or__(self, other):
        return _union(self, other)

    def __ror__(self, other):
        return _union(other, self)

    def __eq__(self, other):
        if not is_union(other):
            return NotImplemented
        return set(self.__args__) == set(other.__args__)

    def __hash__(self):
        return sum([hash(arg) for arg in self.__args__])

    def __repr__(self):
        return " | ".join([_name(arg) for arg in self.__args__])

    def __instancecheck__(self, obj):
        return isinstance(obj, self.__args__)

    def __subclasscheck__(self, cls):
        return issubclass(cls, self.__args__)


def _union(a, b):
    # a | b where one is no class, such as list[int] | None. Nested unions are flattened.
    args = []
    for one in (a, b):
        if one is None:
            one = NoneType
        for arg in one.__args__ if is_union(one) else (one,):
            if not (isinstance(arg, (type, GenericAlias)) or hasattr(arg, "__typing__")):
                raise TypeError("unsupported operand type(s) for |: %r" % (arg,))
            if arg not in args:
                args.append(arg)
    return args[0] if len(args) == 1 else _Union(tuple(args))




def is_union(tp):
    return hasattr(tp, "__args__") and not isinstance(tp, GenericAlias)


# The interpreter makes a union of classes itself.
UnionType = type(int | str)


def new_class(name, bases=(), kwds=None, exec_body=None):
    members = {}
    if exec_body is not None:
        exec_body(members)
    return type(name, tuple(bases), members)
