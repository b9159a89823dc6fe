"""The calendar arithmetic and the text formats that time, datetime and calendar share.

Days are counted as datetime counts them: 1 January of year 1 is day 1.
"""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
EPOCH = 719163  # 1 January 1970
_BEFORE = (0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_LENGTH = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(y):
    return y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)


def month_length(y, m):
    return 29 if m == 2 and is_leap(y) else _LENGTH[m]


def day_of_year(y, m, d):
    return _BEFORE[m] + d + (1 if m > 2 and is_leap(y) else 0)


def to_ordinal(y, m, d):
    y1 = y - 1
    return y1 * 365 + y1 // 4 - y1 // 100 + y1 // 400 + day_of_year(y, m, d)


def from_ordinal(n):
    # Count years from March, so that the leap day comes last.
    n += 305
    era, n = divmod(n, 146097)
    y = (n - n // 1460 + n // 36524 - n // 146096) // 365
    n -= 365 * y + y // 4 - y // 100
    m = (5 * n + 2) // 153
    d = n - (153 * m + 2) // 5 + 1
    m += 3 if m < 10 else -9
    return y + era * 400 + (1 if m <= 2 else 0), m, d


def iso_year_start(y):
    """The ordinal of the Monday that begins the first ISO week of year y."""
    first = to_ordinal(y, 1, 1)
    weekday = (first + 6) % 7
    return first - weekday + (7 if weekday > 3 else 0)


def iso_calendar(y, m, d):
    n = to_ordinal(y, m, d)
    for year in (y + 1, y, y - 1):
        start = iso_year_start(year)
        if n >= start:
            break
    week, day = divmod(n - start, 7)
    return year, week + 1, day + 1


def utc_fields(seconds):
    """Year to second, weekday and day of the year of a POSIX timestamp."""
    days, rest = divmod(seconds, 86400)
    n = days + EPOCH
    y, m, d = from_ordinal(n)
    return y, m, d, rest // 3600, rest // 60 % 60, rest % 60, (n + 6) % 7, day_of_year(y, m, d)


_COMPOSITE = {
    "c": "%a %b %e %H:%M:%S %Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
}


def strftime(fmt, t, microsecond=None, zone="", offset=""):
    """fmt filled in from t, the nine fields of a struct_time (the last is not used)."""
    parts = fmt.split("%")
    out = [parts[0]]
    i = 1
    while i < len(parts):
        part = parts[i]
        i += 1
        if not part:
            # "%%", whose second % has split the next part off.
            out.append("%")
            if i < len(parts):
                out.append(parts[i])
                i += 1
            continue
        flag = part[0] if part[0] in "-_0^#" else ""
        code = part[len(flag) : len(flag) + 1]
        if code in _COMPOSITE:
            text = strftime(_COMPOSITE[code], t, microsecond, zone, offset)
        elif code == "f" and microsecond is not None:
            text = "%06d" % microsecond
        elif code == "z":
            text = offset
        elif code == ":" and part[1:2] == "z":
            text = offset[:3] + ":" + offset[3:] if offset else ""
            part = part[1:]
        elif code == "Z":
            text = zone
        else:
            text = _field(code, t, flag)
        out.append("%" + flag + code if text is None else text)
        out.append(part[len(flag) + 1 :])
    return "".join(out)


def _field(code, t, flag):
    y, m, d, hour, minute, second, weekday, yday = t[:8]
    fill, width = "0", 2
    if code == "Y":
        n, width = y, 1
    elif code == "m":
        n = m
    elif code == "d":
        n = d
    elif code == "H":
        n = hour
    elif code == "M":
        n = minute
    elif code == "S":
        n = second
    elif code == "y":
        n = y % 100
    elif code == "I":
        n = hour % 12 or 12
    elif code == "j":
        n, width = yday, 3
    elif code == "w":
        n, width = (weekday + 1) % 7, 1
    elif code == "u":
        n, width = weekday + 1, 1
    elif code == "U":
        n = (yday + 6 - (weekday + 1) % 7) // 7
    elif code == "W":
        n = (yday + 6 - weekday) // 7
    elif code == "V":
        n = iso_calendar(y, m, d)[1]
    elif code == "G":
        n, width = iso_calendar(y, m, d)[0], 1
    elif code == "g":
        n = iso_calendar(y, m, d)[0] % 100
    elif code == "C":
        n = y // 100
    elif code == "e":
        n, fill = d, " "
    elif code == "k":
        n, fill = hour, " "
    elif code == "l":
        n, fill = hour % 12 or 12, " "
    elif code == "s":
        n, width = (to_ordinal(y, m, d) - EPOCH) * 86400 + hour * 3600 + minute * 60 + second, 1
    else:
        text = _name(code, m, weekday, hour)
        return text.upper() if text and flag == "^" else text
    if flag == "-":
        width = 1
    elif flag == "_":
        fill = " "
    elif flag == "0":
        fill = "0"
    text = str(n)
    return fill * (width - len(text)) + text


def _name(code, m, weekday, hour):
    if code == "a":
        return DAYS[weekday][:3]
    if code == "A":
        return DAYS[weekday]
    if code == "b" or code == "h":
        return MONTHS[m - 1][:3]
    if code == "B":
        return MONTHS[m - 1]
    if code == "p":
        return "AM" if hour < 12 else "PM"
    if code == "P":
        return "am" if hour < 12 else "pm"
    if code == "n":
        return "\n"
    if code == "t":
        return "\t"
    return None
