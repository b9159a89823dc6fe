"""What every attack is measured against: a host that is as it was, and a session after it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest
from processes import descriptors
from waiting import until


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
