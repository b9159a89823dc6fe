"""Ctrl-C at every moment at which it can come, one after the other.

Python looks for signals after calls, at the beginning of functions and on jumps backward; this
raises an exception at each of those in the library, on the caller's thread.
"""

from __future__ import annotations

import contextlib
import dis
import gc
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import sandbox_wasm
from sandbox_wasm import PoolFull, Session, SessionPool
from sandbox_wasm._lifecycle import State
from sandbox_wasm._state import PAGE
from sandbox_wasm._turns import Turn, Turns, TurnState
from sandbox_wasm._wasm import _engine
from sandbox_wasm.interpreters import _zygote

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="knows where Python 3.11 looks for signals"
)

# What may be lost at the four moments or so at which an engine is on its way from those that are
# spare to who asked for it: Python has no way to have what a call returns when that is interrupted.
# It was two hundred when nobody looked.
LOST = 24

BOUND = 20

_LIBRARY = str(Path(sandbox_wasm.__file__).parent)
_LOOKS = {"CALL", "CALL_FUNCTION_EX", "RESUME"}
_known: dict[CodeType, frozenset[int]] = {}


def moments(code: CodeType) -> frozenset[int]:
    """Return the offsets of instructions before which a signal can be noticed.

    The exception comes from the instruction before, so that both must lie in the same blocks of
    ``try`` and ``with``.
    """
    if code not in _known:
        table = dis._parse_exception_table(code)  # type: ignore[attr-defined]

        def handler(at: int) -> Any:
            return next(((e.target, e.depth) for e in table if e.start <= at < e.end), None)

        found, before = set(), None
        for each in dis.get_instructions(code):
            if each.opname == "JUMP_BACKWARD" and handler(each.argval) == handler(each.offset):
                found.add(each.argval)
            looks = before is not None and before.opname in _LOOKS
            if looks and handler(before.offset) == handler(each.offset):
                found.add(each.offset)
            before = each
        _known[code] = frozenset(found)
    return _known[code]


def is_in_finaliser(frame: FrameType | None) -> bool:
    """Return whether Python would ignore what is raised there."""
    while frame is not None and frame.f_code.co_name != "__del__":
        frame = frame.f_back
    return frame is not None


class Interrupting:
    """A tracer that raises KeyboardInterrupt at one moment, and never again."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.where = ""

    def __call__(self, frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(_LIBRARY):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and frame.f_lasti in moments(frame.f_code):
            self.left -= 1
            if self.left < 0 and not is_in_finaliser(frame):
                self.where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                sys.settrace(None)
                raise KeyboardInterrupt
        return self


def interrupted(work: Callable[[], object], after: Callable[[str], None]) -> int:
    """Have *work* interrupted at each of its moments; call *after* each time. Return how many."""
    for at in range(10_000):
        tracer = Interrupting(at)
        before = sys.gettrace()
        try:
            sys.settrace(tracer)
            work()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        after(tracer.where)
        if not tracer.where:
            return at
    raise AssertionError("it never ends")


def held() -> int:
    """Return how much of the engine's somebody has; what is spare is nobody's."""
    families = list(_engine._families.values())
    spare = [engine for each in families for engine in each._spare]
    return sum(len(each.held) for each in families) - sum(1 + bool(e.rested) for e in spare)


def test_a_session_that_runs(make_session):
    """
    It keeps what it had, and runs again, whatever it was doing.
    """
    session = make_session(functions={"f": lambda a: a})
    session.run("x = 7")

    def work() -> None:
        session.run("def g(a): return f(a)\nprint(x)\nx", inputs={"y": 1})
        session.call("g", 2)

    def after(where: str) -> None:
        assert session.state is State.OPEN, where
        assert session.run("x").value == 7, where

    assert interrupted(work, after) > 50


def test_a_session_that_is_stored(make_session):
    """
    Nobody has to wait afterwards for who was interrupted.
    """
    session = make_session()
    session.run("x = 7")

    def after(where: str) -> None:
        assert session.run("x").value == 7, where

    assert interrupted(session.snapshot, after) > 20


def test_a_snapshot_of_a_worker_that_becomes_bytes():
    """
    Its zygote is asked what every guest begins with, and nobody after that gets the answer.
    """
    zygote = _zygote.get("micropython", False)
    expected = zygote.pristine([(0, PAGE)])

    def work() -> None:
        zygote._pages = {}
        zygote.pristine([(0, PAGE)])

    def after(where: str) -> None:
        child = zygote.fork()
        child.kill()
        child.close()
        assert zygote.is_alive(), where
        assert zygote.pristine([(0, PAGE)]) == expected, where

    assert interrupted(work, after) > 15


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
@pytest.mark.parametrize("isolation", ["thread"])
def test_a_session_that_is_made(interpreter, isolation):
    """
    What there was of it is let go: by who is interrupted while it is made, or is closed.
    """

    def work() -> None:
        session = Session(interpreter, functions={"f": lambda a: a}, files={"a": "b"})
        try:
            session.run("f(1)")
        finally:
            session.close()

    for _ in range(3):  # with what is made once for all
        work()
    before = held()
    assert interrupted(work, lambda where: None) > 300

    end = time.monotonic() + 10
    while held() > before + LOST and time.monotonic() < end:
        gc.collect()
        threading.Event().wait(0.01)  # a thread may be about to end
    assert held() <= before + LOST


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
@pytest.mark.parametrize("way", ["run", "submit", "map", "lease"])
def test_a_pool(way):
    """
    No place is lost, nobody waits for ever, and what others have submitted is done.
    """
    with SessionPool("micropython", size=2) as pool:  # of its guests all of this knows nothing

        def work() -> None:
            if way == "run":
                pool.run("1 + 1")
            elif way == "submit":
                for future in [pool.submit("1 + 1") for _ in range(3)]:
                    future.result(BOUND)
            elif way == "map":
                list(pool.map("a", [{"a": n} for n in range(3)]))
            else:
                with pool.lease() as session:
                    session.run("1 + 1")

        def after(where: str) -> None:
            futures = [pool.submit("2 + 2") for _ in range(3)]
            assert [4] * 3 == [each.result(BOUND).value for each in futures], where
            for n in range(2000):
                if not pool.statistics().leased:
                    break
                if n % 100 == 99:
                    gc.collect()  # a lease that nobody has got
                threading.Event().wait(0.001)
            assert (0, 0) == (pool.statistics().leased, pool.statistics().waiting), where

        work()
        assert interrupted(work, after) > 20


# A submitter whose hash is Python code, in which a signal can be noticed as well.
_SUBMITTER = """
class Submitter(str):
    def __hash__(self):
        return str.__hash__(self)
"""


@pytest.mark.parametrize("way", ["ask", "end", "leave", "close"])
def test_whose_turn_it_is(way):
    """
    Who is interrupted keeps nobody from a place, and takes none: others get theirs in turn.
    """
    names: dict[str, Any] = {}
    exec(compile(_SUBMITTER, f"{_LIBRARY}/submitter.py", "exec"), names)
    mine: list[Turn] = []
    told: list[Turn] = []
    turns = Turns(0, 0)

    def ask(name: str) -> None:
        turn = Turn(names["Submitter"](name), lambda: told.append(turn) is None, awaited=True)
        mine.append(turn)
        try:
            turns.ask(turn)
        except BaseException:
            turn.end()
            raise

    def begin() -> None:
        nonlocal turns
        turns = Turns(2, 8)
        mine.clear()
        for name in "abcdc":
            ask(name)

    def work() -> None:
        if way == "ask":
            ask("e")
        elif way == "close":
            turns.close()
        else:
            mine[1 if way == "end" else 3].end()

    def after(where: str) -> None:
        if not where:
            assert turns.is_closed is (way == "close")
        held = [turn for turn in mine if turn.state is TurnState.HELD]
        waiting = [turn for turn in mine if turn.state is TurnState.WAITING]
        counts = turns.counts()
        assert (counts.held, counts.waiting) == (len(held), len(waiting)), where
        assert len(held) == 2, where
        assert all(turn in told for turn in held), where
        if turns.is_closed:
            assert not waiting, where
            assert all(turn in told for turn in mine), where
        while held:
            held.pop().end()
            held = [turn for turn in mine if turn.state is TurnState.HELD]
        assert all(turn in told for turn in waiting), where
        assert (0, 0) == (turns.counts().held, turns.counts().waiting), where
        assert not turns._queues, where
        begin()

    begin()
    assert interrupted(work, after) > 10


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
@pytest.mark.parametrize("way", ["run", "lease"])
def test_a_pool_that_is_full(way):
    """
    Who does not want to wait any longer gives up its turn, whenever it is interrupted.
    """
    with SessionPool("micropython", size=1) as pool, pool.lease():

        def work() -> None:
            with contextlib.suppress(PoolFull):
                if way == "run":
                    pool.run("1", timeout=0.0)
                else:
                    pool.lease(timeout=0.0)

        def after(where: str) -> None:
            assert (1, 0) == (pool.statistics().leased, pool.statistics().waiting), where

        work()
        assert interrupted(work, after) > 20
