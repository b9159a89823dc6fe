"""Threads with the stack that a guest needs."""

from __future__ import annotations

import threading
from collections.abc import Callable

# Twice the wasm stack: the rest is for the engine and for host functions, which
# are called from the guest's depth.
STACK_BYTES = 4 << 20

_stack_size_lock = threading.Lock()


def start_thread(target: Callable[[], None]) -> threading.Thread:
    """Run *target* on a thread of that kind, which does not hold the exit of the process."""
    # The stack size is a setting of the whole process, so it is put back at once.
    thread = threading.Thread(target=target, name="sandbox-wasm", daemon=True)
    with _stack_size_lock:
        before = threading.stack_size(STACK_BYTES)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    return thread
