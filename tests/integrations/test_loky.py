"""Other executors of processes, which take what is shipped as it is."""

from __future__ import annotations

import pytest

pytest.importorskip("loky", reason="needs loky")
pytest.importorskip("joblib", reason="needs joblib")

import joblib
from loky import get_reusable_executor

from sandbox_wasm import GuestError, PoolSpec, map_rows, map_tasks, run_task

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def executor():
    executor = get_reusable_executor(max_workers=2, timeout=60)
    yield executor
    executor.shutdown(kill_workers=True)


def test_loky(executor, interpreter):
    """
    Tasks and rows, with the results of this process.
    """
    spec = PoolSpec(interpreter, setup="def f(x): return 2 * x")
    results = map_tasks(executor, spec, "f(n)", ({"n": n} for n in range(30)))
    assert [2 * n for n in range(30)] == [result.value for result in results]
    with pytest.raises(GuestError):
        executor.submit(run_task, spec, "1 / 0").result(60)
    rows = map_rows("row + 1", range(100), executor=executor, batch_size=7, interpreter=interpreter)
    assert list(range(1, 101)) == list(rows)


def test_joblib(interpreter):
    """
    Its own calls of the same function.
    """
    spec = PoolSpec(interpreter, setup="x = 5")
    tasks = (joblib.delayed(run_task)(spec, "x * n", {"n": n}) for n in range(20))
    with joblib.parallel_config(backend="loky", n_jobs=2):
        results = joblib.Parallel()(tasks)
    get_reusable_executor().shutdown(kill_workers=True)

    assert [5 * n for n in range(20)] == [result.value for result in results]
