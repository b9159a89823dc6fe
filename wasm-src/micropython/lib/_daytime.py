"""The time of day, for datetime: the class time, and what datetime shares with it."""

from _dates import strftime
from _timedelta import _offset_text, timedelta, tzinfo


def _whole(x):
    if isinstance(x, int):
        return x
    if isinstance(x, float):
        raise TypeError("'float' object cannot be interpreted as an integer")
    try:
        return x.__index__()
    except AttributeError:
        raise TypeError(
            "'%s' object cannot be interpreted as an integer" % type(x).__name__
        )


def _check_time(hour, minute, second, microsecond, zone, fold):
    if not 0 <= hour <= 23:
        raise ValueError("hour must be in 0..23")
    if not 0 <= minute <= 59:
        raise ValueError("minute must be in 0..59")
    if not 0 <= second <= 59:
        raise ValueError("second must be in 0..59")
    if not 0 <= microsecond <= 999999:
        raise ValueError("microsecond must be in 0..999999")
    if fold not in (0, 1):
        raise ValueError("fold must be either 0 or 1")
    if zone is not None and not isinstance(zone, tzinfo):
        raise TypeError(
            "tzinfo argument must be None or of a tzinfo subclass, not type '%s'"
            % type(zone).__name__
        )


_UNITS = ("auto", "hours", "minutes", "seconds", "milliseconds", "microseconds")


class _Clock:
    """The hour to microsecond and the zone of a time or a datetime."""

    def _set_clock(self, hour, minute, second, microsecond, zone, fold):
        hour, minute = _whole(hour), _whole(minute)
        second, microsecond = _whole(second), _whole(microsecond)
        _check_time(hour, minute, second, microsecond, zone, fold)
        self._hour = hour
        self._minute = minute
        self._second = second
        self._micro = microsecond
        self._zone = zone
        self._fold = fold

    hour = property(lambda self: self._hour)
    minute = property(lambda self: self._minute)
    second = property(lambda self: self._second)
    microsecond = property(lambda self: self._micro)
    tzinfo = property(lambda self: self._zone)
    fold = property(lambda self: self._fold)

    def _clock(self):
        return self._hour, self._minute, self._second

    def _clock_us(self):
        return (self._hour * 3600 + self._minute * 60 + self._second) * 1000000 + self._micro

    def utcoffset(self):
        return None if self._zone is None else self._zone.utcoffset(self._moment())

    def tzname(self):
        return None if self._zone is None else self._zone.tzname(self._moment())

    def dst(self):
        return None if self._zone is None else self._zone.dst(self._moment())

    def _clock_repr(self):
        text = ", %d, %d" % (self._hour, self._minute)
        if self._second or self._micro:
            text += ", %d" % self._second
        if self._micro:
            text += ", %d" % self._micro
        if self._fold:
            text += ", fold=1"
        return text if self._zone is None else text + ", tzinfo=%r" % self._zone

    def _clock_iso(self, timespec):
        if timespec not in _UNITS:
            raise ValueError("Unknown timespec value")
        if timespec == "auto":
            timespec = "microseconds" if self._micro else "seconds"
        unit = _UNITS.index(timespec)
        text = "%02d" % self._hour
        if unit >= 2:
            text += ":%02d" % self._minute
        if unit >= 3:
            text += ":%02d" % self._second
        if unit == 4:
            text += ".%03d" % (self._micro // 1000)
        elif unit == 5:
            text += ".%06d" % self._micro
        return text + _offset_text(self.utcoffset(), ":")

    def strftime(self, format):
        zone = self.tzname() or ""
        offset = _offset_text(self.utcoffset(), "")
        return strftime(format, self._fields(), self._micro, zone, offset)

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)


_KEEP = object()


class time(_Clock):
    def __new__(cls, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0):
        self = object.__new__(cls)
        self._set_clock(hour, minute, second, microsecond, tzinfo, fold)
        return self

    @classmethod
    def fromisoformat(cls, text):
        if not isinstance(text, str):
            raise TypeError("fromisoformat: argument must be str")
        from _isoformat import parse_time

        return cls(*parse_time(text[1:] if text[:1] == "T" else text, text))

    @classmethod
    def strptime(cls, text, format):
        from datetime import datetime

        return datetime.strptime(text, format).time()

    def _moment(self):
        return None

    def _fields(self):
        return (1900, 1, 1) + self._clock() + (0, 1, -1)

    def replace(
        self, hour=None, minute=None, second=None, microsecond=None, tzinfo=_KEEP, *, fold=None
    ):
        return type(self)(
            self._hour if hour is None else hour,
            self._minute if minute is None else minute,
            self._second if second is None else second,
            self._micro if microsecond is None else microsecond,
            self._zone if tzinfo is _KEEP else tzinfo,
            fold=self._fold if fold is None else fold,
        )

    def isoformat(self, timespec="auto"):
        return self._clock_iso(timespec)

    def __str__(self):
        return self._clock_iso("auto")

    def __repr__(self):
        return "datetime.%s(%s)" % (type(self).__name__, self._clock_repr()[2:])

    def _utc_us(self):
        offset = self.utcoffset()
        return self._clock_us() - (offset._us if offset else 0)

    def __hash__(self):
        return hash(self._utc_us())

    def _compare(self, other):
        if (self.utcoffset() is None) != (other.utcoffset() is None):
            raise TypeError("can't compare offset-naive and offset-aware times")
        return self._utc_us() - other._utc_us()

    def __eq__(self, other):
        if not isinstance(other, time):
            return NotImplemented
        if (self.utcoffset() is None) != (other.utcoffset() is None):
            return False
        return self._utc_us() == other._utc_us()

    def __lt__(self, other):
        return self._compare(other) < 0 if isinstance(other, time) else NotImplemented

    def __le__(self, other):
        return self._compare(other) <= 0 if isinstance(other, time) else NotImplemented

    def __gt__(self, other):
        return self._compare(other) > 0 if isinstance(other, time) else NotImplemented

    def __ge__(self, other):
        return self._compare(other) >= 0 if isinstance(other, time) else NotImplemented


time.min = time()
time.max = time(23, 59, 59, 999999)
time.resolution = timedelta.resolution
