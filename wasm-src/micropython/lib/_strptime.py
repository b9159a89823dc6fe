"""Parsing of dates and times, for time.strptime and datetime.strptime."""

from _dates import DAYS, MONTHS, day_of_year, from_ordinal, iso_year_start, to_ordinal

# code: most digits, least value, greatest value
_NUMBERS = {
    "Y": (4, 0, 9999),
    "m": (2, 1, 12),
    "d": (2, 1, 31),
    "H": (2, 0, 23),
    "I": (2, 1, 12),
    "M": (2, 0, 59),
    "S": (2, 0, 61),
    "y": (2, 0, 99),
    "j": (3, 1, 366),
    "w": (1, 0, 6),
    "u": (1, 1, 7),
    "U": (2, 0, 53),
    "W": (2, 0, 53),
    "V": (2, 1, 53),
    "G": (4, 0, 9999),
}
_EXACT = "YyG"
_COMPOSITE = {
    "c": "%a %b %d %H:%M:%S %Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "F": "%Y-%m-%d",
    "D": "%m/%d/%y",
}


def parse(text, fmt):
    """The nine fields of a struct_time, the microseconds, the zone's name and offset."""
    if not isinstance(text, str) or not isinstance(fmt, str):
        bad = fmt if isinstance(text, str) else text
        raise TypeError(
            "strptime() argument must be str, not " + type(bad).__name__
        )
    found = {}
    end = _match(text, 0, _expand(fmt), found)
    if end is None:
        raise ValueError("time data %r does not match format %r" % (text, fmt))
    if end != len(text):
        raise ValueError("unconverted data remains: " + text[end:])
    return _fields(found)


def _expand(fmt):
    out = []
    i = 0
    while i < len(fmt):
        c = fmt[i]
        i += 1
        if c != "%":
            out.append(c)
            continue
        if i == len(fmt):
            raise ValueError("stray %% in format '%s'" % fmt)
        c = fmt[i]
        i += 1
        if c in _COMPOSITE:
            out.extend(_expand(_COMPOSITE[c]))
        elif c in _NUMBERS or c in "aAbBpfzZ%":
            out.append("%" + c)
        else:
            raise ValueError("'%s' is a bad directive in format '%s'" % (c, fmt))
    return out


def _match(text, i, tokens, found):
    """Match tokens from i on; the position after them, None if they do not match."""
    n = len(text)
    previous = ""
    for token in tokens:
        if token.isspace():
            # Any run of blanks in the format matches any run in the text.
            if not previous.isspace():
                if i >= n or not text[i].isspace():
                    return None
                while i < n and text[i].isspace():
                    i += 1
        elif len(token) == 1:
            if i >= n or text[i].lower() != token.lower():
                return None
            i += 1
        else:
            i = _directive(text, i, token[1], found)
            if i is None:
                return None
        previous = token
    return i


def _directive(text, i, code, found):
    if code in _NUMBERS:
        width, least, most = _NUMBERS[code]
        if code == "d" and text[i : i + 1] == " ":
            i += 1
            width = 1
        digits = _digits(text, i, width)
        if code in _EXACT and len(digits) != width:
            return None
        # "%m%d" takes one digit where two would be too much.
        while digits and not least <= int(digits) <= most:
            if code in _EXACT:
                return None
            digits = digits[:-1]
        if not digits:
            return None
        found[code] = int(digits)
        return i + len(digits)
    if code == "f":
        digits = _digits(text, i, 6)
        if not digits:
            return None
        found["f"] = int(digits + "0" * (6 - len(digits)))
        return i + len(digits)
    if code == "%":
        return i + 1 if text[i : i + 1] == "%" else None
    if code == "z":
        return _offset(text, i, found)
    if code == "Z":
        for name in ("UTC", "GMT"):
            if text[i : i + 3].upper() == name:
                found["Z"] = text[i : i + 3]
                return i + 3
        return i
    if code == "p":
        names = ("AM", "PM")
    else:
        names = DAYS if code in "aA" else MONTHS
        if code in "ab":
            names = [name[:3] for name in names]
    for k, name in enumerate(names):
        if text[i : i + len(name)].lower() == name.lower():
            found[code.lower()] = k
            return i + len(name)
    return None


def _digits(text, i, width):
    j = i
    while j < len(text) and j - i < width and text[j].isdigit():
        j += 1
    return text[i:j]


def _offset(text, i, found):
    c = text[i : i + 1]
    if c == "Z":
        found["z"] = (0, 0)
        return i + 1
    if not c or c not in "+-":
        return None
    total = 0
    colon = text[i + 3 : i + 4] == ":"
    i += 1
    for unit in (3600, 60, 1):
        if unit < 3600 and colon and text[i : i + 1] == ":":
            i += 1
        digits = _digits(text, i, 2)
        if len(digits) != 2 or unit < 3600 and int(digits) > 59:
            if unit == 1 and not digits:
                break
            return None
        total += int(digits) * unit
        i += 2
    micro = 0
    if unit == 1 and text[i : i + 1] == ".":
        digits = _digits(text, i + 1, 6)
        if digits:
            micro = int(digits + "0" * (6 - len(digits)))
            i += 1 + len(digits)
    found["z"] = (total, micro) if c == "+" else (-total, -micro)
    return i


def _fields(found):
    get = found.get
    year = get("Y")
    if year is None and "y" in found:
        year = found["y"] + (2000 if found["y"] < 69 else 1900)
    if "G" in found and ("V" not in found or "w" not in found and "u" not in found and "a" not in found):
        raise ValueError(
            "ISO year directive '%G' must be used with the ISO week directive '%V' "
            "and a weekday directive ('%A', '%a', '%w', or '%u')."
        )
    month = get("m", get("b", 0) + 1)
    day = get("d", 1)
    weekday = get("a")
    if "w" in found:
        weekday = (found["w"] - 1) % 7
    elif "u" in found:
        weekday = found["u"] - 1
    hour = get("H", 0)
    if "I" in found:
        hour = found["I"] % 12 + (12 if get("p") else 0)
    yday = get("j")
    if yday is None and weekday is not None:
        if "G" in found:
            n = iso_year_start(found["G"]) + (found["V"] - 1) * 7 + weekday
            year, month, day = from_ordinal(n)
        elif year is not None and ("U" in found or "W" in found):
            first = (to_ordinal(year, 1, 1) + 6) % 7
            if "U" in found:
                first = (first + 1) % 7
                yday = (7 - first) % 7 + (found["U"] - 1) * 7 + (weekday + 1) % 7 + 1
            else:
                yday = (7 - first) % 7 + (found["W"] - 1) * 7 + weekday + 1
    leap_default = year is None and month == 2 and day == 29
    if leap_default:
        year = 1904
    elif year is None:
        year = 1900
    if yday is not None and "m" not in found and "b" not in found:
        year, month, day = from_ordinal(to_ordinal(year, 1, 1) + yday - 1)
    if yday is None:
        yday = day_of_year(year, month, day)
    if weekday is None:
        weekday = (to_ordinal(year, month, day) + 6) % 7
    if leap_default:
        year = 1900
    t = (year, month, day, hour, get("M", 0), get("S", 0), weekday, yday, -1)
    return t, get("f", 0), get("Z"), get("z")
