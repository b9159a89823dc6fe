"""What a guest's libc may ask of files: the protocol between `_wasi` and whoever keeps them.

Every method takes and returns plain data, so that the two may be in different
processes. Paths are text, descriptors are the guest's numbers.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, Protocol

ROOT = 3  # the descriptor of "/", which the guest knows from the start
MAX_OPEN = 64  # descriptors at a time; a host has some 1000 for all its sessions
MAX_PATH = 4096  # bytes
MAX_NAME = 255  # bytes
MAX_DEPTH = 128  # directories within one another: whoever walks them may recurse
MAX_IO = 1 << 26  # bytes that one read or write moves; the rest is for the next
NOW = -1  # in place of a time: what the clock says


class Errno(enum.IntEnum):
    """The errors of WASI preview 1 that files have, under WASI's numbers."""

    ACCES = 2
    BADF = 8
    BUSY = 10
    DQUOT = 19
    EXIST = 20
    FBIG = 22
    ILSEQ = 25
    INVAL = 28
    IO = 29
    ISDIR = 31
    LOOP = 32
    MFILE = 33
    MLINK = 34
    NAMETOOLONG = 37
    NFILE = 41
    NOENT = 44
    NOMEM = 48
    NOSPC = 51
    NOTDIR = 54
    NOTEMPTY = 55
    NOTSUP = 58
    NXIO = 60
    OVERFLOW = 61
    PERM = 63
    ROFS = 69
    SPIPE = 70
    STALE = 72
    TXTBSY = 74
    XDEV = 75
    NOTCAPABLE = 76


class FileError(Exception):
    """A file function failed, as it would in any system.

    Attributes:
        errno: Why.
    """

    def __init__(self, errno: Errno) -> None:
        super().__init__(errno)
        self.errno = errno


class Kind:
    """What stands at a path, under WASI's numbers; no enum, which is slow to combine."""

    DIRECTORY = 3
    FILE = 4
    LINK = 7


class Stat(NamedTuple):
    """What is known of a file, in the order of WASI's ``filestat``; times in nanoseconds."""

    device: int
    inode: int
    kind: int
    links: int
    size: int
    accessed: int
    modified: int
    changed: int


class Entry(NamedTuple):
    """One name in a directory."""

    name: str
    inode: int
    kind: int


class How:
    """How a path is opened; the first four under WASI's numbers."""

    CREATE = 1
    DIRECTORY = 2
    EXCLUSIVE = 4
    TRUNCATE = 8
    READ = 16
    WRITE = 32
    APPEND = 64
    NOFOLLOW = 128
    AGAIN = 256  # it was open when the state that was gone back to was marked


class FileSystem(Protocol):
    """Files as a guest sees them.

    *at* is the descriptor of a directory to which *path* is relative. Every method
    may raise `FileError`, and nothing else because of what the guest asked for.
    """

    def open(self, at: int, path: str, how: int) -> tuple[int, Stat]:
        """Open as the bits of `How` say; return a descriptor, and what it is."""

    def close(self, fd: int) -> None:
        """Close a descriptor; the root stays."""

    def read(self, fd: int, size: int) -> bytes:
        """Read at most *size* bytes from where the descriptor is."""

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read at *offset*."""

    def write(self, fd: int, data: bytes) -> int:
        """Write where the descriptor is; return the number of bytes taken."""

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write at *offset*."""

    def seek(self, fd: int, offset: int, whence: int) -> int:
        """Move; *whence* is 0 begin, 1 here, 2 end. Return where the descriptor is now."""

    def describe(self, fd: int) -> tuple[int, int]:
        """Return the `Kind` of what is open, and the `How` it was opened with."""

    def set_append(self, fd: int, append: bool) -> None:
        """Write at the end always, or not."""

    def sync(self, fd: int) -> None:
        """Make sure that it is stored."""

    def stat(self, fd: int) -> Stat:
        """Tell of what is open."""

    def truncate(self, fd: int, size: int) -> None:
        """Cut, or fill up with zeros."""

    def set_times(self, fd: int, accessed: int | None, modified: int | None) -> None:
        """Set times in nanoseconds or to `NOW`; None leaves one as it is."""

    def list(self, fd: int, start: int, count: int) -> list[Entry]:
        """Return at most *count* entries from the *start*-th; 0 looks at the directory anew."""

    def stat_path(self, at: int, path: str, follow: bool) -> Stat:
        """Tell of what stands at a path."""

    def set_times_path(
        self, at: int, path: str, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        """Set times of what stands at a path."""

    def read_link(self, at: int, path: str) -> str:
        """Return where a link leads; no link tells."""

    def make_link(self, at: int, path: str) -> None:
        """Refuse to make a link, hard or symbolic, at a path."""

    def make_directory(self, at: int, path: str) -> None:
        """Make a directory."""

    def remove_directory(self, at: int, path: str) -> None:
        """Remove an empty directory."""

    def unlink(self, at: int, path: str) -> None:
        """Remove a file."""

    def rename(self, at: int, path: str, to: int, target: str) -> None:
        """Move a file or directory."""
