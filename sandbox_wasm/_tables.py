"""Files of rows: CSV, TSV, JSON and JSON lines, read row by row and written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol

FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite",
}  # fmt: skip
_COLUMNS = 10_000
_INT_BITS = 14_000  # fewer digits than Python refuses to write
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TableError(Exception):
    """What is read is no table of its format; the text says where."""


class Unfit(Exception):
    """A value or name that the format has no form for; the text says which."""


class Rows(Protocol):
    """A table that is read.

    Attributes:
        size: How much there is to read, None if that is not known.
    """

    size: int | None

    def __iter__(self) -> Iterator[dict[str, Any]]: ...

    def at(self) -> int | None:
        """How much of *size* was read; None if *size* counts rows."""


class Sink(Protocol):
    """A table that is written."""

    def write(self, row: dict[str, Any]) -> None:
        """Take a row.

        Raises:
            Unfit: It has a value or a name that the format has no form for.
        """

    def finish(self) -> None:
        """Let what was written be there."""


def format_of(path: str) -> str | None:
    """Return the format of a file by its name, None if that does not tell."""
    return FORMATS.get(os.path.splitext(path)[1].lower())


# ---- reading


class FileRows:
    """The rows of a file.

    Args:
        file: Open for bytes.

        kind: ``"csv"``, ``"tsv"``, ``"json"`` or ``"jsonl"``.

        most: Bytes of one cell or line, at most.
    """

    def __init__(self, file: IO[bytes], kind: str, most: int) -> None:
        self._file = file
        self._kind = kind
        self._most = most
        self._at = 0
        self.size: int | None = None
        with contextlib.suppress(OSError):
            found = os.fstat(file.fileno())
            self.size = found.st_size if stat.S_ISREG(found.st_mode) else None

    def at(self) -> int | None:
        return self._at

    def __iter__(self) -> Iterator[dict[str, Any]]:
        read = {"json": self._json, "jsonl": self._lines}.get(self._kind, self._csv)
        try:
            yield from read()
        except UnicodeDecodeError:
            raise TableError("it is not UTF-8") from None
        except RecursionError:
            raise TableError("it is nested too deeply") from None

    def _counted(self) -> Iterator[bytes]:
        most = self._most
        while line := self._file.readline(most + 1):
            if len(line) > most:
                raise TableError(f"it has a line of more than {most} bytes (see --input-bytes)")
            self._at += len(line)
            yield line

    def _csv(self) -> Iterator[dict[str, Any]]:
        # A global of the module, as large as a line may be.
        csv.field_size_limit(max(csv.field_size_limit(), self._most))
        first = True

        def texts() -> Iterator[str]:
            nonlocal first
            for line in self._counted():
                yield line.decode("utf-8-sig" if first else "utf-8")
                first = False

        reader = csv.reader(texts(), delimiter="\t" if self._kind == "tsv" else ",", strict=True)
        try:
            names = next(reader, None)
            if names is None:
                return
            if len(set(names)) != len(names):
                raise TableError("two columns have the same name")
            width = len(names)
            for row in reader:
                if len(row) == width:
                    yield dict(zip(names, row, strict=True))
                elif len(row) > width:
                    raise TableError(f"line {reader.line_num} has more cells than there are names")
                elif row:  # an empty line is none
                    yield dict(zip(names, row + [None] * (width - len(row)), strict=True))
        except csv.Error as error:
            raise TableError(f"line {reader.line_num}: {error}") from None

    def _json(self) -> Iterator[dict[str, Any]]:
        data = self._file.read()
        try:
            found = json.loads(data.decode("utf-8-sig"))
        except ValueError as error:
            raise TableError(f"it is not JSON: {error}") from None
        del data
        if not isinstance(found, list):
            raise TableError("it is not a list of objects")
        self.size = len(found)
        for number, row in enumerate(found, 1):
            self._at = number
            yield _checked(row, number)

    def _lines(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self._counted(), 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except UnicodeDecodeError:
                    raise
                except ValueError as error:
                    raise TableError(f"line {number} is not JSON: {error}") from None
                yield _checked(row, number)


def _checked(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise TableError(f"row {number} is not an object")
    return row


# ---- writing


def plain(value: Any) -> Any:
    """Return *value* as JSON has it.

    Raises:
        Unfit: It has no form for it: bytes, sets, numbers that are not finite.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if value.bit_length() > _INT_BITS:
            raise Unfit("an integer has too many digits")
        return value
    if isinstance(value, float):
        if value - value != 0:
            raise Unfit(f"{value} is no number in JSON")
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        for key in value:
            named(key)
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if type(value).__module__ in ("decimal", "fractions", "uuid"):
        return str(value)
    raise Unfit(f"a value of type {type(value).__name__} has no form there")


def named(name: Any) -> str:
    """Return the name of a column, if it is one.

    Raises:
        Unfit: It is no text.
    """
    if not isinstance(name, str):
        raise Unfit(f"a name is a text, and not of type {type(name).__name__}")
    return name


def cell(value: Any) -> Any:
    """Return *value* as a cell of CSV has it: what is in others goes in as JSON."""
    if type(value) is str:  # most of them
        return value
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


class JsonSink:
    """Writes JSON or JSON lines, in ASCII if a terminal may show it."""

    def __init__(self, write: Callable[[str], object], lines: bool, ascii_only: bool) -> None:
        self._write = write
        self._lines = lines
        self._ascii = ascii_only
        self._first = True

    def write(self, row: dict[str, Any]) -> None:
        text = json.dumps(plain(row), ensure_ascii=self._ascii)
        if self._lines:
            self._write(text + "\n")
        else:
            self._write(("[\n" if self._first else ",\n") + text)
        self._first = False

    def finish(self) -> None:
        if not self._lines:
            self._write("[]\n" if self._first else "\n]\n")


class CsvSink:
    """Writes CSV whose columns are those of all rows, in the order in which they came.

    Attributes:
        formulas: Cells that a spreadsheet would take for a formula, of those that were
            written as they are.
    """

    def __init__(self, file: IO[str], delimiter: str, escape_formulas: bool) -> None:
        self._file = file
        self._delimiter = delimiter
        self._writer = csv.writer(file, delimiter=delimiter)
        self._escape = escape_formulas
        self._columns: dict[str, None] = {}
        self._written: list[str] | None = None  # the names that stand in the file
        self.formulas = 0

    def write(self, row: dict[str, Any]) -> None:
        cells = {named(name): self._safe(cell(value)) for name, value in row.items()}
        if not cells and not self._columns:
            raise Unfit("a row without columns cannot be written")
        for text in (*cells, *cells.values()):
            if isinstance(text, str) and "\0" in text:
                raise Unfit("a null character cannot be written")
        new = not cells.keys() <= self._columns.keys()
        if new:
            if len(self._columns.keys() | cells.keys()) > _COLUMNS:
                raise Unfit(f"there would be more than {_COLUMNS} columns")
            self._columns.update(dict.fromkeys(cells))
        if self._written is None:
            self._written = list(self._columns)
            self._line(list(map(self._safe, self._written)))
        self._line([cells.get(name) for name in self._columns])

    def _line(self, cells: list[Any]) -> None:
        if cells == [None] or cells == [""]:
            self._file.write('""\r\n')  # else it would be no row
        else:
            self._writer.writerow(cells)

    def _safe(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_FORMULA) and not _is_number(value):
            if self._escape:
                return "'" + value
            self.formulas += 1
        return value

    def finish(self) -> None:
        """Give rows that were written before a column came an empty cell in it."""
        names = list(self._columns)
        if self._written is None or self._written == names:
            return
        with io.TextIOWrapper(_scratch(), encoding="utf-8", newline="") as copy:
            self._file.seek(0)
            while piece := self._file.read(1 << 20):
                copy.write(piece)
            copy.seek(0)
            self._file.seek(0)
            self._file.truncate()
            self._line(list(map(self._safe, names)))
            csv.field_size_limit(max(csv.field_size_limit(), 1 << 31))
            reader = csv.reader(copy, delimiter=self._delimiter)
            next(reader)
            for row in reader:
                self._line(row + [None] * (len(names) - len(row)))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scratch() -> IO[bytes]:
    import tempfile

    return tempfile.TemporaryFile()


class NewFile:
    """A file that is there when all of it is written, under its name, or not at all.

    Args:
        path: Where it shall be. What is there is replaced; a link stays, and what it leads
            to is replaced.

    Attributes:
        file: To write text to, and to read it back.
    """

    def __init__(self, path: str) -> None:
        self._path = os.path.realpath(path)
        folder, name = os.path.split(self._path)
        mode = 0o666
        self._part: str | None = None
        with contextlib.suppress(FileNotFoundError):
            found = os.stat(self._path)
            if not stat.S_ISREG(found.st_mode):  # such as /dev/null, a pipe
                self.file = open(self._path, "w", encoding="utf-8", newline="")  # noqa: SIM115
                return
            mode = stat.S_IMODE(found.st_mode)
        part = os.path.join(folder, f".{name[:200]}.{secrets.token_hex(4)}.part")
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        self._part = part
        self.file = os.fdopen(handle, "w+", encoding="utf-8", newline="")

    def keep(self) -> None:
        """Let it be there."""
        self.file.flush()
        if self._part is not None:
            os.fsync(self.file.fileno())
            self.file.close()
            os.replace(self._part, self._path)
            self._part = None

    def close(self) -> None:
        """Let go of it; if it was not kept, nothing of it stays."""
        with contextlib.suppress(OSError):
            self.file.close()
        if self._part is not None:
            os.unlink(self._part)
            self._part = None
