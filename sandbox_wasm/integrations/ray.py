"""An executor for Ray clusters.

    with RayExecutor() as executor:
        results = map_tasks(executor, spec, "double(n)", inputs)

Ray brings the code there and the results back, and runs again what was on a worker that
died. `map_rows` takes the executor as well.
"""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from ._extra import missing

try:
    import ray
except ImportError as error:
    raise missing("ray", error) from error


class RayExecutor(Executor):
    """A `concurrent.futures.Executor` whose calls are Ray's tasks.

    Connects to the cluster that Ray finds, or starts one on this machine, if that was not
    done before; it stays when the executor is shut down.

    Args:
        max_retries: How often Ray runs a call again whose worker has died.

        options: Further options of Ray's tasks, such as ``num_cpus``.
    """

    def __init__(self, *, max_retries: int = 3, **options: Any) -> None:
        if not ray.is_initialized():
            ray.init(include_dashboard=False)
        self._options = {"max_retries": max_retries, **options}
        self._remotes: dict[Callable[..., Any], Any] = {}
        self._pending: dict[Future[Any], Any] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future of what *fn* returns on a worker; it must be importable there.

        A future that is cancelled takes its task back, unless that has begun.

        Raises:
            RuntimeError: The executor was shut down.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor was shut down")
            if fn not in self._remotes:
                self._remotes[fn] = ray.remote(**self._options)(fn)
            reference = self._remotes[fn].remote(*args, **kwargs)
            future: Future[Any] = reference.future()
            self._pending[future] = reference
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        with self._lock:
            reference = self._pending.pop(future, None)
        if future.cancelled() and reference is not None:
            ray.cancel(reference)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; what was submitted is done, unless it is cancelled."""
        with self._lock:
            self._closed = True
            pending = list(self._pending)
        if cancel_futures:
            for future in pending:
                future.cancel()
        if wait:
            concurrent.futures.wait(pending)
