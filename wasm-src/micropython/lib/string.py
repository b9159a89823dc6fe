"""CPython's string."""

whitespace = " \t\n\r\v\f"
ascii_lowercase = "abcdefghijklmnopqrstuvwxyz"
ascii_uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ascii_letters = ascii_lowercase + ascii_uppercase
digits = "0123456789"
hexdigits = digits + "abcdef" + "ABCDEF"
octdigits = "01234567"
punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
printable = digits + ascii_letters + punctuation + whitespace


def capwords(s, sep=None):
    words = s.split() if sep is None else s.split(sep)
    return (sep or " ").join([w[:1].upper() + w[1:].lower() for w in words])


def _is_name(c, first):
    return c == "_" or c in ascii_letters or not first and c in digits


class Template:
    delimiter = "$"

    def __init__(self, template):
        self.template = template

    def _parts(self):
        """Yield ("text" | "name" | "bad", piece, source, position) in order."""
        s = self.template
        d = self.delimiter
        i = 0
        while True:
            j = s.find(d, i)
            if j < 0:
                yield "text", s[i:], s[i:], i
                return
            yield "text", s[i:j], s[i:j], i
            k = j + len(d)
            if s.startswith(d, k):
                yield "text", d, d + d, j
                i = k + len(d)
                continue
            braced = s[k : k + 1] == "{"
            start = k + 1 if braced else k
            end = start
            while end < len(s) and _is_name(s[end], end == start):
                end += 1
            if end == start or braced and s[end : end + 1] != "}":
                yield "bad", d, d, j
                i = k
                continue
            i = end + 1 if braced else end
            yield "name", s[start:end], s[j:i], j

    def _fill(self, mapping, names, safe):
        out = []
        for kind, piece, source, position in self._parts():
            if kind == "name":
                if piece in names:
                    piece = str(names[piece])
                elif not safe:
                    piece = str(mapping[piece])
                else:
                    try:
                        piece = str(mapping[piece])
                    except KeyError:
                        piece = source
            elif kind == "bad" and not safe:
                before = self.template[:position]
                line = before.count("\n") + 1
                column = position - before.rfind("\n")
                raise ValueError(
                    "Invalid placeholder in string: line %d, col %d" % (line, column)
                )
            out.append(piece)
        return "".join(out)

    def substitute(self, mapping={}, **names):
        return self._fill(mapping, names, False)

    def safe_substitute(self, mapping={}, **names):
        return self._fill(mapping, names, True)

    def is_valid(self):
        return all(part[0] != "bad" for part in self._parts())

    def get_identifiers(self):
        names = []
        for kind, piece, _, _ in self._parts():
            if kind == "name" and piece not in names:
                names.append(piece)
        return names


class Formatter:
    """Formats with str.format; a subclass may look values up its own way."""

    def format(self, format_string, *args, **kwargs):
        return self.vformat(format_string, args, kwargs)

    def vformat(self, format_string, args, kwargs):
        out = []
        automatic = 0
        for literal, field, spec, conversion in self.parse(format_string):
            out.append(literal)
            if field is None:
                continue
            if field == "" or field[0] in ".[":
                field = str(automatic) + field
                automatic += 1
            value, _ = self.get_field(field, args, kwargs)
            value = self.convert_field(value, conversion)
            if "{" in spec:
                for piece in spec.split("{")[1:]:
                    if piece[:1] in ("", "}"):
                        spec = spec.replace("{}", "{%d}" % automatic, 1)
                        automatic += 1
                spec = self.vformat(spec, args, kwargs)
            out.append(self.format_field(value, spec))
        return "".join(out)

    def parse(self, format_string):
        """Yield (literal, field, spec, conversion); the last three are None for a tail."""
        s = format_string
        literal = ""
        i = 0
        while i < len(s):
            c = s[i]
            if c not in "{}":
                literal += c
                i += 1
            elif s[i + 1 : i + 2] == c:
                literal += c
                i += 2
            elif c == "}":
                raise ValueError("Single '}' encountered in format string")
            else:
                depth = 1
                j = i + 1
                while j < len(s) and depth:
                    depth += {"{": 1, "}": -1}.get(s[j], 0)
                    j += 1
                if depth:
                    raise ValueError("expected '}' before end of string")
                field, colon, spec = s[i + 1 : j - 1].partition(":")
                field, bang, conversion = field.partition("!")
                yield literal, field, spec, conversion if bang else None
                literal = ""
                i = j
        if literal:
            yield literal, None, None, None

    def get_field(self, field_name, args, kwargs):
        end = 0
        while end < len(field_name) and field_name[end] not in ".[":
            end += 1
        first = field_name[:end]
        if first.isdigit():
            first = int(first)
        value = self.get_value(first, args, kwargs)
        rest = field_name[end:]
        while rest:
            if rest[0] == ".":
                end = 1
                while end < len(rest) and rest[end] not in ".[":
                    end += 1
                value = getattr(value, rest[1:end])
            else:
                end = rest.find("]") + 1
                if not end:
                    raise ValueError("Missing ']' in format string")
                key = rest[1 : end - 1]
                value = value[int(key) if key.isdigit() else key]
            rest = rest[end:]
        return value, first

    def get_value(self, key, args, kwargs):
        return args[key] if isinstance(key, int) else kwargs[key]

    def convert_field(self, value, conversion):
        if conversion is None:
            return value
        if conversion == "s":
            return str(value)
        if conversion == "r" or conversion == "a":
            return repr(value)
        raise ValueError("Unknown conversion specifier " + conversion)

    def format_field(self, value, format_spec):
        return ("{:" + format_spec + "}").format(value)
