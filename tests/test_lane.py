"""Interrupts that come at awkward moments, and what a run leaves behind."""

import gc
import threading
import time

import pytest

from sandbox_wasm import (
    HostExhausted,
    Interrupted,
    Limits,
    Session,
    SessionBroken,
    SessionClosed,
    _deadline,
    _lane,
    _thread,
)
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._lifecycle import State
from sandbox_wasm._wasm import _engine
from sandbox_wasm.interpreters import _abi
from sandbox_wasm.interpreters._reactor import ReactorGuest

BOUND = 20


@pytest.fixture
def patient(monkeypatch):
    """An interrupt is followed by no abort and no trap for a long time."""
    for name in ("_ABORT_AFTER", "_KILL_AFTER", "_LEAVE_AFTER"):
        monkeypatch.setattr(_deadline, name, 30.0)


class Block(bytearray):
    """A control block, and what of it the guest could have read: number and kind of each wish."""

    def __init__(self, *words):
        super().__init__(_abi.CONTROL.pack(*words))
        self.seen = [words[:2]]

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.seen.append(_abi.CONTROL.unpack(self)[:2])


@pytest.mark.parametrize("number", [0, 7, 0xFFFFFFFF])
def test_no_wish_is_seen_half_written(number):
    """
    The guest reads while it is written. What asks to unwind never asks for less, not for the
    moment in which it is asked again.
    """
    guest = object.__new__(ReactorGuest)
    guest._control, guest._open, guest._aborting = threading.RLock(), True, False
    guest._breaker, guest._breaker_bits = bytearray(1), 1
    guest._control_block = block = Block(number, 0, number, 1, 0, 1)
    soft, hard, after = _abi.REQUEST_INTERRUPT, _abi.REQUEST_ABORT, (number + 1) & 0xFFFFFFFF

    guest.interrupt(abort=False)
    assert [(number, 0), (number, soft), (after, soft)] == block.seen
    guest.interrupt(abort=True)
    guest.interrupt(abort=False)
    assert (after, hard) == block.seen[3]
    assert {(after, hard)} == set(block.seen[3:])


@pytest.mark.parametrize("isolation", ["thread"])
def test_interrupt_before_the_guest_is_entered(patient, make_session, monkeypatch):
    """
    It takes effect at once: the guest forgets old interrupts, and not this one.
    """
    session = make_session()
    session.run("x = 1")
    request = ReactorGuest.request

    def interrupted_first(guest, asked):
        monkeypatch.setattr(ReactorGuest, "request", request)
        other = threading.Thread(target=session.interrupt)
        other.start()
        other.join()
        return request(guest, asked)

    monkeypatch.setattr(ReactorGuest, "request", interrupted_first)
    with pytest.raises(Interrupted) as info:
        session.run("x = 2\nwhile True: pass")

    assert "kept" == info.value.state
    assert 1 == session.run("x").value


def test_interrupts_hit_the_run_that_goes_on(patient, make_session):
    """
    However runs and interrupts fall together, none hits a run that began after it.
    """
    session = make_session()
    session.run("x = 0")
    hits = []
    done = threading.Event()

    def hammer():
        while not done.is_set():
            began = time.perf_counter()
            if session.interrupt():
                hits.append((began, time.perf_counter()))

    other = threading.Thread(target=hammer)
    ended = []
    other.start()
    try:
        for _ in range(200):
            began = time.perf_counter()
            result = session.run("x += 1", check=False)
            if result.error is not None:
                assert isinstance(result.error, Interrupted)
                assert "kept" == result.error.state
                ended.append((began, time.perf_counter()))
    finally:
        done.set()
        other.join()

    for began, end in ended:
        assert any(start <= end and began <= stop for start, stop in hits)
    assert not session.interrupt()
    assert 200 - len(ended) <= session.run("x").value <= 200


@pytest.mark.parametrize("isolation", ["thread"])
def test_interrupt_that_guest_code_overwrites(patient, make_session, monkeypatch):
    """
    The guest writes to the byte that makes it look, too: the host sets it again.
    """
    session = make_session()
    looping = threading.Event()
    session.function(looping.set, name="looping")
    interrupt = ReactorGuest.interrupt

    def overwritten(guest, abort):
        interrupt(guest, abort)
        guest._breaker[0] &= ~guest._breaker_bits & 0xFF

    monkeypatch.setattr(ReactorGuest, "interrupt", overwritten)
    code = "try:\n  looping()\n  while True: pass\nexcept KeyboardInterrupt:\n  caught = True"
    future = session.submit(code, check=False)
    looping.wait(10)
    assert session.interrupt()

    assert isinstance(future.result(15).error, Interrupted)
    assert session.run("caught").value is True


def test_dropped_in_a_cycle_while_it_rests(interpreter, monkeypatch):
    """
    The collector finds such a session with all that it has, which is handed on whole.
    """

    def drop(sessions):
        sessions.clear()
        gc.collect()

    monkeypatch.setattr(_lane, "_REST_AFTER", 0.01)
    gc.collect()
    for _ in range(5):
        sessions = [Session(interpreter)]
        sessions[0].itself = sessions[0]
        sessions[0].run("x = 1")
        end = time.monotonic() + BOUND
        while sessions[0]._lane._serving and time.monotonic() < end:
            threading.Event().wait(0.005)
        with pytest.warns(ResourceWarning, match="never closed"):
            drop(sessions)
        with Session(interpreter) as after:
            assert 2 == after.run("1 + 1").value


def test_thread_that_cannot_start(interpreter, monkeypatch):
    """
    The caller learns of it, and the engine is given back.
    """
    released = []
    release = _engine.Engine.release

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    def count(engine):
        released.append(engine)
        release(engine)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        patch.setattr(_thread, "_idle", [])  # nor is there one that waits
        patch.setattr(_engine.Engine, "release", count)
        with pytest.raises(HostExhausted):
            Session(interpreter)

    assert 1 == len(released)
    with Session(interpreter) as session:
        assert 2 == session.run("1 + 1").value


# ---- the ledger by itself


def ledger(**limits):
    return Ledger(Limits(**limits), HostFunctions(), Files(0, 0), lambda: None)


@pytest.mark.parametrize("tail", [b"\xe2\x82", b"\xf0\x9f\x99", b"\xc3"])
def test_unfinished_character_at_the_end(tail):
    """
    Bytes that never became a character are shown as one that is unknown.
    """
    page, seen = ledger(), []
    page.begin(lambda stream, text: seen.append((stream, text)))
    page.output(1, b"a" + tail[:1])
    page.output(1, tail[1:])
    page.output(2, "é".encode())
    page.finish()

    assert ("a\ufffd", "é") == (page.text(1), page.text(2))
    assert [("stdout", "a"), ("stderr", "é"), ("stdout", "\ufffd")] == seen


def test_character_that_the_limit_cuts():
    """
    What the host cuts in two is dropped whole.
    """
    page = ledger(output_bytes=2)
    assert not page.output(1, "a€".encode())
    page.finish()

    assert "a" == page.text(1)
    assert page.truncated


def test_closed_while_it_is_interrupted(make_session):
    """
    Closing and interrupting from many threads at once leaves a closed session.
    """
    session = make_session()
    future = session.submit("while True: pass", check=False)
    others = [threading.Thread(target=session.interrupt) for _ in range(4)]
    others += [threading.Thread(target=session.close) for _ in range(2)]
    for other in others:
        other.start()
    for other in others:
        other.join(10)

    assert future.cancelled() or future.exception(10) or future.result(10).error
    with pytest.raises(SessionClosed):
        session.run("1")


def test_thread_that_dies(make_session, assert_healthy, monkeypatch):
    """
    A session whose thread was ended from outside says so, at once, and costs nobody else.
    """
    session = make_session()
    session.run("x = 1")

    def die():
        raise SystemExit

    monkeypatch.setattr(threading, "excepthook", lambda args: None)  # which pytest listens to

    session._lane._keeper.keep = die
    began = time.perf_counter()
    for _ in range(2):
        with pytest.raises(SessionBroken, match="thread"):
            session.run("x")
    assert time.perf_counter() - began < 20
    assert State.BROKEN is session.state
    session.close()
    assert_healthy()
