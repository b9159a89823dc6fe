"""datetime: arithmetic, comparison, zones, timestamps."""

from datetime import date, datetime, time, timedelta, timezone, tzinfo
import datetime as module

utc = timezone.utc
east = timezone(timedelta(hours=5, minutes=30))
d = date(2024, 2, 28)
dt = datetime(2024, 2, 28, 23, 59, 59)
print(d + timedelta(days=2), d - timedelta(days=59), timedelta(1) + d, date(2024, 3, 1) - d)
print(dt + timedelta(seconds=1), dt - timedelta(hours=48), datetime(2025, 1, 1) - dt, timedelta(1) + dt)
print((datetime(2024, 3, 1) - dt).total_seconds(), (d - date(2025, 1, 1)).days)
td = timedelta(days=1, hours=2, minutes=30, seconds=15, microseconds=7)
print(td.days, td.seconds, td.microseconds, td.total_seconds(), -td, abs(-td), +td, bool(td))
print(td * 2, 3 * td, td * 0.5, td / 2, td / 0.3, td // 7, td / timedelta(hours=1), td // timedelta(hours=1))
print(td % timedelta(hours=1), divmod(td, timedelta(hours=1)), td - timedelta(2), td + td)
print(timedelta(days=0.5), timedelta(seconds=1.0000005), timedelta(hours=1.1), timedelta(microseconds=0.5))
print(timedelta(seconds=-1), timedelta(minutes=90) == timedelta(hours=1.5), sum([td, td], timedelta()))
print(sorted([timedelta(2), timedelta(-1), timedelta(0)]), max(timedelta(1), timedelta(2)))
print(d < date(2024, 3, 1), d == date(2024, 2, 28), d != dt, dt > datetime(2024, 1, 1), d >= d)
print(min([date(2024, 5, 1), date(2023, 5, 1)]), sorted([dt, datetime(2020, 1, 1)])[0])
print(len({date(2024, 1, 1), date(2024, 1, 1), datetime(2024, 1, 1)}), {d: 1}[date(2024, 2, 28)])
print(len({timedelta(hours=24), timedelta(days=1)}), hash(dt) == hash(datetime(2024, 2, 28, 23, 59, 59)))
print(time(1, 2) < time(1, 3), time(1) == time(1), time(0) == time(0, tzinfo=utc))
a = datetime(2024, 1, 1, 12, tzinfo=utc)
b = a.astimezone(east)
print(b, a == b, a - b, hash(a) == hash(b), b.utcoffset(), b.tzname(), b.dst(), a.utcoffset())
print(b.astimezone(timezone(timedelta(hours=-5))), b.timetz(), b.utctimetuple()[:6], b.replace(tzinfo=None))
print(a.timestamp(), datetime.fromtimestamp(1700000000, utc), datetime.fromtimestamp(1.5, east))
print(datetime.fromtimestamp(0, tz=utc), datetime.fromtimestamp(-1.25, utc), datetime.fromtimestamp(1e9 + 0.1, utc))
print(datetime(2024, 1, 1, 0, 0, 0, 123456, utc).timestamp())
print(dt.replace(year=2020, microsecond=5), d.replace(day=1), time(1, 2).replace(hour=5), a.replace(tzinfo=east))
print(datetime.combine(d, time(5, 6)), datetime.combine(d, time(1, tzinfo=utc)), datetime.combine(d, time(1), utc))
print(dt.date(), dt.time(), a.time(), a.timetz(), dt.toordinal(), dt.timetuple()[:8])
for f in [lambda: a < dt, lambda: a - dt, lambda: d < dt, lambda: d < 5, lambda: d + 1, lambda: dt + d,
          lambda: td + 1, lambda: td / 0, lambda: date.max + timedelta(1), lambda: td * "x", lambda: td < 1,
          lambda: timedelta(days=10**10), lambda: datetime.min - timedelta(1), lambda: time(1) < time(1, tzinfo=utc),
          lambda: timedelta("1"), lambda: time(1) - time(0)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
print(a == dt, d == 5, td == 5, td != 5)


class Zone(tzinfo):
    def utcoffset(self, dt):
        return timedelta(hours=2)

    def dst(self, dt):
        return timedelta(0)

    def tzname(self, dt):
        return "ZZZ"


z = datetime(2024, 6, 1, tzinfo=Zone())
print(z, z.tzname(), z.astimezone(utc), a.astimezone(Zone()), z.strftime("%Z%z"))


class Day(date):
    def next(self):
        return self + timedelta(1)


print(Day(2024, 1, 1).next(), type(Day(2024, 1, 1).next()).__name__, isinstance(Day.today(), Day))
now = datetime.now()
print(isinstance(now, datetime), now.tzinfo, datetime.now(utc).tzinfo, date.today() >= date(2024, 1, 1))
print(abs((datetime.now(utc) - datetime.now(utc)).total_seconds()) < 5, datetime.today() >= now)
print(module.timezone.utc is utc, utc.utcoffset(None), str(east), east == timezone(timedelta(minutes=330)))
