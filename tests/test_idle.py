"""Sessions that idle have no thread, and are as they were when they go on."""

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading

import pytest
from waiting import until

import sandbox_wasm
from sandbox_wasm import (
    AsyncSession,
    HostExhausted,
    Limits,
    Session,
    SessionPool,
    Suspend,
    Suspended,
    _lane,
    _thread,
)

BOUND = 20


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Sessions go to rest at once, and so do threads."""
    monkeypatch.setattr(_lane, "_REST_AFTER", 0.01)


def resting(session):
    assert until(lambda: not session._lane._thread.is_alive())
    return session


def test_a_session_goes_on_after_a_rest(session):
    """
    Variables, limits, interrupts and files are what they were.
    """
    for n in range(5):
        assert n == resting(session).run(f"x = {n}\nx").value
        assert n == resting(session).run("x").value
    session.files.write("/in", "abc")
    assert "abc" == resting(session).run("open('/in').read()").value
    assert (
        "WallTimeExceeded"
        == type(
            resting(session).run("while True: pass", wall_seconds=0.1, check=False).error
        ).__name__
    )
    assert 4 == resting(session).run("x").value


def test_a_snapshot_after_a_rest_is_of_now(make_session):
    """
    Where the guest has run on several threads, what each has written is found.
    """
    session = make_session(checkpoints=False)
    for n in range(12):
        session.run(f"x{n} = [{n}] * 3000")
        if n % 3 == 0:
            session.snapshot()
        if n % 2 == 0:
            resting(session)
    with Session.restore(resting(session).snapshot(), isolation=session.isolation) as copy:
        assert all([n] * 3000 == copy.run(f"x{n}").value for n in range(12))


@pytest.fixture
def no_threads(monkeypatch):
    """A block in which no thread can be started, and none waits for an errand."""

    @contextlib.contextmanager
    def block():
        def refuse(thread):
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            patch.setattr(_thread, "_idle", [])
            yield

    return block


ASKING = {
    "run": lambda session: session.run("x += 1"),
    "call": lambda session: session.call("f"),
    "submit": lambda session: session.submit("x += 1").result(BOUND),
    "snapshot": lambda session: session.snapshot(),
    "fork": lambda session: session.fork(),
}


@pytest.mark.parametrize("way", ASKING)
def test_no_thread_after_a_rest(make_session, no_threads, way):
    """
    Whoever asks is told whose doing it is; the session is as it was, and goes on.
    """
    session = make_session(limits=Limits(session_runs=3))
    session.run("x = [7]\ndef f(): x.append(1)")
    resting(session)
    with no_threads():
        for _ in range(3):
            with pytest.raises(HostExhausted, match="threads"):
                ASKING[way](session)
    assert "open" == session.state.value
    assert 1 == session.usage.runs

    assert [7] == session.run("x").value
    assert [7] == resting(session).run("x").value


def test_no_thread_to_resume_with(make_session, no_threads):
    """
    What waits for an answer waits for it still.
    """

    def wait():
        raise Suspend

    session = make_session(functions=[wait])
    with pytest.raises(Suspended) as info:
        session.run("wait() + 1")
    resting(session)
    with no_threads():
        for _ in range(2):
            with pytest.raises(HostExhausted):
                info.value.continuation.resume(5)

    assert 6 == info.value.continuation.resume(5).value


def test_no_thread_to_close_with(make_session, no_threads):
    """
    Nor is one needed for that, and what was held is let go.
    """
    session = make_session(files={"a": "b"})
    session.run("x = 1")
    resting(session)
    with no_threads():
        session.close()

    assert session._lane._keeper.guest is None
    assert session._lane._ended


def test_no_thread_to_close_an_asynchronous_session_with(interpreter, no_threads):
    """
    The loop waits for it itself.
    """

    async def main():
        session = AsyncSession(interpreter)
        await session.run("x = 1")
        resting(session.session)
        with no_threads():
            await session.close()
        return session.state.value

    assert "closed" == asyncio.run(main())


def borrowed(pool):
    with pool.lease() as session:
        return session.run("1 + 1").value


IN_A_POOL = {
    "run": lambda pool: pool.run("1 + 1").value,
    "submit": lambda pool: pool.submit("1 + 1").result(BOUND).value,
    "arun": lambda pool: asyncio.run(pool.arun("1 + 1")).value,
    "lease": borrowed,
}


@pytest.mark.parametrize("way", IN_A_POOL)
def test_no_thread_for_a_pool(isolation, no_threads, way):
    """
    It loses no place by that, and goes on.
    """
    with SessionPool("micropython", isolation=isolation, size=1) as pool:
        with no_threads():
            for _ in range(2):
                with pytest.raises(HostExhausted):
                    IN_A_POOL[way](pool)
        assert until(lambda: not pool.statistics().leased)

        assert 2 == IN_A_POOL[way](pool)


def test_checkpoints_after_a_rest(make_session):
    """
    A run that is lost is lost alone, wherever the one before was served.
    """

    def die():
        session._lane._keeper.guest.kill()

    session = make_session(functions=[die])
    for n in range(3):
        resting(session).run(f"x = {n}")
        error = resting(session).run("x = 99\ndie()\nwhile True: pass", check=False).error
        assert "rolled back" == error.state
        assert n == resting(session).run("x").value


def test_ending_while_it_rests(make_session):
    """
    Closing frees the guest.
    """
    session = resting(make_session())
    keeper = session._lane._keeper
    assert keeper.guest is not None
    session.close()
    assert until(lambda: keeper.guest is None)


def test_dropping_while_it_rests(interpreter):
    held = [resting(Session(interpreter))]
    keeper = held[0]._lane._keeper

    def drop():
        held.clear()
        gc.collect()

    with pytest.warns(ResourceWarning):
        drop()
    assert until(lambda: keeper.guest is None)


def test_many_callers_of_a_session_that_comes_and_goes(make_session):
    """
    No run is lost between a thread that leaves and the next that comes.
    """
    session = make_session(functions={"tick": lambda: None}, checkpoints=False)
    session.run("n = 0")

    def work():
        for _ in range(30):
            session.run("n += 1")
            threading.Event().wait(0.01)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)

    assert 120 == session.run("n").value


def test_host_functions_cannot_run_code_in_their_own_session(make_session):
    """
    After a rest, too; that of another session they can.
    """
    other = make_session()
    session = make_session(functions={"again": lambda: session.run("1"), "other": lambda: 7})
    session.function(lambda: resting(other).run("2").value, name="ask")
    resting(session)

    assert "RuntimeError" == session.run("again()", check=False).error.type_name
    assert 2 == session.run("ask()").value


def test_idle_sessions_have_no_threads(interpreter, monkeypatch):
    """
    However many there are; asyncio's neither.
    """
    monkeypatch.setattr(_thread, "_IDLE_SECONDS", 0.01)
    count = 60

    async def main():
        before = threading.active_count()
        sessions = [
            AsyncSession(interpreter, limits=Limits(memory_bytes=1 << 20)) for _ in range(count)
        ]
        await asyncio.gather(*(s.run(f"x = {n}") for n, s in enumerate(sessions)))
        # The thread that waits is one more.
        await asyncio.to_thread(until, lambda: threading.active_count() <= before + 3)
        results = await asyncio.gather(*(s.run("x") for s in sessions))
        assert list(range(count)) == [result.value for result in results]
        for session in sessions:
            await session.close()

    asyncio.run(main())


PROGRAM = """
import sys, threading
from sandbox_wasm import Session, SessionPool, _lane, _thread
_lane._REST_AFTER = _thread._IDLE_SECONDS = 0.01
sessions = [Session(sys.argv[1], isolation=sys.argv[2]) for _ in range(3)]
pool = SessionPool(sys.argv[1], isolation=sys.argv[2], size=2, ready=0)
sessions.append(pool.lease())
for session in sessions:
    session.run("1")
lanes = [session._lane for session in sessions]
while _thread._idle or any(lane._thread.is_alive() for lane in lanes):
    threading.Event().wait(0.01)
print("all rest")
"""


def test_the_process_ends_with_sessions_that_rest(interpreter, isolation):
    """
    Nobody has closed them, and there is no thread any more to do it.
    """
    home = os.path.dirname(os.path.dirname(sandbox_wasm.__file__))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, interpreter, isolation],
        env={**os.environ, "PYTHONPATH": home},
        capture_output=True,
        text=True,
        timeout=BOUND * 2,
    )

    assert ("all rest\n", "", 0) == (done.stdout, done.stderr, done.returncode)
