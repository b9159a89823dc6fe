"""CPython's decimal: Decimal with contexts, written to be small rather than fast."""

from _decimal_context import *
from _decimal_context import round_quotient
from _decimal_value import DecimalTuple, Value, _digits, _parse

HAVE_THREADS = False
HAVE_CONTEXTVAR = False


def _new(sign, n, exp, cls=None):
    """A Decimal of (-1)**sign * n * 10**exp; exp is "F" or "n" for the special ones."""
    self = object.__new__(cls or Decimal)
    self._sign = sign
    self._n = n
    self._exp = exp
    return self


def _coerce(x):
    """x as a Decimal, None if it is nothing that arithmetic mixes with Decimal."""
    if isinstance(x, Decimal):
        return x
    if isinstance(x, int):
        return _new(1 if x < 0 else 0, abs(int(x)), 0)
    return None


def _nan(*operands):
    """The NaN that an operation passes on, if an operand is one."""
    for x in operands:
        if x._exp == "n":
            return x
    return None


def _invalid(what="InvalidOperation"):
    return getcontext().signal(
        InvalidOperation, "[<class 'decimal.%s'>]" % what, _new(0, 0, "n")
    )


class Decimal(Value):
    def __new__(cls, value="0", context=None):
        if isinstance(value, str):
            parts = _parse(value)
            if parts is None:
                x = _invalid("ConversionSyntax")
                parts = x._sign, x._n, x._exp
            return _new(*parts, cls)
        if isinstance(value, int):
            return _new(1 if value < 0 else 0, abs(int(value)), 0, cls)
        if isinstance(value, Decimal):
            return _new(value._sign, value._n, value._exp, cls)
        if isinstance(value, float):
            return cls.from_float(value)
        if isinstance(value, (tuple, list)):
            sign, digits, exp = value
            if sign not in (0, 1):
                raise ValueError("sign must be an integer with the value 0 or 1")
            n = 0
            for d in digits:
                if not isinstance(d, int) or not 0 <= d <= 9:
                    raise ValueError("coefficient must be a tuple of digits")
                n = n * 10 + d
            return _new(sign, n, exp if isinstance(exp, int) or exp == "F" else "n", cls)
        raise TypeError(
            "conversion from %s to Decimal is not supported" % type(value).__name__
        )

    @classmethod
    def from_float(cls, x):
        if isinstance(x, int):
            return cls(x)
        if x != x:
            return _new(0, 0, "n", cls)
        if x - x != 0.0:
            return _new(1 if x < 0 else 0, 0, "F", cls)
        from math import _ratio, copysign

        n, d = _ratio(x)
        k = 0
        while d >> k > 1:
            k += 1
        # 1 / 2**k is 5**k / 10**k.
        return _new(1 if copysign(1.0, x) < 0 else 0, abs(n) * 5**k, -k, cls)

    real = property(lambda self: self)
    imag = property(lambda self: Decimal(0))

    def conjugate(self):
        return self

    # Rounding.

    def _fixed(self, context=None):
        """Rounded to the context's precision, within its exponents."""
        if not self.is_finite():
            return self
        context = context or getcontext()
        n, exp = self._n, self._exp
        extra = _digits(n) - context.prec
        if extra > 0:
            n, lost = round_quotient(self._sign, n, extra, context.rounding)
            exp += extra
            if _digits(n) > context.prec:
                n //= 10
                exp += 1
            context.flags[Rounded] = True
            if lost:
                context.signal(Inexact, "[<class 'decimal.Inexact'>]", None)
        top = exp + _digits(n) - 1
        if n and top > context.Emax:
            return context.signal(
                Overflow, "[<class 'decimal.Overflow'>]", _new(self._sign, 0, "F")
            )
        tiny = context.Emin - context.prec + 1
        if exp < tiny:
            n, _ = round_quotient(self._sign, n, tiny - exp, context.rounding)
            exp = tiny
            context.flags[Underflow] = True
        return _new(self._sign, n, exp)

    def quantize(self, exp, rounding=None, context=None):
        exp = _coerce(exp)
        nan = _nan(self, exp)
        if nan:
            return nan
        if not (self.is_finite() and exp.is_finite()):
            return self if self._exp == exp._exp else _invalid()
        context = context or getcontext()
        n, _ = round_quotient(
            self._sign, self._n, exp._exp - self._exp, rounding or context.rounding
        )
        if n and _digits(n) > context.prec:
            return _invalid()
        return _new(self._sign, n, exp._exp)

    def to_integral_value(self, rounding=None, context=None):
        if not self.is_finite() or self._exp >= 0:
            return self
        rounding = rounding or (context or getcontext()).rounding
        n, _ = round_quotient(self._sign, self._n, -self._exp, rounding)
        return _new(self._sign, n, 0)

    to_integral = to_integral_exact = to_integral_value

    def normalize(self, context=None):
        x = self._fixed(context)
        if not x.is_finite():
            return x
        n, exp = x._n, x._exp
        if not n:
            return _new(x._sign, 0, 0)
        while n % 10 == 0:
            n //= 10
            exp += 1
        return _new(x._sign, n, exp)

    def __floor__(self):
        return int(self.to_integral_value(ROUND_FLOOR))

    def __ceil__(self):
        return int(self.to_integral_value(ROUND_CEILING))

    def __round__(self, n=None):
        if n is None:
            return int(self.to_integral_value(ROUND_HALF_EVEN))
        return self.quantize(_new(0, 1, -n), ROUND_HALF_EVEN)

    # Signs and neighbours.

    def __neg__(self):
        return _new(0 if self.is_zero() else 1 - self._sign, self._n, self._exp)._fixed()

    def __pos__(self):
        return _new(0 if self.is_zero() else self._sign, self._n, self._exp)._fixed()

    def __abs__(self):
        return _new(0, self._n, self._exp)._fixed()

    def copy_abs(self):
        return _new(0, self._n, self._exp)

    def copy_negate(self):
        return _new(1 - self._sign, self._n, self._exp)

    def copy_sign(self, other):
        return _new(_coerce(other)._sign, self._n, self._exp)

    def scaleb(self, other):
        return _new(self._sign, self._n, self._exp + int(other))._fixed()

    def shift(self, other):
        k = int(other)
        n = self._n * 10**k if k >= 0 else self._n // 10**-k
        return _new(self._sign, n % 10 ** getcontext().prec, self._exp)

    def same_quantum(self, other):
        return self._exp == _coerce(other)._exp

    # Arithmetic.

    def __add__(self, other):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        nan = _nan(self, other)
        if nan:
            return nan
        if self._exp == "F":
            return _invalid() if other._exp == "F" and self._sign != other._sign else self
        if other._exp == "F":
            return other
        return _sum(self, other)._fixed()

    def __sub__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else self + other.copy_negate()

    def __rsub__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else other - self

    def __mul__(self, other):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        nan = _nan(self, other)
        if nan:
            return nan
        sign = self._sign ^ other._sign
        if self._exp == "F" or other._exp == "F":
            return _new(sign, 0, "F") if self and other else _invalid()
        return _new(sign, self._n * other._n, self._exp + other._exp)._fixed()

    __radd__ = __add__
    __rmul__ = __mul__

    def fma(self, other, third, context=None):
        other, third = _coerce(other), _coerce(third)
        if not (self.is_finite() and other.is_finite() and third.is_finite()):
            return self * other + third
        product = _new(self._sign ^ other._sign, self._n * other._n, self._exp + other._exp)
        return _sum(product, third)._fixed(context)

    def __truediv__(self, other):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        nan = _nan(self, other)
        if nan:
            return nan
        sign = self._sign ^ other._sign
        if self._exp == "F":
            return _invalid() if other._exp == "F" else _new(sign, 0, "F")
        if other._exp == "F":
            return _new(sign, 0, getcontext().Emin - getcontext().prec + 1)
        if not other._n:
            return _by_zero(sign, self._n)
        ideal = self._exp - other._exp
        if not self._n:
            return _new(sign, 0, ideal)._fixed()
        shift = max(0, _digits(other._n) - _digits(self._n) + getcontext().prec + 1)
        q, r = divmod(self._n * 10**shift, other._n)
        exp = ideal - shift
        if r:
            # A last digit that no rounding mistakes for an exact tie.
            q = q * 10 + 1
            exp -= 1
        else:
            while exp < ideal and q % 10 == 0:
                q //= 10
                exp += 1
        return _new(sign, q, exp)._fixed()

    def __rtruediv__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else other / self

    def __divmod__(self, other):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        nan = _nan(self, other)
        if nan:
            return nan, nan
        sign = self._sign ^ other._sign
        if self._exp == "F":
            return (_invalid() if other._exp == "F" else _new(sign, 0, "F")), _invalid()
        if other._exp == "F":
            return _new(sign, 0, 0), self
        if not other._n:
            return _by_zero(sign, self._n), _invalid("DivisionUndefined")
        exp = min(self._exp, other._exp)
        a = self._n * 10 ** (self._exp - exp)
        b = other._n * 10 ** (other._exp - exp)
        q, r = divmod(a, b)
        if _digits(q) > getcontext().prec:
            return _invalid("DivisionImpossible"), _invalid("DivisionImpossible")
        return _new(sign, q, 0), _new(self._sign, r, exp)._fixed()

    def __rdivmod__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else divmod(other, self)

    def __floordiv__(self, other):
        pair = self.__divmod__(other) if _coerce(other) is not None else None
        return NotImplemented if pair is None else pair[0]

    def __rfloordiv__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else other // self

    def __mod__(self, other):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        if other.is_zero() and self.is_finite():
            return _invalid("DivisionUndefined" if not self._n else "InvalidOperation")
        return self.__divmod__(other)[1]

    def __rmod__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else other % self

    def remainder_near(self, other):
        other = _coerce(other)
        exp = min(self._exp, other._exp)
        a = self._n * 10 ** (self._exp - exp)
        b = other._n * 10 ** (other._exp - exp)
        q, r = divmod(a, b)
        if 2 * r + (q & 1) > b:
            r -= b
        r = -r if self._sign else r
        return _new(self._sign if not r else 1 if r < 0 else 0, abs(r), exp)._fixed()

    def __pow__(self, other, modulo=None):
        other = _coerce(other)
        if other is None:
            return NotImplemented
        from _decimal_functions import power

        if modulo is not None:
            return Decimal(pow(int(self), int(other), int(modulo)))
        return power(self, other)

    def __rpow__(self, other):
        other = _coerce(other)
        return NotImplemented if other is None else other**self

    def sqrt(self, context=None):
        from _decimal_functions import sqrt

        return sqrt(self, context or getcontext())

    def exp(self, context=None):
        from _decimal_functions import exp

        return exp(self, context or getcontext())

    def ln(self, context=None):
        from _decimal_functions import ln

        return ln(self, context or getcontext(), False)

    def log10(self, context=None):
        from _decimal_functions import ln

        return ln(self, context or getcontext(), True)

    # Comparison.

    def __hash__(self):
        if not self.is_finite():
            return hash(float(self))
        from fractions import Fraction

        return hash(Fraction(self))

    def _order(self, other):
        """Below, at or above 0 as self is to other; neither is a NaN."""
        if self._exp == "F" or other._exp == "F":
            a = 0 if self._exp != "F" else -1 if self._sign else 1
            b = 0 if other._exp != "F" else -1 if other._sign else 1
            return a - b
        if not self._n and not other._n:
            return 0
        d = _sum(self, other.copy_negate())
        return 0 if not d._n else -1 if d._sign else 1

    def _compared(self, other, equality=False):
        """The order, None for a NaN, NotImplemented for a foreign type."""
        if isinstance(other, float):
            other = Decimal.from_float(other)
        elif hasattr(other, "denominator") and not isinstance(other, (int, Decimal)):
            return (self * other.denominator)._order(Decimal(other.numerator))
        else:
            other = _coerce(other)
        if other is None:
            return NotImplemented
        if _nan(self, other):
            if not equality:
                _invalid()
            return None
        return self._order(other)

    def __eq__(self, other):
        c = self._compared(other, True)
        return c if c is NotImplemented else c == 0

    def __lt__(self, other):
        c = self._compared(other)
        return c if c is NotImplemented else c is not None and c < 0

    def __le__(self, other):
        c = self._compared(other)
        return c if c is NotImplemented else c is not None and c <= 0

    def __gt__(self, other):
        c = self._compared(other)
        return c if c is NotImplemented else c is not None and c > 0

    def __ge__(self, other):
        c = self._compared(other)
        return c if c is NotImplemented else c is not None and c >= 0

    def compare(self, other):
        other = _coerce(other)
        return _nan(self, other) or Decimal(self._order(other))

    def max(self, other):
        other = _coerce(other)
        if _nan(self, other):
            return self if other._exp == "n" else other
        return (self if self._order(other) >= 0 else other)._fixed()

    def min(self, other):
        other = _coerce(other)
        if _nan(self, other):
            return self if other._exp == "n" else other
        return (self if self._order(other) <= 0 else other)._fixed()


def _by_zero(sign, n):
    if not n:
        return _invalid("DivisionUndefined")
    return getcontext().signal(
        DivisionByZero, "[<class 'decimal.DivisionByZero'>]", _new(sign, 0, "F")
    )


def _sum(a, b):
    """The exact sum, or what rounds as it does when the two lie far apart."""
    if a._exp < b._exp:
        a, b = b, a
    gap = a._exp - b._exp
    far = max(getcontext().prec, _digits(b._n)) + 2
    if a._n and gap > far:
        if b._n:
            b = _new(b._sign, 1, a._exp - far)
        elif a._exp - far > b._exp:
            b = _new(b._sign, 0, a._exp - far)
        gap = far
    x = a._n * 10**gap
    x = (-x if a._sign else x) + (-b._n if b._sign else b._n)
    if x:
        return _new(1 if x < 0 else 0, abs(x), b._exp)
    negative = a._sign and b._sign or a._sign != b._sign and getcontext().rounding == ROUND_FLOOR
    return _new(1 if negative else 0, 0, b._exp)
