"""Removing compiled modules that nobody uses any more.

Each version of an artifact, of the engine and of its settings is compiled to a file of its own,
of up to 50 MB, and nobody says when an old one is done with. So an entry notes by the time of
its seal when it was last used, to the day, and whoever compiles something looks for what was not
used for long. What another process has loaded stays in its memory; one that finds its file gone
compiles it anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import NamedTuple

_DAY = 86_400
_LONG = 60 * _DAY  # unused that long, an entry goes
_RECENT = 2 * _DAY  # used since then, it stays in any case
_MOST_BYTES = 1 << 30  # above it, those go that were used the longest ago

# The folder may be one that others keep things in, too: a digest as a name is not enough.
_NAME = re.compile(r"([0-9a-f]{64})\.(?:cwasm|zip|seal|lock)")
_OURS = {".cwasm", ".seal"}
_LEFT_BEHIND = ".new-"  # how files begin that were never finished


class Entry(NamedTuple):
    """The files of one compiled module.

    Attributes:
        used: When it was used the last time, in seconds since the epoch; to the day.

        size: Bytes of all its files.

        files: In the order in which they may go: without its seal nobody trusts a module.
    """

    used: float
    size: int
    files: tuple[Path, ...]


def note_use(seal: Path) -> None:
    """Note that an entry is used now, unless that was noted today."""
    with contextlib.suppress(OSError):  # a folder that is read-only is nobody's to prune
        if time.time() - seal.lstat().st_mtime > _DAY:
            os.utime(seal)


def entries(folder: Path) -> list[Entry]:
    """Return what lies in *folder*, the one that was used the longest ago first."""
    found: dict[str, dict[Path, os.stat_result]] = {}
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match:
                with contextlib.suppress(OSError):  # gone meanwhile
                    found.setdefault(match[1], {})[path] = path.lstat()
    ours = (files for files in found.values() if any(path.suffix in _OURS for path in files))
    return sorted(map(_entry, ours), key=lambda entry: entry.used)


def _entry(files: dict[Path, os.stat_result]) -> Entry:
    order = sorted(files, key=lambda path: path.suffix != ".seal")
    used = max(info.st_mtime for path, info in files.items() if path.suffix == order[0].suffix)
    return Entry(used, sum(info.st_size for info in files.values()), tuple(order))


def prune(folder: Path) -> int:
    """Remove the entries of *folder* that were not used for long; return how many."""
    now = time.time()
    listed = entries(folder)
    total = sum(entry.size for entry in listed)
    removed = 0
    for entry in listed:
        age = now - entry.used
        if age > _LONG or (total > _MOST_BYTES and age > _RECENT):
            for path in entry.files:
                _remove(path)
            total -= entry.size
            removed += 1
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{_LEFT_BEHIND}*"):
            if now - path.lstat().st_mtime > _DAY:
                _remove(path)
    return removed


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # gone, or Windows: a process has it open
        path.unlink()
