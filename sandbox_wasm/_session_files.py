"""A session's own files, as its owner sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ._checks import shown
from ._errors import ConfigError, FilesExceeded
from ._files import Files
from ._filesystem import MAX_NAME, MAX_PATH, Errno, FileError
from ._limits import Limits
from ._owner import put, remove
from ._volume import Parts

_PYTHON = {
    Errno.NOENT: FileNotFoundError,
    Errno.NOTDIR: NotADirectoryError,
    Errno.ISDIR: IsADirectoryError,
}


class SessionFiles:
    """The files that a session keeps in memory: ``/``, ``/tmp`` and what is made there.

        >>> from sandbox_wasm import Session
        >>> with Session("cpython", files={"in.txt": "three"}) as session:
        ...     _ = session.run("open('out.txt', 'w').write(open('in.txt').read() * 2)")
        ...     session.files.read_text("out.txt")
        'threethree'

    Paths are relative to ``/``. Iterating gives the absolute paths of all files. It may
    be used from any thread, also while guest code runs: each method does its work
    undivided. What it writes is bounded by the session's limits as well. Mounts are not
    part of it.

    All methods raise `ConfigError` for what is no path of these files, and Python's
    ``FileNotFoundError``, ``IsADirectoryError`` and ``NotADirectoryError`` with the path.
    """

    def __init__(self, files: Files, limits: Limits) -> None:
        self.kept = files
        self._limits = limits

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        parts = self._parts(path)
        with self.kept.lock:
            node = self.kept.tree.node(parts)
            if node is not None and node.content is not None:
                return node.content.read(0, node.content.size)
        raise (FileNotFoundError if node is None else IsADirectoryError)(str.__str__(path))

    def read_text(self, path: str) -> str:
        """Return what a file of UTF-8 holds; ``UnicodeDecodeError`` if it is none."""
        return self.read(path).decode()

    def write(self, path: str, data: bytes | str) -> None:
        """Make a file hold *data*, text as UTF-8, and make the directories it needs.

        Raises:
            FilesExceeded: It does not fit `Limits.file_bytes` or `Limits.file_count`.
        """
        try:
            put(self.kept, self._parts(path), _bytes(path, data))
        except FileError as error:
            raise self._error(error, path) from None

    def delete(self, path: str) -> None:
        """Remove a file, or a directory with all that is in it."""
        try:
            remove(self.kept, self._parts(path))
        except FileError as error:
            if error.errno == Errno.BUSY:
                raise ConfigError(
                    f"{shown(path)} cannot be deleted: a mount or the root is there"
                ) from None
            raise self._error(error, path) from None

    def list(self, path: str = "/") -> list[str]:
        """Return the names in a directory, sorted."""
        parts = self._parts(path)
        try:
            with self.kept.lock:
                return sorted(entry.name for entry in self.kept.tree.list(parts))
        except FileError as error:
            raise self._error(error, path) from None

    def __iter__(self) -> Iterator[str]:
        with self.kept.lock:
            found = list(self.kept.tree.walk())
        return iter(["/" + "/".join(at) for at, node in found if node.content is not None])

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        parts = self._parts(path)
        with self.kept.lock:
            node = self.kept.tree.node(parts)
        return node is not None and node.content is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<SessionFiles with {len(self)} files>"

    def _parts(self, path: str) -> Parts:
        parts = parse(path)
        if any(self.kept.is_volume(parts[:end]) for end in range(1, len(parts) + 1)):
            raise ConfigError(
                f"{shown(path)} lies in a mount, and is none of the session's own files"
            )
        return parts

    def _error(self, error: FileError, path: str) -> Exception:
        if error.errno == Errno.NOSPC:
            return FilesExceeded(self._limits.file_bytes)
        if error.errno == Errno.DQUOT:
            return FilesExceeded(self._limits.file_count, "file_count")
        if error.errno in _PYTHON:
            return _PYTHON[error.errno](str.__str__(path))
        return ConfigError(f"{shown(path)}: {error.errno.name}")


def parse(path: object) -> Parts:
    """Return the parts of a path that the session's owner gave.

    Raises:
        ConfigError: It is none.
    """
    if not isinstance(path, str):
        raise ConfigError(f"a path must be a str, got {type(path).__name__}")
    if len(path) > 2 * MAX_PATH:  # however little of it is names
        raise ConfigError(f"a path must be shorter than {MAX_PATH} bytes, got {shown(path)}")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise ConfigError(f"{shown(path)} is no UTF-8") from None
    if ".." in parts or "\0" in path:
        raise ConfigError(f"a path must not hold '..' or a null character, got {shown(path)}")
    if max(sizes, default=0) > MAX_NAME or sum(sizes) + len(sizes) >= MAX_PATH:
        raise ConfigError(f"a path must be shorter than {MAX_PATH} bytes, its names {MAX_NAME + 1}")
    return parts


def fill(files: SessionFiles, given: object) -> None:
    """Write what was given as ``Session(files=...)``.

    Raises:
        ConfigError: It is no mapping of paths to bytes or text.
        FilesExceeded: It does not fit the limits.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"files must be a mapping of paths to bytes or text, got {type(given).__name__}"
        )
    for path, data in given.items():
        try:
            files.write(path, data)
        except OSError as error:
            raise ConfigError(f"{shown(path)} is both a file and a directory") from error


def _bytes(path: str, data: object) -> bytes:
    if isinstance(data, str):
        try:
            return data.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"{shown(path)} must hold text, and no lone surrogate") from None
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise ConfigError(f"{shown(path)} must hold bytes or text, got {type(data).__name__}")
