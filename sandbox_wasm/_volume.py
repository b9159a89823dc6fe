"""What a file system is put together from: trees of files, each at a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ._filesystem import Entry, Stat

Parts = tuple[str, ...]  # names from a root down; () is the root
Clock = Callable[[], int]  # nanoseconds since the epoch


class Handle(Protocol):
    """A file that is open."""

    def read(self, at: int, size: int) -> bytes:
        """Return at most *size* bytes from *at*."""

    def write(self, at: int | None, data: bytes) -> int:
        """Store *data* at *at*, or at the end; return where it ends."""

    def size(self) -> int:
        """Return the number of bytes."""

    def truncate(self, size: int) -> None:
        """Cut, or fill up with zeros."""

    def stat(self) -> Stat:
        """Tell of the file."""

    def set_times(self, accessed: int | None, modified: int | None) -> None:
        """Set times; None leaves one as it is."""

    def sync(self) -> None:
        """Make sure that it is stored."""

    def close(self) -> None:
        """Let go of it."""


class Volume(Protocol):
    """One tree. Parts are relative to its root; every method may raise `FileError`."""

    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        """Tell of what stands there; a link itself, unless it is to be followed."""

    def open(self, parts: Parts, how: int) -> Handle | None:
        """Open as the bits of `How` say; a directory has no handle."""

    def list(self, parts: Parts) -> Sequence[Entry]:
        """Return the entries of a directory."""

    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        """Set times; None leaves one as it is."""

    def make_directory(self, parts: Parts) -> None:
        """Make a directory."""

    def remove_directory(self, parts: Parts) -> None:
        """Remove an empty directory."""

    def unlink(self, parts: Parts) -> None:
        """Remove a file."""

    def rename(self, old: Parts, new: Parts) -> None:
        """Move a file or directory, in place of what stands there."""

    def close(self) -> None:
        """Let go of what is open on the host."""

    def describe(self) -> str:
        """Say what a run that is gone through again must find here once more."""
