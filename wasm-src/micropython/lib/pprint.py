"""Prints nested data over several lines."""


def _key(item):
    # Mixed types have no order: they are put in the order of their types' names.
    return type(item).__name__, item


def _sorted(items, key=lambda item: item):
    try:
        return sorted(items, key=key)
    except TypeError:
        try:
            return sorted(items, key=lambda item: _key(key(item)))
        except TypeError:
            return sorted(items, key=lambda item: (type(key(item)).__name__, id(key(item))))


class PrettyPrinter:
    def __init__(
        self, indent=1, width=80, depth=None, stream=None, *, compact=False, sort_dicts=True, underscore_numbers=False
    ):
        if indent < 0:
            raise ValueError("indent must be >= 0")
        if depth is not None and depth <= 0:
            raise ValueError("depth must be > 0")
        if not width:
            raise ValueError("width must be != 0")
        self._indent = indent
        self._width = width
        self._depth = depth
        self._stream = stream
        self._compact = compact
        self._sort = sort_dicts
        self._underscores = underscore_numbers

    def pprint(self, obj):
        print(self.pformat(obj), file=self._stream) if self._stream is not None else print(self.pformat(obj))

    def pformat(self, obj):
        out = []
        self._write(out, obj, 0, 0, {}, 0)
        return "".join(out)

    def isreadable(self, obj):
        return self._line(obj, {}, 0)[1]

    def isrecursive(self, obj):
        return "<Recursion on" in self._line(obj, {}, 0)[0]

    def _pairs(self, obj):
        items = list(obj.items())
        return _sorted(items, lambda item: item[0]) if self._sort else items

    def _line(self, obj, active, level):
        # Returns the text of *obj* on one line, and whether it can be read back.
        kind = type(obj)
        if kind not in (list, tuple, dict, set, frozenset):
            if kind is int and self._underscores:
                return "{:_}".format(obj), True
            text = repr(obj)
            return text, not text.startswith("<")
        if id(obj) in active:
            return "<Recursion on %s with id=%d>" % (kind.__name__, id(obj)), False
        if self._depth is not None and level >= self._depth and obj:
            return {list: "[...]", tuple: "(...)", dict: "{...}"}.get(kind, "{...}"), False
        active[id(obj)] = True
        parts = []
        readable = True
        if kind is dict:
            for key, value in self._pairs(obj):
                a, ok = self._line(key, active, level + 1)
                b, also = self._line(value, active, level + 1)
                readable = readable and ok and also
                parts.append(a + ": " + b)
        elif kind is list or kind is tuple:
            for item in obj:
                text, ok = self._line(item, active, level + 1)
                readable = readable and ok
                parts.append(text)
        del active[id(obj)]
        if kind is dict:
            return "{%s}" % ", ".join(parts), readable
        if kind is list:
            return "[%s]" % ", ".join(parts), readable
        if kind is tuple:
            return "(%s%s)" % (", ".join(parts), "," if len(obj) == 1 else ""), readable
        return repr(obj), True

    def _write(self, out, obj, indent, after, active, level):
        # *indent*: the column where obj begins; *after*: what must fit behind it
        text = self._line(obj, active, level)[0]
        if id(obj) in active or len(text) <= self._width - indent - after:
            out.append(text)
            return
        write = self._writers(obj)
        if write is None:
            out.append(text)
            return
        active[id(obj)] = True
        write(out, obj, indent, after, active, level + 1)
        del active[id(obj)]

    def _writers(self, obj):
        kind = type(obj)
        if kind is dict:
            return self._write_dict
        if kind is list:
            return lambda *args: self._write_items("[", "]", *args)
        if kind is tuple:
            return lambda out, o, *args: self._write_items("(", ",)" if len(o) == 1 else ")", out, o, *args)
        if kind is set or kind is frozenset:
            return self._write_set if obj else None
        if kind is str:
            return self._write_str
        if kind.__name__ == "Counter":
            return self._write_counter if obj else None
        if kind.__name__ == "defaultdict":
            return self._write_default
        if hasattr(obj, "__dataclass_fields__") and getattr(kind, "__dataclass_params__")["repr"]:
            return self._write_dataclass
        return None

    def _write_pairs(self, out, pairs, indent, after, active, level):
        indent += self._indent
        for i, (key, value) in enumerate(pairs):
            text = self._line(key, active, level)[0]
            out.append(text + ": ")
            last = i == len(pairs) - 1
            self._write(out, value, indent + len(text) + 2, after if last else 1, active, level)
            if not last:
                out.append(",\n" + " " * indent)

    def _write_dict(self, out, obj, indent, after, active, level):
        out.append("{" + " " * (self._indent - 1))
        self._write_pairs(out, self._pairs(obj), indent, after + 1, active, level)
        out.append("}")

    def _write_items(self, left, right, out, obj, indent, after, active, level):
        out.append(left + " " * (self._indent - 1))
        self._items(out, list(obj), indent, after + len(right), active, level)
        out.append(right)

    def _items(self, out, items, indent, after, active, level):
        indent += self._indent
        column = width = self._width - indent + 1
        first = True
        room = 0
        for i, item in enumerate(items):
            last = i == len(items) - 1
            if last:
                column -= after
                width -= after
            if self._compact:
                text = self._line(item, active, level)[0]
                need = len(text) + 2
                if room < need:
                    room = column
                    if not first:
                        out.append(",\n" + " " * indent)
                elif not first:
                    out.append(", ")
                if room >= need:
                    room -= need
                    out.append(text)
                    first = False
                    continue
            elif not first:
                out.append(",\n" + " " * indent)
            first = False
            self._write(out, item, indent, after if last else 1, active, level)

    def _write_set(self, out, obj, indent, after, active, level):
        left, right = "{", "}"
        if type(obj) is not set:
            left, right = type(obj).__name__ + "({", "})"
            indent += len(left) - 1
        out.append(left + " " * (self._indent - 1))
        self._items(out, _sorted(obj), indent, after + len(right), active, level)
        out.append(right)

    def _write_counter(self, out, obj, indent, after, active, level):
        out.append(type(obj).__name__ + "({" + " " * (self._indent - 1))
        self._write_pairs(out, obj.most_common(), indent + len(type(obj).__name__) + 1, after + 2, active, level)
        out.append("})")

    def _write_default(self, out, obj, indent, after, active, level):
        name = type(obj).__name__
        text = repr(obj.default_factory)
        indent += len(name) + 1
        out.append("%s(%s,\n%s" % (name, text, " " * indent))
        self._write_dict(out, dict(obj.items()), indent, after + 1, active, level)
        out.append(")")

    def _write_dataclass(self, out, obj, indent, after, active, level):
        name = type(obj).__name__
        indent += len(name) + 1
        out.append(name + "(")
        shown = [one.name for one in obj.__dataclass_fields__.values() if one.repr]
        for i, field in enumerate(shown):
            last = i == len(shown) - 1
            out.append(field + "=")
            self._write(out, getattr(obj, field), indent + len(field) + 1, after if last else 1, active, level)
            if not last:
                out.append(",\n" + " " * indent)
        out.append(")")

    def _write_str(self, out, obj, indent, after, active, level):
        # One literal per line of the text, and long lines are cut between words.
        chunks = []
        lines = _split_lines(obj)
        if level == 1:
            indent += 1
            after += 1
        width = last_width = self._width - indent
        for i, line in enumerate(lines):
            if i == len(lines) - 1:
                last_width -= after
            text = repr(line)
            if len(text) <= last_width:
                chunks.append(text)
                continue
            words = _split_words(line)
            current = ""
            for j, word in enumerate(words):
                limit = width
                if j == len(words) - 1 and i == len(lines) - 1:
                    limit -= after
                if len(repr(current + word)) > limit:
                    if current:
                        chunks.append(repr(current))
                    current = word
                else:
                    current += word
            if current:
                chunks.append(repr(current))
        if len(chunks) == 1:
            out.append(text)
            return
        joined = ("\n" + " " * indent).join(chunks)
        out.append("(%s)" % joined if level == 1 else joined)


def _split_lines(text):
    lines = text.split("\n")
    lines = [line + "\n" for line in lines[:-1]] + lines[-1:]
    return lines if lines[-1] else lines[:-1]


def _split_words(line):
    # words, each with the white space behind it
    words = [""]
    space = False
    for char in line:
        if char in " \t\n\r":
            space = True
        elif space:
            words.append("")
            space = False
        words[-1] += char
    return words


def pformat(obj, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, underscore_numbers=False):
    return PrettyPrinter(
        indent, width, depth, compact=compact, sort_dicts=sort_dicts, underscore_numbers=underscore_numbers
    ).pformat(obj)


def pprint(
    obj, stream=None, indent=1, width=80, depth=None, *, compact=False, sort_dicts=True, underscore_numbers=False
):
    PrettyPrinter(
        indent, width, depth, stream, compact=compact, sort_dicts=sort_dicts, underscore_numbers=underscore_numbers
    ).pprint(obj)


def pp(obj, *args, sort_dicts=False, **kwargs):
    pprint(obj, *args, sort_dicts=sort_dicts, **kwargs)


def saferepr(obj):
    return PrettyPrinter()._line(obj, {}, 0)[0]


def isreadable(obj):
    return PrettyPrinter().isreadable(obj)


def isrecursive(obj):
    return PrettyPrinter().isrecursive(obj)
