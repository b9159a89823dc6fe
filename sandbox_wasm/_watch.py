"""What a run does to the files of a mounted directory, for who reads its result."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from ._volume import Parts

Key = tuple[int, int]  # device and inode: a file of the host
_NOWHERE = (-1, -1)


class MountedChanges(NamedTuple):
    """The files under mounts that a run left created or changed, and those it removed.

    Absolute paths of the guest's, sorted. What they hold is on the host.
    """

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


class Watch:
    """Remembers what stood where, of the paths that a run changes.

    Attributes:
        written: The files that guest code has changed.
    """

    def __init__(self) -> None:
        self._before: dict[Parts, Key | None] = {}
        self.written: set[Key] = set()

    def begin(self) -> None:
        """Begin a run."""
        self._before.clear()
        self.written.clear()

    def note(self, parts: Parts, before: Key | None) -> None:
        """Take note of what stood at a path that was changed; the first time counts.

        Not of one that could not be: it would be held, and never forgotten.
        """
        self._before.setdefault(parts, before)

    def unlinked(self, parts: Parts, found: os.stat_result) -> None:
        """Forget a name that came in the same run, so that it is not held for ever."""
        if found.st_nlink == 1:
            self.written.discard((found.st_dev, found.st_ino))
        self.moved(parts)

    def moved(self, parts: Parts) -> None:
        """Likewise of one that was moved."""
        if self._before.get(parts, _NOWHERE) is None:
            del self._before[parts]

    def told(self, look: Callable[[Parts], Key | None]) -> dict[Parts, str]:
        """Return the paths that are not as they were, and how: a field of `MountedChanges`.

        Args:
            look: Tells which file stands at a path now.
        """
        found = {}
        for parts, before in self._before.items():
            now = look(parts)
            if before is None and now is not None:
                found[parts] = "created"
            elif before is not None and now is None:
                found[parts] = "deleted"
            elif now is not None and (now != before or now in self.written):
                found[parts] = "changed"
        return found


def key_of(found: os.stat_result | None) -> Key | None:
    """Return which file that is; None if it is no regular one."""
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    return found.st_dev, found.st_ino


def together(told: dict[str, str]) -> MountedChanges:
    """Return what was *told* of paths."""
    return MountedChanges(
        *(
            tuple(sorted(path for path, how in told.items() if how == field))
            for field in MountedChanges._fields
        )
    )
