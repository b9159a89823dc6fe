"""Higher-order functions: caches, partial application, decorators."""

WRAPPER_ASSIGNMENTS = ("__module__", "__name__", "__qualname__", "__doc__")
WRAPPER_UPDATES = ("__dict__",)
_MISSING = object()


def reduce(function, iterable, initial=_MISSING):
    it = iter(iterable)
    if initial is _MISSING:
        try:
            value = next(it)
        except StopIteration:
            raise TypeError("reduce() of empty iterable with no initial value")
    else:
        value = initial
    for item in it:
        value = function(value, item)
    return value


def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    # An object that cannot take one of the names keeps its own.
    for name in assigned:
        try:
            setattr(wrapper, name, getattr(wrapped, name))
        except (AttributeError, TypeError):
            pass
    for name in updated:
        try:
            for key, value in getattr(wrapped, name).items():
                setattr(wrapper, key, value)
        except (AttributeError, TypeError):
            pass
    try:
        wrapper.__wrapped__ = wrapped
    except (AttributeError, TypeError):
        pass
    return wrapper


def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
    return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


class partial:
    def __init__(self, func, *args, **keywords):
        if not callable(func):
            raise TypeError("the first argument must be callable")
        if isinstance(func, partial):
            merged = dict(func.keywords)
            merged.update(keywords)
            func, args, keywords = func.func, func.args + args, merged
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, *args, **keywords):
        if keywords or self.keywords:
            merged = dict(self.keywords)
            merged.update(keywords)
            return self.func(*(self.args + args), **merged)
        return self.func(*(self.args + args))

    def __repr__(self):
        parts = [repr(self.func)]
        parts.extend(repr(arg) for arg in self.args)
        parts.extend("%s=%r" % item for item in self.keywords.items())
        return "functools.partial(%s)" % ", ".join(parts)


class partialmethod:
    def __init__(self, func, *args, **keywords):
        self.func = func
        self.args = args
        self.keywords = keywords

    def __get__(self, obj, cls=None):
        func = self.func
        if hasattr(func, "__get__"):
            func = func.__get__(obj, cls)
            return partial(func, *self.args, **self.keywords)
        if obj is None:
            return func

        def method(*args, **keywords):
            merged = dict(self.keywords)
            merged.update(keywords)
            return func(obj, *(self.args + args), **merged)

        return method


class _CacheInfo(tuple):
    def __repr__(self):
        return "CacheInfo(hits=%r, misses=%r, maxsize=%r, currsize=%r)" % tuple(self)

    __str__ = __repr__
    hits = property(lambda self: self[0])
    misses = property(lambda self: self[1])
    maxsize = property(lambda self: self[2])
    currsize = property(lambda self: self[3])


def _key(args, keywords, typed):
    if keywords:
        key = args + (_MISSING,)
        for item in keywords.items():
            key += item
    else:
        key = args
    if typed:
        key += (_MISSING,) + tuple(type(arg) for arg in args)
        key += tuple(type(value) for value in keywords.values())
    return key


class _Cached:
    # What the three kinds of cache share. __call__ is where they differ.
    def __init__(self, func, maxsize, typed):
        self.__wrapped__ = func
        self._maxsize = maxsize
        self._typed = typed
        update_wrapper(self, func)
        self.cache_clear()

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        return _BoundCache(self, obj)

    def __repr__(self):
        return repr(self.__wrapped__)

    def cache_clear(self):
        self._cache = {}
        self._hits = self._misses = 0
        # The ring of entries [previous, next, key, value], least recent first.
        root = []
        root.extend((root, root, None, None))
        self._root = root

    def cache_info(self):
        return _CacheInfo((self._hits, self._misses, self._maxsize, len(self._cache)))

    def cache_parameters(self):
        return {"maxsize": self._maxsize, "typed": self._typed}


class _BoundCache:
    def __init__(self, cached, obj):
        self.__wrapped__ = cached
        self.__self__ = obj

    def __call__(self, *args, **keywords):
        return self.__wrapped__(self.__self__, *args, **keywords)

    def __getattr__(self, name):
        return getattr(self.__wrapped__, name)


class _Uncached(_Cached):
    def __call__(self, *args, **keywords):
        self._misses += 1
        return self.__wrapped__(*args, **keywords)


class _Unbounded(_Cached):
    def __call__(self, *args, **keywords):
        key = _key(args, keywords, self._typed) if keywords or self._typed else args
        cache = self._cache
        value = cache.get(key, _MISSING)
        if value is not _MISSING:
            self._hits += 1
            return value
        self._misses += 1
        value = cache[key] = self.__wrapped__(*args, **keywords)
        return value


class _Bounded(_Cached):
    def __call__(self, *args, **keywords):
        key = _key(args, keywords, self._typed) if keywords or self._typed else args
        link = self._cache.get(key)
        if link is not None:
            self._hits += 1
            previous, following, _, value = link
            previous[1] = following
            following[0] = previous
        else:
            self._misses += 1
            value = self.__wrapped__(*args, **keywords)
            cache = self._cache
            if key in cache:  # a recursive call put it there
                return value
            if len(cache) >= self._maxsize:
                oldest = self._root[1]
                oldest[1][0] = self._root
                self._root[1] = oldest[1]
                del cache[oldest[2]]
            link = cache[key] = [None, None, key, value]
        root = self._root
        last = root[0]
        last[1] = root[0] = link
        link[0] = last
        link[1] = root
        return value


def lru_cache(maxsize=128, typed=False):
    if maxsize is None:
        kind = _Unbounded
    elif isinstance(maxsize, int):
        maxsize = max(maxsize, 0)
        kind = _Bounded if maxsize else _Uncached
    elif callable(maxsize):
        return _Bounded(maxsize, 128, typed)
    else:
        raise TypeError("Expected first argument to be an integer, a callable, or None")
    return lambda func: kind(func, maxsize, typed)


def cache(func):
    return _Unbounded(func, None, False)


class cached_property:
    def __init__(self, func):
        self.func = func
        self.attrname = None
        self.__doc__ = getattr(func, "__doc__", None)

    def __set_name__(self, owner, name):
        self.attrname = name

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        name = self.attrname
        if name is None:
            raise TypeError("Cannot use cached_property instance without calling __set_name__ on it.")
        value = self.func(obj)
        # From now on the instance's own attribute is found before this one.
        setattr(obj, name, value)
        return value


def cmp_to_key(mycmp):
    class K:
        def __init__(self, obj):
            self.obj = obj

        def __lt__(self, other):
            return mycmp(self.obj, other.obj) < 0

        def __gt__(self, other):
            return mycmp(self.obj, other.obj) > 0

        def __eq__(self, other):
            return mycmp(self.obj, other.obj) == 0

        def __le__(self, other):
            return mycmp(self.obj, other.obj) <= 0

        def __ge__(self, other):
            return mycmp(self.obj, other.obj) >= 0

    return K


_FROM_ROOT = {
    "opposite": lambda result, a, b: not result,
    "neither": lambda result, a, b: not result and a != b,
    "or_equal": lambda result, a, b: result or a == b,
    "and_differs": lambda result, a, b: result and a != b,
    "opposite_or_equal": lambda result, a, b: not result or a == b,
}
_ORDERINGS = (  # in the order of preference of the root
    ("__lt__", {"__gt__": "neither", "__le__": "or_equal", "__ge__": "opposite"}),
    ("__le__", {"__ge__": "opposite_or_equal", "__lt__": "and_differs", "__gt__": "opposite"}),
    ("__gt__", {"__lt__": "neither", "__ge__": "or_equal", "__le__": "opposite"}),
    ("__ge__", {"__le__": "opposite_or_equal", "__gt__": "and_differs", "__lt__": "opposite"}),
)


def _derive(root, combine):
    def compare(self, other):
        result = getattr(self, root)(other)
        if result is NotImplemented:
            return result
        return combine(result, self, other)

    return compare


def total_ordering(cls):
    for root, others in _ORDERINGS:
        if hasattr(cls, root):
            break
    else:
        raise ValueError("must define at least one ordering operation: < > <= >=")
    for name, rule in others.items():
        if not hasattr(cls, name):
            setattr(cls, name, _derive(root, _FROM_ROOT[rule]))
    return cls


class _SingleDispatch:
    def __init__(self, func):
        self.registry = {object: func}
        self.__wrapped__ = func
        update_wrapper(self, func)

    def register(self, cls, func=None):
        if func is None:
            if isinstance(cls, type) or hasattr(cls, "__args__"):
                return lambda f: self.register(cls, f)
            func = cls
            hints = getattr(func, "__annotations__", None)
            if not hints:
                raise TypeError(
                    "Invalid first argument to `register()`. Use either `@register(some_class)` "
                    "or plain `@register` on an annotated function."
                )
            cls = next(iter(hints.values()))
        for one in getattr(cls, "__args__", (cls,)):
            self.registry[one] = func
        return func

    def dispatch(self, cls):
        if cls in self.registry:
            return self.registry[cls]
        best = object
        for candidate in self.registry:
            if issubclass(cls, candidate) and issubclass(candidate, best):
                best = candidate
        return self.registry[best]

    def __call__(self, *args, **keywords):
        if not args:
            raise TypeError("singledispatch function requires at least 1 positional argument")
        return self.dispatch(type(args[0]))(*args, **keywords)


def singledispatch(func):
    return _SingleDispatch(func)


class singledispatchmethod:
    def __init__(self, func):
        self.dispatcher = _SingleDispatch(func)

    def register(self, cls, func=None):
        return self.dispatcher.register(cls, func)

    def __get__(self, obj, cls=None):
        def method(*args, **keywords):
            return self.dispatcher.dispatch(type(args[0]))(obj, *args, **keywords)

        return method
