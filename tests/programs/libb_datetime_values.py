"""datetime: construction, fields, text and parsing."""

from datetime import date, datetime, time, timedelta, timezone, tzinfo, MINYEAR, MAXYEAR

d = date(2024, 2, 29)
t = time(13, 5, 9, 120)
dt = datetime(2024, 2, 29, 13, 5, 9, 120)
utc = timezone.utc
east = timezone(timedelta(hours=5, minutes=30))
west = timezone(timedelta(hours=-8), "PST")
aware = datetime(2024, 2, 29, 13, 5, tzinfo=east)
for x in [d, t, dt, aware, time(1), time(1, 2), time(1, 2, 3), time(5, tzinfo=utc), datetime(1, 1, 1),
          datetime(2020, 1, 2, 3, 4, 5), timedelta(0), timedelta(1), timedelta(-1), timedelta(hours=25, microseconds=5),
          timedelta(days=-2, seconds=5), timedelta(weeks=1, milliseconds=1), utc, east, west,
          timezone(timedelta(seconds=-30)), datetime(2024, 1, 1, fold=1)]:
    print(repr(x), "|", x)
print(d.year, d.month, d.day, t.hour, t.minute, t.second, t.microsecond, t.tzinfo, dt.fold)
print(d.weekday(), d.isoweekday(), d.isocalendar(), d.toordinal(), d.timetuple())
print(tuple(date(2021, 1, 3).isocalendar()), date(2024, 12, 30).isocalendar().year)
print(date.fromordinal(730000), date.fromisocalendar(2024, 9, 4), d.ctime(), dt.ctime())
print(d.isoformat(), dt.isoformat(), dt.isoformat(" "), dt.isoformat(timespec="minutes"))
for spec in ["hours", "minutes", "seconds", "milliseconds", "microseconds"]:
    print(dt.isoformat(timespec=spec), t.isoformat(spec))
print(dt.strftime("%Y-%m-%d %H:%M:%S.%f %j %a %A %b %B %p %I %y %U %W %w %% %x %X|%z|%Z|"))
print(aware.strftime("%z %Z %d/%m/%Y"), t.strftime("%H:%M:%S.%f"), d.strftime("%d %b %Y"))
print(f"{d:%Y/%m/%d} {dt:%H:%M} {dt} {d!r}", "{:%B}".format(d), format(t, "%M"))
for text in ["2024-02-29", "1999-12-31"]:
    print(repr(date.fromisoformat(text)))
for text in ["2024-02-29", "2024-02-29T13:05", "2024-02-29 13:05:09", "2024-02-29T13:05:09.120000",
             "2024-02-29T13:05:09.123+05:30", "2024-02-29T13:05:09-08:00", "2024-02-29T00:00:00+00:00"]:
    print(repr(datetime.fromisoformat(text)))
for text in ["04:23:01", "04:23", "04", "04:23:01.000384", "04:23:01+04:00"]:
    print(repr(time.fromisoformat(text)))
for text, fmt in [("2024-02-29", "%Y-%m-%d"), ("29/02/24 1:05 PM", "%d/%m/%y %I:%M %p"),
                  ("Feb 29, 2024", "%b %d, %Y"), ("2024-02-29T13:05:09.5Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
                  ("2024-01-01 10:00 +0530", "%Y-%m-%d %H:%M %z"), ("20240229", "%Y%m%d"),
                  ("Thursday 29 February 2024", "%A %d %B %Y"), ("10:20", "%H:%M"), ("12 AM", "%I %p")]:
    print(repr(datetime.strptime(text, fmt)))
for f in [lambda: date(2023, 2, 29), lambda: date(0, 1, 1), lambda: date(2024, 13, 1), lambda: time(24),
          lambda: datetime(2024, 1, 1, 0, 60), lambda: datetime.strptime("x", "%Y"),
          lambda: datetime.strptime("2024-1-1x", "%Y-%m-%d"), lambda: datetime.strptime("2023-02-29", "%Y-%m-%d"),
          lambda: date.fromisoformat("2024-2-9"), lambda: datetime.fromisoformat("nope"),
          lambda: date(2024, 1, 1.5), lambda: date("2024", 1, 1), lambda: timezone(timedelta(days=1)),
          lambda: timezone(5), lambda: time.fromisoformat("25:00"), lambda: date.fromordinal(0),
          lambda: datetime(2024, 1, 1, tzinfo=5), lambda: date(2024, 1)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
try:
    datetime.strptime("2024/01/01", "%Y-%m-%d")
except ValueError as e:
    print(e)
print(MINYEAR, MAXYEAR, date.min, date.max, datetime.min, datetime.max, time.min, time.max)
print(timedelta.min, timedelta.max, timedelta.resolution, date.resolution, datetime.resolution)
print(isinstance(dt, date), isinstance(d, datetime), issubclass(timezone, tzinfo))
