"""Guest code for workers elsewhere: a function that can be imported, and plain data.

Whatever brings calls to other processes (`concurrent.futures.ProcessPoolExecutor`, loky,
Dask, Ray) brings these: what a pool is made of goes with each call, and each process
makes the pool once and keeps it.
"""

from __future__ import annotations

import atexit
import os
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any

from ._checks import shown
from ._errors import ConfigError, PoolClosed
from ._locks import RLock
from ._pool import SessionPool
from ._result import Result
from ._snapshot import Snapshot
from ._submissions import in_order

# Pools that one process keeps: of the specs that it was given last.
_KEPT = 4


class PoolSpec:
    """What a pool is made of, as plain data; each process makes it when it first needs it.

        >>> spec = PoolSpec("micropython", setup="def double(x): return 2 * x")
        >>> run_task(spec, "double(n)", {"n": 21}).value
        42

    Args:
        interpreter, options: As for `SessionPool`; what is given must survive `pickle`. A
            host function must be one that the other process can import.
    """

    def __init__(self, interpreter: str = "cpython", **options: Any) -> None:
        if not isinstance(interpreter, str):
            raise ConfigError(f"interpreter must be a str, got {type(interpreter).__name__}")
        snapshot = options.pop("snapshot", None)
        if snapshot is not None and not isinstance(snapshot, Snapshot):
            raise ConfigError(f"snapshot must be a Snapshot, got {type(snapshot).__name__}")
        self.interpreter = interpreter
        self._snapshot = None if snapshot is None else snapshot.to_bytes()
        self._options = options
        self._key = uuid.uuid4().hex

    def pool(self) -> SessionPool:
        """Return this process's pool, making it if need be.

        The pool is shared by all who ask in this process. It is shut down when others have
        pushed it out, or by `close`.

        Raises:
            SandboxError: As `SessionPool` does.
        """
        return _pools.get(self)

    def close(self) -> None:
        """Shut down this process's pool, once what it does is done."""
        _pools.close(self)

    def _make(self) -> SessionPool:
        snapshot = None if self._snapshot is None else Snapshot.from_bytes(self._snapshot)
        return SessionPool(self.interpreter, snapshot=snapshot, **self._options)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PoolSpec) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"<PoolSpec of {self.interpreter}, {self._key[:8]}>"


class _Pools:
    """The pools of this process, the one that was asked for last at the end."""

    def __init__(self) -> None:
        self._lock = RLock()  # signal handlers may come back to it
        self._made: OrderedDict[PoolSpec, SessionPool] = OrderedDict()

    def get(self, spec: PoolSpec) -> SessionPool:
        with self._lock:  # who else asks waits for what it needs as well
            pool = self._made.pop(spec, None)
            if pool is None:
                pool = spec._make()
            self._made[spec] = pool
            old = [self._made.popitem(last=False)[1] for _ in range(len(self._made) - _KEPT)]
        for each in old:
            each.shutdown(wait=False)
        return pool

    def close(self, spec: PoolSpec) -> None:
        with self._lock:
            pool = self._made.pop(spec, None)
        if pool is not None:
            pool.shutdown(wait=False)

    def close_all(self) -> None:
        for spec in list(self._made):
            self.close(spec)


_pools = _Pools()


def run_task(
    spec: PoolSpec, code: str, inputs: Mapping[str, Any] | None = None, **options: Any
) -> Result:
    """Run *code* in a fresh session of this process's pool of *spec*.

    It is what to submit to an executor of processes or to a cluster::

        executor.submit(run_task, spec, "double(n)", {"n": 21})

    Args:
        spec: Made once, for all calls.

        code, inputs, options: As for `SessionPool.run`.

    Raises:
        SandboxError: As `SessionPool.run` does; every error survives `pickle`.
    """
    if not isinstance(spec, PoolSpec):
        raise ConfigError(f"spec must be a PoolSpec, got {type(spec).__name__}")
    while True:
        pool = spec.pool()
        try:
            return pool.run(code, inputs=inputs, **options)
        except PoolClosed:  # others have pushed it out just now
            if pool is spec.pool():
                raise


def map_tasks(
    executor: Executor,
    spec: PoolSpec,
    code: str,
    inputs: Iterable[Mapping[str, Any]],
    *,
    window: int = 64,
    **options: Any,
) -> Iterator[Result]:
    """Run *code* by `run_task` for each of *inputs*; yield the results in order.

    Args:
        executor: Brings the calls to other processes.

        spec, code, options: As for `run_task`.

        inputs: May be endless: it is read as results are.

        window: How many calls are on their way at once, at most.

    Raises:
        ConfigError: *executor* is none, or *window* no positive int.
        SandboxError: A run failed, in place of its result; what comes after it is cancelled.
    """
    if not hasattr(executor, "submit"):
        raise ConfigError(f"executor must have submit(), got {type(executor).__name__}")
    if type(window) is not int or window < 1:
        raise ConfigError(f"window must be a positive int, got {shown(window)}")
    return in_order(
        lambda row: executor.submit(run_task, spec, code, row, **options), iter(inputs), window
    )


def _at_exit() -> None:
    _pools.close_all()


atexit.register(_at_exit)


def _after_fork() -> None:
    global _pools
    _pools = _Pools()  # those that were made are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
