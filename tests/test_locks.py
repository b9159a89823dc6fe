"""A lock is left by whoever had it, also when Ctrl-C lands beside it."""

from __future__ import annotations

import ast
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox_wasm
from sandbox_wasm import Session
from sandbox_wasm._locks import Mutex, RLock

needs_timer = pytest.mark.skipif(
    not hasattr(signal, "setitimer"), reason="this system has no timer that sends a signal"
)


@pytest.fixture
def interrupting() -> Any:
    """Has a KeyboardInterrupt come at some moment of a function that is called over and over."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)

    def interrupt(function: Callable[[], object]) -> bool:
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 6e-5))
                for _ in range(400):
                    function()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            return True
        return False

    yield interrupt
    signal.signal(signal.SIGALRM, before)


@needs_timer
@pytest.mark.parametrize("make", [RLock, Mutex], ids=["RLock", "Mutex"])
def test_ctrl_c_leaves_no_lock_locked(make: Any, interrupting: Any) -> None:
    """
    Wherever it lands in a block, before it or behind it, the lock is free afterwards. (SD-02)
    """
    interrupted = 0
    for _ in range(2000):
        lock = make()

        def use(lock: Any = lock) -> int:
            with lock:
                return len("x")

        interrupted += interrupting(use)
        assert not lock._is_owned()

    assert interrupted > 100


@needs_timer
def test_ctrl_c_in_a_lock_that_is_had_twice(interrupting: Any) -> None:
    """
    What is locked outside stays locked, and is left by its own block.
    """
    for _ in range(500):
        lock = RLock()

        def use(lock: Any = lock) -> None:
            with lock:
                try:
                    with lock:
                        pass
                finally:
                    assert lock._is_owned()

        interrupting(use)
        assert not lock._is_owned()


def test_mutex_is_had_once() -> None:
    """
    Its own thread gets an error where it would wait for itself; another waits.
    """
    mutex = Mutex()
    with mutex:
        assert mutex.is_mine()
        with pytest.raises(RuntimeError, match="signal handler"):
            mutex.check()
        got: list[bool] = []
        other = threading.Thread(target=lambda: got.append(mutex.is_mine()))
        other.start()
        other.join()
        assert [False] == got

    assert not mutex.is_mine()


@needs_timer
def test_signal_handler_cannot_run_code_in_a_session_that_runs() -> None:
    """
    It is told so, where it would wait for the run that waits for it.
    """
    caught: list[BaseException] = []

    with Session("micropython") as session:
        session.run("1")

        def handle(number: int, frame: object) -> None:
            try:
                session.run("2")
            except RuntimeError as error:
                caught.append(error)

        before = signal.signal(signal.SIGALRM, handle)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            assert session.run("import time\ntime.sleep(0.3)\n3").value == 3
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

        assert "signal handler" in str(caught[0])
        assert session.run("4").value == 4


# Where only threads of ours come, on which no signal handler runs.
OURS = {"_coroutines.py", "_worker_host.py", "_zygote.py"}


def plain_locks(path: Path) -> Iterator[str]:
    """The names of locks of `threading` that a block of ``with`` in a module has."""
    tree = ast.parse(path.read_text("utf-8"))
    made = {
        ast.unparse(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "Lock()" in ast.unparse(node.value).split(".")
        for target in node.targets
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.With):
            yield from made & {ast.unparse(item.context_expr) for item in node.items}


def test_locks_that_callers_have_are_those_that_stand_signals() -> None:
    """
    A signal handler that closes a session, say, may come while its own thread has the lock.
    """
    package = Path(sandbox_wasm.__file__).parent
    found = {
        (path.name, name)
        for path in package.rglob("*.py")
        if path.name not in OURS and "integrations" not in path.parts
        for name in plain_locks(path)
    }
    assert set() == found
