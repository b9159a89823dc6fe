"""Open files of the host, and what guest code may add to them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from ._filesystem import Errno, FileError, Stat
from ._watch import Watch

P = ParamSpec("P")
T = TypeVar("T")


def translated(function: Callable[P, T]) -> Callable[P, T]:
    """Have the errors of the host come as those of the guest, without any text."""

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        try:
            return function(*args, **options)
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, "EIO").removeprefix("E")
            raise FileError(Errno.__members__.get(name, Errno.IO)) from None
        except OverflowError:  # a time or a size that the host has no room for
            raise FileError(Errno.INVAL) from None

    return call


class Quota:
    """What guest code may add to a volume, in all.

    Taking away makes room again, but never more than what was added: the host's own
    files are no credit.

    Args:
        max_bytes, max_files: How much.
    """

    def __init__(self, max_bytes: int, max_files: int) -> None:
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._bytes = self._files = 0

    def grow(self, by: int) -> None:
        """Count bytes; negative ones were freed."""
        if by > 0 and self._bytes + by > self._max_bytes:
            raise FileError(Errno.NOSPC)
        self._bytes = max(0, self._bytes + by)

    def add(self, count: int) -> None:
        """Count files and directories; negative ones were removed."""
        if count > 0 and self._files + count > self._max_files:
            raise FileError(Errno.DQUOT)
        self._files = max(0, self._files + count)


class Owner(Protocol):
    """The volume that a file belongs to."""

    quota: Quota | None
    watch: Watch

    def tell(self, found: os.stat_result) -> Stat:
        """Tell of something as a guest may know it."""

    def closed(self, key: tuple[int, int], last: os.stat_result) -> None:
        """Count a handle that is about to be closed."""


class HostHandle:
    """An open file of the host."""

    __slots__ = ("_fd", "_volume", "key")

    def __init__(self, volume: Owner, fd: int, key: tuple[int, int]) -> None:
        self._volume = volume
        self._fd = fd
        self.key = key

    @translated
    def read(self, at: int, size: int) -> bytes:
        return os.pread(self._fd, size, at)

    @translated
    def write(self, at: int | None, data: bytes) -> int:
        size = os.fstat(self._fd).st_size
        at = size if at is None else at
        growth = max(0, at + len(data) - size)
        self._count(growth)
        self._volume.watch.written.add(self.key)
        try:
            view = memoryview(data)
            while view:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written
        except BaseException:
            self._count(min(0, max(0, os.fstat(self._fd).st_size - size) - growth))
            raise
        return at

    def _count(self, growth: int) -> None:
        if self._volume.quota is not None:
            self._volume.quota.grow(growth)

    @translated
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    @translated
    def truncate(self, size: int) -> None:
        growth = size - os.fstat(self._fd).st_size
        if growth > 0:
            self._count(growth)
        self._volume.watch.written.add(self.key)
        try:
            os.ftruncate(self._fd, size)
        except BaseException:
            if growth > 0:
                self._count(-growth)
            raise
        if growth < 0:
            self._count(growth)

    @translated
    def stat(self) -> Stat:
        return self._volume.tell(os.fstat(self._fd))

    @translated
    def set_times(self, accessed: int | None, modified: int | None) -> None:
        if self._volume.quota is None:
            raise FileError(Errno.ROFS)
        os.utime(self._fd, ns=times(os.fstat(self._fd), accessed, modified))

    @translated
    def sync(self) -> None:
        if self._volume.quota is not None:
            os.fsync(self._fd)

    @translated
    def close(self) -> None:
        try:
            self._volume.closed(self.key, os.fstat(self._fd))
        finally:
            os.close(self._fd)


def times(found: os.stat_result, accessed: int | None, modified: int | None) -> tuple[int, int]:
    """Return the times to set; None leaves one as it is."""
    return (
        found.st_atime_ns if accessed is None else accessed,
        found.st_mtime_ns if modified is None else modified,
    )
