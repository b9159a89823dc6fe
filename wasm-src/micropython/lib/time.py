"""CPython's time: the C module, and what it lacks. The time zone is UTC."""

from utime import *
import utime as _c

timezone = altzone = daylight = 0
tzname = ("UTC", "UTC")
CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1

time_ns = _c.time_ns
monotonic_ns = _c.monotonic_ns


def time():
    return _c.time_ns() / 1e9


def monotonic():
    return _c.monotonic_ns() / 1e9


# The host tells no time of a processor.
perf_counter = process_time = thread_time = monotonic
perf_counter_ns = process_time_ns = thread_time_ns = monotonic_ns


def clock_gettime_ns(clock):
    if clock not in (CLOCK_REALTIME, CLOCK_MONOTONIC):
        raise OSError(22)  # EINVAL
    return monotonic_ns() if clock else time_ns()


def clock_gettime(clock):
    return clock_gettime_ns(clock) / 1e9


class struct_time(tuple):
    tm_zone = "UTC"
    tm_gmtoff = 0
    n_fields = 11
    n_sequence_fields = 9

    tm_year = property(lambda self: self[0])
    tm_mon = property(lambda self: self[1])
    tm_mday = property(lambda self: self[2])
    tm_hour = property(lambda self: self[3])
    tm_min = property(lambda self: self[4])
    tm_sec = property(lambda self: self[5])
    tm_wday = property(lambda self: self[6])
    tm_yday = property(lambda self: self[7])
    tm_isdst = property(lambda self: self[8])

    def __repr__(self):
        return (
            "time.struct_time(tm_year=%d, tm_mon=%d, tm_mday=%d, tm_hour=%d, "
            "tm_min=%d, tm_sec=%d, tm_wday=%d, tm_yday=%d, tm_isdst=%d)" % tuple(self)
        )

    __str__ = __repr__


def gmtime(secs=None):
    import _dates

    secs = _c.time_ns() // 1000000000 if secs is None else int(secs // 1)
    return struct_time(_dates.utc_fields(secs) + (0,))


localtime = gmtime


def mktime(t):
    from _dates import EPOCH, to_ordinal

    if len(t) != 9:
        raise TypeError("mktime(): illegal time tuple argument")
    years, month = divmod(t[1] - 1, 12)
    days = to_ordinal(t[0] + years, month + 1, 1) - EPOCH + t[2] - 1
    return float(days * 86400 + t[3] * 3600 + t[4] * 60 + t[5])


def strftime(format, t=None):
    import _dates

    return _dates.strftime(format, localtime() if t is None else t, None, "UTC", "+0000")


def strptime(string, format="%a %b %d %H:%M:%S %Y"):
    import _strptime

    return struct_time(_strptime.parse(string, format)[0])


def asctime(t=None):
    return strftime("%a %b %e %H:%M:%S %Y", t)


def ctime(secs=None):
    return asctime(localtime(secs))
