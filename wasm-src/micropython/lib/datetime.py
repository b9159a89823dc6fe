"""CPython's datetime. Local time is UTC here: the sandbox has no time zone."""

import time as _time

from _daytime import _KEEP, _Clock, _whole, time
from _dates import (
    EPOCH,
    day_of_year,
    from_ordinal,
    iso_calendar,
    iso_year_start,
    month_length,
    strftime,
    to_ordinal,
)
from _timedelta import UTC, _DAY, _delta, timedelta, timezone, tzinfo

MINYEAR = 1
MAXYEAR = 9999


def _check_date(y, m, d):
    if not MINYEAR <= y <= MAXYEAR:
        raise ValueError("year %d is out of range" % y)
    if not 1 <= m <= 12:
        raise ValueError("month must be in 1..12")
    if not 1 <= d <= month_length(y, m):
        raise ValueError("day is out of range for month")


class IsoCalendarDate(tuple):
    year = property(lambda self: self[0])
    week = property(lambda self: self[1])
    weekday = property(lambda self: self[2])

    def __repr__(self):
        return "datetime.IsoCalendarDate(year=%d, week=%d, weekday=%d)" % tuple(self)

    __str__ = __repr__


class date:
    def __new__(cls, year, month, day):
        year, month, day = _whole(year), _whole(month), _whole(day)
        _check_date(year, month, day)
        self = object.__new__(cls)
        self._year = year
        self._month = month
        self._day = day
        return self

    year = property(lambda self: self._year)
    month = property(lambda self: self._month)
    day = property(lambda self: self._day)

    @classmethod
    def today(cls):
        return cls.fromtimestamp(_time.time())

    @classmethod
    def fromtimestamp(cls, t):
        return cls.fromordinal(EPOCH + int(t // 86400))

    @classmethod
    def fromordinal(cls, n):
        if n < 1:
            raise ValueError("ordinal must be >= 1")
        y, m, d = from_ordinal(n)
        return cls(y, m, d)

    @classmethod
    def fromisoformat(cls, text):
        if not isinstance(text, str):
            raise TypeError("fromisoformat: argument must be str")
        from _isoformat import parse_date

        return cls(*parse_date(text, text))

    @classmethod
    def fromisocalendar(cls, year, week, day):
        if not MINYEAR <= year <= MAXYEAR:
            raise ValueError("Year is out of range: %d" % year)
        start = iso_year_start(year)
        if not 1 <= week <= (iso_year_start(year + 1) - start) // 7:
            raise ValueError("Invalid week: %d" % week)
        if not 1 <= day <= 7:
            raise ValueError("Invalid day: %d (range is [1, 7])" % day)
        return cls.fromordinal(start + week * 7 + day - 8)

    def replace(self, year=None, month=None, day=None):
        return type(self)(
            self._year if year is None else year,
            self._month if month is None else month,
            self._day if day is None else day,
        )

    def toordinal(self):
        return to_ordinal(self._year, self._month, self._day)

    def weekday(self):
        return (self.toordinal() + 6) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isocalendar(self):
        return IsoCalendarDate(iso_calendar(self._year, self._month, self._day))

    def _clock(self):
        return 0, 0, 0

    def timetuple(self):
        y, m, d = self._year, self._month, self._day
        fields = (y, m, d) + self._clock() + (self.weekday(), day_of_year(y, m, d), -1)
        return _time.struct_time(fields)

    def ctime(self):
        return strftime("%a %b %e %H:%M:%S %Y", self.timetuple())

    def strftime(self, format):
        return strftime(format, self.timetuple(), 0)

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def isoformat(self):
        return "%04d-%02d-%02d" % (self._year, self._month, self._day)

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        return "datetime.%s(%d, %d, %d)" % (
            type(self).__name__,
            self._year,
            self._month,
            self._day,
        )

    def __hash__(self):
        return self.toordinal()

    def _order(self, other):
        """Below, at or above 0 as self is to other; None if they do not compare."""
        if isinstance(other, date) and not isinstance(other, datetime):
            return self.toordinal() - other.toordinal()
        return None

    def __eq__(self, other):
        order = self._order(other)
        return NotImplemented if order is None else order == 0

    def __lt__(self, other):
        order = self._order(other)
        return NotImplemented if order is None else order < 0

    def __le__(self, other):
        order = self._order(other)
        return NotImplemented if order is None else order <= 0

    def __gt__(self, other):
        order = self._order(other)
        return NotImplemented if order is None else order > 0

    def __ge__(self, other):
        order = self._order(other)
        return NotImplemented if order is None else order >= 0

    def __add__(self, other):
        if isinstance(other, timedelta):
            n = self.toordinal() + other.days
            if not 1 <= n <= 3652059:
                raise OverflowError("date value out of range")
            return type(self).fromordinal(n)
        return NotImplemented

    def __radd__(self, other):
        return self.__add__(other)

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + timedelta(-other.days)
        if isinstance(other, date) and not isinstance(other, datetime):
            return timedelta(self.toordinal() - other.toordinal())
        return NotImplemented


date.min = date(1, 1, 1)
date.max = date(9999, 12, 31)
date.resolution = timedelta(1)


class datetime(_Clock, date):
    def __new__(
        cls, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None, *, fold=0
    ):
        self = date.__new__(cls, year, month, day)
        self._set_clock(hour, minute, second, microsecond, tzinfo, fold)
        return self

    @classmethod
    def _from_us(cls, us, zone=None, fold=0):
        """The datetime so many microseconds after the start of year 1."""
        days, us = divmod(us, _DAY)
        if not 0 <= days < 3652059:
            raise OverflowError("date value out of range")
        y, m, d = from_ordinal(days + 1)
        s, us = divmod(us, 1000000)
        return cls(y, m, d, s // 3600, s // 60 % 60, s % 60, us, zone, fold=fold)

    @classmethod
    def fromtimestamp(cls, t, tz=None):
        if not isinstance(t, (int, float)):
            raise TypeError("'%s' object cannot be interpreted as an integer" % type(t).__name__)
        us = timedelta(seconds=t)._us + (EPOCH - 1) * _DAY
        if not 0 <= us < 3652059 * _DAY:
            raise ValueError("year is out of range")
        result = cls._from_us(us, tz)
        return result if tz is None else tz.fromutc(result)

    @classmethod
    def utcfromtimestamp(cls, t):
        return cls.fromtimestamp(t)

    @classmethod
    def now(cls, tz=None):
        us = _time.time_ns() // 1000 + (EPOCH - 1) * _DAY
        result = cls._from_us(us, tz)
        return result if tz is None else tz.fromutc(result)

    @classmethod
    def today(cls):
        return cls.now()

    @classmethod
    def utcnow(cls):
        return cls.now()

    @classmethod
    def combine(cls, date, time, tzinfo=_KEEP):
        zone = time.tzinfo if tzinfo is _KEEP else tzinfo
        clock = time.hour, time.minute, time.second, time.microsecond
        return cls(date.year, date.month, date.day, *clock, zone, fold=time.fold)

    @classmethod
    def fromisoformat(cls, text):
        if not isinstance(text, str):
            raise TypeError("fromisoformat: argument must be str")
        from _isoformat import parse_datetime

        return cls(*parse_datetime(text))

    @classmethod
    def strptime(cls, text, format):
        from _strptime import parse

        t, micro, name, offset = parse(text, format)
        zone = None
        if offset is not None:
            zone = timedelta(seconds=offset[0], microseconds=offset[1])
            zone = timezone(zone, name) if name else timezone(zone) if zone else timezone.utc
        return cls(*t[:6], micro, zone)

    def _moment(self):
        return self

    def _fields(self):
        return self.timetuple()

    def _us(self):
        return (self.toordinal() - 1) * _DAY + self._clock_us()

    def _utc_us(self):
        offset = self.utcoffset()
        return self._us() - (offset._us if offset else 0)

    def date(self):
        return date(self._year, self._month, self._day)

    def time(self):
        return time(self._hour, self._minute, self._second, self._micro, fold=self._fold)

    def timetz(self):
        return self.time().replace(tzinfo=self._zone)

    def timetuple(self):
        fields = date.timetuple(self)
        dst = self.dst()
        return fields if dst is None else _time.struct_time(fields[:8] + (1 if dst else 0,))

    def utctimetuple(self):
        return _time.struct_time(self._from_us(self._utc_us()).timetuple()[:8] + (0,))

    def timestamp(self):
        return (self._utc_us() - (EPOCH - 1) * _DAY) / 1000000

    def astimezone(self, tz=None):
        tz = timezone.utc if tz is None else tz
        if not isinstance(tz, tzinfo):
            raise TypeError(
                "astimezone() argument 1 must be datetime.tzinfo, not " + type(tz).__name__
            )
        if tz is self._zone:
            return self
        return tz.fromutc(type(self)._from_us(self._utc_us(), tz))

    def replace(
        self,
        year=None,
        month=None,
        day=None,
        hour=None,
        minute=None,
        second=None,
        microsecond=None,
        tzinfo=_KEEP,
        *,
        fold=None,
    ):
        return type(self)(
            self._year if year is None else year,
            self._month if month is None else month,
            self._day if day is None else day,
            self._hour if hour is None else hour,
            self._minute if minute is None else minute,
            self._second if second is None else second,
            self._micro if microsecond is None else microsecond,
            self._zone if tzinfo is _KEEP else tzinfo,
            fold=self._fold if fold is None else fold,
        )

    def isoformat(self, sep="T", timespec="auto"):
        return date.isoformat(self) + sep + self._clock_iso(timespec)

    def __str__(self):
        return self.isoformat(" ")

    def __repr__(self):
        day = "%d, %d, %d" % (self._year, self._month, self._day)
        return "datetime.%s(%s%s)" % (type(self).__name__, day, self._clock_repr())

    def __hash__(self):
        return hash(self._utc_us())

    def _order(self, other):
        if not isinstance(other, datetime):
            if isinstance(other, date):
                raise TypeError("can't compare datetime.datetime to datetime.date")
            return None
        if (self.utcoffset() is None) != (other.utcoffset() is None):
            raise TypeError("can't compare offset-naive and offset-aware datetimes")
        return self._utc_us() - other._utc_us()

    def __eq__(self, other):
        if not isinstance(other, datetime):
            return False if isinstance(other, date) else NotImplemented
        if (self.utcoffset() is None) != (other.utcoffset() is None):
            return False
        return self._utc_us() == other._utc_us()

    def __add__(self, other):
        if isinstance(other, timedelta):
            return type(self)._from_us(self._us() + other._us, self._zone)
        return NotImplemented

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return type(self)._from_us(self._us() - other._us, self._zone)
        if isinstance(other, datetime):
            if (self.utcoffset() is None) != (other.utcoffset() is None):
                raise TypeError("can't subtract offset-naive and offset-aware datetimes")
            if self._zone is other._zone:
                return _delta(self._us() - other._us())
            return _delta(self._utc_us() - other._utc_us())
        return NotImplemented


datetime.min = datetime(1, 1, 1)
datetime.max = datetime(9999, 12, 31, 23, 59, 59, 999999)
datetime.resolution = timedelta.resolution
