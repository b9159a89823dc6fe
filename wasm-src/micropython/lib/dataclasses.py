"""Data classes."""


class FrozenInstanceError(AttributeError):
    pass


class _Missing:
    def __repr__(self):
        return "MISSING"


MISSING = _Missing()


class KW_ONLY:
    pass


class InitVar:
    def __init__(self, type=None):
        self.type = type

    @classmethod
    def __class_getitem__(cls, type):
        return cls(type)


class Field:
    def __init__(self, default, default_factory, init, repr, hash, compare, metadata, kw_only):
        self.name = None
        self.type = None
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.metadata = {} if metadata is None else metadata
        self.kw_only = kw_only

    def __repr__(self):
        names = ("name", "type", "default", "default_factory", "init", "repr", "hash", "compare", "metadata", "kw_only")
        return "Field(%s)" % ",".join(["%s=%r" % (name, getattr(self, name)) for name in names])


def field(
    *, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None, kw_only=MISSING
):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, hash, compare, metadata, kw_only)


def _is_hint(hint, name, cls=None):
    # Whether a hint, written out or in quotes, is ClassVar or InitVar, subscripted or not.
    if isinstance(hint, str):
        return hint.split("[")[0].split(".")[-1] == name
    return getattr(hint, "_hint", None) == name or (cls is not None and (hint is cls or isinstance(hint, cls)))


def _collect(cls, kw_only):
    # Returns the fields by name, the inherited first, and the names of InitVars.
    found = {}
    pseudo = {}
    for base in reversed(cls.__bases__):
        found.update(getattr(base, "__dataclass_fields__", {}))
        pseudo.update(getattr(base, "_dataclass_initvars", {}))
    own = cls.__dict__
    for name, hint in own.get("__annotations__", {}).items():
        if hint is KW_ONLY or _is_hint(hint, "KW_ONLY"):
            kw_only = True
            continue
        if _is_hint(hint, "ClassVar"):
            continue
        value = own.get(name, MISSING)
        if isinstance(value, Field):
            one = value
            if one.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, one.default)
        else:
            one = field(default=value)
            if isinstance(value, (list, dict, set)):
                raise ValueError("mutable default %s for field %s is not allowed: use default_factory" % (type(value), name))
        one.name = name
        one.type = hint
        if one.kw_only is MISSING:
            one.kw_only = kw_only
        if _is_hint(hint, "InitVar", InitVar):
            pseudo[name] = one
            found.pop(name, None)
            # keeps its place among the parameters
            found[name] = one
        else:
            found[name] = one
    for name, value in own.items():
        if isinstance(value, Field) and name not in found:
            raise TypeError("%r is a field but has no type annotation" % name)
    return found, pseudo


def _make_init(cls, every, pseudo, frozen):
    # Source text is compiled, as the interpreter then checks the arguments itself.
    scope = {"_set": object.__setattr__, "_MISSING": MISSING}
    positional = []
    keywords = []
    body = []
    defaulted = False
    for name, one in every.items():
        value = name
        if one.default_factory is not MISSING:
            scope["_make_" + name] = one.default_factory
            value = "_make_%s() if %s is _MISSING else %s" % (name, name, name)
        if one.init:
            parameter = name
            if one.default is not MISSING:
                scope["_default_" + name] = one.default
                parameter = "%s=_default_%s" % (name, name)
            elif one.default_factory is not MISSING:
                parameter = name + "=_MISSING"
            elif defaulted and not one.kw_only:
                raise TypeError("non-default argument %r follows default argument" % name)
            if one.kw_only:
                keywords.append(parameter)
            else:
                defaulted = defaulted or parameter != name
                positional.append(parameter)
        elif one.default_factory is not MISSING:
            value = "_make_%s()" % name
        else:
            continue
        if name not in pseudo:
            body.append("  _set(self, %r, %s)" % (name, value) if frozen else "  self.%s = %s" % (name, value))
    if hasattr(cls, "__post_init__"):
        body.append("  self.__post_init__(%s)" % ", ".join(pseudo))
    if keywords:
        positional.append("*")
    source = "def __init__(%s):\n%s" % (", ".join(["self"] + positional + keywords), "\n".join(body) or "  pass")
    exec(source, scope)
    return scope["__init__"]


def _compare_by(names, compare):
    def method(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare([getattr(self, name) for name in names], [getattr(other, name) for name in names])

    return method


def _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only):
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    for base in cls.__bases__:
        parameters = getattr(base, "__dataclass_params__", None)
        if parameters is not None and parameters["frozen"] != frozen:
            if frozen:
                raise TypeError("cannot inherit frozen dataclass from a non-frozen one")
            raise TypeError("cannot inherit non-frozen dataclass from a frozen one")
    own = cls.__dict__
    every, pseudo = _collect(cls, kw_only)
    real = {name: one for name, one in every.items() if name not in pseudo}
    cls.__dataclass_params__ = {"init": init, "repr": repr, "eq": eq, "order": order, "unsafe_hash": unsafe_hash, "frozen": frozen}
    cls.__dataclass_fields__ = real
    cls._dataclass_initvars = pseudo
    if init:
        cls.__init__ = _make_init(cls, every, pseudo, frozen)
    if repr and "__repr__" not in own:
        shown = [name for name, one in real.items() if one.repr]
        active = []  # a repr that comes back to an object under way prints ...

        def __repr__(self):
            if any([one is self for one in active]):
                return "..."
            active.append(self)
            try:
                parts = ["%s=%r" % (name, getattr(self, name)) for name in shown]
            finally:
                active.pop()
            return "%s(%s)" % (getattr(self.__class__, "__qualname__", self.__class__.__name__), ", ".join(parts))

        cls.__repr__ = __repr__
    compared = [name for name, one in real.items() if one.compare]
    if eq and "__eq__" not in own:
        cls.__eq__ = _compare_by(compared, lambda a, b: a == b)
    if order:
        methods = {
            "__lt__": lambda a, b: a < b,
            "__le__": lambda a, b: a <= b,
            "__gt__": lambda a, b: a > b,
            "__ge__": lambda a, b: a >= b,
        }
        for name, compare in methods.items():
            if name in own:
                raise TypeError("Cannot overwrite attribute %s in class %s. Consider using functools.total_ordering" % (name, cls.__name__))
            setattr(cls, name, _compare_by(compared, compare))
    if unsafe_hash or (eq and frozen and "__hash__" not in own):
        hashed = [name for name, one in real.items() if (one.compare if one.hash is None else one.hash)]
        cls.__hash__ = lambda self: hash(tuple([getattr(self, name) for name in hashed]))
    elif eq and "__hash__" not in own:

        def __hash__(self):
            raise TypeError("unhashable type: '%s'" % self.__class__.__name__)

        cls.__hash__ = __hash__
    if frozen:
        _freeze(cls, real)
    if match_args and "__match_args__" not in own:
        cls.__match_args__ = tuple([name for name, one in every.items() if one.init and not one.kw_only])
    return cls


def _freeze(cls, real):
    def __setattr__(self, name, value):
        if type(self) is cls or name in real:
            raise FrozenInstanceError("cannot assign to field %r" % name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        if type(self) is cls or name in real:
            raise FrozenInstanceError("cannot delete field %r" % name)
        object.__delattr__(self, name)

    cls.__setattr__ = __setattr__
    cls.__delattr__ = __delattr__


def dataclass(
    cls=None,
    *,
    init=True,
    repr=True,
    eq=True,
    order=False,
    unsafe_hash=False,
    frozen=False,
    match_args=True,
    kw_only=False,
    slots=False,
    weakref_slot=False
):
    def wrap(cls):
        return _process(cls, init, repr, eq, order, unsafe_hash, frozen, match_args, kw_only)

    return wrap if cls is None else wrap(cls)


def is_dataclass(obj):
    return hasattr(obj if isinstance(obj, type) else type(obj), "__dataclass_fields__")


def fields(class_or_instance):
    try:
        return tuple(class_or_instance.__dataclass_fields__.values())
    except AttributeError:
        raise TypeError("must be called with a dataclass type or instance")


def _convert(value, of_instance):
    if not isinstance(value, type) and hasattr(value, "__dataclass_fields__"):
        return of_instance(value)
    if isinstance(value, tuple):
        items = [_convert(item, of_instance) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [_convert(item, of_instance) for item in value]
    if isinstance(value, dict):
        pairs = [(_convert(key, of_instance), _convert(item, of_instance)) for key, item in value.items()]
        if hasattr(value, "default_factory"):
            return type(value)(value.default_factory, pairs)
        return dict(pairs) if type(value) is dict else type(value)(pairs)
    from copy import deepcopy

    return deepcopy(value)


def _instance_fields(obj, what):
    if isinstance(obj, type) or not hasattr(obj, "__dataclass_fields__"):
        raise TypeError("%s() should be called on dataclass instances" % what)
    return obj.__dataclass_fields__


def asdict(obj, *, dict_factory=dict):
    _instance_fields(obj, "asdict")

    def convert(one):
        return dict_factory([(name, _convert(getattr(one, name), convert)) for name in one.__dataclass_fields__])

    return convert(obj)


def astuple(obj, *, tuple_factory=tuple):
    _instance_fields(obj, "astuple")

    def convert(one):
        return tuple_factory([_convert(getattr(one, name), convert) for name in one.__dataclass_fields__])

    return convert(obj)


def replace(obj, **changes):
    for name, one in _instance_fields(obj, "replace").items():
        if not one.init:
            if name in changes:
                raise ValueError("field %s is declared with init=False, it cannot be specified with replace()" % name)
        elif name not in changes:
            changes[name] = getattr(obj, name)
    for name, one in obj._dataclass_initvars.items():
        if name not in changes and one.default is MISSING:
            raise ValueError("InitVar %r must be specified with replace()" % name)
    return obj.__class__(**changes)


def make_dataclass(cls_name, fields, *, bases=(), namespace=None, **options):
    members = dict(namespace or {})
    hints = {}
    for one in fields:
        if isinstance(one, str):
            one = one, "typing.Any"
        hints[one[0]] = one[1]
        if len(one) == 3:
            members[one[0]] = one[2]
    members["__annotations__"] = hints
    return dataclass(type(cls_name, tuple(bases), members), **options)
