"""What has ended is freed at once: it is no garbage that waits for the collector."""

import asyncio
import contextlib
import gc
import threading
import time

import pytest

from sandbox_wasm import (
    AsyncSession,
    EndRun,
    Limits,
    Mount,
    SandboxError,
    Session,
    SessionPool,
    Suspend,
)
from sandbox_wasm._files import Files
from sandbox_wasm._job import Job
from sandbox_wasm._lane import Lane
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._program import Program

BOUND = 20
ATTEMPTS = 5
KINDS = (Session, Lane, Ledger, Files, Program, Job)


def alive():
    return [thing for thing in gc.get_objects() if isinstance(thing, KINDS)]


@pytest.fixture
def no_collector():
    """What is garbage now goes, and what becomes garbage stays."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def assert_nothing_more(before):
    """Threads that have told what came of a run are still to let go of it."""
    known = set(map(id, before))
    end = time.monotonic() + BOUND
    while left := [thing for thing in alive() if id(thing) not in known]:
        kinds = sorted(type(thing).__name__ for thing in left)
        del left
        assert time.monotonic() < end, kinds
        threading.Event().wait(0.002)


def with_everything(interpreter, isolation, folder):
    mounts = [Mount(folder, "/data", mode="rw", commit="on_success")]
    options = {"functions": {"double": lambda x: 2 * x}, "files": {"a": "b"}, "mounts": mounts}
    with Session(interpreter, isolation=isolation, **options) as session:
        assert 8 == session.run("print(open('a').read())\ndouble(4)").value
        session.files.write("c", "d")
        assert 2 == session.submit("open('/data/e', 'w').write('fg')").result(BOUND).value
        with session.fork() as fork:
            assert 4 == fork.run("double(2)").value


def test_sessions(interpreter, isolation, no_collector, tmp_path):
    """
    A session that is closed is gone with its last reference, whatever it was given.
    """
    before = alive()
    with_everything(interpreter, isolation, tmp_path)

    assert_nothing_more(before)


def suspend():
    raise Suspend(1)


def end():
    raise EndRun


def leave():
    raise SystemExit


def refuse(stream, text):
    raise KeyError


FAILURES = {
    "guest code raises": {"code": "1/0"},
    "no Python": {"code": "1 1"},
    "no text": {"code": "\ud800"},
    "in the result": {"code": "1/0", "check": False},
    "in time": {"code": "while True: pass", "wall_seconds": 0.02},
    "too large": {"code": "'a' * 200_000"},
    "waits": {"code": "suspend()"},
    "ended": {"code": "end()"},
    "no Exception": {"code": "leave()"},
    "output": {"code": "print(1)", "on_output": refuse},
}


def failing(run, *args, **options):
    """Fail, and forget it."""
    with contextlib.suppress(SandboxError, KeyError):
        run(*args, **options)


def garbage_of(work, times=5):
    """Objects that each time leaves to the collector; other tests' threads may leave some."""
    least = 1000
    for _ in range(ATTEMPTS):
        gc.collect()
        for _ in range(times):
            work()
        least = min(least, gc.collect() // times)
        if least == 0:
            break
    return least


async def garbage_of_awaiting(run, times=5):
    """The same for what fails when it is awaited."""
    least = 1000
    for _ in range(ATTEMPTS):
        gc.collect()
        for _ in range(times):
            with contextlib.suppress(SandboxError):
                await run("1/0")
        least = min(least, gc.collect() // times)
        if least == 0:
            break
    return least


@pytest.mark.parametrize("how", FAILURES)
def test_failures(make_session, no_collector, how):
    """
    A run that fails leaves nothing: what refers to its error is gone with it.
    """
    limits = Limits(result_bytes=100_000)
    session = make_session(functions=[suspend, end, leave], limits=limits)

    assert 0 == garbage_of(lambda: failing(session.run, **FAILURES[how]))


def test_failures_elsewhere(make_session, no_collector):
    """
    Nor does it in the background, in an event loop, or where a call of guest code fails.
    """
    session = make_session()

    async def main():
        return await garbage_of_awaiting(AsyncSession.around(session).run)

    assert 0 == garbage_of(lambda: failing(lambda: session.submit("1/0").result(BOUND)))
    assert 0 == garbage_of(lambda: failing(session.call, "nothing"))
    assert 0 == asyncio.run(main())


@pytest.mark.parametrize("check", [True, False])
def test_failures_in_a_pool(interpreter, no_collector, check):
    """
    Nor in a pool.
    """
    with SessionPool(interpreter, size=1) as pool:

        async def main():
            return await garbage_of_awaiting(lambda code: pool.arun(code, check=check))

        assert 0 == garbage_of(lambda: failing(pool.run, "1/0", check=check))
        assert 0 == garbage_of(
            lambda: failing(lambda: pool.submit("1/0", check=check).result(BOUND))
        )
        assert 0 == asyncio.run(main())


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
def test_dropped(interpreter, isolation, no_collector):
    """
    So is one that nobody has closed.
    """
    before = alive()
    Session(interpreter, isolation=isolation).run("x = 1")

    assert_nothing_more(before)


WAYS = {
    "run": lambda pool: pool.run("1 + 1"),
    "submit": lambda pool: pool.submit("1 + 1").result(BOUND),
    "arun": lambda pool: asyncio.run(pool.arun("1 + 1")),
}


@pytest.mark.parametrize("way", WAYS)
def test_programs(interpreter, isolation, no_collector, way):
    """
    A pool keeps nothing of what it has run.
    """
    with SessionPool(interpreter, isolation=isolation, size=2, ready=0) as pool:
        before = alive()
        assert 2 == WAYS[way](pool).value
        with pool.lease() as session:
            assert 2 == session.run("1 + 1").value
        del session

        assert_nothing_more(before)
