"""CPython's base64."""

from binascii import Error, a2b_base64, b2a_base64, hexlify, unhexlify
from struct import pack

_B32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_B32HEX = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
_A85 = bytes(range(33, 118))
_B85 = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    b"!#$%&()*+-;<=>?@^_`{|}~"
)

def _bytes(s):
    if isinstance(s, str):
        if len(s) != len(s.encode()):
            raise ValueError("string argument should contain only ASCII characters")
        return s.encode()
    if isinstance(s, (bytes, bytearray, memoryview)):
        return bytes(s)
    raise TypeError(
        "argument should be a bytes-like object or ASCII string, not %r" % type(s).__name__
    )


def _swap(s, pairs):
    for a, b in pairs:
        s = s.replace(a, b)
    return s


def b64encode(s, altchars=None):
    if isinstance(s, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    out = b2a_base64(s)[:-1]
    if altchars is not None:
        out = out.replace(b"+", altchars[:1]).replace(b"/", altchars[1:])
    return out


def b64decode(s, altchars=None, validate=False):
    s = _bytes(s)
    if altchars is not None:
        altchars = _bytes(altchars)
        s = s.replace(altchars[:1], b"+").replace(altchars[1:], b"/")
    return a2b_base64(s, strict_mode=validate)


def standard_b64encode(s):
    return b64encode(s)


def standard_b64decode(s):
    return b64decode(s)


def urlsafe_b64encode(s):
    return b64encode(s).replace(b"+", b"-").replace(b"/", b"_")


def urlsafe_b64decode(s):
    return b64decode(_bytes(s).replace(b"-", b"+").replace(b"_", b"/"))


def encodebytes(s):
    return b"".join([b2a_base64(s[i : i + 57]) for i in range(0, len(s), 57)])


def decodebytes(s):
    return b64decode(s)


def _b32encode(s, alphabet):
    out = bytearray()
    for i in range(0, len(s), 5):
        group = s[i : i + 5]
        n = int.from_bytes(group + b"\0" * (5 - len(group)), "big")
        digits = (len(group) * 8 + 4) // 5
        for k in range(digits):
            out.append(alphabet[n >> (35 - 5 * k) & 31])
        out.extend(b"=" * (8 - digits))
    return bytes(out)


def _b32decode(s, alphabet, casefold, map01=None):
    s = _bytes(s)
    if len(s) % 8:
        raise Error("Incorrect padding")
    if map01 is not None:
        s = s.replace(b"0", b"O").replace(b"1", _bytes(map01))
    if casefold:
        s = s.upper()
    digits = s.rstrip(b"=")
    pads = len(s) - len(digits)
    if pads not in (0, 1, 3, 4, 6):
        raise Error("Incorrect padding")
    out = b""
    for i in range(0, len(digits), 8):
        group = digits[i : i + 8]
        n = 0
        for c in group:
            value = alphabet.find(bytes([c]))
            if value < 0:
                raise Error("Non-base32 digit found")
            n = n << 5 | value
        spare = 8 - len(group)
        whole = (n << 5 * spare).to_bytes(5, "big")
        out += whole[: len(group) * 5 // 8]
    return out


def b32encode(s):
    return _b32encode(bytes(s), _B32)


def b32decode(s, casefold=False, map01=None):
    return _b32decode(s, _B32, casefold, map01)


def b32hexencode(s):
    return _b32encode(bytes(s), _B32HEX)


def b32hexdecode(s, casefold=False):
    return _b32decode(s, _B32HEX, casefold)


def b16encode(s):
    return hexlify(s).upper()


def b16decode(s, casefold=False):
    s = _bytes(s)
    if casefold:
        s = s.upper()
    if len(s) % 2 or any(c not in b"0123456789ABCDEF" for c in s):
        raise Error("Non-base16 digit found")
    return unhexlify(s)


def _quintets(s, alphabet, zero=None):
    """The groups of five digits that encode s, cut to its length."""
    out = bytearray()
    for i in range(0, len(s), 4):
        group = s[i : i + 4]
        n = int.from_bytes(group + b"\0" * (4 - len(group)), "big")
        if zero and n == 0 and len(group) == 4:
            out.extend(zero)
            continue
        digits = bytearray(5)
        for k in range(4, -1, -1):
            n, digit = divmod(n, 85)
            digits[k] = alphabet[digit]
        out.extend(digits[: len(group) + 1])
    return bytes(out)


def _unquintets(digits, kind):
    """The bytes of a list of base-85 digits; the last group may be short."""
    spare = -len(digits) % 5
    digits = digits + [84] * spare
    out = b""
    for i in range(0, len(digits), 5):
        n = 0
        for digit in digits[i : i + 5]:
            n = n * 85 + digit
        if n >> 32:
            raise ValueError(kind + " overflow")
        out += pack(">I", n)
    return out[: len(out) - spare]


def b85encode(b, pad=False):
    b = bytes(b)
    if pad:
        b += b"\0" * (-len(b) % 4)
    return _quintets(b, _B85)


def b85decode(b):
    digits = []
    for i, c in enumerate(_bytes(b)):
        value = _B85.find(bytes([c]))
        if value < 0:
            raise ValueError("bad base85 character at position %d" % i)
        digits.append(value)
    return _unquintets(digits, "base85")


def a85encode(b, *, foldspaces=False, wrapcol=0, pad=False, adobe=False):
    b = bytes(b)
    if pad:
        b += b"\0" * (-len(b) % 4)
    out = b"".join(
        [
            b"y" if foldspaces and b[i : i + 4] == b"    " else _quintets(b[i : i + 4], _A85, b"z")
            for i in range(0, len(b), 4)
        ]
    )
    if adobe:
        out = b"<~" + out
    if wrapcol:
        wrapcol = max(2 if adobe else 1, wrapcol)
        lines = [out[i : i + wrapcol] for i in range(0, len(out), wrapcol)]
        if adobe and lines and len(lines[-1]) + 2 > wrapcol:
            lines.append(b"")
        out = b"\n".join(lines)
    return out + b"~>" if adobe else out


def a85decode(b, *, foldspaces=False, adobe=False, ignorechars=b" \t\n\r\v"):
    b = _bytes(b)
    if adobe:
        if not b.endswith(b"~>"):
            raise ValueError("Ascii85 encoded byte sequences must end with b'~>'")
        b = b[2:-2] if b.startswith(b"<~") else b[:-2]
    digits = []
    for c in b:
        if 33 <= c <= 117:
            digits.append(c - 33)
        elif c == 122 or c == 121 and foldspaces:
            if len(digits) % 5:
                raise ValueError("%c inside Ascii85 5-tuple" % c)
            digits.extend([0] * 5 if c == 122 else [10, 27, 53, 67, 43])
        elif c not in ignorechars:
            raise ValueError("Non-Ascii85 digit found: %c" % c)
    return _unquintets(digits, "Ascii85")
