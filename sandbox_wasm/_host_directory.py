"""The way to what lies in a directory of the host: the wall between guest code and the rest.

Everything goes from one open directory to the next, a name at a time, and never through
a link: what the host's own programs move or replace meanwhile cannot lead out of the
directory that it begins at.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from ._filesystem import Errno, FileError, Kind
from ._volume import Parts

_UNKNOWN = 0
# What is opened is never waited for, never becomes the terminal, and is no link.
SAFE = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | SAFE


def is_supported() -> bool:
    """Whether this system has what a mount needs."""
    needed = (os.open, os.stat, os.mkdir, os.rmdir, os.unlink, os.rename, os.utime)
    return (
        hasattr(os, "O_NOFOLLOW")
        and hasattr(os, "O_DIRECTORY")
        and os.scandir in os.supports_fd
        and all(function in os.supports_dir_fd for function in needed)
    )


class HostDirectory:
    """A directory of the host, held open, and what lies in it.

    Args:
        path: Where it is; links in the path itself are its owner's affair.

    Raises:
        OSError: It cannot be opened, or is no directory.
    """

    def __init__(self, path: str) -> None:
        flags = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._root = os.open(path, flags)

    def close(self) -> None:
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    @contextlib.contextmanager
    def enter(self, parts: Parts) -> Iterator[int]:
        """Yield a descriptor of the directory at *parts*, which is closed in the end.

        Raises:
            FileError: There is a link on the way.

            OSError: There is no such directory, or it cannot be opened.
        """
        at = os.dup(self._root)
        try:
            for name in parts:
                try:
                    below = os.open(one_name(name), _DIRECTORY, dir_fd=at)
                except NotADirectoryError:
                    if stat.S_ISLNK(self.look(at, name).st_mode):
                        raise FileError(Errno.LOOP) from None
                    raise
                above, at = at, below
                os.close(above)  # which is closed even if that fails
            yield at
        finally:
            os.close(at)

    @staticmethod
    def look(at: int, name: str) -> os.stat_result:
        """Tell what stands under a name, a link itself."""
        return os.stat(one_name(name), dir_fd=at, follow_symlinks=False)

    def find(self, at: int, name: str) -> os.stat_result | None:
        """Tell what stands under a name; None if nothing does."""
        try:
            return self.look(at, name)
        except FileNotFoundError:
            return None


def one_name(name: str) -> bytes:
    """Return one name as the host has it; it was taken apart before, and must be one."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise FileError(Errno.INVAL)
    return name.encode()


def check_kind(found: os.stat_result) -> None:
    """Refuse what is neither a regular file nor a directory."""
    if stat.S_ISLNK(found.st_mode):
        raise FileError(Errno.LOOP)
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise FileError(Errno.ACCES)


def kind_of_mode(mode: int) -> int:
    """Return the kind of what has a mode, as a guest is told it."""
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    if stat.S_ISREG(mode):
        return Kind.FILE
    return Kind.LINK if stat.S_ISLNK(mode) else _UNKNOWN


def kind_of_entry(entry: os.DirEntry[str]) -> int:
    """Return the kind of what stands in a directory, as a guest is told it."""
    if entry.is_dir(follow_symlinks=False):
        return Kind.DIRECTORY
    if entry.is_file(follow_symlinks=False):
        return Kind.FILE
    return Kind.LINK if entry.is_symlink() else _UNKNOWN
