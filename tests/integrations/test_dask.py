"""A Dask cluster of worker processes on this machine."""

from __future__ import annotations

import os
import signal
import threading
import warnings

import pytest

pytest.importorskip("distributed", reason="needs the extra 'dask'")

from distributed import Client, LocalCluster

from sandbox_wasm import (
    ConfigError,
    GuestError,
    PoolSpec,
    Session,
    map_rows,
    map_tasks,
    run_task,
)
from sandbox_wasm.integrations.dask import SandboxPlugin

BOUND = 60


@pytest.fixture(scope="module")
def client():
    """Two worker processes, on loopback, gone when the tests are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own, of the standard library and of ports
        with (
            LocalCluster(
                n_workers=2,
                threads_per_worker=2,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


pytestmark = [
    pytest.mark.filterwarnings("default"),  # those of a cluster's own ends
    pytest.mark.timeout(180),
]


def pools_of(dask_worker=None):
    """On a worker: the statistics of the pools of its process."""
    from sandbox_wasm import _tasks

    return [pool.statistics().leases for pool in _tasks._pools._made.values()]


def test_tasks_on_warm_workers(client, interpreter):
    """
    The plugin has each worker make its pool before the first task; tasks use it.
    """
    spec = PoolSpec(interpreter, setup="def f(x): return 2 * x")
    client.register_plugin(SandboxPlugin(spec))
    before = client.run(pools_of)
    assert 2 == len(before)
    assert all(0 in leases for leases in before.values())

    inputs = ({"n": n} for n in range(200))
    results = map_tasks(client.get_executor(), spec, "f(n)", inputs, window=16)
    assert [2 * n for n in range(200)] == [result.value for result in results]
    after = client.run(pools_of)
    assert 200 == sum(map(sum, after.values())) - sum(map(sum, before.values()))
    with pytest.raises(GuestError, match="ZeroDivisionError"):
        client.submit(run_task, spec, "1 / 0", retries=0).result(BOUND)
    client.unregister_worker_plugin(SandboxPlugin(spec).name)


def test_a_snapshot_goes_along(client, interpreter):
    with Session(interpreter) as session:
        session.run("model = {'a': 1}")
        spec = PoolSpec(interpreter, snapshot=session.snapshot())

    assert {"a": 1} == client.submit(run_task, spec, "model").result(BOUND).value


def test_rows(client, interpreter):
    """
    `map_rows` with Dask's own executor gives what it gives here.
    """
    rows = [{"id": n, "name": f" row {n} "} for n in range(500)]
    code = "{'id': row['id'] + 1, 'name': row['name'].strip()}"
    results = map_rows(
        code, rows, interpreter=interpreter, executor=client.get_executor(), batch_size=20
    )

    assert [{"id": n + 1, "name": f"row {n}"} for n in range(500)] == list(results)


def note(path):
    """On a worker: say which process is at work."""
    open(f"{path}.{os.getpid()}", "w").close()


def test_a_worker_that_dies_in_a_batch(client, tmp_path):
    """
    What it had is run again elsewhere: no result is lost, and none comes twice.
    """
    killed = threading.Event()

    def kill():
        while not (found := [*tmp_path.glob("at.*")]):
            if killed.wait(0.01):
                return
        os.kill(int(found[0].suffix[1:]), signal.SIGKILL)
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    rows = [{"n": n, "path": str(tmp_path / "at")} for n in range(300)]
    code = """
import time
def transform(row):
    if row['n'] == 40:
        note(row['path'])
        time.sleep(1)
    return row['n'] * 2
"""
    results = list(
        map_rows(
            code,
            rows,
            executor=client.get_executor(),
            batch_size=10,
            functions=[note],
            interpreter="micropython",
        )
    )
    killer.join(BOUND)

    assert killed.is_set()
    assert [2 * n for n in range(300)] == results
    client.wait_for_workers(2, timeout=BOUND)  # another has come in its place


def test_what_is_no_spec():
    with pytest.raises(ConfigError):
        SandboxPlugin("cpython")
