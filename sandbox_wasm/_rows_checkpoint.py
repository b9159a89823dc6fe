"""The file from which `map_rows` goes on when it was interrupted.

A line says what the job is; each line after it has what became of the next rows, in
order, with a checksum of those rows and one of itself. A process that ends in the middle
of a line loses that line: what is after the last whole one is done again.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from . import _errors
from ._checks import host_path, shown
from ._errors import ConfigError, GuestProtocolError, SandboxError
from ._rows_job import Outcome
from ._values import decode, encode

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_MAGIC = b"sandbox-wasm rows 1"
_MOST = 1 << 31  # bytes of a line


class Record(NamedTuple):
    """What became of that many rows, which had that *digest*."""

    length: int
    digest: str
    outcome: Outcome


class Checkpoint:
    """A file of what is done.

    Args:
        path: It is made if it is not there, for its owner alone.

        job: What is done, as data: the file of another job is refused.

    Raises:
        ConfigError: The file is of another job, in use, or none of these.
        OSError: It cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], job: Mapping[str, Any]) -> None:
        head = _MAGIC + b" " + hashlib.sha256(_encoded(job)).hexdigest().encode() + b"\n"
        self._path = path = host_path(path, "checkpoint")
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        self._file: BinaryIO = os.fdopen(os.open(path, flags, 0o600), "r+b")
        try:
            self._lock()
            found = self._file.readline(len(head))
            if found != head:
                if found and not head.startswith(found):
                    what = "another job's" if found.startswith(_MAGIC) else "no"
                    raise ConfigError(f"{shown(self._path)} is {what} checkpoint of map_rows")
                self._file.seek(0)
                self._file.truncate()
                self._write(head)
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError(f"{shown(self._path)} is in use by another process") from None

    def records(self) -> Iterator[Record]:
        """Yield what is there; then the next is written after the last whole record."""
        while True:
            at = self._file.tell()
            record = _read(self._file.readline(_MOST))
            if record is None:
                self._file.seek(at)
                self._file.truncate()
                return
            yield record

    def add(self, rows: list[Any], outcome: Outcome) -> None:
        """Keep what became of *rows*, which are as many as its results.

        Raises:
            OSError: The disk is full. What was there stays good.
        """
        told = [[index, type(error).__name__, list(error.args)] for index, error in outcome.errors]
        data = _encoded([outcome.results, told, outcome.output])
        head = b"%d %s" % (len(rows), digest(rows).encode())
        self._write(b"%s %08x %s\n" % (head, zlib.crc32(data, zlib.crc32(head)), data))

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def digest(rows: list[Any]) -> str:
    """Return a checksum of *rows*, which differs when they do."""
    total = hashlib.sha256()
    try:
        total.update(_encoded(rows))
    except (TypeError, ValueError):  # those cannot go into a sandbox: a row for itself
        for row in rows:
            try:
                total.update(_encoded(row) + b"\n")
            except (TypeError, ValueError):
                total.update(b"?\n")
    return total.hexdigest()


def _encoded(value: Any) -> bytes:
    return encode(value, max_bytes=_MOST)


def _read(line: bytes) -> Record | None:
    """Return the record of a line, None if it is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        count, found, check, data = line[:-1].split(b" ", 3)
        if int(check, 16) != zlib.crc32(data, zlib.crc32(count + b" " + found)):
            return None
        results, told, output = decode(data, max_bytes=_MOST, max_nodes=_MOST)
        errors = [(index, _error(name, args)) for index, name, args in told]
        pairs = [(stream, text) for stream, text in output]
        indexes = [index for index, _ in errors]
        if len(results) != int(count) or not set(indexes) <= set(range(len(results))):
            return None
        if any(type(text) is not str for pair in pairs for text in pair):
            return None
        return Record(int(count), found.decode(), Outcome(results, errors, pairs))
    except (ValueError, TypeError, GuestProtocolError):
        return None


def _error(name: str, args: list[Any]) -> SandboxError:
    kind = getattr(_errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, SandboxError)):
        raise ValueError(name)
    return kind(*args)
