"""Threads that are handed on: each errand is done once, and sees nothing of the one before."""

import contextvars
import os
import threading
import warnings

import pytest

from sandbox_wasm import Session, _thread
from sandbox_wasm._thread import Errand, start_thread

BOUND = 20
variable = contextvars.ContextVar("variable", default="unset")


def done(target):
    """The errand, when it has ended."""
    errand = start_thread(target)
    errand.join(BOUND)
    assert not errand.is_alive()
    return errand


def rested():
    """Wait until a thread waits for its next errand."""
    until = threading.Event()
    for _ in range(BOUND * 100):
        if _thread._idle:
            return
        until.wait(0.01)
    raise AssertionError("no thread is idle")


def test_a_thread_that_has_seen_its_errand_before_it_was_told(monkeypatch):
    """
    It looked just then because its time was over; that is nobody's failure.
    """
    carrier = _thread._Carrier.__new__(_thread._Carrier)
    carrier.errand, carrier.bell = None, threading.Lock()  # released: it was told already
    monkeypatch.setattr(_thread, "_idle", [carrier])

    errand = start_thread(lambda: None)
    assert errand is carrier.errand


def test_each_errand_is_done_once():
    """
    However many come at once, from however many threads.
    """
    lock, counts = threading.Lock(), {}

    def count(n):
        with lock:
            counts[n] = counts.get(n, 0) + 1

    def start(base):
        errands = [start_thread(lambda n=n: count(n)) for n in range(base, base + 200)]
        for errand in errands:
            errand.join(BOUND)

    threads = [threading.Thread(target=start, args=(1000 * n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)

    assert 600 == len(counts)
    assert {1} == set(counts.values())


def test_a_thread_is_handed_on_without_what_was_set():
    """
    The context of an errand is its own, as that of a new thread is.
    """
    idents, values = [], []

    def work():
        idents.append(threading.get_ident())
        values.append(variable.get())
        variable.set("left behind")

    for _ in range(3):
        rested_before = bool(_thread._idle)
        errand = done(work)
        assert errand.ident is None
        rested()

    assert rested_before
    assert ["unset"] * 3 == values
    assert idents[1] == idents[2]


def test_an_errand_that_raises(monkeypatch):
    """
    It is told as that of any thread, and those after it are done.
    """
    told = []
    monkeypatch.setattr(threading, "excepthook", lambda args: told.append(args.exc_type))

    def fail():
        raise ZeroDivisionError

    done(fail)
    ran = []
    done(lambda: ran.append(1))

    assert [1] == ran
    for _ in range(BOUND * 100):
        if told:
            break
        threading.Event().wait(0.01)
    assert [ZeroDivisionError] == told


def test_a_thread_that_was_ended_from_outside():
    """
    It waits for no errand any more, and what it was just given is done by another.
    """
    ran = threading.Event()
    errand = Errand(ran.set)
    carrier = _thread._Carrier.__new__(_thread._Carrier)
    carrier.errand = None

    class Bell:
        def acquire(self, timeout):
            assert _thread._idle.pop() is carrier  # as `start_thread` does
            carrier.errand = errand
            _thread._idle.append(carrier)
            raise SystemExit

    carrier.bell = Bell()
    _thread._idle.append(carrier)
    with pytest.raises(SystemExit):
        carrier._work()

    assert carrier not in _thread._idle
    assert ran.wait(BOUND)
    errand.join(BOUND)
    assert not errand.is_alive()


def test_a_thread_that_was_ended_when_there_can_be_no_more(monkeypatch):
    """
    It does what it was just given, as nobody else can.
    """

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    ran = threading.Event()
    carrier = _thread._Carrier.__new__(_thread._Carrier)
    carrier.errand, carrier.bell = Errand(ran.set), None
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(AttributeError):
        carrier._work()

    assert ran.is_set()


def test_an_errand_that_cannot_begin(monkeypatch):
    """
    Where there is no memory for it, another thread does it.
    """
    ran, fails = threading.Event(), [MemoryError()]

    class Context:
        def __new__(cls):
            if fails:
                raise fails.pop()
            return contextvars.copy_context()

    monkeypatch.setattr(_thread.contextvars, "Context", Context)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    errand = start_thread(ran.set)

    assert ran.wait(BOUND)
    errand.join(BOUND)
    assert not errand.is_alive()
    assert [] == fails


def test_idle_threads_end(monkeypatch):
    """
    A moment later, or at once where enough wait already.
    """
    monkeypatch.setattr(_thread, "_IDLE_SECONDS", 0.01)
    for _ in range(5):
        done(lambda: None)
    for _ in range(BOUND * 100):
        if not _thread._idle:
            break
        threading.Event().wait(0.01)
    assert [] == _thread._idle

    monkeypatch.setattr(_thread, "_SPARE", 0)
    threads = []
    done(lambda: threads.append(threading.current_thread()))
    threads[0].join(BOUND)
    assert not threads[0].is_alive()


def test_the_setting_of_stacks_is_put_back(monkeypatch):
    """
    It is one of the whole process.
    """
    monkeypatch.setattr(_thread, "_idle", [])  # so that one is started
    before = threading.stack_size()
    done(lambda: None)

    assert before == threading.stack_size()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_has_threads_of_its_own(interpreter):
    """
    Those that waited are the parent's.
    """
    done(lambda: None)
    rested()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            with Session(interpreter) as session:
                code = 0 if session.run("6 * 7").value == 42 else 2
        finally:
            os._exit(code)
    assert 0 == os.waitpid(child, 0)[1]
