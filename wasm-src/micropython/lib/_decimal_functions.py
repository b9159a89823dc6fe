"""The roots, powers and logarithms of decimal, by whole numbers of 10**-places."""

from _decimal_context import ROUND_HALF_EVEN, getcontext, round_quotient
from decimal import Decimal, _digits, _invalid, _nan, _new


def _rounded(sign, n, exp, context):
    """As _fixed, but always half-even, as CPython has it for these functions."""
    extra = _digits(n) - context.prec
    if extra > 0:
        n, _ = round_quotient(sign, n, extra, ROUND_HALF_EVEN)
        exp += extra
    return _new(sign, n, exp)._fixed(context)


def sqrt(x, context):
    if _nan(x):
        return x
    if x.is_zero():
        return _new(x._sign, 0, x._exp // 2)
    if x._sign:
        return _invalid()
    if x._exp == "F":
        return x
    from math import isqrt

    n, exp = x._n, x._exp
    if exp & 1:
        n *= 10
        exp -= 1
    ideal = exp // 2
    shift = max(0, context.prec + 2 - (_digits(n) + 1) // 2)
    n *= 100**shift
    root = isqrt(n)
    exp = ideal - shift
    if root * root != n:
        return _rounded(0, root * 10 + 1, exp - 1, context)
    while exp < ideal and root % 10 == 0:
        root //= 10
        exp += 1
    return _rounded(0, root, exp, context)


def _scaled(x, places):
    """The Decimal x as an int of 10**-places."""
    k = x._exp + places
    n = x._n * 10**k if k >= 0 else x._n // 10**-k
    return -n if x._sign else n


def _exp(v, places):
    """e**v for v in 10**-places, by halving v and squaring the series."""
    one = 10**places
    halvings = 0
    while abs(v) > one >> 8:
        v >>= 1
        halvings += 1
    total = term = one
    k = 1
    while term:
        term = term * v // one // k
        if -1 <= term <= 0:
            break
        total += term
        k += 1
    for _ in range(halvings):
        total = total * total // one
    return total


def _log_ratio(n, d, places):
    """ln(n / d) for n / d near 1: twice the area tangent of (n - d) / (n + d)."""
    one = 10**places
    z = (n - d) * one // (n + d)
    square = z * z // one
    total = 0
    k = 1
    while z and z != -1:
        total += z // k
        z = z * square // one
        k += 2
    return 2 * total


def _ln(n, exp, places):
    """ln(n * 10**exp) in 10**-places."""
    one = 10**places
    ln2 = 7 * _log_ratio(16, 15, places) + 5 * _log_ratio(25, 24, places) + 3 * _log_ratio(
        81, 80, places
    )
    ln10 = 3 * ln2 + _log_ratio(5, 4, places)
    exp += _digits(n) - 1
    k = _digits(n) - 1
    m = n * one // 10**k  # 1 to 10
    twos = 0
    while m * 2 > 3 * one:
        m = (m + 1) // 2
        twos += 1
    return _log_ratio(m, one, places) + twos * ln2 + exp * ln10, ln10


def ln(x, context, ten):
    if _nan(x):
        return x
    if x.is_zero():
        return _new(1, 0, "F")
    if x._sign:
        return _invalid()
    if x._exp == "F":
        return x
    digits = str(x._n)
    if digits.strip("0") == "1" and ten:
        k = x.adjusted()
        return Decimal(k)._fixed(context)
    if x == 1:
        return Decimal(0)
    places = context.prec + len(str(abs(x.adjusted()))) + 12
    # Near 1 the logarithm begins with as many zeros as x has there.
    near = (x - 1).adjusted()
    if near < 0:
        places -= near
    v, ln10 = _ln(x._n, x._exp, places)
    if ten:
        v = v * 10**places // ln10
    sign = 1 if v < 0 else 0
    return _rounded(sign, abs(v) * 10 + 1, -places - 1, context)


def exp(x, context):
    if _nan(x):
        return x
    if x._exp == "F":
        return Decimal(0) if x._sign else x
    if not x._n:
        return Decimal(1)
    if x.adjusted() > 7:
        return _new(0, 1, -(10**8) if x._sign else 10**8)._fixed(context)
    places = context.prec + max(x.adjusted(), 0) + 12
    # Take whole powers of ten out, so that the result keeps its digits.
    _, ln10 = _ln(2, 0, places)
    k, rest = divmod(_scaled(x, places), ln10)
    v = _exp(rest, places)
    return _rounded(0, v * 10 + 1, k - places - 1, context)


def power(x, y):
    nan = _nan(x, y)
    context = getcontext()
    if y.is_zero():
        return _invalid() if x.is_zero() else Decimal(1)
    if nan:
        return nan
    whole = y.is_finite() and y == y.to_integral_value()
    odd = whole and int(y) & 1
    sign = 1 if x._sign and odd else 0
    if x._sign and not whole and not x.is_zero():
        return _invalid()
    if x.is_zero():
        return _new(sign, 0, "F" if y._sign else 0)
    if x._exp == "F":
        return _new(sign, 0, 0 if y._sign else "F")
    if y._exp == "F":
        order = x.copy_abs()._order(Decimal(1))
        return Decimal(1) if not order else _new(0, 0, "F" if (order > 0) != bool(y._sign) else 0)
    if whole and abs(int(y)) * _digits(x._n) < 4000:
        return _whole_power(x, int(y), sign, context)
    wide = context.copy()
    wide.prec = context.prec + 10 + _digits(abs(int(y)) + 1)
    v = ln(x.copy_abs(), wide, False)
    product = _new(v._sign ^ y._sign, v._n * y._n, v._exp + y._exp)
    wide.prec = context.prec + 4
    result = exp(product, wide)
    return _exact_root(x, y, result, context) or _new(sign, result._n, result._exp)._fixed(context)


def _exact_root(x, y, result, context):
    """The short result of, say, 4 ** 0.5, when it is one; padded as CPython pads it."""
    n, d = y.as_integer_ratio()
    if n < 0 or d > 64 or x._sign or n * _digits(x._n) > 2000:
        return None
    short = result.normalize(context)
    guess = _new(0, short._n, short._exp)
    if _digits(guess._n) * d > 2000:
        return None
    a = guess._n**d
    e = guess._exp * d
    b = x._n**n
    f = x._exp * n
    low = min(e, f)
    if abs(e - f) > 4000 or a * 10 ** (e - low) != b * 10 ** (f - low):
        return None
    spare = context.prec - _digits(guess._n)
    return _new(0, guess._n * 10**spare, guess._exp - spare)


def _whole_power(x, k, sign, context):
    n = x._n ** abs(k)
    exp = x._exp * abs(k)
    if k >= 0:
        return _new(sign, n, exp)._fixed(context)
    return _new(sign, 1, 0) / _new(0, n, exp)
