"""CPython's binascii: the C module with CPython's strictness and errors."""

import ubinascii as _c
from ubinascii import *
from zlib import crc32

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Error(ValueError):
    pass


class Incomplete(Exception):
    pass


def _ascii(s):
    if isinstance(s, str):
        if len(s) != len(s.encode()):
            raise ValueError("string argument should contain only ASCII characters")
        return s.encode()
    return bytes(s)


def b2a_hex(data, sep=None, bytes_per_sep=1):
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    digits = _c.hexlify(data)
    if sep is None or not bytes_per_sep:
        return digits
    sep = _ascii(sep)
    step = abs(bytes_per_sep) * 2
    first = len(digits) % step if bytes_per_sep > 0 else 0
    groups = [digits[:first]] if first else []
    groups += [digits[i : i + step] for i in range(first, len(digits), step)]
    return sep.join(groups)


def a2b_hex(digits):
    digits = _ascii(digits)
    if len(digits) % 2:
        raise Error("Odd-length string")
    try:
        return _c.unhexlify(digits)
    except ValueError:
        raise Error("Non-hexadecimal digit found")


hexlify = b2a_hex
unhexlify = a2b_hex


def b2a_base64(data, *, newline=True):
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    out = _c.b2a_base64(data)
    return out if newline else out[:-1]


def a2b_base64(s, *, strict_mode=False):
    s = _ascii(s)
    digits = s.rstrip(b"=")
    clean = bytes([c for c in digits if c in _DIGITS])
    pads = len(s) - len(digits)
    if strict_mode and len(clean) != len(digits):
        raise Error("Only base64 data is allowed")
    if len(clean) != len(digits):
        clean, pads = _until_padding(s)
    if len(clean) % 4 == 1:
        raise Error(
            "Invalid base64-encoded string: number of data characters (%d) "
            "cannot be 1 more than a multiple of 4" % len(clean)
        )
    need = -len(clean) % 4
    if pads < need:
        raise Error("Incorrect padding")
    if strict_mode and pads > need:
        raise Error("Excess data after padding")
    return _c.a2b_base64(clean + b"=" * need)


def _until_padding(s):
    """The digits up to the padding that completes a group, and that padding's length."""
    clean = []
    pads = 0
    for c in s:
        if c == 61:
            if len(clean) % 4 >= 2:
                pads += 1
                if len(clean) % 4 + pads >= 4:
                    break
        elif c in _DIGITS:
            clean.append(c)
            pads = 0
    return bytes(clean), pads


def crc_hqx(data, value):
    for c in data:
        value ^= c << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value
