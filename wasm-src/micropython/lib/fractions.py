"""CPython's fractions."""

from math import _divide, _ratio, gcd


def _parse(text):
    """A fraction's text as numerator and denominator, None if it is none."""
    s = text.strip().replace("_", "")
    sign = -1 if s[:1] == "-" else 1
    if s[:1] in ("+", "-"):
        s = s[1:]
    num, slash, den = s.partition("/")
    if slash:
        if not num.isdigit() or not den.isdigit():
            return None
        return sign * int(num), int(den)
    mantissa, e, exponent = s.lower().partition("e")
    whole, dot, part = mantissa.partition(".")
    if not (whole + part).isdigit() or "_" in text and "__" in text:
        return None
    shift = -len(part)
    if e:
        digits = exponent[1:] if exponent[:1] in ("+", "-") else exponent
        if not digits.isdigit():
            return None
        shift += int(exponent)
    n = sign * int(whole + part)
    return (n * 10**shift, 1) if shift >= 0 else (n, 10**-shift)


class Fraction:
    def __new__(cls, numerator=0, denominator=None):
        if denominator is None:
            if isinstance(numerator, int):
                return _new(cls, int(numerator), 1)
            if isinstance(numerator, Fraction):
                return _new(cls, numerator._n, numerator._d)
            if isinstance(numerator, float):
                return cls.from_float(numerator)
            if isinstance(numerator, str):
                pair = _parse(numerator)
                if pair is None:
                    raise ValueError("Invalid literal for Fraction: %r" % numerator)
                numerator, denominator = pair
            elif hasattr(numerator, "as_integer_ratio"):
                return _new(cls, *numerator.as_integer_ratio())
            elif hasattr(numerator, "numerator"):
                return _new(cls, numerator.numerator, numerator.denominator)
            else:
                raise TypeError(
                    "argument should be a string or a Rational instance"
                )
        elif not (_rational(numerator) and _rational(denominator)):
            raise TypeError("both arguments should be Rational instances")
        an, ad = _pair(numerator)
        bn, bd = _pair(denominator)
        n = an * bd
        d = ad * bn
        if d == 0:
            raise ZeroDivisionError("Fraction(%s, 0)" % n)
        g = gcd(n, d)
        if d < 0:
            g = -g
        return _new(cls, n // g, d // g)

    @classmethod
    def from_float(cls, x):
        if isinstance(x, int):
            return _new(cls, x, 1)
        if x != x:
            raise ValueError("Cannot convert NaN to integer ratio")
        if x - x != 0.0:
            raise OverflowError("cannot convert Infinity to integer ratio")
        return _new(cls, *_ratio(x))

    @classmethod
    def from_decimal(cls, x):
        return cls(*x.as_integer_ratio())

    numerator = property(lambda self: self._n)
    denominator = property(lambda self: self._d)
    real = property(lambda self: self)
    imag = property(lambda self: 0)

    def conjugate(self):
        return self

    def as_integer_ratio(self):
        return self._n, self._d

    def is_integer(self):
        return self._d == 1

    def limit_denominator(self, max_denominator=1000000):
        if max_denominator < 1:
            raise ValueError("max_denominator should be at least 1")
        if self._d <= max_denominator:
            return Fraction(self)
        # The convergents of the continued fraction; the last step may be cut short.
        p0, q0, p1, q1 = 0, 1, 1, 0
        n, d = self._n, self._d
        while True:
            a = n // d
            q2 = q0 + a * q1
            if q2 > max_denominator:
                break
            p0, q0, p1, q1 = p1, q1, p0 + a * p1, q2
            n, d = d, n - a * d
        k = (max_denominator - q0) // q1
        if 2 * d * (q0 + k * q1) <= self._d:
            return Fraction(p1, q1)
        return Fraction(p0 + k * p1, q0 + k * q1)

    def __repr__(self):
        return "%s(%d, %d)" % (type(self).__name__, self._n, self._d)

    def __str__(self):
        return "%d/%d" % (self._n, self._d) if self._d != 1 else str(self._n)

    def __format__(self, spec):
        if not spec:
            return str(self)
        if spec[-1] in "eEfFgG%":
            from decimal import Context, Decimal, localcontext

            # So many digits stand for the exact value when it is rounded again.
            with localcontext(Context(prec=400)):
                return format(Decimal(self._n) / self._d, spec)
        return format(str(self), spec)

    def __float__(self):
        return _divide(self._n, self._d)

    def __int__(self):
        return self.__trunc__()

    def __trunc__(self):
        return -(-self._n // self._d) if self._n < 0 else self._n // self._d

    def __floor__(self):
        return self._n // self._d

    def __ceil__(self):
        return -(-self._n // self._d)

    def __round__(self, ndigits=None):
        if ndigits is None:
            q, r = divmod(self._n, self._d)
            return q + 1 if 2 * r > self._d or 2 * r == self._d and q & 1 else q
        shift = 10 ** abs(ndigits)
        if ndigits > 0:
            return Fraction(round(self * shift), shift)
        return Fraction(round(self / shift) * shift)

    def __bool__(self):
        return self._n != 0

    def __hash__(self):
        # Equal to the hash of an equal int or float.
        if self._d == 1:
            return hash(self._n)
        if not self._d & self._d - 1:
            return hash(_divide(self._n, self._d))
        return hash((self._n, self._d))

    def __neg__(self):
        return _new(Fraction, -self._n, self._d)

    def __pos__(self):
        return _new(Fraction, self._n, self._d)

    def __abs__(self):
        return _new(Fraction, abs(self._n), self._d)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __pow__(self, other, modulo=None):
        if isinstance(other, Fraction) and other._d == 1:
            other = other._n
        if isinstance(other, int):
            if other >= 0:
                return _new(Fraction, self._n**other, self._d**other)
            if not self._n:
                raise ZeroDivisionError("Fraction(%d, 0)" % self._d**-other)
            n, d = self._d**-other, self._n**-other
            return _new(Fraction, n, d) if d > 0 else _new(Fraction, -n, -d)
        if isinstance(other, (float, Fraction)):
            return float(self) ** float(other)
        return NotImplemented

    def __rpow__(self, other):
        if self._d == 1:
            return other**self._n
        return other ** float(self)

    def __complex__(self):
        return complex(float(self))


def _new(cls, n, d):
    self = object.__new__(cls)
    self._n = n
    self._d = d
    return self


def _rational(x):
    return isinstance(x, (int, Fraction))


def _pair(x):
    return (x._n, x._d) if isinstance(x, Fraction) else (int(x), 1)


def _reduced(n, d):
    g = gcd(n, d)
    return _new(Fraction, n // g, d // g)


def _add(a, b, c, d):
    return _reduced(a * d + c * b, b * d)


def _sub(a, b, c, d):
    return _reduced(a * d - c * b, b * d)


def _mul(a, b, c, d):
    return _reduced(a * c, b * d)


def _div(a, b, c, d):
    if not c:
        raise ZeroDivisionError("Fraction(%d, 0)" % (a * d))
    return _reduced(a * d, b * c) if c > 0 else _reduced(-a * d, -b * c)


def _floordiv(a, b, c, d):
    return a * d // (b * c)


def _mod(a, b, c, d):
    return _reduced(a * d % (b * c), b * d)


def _divmod(a, b, c, d):
    return _floordiv(a, b, c, d), _mod(a, b, c, d)


def _operator(exact, inexact):
    """The method for an operator and the one for its reflection."""

    def forward(self, other):
        if isinstance(other, (int, Fraction)):
            c, d = _pair(other)
            return exact(self._n, self._d, c, d)
        if isinstance(other, (float, complex)):
            return inexact(float(self), other)
        return NotImplemented

    def reverse(self, other):
        if isinstance(other, int):
            return exact(int(other), 1, self._n, self._d)
        if isinstance(other, (float, complex)):
            return inexact(other, float(self))
        return NotImplemented

    return forward, reverse


def _comparison(exact, inexact):
    def method(self, other):
        if isinstance(other, (int, Fraction)):
            c, d = _pair(other)
            return exact(self._n * d, c * self._d)
        if isinstance(other, float):
            if other - other != 0.0:
                return inexact(0.0, other)
            c, d = _ratio(other)
            return exact(self._n * d, c * self._d)
        return NotImplemented

    return method


def _install():
    for name, exact, inexact in (
        ("add", _add, lambda a, b: a + b),
        ("sub", _sub, lambda a, b: a - b),
        ("mul", _mul, lambda a, b: a * b),
        ("truediv", _div, lambda a, b: a / b),
        ("floordiv", _floordiv, lambda a, b: a // b),
        ("mod", _mod, lambda a, b: a % b),
        ("divmod", _divmod, divmod),
    ):
        forward, reverse = _operator(exact, inexact)
        setattr(Fraction, "__" + name + "__", forward)
        setattr(Fraction, "__r" + name + "__", reverse)
    for name, test in (
        ("eq", lambda a, b: a == b),
        ("lt", lambda a, b: a < b),
        ("le", lambda a, b: a <= b),
        ("gt", lambda a, b: a > b),
        ("ge", lambda a, b: a >= b),
    ):
        setattr(Fraction, "__" + name + "__", _comparison(test, test))


_install()
