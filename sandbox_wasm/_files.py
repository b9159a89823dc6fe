"""The files of one session: what guest code finds at which path.

A tree in memory, with other volumes (mounts, shared read-only trees) at paths of their
own, and the table of open descriptors. All of it belongs to the host and survives the
guest; `mark` and `reset` carry it through checkpoints and forks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping

from ._audit import Audit
from ._changes import NO_CHANGES, FileChanges, compare, find
from ._descriptors import Descriptors, Open
from ._errors import MountError
from ._filesystem import MAX_NAME, MAX_OPEN, ROOT, Errno, FileError, How, Kind, Stat
from ._journal import Journal
from ._nodes import Descriptor, FilesState, build
from ._noted import noted
from ._overlay import Overlay
from ._recorded import Recorded
from ._tree import Tree, TreeHandle
from ._volume import Clock, Parts, Volume
from ._watch import together

_START = build({}, [("tmp",)])
_DOTS = frozenset(("", ".", ".."))  # parts of a path that are no names
_CHANGES = How.WRITE | How.CREATE | How.TRUNCATE


class Files(Descriptors):
    """A `FileSystem` for one guest, and the host's own way to the same files.

    Args:
        max_bytes, max_files: How much the tree may hold; directories count as files.

        volumes: What else there is, by path. They may not lie within one another.

        clock: Tells the time, no finer than guest code may know it.

        owner_clock: The same for what is none of guest code's doing.

    Attributes:
        audit: Takes note of what is opened, made, moved and removed; None for nobody.

        journal: Of the run that goes on; None for one that is not to be suspended.

        now: What the time is while the owner changes something.
    """

    def __init__(
        self,
        max_bytes: int,
        max_files: int,
        *,
        volumes: Mapping[Parts, Volume] | None = None,
        clock: Clock = time.time_ns,
        owner_clock: Clock = time.time_ns,
    ) -> None:
        def tell() -> int:
            return clock() if self.now is None else self.now

        tree = Tree(_START, max_bytes=max_bytes, max_files=max_files, clock=tell)
        super().__init__(tree, volumes or {}, tell)
        self.owner_clock = owner_clock
        self.now: int | None = None
        self.journal: Journal | None = None
        self._overlays = {
            at: volume for at, volume in self._volumes.items() if isinstance(volume, Overlay)
        }
        self._changing = {
            at: volume
            for at, volume in self._volumes.items()
            if isinstance(volume, (Recorded, Overlay))
        }
        self.audit: Audit | None = None
        self._touched: set[Parts] = set()
        self._show_volumes()
        self._before = tree.mark()
        self._marked = FilesState(self._before, ())

    # ---- the session's side

    def begin(self) -> None:
        """Begin a run: its changes count from here."""
        with self.lock:
            self._begin()

    def _begin(self) -> None:
        self._before = self.tree.mark()
        self._touched.clear()
        for file in self._fds.values():
            file.entries = ()  # a run that is gone through again has none
            if file.handle is not None and file.how & How.WRITE and file.parts is not None:
                self._touched.add(file.parts)
        for at, volume in self._changing.items():
            volume.begin(parts[len(at) :] for parts in self._touched if parts[: len(at)] == at)

    def end(self) -> FileChanges:
        """Return what was changed since `begin`."""
        if not self._touched and not self._changing:
            return NO_CHANGES
        with self.lock:
            mounted = together(
                {
                    "/" + "/".join((*at, *parts)): how
                    for at, volume in self._changing.items()
                    for parts, how in volume.changes().items()
                }
            )
            return compare(self._before, self.tree.mark(), self._touched, mounted)

    def settle(self, is_good: bool) -> MountError | None:
        """Make the changes that waited for the end of a run, or forget them.

        Returns what prevented it. Their descriptors are opened again when they are used.
        """
        if not self._overlays:
            return None
        with self.lock:
            return self._settle(is_good)

    def _settle(self, is_good: bool) -> MountError | None:
        error = None
        for at, overlay in self._overlays.items():
            if is_good and error is None:
                try:
                    overlay.commit()
                except FileError as failure:
                    error = MountError("/" + "/".join(at), failure.errno.name)
        for file in self._fds.values():
            if file.handle is not None and file.volume in self._overlays.values():
                with contextlib.suppress(FileError):  # it is closed all the same
                    file.handle.close()
                file.handle = None
        for overlay in self._overlays.values():
            overlay.discard()
        return error

    def is_volume(self, parts: Parts) -> bool:
        """Whether something else than the tree begins there."""
        return parts in self._volumes

    def places(self) -> tuple[str, ...]:
        """Say what there is besides the tree, as far as a run can tell it from another."""
        found = [f"/{'/'.join(at)} ({each.describe()})" for at, each in self._volumes.items()]
        return tuple(sorted(found))

    def mark(self) -> FilesState:
        """Return files and descriptors as they are; what was marked never changes."""
        with self.lock:
            tree = self.tree.mark()
            if len(self._fds) == 1:  # nothing but the root
                if self._marked.tree is not tree:
                    self._marked = FilesState(tree, ())
                return self._marked
            opened = tuple(
                Descriptor(fd, file.parts, self._number(file), file.how, file.kind, file.at)
                for fd, file in self._fds.items()
                if fd != ROOT
            )
            return FilesState(tree, opened)

    def _number(self, file: Open) -> int | None:
        handle = file.handle
        if isinstance(handle, TreeHandle) and handle.tree is self.tree:
            return handle.number
        return None  # it is found again by its path

    def reset(self, state: FilesState) -> None:
        """Be as *state* says, which may come from a session with the same volumes.

        Files of volumes stay as they are; their descriptors are opened again when they
        are used, and are bad if that fails.
        """
        with self.lock:
            self._close_all()
            self.tree.reset(state.tree)
            self._show_volumes()
            self._before, self._touched = self.tree.mark(), set()
            for was in state.open:
                handle = None if was.number is None else self.tree.open_number(was.number)
                file = self._fds[was.fd] = Open(was.parts, handle, was.how, was.kind)
                file.at = was.at

    def _show_volumes(self) -> None:
        """Have a directory where each volume begins, for who lists what is around it."""
        for parts in self._volumes:
            with contextlib.suppress(FileError):  # a file in the way is hidden, as it must be
                for end in range(1, len(parts) + 1):
                    if self.tree.node(parts[:end]) is None:
                        self.tree.make_directory(parts[:end])

    def release(self) -> None:
        """Let go of everything that is open on the host. The tree can still be read."""
        with self.lock:
            self._close_all()
            for volume in self._volumes.values():
                volume.close()

    def _close_all(self) -> None:
        for fd in list(self._fds):
            with contextlib.suppress(FileError):  # it is closed all the same
                self.close(fd)

    # ---- paths

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
