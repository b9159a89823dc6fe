"""Guest code for other processes: what is shipped is data, and what comes back is whole."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import sandbox_wasm
from sandbox_wasm import (
    ConfigError,
    GuestError,
    HostFunctionError,
    HostFunctions,
    Limits,
    PoolClosed,
    PoolSpec,
    Session,
    WallTimeExceeded,
    _tasks,
    map_tasks,
    run_task,
)

BOUND = 20
PACKAGE = str(Path(sandbox_wasm.__file__).parents[1])


@pytest.fixture
def make_spec(interpreter):
    """Makes specs whose pools are closed when the test ends."""
    specs = []

    def make(**options):
        options.setdefault("size", 2)
        specs.append(PoolSpec(interpreter, **options))
        return specs[-1]

    yield make
    for spec in specs:
        spec.close()


def test_a_task(make_spec):
    """
    It is a run in a fresh session of a pool that is made once.
    """
    spec = make_spec(setup="import random\nn = 20")
    assert 42 == run_task(spec, "n += 1\nn * x", {"x": 2}).value
    assert 42 == run_task(spec, "n += 1\nn * x", {"x": 2}).value
    assert spec.pool() is pickle.loads(pickle.dumps(spec)).pool()
    assert 2 == spec.pool().statistics().leases


class Counter:
    """What guest code has by reference."""

    def __init__(self):
        self.count = 0

    def up(self, by: int) -> int:
        self.count += by
        return self.count


class TooHigh(Exception):
    """What guest code catches by name."""


def counter() -> Counter:
    return Counter()


def high():
    raise TooHigh("by far")


def test_host_functions_go_along(make_spec):
    """
    With their options, namespaces, classes and exceptions, as they were registered.
    """
    tools = HostFunctions()
    tools.expose(Counter)
    tools.exception(TooHigh)
    tools.register(counter)
    tools.register(high, max_calls=1, read_only=True)
    tools.namespace("text", str, only=["upper"])
    tools.register(counter, name="Counter.new")
    made = pickle.loads(pickle.dumps(tools))
    assert (tools.names, tools.told) == (made.names, made.told)
    assert (tools.stubs(), tools.json_schema()) == (made.stubs(), made.json_schema())

    spec = pickle.loads(pickle.dumps(make_spec(functions=tools)))
    code = """
c = counter()
try:
    high()
except TooHigh as error:
    found = [str(error)]
try:
    high()
except RuntimeError as error:
    found.append("called" in str(error))
try:
    Counter.up(text, 1)
except TypeError:
    found.append("none")
found + [c.up(2), c.up(3), text.upper("a"), Counter.new().up(1)]
"""
    assert ["by far", True, "none", 2, 5, "A", 1] == run_task(spec, code).value


def test_a_task_with_a_snapshot(make_spec, interpreter):
    with Session(interpreter) as session:
        session.run("x = [1, 2]")
        snapshot = session.snapshot()
    spec = pickle.loads(pickle.dumps(make_spec(snapshot=snapshot, setup="x.append(3)")))
    try:
        assert [1, 2, 3] == run_task(spec, "x").value
    finally:
        spec.close()


def test_results_and_errors_survive_the_way(make_spec):
    """
    With their output and usage: what a worker sends is what a session gave.
    """
    spec = make_spec(limits=Limits(wall_seconds=0.2))
    result = pickle.loads(pickle.dumps(run_task(spec, "print('a')\n{'b': (1, b'c')}")))
    assert ({"b": (1, b"c")}, "a\n") == (result.value, result.stdout)

    for code, kind in (("print('a')\n1 / 0", GuestError), ("while True: pass", WallTimeExceeded)):
        with pytest.raises(kind) as info:
            run_task(spec, code)
        copy = pickle.loads(pickle.dumps(info.value))
        assert (type(info.value), str(info.value)) == (type(copy), str(copy))
        assert info.value.stdout == copy.stdout


def test_pools_that_were_pushed_out(make_spec):
    """
    A process keeps few, closes the others, and makes one anew when it is asked for again.
    """
    specs = [make_spec(setup=f"x = {n}") for n in range(6)]
    pools = [spec.pool() for spec in specs]
    assert [n for n, pool in enumerate(pools) if "closed" in repr(pool)] == [0, 1]
    assert list(range(6)) == [run_task(spec, "x").value for spec in specs]


def test_threads_that_push_out_each_others_pools(make_spec, monkeypatch):
    """
    No task is lost by it.
    """
    monkeypatch.setattr(_tasks, "_KEPT", 1)
    specs = [make_spec(setup=f"x = {n}") for n in range(3)]
    with ThreadPoolExecutor(6) as threads:
        results = list(threads.map(lambda n: run_task(specs[n % 3], "x").value, range(60)))
    assert [n % 3 for n in range(60)] == results


def test_wrong_arguments(interpreter):
    with pytest.raises(ConfigError):
        PoolSpec(3)
    with pytest.raises(ConfigError):
        PoolSpec(snapshot=b"bytes")
    with pytest.raises(ConfigError):
        run_task("cpython", "1")
    spec = PoolSpec(interpreter)
    for window in (0, True, "3"):
        with ThreadPoolExecutor(1) as threads, pytest.raises(ConfigError):
            map_tasks(threads, spec, "1", [], window=window)
    wrong = PoolSpec(interpreter, size=0)
    with pytest.raises(ConfigError):
        run_task(wrong, "1")


def test_a_pool_that_its_owner_has_shut_down(make_spec):
    spec = make_spec()
    spec.pool().shutdown()
    with pytest.raises(PoolClosed):
        run_task(spec, "1")
    spec.close()
    assert 1 == run_task(spec, "1").value


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_processes(make_spec, isolation):
    """
    An executor of the standard library takes tasks as they are: in order, within a window.
    """
    taken = []

    def inputs():
        for n in range(40):
            taken.append(n)
            yield {"n": n}

    spec = make_spec(setup="def f(x): return 2 * x", isolation=isolation)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        results = map_tasks(executor, spec, "f(n)", inputs(), window=6)
        assert [0, 2, 4] == [next(results).value for _ in range(3)]
        assert len(taken) <= 3 + 6
        assert [2 * n for n in range(3, 40)] == [result.value for result in results]
        with pytest.raises(GuestError, match="NameError"):
            list(map_tasks(executor, spec, "f(m)", inputs()))
        assert 8 == executor.submit(run_task, spec, "f(4)").result(BOUND).value


PROGRAM = """
import multiprocessing, sys, warnings
from concurrent.futures import ProcessPoolExecutor
from sandbox_wasm import PoolSpec, map_tasks, run_task

if __name__ == "__main__":
    spec = PoolSpec(sys.argv[1], setup="x = 1", size=1)
    assert run_task(spec, "x").value == 1
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        results = [r.value for r in map_tasks(executor, spec, "x += n\\nx", [{"n": n} for n in range(9)])]
    assert results == list(range(1, 10)), results
    print("done")
"""  # noqa: E501


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_were_forked(interpreter):
    """
    They make pools of their own; the parent's is left alone, and no process hangs at its end.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, interpreter],
        env={**os.environ, "PYTHONPATH": PACKAGE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ("done\n", 0) == (done.stdout, done.returncode), done.stderr


def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_process_that_dies(make_spec):
    """
    The executor says so, and a new one goes on.
    """
    spec = make_spec(functions=[kill_self])
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor, pytest.raises(BrokenExecutor):
        executor.submit(run_task, spec, "kill_self()").result(BOUND)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        assert 1 == executor.submit(run_task, spec, "1").result(BOUND).value


def fail():
    raise SystemExit(3)


def test_a_host_function_that_ends_a_task(make_spec):
    """
    Its error crosses as well, without what it was caused by: that stays where it was.
    """
    spec = make_spec(functions=[fail])
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        future = executor.submit(run_task, spec, "fail()")
        assert HostFunctionError is type(future.exception(BOUND))
