"""Parsing of ISO 8601 dates and times, for the fromisoformat methods."""

from _dates import from_ordinal, iso_year_start
from _timedelta import timedelta, timezone


def _bad(source):
    return ValueError("Invalid isoformat string: %r" % source)


def _number(text, i, width, source):
    digits = text[i : i + width]
    if len(digits) != width or not digits.isdigit():
        raise _bad(source)
    return int(digits)


def parse_date(text, source):
    year = _number(text, 0, 4, source)
    rest = text[4:]
    dashed = rest[:1] == "-"
    if dashed:
        rest = rest[1:]
    if rest[:1] == "W":
        return _week(year, rest[1:], dashed, source)
    month = _number(rest, 0, 2, source)
    rest = rest[2:]
    if dashed:
        if rest[:1] != "-":
            raise _bad(source)
        rest = rest[1:]
    if len(rest) != 2:
        raise _bad(source)
    return year, month, _number(rest, 0, 2, source)


def _week(year, text, dashed, source):
    week = _number(text, 0, 2, source)
    rest = text[2:]
    day = 1
    if rest:
        if dashed != (rest[0] == "-"):
            raise _bad(source)
        rest = rest[1:] if dashed else rest
        if len(rest) != 1:
            raise _bad(source)
        day = _number(rest, 0, 1, source)
    start = iso_year_start(year)
    if not 1 <= week <= (iso_year_start(year + 1) - start) // 7:
        raise ValueError("Invalid week: %d" % week)
    if not 1 <= day <= 7:
        raise ValueError("Invalid weekday: %d (range is [1, 7])" % day)
    return from_ordinal(start + week * 7 + day - 8)


def _clock(text, source):
    """Hour, minute, second and microsecond of "hh[:mm[:ss[.fraction]]]"."""
    values = [_number(text, 0, 2, source), 0, 0, 0]
    rest = text[2:]
    colon = rest[:1] == ":"
    k = 1
    while rest and k < 3 and rest[0] not in ".,":
        if colon:
            if rest[0] != ":":
                raise _bad(source)
            rest = rest[1:]
        values[k] = _number(rest, 0, 2, source)
        rest = rest[2:]
        k += 1
    if rest:
        digits = rest[1:]
        if k != 3 or rest[0] not in ".," or not digits.isdigit():
            raise _bad(source)
        values[3] = int((digits + "00000")[:6])
    return values


def _zone(text, source):
    if text == "Z":
        return timezone.utc
    h, m, s, us = _clock(text[1:], source)
    offset = timedelta(hours=h, minutes=m, seconds=s, microseconds=us)
    if not offset:
        return timezone.utc
    return timezone(offset if text[0] == "+" else -offset)


def parse_time(text, source):
    end = len(text)
    for sign in "+-Z":
        k = text.find(sign)
        if 0 <= k < end:
            end = k
    values = _clock(text[:end], source)
    return values + [_zone(text[end:], source) if end < len(text) else None]


def parse_datetime(text):
    if len(text) < 7:
        raise _bad(text)
    # The date's own form says where it ends; one character then parts the two.
    if text[4] == "-":
        if text[5] == "W":
            end = 10 if text[8:9] == "-" else 8
        else:
            end = 10
    elif text[4] == "W":
        end = 8 if text[7:8].isdigit() else 7
    else:
        end = 8
    day = parse_date(text[:end], text)
    if len(text) == end:
        return day
    return list(day) + parse_time(text[end + 1 :], text)
