"""CPython's csv: readers, writers, dialects."""

QUOTE_MINIMAL = 0
QUOTE_ALL = 1
QUOTE_NONNUMERIC = 2
QUOTE_NONE = 3
QUOTE_STRINGS = 4
QUOTE_NOTNULL = 5
_OPTIONS = (
    "delimiter",
    "quotechar",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quoting",
    "skipinitialspace",
    "strict",
)
_limit = [131072]


class Error(Exception):
    pass


class Dialect:
    delimiter = ","
    quotechar = '"'
    doublequote = True
    escapechar = None
    lineterminator = "\r\n"
    quoting = QUOTE_MINIMAL
    skipinitialspace = False
    strict = False


class excel(Dialect):
    pass


class excel_tab(excel):
    delimiter = "\t"


class unix_dialect(Dialect):
    quoting = QUOTE_ALL
    lineterminator = "\n"


_dialects = {"excel": excel, "excel-tab": excel_tab, "unix": unix_dialect}


def _options(dialect, changes):
    if isinstance(dialect, str):
        dialect = get_dialect(dialect)
    made = Dialect()
    for name in _OPTIONS:
        if hasattr(dialect, name):
            setattr(made, name, getattr(dialect, name))
    for name, value in changes.items():
        if name not in _OPTIONS:
            raise TypeError("'%s' is an invalid keyword argument for this function" % name)
        setattr(made, name, value)
    if not isinstance(made.delimiter, str) or len(made.delimiter) != 1:
        raise TypeError('"delimiter" must be a 1-character string')
    if made.quotechar is None and made.quoting != QUOTE_NONE and "quoting" not in changes:
        made.quoting = QUOTE_NONE
    if made.quotechar is None:
        if made.quoting != QUOTE_NONE:
            raise TypeError("quotechar must be set if quoting enabled")
    elif not isinstance(made.quotechar, str) or len(made.quotechar) != 1:
        raise TypeError('"quotechar" must be a 1-character string')
    if made.quoting not in range(6):
        raise TypeError('bad "quoting" value')
    return made


def register_dialect(name, dialect=excel, **options):
    if not isinstance(name, str):
        raise TypeError("dialect name must be a string")
    _dialects[name] = _options(dialect, options)


def unregister_dialect(name):
    if name not in _dialects:
        raise Error("unknown dialect")
    del _dialects[name]


def get_dialect(name):
    if name not in _dialects:
        raise Error("unknown dialect")
    return _dialects[name]


def list_dialects():
    return list(_dialects)


def field_size_limit(new_limit=None):
    old = _limit[0]
    if new_limit is not None:
        _limit[0] = new_limit
    return old


class _Reader:
    def __init__(self, lines, dialect):
        self._lines = iter(lines)
        self.dialect = dialect
        self.line_num = 0

    def __iter__(self):
        return self

    def __next__(self):
        line = self._next_line()
        d = self.dialect
        if (
            (d.quotechar is None or d.quotechar not in line)
            and d.escapechar is None
            and not d.skipinitialspace
            and d.quoting != QUOTE_NONNUMERIC
        ):
            # Nothing is quoted: the usual line.
            line = self._without_end(line)
            return line.split(d.delimiter) if line else []
        return self._parse(line)

    def _next_line(self):
        line = next(self._lines)
        if not isinstance(line, str):
            raise Error(
                "iterator should return strings, not %s (the file should be opened in "
                "text mode)" % type(line).__name__
            )
        self.line_num += 1
        return line

    def _without_end(self, line):
        end = len(line.rstrip("\r\n"))
        if "\n" in line[:end] or "\r" in line[:end]:
            raise Error(
                "new-line character seen in unquoted field - do you need to open the "
                "file with newline=''?"
            )
        return line[:end]

    def _parse(self, line):
        d = self.dialect
        fields = []
        field = []  # pieces
        quoted = False  # inside quotes
        was_quoted = False
        start = True  # of a field
        i = 0
        while True:
            if i >= len(line):
                if not quoted:
                    break
                try:
                    line = self._next_line()
                except StopIteration:
                    if d.strict:
                        raise Error("unexpected end of data")
                    break
                i = 0
                continue
            c = line[i]
            i += 1
            if quoted:
                if c == d.escapechar and i < len(line):
                    field.append(line[i])
                    i += 1
                elif c == d.quotechar and d.doublequote and line[i : i + 1] == c:
                    field.append(c)
                    i += 1
                elif c == d.quotechar:
                    quoted = False
                    after = line[i : i + 1]
                    if d.strict and after and after not in "\r\n" + d.delimiter:
                        raise Error("'%s' expected after '%s'" % (d.delimiter, c))
                else:
                    # Everything up to what may end the quotes is one piece.
                    j = i
                    while j < len(line) and line[j] != d.quotechar and line[j] != d.escapechar:
                        j += 1
                    field.append(line[i - 1 : j])
                    i = j
            elif c == d.delimiter:
                fields.append(self._field(field, was_quoted))
                field = []
                was_quoted = False
                start = True
            elif c in "\r\n":
                if line[i:].strip("\r\n"):
                    raise Error(
                        "new-line character seen in unquoted field - do you need to open "
                        "the file with newline=''?"
                    )
                break
            elif c == d.escapechar and i < len(line):
                field.append(line[i])
                i += 1
                start = False
            elif start and c == d.quotechar and d.quoting != QUOTE_NONE:
                quoted = was_quoted = True
                start = False
            elif start and c == " " and d.skipinitialspace:
                pass
            else:
                field.append(c)
                start = False
        if fields or field or was_quoted or line.strip("\r\n"):
            fields.append(self._field(field, was_quoted))
        return fields

    def _field(self, pieces, was_quoted):
        text = "".join(pieces)
        if len(text) > _limit[0]:
            raise Error("field larger than field limit (%d)" % _limit[0])
        if self.dialect.quoting == QUOTE_NONNUMERIC and not was_quoted:
            return float(text) if text else ""
        return text


def reader(csvfile, dialect="excel", **options):
    return _Reader(csvfile, _options(dialect, options))


class _Writer:
    def __init__(self, out, dialect):
        self._write = out.write
        self.dialect = dialect
        special = dialect.delimiter + (dialect.quotechar or "") + (dialect.escapechar or "")
        self._special = special + "\r\n" + dialect.lineterminator

    def writerow(self, row):
        d = self.dialect
        try:
            values = list(row)
        except TypeError:
            raise Error("iterable expected, not " + type(row).__name__)
        texts = [self._text(value) for value in values]
        if len(texts) == 1 and not texts[0]:
            if d.quoting == QUOTE_NONE:
                raise Error("single empty field record must be quoted")
            texts = [d.quotechar * 2]
        return self._write(d.delimiter.join(texts) + d.lineterminator)

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)

    def _text(self, value):
        d = self.dialect
        number = isinstance(value, (int, float))
        text = "" if value is None else value if isinstance(value, str) else str(value)
        quoting = d.quoting
        quote = (
            quoting == QUOTE_ALL
            or quoting == QUOTE_NONNUMERIC
            and not number
            or quoting == QUOTE_STRINGS
            and isinstance(value, str)
            or quoting == QUOTE_NOTNULL
            and value is not None
        )
        if not quote:
            for c in self._special:
                if c in text:
                    break
            else:
                if not (text[:1] == " " and d.delimiter == " "):
                    return text
            if quoting == QUOTE_NONE:
                return self._escaped(text, self._special)
            quote = text != "" and not self._only_escapes(text)
        q = d.quotechar
        if q in text:
            if d.doublequote:
                text = text.replace(q, q + q)
            else:
                text = self._escaped(text, q + (d.escapechar or ""))
                if not quote:
                    return text
        elif d.escapechar and d.escapechar in text:
            text = text.replace(d.escapechar, d.escapechar * 2)
        return q + text + q if quote else text

    def _only_escapes(self, text):
        """Whether escapes alone will do, because quotes are never doubled."""
        d = self.dialect
        if d.doublequote or not d.quotechar:
            return False
        rest = self._special.replace(d.quotechar, "")
        return not any(c in text for c in rest)

    def _escaped(self, text, special):
        out = []
        for c in text:
            if c in special:
                if self.dialect.escapechar is None:
                    raise Error("need to escape, but no escapechar set")
                out.append(self.dialect.escapechar)
            out.append(c)
        return "".join(out)


def writer(csvfile, dialect="excel", **options):
    return _Writer(csvfile, _options(dialect, options))


class DictReader:
    def __init__(
        self, f, fieldnames=None, restkey=None, restval=None, dialect="excel", *args, **options
    ):
        self._fieldnames = None if fieldnames is None else list(fieldnames)
        self.restkey = restkey
        self.restval = restval
        self.dialect = dialect
        self.reader = reader(f, dialect, *args, **options)

    @property
    def fieldnames(self):
        if self._fieldnames is None:
            try:
                self._fieldnames = next(self.reader)
            except StopIteration:
                pass
        return self._fieldnames

    @fieldnames.setter
    def fieldnames(self, names):
        self._fieldnames = names

    @property
    def line_num(self):
        return self.reader.line_num

    def __iter__(self):
        return self

    def __next__(self):
        names = self.fieldnames
        row = next(self.reader)
        while not row:
            row = next(self.reader)
        d = dict(zip(names, row))
        if len(row) > len(names):
            d[self.restkey] = row[len(names) :]
        for name in names[len(row) :]:
            d[name] = self.restval
        return d


class DictWriter:
    def __init__(
        self, f, fieldnames, restval="", extrasaction="raise", dialect="excel", *args, **options
    ):
        if extrasaction.lower() not in ("raise", "ignore"):
            raise ValueError("extrasaction (%s) must be 'raise' or 'ignore'" % extrasaction)
        self.fieldnames = list(fieldnames)
        self.restval = restval
        self.extrasaction = extrasaction.lower()
        self.writer = writer(f, dialect, *args, **options)

    def writeheader(self):
        return self.writer.writerow(self.fieldnames)

    def _row(self, d):
        if self.extrasaction == "raise":
            extra = [repr(name) for name in d if name not in self.fieldnames]
            if extra:
                raise ValueError("dict contains fields not in fieldnames: " + ", ".join(extra))
        return [d.get(name, self.restval) for name in self.fieldnames]

    def writerow(self, d):
        return self.writer.writerow(self._row(d))

    def writerows(self, rows):
        for d in rows:
            self.writer.writerow(self._row(d))
