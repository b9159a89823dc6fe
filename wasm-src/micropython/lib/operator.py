"""The operators as functions."""


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def truediv(a, b):
    return a / b


def floordiv(a, b):
    return a // b


def mod(a, b):
    return a % b


def pow(a, b):
    return a**b


def matmul(a, b):
    return a @ b


def and_(a, b):
    return a & b


def or_(a, b):
    return a | b


def xor(a, b):
    return a ^ b


def lshift(a, b):
    return a << b


def rshift(a, b):
    return a >> b


def eq(a, b):
    return a == b


def ne(a, b):
    return a != b


def lt(a, b):
    return a < b


def le(a, b):
    return a <= b


def gt(a, b):
    return a > b


def ge(a, b):
    return a >= b


def is_(a, b):
    return a is b


def is_not(a, b):
    return a is not b


def is_none(a):
    return a is None


def is_not_none(a):
    return a is not None


def contains(a, b):
    return b in a


def concat(a, b):
    return a + b


def countOf(a, b):
    count = 0
    for item in a:
        if item is b or item == b:
            count += 1
    return count


def indexOf(a, b):
    for i, item in enumerate(a):
        if item is b or item == b:
            return i
    raise ValueError("sequence.index(x): x not in sequence")


def getitem(a, b):
    return a[b]


def setitem(a, b, c):
    a[b] = c


def delitem(a, b):
    del a[b]


def neg(a):
    return -a


def pos(a):
    return +a


def inv(a):
    return ~a


def not_(a):
    return not a


def truth(a):
    return bool(a)


_abs = abs


def abs(a):
    return _abs(a)


def index(a):
    if isinstance(a, int):
        return a
    try:
        method = a.__index__
    except AttributeError:
        raise TypeError("'%s' object cannot be interpreted as an integer" % type(a).__name__)
    return method()


def length_hint(obj, default=0):
    try:
        return len(obj)
    except TypeError:
        hint = getattr(obj, "__length_hint__", None)
        return default if hint is None else hint()


def call(obj, *args, **kwargs):
    return obj(*args, **kwargs)


def iadd(a, b):
    a += b
    return a


def isub(a, b):
    a -= b
    return a


def imul(a, b):
    a *= b
    return a


def itruediv(a, b):
    a /= b
    return a


def ifloordiv(a, b):
    a //= b
    return a


def imod(a, b):
    a %= b
    return a


def ipow(a, b):
    a **= b
    return a


def imatmul(a, b):
    a @= b
    return a


def iand(a, b):
    a &= b
    return a


def ior(a, b):
    a |= b
    return a


def ixor(a, b):
    a ^= b
    return a


def ilshift(a, b):
    a <<= b
    return a


def irshift(a, b):
    a >>= b
    return a


iconcat = iadd
invert = inv


def itemgetter(item, *items):
    if not items:
        return lambda obj: obj[item]
    items = (item,) + items
    return lambda obj: tuple([obj[i] for i in items])


def _follow(name):
    if not isinstance(name, str):
        raise TypeError("attribute name must be a string")
    names = name.split(".")

    def get(obj):
        for one in names:
            obj = getattr(obj, one)
        return obj

    return get


def attrgetter(attr, *attrs):
    first = _follow(attr)
    if not attrs:
        return first
    getters = [first] + [_follow(one) for one in attrs]
    return lambda obj: tuple([get(obj) for get in getters])


def methodcaller(name, *args, **kwargs):
    if not isinstance(name, str):
        raise TypeError("method name must be a string")
    return lambda obj: getattr(obj, name)(*args, **kwargs)


__add__, __sub__, __mul__, __truediv__, __floordiv__, __mod__, __pow__ = add, sub, mul, truediv, floordiv, mod, pow
__and__, __or__, __xor__, __lshift__, __rshift__, __neg__, __pos__ = and_, or_, xor, lshift, rshift, neg, pos
__eq__, __ne__, __lt__, __le__, __gt__, __ge__, __not__ = eq, ne, lt, le, gt, ge, not_
__getitem__, __setitem__, __delitem__, __contains__ = getitem, setitem, delitem, contains
__abs__, __inv__, __invert__, __index__, __concat__, __matmul__ = abs, inv, inv, index, concat, matmul
