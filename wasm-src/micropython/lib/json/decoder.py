"""JSONDecoder, as strict as CPython's.

The text is parsed as UTF-8, because indexing a str that is not ASCII walks it
from its start. A NUL at the end saves every look at the length.
"""

_ESCAPES = {
    34: '"',
    47: "/",
    92: "\\",
    98: "\b",
    102: "\f",
    110: "\n",
    114: "\r",
    116: "\t",
}
_CONSTANTS = (
    (b"null", None),
    (b"true", True),
    (b"false", False),
)
_SPECIAL = (
    (b"NaN", float("nan")),
    (b"Infinity", float("inf")),
    (b"-Infinity", -float("inf")),
)


class JSONDecodeError(ValueError):
    def __init__(self, msg, doc, pos):
        self.msg = msg
        self.doc = doc
        self.pos = pos
        self.lineno = doc.count("\n", 0, pos) + 1
        self.colno = pos - doc.rfind("\n", 0, pos)
        super().__init__(
            "%s: line %d column %d (char %d)" % (msg, self.lineno, self.colno, pos)
        )


class JSONDecoder:
    def __init__(
        self,
        *,
        object_hook=None,
        parse_float=None,
        parse_int=None,
        parse_constant=None,
        strict=True,
        object_pairs_hook=None,
    ):
        self.object_hook = object_hook
        self.parse_float = parse_float or float
        self.parse_int = parse_int or int
        self.parse_constant = parse_constant
        self.strict = strict
        self.object_pairs_hook = object_pairs_hook

    def decode(self, s):
        b = s.encode() + b"\0"
        value, i = self._value(b, _skip(b, 0))
        i = _skip(b, i)
        if i != len(b) - 1:
            _fail("Extra data", b, i)
        return value

    def raw_decode(self, s, idx=0):
        b = s.encode() + b"\0"
        value, i = self._value(b, len(s[:idx].encode()))
        return value, len(b[:i].decode())

    def _value(self, b, i):
        c = b[i]
        if c == 34:
            return self._string(b, i + 1)
        if c == 123:
            return self._object(b, i + 1)
        if c == 91:
            return self._array(b, i + 1)
        if 48 <= c <= 57 or c == 45 and 48 <= b[i + 1] <= 57:
            return self._number(b, i)
        for word, value in _CONSTANTS:
            if b.startswith(word, i):
                return value, i + len(word)
        for word, value in _SPECIAL:
            if b.startswith(word, i):
                if self.parse_constant:
                    value = self.parse_constant(word.decode())
                return value, i + len(word)
        _fail("Expecting value", b, i)

    def _number(self, b, i):
        start = i
        whole = True
        if b[i] == 45:
            i += 1
        if b[i] == 48:
            i += 1
        else:
            while 48 <= b[i] <= 57:
                i += 1
        if b[i] == 46 and 48 <= b[i + 1] <= 57:
            whole = False
            i += 2
            while 48 <= b[i] <= 57:
                i += 1
        if b[i] | 32 == 101:
            k = i + 1
            if b[k] == 43 or b[k] == 45:
                k += 1
            if 48 <= b[k] <= 57:
                whole = False
                i = k
                while 48 <= b[i] <= 57:
                    i += 1
        text = str(b[start:i], "utf-8")
        return (self.parse_int if whole else self.parse_float)(text), i

    def _string(self, b, i):
        start = i
        parts = []
        while True:
            j = b.find(b'"', i)
            if j < 0:
                self._check(b, i, len(b) - 1)
                _fail("Unterminated string starting at", b, start - 1)
            k = b.find(b"\\", i, j)
            if k < 0:
                piece = b[i:j]
                if piece and min(piece) < 32:
                    self._check(b, i, j)
                text = str(piece, "utf-8")
                if parts:
                    parts.append(text)
                    text = "".join(parts)
                return text, j + 1
            self._check(b, i, k)
            parts.append(str(b[i:k], "utf-8"))
            c = b[k + 1]
            if c == 117:
                c, i = self._unicode(b, k)
                parts.append(c)
            elif c in _ESCAPES:
                parts.append(_ESCAPES[c])
                i = k + 2
            elif k + 2 >= len(b):
                _fail("Unterminated string starting at", b, start - 1)
            else:
                _fail("Invalid \\escape", b, k)

    def _check(self, b, i, j):
        if self.strict and i < j and min(b[i:j]) < 32:
            while b[i] >= 32:
                i += 1
            _fail("Invalid control character at", b, i)

    def _unicode(self, b, k):
        n = _hex4(b, k + 2)
        k += 6
        if 0xD800 <= n < 0xDC00 and b[k] == 92 and b[k + 1] == 117:
            low = _hex4(b, k + 2)
            if 0xDC00 <= low < 0xE000:
                n = 0x10000 + ((n - 0xD800) << 10) + (low - 0xDC00)
                k += 6
        return chr(n), k

    def _array(self, b, i):
        values = []
        i = _skip(b, i)
        if b[i] == 93:
            return values, i + 1
        while True:
            value, i = self._value(b, i)
            values.append(value)
            if b[i] <= 32:
                i = _skip(b, i)
            c = b[i]
            if c == 44:
                i += 1
                if b[i] <= 32:
                    i = _skip(b, i)
            elif c == 93:
                return values, i + 1
            else:
                _fail("Expecting ',' delimiter", b, i)

    def _object(self, b, i):
        pairs = []
        i = _skip(b, i)
        if b[i] == 125:
            return self._made(pairs), i + 1
        while True:
            if b[i] != 34:
                _fail("Expecting property name enclosed in double quotes", b, i)
            key, i = self._string(b, i + 1)
            if b[i] <= 32:
                i = _skip(b, i)
            if b[i] != 58:
                _fail("Expecting ':' delimiter", b, i)
            i += 1
            if b[i] <= 32:
                i = _skip(b, i)
            value, i = self._value(b, i)
            pairs.append((key, value))
            if b[i] <= 32:
                i = _skip(b, i)
            c = b[i]
            if c == 44:
                i += 1
                if b[i] <= 32:
                    i = _skip(b, i)
            elif c == 125:
                return self._made(pairs), i + 1
            else:
                _fail("Expecting ',' delimiter", b, i)

    def _made(self, pairs):
        if self.object_pairs_hook is not None:
            return self.object_pairs_hook(pairs)
        d = dict(pairs)
        return d if self.object_hook is None else self.object_hook(d)


def _skip(b, i):
    c = b[i]
    while c == 32 or c == 10 or c == 13 or c == 9:
        i += 1
        c = b[i]
    return i


def _hex4(b, i):
    text = b[i : i + 4]
    for c in text:
        if not (48 <= c <= 57 or 65 <= c <= 70 or 97 <= c <= 102):
            _fail("Invalid \\uXXXX escape", b, i - 1)
    return int(text, 16)


def _fail(msg, b, i):
    doc = str(b[:-1], "utf-8")
    raise JSONDecodeError(msg, doc, len(str(b[:i], "utf-8")))
