"""JSONEncoder."""

from ujson import dumps as _quote


def _escape(s):
    """s as a JSON string of ASCII characters only."""
    out = []
    for c in s:
        n = ord(c)
        if n > 0xFFFF:
            n -= 0x10000
            out.append("\\u%04x\\u%04x" % (0xD800 + (n >> 10), 0xDC00 + (n & 0x3FF)))
        elif n > 126:
            out.append("\\u%04x" % n)
        else:
            out.append(_quote(c)[1:-1])
    return '"' + "".join(out) + '"'


def _string(s, ascii_only):
    q = _quote(s)
    if ascii_only and (len(q) != len(q.encode()) or "\x7f" in q):
        q = _escape(s)
    if "\\u00" in q:
        # The C function has no short form for these two.
        parts = q.split("\\\\")
        parts = [p.replace("\\u0008", "\\b").replace("\\u000c", "\\f") for p in parts]
        q = "\\\\".join(parts)
    return q


class JSONEncoder:
    item_separator = ", "
    key_separator = ": "

    def __init__(
        self,
        *,
        skipkeys=False,
        ensure_ascii=True,
        check_circular=True,
        allow_nan=True,
        sort_keys=False,
        indent=None,
        separators=None,
        default=None,
    ):
        self.skipkeys = skipkeys
        self.ensure_ascii = ensure_ascii
        self.check_circular = check_circular
        self.allow_nan = allow_nan
        self.sort_keys = sort_keys
        self.indent = " " * indent if isinstance(indent, int) else indent
        if separators is not None:
            self.item_separator, self.key_separator = separators
        elif indent is not None:
            self.item_separator = ","
        if default is not None:
            self.default = default

    def default(self, o):
        raise TypeError(
            "Object of type %s is not JSON serializable" % type(o).__name__
        )

    def encode(self, o):
        out = []
        self._keys = {}  # the text of the keys seen, which objects repeat
        self._write(o, out.append, "\n", [])
        self._keys = {}
        return "".join(out)

    def iterencode(self, o):
        yield self.encode(o)

    def _float(self, x):
        if x - x == 0.0:
            return repr(x)
        if not self.allow_nan:
            raise ValueError("Out of range float values are not JSON compliant: " + repr(x))
        return "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"

    def _key(self, key):
        """The text of a dict key, None for one to be left out."""
        if isinstance(key, str):
            return key
        if key is True:
            return "true"
        if key is False:
            return "false"
        if key is None:
            return "null"
        if isinstance(key, int):
            return str(int(key))
        if isinstance(key, float):
            return self._float(key)
        if self.skipkeys:
            return None
        raise TypeError(
            "keys must be str, int, float, bool or None, not " + type(key).__name__
        )

    def _write(self, o, write, newline, parents):
        t = type(o)
        if t is str:
            write(_string(o, self.ensure_ascii))
        elif o is None:
            write("null")
        elif o is True:
            write("true")
        elif o is False:
            write("false")
        elif t is int:
            write(str(o))
        elif t is float:
            write(self._float(o))
        elif isinstance(o, str):
            write(_string(str(o), self.ensure_ascii))
        elif isinstance(o, int):
            write(str(int(o)))
        elif isinstance(o, float):
            write(self._float(float(o)))
        else:
            if self.check_circular:
                if any(o is p for p in parents):
                    raise ValueError("Circular reference detected")
                parents.append(o)
            if isinstance(o, dict):
                self._write_dict(o, write, newline, parents)
            elif isinstance(o, (list, tuple)):
                self._write_list(o, write, newline, parents)
            else:
                self._write(self.default(o), write, newline, parents)
            if self.check_circular:
                parents.pop()

    def _layout(self, bracket, newline):
        # What stands before the first item, between two, and before the lines within.
        if self.indent is None:
            return bracket, self.item_separator, newline
        inner = newline + self.indent
        return bracket + inner, self.item_separator + inner, inner

    def _write_list(self, o, write, newline, parents):
        if not o:
            write("[]")
            return
        lead, between, inner = self._layout("[", newline)
        for value in o:
            write(lead)
            lead = between
            self._write(value, write, inner, parents)
        if self.indent is not None:
            write(newline)
        write("]")

    def _write_dict(self, o, write, newline, parents):
        if not o:
            write("{}")
            return
        lead, between, inner = self._layout("{", newline)
        first = lead
        items = o.items()
        if self.sort_keys:
            items = sorted(items, key=lambda item: item[0])
        keys = self._keys
        for key, value in items:
            if type(key) is not str:
                key = self._key(key)
                if key is None:
                    continue
            text = keys.get(key)
            if text is None:
                text = keys[key] = _string(key, self.ensure_ascii) + self.key_separator
            write(lead)
            lead = between
            write(text)
            self._write(value, write, inner, parents)
        if lead is first:
            write("{")
        if self.indent is not None and lead is not first:
            write(newline)
        write("}")
