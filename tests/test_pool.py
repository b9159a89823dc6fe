"""Pools: fresh sessions for many, of which nothing reaches the next."""

import asyncio
import concurrent.futures
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from sandbox_wasm import (
    ConfigError,
    GuestCrash,
    GuestError,
    HostExhausted,
    Limits,
    Mount,
    NetworkPolicy,
    PoolClosed,
    PoolFull,
    Session,
    SessionBroken,
    SessionClosed,
    SessionPool,
    WallTimeExceeded,
    _job,
    _lane,
    _ready,
)
from sandbox_wasm._deadline import Deadline
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._wasm import _engine
from sandbox_wasm.interpreters import _zygote, make

BOUND = 20
LONG = "while True: pass"


@pytest.fixture
def make_pool(interpreter, isolation):
    """Makes pools that are closed when the test ends."""
    pools = []

    def make(**arguments):
        arguments.setdefault("isolation", isolation)
        pool = SessionPool(interpreter, **arguments)
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(make_pool):
    """Two sessions, with something in them."""
    return make_pool(size=2, setup="import random\nkept = [1, 2]\ndef f(x): return x * 2")


def quiet(pool, **wanted):
    """Wait until the pool is as *wanted*: sessions end on threads of their own."""
    end = time.monotonic() + BOUND
    while time.monotonic() < end:
        statistics = pool.statistics()
        if all(getattr(statistics, name) == value for name, value in wanted.items()):
            return True
        threading.Event().wait(0.005)
    return False


# ---- what a lease is


def test_a_lease_begins_with_the_template(pool):
    """
    It is a `Session`, with what the set-up has made, until it is closed.
    """
    with pool.lease() as session:
        assert isinstance(session, Session)
        assert [1, 2] == session.run("kept").value
        assert 14 == session.call("f", 7)
        session.run("more = 1")
        assert 1 == session.run("more").value

    with pytest.raises(SessionClosed):
        session.run("kept")
    assert quiet(pool, leased=0, leases=1)


LEAVES = {
    "globals": ("mine = 1", "'mine' in globals()", False),
    "what the template has": ("kept.append(3)", "len(kept)", 2),
    "functions": ("def f(x): return 'mine'", "f(2)", 4),
    "builtins": ("import builtins\nbuiltins.len = lambda x: 99", "len([])", 0),
    "modules": (
        "import sys, json\nsys.modules['evil'] = json",
        "import sys\n'evil' in sys.modules",
        False,
    ),
    "attributes": ("import json\njson.mine = 1", "import json\nhasattr(json, 'mine')", False),
    "files": ("open('/left', 'w').write('x')", "import os\n'left' in os.listdir('/')", False),
    "files of the template": ("open('/in', 'w').write('x')", "open('/in').read()", "as given"),
    "open files": ("keep = open('/in')", "open('/in').fileno()", None),
    "the current folder": ("import os\nos.chdir('/tmp')", "import os\nos.getcwd()", "/"),
    "recursion limit": (
        "import sys\ngetattr(sys, 'setrecursionlimit', lambda n: 0)(77)",
        "import sys\ngetattr(sys, 'getrecursionlimit', lambda: 0)() == 77",
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LEAVES)
def test_nothing_of_a_lease_is_left(make_pool, what):
    """
    The next lease, in the same place and often the same instance, is as if there had been none.
    """
    setup = "kept = [1, 2]\ndef f(x): return x * 2"
    pool = make_pool(size=1, setup=setup, files={"/in": "as given"})
    code, look, expected = LEAVES[what]
    if expected is None:
        expected = pool.run(look).value
    for _ in range(3):
        pool.run(code)
        assert expected == pool.run(look).value


def test_nothing_of_a_lease_is_left_on_the_host(make_pool, tmp_path):
    """
    Host functions, the audit, usage and output are each lease's own.
    """
    pool = make_pool(size=1, functions={"add": lambda a, b: a + b}, mounts=[Mount(tmp_path, "/m")])
    with pool.lease() as session:
        session.function(lambda: 1, name="mine")
        assert 4 == session.run("print('text')\nadd(1, 2) + mine()").value
        session.files.write("/own", "x")
        assert session.audit
    with pool.lease() as session:
        assert () == session.audit
        assert "/own" not in session.files
        result = session.run("add(1, 2)")
        assert (3, "", 1) == (result.value, result.stdout, result.usage.host_calls)
        assert "NameError" == session.run("mine()", check=False).error.type_name
        assert ("add",) == session.functions.names


def test_each_lease_draws_its_own(pool, make_pool):
    """
    Also where the template has seeded the generator; with a seed, all draw the same.
    """
    draws = [pool.run("random.random()").value for _ in range(5)]
    assert 5 == len(set(draws))

    seeded = make_pool(size=1, seed=7, clock=1e9)
    draws = [
        seeded.run("import random, time\nrandom.random(), time.time()").value for _ in range(3)
    ]
    assert 1 == len(set(draws))


def test_what_is_given_to_sessions(make_pool, interpreter, tmp_path):
    """
    Environment, mounts, limits and files are those of each lease.
    """
    (tmp_path / "data").write_text("from the host")
    pool = make_pool(
        env={"NAME": "value"},
        mounts=[Mount(tmp_path, "/m")],
        files={"/in": b"abc"},
        limits=Limits(output_bytes=3),
    )
    code = (
        "import os\nprint('12345')\nos.getenv('NAME'), open('/m/data').read(), open('/in').read()"
    )
    for _ in range(2):
        result = pool.run(code)
        assert ("value", "from the host", "abc") == result.value
        assert ("123", True) == (result.stdout, result.truncated)


def test_grants_that_guest_code_is_told_of(make_pool):
    """
    The template has been told; each lease has the grant, and what its owner adds.
    """
    pytest.importorskip("httpx", reason="needs the extra 'fetch'")
    policy = NetworkPolicy(allow=["https://example.com"])
    pool = make_pool(size=1, network=policy, functions={"add": lambda a, b: a + b})
    code = """
try:
    fetch('https://other.example/')
except Exception as error:
    print(type(error).__name__)
add(1, 2)
"""
    for _ in range(3):
        with pool.lease(timeout=BOUND) as session:
            result = session.run(code)
            assert (3, "PermissionError\n") == (result.value, result.stdout)
            assert [("network", False)] == [
                (each.kind, each.granted) for each in session.audit if each.kind == "network"
            ]
            session.function(lambda: 5, name="five")
            assert 5 == session.run("five()").value


def test_a_pool_of_a_snapshot(make_pool, interpreter, isolation):
    with Session(interpreter, isolation=isolation) as session:
        session.run("x = 41")
        snapshot = session.snapshot()
    pool = make_pool(snapshot=snapshot, setup="x += 1")

    assert [42, 42] == [pool.run("x").value for _ in range(2)]


def test_a_lease_makes_sessions_of_its_own(pool):
    """
    A fork or a snapshot of a lease is not the pool's.
    """
    with pool.lease() as session:
        session.run("kept.append(3)")
        snapshot = session.snapshot()
        fork = session.fork()
    assert quiet(pool, leased=0)
    with fork, type(session).restore(snapshot, isolation=fork.isolation) as restored:
        assert Session is type(fork) is type(restored)
        assert [1, 2, 3] == fork.run("kept").value == restored.run("kept").value
    assert quiet(pool, leased=0)


# ---- leases that go wrong


def kill(session):
    session._lane._keeper.guest.kill()


WRONG = {
    "an exception": ("1 / 0", GuestError),
    "a timeout": (LONG, WallTimeExceeded),
    "memory": ("x = [0] * 10**9", GuestError),
    "a host function that kills": ("die()\n" + LONG, GuestCrash),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_lease_that_fails_costs_nobody_else(make_pool, wrong):
    """
    Whatever it does, its place is free again, and the next session is healthy.
    """
    pool = make_pool(size=1, functions={"die": lambda: kill(session)}, setup="x = 5")
    code, error = WRONG[wrong]
    for _ in range(3):
        with pool.lease(timeout=BOUND) as session:
            session.run("x")
            with pytest.raises(error):
                session.run(code, wall_seconds=0.2)
        assert 5 == pool.run("x", timeout=BOUND).value
    pool.check()


def test_a_lease_goes_on_after_a_trap(make_pool):
    """
    As every session with checkpoints does; without, it is broken, and only this lease.
    """
    for checkpoints in (True, False):
        die = {"die": lambda: kill(session)}
        pool = make_pool(size=1, functions=die, checkpoints=checkpoints)
        with pool.lease() as session:
            session.run("y = 1")
            with pytest.raises(GuestCrash):
                session.run("die()\n" + LONG)
            if checkpoints:
                assert 1 == session.run("y").value
            else:
                with pytest.raises(SessionBroken):
                    session.run("y")
        pool.check()


def drop(held):
    held.pop()
    gc.collect()


def test_a_lease_that_is_dropped_comes_back(pool):
    """
    It warns, as every session does that was not closed.
    """
    leases = [pool.lease(), pool.lease()]
    with pytest.raises(PoolFull):
        pool.lease(timeout=0.01)
    with pytest.warns(ResourceWarning, match="never closed"):
        drop(leases)
    with pool.lease(timeout=BOUND):
        pass
    leases.pop().close()


def test_a_host_function_that_does_not_return_keeps_its_place(make_pool):
    """
    Until it does: the limit on sessions holds for those as well.
    """
    pool = make_pool(size=1, functions={"hang": lambda: release.wait(BOUND)})
    release = threading.Event()
    with pytest.raises(WallTimeExceeded), pool.lease() as session:
        session.run("hang()", wall_seconds=1)
    with pytest.raises(PoolFull):
        pool.lease(timeout=0.01)
    assert 1 == pool.statistics().leased
    release.set()
    pool.lease(timeout=BOUND).close()


WAYS = {
    "run": lambda pool, code, **options: pool.run(code, **options),
    "submit": lambda pool, code, **options: pool.submit(code, **options).result(BOUND),
    "arun": lambda pool, code, **options: asyncio.run(pool.arun(code, **options)),
}


@pytest.mark.parametrize("way", WAYS)
def test_programs_end_in_time(make_pool, way):
    """
    Whoever waits for one, and however: what loops, sleeps, catches everything, or does not
    come back from a host function, which keeps its place.
    """
    release = threading.Event()
    pool = make_pool(size=2, functions={"hang": lambda: release.wait(BOUND)}, setup="x = 5")
    deaf = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    for code in (LONG, deaf, "import time\ntime.sleep(30)", "hang()"):
        began = time.monotonic()
        with pytest.raises(WallTimeExceeded):
            WAYS[way](pool, code, wall_seconds=0.2)
        assert time.monotonic() - began < BOUND / 2
        assert 5 == WAYS[way](pool, "x", wall_seconds=5).value
    assert quiet(pool, leased=1)
    result = WAYS[way](pool, LONG, wall_seconds=0.2, check=False)
    assert WallTimeExceeded is type(result.error)
    release.set()
    assert quiet(pool, leased=0)
    pool.check()


def test_programs_that_wait_for_one_another(make_pool):
    """
    A host function may use the pool that its guest is of, as long as there is a place.
    """
    pool = make_pool(size=3, functions={"ask": lambda code: pool.run(code).value})
    for _ in range(3):
        assert 42 == pool.run("ask('ask(\"6 * 7\")')").value
    futures = [pool.submit("ask('n = 4\\nn * n')") for _ in range(2)]
    assert [16, 16] == [future.result(BOUND).value for future in futures]


@pytest.mark.parametrize("how", ["run", "lease"])
def test_programs_that_wait_for_their_own_place(make_pool, how):
    """
    A host function that asks its guest's own pool for a place that is not there waits until
    its run is over, and no longer: every place comes back.
    """

    def ask():
        if how == "run":
            return pool.run("6 * 7").value
        with pool.lease() as session:
            return session.run("6 * 7").value

    pool = make_pool(size=2, functions=[ask])
    assert 42 == pool.run("ask()").value
    gate = threading.Barrier(2)
    pool = make_pool(size=2, functions={"ask": ask, "meet": lambda: gate.wait(BOUND) * 0})

    began = time.perf_counter()
    futures = [pool.submit("meet()\nask()", wall_seconds=1) for _ in range(2)]
    errors = [future.exception(BOUND) for future in futures]

    assert time.perf_counter() - began < BOUND
    assert {WallTimeExceeded} <= set(map(type, errors)) <= {WallTimeExceeded, type(None)}
    assert quiet(pool, leased=0, waiting=0)
    assert 42 == pool.run("ask()", timeout=BOUND).value


@pytest.mark.parametrize("isolation", ["thread"])
def test_a_watchdog_that_stumbles(make_pool, monkeypatch):
    """
    It looks again, at all that it watches over.
    """
    look, failures = Deadline.look, iter([OSError("no room")] * 3)

    def stumble(deadline):
        for failure in failures:
            raise failure
        return look(deadline)

    pool = make_pool(size=2, ready=0)
    monkeypatch.setattr(Deadline, "look", stumble)
    with pytest.raises(WallTimeExceeded):
        pool.run(LONG, wall_seconds=0.1)
    pool.check()


def test_set_up_that_fails(interpreter):
    with pytest.raises(GuestError, match="ZeroDivisionError"):
        SessionPool(interpreter, setup="1 / 0")


@pytest.mark.parametrize(
    "arguments",
    [
        {"size": 0},
        {"size": "4"},
        {"size": True},
        {"max_waiting": -1},
        {"idle_seconds": -1},
        {"idle_seconds": None},
        {"lease_seconds": 0},
        {"lease_seconds": True},
        {"lease_seconds": None},
        {"ready": 5, "size": 4},
        {"memory_bytes": 1000},
        {"interpreter": "perl"},
        {"limits": 3},
    ],
)
def test_impossible_pools(arguments):
    with pytest.raises(ConfigError):
        SessionPool(**arguments)


# ---- leases that are kept


def test_a_lease_that_is_kept_for_too_long(make_pool):
    """
    It is taken back, whatever runs in it; its owner is told, and others have its place.
    """
    pool = make_pool(size=1, setup="x = 5", lease_seconds=0.5)
    idle = pool.lease(timeout=BOUND)
    with pool.lease(timeout=BOUND) as busy:
        assert "broken" == idle.state.value
        for again in (lambda: idle.run("x"), idle.snapshot, lambda: idle.submit("x").result(BOUND)):
            with pytest.raises(SessionBroken, match=r"lease_seconds=0\.5"):
                again()
        idle.close()
        assert "closed" == idle.state.value
        with pytest.raises(SessionBroken, match=r"lease_seconds=0\.5"):
            busy.run(LONG)
    assert 5 == pool.run("x", timeout=BOUND).value
    assert quiet(pool, leased=0)


def test_a_lease_that_is_given_back_in_time(make_pool):
    """
    Nobody waits for it any more, neither of the pool nor of what else came of it.
    """
    pool = make_pool(size=1, lease_seconds=30)
    with pool.lease(timeout=BOUND) as session:
        fork = session.fork()
        assert 1 == len(pool._leases._watchdog._watched)
    with fork:
        assert not pool._leases._watchdog._watched
    with pytest.warns(ResourceWarning):
        drop([pool.lease(timeout=BOUND)])
    assert not pool._leases._watchdog._watched


def test_leases_for_asyncio_are_taken_back_as_well(make_pool):
    async def main():
        session = await pool.alease(timeout=BOUND)
        with pytest.raises(SessionBroken, match="lease_seconds"):
            await session.run(LONG)
        async with await pool.alease(timeout=BOUND) as other:
            assert 2 == (await other.run("1 + 1")).value
        await session.close()

    pool = make_pool(size=1, lease_seconds=1)
    asyncio.run(main())


# ---- size, queue, memory


def test_there_are_not_more_than_the_size(make_pool):
    """
    Many threads get a session each, and never more than two at once.
    """
    lock, now, most = threading.Lock(), [0], [0]

    def enter(by):
        with lock:
            now[0] += by
            most[0] = max(most[0], now[0])

    pool = make_pool(size=2, functions=[enter])
    results = []

    def work(n):
        results.append(pool.run("enter(1)\nx = n * 2\nenter(-1)\nx", inputs={"n": n}).value)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)

    assert sorted(n * 2 for n in range(12)) == sorted(results)
    assert 1 <= most[0] <= 2


def test_memory_bounds_the_size(make_pool):
    """
    What all sessions together may have is never more than was allowed.
    """
    limits = Limits(memory_bytes=10 << 20)
    pool = make_pool(size=8, limits=limits, memory_bytes=35 << 20)

    assert 3 == pool.statistics().size


def test_too_many_wait(make_pool):
    pool = make_pool(size=1, max_waiting=2)
    with pool.lease():
        futures = [pool.submit("1") for _ in range(2)]
        with pytest.raises(PoolFull):
            pool.submit("1")
        with pytest.raises(PoolFull):
            pool.run("1")
        assert (2, 2) == (pool.statistics().waiting, pool.statistics().refused)
    assert [1, 1] == [future.result(BOUND).value for future in futures]


def test_sessions_that_are_ready(make_pool):
    """
    They are made ahead, are as fresh as others, and are given up when nobody asks.
    """
    pool = make_pool(size=3, ready=2, setup="x = 1", idle_seconds=0.3)
    assert quiet(pool, ready=2)
    assert [2] * 5 == [pool.run("x += 1\nx").value for _ in range(5)]
    assert quiet(pool, ready=2)
    assert quiet(pool, ready=0)
    assert 2 == pool.run("x += 1\nx").value
    assert quiet(pool, ready=2)
    pool.close()
    assert 0 == pool.statistics().ready


def test_making_ahead_goes_on_after_a_failure(make_pool, monkeypatch):
    """
    Whatever it was: that there was no room once is nothing that a pool suffers from for ever.
    """
    pool = make_pool(size=3, ready=2)
    assert quiet(pool, ready=2)
    ready = pool._leases.ready
    make, fails = ready._make, [OSError(24, "Too many open files"), MemoryError()]

    def flaky():
        if fails and threading.current_thread() is not threading.main_thread():
            raise fails.pop()
        return make()

    monkeypatch.setattr(ready, "_make", flaky)
    for _ in range(3):
        assert 2 == pool.run("1 + 1").value
    assert quiet(pool, ready=2)
    assert [] == fails


def test_no_thread_to_make_ahead(make_pool, monkeypatch):
    """
    Who asks gets one that is made for them, and later ones are made ahead again.
    """

    def refuse(target):
        raise HostExhausted

    with monkeypatch.context() as patched:
        patched.setattr(_ready, "start_thread", refuse)
        pool = make_pool(size=3, ready=2)
        assert 2 == pool.run("1 + 1").value
    assert 2 == pool.run("1 + 1").value
    assert quiet(pool, ready=2)


# ---- as an executor


def test_what_is_submitted_is_run(pool):
    """
    Each in a session of its own, with its errors in its future.
    """
    good = pool.submit("print('hi')\nf(n)", {"n": 4})
    bad = pool.submit("1 / 0")
    kept = pool.submit("1 / 0", check=False)

    assert isinstance(pool, concurrent.futures.Executor)
    assert (8, "hi\n") == (good.result(BOUND).value, good.result().stdout)
    with pytest.raises(GuestError, match="ZeroDivisionError"):
        bad.result(BOUND)
    assert "ZeroDivisionError" == kept.result(BOUND).error.type_name


def test_host_functions_cannot_be_submitted(pool):
    """
    Called from the pool, they would not run in the sandbox.
    """
    called = []
    with pytest.raises(ConfigError, match="text of a program"):
        pool.submit(called.append, 1)
    with pytest.raises(ConfigError):
        list(pool.map(called.append, [1]))

    assert [] == called


def test_map_goes_through_what_does_not_end(pool):
    """
    In order, with a window, and the rest is cancelled when nobody wants more.
    """

    def endless():
        n = 0
        while True:
            taken.append(n)
            yield {"n": n}
            n += 1

    taken = []
    results = pool.map("f(n)", endless())
    assert [0, 2, 4, 6] == [next(results).value for _ in range(4)]
    assert len(taken) <= 4 + 4
    results.close()
    assert quiet(pool, leased=0, waiting=0)
    assert [] == list(pool.map("f(n)", []))
    with pytest.raises(GuestError):
        list(pool.map("f(n)", [{"n": 1}, {}]))


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_callback_that_ends_its_thread(make_pool, error):
    """
    A place comes back, and so does what was in it.
    """
    pool = make_pool(size=1)

    def end(future):
        raise error

    for _ in range(3):
        future = pool.submit("6 * 7")
        future.add_done_callback(end)
        assert 42 == future.result(BOUND).value
        assert 2 == pool.run("1 + 1", timeout=BOUND).value
    assert quiet(pool, leased=0)


def test_cancelling_what_has_not_begun(make_pool):
    pool = make_pool(size=1)
    with pool.lease():
        future = pool.submit("1")
        assert future.cancel()
        assert 0 == pool.statistics().waiting
    assert future.cancelled()
    pool.check()


# ---- the end


def test_shutting_down_does_what_was_submitted(make_pool):
    """
    Then it ends what is still leased, and who waits or comes later is told.
    """
    pool = make_pool(size=1)
    session = pool.lease()
    futures = [pool.submit("6 * 7") for _ in range(3)]
    errors = []

    def wait():
        try:
            pool.lease()
        except PoolClosed as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert quiet(pool, waiting=4)
    pool.shutdown(wait=False)
    thread.join(BOUND)
    assert 1 == len(errors)
    session.close()
    pool.shutdown()
    assert [42] * 3 == [future.result(0).value for future in futures]
    for again in (pool.lease, lambda: pool.submit("1"), lambda: pool.run("1"), pool.check):
        with pytest.raises(PoolClosed):
            again()
    pool.shutdown()
    pool.close()
    with pytest.raises(RuntimeError):  # as every executor raises it
        pool.submit("1")


def test_shutting_down_with_leases_held(make_pool):
    """
    Leaving the block that made the pool waits for nobody who will not come.
    """
    with make_pool(size=2) as pool:
        session = pool.lease()
    assert "closed" == session.state.value
    assert "<SessionPool of 2" in repr(pool)
    assert repr(pool).endswith("closed>")


def test_closing_ends_what_runs(make_pool):
    """
    At once: its callers are told, and what waits is cancelled.
    """
    begun = threading.Event()
    pool = make_pool(size=1, functions={"begin": begun.set})
    running, waiting = pool.submit("begin()\n" + LONG), pool.submit("1")
    assert begun.wait(BOUND)
    began = time.monotonic()
    pool.close()

    with pytest.raises(SessionClosed):
        running.result(BOUND)
    assert waiting.cancelled()
    assert time.monotonic() - began < BOUND
    assert quiet(pool, leased=0, waiting=0)


def test_shut_down_by_what_it_runs(make_pool):
    """
    A host function, and a callback of a future, may do that without waiting for themselves.
    """
    pool = make_pool(size=1, functions={"stop": lambda: pool.shutdown(wait=False)})
    assert 3 == pool.submit("stop()\n3").result(BOUND).value

    pool = make_pool(size=1)
    done = threading.Event()

    def stop(future):
        pool.shutdown()
        done.set()

    pool.submit("3").add_done_callback(stop)
    assert done.wait(BOUND)


def test_a_pool_that_is_dropped(interpreter):
    pools = [SessionPool(interpreter, size=1)]
    pools[0].check()
    with pytest.warns(ResourceWarning, match="never shut down"):
        drop(pools)


# ---- asyncio


def test_asyncio(pool):
    """
    Leases and runs are awaited; the loop goes on while all are leased.
    """

    async def main():
        async with await pool.alease() as session:
            assert 6 == (await session.run("f(3)")).value
            assert [2, 4] == await session.map("f", [1, 2])
        results = await asyncio.gather(
            *(pool.arun("f(n)", inputs={"n": n}, submitter=n % 3) for n in range(20))
        )
        assert [n * 2 for n in range(20)] == [result.value for result in results]
        with pytest.raises(GuestError):
            await pool.arun("1 / 0")
        one, two = await pool.alease(), await pool.alease()
        with pytest.raises(PoolFull):
            await pool.alease(timeout=0.01)
        await one.close()
        await two.close()

    asyncio.run(main())
    assert quiet(pool, leased=0, waiting=0)


def test_cancelled_tasks_leave_nothing(make_pool):
    """
    Wherever they are: waiting, running, or about to begin.
    """
    pool = make_pool(size=2)

    async def main():
        tasks = [asyncio.ensure_future(pool.arun(LONG)) for _ in range(12)]
        for turn, task in enumerate(tasks):
            for _ in range(turn % 4):
                await asyncio.sleep(0.002)
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        assert 2 == (await pool.arun("1 + 1", timeout=BOUND)).value

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < BOUND
    assert quiet(pool, leased=0, waiting=0)


# ---- the process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork(pool):
    """
    A child has no pool, and leaves its parent's alone.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 1
        try:
            pool.run("1")
        except SessionBroken:
            pool.shutdown()
            pool.close()
            code = 0
        finally:
            os._exit(code)
    assert 0 == os.waitpid(child, 0)[1]
    pool.check()


WHILE_IT_RUNS = r"""
import sys, time
from sandbox_wasm import SessionPool
with SessionPool(sys.argv[1], isolation=sys.argv[2], size=2, setup="x = 1") as pool:
    pool.run("x")
    for code in ("print('go')\nwhile True: pass", "print('go')\nimport time\ntime.sleep(30)"):
        began = time.monotonic()
        try:
            pool.run(code, on_output=lambda stream, text: print("ready", flush=True))
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - began < 8, flush=True)
        assert pool.run("x", timeout=10).value == 1
"""


def test_ctrl_c_while_it_runs(interpreter, isolation):
    """
    It ends the program, and reaches who waits for that; the pool goes on.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", WHILE_IT_RUNS, interpreter, isolation],
        stdout=subprocess.PIPE,
        text=True,
    )
    for _ in range(2):
        assert "ready\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert "interrupted True\n" == process.stdout.readline()
    out, _ = process.communicate(timeout=BOUND)
    process.stdout.close()

    assert ("", 0) == (out, process.returncode)


@pytest.mark.parametrize("isolation", ["thread"])
@pytest.mark.parametrize("code", ["1 + 1", "nothing"])
def test_ctrl_c_beside_the_end(make_pool, monkeypatch, code):
    """
    One that comes when the program is over, and its caller was not told yet, reaches the caller.
    """

    def conclude(job, ledger):
        told = _job.conclude(job, ledger)
        job.wake.end(KeyboardInterrupt("late"))  # as whoever waits does
        return told

    pool = make_pool()
    with monkeypatch.context() as patch:
        patch.setattr(_lane, "conclude", conclude)
        with pytest.raises(KeyboardInterrupt, match="late"):
            pool.run(code)

    pool.check()


@pytest.mark.parametrize("isolation", ["thread"])
@pytest.mark.parametrize("end", ["cancel", "close"])
def test_who_waits_for_cancelled_futures_is_told(make_pool, end):
    """
    `concurrent.futures.wait` and ``as_completed`` return for those that never began.
    """
    pool = make_pool(size=1)
    futures = [pool.submit(LONG) for _ in range(3)]
    if end == "cancel":
        assert [True, True] == [future.cancel() for future in futures[1:]]
        done = list(concurrent.futures.as_completed(futures[1:], BOUND))
        assert 2 == len(done)
    pool.close()

    assert 3 == len(concurrent.futures.wait(futures, BOUND).done)


PROGRAM = """
import concurrent.futures, sys, threading, time
from sandbox_wasm import Limits, SessionPool
pool = SessionPool(sys.argv[1], isolation=sys.argv[2], size=2, limits=Limits(wall_seconds=600))
begun = threading.Semaphore(0)
code = "print('begun')\\nwhile True: pass"
futures = [pool.submit(code, on_output=lambda *_: begun.release()) for _ in range(4)]
for _ in range(2):
    begun.acquire()

def tell():
    while pool.statistics().waiting < 3:  # the last is the main thread
        time.sleep(0.001)
    print("ready", flush=True)

threading.Thread(target=tell).start()
try:
    pool.lease() if sys.argv[3] == "lease" else pool.run("1")
except KeyboardInterrupt:
    print("interrupted", pool.statistics().waiting, flush=True)
    pool.close()
    print(pool.statistics().waiting, len(concurrent.futures.wait(futures, 20).done))
"""


@pytest.mark.parametrize(("isolation", "what"), [("thread", "run"), ("process", "lease")])
def test_ctrl_c(interpreter, isolation, what):
    """
    It ends the wait of whoever gets it, and the pool can be closed then.
    """
    command = [sys.executable, "-c", PROGRAM, interpreter, isolation, what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "ready\n" == process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=BOUND)
        finally:
            process.kill()

    assert ["interrupted 2", "0 4"] == out.splitlines()
    assert 0 == process.returncode


# ---- what goes wrong around it


HOSTILE = [
    "x = [str(i) for i in range(2000)]",
    "import builtins\nbuiltins.print = None\nbuiltins.open = lambda *a: 1",
    "import sys\nsys.modules.clear()",
    "import sys\nsys.path.append('/evil') if hasattr(sys, 'path') else 0",
    "def f(n):\n    return f(n + 1)\nf(0)",
    "kept.clear()\nkept.append('kX2vQ9pLs7' * 20)",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('kX2vQ9pLs7')",
    "class A:\n    def __del__(self): print('late')\na = A()\na.a = a",
    "import random\nrandom.seed(1)\nrandom.random()",
    "while True: pass",
]


@pytest.mark.parametrize("isolation", ["thread"])
def test_memory_of_a_lease_is_that_of_the_template(make_pool):
    """
    Byte for byte, before its first run, whatever ran in the instance before.
    """

    def memory(session):
        def read(guest):
            return guest._memory.read(0, guest._memory.size)

        return session._lane.ask(read)

    pool = make_pool(size=1, setup="kept = list(range(1000))")
    with pool.lease(timeout=BOUND) as session:
        first = memory(session)
    assert b"kX2vQ9pLs7" not in first
    for code in HOSTILE * 2:
        pool.run(code, wall_seconds=0.1, check=False, timeout=BOUND)
        with pool.lease(timeout=BOUND) as session:
            assert first == memory(session), code


@pytest.mark.parametrize("isolation", ["process"])
def test_memory_of_a_lease_in_a_worker(make_pool, interpreter):
    """
    Byte for byte what a guest on a thread has that goes on from the template, in a process
    that no other lease has had: whether the worker had time before, or was wanted at once.
    """

    def memory(state):
        ledger = Ledger(Limits(), HostFunctions(()), Files(0, 0), lambda: None)
        guest = make(interpreter, Limits()).start(ledger, state)
        try:
            return guest._memory.read(0, guest._memory.size)
        finally:
            guest.close()

    pool = make_pool(size=2, setup="kept = list(range(1000))")
    template = memory(pool._leases._template.mould.state)
    processes = []
    for code in HOSTILE * 2:
        with pool.lease(timeout=BOUND) as session:
            begun = session._lane.ask(lambda guest: guest.capture().load())
            processes.append(session._lane._keeper.guest._child.pid)
            session.run(code, wall_seconds=0.2, check=False)
        assert memory(begun) == template, code
    assert len(processes) == len(set(processes))


@pytest.mark.parametrize("isolation", ["process"])
def test_a_lease_goes_back_when_the_pool_was_shut_down(make_pool):
    """
    What leases begin with is there for as long as one goes on.
    """
    pool = make_pool(size=1, setup="x = 1")
    with pool.lease(timeout=BOUND) as session:
        pool.shutdown(wait=False)
        session._check_open().ask(lambda guest: guest._child.kill())
        with pytest.raises(SessionBroken) as info:
            session.run("x = 2")
        assert "rolled back" == info.value.state
        assert 1 == session.run("x").value


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("isolation", ["process"])
def test_programs_in_workers_leave_nothing(make_pool):
    """
    Neither processes nor descriptors nor threads, of whatever ended in whichever way.
    """

    def found():
        zygote = _zygote.get(pool.interpreter, False)._process.pid
        children = Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()
        return len(children), len(os.listdir("/proc/self/fd")), threading.active_count()

    with make_pool(size=3, setup="x = 1") as pool:
        pool.run("x")
        # One more process: the next worker may not have been ready yet.
        most = [count + more for count, more in zip(found(), (1, 0, 0), strict=True)]
        futures = [pool.submit(HOSTILE[n % 6], wall_seconds=0.2) for n in range(30)]
        assert 30 == len([future.exception(BOUND) for future in futures])
    end = time.monotonic() + BOUND
    while any(now > before for now, before in zip(found(), most, strict=True)):
        assert time.monotonic() < end, (found(), most)
        threading.Event().wait(0.01)


@pytest.mark.parametrize("isolation", ["thread"])
def test_pools_leave_nothing_of_the_engine(make_pool):
    """
    What their sandboxes were copied from goes with them, and 4 GiB of addresses each.
    """

    def held():
        gc.collect()
        return sum(len(family.held) for family in _engine._families.values())

    def use():
        with make_pool(size=2, setup="x = 1") as pool:
            assert [1, 1] == [pool.run("x").value for _ in range(2)]

    use()
    first = held()
    for _ in range(24):
        use()
    assert held() < first + 12  # some engines wait for their next session


@pytest.mark.parametrize("isolation", ["process"])
def test_a_ready_worker_that_was_killed(make_pool):
    """
    Nobody gets it.
    """
    pool = make_pool(size=3, ready=2, setup="x = 1")
    for _ in range(3):
        assert quiet(pool, ready=2)
        for lease in list(pool._leases.ready._made):
            lease._check_open().ask(lambda guest: guest._child.kill())
            child = lease._lane._keeper.guest._child
            end = time.monotonic() + BOUND
            while child.is_alive() and time.monotonic() < end:
                threading.Event().wait(0.005)
        assert 1 == pool.run("x").value


def test_a_session_that_cannot_be_made(make_pool, tmp_path):
    """
    Its place is free again, and whoever asked is told, each in their way.
    """
    folder = tmp_path / "data"
    folder.mkdir()
    pool = make_pool(size=1, mounts=[Mount(folder, "/m")], ready=0)
    folder.rmdir()
    for _ in range(3):
        with pytest.raises(ConfigError):
            pool.lease()
        with pytest.raises(ConfigError):
            pool.run("1")
        with pytest.raises(ConfigError):
            pool.submit("1").result(BOUND)
        with pytest.raises(ConfigError):
            asyncio.run(pool.arun("1"))
    assert (0, 0) == (pool.statistics().leased, pool.statistics().waiting)
    folder.mkdir()
    pool.check()


def test_a_submitter_that_is_no_key(pool):
    for ask in (pool.lease, lambda submitter: pool.submit("1", submitter=submitter)):
        with pytest.raises(ConfigError, match="hashable"):
            ask(submitter=[1])
    pool.check()


def test_map_with_little_room(make_pool):
    """
    It takes the room that there is, and goes on when there is more.
    """
    pool = make_pool(size=1, max_waiting=1)
    results = pool.map("n", ({"n": n} for n in range(12)))
    assert list(range(12)) == [result.value for result in results]
    with pool.lease(timeout=BOUND):
        waiting = pool.submit("1")
        with pytest.raises(PoolFull):
            pool.map("n", [{"n": 1}])
    assert 1 == waiting.result(BOUND).value


def test_map_of_inputs_that_fail(pool):
    """
    What came before is given, and then the failure.
    """

    def inputs():
        yield {"n": 1}
        yield {"n": 2}
        raise KeyError("inputs")

    results = pool.map("f(n)", inputs())
    assert [2, 4] == [next(results).value, next(results).value]
    with pytest.raises(KeyError):
        next(results)


CLOSED = (PoolFull, PoolClosed, SessionClosed)


def test_everything_at_once(make_pool):
    """
    Leases, runs, tasks, failures, cancellations and a close, from many threads: it ends, and
    nothing is left.
    """
    pool = make_pool(size=3, max_waiting=50, setup="x = 1")
    outcomes, lock = [], threading.Lock()

    def note(outcome):
        with lock:
            outcomes.append(outcome)

    def work(n):
        for turn in range(12):
            try:
                if (n + turn) % 4 == 0:
                    with pool.lease(timeout=5, submitter=n) as session:
                        note(session.run("x").value)
                elif (n + turn) % 4 == 1:
                    future = pool.submit("x", submitter=n)
                    if turn % 3 == 0:
                        future.cancel()
                    note(future.result(BOUND).value)
                elif (n + turn) % 4 == 2:
                    error = pool.run("1 / 0", timeout=5, check=False).error
                    note(getattr(error, "type_name", type(error).__name__))
                else:
                    note(asyncio.run(pool.arun("x", timeout=5)).value)
            except (
                PoolFull,
                PoolClosed,
                SessionClosed,
                concurrent.futures.CancelledError,
            ) as error:
                note(type(error).__name__)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    while len(outcomes) < 40:
        threading.Event().wait(0.01)
    pool.close()
    for thread in threads:
        thread.join(2 * BOUND)
        assert not thread.is_alive()

    assert 96 == len(outcomes)
    assert {1, "ZeroDivisionError"} <= set(outcomes)
    assert quiet(pool, leased=0, waiting=0, ready=0)
