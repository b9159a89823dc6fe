"""The files of one session: what guest code finds at which path.

A tree in memory, with other volumes (mounts, shared read-only trees) at paths of their
own, and the table of open descriptors. All of it belongs to the host and survives the
guest; `mark` and `reset` carry it through checkpoints and forks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping

from ._changes import NO_CHANGES, FileChanges, compare
from ._descriptors import Open
from ._errors import MountError
from ._filesystem import ROOT, FileError, How
from ._journal import Journal
from ._nodes import Descriptor, FilesState, build
from ._overlay import Overlay
from ._paths import Paths
from ._recorded import Recorded
from ._table import TreeHandle
from ._tree import Tree
from ._volume import Clock, Parts, Volume
from ._watch import together

_START = build({}, [("tmp",)])


class Time:
    """What the time is for files.

    Args:
        clock: Tells it to guest code.

    Attributes:
        now: What it is while the owner changes something; else None.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.now: int | None = None

    def __call__(self) -> int:
        return self._clock() if self.now is None else self.now


class Files(Paths):
    """A `FileSystem` for one guest, and the host's own way to the same files.

    Args:
        max_bytes, max_files: How much the tree may hold; directories count as files.

        volumes: What else there is, by path. They may not lie within one another.

        clock: Tells the time, no finer than guest code may know it.

        owner_clock: The same for what is none of guest code's doing.

    Attributes:
        journal: Of the run that goes on; None for one that is not to be suspended.

        time: What the time is.
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
        self.time = Time(clock)
        tree = Tree(_START, max_bytes=max_bytes, max_files=max_files, clock=self.time)
        super().__init__(tree, volumes or {}, self.time)
        self.owner_clock = owner_clock
        self.journal: Journal | None = None
        self._overlays = {
            at: volume for at, volume in self._volumes.items() if isinstance(volume, Overlay)
        }
        self._changing = {
            at: volume
            for at, volume in self._volumes.items()
            if isinstance(volume, (Recorded, Overlay))
        }
        self._show_volumes()
        self._before = tree.mark()
        self._marked = FilesState(self._before, ())

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
