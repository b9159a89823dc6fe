"""A lock between processes, which nobody waits for without end."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_LOOK_SECONDS = 0.05


@contextlib.contextmanager
def locked(path: Path, patience: float) -> Iterator[bool]:
    """Hold the lock of *path*, a file that is made if it is missing and that stays.

    The kernel takes the lock from a process that ends, however it ends. Yields whether it
    is held: it is not if another process has it for longer than *patience* seconds, if
    the file cannot be opened, or on Windows.
    """
    if sys.platform == "win32":
        yield False
        return
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    held = False
    try:
        held = _take(handle, patience)
        yield held
    finally:
        if held:  # a child of fork has the file open as well, and would keep the lock
            fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _take(handle: int, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK_SECONDS)
        except OSError:  # a file system without locks
            return False
        else:
            return True
