"""What has ended is freed at once: it is no garbage that waits for the collector."""

import asyncio
import gc
import threading
import time

import pytest

from sandbox_wasm import Mount, Session, SessionPool
from sandbox_wasm._files import Files
from sandbox_wasm._job import Job
from sandbox_wasm._lane import Lane
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._program import Program

BOUND = 20
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
