"""What every attack is measured against: a host that is as it was, and a session after it."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DESCRIPTORS = Path("/proc/self/fd")


def threads() -> set[str]:
    """Names of the threads that belong to sessions."""
    return {t.name for t in threading.enumerate() if t.name.startswith("sandbox-wasm")}


def descriptors() -> int:
    """How many descriptors this process has open; 0 where that cannot be seen."""
    return len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0


def resident_bytes() -> int:
    """Memory of this process that is in use; 0 where that cannot be seen."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def until(true: Callable[[], bool], seconds: float = 5) -> bool:
    """Wait for what other threads are about to do."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not true():
        if time.monotonic() > end:
            return False
        pause.wait(0.01)
    return True


@pytest.fixture
def unharmed(assert_healthy: Callable[[], None]) -> Iterator[None]:
    """Fails if the test leaves a thread or a descriptor behind, or the next session ill."""
    assert_healthy()  # what opens files once for the process has done so
    gc.collect()
    before = descriptors()
    yield
    assert_healthy()

    def is_as_before() -> bool:
        gc.collect()
        return descriptors() <= before + ENGINES

    assert until(is_as_before), f"{descriptors()} descriptors, {before} before"


# Each engine that waits for its next session keeps the compiled module's file open.
ENGINES = 16
