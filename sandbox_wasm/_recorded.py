"""A directory of the host as a run sees it that may be gone through again.

Each answer goes into the run's journal, and comes from there the second time: the host's
files may be others by then, and what was written is not written again.
"""

from __future__ import annotations

import builtins
import struct
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ._errors import SnapshotError
from ._filesystem import Entry, Errno, FileError, How, Stat
from ._host import HostVolume
from ._host_file import HostHandle
from ._journal import Journal, Kind, digest
from ._volume import Parts

T = TypeVar("T")
Question = tuple[object, ...]  # plain data, whose `repr` says all of it
_STAT = struct.Struct("<8Q")
_ENTRY = struct.Struct("<QBH")  # number, kind, length of the name
_NUMBER = struct.Struct("<Q")
_NOTHING, _HANDLE = b"", b"h"


class Recorded:
    """A `Volume` whose answers are kept.

    Args:
        volume: The directory.

        journal: Returns that of the run that goes on; None if it is not to be suspended.
    """

    def __init__(self, volume: HostVolume, journal: Callable[[], Journal | None]) -> None:
        self.volume = volume
        self.journal = journal
        self._opened: weakref.WeakSet[RecordedHandle] = weakref.WeakSet()

    def close(self) -> None:
        self.volume.close()

    def begin(self, writing: Iterable[Parts]) -> None:
        """Begin a run, see `HostVolume.begin`."""
        self.volume.begin(writing)

    def changes(self) -> dict[Parts, str]:
        """Return what the run has done by itself, and not what it did when it came here before."""
        return self.volume.changes()

    def describe(self) -> str:
        return "a mount"  # whatever is in it: the journal has it

    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        question = ("stat", parts, follow)
        return self.ask(question, lambda: self.volume.stat(parts, follow), _pack_stat, _stat)

    def list(self, parts: Parts) -> Sequence[Entry]:
        return self.ask(("list", parts), lambda: self.volume.list(parts), _pack_list, _list)

    def open(self, parts: Parts, how: int) -> RecordedHandle | None:
        if how & How.AGAIN:  # no question: a run that is gone through again must ask this
            return self._handle(parts, how, None)
        found: HostHandle | None = None

        def look() -> bool:
            nonlocal found
            found = self.volume.open(parts, how)
            return found is not None

        is_file = self.ask(
            ("open", parts, how), look, lambda f: _HANDLE if f else _NOTHING, _HANDLE.__eq__
        )
        if is_file:
            return self._handle(parts, how, found)
        return None

    def _handle(self, parts: Parts, how: int, handle: HostHandle | None) -> RecordedHandle:
        made = RecordedHandle(self, parts, how & (How.READ | How.WRITE), handle)
        self._opened.add(made)
        return made

    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        question = ("set_times", parts, follow, accessed, modified)
        self.do(question, lambda: self.volume.set_times(parts, follow, accessed, modified))

    def make_directory(self, parts: Parts) -> None:
        self.do(("make", parts), lambda: self.volume.make_directory(parts))

    def remove_directory(self, parts: Parts) -> None:
        self.do(("remove", parts), lambda: self.volume.remove_directory(parts))

    def unlink(self, parts: Parts) -> None:
        self.do(("unlink", parts), lambda: self.volume.unlink(parts))
        self._move(parts, None)

    def rename(self, old: Parts, new: Parts) -> None:
        self.do(("rename", old, new), lambda: self.volume.rename(old, new))
        if old != new:
            self._move(new, None)
            self._move(old, new)

    def _move(self, old: Parts, new: Parts | None) -> None:
        """Let open files know what they are called, by which they may be opened again."""
        for handle in builtins.list(self._opened):
            if handle.parts is not None and handle.parts[: len(old)] == old:
                handle.parts = None if new is None else new + handle.parts[len(old) :]

    def do(self, question: Question, action: Callable[[], None]) -> None:
        """Have something done, once; raise what it raised, as often as it is asked for."""
        self.ask(question, action, lambda _: _NOTHING, lambda _: None)

    def ask(
        self,
        question: Question,
        look: Callable[[], T],
        pack: Callable[[T], bytes],
        unpack: Callable[[bytes], T],
        data: bytes = b"",
    ) -> T:
        """Return what *look* says, or has said when the run came here before.

        Args:
            question: What is asked for, with *data* behind it.

            pack, unpack: Make bytes of it, and it of bytes.
        """
        journal = self.journal()
        if journal is None:
            return look()
        asked = digest(repr(question).encode() + data)
        known = journal.known(Kind.FILE, asked)
        if known is None:
            try:
                found = look()
            except FileError as error:
                journal.note(Kind.FILE, error.errno, asked, b"")
                raise
            journal.note(Kind.FILE, 0, asked, pack(found))
            return found
        errno, answer = known
        try:
            if errno:
                raise FileError(Errno(errno))
            return unpack(answer)
        except (ValueError, struct.error):
            raise SnapshotError("the journal of the run is damaged") from None


class RecordedHandle:
    """An open file of such a directory.

    Opened when a run was gone through again it is not open on the host until the run goes
    on from there; then it is opened by its path, and bad if that fails.
    """

    __slots__ = ("__weakref__", "_handle", "_how", "_volume", "parts")

    def __init__(self, volume: Recorded, parts: Parts, how: int, handle: HostHandle | None) -> None:
        self._volume = volume
        self.parts: Parts | None = parts
        self._how = how
        self._handle = handle

    def _file(self) -> HostHandle:
        if self._handle is None and self.parts is not None:
            try:
                self._handle = self._volume.volume.open(self.parts, self._how)
            except FileError:
                self.parts = None
        if self._handle is None:
            raise FileError(Errno.BADF)
        return self._handle

    def _ask(
        self,
        question: Question,
        look: Callable[[], T],
        pack: Callable[[T], bytes],
        unpack: Callable[[bytes], T],
        data: bytes = b"",
    ) -> T:
        return self._volume.ask((self.parts, *question), look, pack, unpack, data)

    def read(self, at: int, size: int) -> bytes:
        def take(data: bytes) -> bytes:
            if len(data) > size:
                raise ValueError
            return data

        return self._ask(("read", at, size), lambda: self._file().read(at, size), bytes, take)

    def write(self, at: int | None, data: bytes) -> int:
        question = ("write", at, len(data))
        return self._ask(question, lambda: self._file().write(at, data), _pack, _number, data)

    def size(self) -> int:
        return self._ask(("size",), lambda: self._file().size(), _pack, _number)

    def truncate(self, size: int) -> None:
        self._do(("truncate", size), lambda: self._file().truncate(size))

    def stat(self) -> Stat:
        return self._ask(("stat",), lambda: self._file().stat(), _pack_stat, _stat)

    def set_times(self, accessed: int | None, modified: int | None) -> None:
        question = ("set_times", accessed, modified)
        self._do(question, lambda: self._file().set_times(accessed, modified))

    def sync(self) -> None:
        self._do(("sync",), lambda: self._file().sync())

    def _do(self, question: Question, action: Callable[[], None]) -> None:
        self._volume.do((self.parts, *question), action)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.close()


def _pack(number: int) -> bytes:
    return _NUMBER.pack(number)


def _number(data: bytes) -> int:
    (number,) = _NUMBER.unpack(data)
    if number >> 63:
        raise ValueError
    return int(number)


def _pack_stat(found: Stat) -> bytes:
    return _STAT.pack(*found)


def _stat(data: bytes) -> Stat:
    return Stat(*_STAT.unpack(data))


def _pack_list(entries: Sequence[Entry]) -> bytes:
    packed = bytearray()
    for name, inode, kind in entries:
        raw = name.encode()
        packed += _ENTRY.pack(inode, kind, len(raw)) + raw
    return bytes(packed)


def _list(data: bytes) -> Sequence[Entry]:
    entries, at = [], 0
    while at < len(data):
        inode, kind, length = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size + length
        if at > len(data):
            raise ValueError
        entries.append(Entry(data[at - length : at].decode(), inode, kind))
    return entries
