"""Guest code over the rows of a table that may be larger than memory."""

from __future__ import annotations

import functools
import itertools
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Literal

from ._arguments import identifier
from ._checks import check_word, shown
from ._errors import ConfigError, RowError
from ._functions import HostFunctions
from ._ledger import OnOutput
from ._limits import Limits
from ._rows_checkpoint import Checkpoint, digest
from ._rows_job import Job, Outcome, Spec
from ._rows_runner import Executor, Runner
from ._rows_source import source_of

OnError = Literal["raise", "collect", "skip"]
_OPTIONS = {
    "clock", "env", "files", "functions", "isolation", "limits", "mounts", "network", "packages",
    "seed",
}  # fmt: skip
_RECORDED = ("clock", "env", "files", "seed")  # of which the results depend, and which are data


@dataclass(frozen=True, slots=True, kw_only=True)
class MapProgress:
    """How far `map_rows` is.

    Args:
        rows: Rows that are done, in order from the first.

        errors: Those of them that failed.

        resumed: Those of them that were done before, in a run that was interrupted.
    """

    rows: int = 0
    errors: int = 0
    resumed: int = 0


def map_rows(
    code: str | Callable[..., Any],
    rows: Iterable[Any],
    *,
    function: str = "transform",
    executor: Executor | Callable[[], Executor] | None = None,
    batch_size: int = 1000,
    window: int = 8,
    on_error: OnError = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    on_progress: Callable[[MapProgress], object] | None = None,
    on_output: OnOutput | None = None,
    interpreter: str = "cpython",
    **options: Any,
) -> Iterator[Any]:
    """Yield what guest code makes of each of *rows*, in their order.

        >>> rows = [{"name": " ada "}, {"name": "BOB"}]
        >>> list(map_rows("{'name': row['name'].strip().title()}", rows))
        [{'name': 'Ada'}, {'name': 'Bob'}]

    Rows go in batches, each in a session that begins as the code has left it. So the
    results depend on neither the executor nor on interruptions; rows should not depend
    on one another. *rows* is read as the results are, a few batches ahead.

    Args:
        code: One expression in which ``row`` is the row; or code that defines a function
            of one row, by the name of *function*; or a function made by ``def``, whose
            source is run in the sandbox, and which therefore uses nothing from outside.

        rows: Dicts as a rule; any data, see `Session.run`.

        function: The name of the function that code text defines.

        executor: Runs the batches: one of `concurrent.futures`, loky's, Dask's. A function
            that makes an executor lets batches be run again, in another executor, when one
            of its processes dies; what it makes is shut down in the end. A `SessionPool`
            lends a session to each batch, in which the code then runs; *interpreter* and
            *options* are the pool's. Default: batches are run one by one, here.

        batch_size: Rows of a batch, at most. `Limits` are for a batch, and what crosses
            them is then done row by row, so that they are for a row in the end.

        window: Batches that are on their way at once, at most.

        on_error: What becomes of a row that fails. ``"raise"``: it ends everything with
            `RowError`; ``"collect"``: the `RowError` takes the place of its result;
            ``"skip"``: it has no result.

        checkpoint: A file that keeps what is done. After an interruption the same call
            with the same file yields all results again, and runs only what was not done.
            It stays: remove it when the results are safe.

        on_progress: Called after each batch.

        on_output: Called with what guest code has written in a batch, as in `Session.run`,
            when the batch is done.

        interpreter, options: As for `Session`, but for *checkpoints* and *snapshot*. With
            an executor of processes they are pickled.

    Raises:
        ConfigError: An argument is wrong, the rows are not those of the checkpoint, or the
            code is neither an expression nor defines the function.
        RowError: A row failed.
        SessionBroken: The executor lost its worker, and there is no other.
        SandboxError: The code cannot run, before any row.
    """
    if callable(code):
        code, function = source_of(code)
    elif not isinstance(code, str):
        raise ConfigError(f"code must be a str or a function, got {type(code).__name__}")
    identifier(function)
    numbers: dict[str, object] = {"batch_size": batch_size, "window": window}
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ConfigError(f"{name} must be a positive int, got {shown(number)}")
    if on_progress is not None and not callable(on_progress):
        raise ConfigError(f"on_progress must be callable, got {type(on_progress).__name__}")
    check_word("on_error", on_error, ("raise", "collect", "skip"))
    if strange := set(options) - _OPTIONS:
        raise TypeError(f"map_rows() got unexpected arguments: {', '.join(sorted(strange))}")
    pool: Any = executor if hasattr(executor, "lease") else None
    if pool is not None:
        if options or interpreter != "cpython":
            raise ConfigError("a pool's sessions are as they are: give the options to the pool")
        interpreter, options["limits"] = pool.interpreter, pool.limits
        executor = functools.partial(ThreadPoolExecutor, window)
    limits = options.get("limits")
    if limits is None:
        limits = options["limits"] = Limits()
    elif not isinstance(limits, Limits):
        raise ConfigError(f"limits must be a Limits, got {type(limits).__name__}")
    if options.get("functions") is not None:
        options["functions"] = _reusable(options["functions"])
    given: object = rows
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise ConfigError(f"rows must be an iterable of rows, got {type(given).__name__}")
    spec = Spec(
        uuid.uuid4().hex, code, function, interpreter, options, on_error == "raise",
        on_output is not None,
    )  # fmt: skip
    about = {name: options.get(name) for name in _RECORDED}
    about |= {"code": code, "function": function, "interpreter": interpreter}
    return _map(
        Runner(Job(spec, pool), executor, window),
        _Source(rows, batch_size, limits.input_bytes),
        _Teller(on_error, on_progress, on_output),
        None if checkpoint is None else (checkpoint, about),
    )


def _reusable(functions: Any) -> Any:
    """Return *functions* as many sessions can take them, and other processes if they are data."""
    if not isinstance(functions, (HostFunctions, Mapping)):
        functions = list(functions)
    HostFunctions(functions)  # what is wrong with them is told now
    return functions


class _Source:
    """Rows, a batch at a time."""

    def __init__(self, rows: Iterable[Any], batch_size: int, batch_bytes: int) -> None:
        self._rows = map(_as_row, rows)
        self._size = batch_size
        self._bytes = batch_bytes
        self._failure: Exception | None = None
        self.number = 0  # of the last row that was given out

    def exactly(self, count: int) -> list[Any]:
        """Return the next *count* rows, or as many as there are."""
        batch = list(itertools.islice(self._rows, count))
        self.number += len(batch)
        return batch

    def batch(self) -> list[Any]:
        """Return the next batch: fewer rows where they are large. Empty at the end.

        What *rows* raises is raised after the rows before it were given out.
        """
        if self._failure is not None:
            raise self._failure
        batch: list[Any] = []
        room = self._bytes
        try:
            for row in self._rows:
                batch.append(row)
                if type(row) is dict:
                    room -= sum([len(v) for v in row.values() if type(v) in _WEIGHED])
                if len(batch) >= self._size or room <= 0:
                    break
        except Exception as error:
            if not batch:
                raise
            self._failure = error
        self.number += len(batch)
        return batch


_WEIGHED = {str, bytes}


def _as_row(row: Any) -> Any:
    """Let other mappings, and the rows of sqlite3, be dicts."""
    if type(row) is dict or not hasattr(row, "keys"):
        return row
    return dict(row)


class _Teller:
    """Makes of outcomes what the caller has asked for."""

    def __init__(
        self,
        on_error: OnError,
        on_progress: Callable[[MapProgress], object] | None,
        on_output: OnOutput | None,
    ) -> None:
        self._on_error = on_error
        self.is_strict = on_error == "raise"
        self._on_progress = on_progress
        self._on_output = on_output
        self._done = self._errors = self._resumed = 0

    def tell(self, rows: list[Any], outcome: Outcome, resumed: bool = False) -> Iterator[Any]:
        """Yield the results of *rows*.

        Raises:
            RowError: One failed, and that is to be raised.
        """
        results: list[Any] = outcome.results
        before = self._done
        self._done += len(results)
        self._errors += len(outcome.errors)
        self._resumed += len(results) * resumed
        if self._on_output is not None:
            for stream, text in outcome.output:
                self._on_output(stream, text)
        if self._on_progress is not None:
            self._on_progress(
                MapProgress(rows=self._done, errors=self._errors, resumed=self._resumed)
            )
        start = 0
        for index, error in outcome.errors:
            yield from results[start:index]
            start = index + 1
            failure = RowError(before + index + 1, error, rows[index])
            if self.is_strict:
                raise failure
            if self._on_error == "collect":
                yield failure
        yield from results[start:] if start else results


def _map(
    runner: Runner,
    source: _Source,
    teller: _Teller,
    checkpoint: tuple[str | os.PathLike[str], Mapping[str, Any]] | None,
) -> Iterator[Any]:
    with ExitStack() as stack:
        stack.enter_context(closing(runner))
        kept = None
        if checkpoint is not None:
            kept = stack.enter_context(closing(Checkpoint(*checkpoint)))
            for record in kept.records():
                rows = source.exactly(record.length)
                if len(rows) != record.length or digest(rows) != record.digest:
                    raise ConfigError(
                        f"the rows up to {source.number} are not those that the checkpoint is of"
                    )
                yield from teller.tell(rows, record.outcome, resumed=True)
        for rows, outcome in runner.outcomes(source):
            if kept is not None:
                kept.add(*(_good(rows, outcome) if teller.is_strict else (rows, outcome)))
            yield from teller.tell(rows, outcome)


def _good(rows: list[Any], outcome: Outcome) -> tuple[list[Any], Outcome]:
    """Leave out the row that ended everything: it is tried again."""
    if not outcome.errors:
        return rows, outcome
    good = outcome.errors[0][0]
    return rows[:good], Outcome(outcome.results[:good], [], outcome.output)
