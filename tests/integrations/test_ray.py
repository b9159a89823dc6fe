"""A Ray cluster on this machine: ``python -m pytest tests/integrations/test_ray.py``."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="needs the extra 'ray'")

import ray

from sandbox_wasm import GuestError, PoolSpec, map_rows, map_tasks, run_task
from sandbox_wasm.integrations.ray import RayExecutor

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on loopback, which find the functions of this module."""
    folder = str(Path(__file__).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", folder, prepend=os.pathsep)
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            object_store_memory=100 << 20,
            logging_level="ERROR",
            log_to_driver=False,
        )
    yield
    ray.shutdown()


def die_once(path):
    """On a worker: end its process, the first time."""
    if os.path.exists(path):
        os.unlink(path)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("cluster")
def test_ray(tmp_path):
    """
    Tasks and rows with the results of this process; what dies with its worker is run again.
    """
    spec = PoolSpec("micropython", setup="def f(x): return 2 * x")
    with RayExecutor() as executor:
        results = map_tasks(executor, spec, "f(n)", ({"n": n} for n in range(40)), window=8)
        assert [2 * n for n in range(40)] == [result.value for result in results]
        with pytest.raises(GuestError, match="ZeroDivisionError"):
            executor.submit(run_task, spec, "1 / 0").result(60)

        (tmp_path / "kill").touch()
        rows = [{"n": n, "path": str(tmp_path / "kill")} for n in range(100)]
        code = "(die_once(row['path']) if row['n'] == 30 else None, row['n'] * 2)[1]"
        options = {"functions": [die_once], "interpreter": "micropython", "batch_size": 10}
        assert [2 * n for n in range(100)] == list(
            map_rows(code, rows, executor=executor, **options)
        )
        assert not (tmp_path / "kill").exists()
    with pytest.raises(RuntimeError):
        executor.submit(run_task, spec, "1")
