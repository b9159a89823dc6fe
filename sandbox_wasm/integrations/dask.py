"""Sandboxes on the workers of a Dask cluster.

    client.register_plugin(SandboxPlugin(spec))
    results = map_tasks(client.get_executor(), spec, "double(n)", inputs)

Dask brings the code there and the results back, and runs again what was on a worker that
died. Each worker compiles the interpreter once and keeps a pool. `map_rows` takes the same
executor.
"""

from __future__ import annotations

import asyncio

from .. import ConfigError, PoolSpec
from ._extra import missing

try:
    from distributed import Worker, WorkerPlugin
except ImportError as error:
    raise missing("dask", error) from error


class SandboxPlugin(WorkerPlugin):
    """Has each worker of a cluster make its pool when it joins, instead of at the first task.

    Args:
        spec: What the pool is made of.
    """

    def __init__(self, spec: PoolSpec) -> None:
        if not isinstance(spec, PoolSpec):
            raise ConfigError(f"spec must be a PoolSpec, got {type(spec).__name__}")
        self._spec = spec
        self.name = f"sandbox-wasm-{hash(spec):x}"

    async def setup(self, worker: Worker) -> None:
        """Compile the interpreter, if that was never done there, and make the pool."""
        await asyncio.to_thread(self._spec.pool)  # the worker answers meanwhile

    def teardown(self, worker: Worker) -> None:
        """Shut down the pool."""
        self._spec.close()
