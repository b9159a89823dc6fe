"""What a Decimal is, as text and as other types; decimal adds the arithmetic."""

from _decimal_context import getcontext


def _digits(n):
    return len(str(n))


class DecimalTuple(tuple):
    sign = property(lambda self: self[0])
    digits = property(lambda self: self[1])
    exponent = property(lambda self: self[2])

    def __repr__(self):
        return "DecimalTuple(sign=%r, digits=%r, exponent=%r)" % tuple(self)

    __str__ = __repr__


def _parse(text):
    s = text.strip().replace("_", "").lower()
    sign = 1 if s[:1] == "-" else 0
    if s[:1] in ("+", "-"):
        s = s[1:]
    if s in ("inf", "infinity"):
        return sign, 0, "F"
    if s[:3] == "nan" or s[:4] == "snan":
        payload = s[s.find("nan") + 3 :]
        if not payload or payload.isdigit():
            return sign, int(payload or "0"), "n"
    mantissa, e, exponent = s.partition("e")
    whole, dot, part = mantissa.partition(".")
    digits = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    if not (whole + part).isdigit() or e and not digits.isdigit():
        return None
    return sign, int(whole + part), (int(exponent) if e else 0) - len(part)


def _placed(digits, exp):
    """digits with their decimal point, for an exp of 0 or less."""
    if not exp:
        return digits
    point = len(digits) + exp
    if point <= 0:
        return "0." + "0" * -point + digits
    return digits[:point] + "." + digits[point:]


class Value:
    """Holds (-1)**_sign * _n * 10**_exp; _exp is "F" or "n" for the special values."""

    # What it is.

    def is_nan(self):
        return self._exp == "n"

    is_qnan = is_nan

    def is_snan(self):
        return False

    def is_infinite(self):
        return self._exp == "F"

    def is_finite(self):
        return isinstance(self._exp, int)

    def is_zero(self):
        return self._n == 0 and self.is_finite()

    def is_signed(self):
        return self._sign == 1

    def adjusted(self):
        return self._exp + _digits(self._n) - 1 if self.is_finite() else 0

    def as_tuple(self):
        if self._exp == "F":
            return DecimalTuple((self._sign, (0,), "F"))
        digits = tuple([int(c) for c in str(self._n)]) if self._exp != "n" or self._n else ()
        return DecimalTuple((self._sign, digits, self._exp))

    def as_integer_ratio(self):
        if not self.is_finite():
            if self._exp == "n":
                raise ValueError("cannot convert NaN to integer ratio")
            raise OverflowError("cannot convert Infinity to integer ratio")
        n = -self._n if self._sign else self._n
        if self._exp >= 0:
            return n * 10**self._exp, 1
        from math import gcd

        d = 10**-self._exp
        g = gcd(n, d)
        return n // g, d // g

    # Text and other types.

    def __str__(self):
        sign = "-" if self._sign else ""
        if self._exp == "F":
            return sign + "Infinity"
        if self._exp == "n":
            return sign + "NaN" + (str(self._n) if self._n else "")
        digits = str(self._n)
        exp = self._exp
        point = len(digits) + exp
        if exp <= 0 and point > -6:
            return sign + _placed(digits, exp)
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return "%s%s%s%+d" % (sign, text, "E" if getcontext().capitals else "e", point - 1)

    def __repr__(self):
        return "Decimal('%s')" % self

    def to_eng_string(self, context=None):
        if not self.is_finite() or self._exp <= 0 and self.adjusted() >= -6:
            return str(self)
        digits = str(self._n)
        e = self.adjusted()
        shift = e % 3
        digits += "0" * (shift + 1 - len(digits))
        text = digits[: shift + 1] + ("." + digits[shift + 1 :] if len(digits) > shift + 1 else "")
        return "%s%s%s" % ("-" if self._sign else "", text, "E%+d" % (e - shift) if e - shift else "")

    def __format__(self, spec, context=None):
        from _decimal_format import format_decimal

        return format_decimal(self, spec)

    def __float__(self):
        if self._exp == "n":
            return float("nan")
        return float(str(self))

    def __int__(self):
        if self._exp == "n":
            raise ValueError("cannot convert NaN to integer")
        if self._exp == "F":
            raise OverflowError("cannot convert Infinity to integer")
        n = self._n * 10**self._exp if self._exp >= 0 else self._n // 10**-self._exp
        return -n if self._sign else n

    __trunc__ = __int__

    def __bool__(self):
        return self._n != 0 or not self.is_finite()

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self
