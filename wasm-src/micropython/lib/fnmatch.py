"""CPython's fnmatch: names against the patterns of shells."""


def _items(pattern):
    """The pattern as a list: "*", "?" as None, a character, or (negated, ranges)."""
    items = []
    i = 0
    n = len(pattern)
    while i < n:
        c = pattern[i]
        i += 1
        if c == "*":
            if not items or items[-1] != "*":
                items.append("*")
        elif c == "?":
            items.append(None)
        elif c == "[":
            start = i + (pattern[i : i + 1] == "!")
            end = pattern.find("]", start + 1)
            if end < 0:
                items.append((False, (("[", "["),)))
                continue
            ranges = []
            while start < end:
                if pattern[start + 1] == "-" and start + 2 < end:
                    ranges.append((pattern[start], pattern[start + 2]))
                    start += 3
                else:
                    ranges.append((pattern[start], pattern[start]))
                    start += 1
            items.append((pattern[i] == "!", ranges))
            i = end + 1
        else:
            items.append((False, ((c, c),)))
    return items


def _fits(item, c):
    if item is None:
        return True
    negated, ranges = item
    for low, high in ranges:
        if low <= c <= high:
            return not negated
    return negated


def _matches(name, items):
    """Go back to the last star alone: what an earlier one took need not change."""
    i = k = 0
    star = -1
    mark = 0
    while i < len(name):
        if k < len(items) and items[k] == "*":
            star = k
            mark = i
            k += 1
        elif k < len(items) and _fits(items[k], name[i]):
            i += 1
            k += 1
        elif star >= 0:
            mark += 1
            i = mark
            k = star + 1
        else:
            return False
    while k < len(items) and items[k] == "*":
        k += 1
    return k == len(items)


def fnmatchcase(name, pat):
    return _matches(name, _items(pat))


fnmatch = fnmatchcase


def filter(names, pat):
    items = _items(pat)
    return [name for name in names if _matches(name, items)]


def filterfalse(names, pat):
    items = _items(pat)
    return [name for name in names if not _matches(name, items)]


def translate(pat):
    import re

    out = []
    for item in _items(pat):
        if item == "*":
            out.append(".*")
        elif item is None:
            out.append(".")
        elif not item[0] and len(item[1]) == 1 and item[1][0][0] == item[1][0][1]:
            out.append(re.escape(item[1][0][0]))
        else:
            parts = [
                re.escape(low) if low == high else re.escape(low) + "-" + re.escape(high)
                for low, high in item[1]
            ]
            out.append("[" + ("^" if item[0] else "") + "".join(parts) + "]")
    return "(?s:" + "".join(out) + ")\\Z"
