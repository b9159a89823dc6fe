"""A session goes on as it was before a run that lost its guest."""

import itertools
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_wasm import GuestCrash, GuestError, Limits, Session, SessionBroken, SessionClosed
from sandbox_wasm._checkpoint import Checkpoint
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._wasm import _engine, _pages
from sandbox_wasm.interpreters._maker import Maker
from sandbox_wasm.interpreters._reactor import ReactorGuest


@pytest.fixture
def isolation():
    """These tests look into guests of this process."""
    return "thread"


DIE = "\ndie()\nwhile True: pass"


def mortal(make, **arguments):
    """A session whose guest code can have its own guest killed, at once."""
    made = []

    def die():
        made[0]._lane._keeper.guest.kill()

    functions = {"die": die, "add": lambda a, b: a + b}
    made.append(make(functions=functions, **arguments))
    return made[0]


def crash(session, code=""):
    """Run *code*, then lose the guest; return the error."""
    with pytest.raises(GuestCrash) as info:
        session.run(code + DIE)
    return info.value


def memory(session):
    linear = session._lane._keeper.guest._memory
    return linear.read(0, linear.size)


# ---- against an oracle

START = "xs = [1]\nd = {}\ns = ''\nobjs = []\nclass C:\n  def __init__(self): self.n = len(xs)"
STATEMENTS = [
    "xs.append(len(xs))",
    "xs = xs + [len(d)]\nxs.pop(0)",
    "d[str(len(d))] = xs[:3]",
    "s = s + 'é€' * 500",
    "def f(a, b=len(xs)): return a + b",
    "y = f(2)",
    "g = (i * i for i in range(100))\nnext(g)",
    "y = next(g)",
    "big = bytearray(200000)",
    "big[17] = 3\ny = sum(big[:100])",
    "del big",
    "objs.append(C())",
    "C.later = lambda self: self.n * 2",
    "y = [o.later() for o in objs]",
    "import json\ny = json.dumps(d)",
    "y = 2 ** 300",
    "1 / 0",
    "print(s[:3], len(xs))",
    "y = add(len(xs), 2)",
]
SEEN = "[xs, d, len(s), len(objs), globals().get('y')]"
RUIN = "\nexcept Exception: pass\nxs.append(9)\nd.clear()\ns = 7\nC = f = g = y = None"
steps = st.lists(st.tuples(st.sampled_from(STATEMENTS), st.booleans()), min_size=1, max_size=12)


def outcome(result):
    error = result.error
    if error is None:
        return result.value, result.stdout
    assert isinstance(error, GuestError), error
    return error.type_name, error.message, result.stdout


@settings(max_examples=30)
@given(steps=steps)
def test_as_if_the_bad_run_had_not_been(interpreter, steps):
    """
    Whatever a run did before it was lost, the session is like one that never ran it.
    """

    def make(**arguments):
        return Session(interpreter, **arguments)

    with mortal(make) as oracle, mortal(make) as session:
        oracle.run(START)
        session.run(START)
        for statement, lose in steps:
            if lose:
                before = memory(session)
                indented = statement.replace("\n", "\n  ")
                assert "rolled back" == crash(session, f"try:\n  {indented}{RUIN}").state
                assert before == memory(session)
            expected = outcome(oracle.run(statement, check=False))
            assert expected == outcome(session.run(statement, check=False))
            assert oracle.run(SEEN).value == session.run(SEEN).value


def without_page_map():
    return None


def with_page_map_read():
    return _pages.PageTable(scan=False)


@pytest.mark.parametrize("table", [without_page_map, with_page_map_read])
def test_other_ways_to_find_pages(make_session, monkeypatch, table):
    """
    Where the kernel does not tell of pages, or tells less, the same comes out.
    """
    if table is with_page_map_read and _pages.page_table() is None:
        pytest.skip("this system has no page map")
    monkeypatch.setattr(_pages, "page_table", table)
    session = mortal(make_session)
    session.run(START + "\nbig = bytearray(300000)")
    for statement in set(STATEMENTS) - {"del big"}:
        before = memory(session)
        assert "rolled back" == crash(session, "big[:] = b'x' * len(big)\nxs = None").state
        assert before == memory(session)
        session.run(statement, check=False)
    assert 0 == session.run("big.count(b'x')").value


# ---- what else must be as it was


def test_first_run_is_lost(make_session):
    """
    Before it there was a fresh session.
    """
    session = mortal(make_session)

    error = crash(session, "x = 1")

    assert "rolled back" == error.state
    assert ("rolled back", False) == (error.state, session.run("'x' in globals()").value)
    assert "open" == session.state.value


def test_what_the_lost_run_printed(make_session):
    """
    Its output and what it used are told, though it is undone.
    """
    session = mortal(make_session)

    error = crash(session, "print('before')\nadd(1, 2)\nbig = bytearray(3000000)")

    assert "before\n" == error.stdout
    assert 2 == error.result.usage.host_calls
    assert error.result.usage.peak_memory_bytes > 2_000_000


def test_host_functions_are_known_again(make_session):
    """
    Also those that the guest was told of by the very run that was lost.
    """
    session = mortal(make_session)
    session.run("x = 1")
    session.function(lambda: 5, name="late")

    crash(session, "late()")

    assert [5, 3, 1] == session.run("[late(), add(1, 2), x]").value


def test_limits_are_kept(make_session):
    """
    A session that was set back can have no more memory than before, and no less.
    """
    session = mortal(make_session, limits=Limits(memory_bytes=8 << 20))
    session.run("kept = bytearray(3 << 20)")
    for _ in range(3):
        crash(session, "more = bytearray(2 << 20)")

        with pytest.raises(GuestError, match="MemoryError"):
            session.run("more = bytearray(7 << 20)")
        assert 3 << 20 == session.run("len(kept)").value
        assert session.run("1").usage.peak_memory_bytes <= 8 << 20
    session.run("more = bytearray(2 << 20)")


def test_room_of_a_checkpoint_is_used_again(make_session):
    """
    The next one lies where the last one lay, if it fits there, and is whole.
    """
    session = mortal(make_session)
    rooms = []
    for size in (1, 3, 2, 3, 1, 1, 1):
        session.run(f"x = bytearray(bytes(range(256)) * {4096 * size})")
        crash(session, "x = None")
        session._lane.ask(lambda guest: None)
        data = session._lane._keeper._checkpoint._state.data
        assert not rooms or data.obj is rooms[-1] or len(data) > len(rooms[-1])
        rooms.append(data.obj)
        assert [True, size << 20] == session.run("[x[-256:] == bytes(range(256)), len(x)]").value
    assert any(one is other for one, other in itertools.pairwise(rooms))


def test_many_runs_are_lost(make_session):
    """
    Nothing is left behind by those that were.
    """
    session = mortal(make_session)
    session.run("n = 0")
    threads = threading.active_count()
    for _ in range(30):
        crash(session, "n = -1")
        session.run("n += 1")

    assert 30 == session.run("n").value
    # One more where the session's thread went to rest just as the next run came.
    assert threading.active_count() <= threads + 1


# ---- where there is no going back


def test_without_checkpoints(make_session, assert_healthy):
    """
    Where none are kept, the session says that it is broken.
    """
    session = mortal(make_session, checkpoints=False)
    session.run("x = 1")

    assert "broken" == crash(session).state
    with pytest.raises(SessionBroken, match="stopped by the host"):
        session.run("x")
    assert "broken" == session.state.value
    assert_healthy()


def test_checkpoint_that_cannot_be_taken(make_session, monkeypatch, caplog):
    """
    Runs go on; the next trap breaks the session, and a later checkpoint is one again.
    """
    session, other = mortal(make_session), mortal(make_session)

    def capture(guest, into=None):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(ReactorGuest, "capture", capture)
        for each in (session, other):
            each.run("x = 1")
            assert 1 == each.run("x").value
        assert "broken" == crash(session).state
    with pytest.raises(SessionBroken):
        session.run("1")
    assert "no checkpoint was taken" in caplog.text
    other.run("x = 2")
    assert "rolled back" == crash(other).state
    assert 2 == other.run("x").value


@pytest.mark.parametrize("isolation", ["thread"])
def test_what_ended_it_cannot_be_said(make_session, monkeypatch, assert_healthy):
    """
    The session is broken by what says nothing, or raises when it is asked, and names it.
    """

    class Rude(Exception):
        def __str__(self):
            raise LookupError

    for kind in (Rude, MemoryError):
        session = make_session(checkpoints=False)
        session.run("x = 1")

        def request(guest, request, kind=kind):
            raise kind

        with monkeypatch.context() as patch:
            patch.setattr(ReactorGuest, "request", request)
            with pytest.raises(kind):
                session.run("x")
        with pytest.raises(SessionBroken, match=kind.__name__):
            session.run("x")
    assert_healthy()


@pytest.mark.parametrize("isolation", ["thread"])
def test_no_memory_for_what_belongs_to_a_checkpoint(make_session, monkeypatch, caplog):
    """
    The session goes on without one.
    """
    session = mortal(make_session)

    def mark(ledger):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "mark", mark)
        patch.setattr(Ledger, "renew", lambda ledger, mark: mark)
        session.run("x = 1")
        assert 1 == session.run("x").value
    assert "no checkpoint was taken" in caplog.text
    assert 1 == session.run("x").value


def test_checkpoint_that_cannot_be_restored(make_session, monkeypatch, assert_healthy):
    """
    The session is broken, and the error is that of the run.
    """
    session = mortal(make_session)
    session.run("x = 1")

    def start(maker, host, state=None):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Maker, "start", start)
        assert "broken" == crash(session).state
    with pytest.raises(SessionBroken, match="stopped by the host"):
        session.run("x")
    assert_healthy()


# ---- at awkward moments


@pytest.fixture
def while_it_is_taken(monkeypatch):
    """Has something done by another thread while the next checkpoint is taken."""
    take = Checkpoint.take

    def arrange(session, act):
        session.snapshot()  # the one of the last run is taken by then
        done = threading.Event()

        def meanwhile(checkpoint, guest, known):
            monkeypatch.setattr(Checkpoint, "take", take)
            other = threading.Thread(target=act)
            other.start()
            other.join(10)
            take(checkpoint, guest, known)
            done.set()

        monkeypatch.setattr(Checkpoint, "take", meanwhile)
        return done

    return arrange


@pytest.mark.parametrize("pauses", [True, False])
def test_it_is_taken_though_nobody_asks(make_session, monkeypatch, pauses):
    """
    Soon, for a caller who makes pauses; for one who does not, later. Each is given only
    the one of the two waits that is meant for him.
    """
    taken = threading.Semaphore(0)
    take = Checkpoint.take

    def told(checkpoint, guest, mark):
        take(checkpoint, guest, mark)
        taken.release()

    monkeypatch.setattr(Checkpoint, "take", told)
    other = "_KEEP_LATE" if pauses else "_KEEP_SOON"
    monkeypatch.setattr(f"sandbox_wasm._keeper.{other}", 3600.0)
    session = make_session()
    session.run("x = 0")

    assert not pauses or taken.acquire(timeout=10)
    session.run("x = 1")  # which would wait for the first, if that was not taken yet
    assert pauses or taken.acquire(timeout=10)
    assert taken.acquire(timeout=10)


def test_interrupt_while_it_is_taken(make_session, while_it_is_taken):
    """
    No run goes on then, so there is none to interrupt.
    """
    session = mortal(make_session)
    session.run("x = 0")
    found = []
    done = while_it_is_taken(session, lambda: found.append(session.interrupt()))
    session.run("x = 1")

    assert done.wait(10)
    assert [False] == found
    assert 2 == session.run("x + 1").value
    assert "rolled back" == crash(session, "x = 3").state
    assert 1 == session.run("x").value


def test_close_while_it_is_taken(make_session, while_it_is_taken, assert_healthy):
    """
    The session ends once it is.
    """
    session = mortal(make_session)
    session.run("x = 0")
    done = while_it_is_taken(session, session.close)
    session.run("x = 1")

    assert done.wait(10)
    with pytest.raises(SessionClosed):
        session.run("x")
    session._lane._thread.join(10)
    assert not session._lane._thread.is_alive()
    assert_healthy()


def test_close_while_it_is_restored(make_session, monkeypatch, assert_healthy):
    """
    A session that is closed meanwhile does not come back.
    """
    session = mortal(make_session)
    session.run("x = 1")
    start = Maker.start

    def closed_meanwhile(maker, host, state=None):
        monkeypatch.setattr(Maker, "start", start)
        other = threading.Thread(target=session._close, args=(False,))
        other.start()
        other.join(10)
        return start(maker, host, state)

    monkeypatch.setattr(Maker, "start", closed_meanwhile)
    with pytest.raises((GuestCrash, SessionClosed)) as info:
        session.run("x = 2" + DIE)

    assert "broken" == info.value.state
    with pytest.raises(SessionClosed):
        session.run("1")
    assert_healthy()


def test_engine_is_not_used_again(make_session, monkeypatch):
    """
    One that was killed may yet be hit by who killed it; the next guest has another.
    """
    session = mortal(make_session)
    session.run("x = 1")
    killed = session._lane._keeper.guest._instance._engine
    released = []
    monkeypatch.setattr(
        _engine.EngineFamily, "keep", lambda family, engine: released.append(engine)
    )

    crash(session)

    assert killed not in released
    assert killed is not session._lane._keeper.guest._instance._engine
