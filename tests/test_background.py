"""Runs that are waited for by a thread: whatever becomes of it, nobody waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import pytest

from sandbox_wasm._background import Background

BOUND = 20


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let threads end with an error, which is what these tests are about."""
    monkeypatch.setattr(threading, "excepthook", lambda args: None)


class Unlucky(Future[Any]):
    """One that the thread cannot begin with, or not tell."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self._fails = {method}

    def set_running_or_notify_cancel(self) -> bool:
        if "begin" in self._fails:
            raise MemoryError
        return super().set_running_or_notify_cancel()

    def set_result(self, result: Any) -> None:
        if "tell" in self._fails:
            raise MemoryError
        super().set_result(result)


@pytest.mark.parametrize("method", ["begin", "tell"])
def test_a_thread_that_ends(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What it had, and what was behind it, fails; what is put in later is done.
    """
    background = Background()
    may_go_on = threading.Event()
    first = background.put(lambda: may_go_on.wait(BOUND))
    monkeypatch.setattr("sandbox_wasm._background.Future", lambda: Unlucky(method))
    second = background.put(lambda: 2)
    monkeypatch.undo()
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    third = background.put(lambda: 3)
    may_go_on.set()

    assert first.result(BOUND)
    for future in (second, third):
        assert isinstance(future.exception(BOUND), MemoryError)
    assert 4 == background.put(lambda: 4).result(BOUND)


def test_a_thread_that_never_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One that was ended before it had begun is not waited for by what is put in later.
    """
    from sandbox_wasm import _background

    background = Background()

    def start(errand: Any) -> None:
        assert errand.cancel()

    with monkeypatch.context() as patch:
        patch.setattr(_background, "start_thread", start)
        lost = background.put(lambda: 1)

    assert 2 == background.put(lambda: 2).result(BOUND)
    assert 1 == lost.result(BOUND)
