"""A mounted directory whose changes wait in memory until the run has succeeded."""

from __future__ import annotations

import builtins
import contextlib
import os
import stat
from collections.abc import Iterable

from ._filesystem import MAX_IO, Entry, Errno, FileError, How, Kind, Stat
from ._host_file import translated
from ._nodes import EMPTY
from ._recorded import Recorded
from ._tree import Tree
from ._volume import Clock, Handle, Parts

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


class Overlay:
    """A `Volume` that shows a directory of the host with changes that are not made yet.

    What is changed is in a tree in memory, and what is removed in a set of paths; both
    hide what the directory has there.

    Args:
        lower: The directory. It is only read until `commit`.

        max_bytes, max_files: How much may be changed in one run: the files that are
            changed, whole, and the directories on the way to them.

        clock: Tells the time.

        device: Number of what is changed: the files of the directory have one of their own.
    """

    def __init__(
        self, lower: Recorded, max_bytes: int, max_files: int, clock: Clock, device: int
    ) -> None:
        self._lower = lower
        self._upper = Tree(max_bytes=max_bytes, max_files=max_files, clock=clock, device=device)
        self._max_bytes, self._max_files = max_bytes, max_files
        self._gone: set[Parts] = set()
        self._made: dict[Parts, str] = {}

    def close(self) -> None:
        self._lower.close()

    def describe(self) -> str:
        return f"changes wait, {self._max_bytes} bytes and {self._max_files} files"

    def begin(self, writing: Iterable[Parts]) -> None:
        """Begin a run: `changes` are its."""
        self._made = {}

    def changes(self) -> dict[Parts, str]:
        """Return what `commit` has changed in the run, see `Watch.told`."""
        return self._made

    def discard(self) -> None:
        """Forget all changes. Handles are invalid from now on."""
        self._upper.reset(EMPTY)
        self._gone.clear()

    # ---- looking

    def _shows(self, parts: Parts) -> bool:
        """Whether nothing hides what the directory has at *parts*, or the way to it."""
        for end in range(1, len(parts) + 1):
            node = self._upper.node(parts[:end])
            if parts[:end] in self._gone or (node is not None and node.content is not None):
                return False
        return True

    def _is_below(self, parts: Parts) -> bool:
        """Whether the directory itself has something there that is not removed."""
        if parts in self._gone or not self._shows(parts[:-1]):
            return False
        try:
            self._lower.stat(parts, False)
        except FileError:
            return False
        return True

    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        if parts and (self._upper.node(parts) is not None or not self._shows(parts)):
            return self._upper.stat(parts)
        return self._lower.stat(parts, follow)

    def _exists(self, parts: Parts) -> bool:
        try:
            self.stat(parts, False)
        except FileError as error:
            if error.errno != Errno.NOENT:
                raise
            return False
        return True

    def list(self, parts: Parts) -> list[Entry]:
        if self.stat(parts).kind != Kind.DIRECTORY:
            raise FileError(Errno.NOTDIR)
        found: dict[str, Entry] = {}
        if not parts or self._is_below(parts):
            found = {
                entry.name: entry
                for entry in self._lower.list(parts)
                if (*parts, entry.name) not in self._gone
            }
        if self._upper.node(parts) is not None:
            found |= {entry.name: entry for entry in self._upper.list(parts)}
        return builtins.list(found.values())

    # ---- changing what is in memory

    def _mirror(self, parts: Parts) -> None:
        """Have the directory *parts* in the tree, too."""
        for end in range(1, len(parts) + 1):
            if self._upper.node(parts[:end]) is None:
                if self.stat(parts[:end]).kind != Kind.DIRECTORY:
                    raise FileError(Errno.NOTDIR)
                self._upper.make_directory(parts[:end])

    def _copy(self, parts: Parts, how: int = 0) -> None:
        """Have the file *parts* in the tree, too; with nothing in it if it is to be cut."""
        handle = self._lower.open(parts, How.READ)
        if handle is None:
            raise FileError(Errno.ISDIR)
        try:
            found = handle.stat()
            size = 0 if how & How.TRUNCATE else found.size
            if size > self._max_bytes:
                raise FileError(Errno.NOSPC)
            self._mirror(parts[:-1])
            self._fill(parts, handle, size)
            self._upper.set_times(parts, True, found.accessed, found.modified)
        finally:
            handle.close()

    def _fill(self, parts: Parts, source: Handle, size: int) -> None:
        target = self._upper.open(parts, How.CREATE | How.WRITE)
        if target is None:
            raise FileError(Errno.ISDIR)
        try:
            at = 0
            while at < size and (piece := source.read(at, min(size - at, MAX_IO))):
                at = target.write(at, piece)  # a system need not read all at once
        except FileError:
            self._upper.unlink(parts)
            raise
        finally:
            target.close()

    def open(self, parts: Parts, how: int) -> Handle | None:
        if not parts:
            return self._lower.open(parts, how)
        if self._upper.node(parts) is None:
            if not self._exists(parts):
                if not how & How.CREATE:
                    raise FileError(Errno.NOENT)
                self._mirror(parts[:-1])
            elif how & How.CREATE and how & How.EXCLUSIVE:
                raise FileError(Errno.EXIST)
            elif how & (How.WRITE | How.TRUNCATE) and self.stat(parts).kind != Kind.DIRECTORY:
                if how & How.DIRECTORY:
                    raise FileError(Errno.NOTDIR)
                self._copy(parts, how)
            else:
                return self._lower.open(parts, how)
        return self._upper.open(parts, how)

    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        if self.stat(parts).kind == Kind.DIRECTORY:
            self._mirror(parts)
        elif self._upper.node(parts) is None:
            self._copy(parts)
        self._upper.set_times(parts, follow, accessed, modified)

    def make_directory(self, parts: Parts) -> None:
        if self._exists(parts):
            raise FileError(Errno.EXIST)
        self._mirror(parts[:-1])
        self._upper.make_directory(parts)

    def remove_directory(self, parts: Parts) -> None:
        if self.stat(parts, False).kind != Kind.DIRECTORY:
            raise FileError(Errno.NOTDIR)
        if self.list(parts):
            raise FileError(Errno.NOTEMPTY)
        is_below = self._is_below(parts)
        if self._upper.node(parts) is not None:
            self._upper.remove_directory(parts)
        if is_below:
            self._gone.add(parts)

    def unlink(self, parts: Parts) -> None:
        if self.stat(parts, False).kind == Kind.DIRECTORY:
            raise FileError(Errno.ISDIR)
        is_below = self._is_below(parts)
        if self._upper.node(parts) is not None:
            self._upper.unlink(parts)
        if is_below:
            self._gone.add(parts)

    def rename(self, old: Parts, new: Parts) -> None:
        for parent in (old[:-1], new[:-1]):
            if self.stat(parent).kind != Kind.DIRECTORY:
                raise FileError(Errno.NOTDIR)
        kind = self.stat(old, False).kind
        if old == new:
            return
        if new[: len(old)] == old:
            raise FileError(Errno.INVAL)
        if old[: len(new)] == new:
            raise FileError(Errno.NOTEMPTY)
        replaced = self.stat(new, False).kind if self._exists(new) else None
        is_below = self._is_below(old)
        if kind == Kind.DIRECTORY:
            if replaced not in (None, Kind.DIRECTORY):
                raise FileError(Errno.NOTDIR)
            if is_below:
                # All that is in it would have to be copied; programs copy for this error.
                raise FileError(Errno.XDEV)
            if replaced is not None:
                self.remove_directory(new)
        elif kind != Kind.FILE:
            raise FileError(Errno.PERM)
        elif replaced == Kind.DIRECTORY:
            raise FileError(Errno.ISDIR)
        elif self._upper.node(old) is None:
            self._copy(old)
        self._mirror(new[:-1])
        self._upper.rename(old, new)
        if is_below:
            self._gone.add(old)

    # ---- making the changes

    @translated
    def commit(self) -> None:
        """Make the changes. Until all files are written aside, nothing of them shows.

        Each file is then put in place at once. The host's own changes in the meantime
        may make one of these steps fail, and leave those after it undone.
        """
        changed = [(parts, node) for parts, node in self._upper.walk() if node.content is not None]
        if not changed and not self._gone and self._upper.mark() is EMPTY:
            return
        made = {parts: "changed" if self._had(parts) else "created" for parts, _ in changed}
        made |= {parts: "deleted" for parts in self._gone if parts not in made and self._had(parts)}
        aside = f".sandbox-wasm-{os.urandom(8).hex()}"
        with self._lower.volume.enter(()) as root:
            os.mkdir(aside, 0o700, dir_fd=root)
            try:
                with self._lower.volume.enter((aside,)) as at:
                    try:
                        for number, (parts, _) in enumerate(changed):
                            self._write_aside(at, str(number), parts)
                        self._remove()
                        self._make_directories()
                        for number, (parts, _) in enumerate(changed):
                            with self._lower.volume.enter(parts[:-1]) as target:
                                place = parts[-1].encode()
                                os.rename(str(number), place, src_dir_fd=at, dst_dir_fd=target)
                    finally:
                        for name in os.listdir(at):
                            os.unlink(name, dir_fd=at)
            finally:
                os.rmdir(aside, dir_fd=root)
        self._made = made

    def _had(self, parts: Parts) -> bool:
        """Whether the directory itself has a file there, hidden or not."""
        try:
            return self._lower.volume.stat(parts, False).kind == Kind.FILE
        except FileError:
            return False

    def _write_aside(self, at: int, name: str, parts: Parts) -> None:
        node = self._upper.node(parts)
        if node is None or node.content is None:
            raise FileError(Errno.IO)
        fd = os.open(name, _NEW | getattr(os, "O_CLOEXEC", 0), 0o666, dir_fd=at)
        try:
            with contextlib.suppress(FileError, FileNotFoundError):
                with self._lower.volume.enter(parts[:-1]) as beside:
                    before = self._lower.volume.find(beside, parts[-1])
                if before is not None and stat.S_ISREG(before.st_mode):
                    os.fchmod(fd, before.st_mode & 0o777)
            place, size = 0, node.content.size
            while place < size:
                place += os.write(fd, node.content.read(place, 1 << 20))
            os.utime(fd, ns=(node.accessed, node.modified))
            os.fsync(fd)  # a name must never come before what it stands for
        finally:
            os.close(fd)

    def _remove(self) -> None:
        for parts in sorted(self._gone, key=len, reverse=True):
            node = self._upper.node(parts)
            with contextlib.suppress(FileNotFoundError), self._lower.volume.enter(parts[:-1]) as at:
                found = self._lower.volume.look(at, parts[-1])
                is_directory = stat.S_ISDIR(found.st_mode)
                if node is not None and is_directory == (node.content is None):
                    continue  # another takes its place
                name = parts[-1].encode()
                (os.rmdir if is_directory else os.unlink)(name, dir_fd=at)

    def _make_directories(self) -> None:
        for parts, node in self._upper.walk():
            if node.content is None:
                with self._lower.volume.enter(parts[:-1]) as at:
                    if self._lower.volume.find(at, parts[-1]) is None:
                        os.mkdir(parts[-1].encode(), 0o777, dir_fd=at)
