"""Waiting for what other threads and processes are about to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], seconds: float = 10.0) -> T | None:
    """Return what *look* returns, as soon as that is true; None if it is not so in time."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not (found := look()):
        if time.monotonic() > end:
            return None
        pause.wait(0.005)
    return found
