"""Files of a guest in a worker process: both ends of the way to them.

The files stay with the session. The worker names one of the functions of `FileSystem`
and its arguments, which are plain data of known types; whatever the numbers are, the
file functions stand them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import GuestProtocolError
from .._filesystem import MAX_PATH, Entry, Errno, FileError, FileSystem, Stat

Reply = tuple[Any, ...]  # 0 and what came of it, or WASI's errno

_ENTRY = struct.Struct("<QB")
_optional = (int, type(None))
_FORMS: Mapping[str, tuple[Any, ...]] = {
    "open": (int, str, int),
    "close": (int,),
    "read": (int, int),
    "pread": (int, int, int),
    "write": (int, bytes),
    "pwrite": (int, bytes, int),
    "seek": (int, int, int),
    "describe": (int,),
    "set_append": (int, bool),
    "sync": (int,),
    "stat": (int,),
    "truncate": (int, int),
    "set_times": (int, _optional, _optional),
    "list": (int, int, int),
    "stat_path": (int, str, bool),
    "set_times_path": (int, str, bool, _optional, _optional),
    "read_link": (int, str),
    "make_link": (int, str),
    "make_directory": (int, str),
    "remove_directory": (int, str),
    "unlink": (int, str),
    "rename": (int, str, int, str),
}


def serve(files: FileSystem, name: str, args: tuple[Any, ...]) -> Reply:
    """Do what a worker asks of its session's files.

    Raises:
        GuestProtocolError: It asks for what there is not.
    """
    forms = _FORMS.get(name, ())
    if len(forms) != len(args) or not forms:
        raise GuestProtocolError("worker asked for an unknown file function")
    for value, form in zip(args, forms, strict=True):
        if type(value) not in (form if isinstance(form, tuple) else (form,)):
            raise GuestProtocolError(f"worker called {name} with arguments of another form")
        # Looked at before anything is made of it: a path is taken to pieces, however long it is.
        if isinstance(value, str) and (
            len(value) >= MAX_PATH or "\0" in value or not _is_utf8(value)
        ):
            raise GuestProtocolError(f"worker called {name} with text that is no path")
    try:
        found = getattr(files, name)(*args)
    except FileError as error:
        return (int(error.errno),)
    if name == "open":
        return (0, found[0], *found[1])
    if name == "list":
        kinds = b"".join([_ENTRY.pack(inode, kind) for _, inode, kind in found])
        return (0, "\0".join([name for name, _, _ in found]), kinds)
    return (0, *found) if isinstance(found, tuple) else (0, found)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class RemoteFiles:
    """A `FileSystem` at the worker's end.

    Args:
        ask: Sends the name of a function and its arguments; returns the `Reply`.
    """

    def __init__(self, ask: Callable[..., Reply]) -> None:
        self._ask_session = ask

    def _ask(self, name: str, *args: Any) -> Any:
        errno, *found = self._ask_session(name, args)
        if errno:
            raise FileError(Errno(errno))
        return found

    def open(self, at: int, path: str, how: int) -> tuple[int, Stat]:
        fd, *stat = self._ask("open", at, path, how)
        return fd, Stat(*stat)

    def close(self, fd: int) -> None:
        self._ask("close", fd)

    def read(self, fd: int, size: int) -> bytes:
        return bytes(self._ask("read", fd, size)[0])

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        return bytes(self._ask("pread", fd, size, offset)[0])

    def write(self, fd: int, data: bytes) -> int:
        return int(self._ask("write", fd, data)[0])

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        return int(self._ask("pwrite", fd, data, offset)[0])

    def seek(self, fd: int, offset: int, whence: int) -> int:
        return int(self._ask("seek", fd, offset, whence)[0])

    def describe(self, fd: int) -> tuple[int, int]:
        kind, how = self._ask("describe", fd)
        return kind, how

    def set_append(self, fd: int, append: bool) -> None:
        self._ask("set_append", fd, append)

    def sync(self, fd: int) -> None:
        self._ask("sync", fd)

    def stat(self, fd: int) -> Stat:
        return Stat(*self._ask("stat", fd))

    def truncate(self, fd: int, size: int) -> None:
        self._ask("truncate", fd, size)

    def set_times(self, fd: int, accessed: int | None, modified: int | None) -> None:
        self._ask("set_times", fd, accessed, modified)

    def list(self, fd: int, start: int, count: int) -> list[Entry]:
        names, kinds = self._ask("list", fd, start, count)
        return [
            Entry(name, *kind)
            for name, kind in zip(names.split("\0"), _ENTRY.iter_unpack(kinds), strict=False)
        ]

    def stat_path(self, at: int, path: str, follow: bool) -> Stat:
        return Stat(*self._ask("stat_path", at, path, follow))

    def set_times_path(
        self, at: int, path: str, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        self._ask("set_times_path", at, path, follow, accessed, modified)

    def read_link(self, at: int, path: str) -> str:
        return str(self._ask("read_link", at, path)[0])

    def make_link(self, at: int, path: str) -> None:
        self._ask("make_link", at, path)

    def make_directory(self, at: int, path: str) -> None:
        self._ask("make_directory", at, path)

    def remove_directory(self, at: int, path: str) -> None:
        self._ask("remove_directory", at, path)

    def unlink(self, at: int, path: str) -> None:
        self._ask("unlink", at, path)

    def rename(self, at: int, path: str, to: int, target: str) -> None:
        self._ask("rename", at, path, to, target)
