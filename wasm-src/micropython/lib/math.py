"""CPython's math: the C module, and what it lacks.

An extensible C module is also importable under its name with a "u" in front;
that is how this module, like the other wrappers here, reaches the C one.
"""

from umath import *
import umath as _c


def _bits(n):
    return len(bin(n)) - 2 if n > 0 else len(bin(n)) - 3 if n else 0


def _divide(n, d):
    """n / d for ints, d > 0, rounded once: dividing floats would round thrice."""
    if n < 0:
        return -_divide(-n, d)
    if n == 0:
        return 0.0
    exponent = _bits(n) - _bits(d) - 55
    if exponent < 0:
        q, r = divmod(n << -exponent, d)
    else:
        q, r = divmod(n, d << exponent)
    # A subnormal float has fewer than 53 bits: none below 2**-1074.
    extra = max(_bits(q) - 53, -1074 - exponent)
    low = q & ((1 << extra) - 1)
    half = 1 << (extra - 1)
    q >>= extra
    if low > half or low == half and (r or q & 1):
        q += 1
    exponent += extra
    if _bits(q) + exponent > 1024:
        raise OverflowError("integer division result too large for a float")
    return ldexp(float(q), exponent)


def _ratio(x):
    """The finite float x as numerator and power-of-two denominator."""
    m, e = frexp(x)
    n = int(m * 9007199254740992.0)
    e -= 53
    while e < 0 and n and not n & 1:
        n >>= 1
        e += 1
    if n == 0:
        return 0, 1
    return (n << e, 1) if e > 0 else (n, 1 << -e)


def _int(x, name="number"):
    if isinstance(x, int):
        return x
    try:
        return x.__index__()
    except AttributeError:
        raise TypeError(
            "'%s' object cannot be interpreted as an integer" % type(x).__name__
        )


def _count(x, what):
    x = _int(x)
    if x < 0:
        raise ValueError("%s must be a non-negative integer" % what)
    return x


_LEAST = 2.2250738585072014e-308  # of the floats that have all their bits


def _log(x, log):
    # Of what no float can hold, or only with fewer bits, split off a power of two.
    if isinstance(x, float):
        if not 0.0 < x < _LEAST:
            return log(x)
        x, e = frexp(x)
    elif isinstance(x, int) and abs(x) > 1 << 1020:
        e = _bits(x) - 64
        x = float(x >> e)
    else:
        return log(x)
    return log(x) + e * log(2.0)


def log(x, base=None):
    if isinstance(x, float) and x >= _LEAST:
        result = _c.log(x)
    else:
        result = _log(x, _c.log)
    return result if base is None else result / log(base)


def log2(x):
    return _log(x, _c.log2)


def log10(x):
    return _log(x, _c.log10)


def log1p(x):
    # The rounding error of 1 + x is made good by the quotient.
    u = 1.0 + x
    if u == 1.0 or u == inf:
        return float(x)
    return _c.log(u) * (x / (u - 1.0))


def gcd(*numbers):
    a = 0
    for b in numbers:
        b = _int(b)
        while b:
            a, b = b, a % b
    return -a if a < 0 else a


def lcm(*numbers):
    result = 1
    for n in numbers:
        n = _int(n)
        if n == 0:
            result = 0
        elif result:
            result = abs(result // gcd(result, n) * n)
    return result


def comb(n, k):
    n = _count(n, "n")
    k = _count(k, "k")
    if k > n:
        return 0
    k = min(k, n - k)
    result = 1
    for i in range(1, k + 1):
        result = result * (n - k + i) // i
    return result


def perm(n, k=None):
    n = _count(n, "n")
    k = n if k is None else _count(k, "k")
    if k > n:
        return 0
    result = 1
    for i in range(n - k + 1, n + 1):
        result *= i
    return result


def isqrt(n):
    n = _int(n)
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    if n == 0:
        return 0
    x = 1 << (_bits(n) + 1) // 2
    while True:
        y = (x + n // x) >> 1
        if y >= x:
            return x
        x = y


def prod(iterable, *, start=1):
    for x in iterable:
        start *= x
    return start


def fsum(iterable):
    total = 0  # in units of 2**-1074, so that every float is an integer
    special = 0.0
    for x in iterable:
        x = float(x)
        if x - x == 0.0:
            m, e = frexp(x)
            n = int(m * 9007199254740992.0)
            e += 1021
            total += n << e if e >= 0 else n >> -e
        else:
            special += x
    if special != 0.0:
        if special != special:
            raise ValueError("-inf + inf in fsum")
        return special
    return _divide(total, 1 << 1074)


def sumprod(p, q):
    p = list(p)
    q = list(q)
    if len(p) != len(q):
        raise ValueError("Inputs are not the same length")
    products = [(a, b) for a, b in zip(p, q)]
    if any(isinstance(a, float) or isinstance(b, float) for a, b in products):
        if all(isfinite(a) and isfinite(b) for a, b in products):
            n, d = 0, 1
            for a, b in products:
                an, ad = _ratio(float(a))
                bn, bd = _ratio(float(b))
                ad *= bd  # a power of two, as d is
                if ad > d:
                    n, d = n * (ad // d), ad
                n += an * bn * (d // ad)
            return _divide(n, d)
    return sum(a * b for a, b in products)


def hypot(*coordinates):
    values = [abs(float(x)) for x in coordinates]
    if inf in values:
        return inf
    top = max(values) if values else 0.0
    if top == 0.0 or top != top or any(x != x for x in values):
        return nan if any(x != x for x in values) else 0.0
    # An integer square root step makes good what the float root lost.
    top_e = frexp(top)[1]
    n = 0
    for x in values:
        m, e = frexp(x)
        shift = e - top_e + 30
        m = int(m * 9007199254740992.0)
        m = m << shift if shift >= 0 else m >> -shift
        n += m * m
    root = sqrt(float(n))
    rest = n - int(root) * int(root)
    m, e = frexp(root + float(rest) / (2.0 * root))
    e += top_e - 83
    return ldexp(m, e) if e <= 1024 else inf


def dist(p, q):
    p = list(p)
    q = list(q)
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return hypot(*[a - b for a, b in zip(p, q)])


def cbrt(x):
    x = float(x)
    if x == 0.0 or x - x != 0.0:
        return x
    if abs(x) < 1e-290:
        return ldexp(cbrt(ldexp(x, 300)), -100)
    y = copysign(pow(abs(x), 1 / 3), x)
    return y - (y * y * y - x) / (3.0 * y * y)


def exp2(x):
    return pow(2.0, x)


def remainder(x, y):
    x = float(x)
    y = abs(float(y))
    if x != x or y != y:
        return nan
    if x - x != 0.0 or y == 0.0:
        raise ValueError("math domain error")
    if y == inf:
        return x
    r = fmod(abs(x), y)
    rest = y - r
    if r > rest or r == rest and fmod((abs(x) - r) / 2, y) != 0.0:
        r = -rest
    return copysign(1.0, x) * r


def ulp(x):
    x = abs(float(x))
    if x - x != 0.0:
        return x
    return ldexp(1.0, max(frexp(x)[1] - 53, -1074)) if x else 5e-324


def nextafter(x, y, *, steps=None):
    x = float(x)
    y = float(y)
    for _ in range(1 if steps is None else _count(steps, "steps")):
        if x != x or y != y:
            return nan
        if x == y:
            return y
        if x == 0.0:
            x = copysign(5e-324, y)
        elif x - x != 0.0:
            x = copysign(1.7976931348623157e308, x)
        else:
            m, e = frexp(x)
            step = ldexp(1.0, max(e - 53, -1074))
            if (y > x) == (x > 0):
                x = x + step if x > 0 else x - step
            else:
                # Just below a power of two the floats lie twice as close.
                if abs(m) == 0.5 and e > -1021:
                    step /= 2
                x = copysign(abs(x) - step, x)
    return x


def fma(x, y, z):
    if not (isfinite(x) and isfinite(y) and isfinite(z)):
        return x * y + z
    a, b = _ratio(float(x))
    c, d = _ratio(float(y))
    e, f = _ratio(float(z))
    n = a * c * f + e * b * d
    return _divide(n, b * d * f) if n else x * y + z
