"""What guest code does with files by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._audit import Audit
from ._changes import find
from ._descriptors import Descriptors, Open
from ._filesystem import MAX_NAME, MAX_OPEN, ROOT, Errno, FileError, How, Kind, Stat
from ._noted import noted
from ._tree import Tree
from ._volume import Clock, Parts, Volume

_DOTS = frozenset(("", ".", ".."))  # parts of a path that are no names
_CHANGES = How.WRITE | How.CREATE | How.TRUNCATE


class Paths(Descriptors):
    """The half of a `FileSystem` that takes paths; its arguments are those of the other.

    Attributes:
        audit: Takes note of what is opened, made, moved and removed; None for nobody.
    """

    def __init__(self, tree: Tree, volumes: Mapping[Parts, Volume], clock: Clock) -> None:
        super().__init__(tree, volumes, clock)
        self.audit: Audit | None = None
        # What the run may have changed in the tree, and how that was before.
        self._touched: set[Parts] = set()
        self._before = tree.mark()

    def note(self, action: str, at: int, path: str, refused: str = "") -> None:
        """Take note of what guest code did to a path, or why it was refused."""
        if self.audit is not None:
            opened = self._fds.get(at)
            base = () if opened is None or opened.parts is None else opened.parts
            self.audit.note_file(action, base, path, refused)

    @noted("open")
    def open(self, at: int, path: str, how: int) -> tuple[int, Stat]:
        with self.lock:
            if len(self._fds) > MAX_OPEN:
                raise FileError(Errno.MFILE)
            if how & How.CREATE and how & How.DIRECTORY:
                raise FileError(Errno.INVAL)
            parts, end = self._resolve(at, path)
            volume, rest = self._volume(parts)
            if end:
                if how & How.CREATE:
                    self._check_directory(parts[:-1] if end == "/" else parts)
                    is_there = end != "/" and how & How.EXCLUSIVE
                    raise FileError(Errno.EXIST if is_there else Errno.ISDIR)
                how |= How.DIRECTORY
            handle = volume.open(rest, how)
            try:
                stat = volume.stat(rest) if handle is None else handle.stat()
            except FileError:  # the host has it no more
                if handle is not None:
                    handle.close()
                raise
            if volume is self.tree and handle is not None and how & _CHANGES:
                self._touched.add(parts)
            fd = ROOT + 1
            while fd in self._fds:
                fd += 1
            kind = Kind.DIRECTORY if handle is None else Kind.FILE
            file = self._fds[fd] = Open(parts, handle, how, kind)
            file.volume = volume
            return fd, stat

    def _check_directory(self, parts: Parts) -> None:
        volume, rest = self._volume(parts)
        if volume.stat(rest).kind != Kind.DIRECTORY:
            raise FileError(Errno.NOTDIR)

    def _resolve(self, at: int, path: str) -> tuple[Parts, str]:
        """Return the parts of *path* from the root, and what it ends with if that is no name."""
        base = self._directory(at)
        names = path.split("/")
        if not path:
            raise FileError(Errno.NOENT)
        if not names[0]:
            raise FileError(Errno.NOTCAPABLE)  # absolute, which no libc sends
        # A character has four bytes at most: short paths need not be encoded to know.
        if len(path) > MAX_NAME // 4 and any(len(n.encode()) > MAX_NAME for n in names):
            raise FileError(Errno.NAMETOOLONG)
        if _DOTS.isdisjoint(names):
            return (*base, *names), ""
        parts = list(base)
        for name in names:
            if name == "..":
                self._check_directory(tuple(parts))
                if len(parts) > len(base):
                    parts.pop()
                elif at != ROOT:
                    raise FileError(Errno.NOTCAPABLE)
            elif name not in ("", "."):
                parts.append(name)
        end = next((name for name in reversed(names) if name), "")
        return tuple(parts), end if end in (".", "..") else "" if names[-1] else "/"

    def _entry(self, at: int, path: str, dot: Errno) -> tuple[Volume, Parts, Parts, str]:
        """Resolve a path whose last name is to come or go: volume, parts in it, parts, end."""
        parts, end = self._resolve(at, path)
        if end in (".", ".."):
            self._check_directory(parts)
            raise FileError(dot)
        volume, rest = self._volume(parts)
        if not rest:
            raise FileError(dot if dot == Errno.EXIST else Errno.BUSY)
        return volume, rest, parts, end

    def stat_path(self, at: int, path: str, follow: bool) -> Stat:
        with self.lock:
            parts, end = self._resolve(at, path)
            volume, rest = self._volume(parts)
            stat = volume.stat(rest, follow or bool(end))
            if end and stat.kind != Kind.DIRECTORY:
                raise FileError(Errno.NOTDIR)
            return stat

    def set_times_path(
        self, at: int, path: str, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        with self.lock:
            self.stat_path(at, path, follow)
            volume, rest = self._volume(self._resolve(at, path)[0])
            volume.set_times(rest, follow, self._time(accessed), self._time(modified))

    def read_link(self, at: int, path: str) -> str:
        if self.stat_path(at, path, False).kind == Kind.LINK:
            raise FileError(Errno.ACCES)  # where it leads is the host's affair
        raise FileError(Errno.INVAL)

    @noted("link")
    def make_link(self, at: int, path: str) -> None:
        with self.lock:
            volume, rest, _, _ = self._entry(at, path, Errno.EXIST)
            try:
                volume.stat(rest, False)
            except FileError as error:
                if error.errno != Errno.NOENT:
                    raise
            else:
                raise FileError(Errno.EXIST)
            raise FileError(Errno.PERM)

    @noted("mkdir")
    def make_directory(self, at: int, path: str) -> None:
        with self.lock:
            volume, rest, _, _ = self._entry(at, path, Errno.EXIST)
            volume.make_directory(rest)

    @noted("rmdir")
    def remove_directory(self, at: int, path: str) -> None:
        with self.lock:
            ends = path.rstrip("/").endswith("..")
            volume, rest, parts, _ = self._entry(at, path, Errno.NOTEMPTY if ends else Errno.INVAL)
            volume.remove_directory(rest)
            self._forget(parts)

    @noted("unlink")
    def unlink(self, at: int, path: str) -> None:
        with self.lock:
            volume, rest, parts, end = self._entry(at, path, Errno.ISDIR)
            if end and volume.stat(rest, False).kind != Kind.DIRECTORY:
                raise FileError(Errno.NOTDIR)
            volume.unlink(rest)
            self._forget(parts)
            if volume is self.tree:
                self._touched.add(parts)
                self._forgo([parts])

    def rename(self, at: int, path: str, to: int, target: str) -> None:
        refused = ""
        try:
            with self.lock:
                self._rename(at, path, to, target)
        except FileError as error:
            refused = error.errno.name
            raise
        finally:
            self.note("rename", at, path, refused)
            self.note("rename to", to, target, refused)

    def _rename(self, at: int, path: str, to: int, target: str) -> None:
        volume, old_rest, old, old_end = self._entry(at, path, Errno.BUSY)
        other, new_rest, new, new_end = self._entry(to, target, Errno.BUSY)
        if volume is not other:
            raise FileError(Errno.XDEV)
        if any(place[: len(old)] == old for place in self._volumes):
            raise FileError(Errno.BUSY)
        if old_end or new_end:
            self._check_directory(new[:-1])
            if volume.stat(old_rest, False).kind != Kind.DIRECTORY:
                raise FileError(Errno.NOTDIR)
        volume.rename(old_rest, new_rest)
        if old == new:
            return
        self._forget(new)
        for file in self._fds.values():
            if file.parts is not None and file.parts[: len(old)] == old:
                file.parts = new + file.parts[len(old) :]
        if volume is self.tree:
            came = [new, *(below for below, _ in self.tree.walk(new))]
            went = [old + below[len(new) :] for below in came]
            self._touched.update(came, went)
            self._forgo(went)

    def _forgo(self, went: Iterable[Parts]) -> None:
        """Do not tell of names that came in the same run, so that they are not held for ever."""
        self._touched.difference_update(
            [parts for parts in went if find(self._before, parts) is None]
        )

    def _forget(self, parts: Parts) -> None:
        """Let descriptors know that what they have open has no name any more."""
        for file in self._fds.values():
            if file.parts == parts:
                file.parts = None
