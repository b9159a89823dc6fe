"""CPython's calendar: the calculations and TextCalendar."""

from _dates import DAYS, EPOCH, MONTHS, is_leap, month_length, to_ordinal

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
JANUARY, FEBRUARY = 1, 2
day_name = list(DAYS)
day_abbr = [name[:3] for name in DAYS]
month_name = [""] + list(MONTHS)
month_abbr = [name[:3] for name in month_name]

isleap = is_leap


class IllegalMonthError(ValueError):
    def __init__(self, month):
        self.month = month
        super().__init__("bad month number %r; must be 1-12" % month)


class IllegalWeekdayError(ValueError):
    def __init__(self, weekday):
        self.weekday = weekday
        super().__init__("bad weekday number %r; must be 0 (Monday) to 6 (Sunday)" % weekday)


def leapdays(y1, y2):
    def before(y):
        return (y - 1) // 4 - (y - 1) // 100 + (y - 1) // 400

    return before(y2) - before(y1)


def weekday(year, month, day):
    if not 1 <= month <= 12:
        raise ValueError("month must be in 1..12")
    if not 1 <= day <= month_length(year, month):
        raise ValueError("day is out of range for month")
    return (to_ordinal(year, month, day) + 6) % 7


def monthrange(year, month):
    if not 1 <= month <= 12:
        raise IllegalMonthError(month)
    return weekday(year, month, 1), month_length(year, month)


def timegm(t):
    y, m, d, hour, minute, second = t[:6]
    return (to_ordinal(y, m, 1) - EPOCH + d - 1) * 86400 + hour * 3600 + minute * 60 + second


class Calendar:
    def __init__(self, firstweekday=0):
        self.firstweekday = firstweekday

    def getfirstweekday(self):
        return self.firstweekday % 7

    def setfirstweekday(self, firstweekday):
        self.firstweekday = firstweekday

    def iterweekdays(self):
        for i in range(7):
            yield (self.firstweekday + i) % 7

    def itermonthdays(self, year, month):
        first, count = monthrange(year, month)
        before = (first - self.firstweekday) % 7
        for _ in range(before):
            yield 0
        for day in range(1, count + 1):
            yield day
        for _ in range(-(before + count) % 7):
            yield 0

    def itermonthdays2(self, year, month):
        for i, day in enumerate(self.itermonthdays(year, month)):
            yield day, (self.firstweekday + i) % 7

    def itermonthdates(self, year, month):
        from datetime import date, timedelta

        first, count = monthrange(year, month)
        before = (first - self.firstweekday) % 7
        day = date(year, month, 1) - timedelta(before)
        for _ in range(before + count + -(before + count) % 7):
            yield day
            day += timedelta(1)

    def monthdayscalendar(self, year, month):
        return _weeks(self.itermonthdays(year, month))

    def monthdays2calendar(self, year, month):
        return _weeks(self.itermonthdays2(year, month))

    def monthdatescalendar(self, year, month):
        return _weeks(self.itermonthdates(year, month))


def _weeks(days):
    days = list(days)
    return [days[i : i + 7] for i in range(0, len(days), 7)]


def _center(text, width):
    # As str.center pads: the odd blank goes left if the width is odd.
    pad = width - len(text)
    if pad <= 0:
        return text
    left = pad // 2 + (pad & width & 1)
    return " " * left + text + " " * (pad - left)


class TextCalendar(Calendar):
    def formatday(self, day, weekday, width):
        return _center("%2d" % day if day else "", width)

    def formatweek(self, week, width):
        return " ".join([self.formatday(d, w, width) for d, w in week])

    def formatweekday(self, day, width):
        names = day_name if width >= 9 else day_abbr
        return _center(names[day][:width], width)

    def formatweekheader(self, width):
        return " ".join([self.formatweekday(i, width) for i in self.iterweekdays()])

    def formatmonthname(self, year, month, width, withyear=True):
        text = month_name[month]
        return _center("%s %r" % (text, year) if withyear else text, width)

    def prmonth(self, year, month, w=0, l=0):
        print(self.formatmonth(year, month, w, l), end="")

    def formatmonth(self, year, month, w=0, l=0):
        w = max(2, w)
        l = max(1, l)
        lines = [self.formatmonthname(year, month, 7 * (w + 1) - 1).rstrip()]
        lines.append(self.formatweekheader(w).rstrip())
        for week in self.monthdays2calendar(year, month):
            lines.append(self.formatweek(week, w).rstrip())
        return ("\n" * l).join(lines) + "\n" * l

    def formatyear(self, year, w=2, l=1, c=6, m=3):
        w = max(2, w)
        l = max(1, l)
        c = max(2, c)
        width = 7 * (w + 1) - 1
        gap = " " * c
        out = [_center(repr(year), width * m + c * (m - 1)).rstrip(), "\n" * l]
        for start in range(1, 13, m):
            months = list(range(start, min(start + m, 13)))
            out.append("\n" * l)
            names = [self.formatmonthname(year, k, width, False) for k in months]
            out.append(_joined(names, width, gap))
            out.append("\n" * l)
            out.append(_joined([self.formatweekheader(w)] * len(months), width, gap))
            out.append("\n" * l)
            grids = [self.monthdays2calendar(year, k) for k in months]
            for i in range(max([len(g) for g in grids])):
                row = [self.formatweek(g[i], w) if i < len(g) else "" for g in grids]
                out.append(_joined(row, width, gap))
                out.append("\n" * l)
        return "".join(out)

    def pryear(self, year, w=0, l=0, c=6, m=3):
        print(self.formatyear(year, w, l, c, m), end="")


def _joined(columns, width, gap):
    return gap.join([_center(text, width) for text in columns]).rstrip()


_text = TextCalendar()
firstweekday = _text.getfirstweekday
monthcalendar = _text.monthdayscalendar
prweek = _text.formatweek
month = _text.formatmonth
prmonth = _text.prmonth
calendar = _text.formatyear
prcal = _text.pryear
weekheader = _text.formatweekheader


def setfirstweekday(firstweekday):
    if not 0 <= firstweekday <= 6:
        raise IllegalWeekdayError(firstweekday)
    _text.firstweekday = firstweekday
