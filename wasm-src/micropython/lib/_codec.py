"""The encodings that text has here, and CPython's ways to treat what does not fit them.

The interpreter itself knows UTF-8 without errors; for all else it asks decode_any and
encode_any.
"""

BOM = b"\xef\xbb\xbf"
_NAMES = {
    "utf-8": "utf-8 utf8 u8 utf cp65001 locale",
    "utf-8-sig": "utf-8-sig utf8-sig",
    "ascii": "ascii us-ascii 646 ansi-x3.4-1968",
    "latin-1": "latin-1 latin1 latin l1 iso-8859-1 iso8859-1 8859 cp819",
    "cp1252": "cp1252 windows-1252 1252",
    "utf-16": "utf-16 utf16 u16",
    "utf-16-le": "utf-16-le utf-16le",
    "utf-16-be": "utf-16-be utf-16be",
}
# What the bytes 0x80 to 0x9f are in cp1252; those without a character are left as they are.
_CP1252 = (
    "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f"
    "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178"
)


def lookup(name):
    """The name by which the functions here know an encoding."""
    if not isinstance(name, str):
        raise TypeError("encoding must be str or None, not " + type(name).__name__)
    wanted = name.lower().replace("_", "-").replace(" ", "-")
    for found, names in _NAMES.items():
        if wanted in names.split():
            return found
    raise LookupError("unknown encoding: " + name)


def decode_any(data, encoding, errors="strict"):
    return decode(bytes(data), lookup(encoding), errors)


def encode_any(text, encoding, errors="strict"):
    return encode(text, lookup(encoding), errors)


def _error(kind, encoding, what, data, start, end, reason):
    where = "position %d" % start if end == start + 1 else "position %d-%d" % (start, end - 1)
    error = kind("%r codec can't %s %s in %s: %s" % (encoding, _verb(kind), what, where, reason))
    error.encoding = encoding
    error.object = data
    error.start = start
    error.end = end
    error.reason = reason
    raise error


def _verb(kind):
    return "decode" if kind is UnicodeDecodeError else "encode"


def _undecodable(encoding, data, start, end, reason, errors):
    """What stands in the text for bytes that are none."""
    bad = data[start:end]
    if errors == "strict" or errors == "surrogateescape" and min(bad) < 128:
        what = "byte 0x%02x" % bad[0] if end == start + 1 else "bytes"
        _error(UnicodeDecodeError, encoding, what, data, start, end, reason)
    if errors == "ignore":
        return ""
    if errors == "replace":
        return "\ufffd"
    if errors == "backslashreplace":
        return "".join(["\\x%02x" % b for b in bad])
    if errors == "surrogateescape":
        return "".join([chr(0xDC00 + b) for b in bad])
    raise LookupError("unknown error handler name %r" % errors)


_LEADS = (0xC2, 1), (0xE0, 2), (0xF0, 3), (0xF5, 0)
_SECOND = {0xE0: (0xA0, 0xBF), 0xED: (0x80, 0x9F), 0xF0: (0x90, 0xBF), 0xF4: (0x80, 0x8F)}


def _decode_utf8(data, errors):
    out = []
    start = i = 0
    n = len(data)
    while i < n:
        lead = data[i]
        if lead < 0x80:
            i += 1
            continue
        more = 0
        for least, count in _LEADS:
            if lead >= least:
                more = count
        low, high = _SECOND.get(lead, (0x80, 0xBF))
        k = 1
        while k <= more and i + k < n and low <= data[i + k] <= high:
            low, high = 0x80, 0xBF
            k += 1
        if more and k > more:
            i += k
            continue
        out.append(str(data[start:i], "utf-8"))
        reason = (
            "invalid start byte"
            if not more
            else "unexpected end of data"
            if i + k >= n
            else "invalid continuation byte"
        )
        out.append(_undecodable("utf-8", data, i, i + k, reason, errors))
        i += k
        start = i
    out.append(str(data[start:], "utf-8"))
    return "".join(out)


def _decode_bytes(data, encoding, errors):
    """Each byte is a character, or none."""
    if encoding == "latin-1":
        return "".join([chr(b) for b in data])
    out = []
    for i, b in enumerate(data):
        if b < 128 or encoding == "cp1252" and (b >= 160 or ord(_CP1252[b - 128]) >= 160):
            out.append(_CP1252[b - 128] if 128 <= b < 160 else chr(b))
        elif encoding == "ascii":
            out.append(_undecodable("ascii", data, i, i + 1, "ordinal not in range(128)", errors))
        else:
            reason = "character maps to <undefined>"
            out.append(_undecodable("charmap", data, i, i + 1, reason, errors))
    return "".join(out)


def _decode_utf16(data, encoding, errors):
    big = encoding == "utf-16-be"
    at = 0
    if encoding == "utf-16" and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        big = data[0] == 0xFE
        at = 2
    out = []
    n = len(data)
    name = encoding if encoding != "utf-16" else "utf-16-be" if big else "utf-16-le"
    high, low = (0, 1) if big else (1, 0)

    def unit(i):
        return data[i + high] << 8 | data[i + low]

    while at < n:
        if at + 1 >= n:
            out.append(_undecodable(name, data, at, n, "truncated data", errors))
            break
        code = unit(at)
        size = 2
        if 0xD800 <= code < 0xDC00 and at + 3 < n and 0xDC00 <= unit(at + 2) < 0xE000:
            code = 0x10000 + ((code - 0xD800) << 10) + unit(at + 2) - 0xDC00
            size = 4
        elif 0xD800 <= code < 0xE000:
            reason = "illegal encoding" if code >= 0xDC00 else "illegal UTF-16 surrogate"
            out.append(_undecodable(name, data, at, at + 2, reason, errors))
            at += 2
            continue
        out.append(chr(code))
        at += size
    return "".join(out)


def decode(data, encoding="utf-8", errors="strict"):
    """Bytes as text; *encoding* is a name that lookup gave."""
    if encoding == "utf-8-sig":
        return _decode_utf8(data[3:] if data[:3] == BOM else data, errors)
    if encoding == "utf-8":
        return _decode_utf8(data, errors)
    if encoding.startswith("utf-16"):
        return _decode_utf16(data, encoding, errors)
    return _decode_bytes(data, encoding, errors)


def _bytes_of(code, encoding):
    """The bytes of one character, or None if it has none."""
    if encoding.startswith("utf-16"):
        order = "big" if encoding == "utf-16-be" else "little"
        if code < 0x10000:
            return code.to_bytes(2, order)
        code -= 0x10000
        return (0xD800 + (code >> 10)).to_bytes(2, order) + (0xDC00 + (code & 0x3FF)).to_bytes(2, order)
    if encoding.startswith("utf-8"):
        return bytes(chr(code), "utf-8")
    if encoding == "cp1252" and not (code < 128 or 160 <= code < 256):
        at = _CP1252.find(chr(code)) if code > 255 else -1
        return bytes((128 + at,)) if at >= 0 else None
    return bytes((code,)) if code < (128 if encoding == "ascii" else 256) else None


def _fits(code, encoding):
    return not 0xD800 <= code < 0xE000 and _bytes_of(code, encoding) is not None


_REASONS = {
    "ascii": "ordinal not in range(128)",
    "latin-1": "ordinal not in range(256)",
    "cp1252": "character maps to <undefined>",
}


def encode(text, encoding="utf-8", errors="strict"):
    """Text as bytes; *encoding* is a name that lookup gave."""
    out = bytearray()
    if encoding == "utf-8-sig":
        out += BOM
        encoding = "utf-8"
    elif encoding == "utf-16":
        out += b"\xff\xfe"
    for i, c in enumerate(text):
        code = ord(c)
        if _fits(code, encoding):
            out += _bytes_of(code, encoding)
        elif errors == "strict":
            end = i + 1
            while end < len(text) and not _fits(ord(text[end]), encoding):
                end += 1
            name = "charmap" if encoding == "cp1252" else encoding
            reason = _REASONS.get(encoding, "surrogates not allowed")
            what = "character '" + _escaped(code) + "'" if end == i + 1 else "characters"
            _error(UnicodeEncodeError, name, what, text, i, end, reason)
        elif errors == "replace":
            out += b"?"
        elif errors == "backslashreplace":
            out += bytes(_escaped(code), "utf-8")
        elif errors == "xmlcharrefreplace":
            out += b"&#%d;" % code
        elif errors == "surrogateescape" and 0xDC80 <= code < 0xDD00:
            out.append(code - 0xDC00)
        elif errors == "surrogatepass" and encoding == "utf-8":
            out += bytes((code >> 12 | 0xE0, code >> 6 & 0x3F | 0x80, code & 0x3F | 0x80))
        elif errors != "ignore":
            raise LookupError("unknown error handler name %r" % errors)
    return bytes(out)


def _escaped(code):
    return "\\x%02x" % code if code < 256 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code
