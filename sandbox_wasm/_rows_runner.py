"""Batches of rows on their way through an executor: a bounded window, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import dataclass
from typing import Any, Protocol

from ._errors import ConfigError, SessionBroken
from ._rows_job import Job, Outcome, run_batch

_TRIES = 3


class Executor(Protocol):
    """What `map_rows` needs of an executor; `concurrent.futures.Executor` and Dask's have it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Return a future of what *fn* returns."""


class Source(Protocol):
    """Gives rows in batches."""

    def batch(self) -> list[Any]:
        """Return the next batch; empty at the end."""


@dataclass(slots=True)
class _Batch:
    rows: list[Any]
    future: Any = None
    deaths: int = 0  # of workers that had this batch and no other


class Runner:
    """Has batches done by an executor, or here.

    Args:
        job: What to do with them.

        executor: An executor, a function that makes one, or None.

        window: Batches that are on their way at once, at most.

    Raises:
        ConfigError: *executor* is none of these.
    """

    def __init__(
        self, job: Job, executor: Executor | Callable[[], Executor] | None, window: int
    ) -> None:
        self._job = job
        self._window = 1 if executor is None else window
        self._executor: Any = None
        self._make: Callable[[], Executor] | None = None
        if hasattr(executor, "submit"):
            self._executor = executor
        elif callable(executor):
            self._make = executor
        elif executor is not None:
            raise ConfigError(
                "executor must have submit(), or be a function that makes such an executor; "
                f"got {type(executor).__name__}"
            )
        self._queue: deque[_Batch] = deque()
        self._alone = 0  # batches to be run one at a time, because one of them kills

    def outcomes(self, source: Source) -> Iterator[tuple[list[Any], Outcome]]:
        """Yield rows and what became of them, in order; nothing follows what stops the job."""
        queue = self._queue
        more = True
        failure: Exception | None = None
        while True:
            while more and len(queue) < self._window:
                try:
                    rows = source.batch()
                except Exception as error:  # what came before it comes first
                    failure, rows = error, []
                more = bool(rows)
                if more:
                    queue.append(_Batch(rows))
            if not queue:
                if failure is not None:
                    raise failure
                return
            if not self._alone:
                self._start(*queue)
            batch = queue[0]
            outcome = self._wait(batch)
            queue.popleft()
            done = len(outcome.results)
            stopped = self._job.spec.stop and outcome.errors
            if stopped:
                self.cancel()
            elif done < len(batch.rows):
                queue.appendleft(_Batch(batch.rows[done:]))
            yield batch.rows[:done], outcome
            if stopped:
                return

    def _start(self, *batches: _Batch) -> None:
        """Submit those that are not on their way."""
        if self._executor is None and self._make is None:
            return
        for batch in batches:
            if batch.future is None:
                if self._executor is None and self._make is not None:
                    self._executor = made = self._make()
                    if not hasattr(made, "submit"):
                        raise ConfigError(
                            f"executor has made {type(made).__name__}, which has no submit()"
                        )
                try:
                    batch.future = self._executor.submit(run_batch, self._job, batch.rows)
                except BrokenExecutor:  # the future of the first batch tells more
                    return

    def _wait(self, batch: _Batch) -> Outcome:
        if self._executor is None and self._make is None:
            return run_batch(self._job, batch.rows)
        while True:
            self._start(batch)
            try:
                if batch.future is None:
                    raise BrokenExecutor("it took no more batches")
                outcome = batch.future.result()
            except CancelledError:
                raise SessionBroken("the executor of map_rows was shut down") from None
            except BrokenExecutor as error:
                self._replace(batch, error)
                continue
            if not isinstance(outcome, Outcome) or not 0 < len(outcome.results) <= len(batch.rows):
                raise ConfigError("the executor does not return what it was given to do")
            self._alone = max(0, self._alone - 1)
            return outcome

    def _replace(self, first: _Batch, error: BrokenExecutor) -> None:
        """Have what was on its way done by another executor."""
        first.deaths += self._alone > 0
        if self._make is None:
            raise SessionBroken(
                "a process of map_rows's executor died, and took the executor with it: let "
                "executor be a function that makes one, and lost batches are run again"
            ) from error
        if first.deaths == _TRIES:
            raise SessionBroken(
                f"a process died {_TRIES} times with the same {len(first.rows)} rows"
            ) from error
        self._shut_down(wait=False)
        # Which of the batches was its death is not known: they go one by one.
        self._alone = len(self._queue)
        for batch in self._queue:
            batch.future = None

    def _shut_down(self, wait: bool) -> None:
        executor, self._executor = self._executor, None
        if executor is not None and hasattr(executor, "shutdown"):
            executor.shutdown(wait=wait)

    def cancel(self) -> None:
        """End what is on its way and was not asked for by anybody else."""
        for batch in self._queue:
            if batch.future is not None:
                batch.future.cancel()
        self._job.cancel()

    def close(self) -> None:
        """End everything; an executor that was made for this is shut down."""
        busy = bool(self._queue)
        self.cancel()
        self._queue.clear()
        if self._make is not None:
            self._shut_down(wait=not busy)
