"""What ``sandbox-wasm map`` does once its command line is understood."""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from . import GuestError, Result, RowError, SandboxError
from ._cli_exit import Exit, status
from ._cli_map_plan import DRY_ROWS, Plan
from ._tables import CsvSink, FileRows, JsonSink, NewFile, TableError, Unfit, format_of, plain
from ._terminal import Streams, inert

if TYPE_CHECKING:
    from sqlite_utils import Database

    from . import MapProgress
    from ._tables import Rows, Sink
    from ._tables_sqlite import Changes


class Run:
    """One run of the command.

    Raises:
        click.UsageError: The options do not go together.
    """

    def __init__(self, plan: Plan, streams: Streams) -> None:
        self._plan = plan
        self._streams = streams
        self._rows: deque[tuple[Any, dict[str, Any]]] = deque()  # that are on their way
        self._csv_sink: CsvSink | None = None
        self._written = self._dropped = self._failed = 0
        self.source_format = plan.source_format or format_of(plan.input)
        if self.source_format is None:
            raise click.UsageError(f"say with --from what {plan.input!r} is")
        self.target_format = plan.target_format or format_of(plan.output or "")
        if self.target_format is None:
            self.target_format = "jsonl" if self.source_format == "sqlite" else self.source_format
        is_table = self.source_format == "sqlite"
        in_place = "INPUT is a database and there is no --output"
        for name, value, fits, what in (
            ("--table", plan.table, is_table, "INPUT is a database"),
            ("--where", plan.where, is_table, "INPUT is a database"),
            ("--param", plan.params, plan.where is not None, "there is --where"),
            ("--update", plan.update, is_table and plan.output is None, in_place),
            ("--into", plan.into, self.target_format == "sqlite", "OUTPUT is a database"),
            ("--append", plan.append, self.target_format == "sqlite", "OUTPUT is a database"),
        ):  # fmt: skip
            if value and not fits:
                raise click.UsageError(f"{name} is for when {what}")
        paths = [plan.output, plan.errors, plan.checkpoint]
        found = [os.path.realpath(path) for path in paths if path not in (None, "-", os.devnull)]
        others = [os.path.realpath(p) for p in (plan.errors, plan.checkpoint) if p is not None]
        if len(set(found)) < len(found) or os.path.realpath(plan.input) in others:
            raise click.UsageError("INPUT, --output, --errors and --checkpoint: one file for each")
        if self.target_format == "sqlite" and plan.output in (None, "-") and not plan.update:
            raise click.UsageError("a database cannot go to standard output: name it with --output")
        if is_table and plan.input == "-":
            raise click.UsageError("a database cannot be read from standard input")

    def run(self) -> Exit:
        """Return the exit status."""
        try:
            with ExitStack() as stack:
                self._map(stack)
        except RowError as error:
            self._streams.note(f"{error}; {self._nothing}")
            if traceback := getattr(error.error, "traceback", ""):
                self._streams.err.line(traceback)
            return status(error.error)
        except SandboxError as error:
            self._streams.report(Result(error=error), 0)
            return status(error)
        self._summary()
        if self._plan.checkpoint is not None and not self._plan.dry_run:
            with suppress(FileNotFoundError):
                os.unlink(self._plan.checkpoint)
        return Exit.OK

    # ---- what is read and written

    def _map(self, stack: ExitStack) -> None:
        plan = self._plan
        source, target = self._open(stack)
        failures = None
        if plan.errors is not None and not plan.dry_run:
            file = stack.enter_context(closing(NewFile(plan.errors)))
            failures = file, JsonSink(file.file.write, lines=True, ascii_only=True)
        for number, (key, row), result in self._results(source, stack):
            reason = self._take(target, number, key, row, result)
            if reason is not None and failures is not None:
                failures[1].write({"row_number": number, "error": reason, "row": _showable(row)})
        target.finish()
        if failures is not None:
            failures[0].keep()

    def _open(self, stack: ExitStack) -> tuple[_Source, _Target]:
        plan = self._plan
        if self.source_format != "sqlite":
            file: IO[bytes] = sys.stdin.buffer
            if plan.input != "-":
                try:
                    file = stack.enter_context(open(plan.input, "rb"))  # noqa: SIM115
                except OSError as error:
                    raise TableError(error.strerror or "it cannot be read") from None
            assert self.source_format is not None  # noqa: S101  __init__ has seen to it
            rows = FileRows(file, self.source_format, plan.limits.input_bytes)
            return _Source(rows), self._target(stack, None)
        from ._tables_sqlite import Changes, TableRows, connect

        writes = not plan.dry_run and (plan.update or self._is_same_file())
        database = connect(plan.input, write=writes)
        stack.callback(database.conn.close)
        names = database.table_names()
        table = plan.table or (names[0] if len(names) == 1 else None)
        if table is None:
            raise TableError(f"say which --table; it has: {', '.join(map(repr, names)) or 'none'}")
        if writes:
            database.conn.execute("begin immediate")
        rows_ = TableRows(database, table, plan.where, dict(plan.params), plan.limit)
        if not plan.update:
            return _Source(rows_), self._target(stack, database if writes else None)
        keyed = _Source(rows_, rows_.with_keys())
        if plan.column is not None and plan.column not in rows_.columns:
            raise TableError(f"{table!r} has no column {plan.column!r}")
        if plan.dry_run:
            return keyed, self._printer()
        return keyed, _InPlace(Changes(rows_, database), database)

    def _is_same_file(self) -> bool:
        plan = self._plan
        return plan.output is not None and os.path.realpath(plan.output) == os.path.realpath(
            plan.input
        )

    def _printer(self) -> _Target:
        return _Target(JsonSink(self._streams.out.write, lines=True, ascii_only=True))

    def _target(self, stack: ExitStack, same: Database | None) -> _Target:
        plan = self._plan
        if plan.dry_run:
            return self._printer()
        if self.target_format == "sqlite":
            return self._database(stack, same)
        if plan.output is None or plan.output == "-":
            if self.target_format in ("json", "jsonl"):
                lines = self.target_format == "jsonl"
                return _Target(JsonSink(self._streams.out.write, lines, ascii_only=True))
            file: IO[str] = stack.enter_context(
                tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
            )
            return _Target(self._csv(file), lambda: self._copy(file))
        new = stack.enter_context(closing(NewFile(plan.output)))
        sink: Sink = self._csv(new.file)
        if self.target_format in ("json", "jsonl"):
            sink = JsonSink(new.file.write, self.target_format == "jsonl", ascii_only=False)
        return _Target(sink, new.keep)

    def _csv(self, file: IO[str]) -> CsvSink:
        delimiter = "\t" if self.target_format == "tsv" else ","
        self._csv_sink = CsvSink(file, delimiter, self._plan.escape_formulas)
        return self._csv_sink

    def _copy(self, file: IO[str]) -> None:
        file.seek(0)
        while piece := file.read(1 << 16):
            self._streams.out.write(piece)

    def _database(self, stack: ExitStack, same: Database | None) -> _Target:
        from ._tables_sqlite import TableSink, connect

        plan = self._plan
        into = plan.into or "rows"
        if same is not None:
            return _Target(TableSink(same, into, plan.append))
        path = os.path.realpath(plan.output or "")
        if os.path.exists(path):
            database = connect(path, write=True)
            stack.callback(database.conn.close)
            return _Target(TableSink(database, into, plan.append))
        part = f"{path}.{secrets.token_hex(4)}.part"
        database = connect(part, write=True, new=True)
        stack.callback(_remove, part)
        stack.callback(database.conn.close)

        def keep() -> None:
            database.conn.close()
            os.replace(part, path)

        return _Target(TableSink(database, into, plan.append), keep)

    # ---- rows

    def _results(
        self, source: _Source, stack: ExitStack
    ) -> Iterator[tuple[int, tuple[Any, dict[str, Any]], Any]]:
        from . import map_rows

        plan = self._plan
        limit = plan.limit if plan.limit is not None or not plan.dry_run else DRY_ROWS
        executor = None
        if plan.jobs > 1:
            executor = stack.enter_context(ThreadPoolExecutor(plan.jobs))
        tell = None
        if source.size and self._streams.err.is_terminal and not plan.dry_run:
            tell = stack.enter_context(_bar(source))
        strict = plan.on_error == "raise" and plan.errors is None
        results = map_rows(
            plan.code,
            self._noted(itertools.islice(source, limit)),
            function=plan.function,
            executor=executor,
            batch_size=plan.batch_size,
            window=2 * plan.jobs,
            on_error="raise" if strict else "collect",
            checkpoint=None if plan.dry_run else plan.checkpoint,
            on_progress=tell,
            on_output=lambda stream, text: self._streams.err.write(text),
            interpreter=plan.interpreter,
            limits=plan.limits,
            isolation=plan.isolation,
            packages=plan.packages or None,
        )
        stack.callback(results.close)  # type: ignore[attr-defined]  # before the executor
        for number, result in enumerate(results, 1):
            yield number, self._rows.popleft(), result

    def _noted(self, source: Iterator[tuple[Any, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        for item in source:
            self._rows.append(item)
            yield item[1]

    def _take(
        self, target: _Target, number: int, key: Any, row: dict[str, Any], result: Any
    ) -> str | None:
        """Write what became of a row; return why it failed, None if it did not."""
        if isinstance(result, RowError):
            self._failed += 1
            return str(result).partition(": ")[2]
        try:
            column = self._plan.column
            if column is not None:
                result = {column: result} if self._plan.update else {**row, column: result}
            elif result is None:
                self._dropped += 1
                return None
            elif not isinstance(result, dict):
                raise Unfit(f"a row is a dict, and the code gave a {type(result).__name__}")
            target.write(key, result)
        except Unfit as unfit:
            error = GuestError("TypeError", str(unfit))
            if self._plan.on_error == "raise" and self._plan.errors is None:
                raise RowError(number, error, row) from None
            self._failed += 1
            return str(error)
        self._written += 1
        return None

    # ---- what is said

    @property
    def _nothing(self) -> str:
        if self._plan.dry_run or (self._plan.output is None and not self._plan.update):
            return "no further row was tried"
        return "nothing was written"

    def _summary(self) -> None:
        plan = self._plan
        if self._csv_sink is not None and self._csv_sink.formulas and not plan.dry_run:
            self._streams.note(
                f"{self._csv_sink.formulas} cells begin like formulas, which a spreadsheet would "
                "run: --escape-formulas makes them texts"
            )
        if not (self._failed or self._dropped or self._streams.err.is_terminal):
            return
        done = "changed" if plan.update else "written"
        text = f"{self._written} rows {'would be ' if plan.dry_run else ''}{done}"
        if self._dropped:
            text += f", {self._dropped} left {'as they are' if plan.update else 'out'}"
        if self._failed:
            text += f", {self._failed} failed" + (f": see {plan.errors}" if plan.errors else "")
        self._streams.note(text)


class _Source:
    """Rows with their keys, and how far they are."""

    def __init__(self, rows: Rows, keyed: Iterator[tuple[Any, dict[str, Any]]] | None = None):
        self._rows = rows
        self._keyed = keyed
        self.size = rows.size

    def __iter__(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        return self._keyed if self._keyed is not None else ((None, row) for row in self._rows)

    def at(self, rows: int) -> int:
        """How much of the size was read, when that many rows are done."""
        found = self._rows.at()
        return rows if found is None else found


class _Target:
    """Where rows go; *keep* makes it final."""

    def __init__(self, sink: Sink, keep: Callable[[], object] = lambda: None) -> None:
        self._sink = sink
        self._keep = keep

    def write(self, key: Any, row: dict[str, Any]) -> None:
        self._sink.write(row)

    def finish(self) -> None:
        self._sink.finish()
        self._keep()


class _InPlace(_Target):
    """The table itself."""

    def __init__(self, changes: Changes, database: Database) -> None:
        self._changes = changes
        self._database = database

    def write(self, key: Any, row: dict[str, Any]) -> None:
        self._changes.add(key, row)

    def finish(self) -> None:
        self._changes.make()
        self._database.conn.execute("commit")


@contextmanager
def _bar(source: _Source) -> Iterator[Callable[[MapProgress], None]]:
    """A progress bar on standard error; yields what moves it."""
    at = 0
    with click.progressbar(length=source.size or 0, file=sys.stderr, label="0 rows") as bar:

        def tell(progress: MapProgress) -> None:
            nonlocal at
            bar.label = f"{progress.rows:,} rows"
            now = source.at(progress.rows)
            bar.update(now - at)
            at = now

        yield tell


def _remove(path: str) -> None:
    for end in ("", "-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(path + end)


def _showable(row: dict[str, Any]) -> Any:
    """Return *row* as JSON has it, or else as text."""
    try:
        return plain(row)
    except Unfit:
        return {str(name): inert(repr(value)) for name, value in row.items()}
