"""The table of what a guest has open, and what it does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._filesystem import MAX_IO, NOW, ROOT, Entry, Errno, FileError, How, Kind, Stat
from ._locks import RLock
from ._tree import Tree
from ._volume import Clock, Handle, Parts, Volume

_LAST = (1 << 63) - 1


class Open:
    """A descriptor.

    Attributes:
        parts: Where it was opened, and has moved to; None once it has no name.

        handle: None for a directory, and for a file that is to be opened again.

        volume: What the handle belongs to.

        at: Where the next read or write goes.

        entries: Of a directory, from when it was last looked at from its beginning.
    """

    __slots__ = ("at", "entries", "handle", "how", "kind", "parts", "volume")

    def __init__(self, parts: Parts | None, handle: Handle | None, how: int, kind: int) -> None:
        self.parts = parts
        self.handle = handle
        self.how = how
        self.kind = kind
        self.volume: Volume | None = None
        self.at = 0
        self.entries: Sequence[Entry] = ()


class Descriptors:
    """The half of a `FileSystem` that takes descriptors.

    Args:
        tree: What there is.

        volumes: What else there is, by path. They may not lie within one another.

        clock: Tells the time, no finer than guest code may know it.

    Attributes:
        lock: Held by every method: the owner may look at files from another thread
            while guest code runs.
    """

    def __init__(self, tree: Tree, volumes: Mapping[Parts, Volume], clock: Clock) -> None:
        self.tree = tree
        self.lock = RLock()
        self._volumes = dict(volumes)
        self._clock = clock
        self._fds = {ROOT: Open((), None, How.READ, Kind.DIRECTORY)}

    def _directory(self, fd: int) -> Parts:
        file = self._fds.get(fd)
        if file is None:
            raise FileError(Errno.BADF)
        if file.kind != Kind.DIRECTORY:
            raise FileError(Errno.NOTDIR)
        if file.parts is None:
            raise FileError(Errno.NOENT)
        return file.parts

    def _volume(self, parts: Parts) -> tuple[Volume, Parts]:
        """Return what volume a path is in, and where in it."""
        for at, volume in self._volumes.items():
            if parts[: len(at)] == at:
                return volume, parts[len(at) :]
        return self.tree, parts

    def _get(self, fd: int) -> Open:
        file = self._fds.get(fd)
        if file is None:
            raise FileError(Errno.BADF)
        return file

    def _file(self, fd: int) -> tuple[Open, Handle]:
        file = self._fds.get(fd)
        if file is None:
            raise FileError(Errno.BADF)
        if file.handle is not None:
            return file, file.handle
        if file.kind == Kind.DIRECTORY:
            raise FileError(Errno.ISDIR)
        try:  # it belongs to a volume, and was marked and reset
            if file.parts is None:
                raise FileError(Errno.BADF)
            volume, rest = self._volume(file.parts)
            file.handle = volume.open(rest, file.how & (How.READ | How.WRITE) | How.AGAIN)
            file.volume = volume
        except FileError:
            raise FileError(Errno.BADF) from None
        if file.handle is None:
            raise FileError(Errno.BADF)
        return file, file.handle

    def _readable(self, fd: int) -> tuple[Open, Handle]:
        file, handle = self._file(fd)
        if not file.how & How.READ:
            raise FileError(Errno.BADF)
        return file, handle

    def _writable(self, fd: int) -> tuple[Open, Handle]:
        if not self._get(fd).how & How.WRITE:
            raise FileError(Errno.BADF)
        return self._file(fd)

    def close(self, fd: int) -> None:
        with self.lock:
            file = self._get(fd)
            if fd != ROOT:
                del self._fds[fd]
                if file.handle is not None:
                    file.handle.close()

    def read(self, fd: int, size: int) -> bytes:
        with self.lock:
            file, handle = self._readable(fd)
            data = handle.read(file.at, min(size, MAX_IO))
            file.at += len(data)
            return data

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        with self.lock:
            _check_place(offset, 0)
            return self._readable(fd)[1].read(offset, min(size, MAX_IO))

    def write(self, fd: int, data: bytes) -> int:
        with self.lock:
            file, handle = self._writable(fd)
            if data:
                _check_place(file.at, len(data))
                file.at = handle.write(None if file.how & How.APPEND else file.at, data)
            return len(data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        with self.lock:
            file, handle = self._writable(fd)
            if data:
                _check_place(offset, len(data))
                # A file that is open for appending is appended to, as Linux has it.
                handle.write(None if file.how & How.APPEND else offset, data)
            return len(data)

    def seek(self, fd: int, offset: int, whence: int) -> int:
        with self.lock:
            file, handle = self._file(fd)
            if whence == 1:
                offset += file.at
            elif whence == 2:
                offset += handle.size()
            elif whence != 0:
                raise FileError(Errno.INVAL)
            if not 0 <= offset <= _LAST:
                raise FileError(Errno.INVAL)
            file.at = offset
            return offset

    def describe(self, fd: int) -> tuple[int, int]:
        file = self._get(fd)
        return file.kind, file.how

    def set_append(self, fd: int, append: bool) -> None:
        with self.lock:
            file, _ = self._file(fd)
            file.how = file.how | How.APPEND if append else file.how & ~How.APPEND

    def sync(self, fd: int) -> None:
        with self.lock:
            file = self._get(fd)
            if file.kind == Kind.FILE:
                self._file(fd)[1].sync()

    def stat(self, fd: int) -> Stat:
        with self.lock:
            if self._get(fd).kind == Kind.FILE:
                return self._file(fd)[1].stat()
            volume, rest = self._volume(self._directory(fd))
            return volume.stat(rest)

    def truncate(self, fd: int, size: int) -> None:
        with self.lock:
            file = self._get(fd)
            if file.kind != Kind.FILE or not file.how & How.WRITE or size < 0:
                raise FileError(Errno.INVAL)
            self._file(fd)[1].truncate(size)

    def set_times(self, fd: int, accessed: int | None, modified: int | None) -> None:
        with self.lock:
            if self._get(fd).kind == Kind.FILE:
                self._file(fd)[1].set_times(self._time(accessed), self._time(modified))
            else:
                volume, rest = self._volume(self._directory(fd))
                volume.set_times(rest, True, self._time(accessed), self._time(modified))

    def list(self, fd: int, start: int, count: int) -> list[Entry]:
        with self.lock:
            file = self._get(fd)
            parts = self._directory(fd)
            if start == 0 or not file.entries:
                volume, rest = self._volume(parts)
                here = volume.stat(rest).inode
                dots = [Entry(name, here, Kind.DIRECTORY) for name in (".", "..")]
                file.entries = [*dots, *volume.list(rest)]
            return list(file.entries[start : start + count])

    def _time(self, value: int | None) -> int | None:
        if value == NOW:
            return self._clock()
        if value is not None and not 0 <= value <= _LAST:
            raise FileError(Errno.INVAL)  # no state of files has room for it
        return value


def _check_place(at: int, length: int) -> None:
    if at < 0:
        raise FileError(Errno.INVAL)
    if at + length > _LAST:
        raise FileError(Errno.FBIG)
