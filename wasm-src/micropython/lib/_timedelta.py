"""timedelta, tzinfo and timezone, for datetime."""

_DAY = 86400000000


def _half_even(n, d):
    """n / d to the nearest int, for d > 0."""
    q, r = divmod(n, d)
    return q + 1 if 2 * r > d or 2 * r == d and q & 1 else q


def _micros(x, unit):
    """x units, in whole microseconds; a float is rounded only once."""
    if isinstance(x, int):
        return x * unit
    if isinstance(x, float):
        from math import _ratio

        if x - x != 0.0:
            if x != x:
                raise ValueError("cannot convert float NaN to integer")
            raise OverflowError("cannot convert float infinity to integer")
        n, d = _ratio(x)
        return _half_even(n * unit, d)
    raise TypeError(
        "unsupported type for timedelta component: " + type(x).__name__
    )


class timedelta:
    __slots__ = ("_us",)

    def __init__(
        self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0
    ):
        us = _micros(days, _DAY) + _micros(seconds, 1000000) + _micros(microseconds, 1)
        us += _micros(milliseconds, 1000) + _micros(minutes, 60000000)
        us += _micros(hours, 3600000000) + _micros(weeks, 7 * _DAY)
        self._us = _checked(us)

    @property
    def days(self):
        return self._us // _DAY

    @property
    def seconds(self):
        return self._us // 1000000 % 86400

    @property
    def microseconds(self):
        return self._us % 1000000

    def total_seconds(self):
        return self._us / 1000000

    def __repr__(self):
        parts = []
        if self.days:
            parts.append("days=%d" % self.days)
        if self.seconds:
            parts.append("seconds=%d" % self.seconds)
        if self.microseconds:
            parts.append("microseconds=%d" % self.microseconds)
        return "datetime.timedelta(%s)" % (", ".join(parts) or "0")

    def __str__(self):
        s = self.seconds
        text = "%d:%02d:%02d" % (s // 3600, s // 60 % 60, s % 60)
        days = self.days
        if days:
            text = "%d day%s, %s" % (days, "" if abs(days) == 1 else "s", text)
        return text + ".%06d" % self.microseconds if self.microseconds else text

    def __add__(self, other):
        if isinstance(other, timedelta):
            return _delta(self._us + other._us)
        return NotImplemented

    def __radd__(self, other):
        return self.__add__(other)

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return _delta(self._us - other._us)
        return NotImplemented

    def __neg__(self):
        return _delta(-self._us)

    def __pos__(self):
        return self

    def __abs__(self):
        return _delta(abs(self._us))

    def __mul__(self, other):
        if isinstance(other, (int, float)):
            return _delta(_micros(other, self._us) if self._us else 0)
        return NotImplemented

    def __rmul__(self, other):
        return self.__mul__(other)

    def __truediv__(self, other):
        if isinstance(other, timedelta):
            return self._us / other._us
        if isinstance(other, int):
            if not other:
                raise ZeroDivisionError("integer division or modulo by zero")
            return _delta(_half_even(self._us, other) if other > 0 else _half_even(-self._us, -other))
        if isinstance(other, float):
            from math import _ratio

            n, d = _ratio(other)
            if not n:
                raise ZeroDivisionError("division by zero")
            n, d = (n, d) if n > 0 else (-n, -d)
            return _delta(_half_even(self._us * d, n))
        return NotImplemented

    def __floordiv__(self, other):
        if isinstance(other, timedelta):
            return self._us // other._us
        if isinstance(other, int):
            return _delta(self._us // other)
        return NotImplemented

    def __mod__(self, other):
        if isinstance(other, timedelta):
            return _delta(self._us % other._us)
        return NotImplemented

    def __divmod__(self, other):
        if isinstance(other, timedelta):
            q, r = divmod(self._us, other._us)
            return q, _delta(r)
        return NotImplemented

    def __bool__(self):
        return self._us != 0

    def __hash__(self):
        return hash(self._us)

    def __eq__(self, other):
        return self._us == other._us if isinstance(other, timedelta) else NotImplemented

    def __lt__(self, other):
        return self._us < other._us if isinstance(other, timedelta) else NotImplemented

    def __le__(self, other):
        return self._us <= other._us if isinstance(other, timedelta) else NotImplemented

    def __gt__(self, other):
        return self._us > other._us if isinstance(other, timedelta) else NotImplemented

    def __ge__(self, other):
        return self._us >= other._us if isinstance(other, timedelta) else NotImplemented


def _checked(us):
    if not -999999999 <= us // _DAY <= 999999999:
        raise OverflowError(
            "days=%d; must have magnitude <= 999999999" % (us // _DAY)
        )
    return us


def _delta(us):
    d = object.__new__(timedelta)
    d._us = _checked(us)
    return d


timedelta.min = timedelta(-999999999)
timedelta.max = timedelta(days=999999999, hours=23, minutes=59, seconds=59, microseconds=999999)
timedelta.resolution = timedelta(microseconds=1)
_ZERO = timedelta(0)


class tzinfo:
    def tzname(self, dt):
        raise NotImplementedError("a tzinfo subclass must implement tzname()")

    def utcoffset(self, dt):
        raise NotImplementedError("a tzinfo subclass must implement utcoffset()")

    def dst(self, dt):
        raise NotImplementedError("a tzinfo subclass must implement dst()")

    def fromutc(self, dt):
        if dt.tzinfo is not self:
            raise ValueError("fromutc: dt.tzinfo is not self")
        offset = dt.utcoffset()
        dst = dt.dst()
        if offset is None or dst is None:
            raise ValueError("fromutc() requires a non-None utcoffset() result")
        dt += offset - dst
        return dt + dt.dst()


class timezone(tzinfo):
    def __init__(self, offset, name=None):
        if not isinstance(offset, timedelta):
            raise TypeError(
                "timezone() argument 1 must be datetime.timedelta, not " + type(offset).__name__
            )
        if not -_DAY < offset._us < _DAY:
            raise ValueError(
                "offset must be a timedelta strictly between -timedelta(hours=24) and "
                "timedelta(hours=24), not %r." % offset
            )
        self._offset = offset
        self._name = name

    def utcoffset(self, dt):
        return self._offset

    def dst(self, dt):
        return None

    def tzname(self, dt):
        if self._name is not None:
            return self._name
        return "UTC" + _offset_text(self._offset, ":") if self._offset else "UTC"

    def fromutc(self, dt):
        return dt + self._offset

    def __eq__(self, other):
        return self._offset == other._offset if isinstance(other, timezone) else NotImplemented

    def __hash__(self):
        return hash(self._offset)

    def __repr__(self):
        if self is timezone.utc:
            return "datetime.timezone.utc"
        if self._name is None:
            return "datetime.timezone(%r)" % self._offset
        return "datetime.timezone(%r, %r)" % (self._offset, self._name)

    def __str__(self):
        return self.tzname(None)


timezone.utc = UTC = timezone(_ZERO)
timezone.min = timezone(-timedelta(hours=23, minutes=59))
timezone.max = timezone(timedelta(hours=23, minutes=59))


def _offset_text(offset, colon):
    if offset is None:
        return ""
    us = offset._us
    sign = "-" if us < 0 else "+"
    s, us = divmod(abs(us), 1000000)
    text = "%s%02d%s%02d" % (sign, s // 3600, colon, s // 60 % 60)
    if s % 60 or us:
        text += "%s%02d" % (colon, s % 60)
    return text + ".%06d" % us if us else text
