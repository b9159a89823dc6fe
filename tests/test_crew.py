"""Threads of a pool: all work is done, short work by one of them, and nothing stands in its way."""

import ctypes
import threading
import time

import pytest
from waiting import until

from sandbox_wasm import HostExhausted, _crew, _watchdog
from sandbox_wasm._crew import Crew

BOUND = 20


class Piece:
    """Does what *action* does; says that it took *seconds*."""

    def __init__(self, action, seconds=0.0):
        self.action = action
        self.seconds = seconds
        self.done = threading.Event()
        self.error = None

    def perform(self):
        try:
            self.action()
        finally:
            self.done.set()

    def fail(self, error):
        self.error = error


@pytest.fixture
def patient(monkeypatch):
    """Nothing is taken for standing still."""
    monkeypatch.setattr(_watchdog, "TICK_SECONDS", 60.0)


@pytest.mark.parametrize("is_short", [True, False])
def test_each_piece_is_done_once(is_short):
    """
    However many come at once, from however many threads.
    """
    crew, lock, counts = Crew(is_short), threading.Lock(), {}

    def count(n):
        with lock:
            counts[n] = counts.get(n, 0) + 1

    def put(base):
        pieces = [Piece(lambda n=n: count(n)) for n in range(base, base + 200)]
        for piece in pieces:
            crew.put(piece)
        for piece in pieces:
            assert piece.done.wait(BOUND)

    threads = [threading.Thread(target=put, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * BOUND)

    assert 800 == len(counts)
    assert {1} == set(counts.values())


def test_short_pieces_have_one_thread(patient):
    """
    At any time, and in the order in which they came.
    """
    crew, order, idents, busy = Crew(True), [], set(), threading.Lock()

    def work(n):
        assert busy.acquire(blocking=False)
        order.append(n)
        idents.add(threading.get_ident())
        busy.release()

    pieces = [Piece(lambda n=n: work(n)) for n in range(300)]
    for piece in pieces:
        crew.put(piece)
    assert pieces[-1].done.wait(BOUND)

    assert list(range(300)) == order
    assert 1 == len(idents)


def test_long_pieces_run_side_by_side(patient):
    """
    Once it is known that they are: what the last ones took says so.
    """
    crew = Crew(True)
    first = [Piece(lambda: None, seconds=1.0) for _ in range(4)]
    for piece in first:
        crew.put(piece)
        assert piece.done.wait(BOUND)
    assert until(lambda: not crew._awake)
    together = threading.Barrier(6)
    pieces = [Piece(lambda: together.wait(BOUND), seconds=1.0) for _ in range(6)]
    for piece in pieces:
        crew.put(piece)

    assert all(piece.done.wait(BOUND) for piece in pieces)
    assert not together.broken

    for _ in range(50):  # and short ones later are short again
        piece = Piece(lambda: None)
        crew.put(piece)
        assert piece.done.wait(BOUND)
    assert until(lambda: not crew._awake)
    assert crew._is_short


def test_a_piece_that_waits_for_one_behind_it():
    """
    Whatever stands still holds nobody up.
    """
    crew = Crew(True)
    bells = [threading.Event() for _ in range(6)]
    pieces = [Piece(lambda n=n: bells[n].wait(BOUND)) for n in range(6)]
    pieces.append(Piece(lambda: [bell.set() for bell in bells]))
    for piece in pieces:
        crew.put(piece)

    assert all(piece.done.wait(BOUND / 2) for piece in pieces)


def test_a_piece_that_fails(caplog):
    """
    It is told to the log, and those after it are done.
    """
    crew = Crew(True)
    for _ in range(3):
        crew.put(Piece(lambda: 1 / 0))
    last = Piece(lambda: None)
    crew.put(last)

    assert last.done.wait(BOUND)
    assert until(lambda: 3 == caplog.text.count("ZeroDivisionError: "))


def refuse(target):
    """Be `start_thread` where there can be no more of them."""
    raise HostExhausted


def test_no_more_threads(monkeypatch):
    """
    Who puts something in is told, if nobody would ever do it.
    """
    crew = Crew(True)
    monkeypatch.setattr(_crew, "start_thread", refuse)
    lost = Piece(lambda: None)
    with pytest.raises(HostExhausted):
        crew.put(lost)
    monkeypatch.undo()
    piece = Piece(lambda: None)
    crew.put(piece)

    assert piece.done.wait(BOUND)
    assert not lost.done.is_set()


def test_no_more_threads_while_there_is_one(monkeypatch):
    """
    It does what comes, also if somebody sends it an exception, and nobody can watch over it.
    """
    crew, go = Crew(True), threading.Event()
    first = Piece(lambda: go.wait(BOUND))
    crew.put(first)
    assert until(lambda: any(worker.work for worker in crew._awake))
    monkeypatch.setattr(_crew, "start_thread", refuse)
    monkeypatch.setattr(_watchdog, "start_thread", refuse)
    strike(monkeypatch)
    struck, last = Piece(lambda: None), Piece(lambda: None)
    crew.put(struck)
    crew.put(last)
    go.set()

    assert last.done.wait(BOUND)
    assert until(lambda: isinstance(struck.error, KeyboardInterrupt))


def test_a_watchdog_without_a_thread(monkeypatch):
    """
    It watches over nothing of which it could not say that it does.
    """

    class Look:
        at = 0.0

        def look(self):
            looks.append(self)

    looks, crew = [], Crew(True)
    with monkeypatch.context() as patch:
        patch.setattr(_watchdog, "start_thread", refuse)
        with pytest.raises(HostExhausted):
            crew.watchdog.add(Look())
    seen = Look()
    crew.watchdog.add(seen)

    assert until(lambda: not crew.watchdog._watched)
    assert [seen] == looks


def test_threads_end(monkeypatch):
    """
    When there was nothing to do for a while; what comes then gets others.
    """
    monkeypatch.setattr(_crew, "_IDLE_SECONDS", 0.01)
    monkeypatch.setattr(_watchdog, "_IDLE_SECONDS", 0.01)
    crew = Crew(True)
    for _ in range(3):
        for piece in [Piece(lambda: threading.Event().wait(0.02)) for _ in range(3)]:
            crew.put(piece)
        assert piece.done.wait(BOUND)
        assert until(lambda: not crew._idle and not crew._awake)
        assert until(lambda: not crew.watchdog._works)


def send_exception():
    """Have one raised in this thread, as somebody who does not know it may."""
    ident = ctypes.c_ulong(threading.get_ident())
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(KeyboardInterrupt))


def strike(monkeypatch):
    """Have an exception come when a thread has just taken a piece, once."""
    following = Crew._next
    strikes = iter([True])

    def struck(self, worker):
        work = following(self, worker)
        if work is not None and next(strikes, False):
            raise KeyboardInterrupt
        return work

    monkeypatch.setattr(Crew, "_next", struck)


def test_a_thread_that_is_sent_an_exception(monkeypatch, caplog):
    """
    What it does is told as failed, and others do the rest.
    """
    crew = Crew(True)
    for _ in range(3):
        struck = Piece(send_exception)
        crew.put(struck)
        last = Piece(lambda: None)
        crew.put(last)
        assert last.done.wait(BOUND)
        assert until(lambda struck=struck: isinstance(struck.error, KeyboardInterrupt))

    strike(monkeypatch)
    struck, last = Piece(lambda: None), Piece(lambda: None)
    crew.put(struck)
    crew.put(last)
    assert last.done.wait(BOUND)
    assert until(lambda: isinstance(struck.error, KeyboardInterrupt))
    assert not struck.done.is_set()
    assert "others go on" in caplog.text


def test_a_watchdog_that_has_little_to_do(monkeypatch):
    """
    It sleeps for no longer than any system can, however far off the next thing is.
    """
    waits = []

    class Bell:
        def acquire(self, timeout):
            waits.append(timeout)
            return ended.wait(0.01)

        def release(self):
            pass

    class Far:
        at = float("inf")

        def look(self):
            return None if ended.is_set() else 1e9

    ended = threading.Event()
    watchdog = _watchdog.Watchdog(lambda: False)
    watchdog._bell = Bell()
    monkeypatch.setattr(_watchdog, "_IDLE_SECONDS", 0.01)
    watchdog.add(Far())
    assert until(lambda: len(waits) > 2)
    ended.set()

    assert max(waits) <= 4_294_967  # what Windows takes


def test_a_watchdog_whose_last_thing_is_gone(monkeypatch):
    """
    Its thread ends, and does not wait for when that would have been due.
    """

    class Far:
        def __init__(self):
            self.at = time.perf_counter() + 1e6

        def look(self):
            return self.at - time.perf_counter()

    monkeypatch.setattr(_watchdog, "_IDLE_SECONDS", 0.01)
    watchdog = _watchdog.Watchdog(lambda: False)
    things = [Far(), Far()]
    for thing in things:
        watchdog.add(thing)
    assert until(lambda: watchdog._until > time.perf_counter() + 1000)
    for thing in things:
        assert watchdog._works
        watchdog.discard(thing)
    assert until(lambda: not watchdog._works)


def test_a_watchdog_that_is_sent_an_exception():
    """
    It goes on all the same.
    """
    looks = []

    class Look:
        at = 0.0

        def look(self):
            looks.append(threading.get_ident())
            if len(looks) in (3, 6):
                send_exception()
            return 0.001

    crew, look = Crew(True), Look()
    crew.watchdog.add(look)
    assert until(lambda: len(looks) > 12)
    crew.watchdog.discard(look)
