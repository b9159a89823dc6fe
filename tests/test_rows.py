"""Guest code over rows: `map_rows`."""

from __future__ import annotations

import csv
import dataclasses
import itertools
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox_wasm
from sandbox_wasm import (
    ConfigError,
    GuestError,
    Limits,
    MapProgress,
    OutputExceeded,
    RowError,
    SessionBroken,
    SessionPool,
    WallTimeExceeded,
    map_rows,
)

PENGUINS = Path(__file__).parent / "data" / "penguins.csv"
DOUBLE = "row * 2"


def two_threads() -> Executor:
    return ThreadPoolExecutor(2)


def two_processes() -> Executor:
    # Not by fork, of which Python warns in a process that has threads.
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


class Now(Executor):
    """Runs what it is given at once, after a trip through pickle; counts."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        fn, args = pickle.loads(pickle.dumps((fn, args)))
        self.batches.append(len(args[1]))
        future: Future[Any] = Future()
        try:
            future.set_result(pickle.loads(pickle.dumps(fn(*args))))
        except Exception as error:
            future.set_exception(error)
        return future


# ---- what the results are


@pytest.mark.parametrize("executor", [None, two_threads, two_processes, Now()])
def test_results_are_the_same_with_any_executor(executor: Any) -> None:
    """
    The results are those of the same expression here, in order, whoever runs the batches.
    """
    rows = [{"id": i, "name": f"row {i}", "score": i / 7} for i in range(500)]
    code = "{'id': row['id'], 'name': row['name'].title(), 'score': round(row['score'], 2)}"
    expected = [eval(code, {"row": row}) for row in rows]

    assert expected == list(map_rows(code, rows, executor=executor, batch_size=33))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_both_interpreters(interpreter: str, batch_size: int) -> None:
    """
    An expression, a function by the default name and one by another do the same.
    """
    rows = [{"a": i} for i in range(20)]
    expected = [{"a": i, "b": i * i} for i in range(20)]
    common = {"interpreter": interpreter, "batch_size": batch_size}
    body = "    row['b'] = row['a'] ** 2\n    return row"

    assert expected == list(map_rows("dict(row, b=row['a'] ** 2)", rows, **common))
    assert expected == list(map_rows(f"def transform(row):\n{body}", rows, **common))
    assert expected == list(map_rows(f"def f(row):\n{body}", rows, function="f", **common))


@settings(max_examples=25)
@given(
    rows=st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.none())),
    batch_size=st.integers(1, 9),
)
def test_nothing_is_lost_or_changed(rows: list[Any], batch_size: int) -> None:
    """
    The identity gives back every row, with its keys in order, whatever the batches are.
    """
    results = list(map_rows("row", rows, batch_size=batch_size, interpreter="micropython"))

    assert [list(row.items()) for row in rows] == [list(row.items()) for row in results]


def test_real_rows() -> None:
    """
    A CSV of dirty texts becomes clean rows, as the same function makes of it here.
    """

    def clean(row: dict[str, str]) -> dict[str, Any]:
        def number(text: str) -> Any:
            return None if text in ("", "NA") else float(text)

        return {
            "species": row["species"].lower(),
            "mass_kg": (number(row["body_mass_g"]) or 0) / 1000,
            "year": int(row["year"]),
        }

    with open(PENGUINS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert 344 == len(rows)
    assert [clean(row) for row in rows] == list(map_rows(clean, rows))


def test_a_pool(interpreter: str) -> None:
    """
    A pool lends a session to each batch, with what its template has.
    """
    code = "def transform(row):\n    return factor * row if row != 7 else 1 / 0"
    with SessionPool(interpreter, setup="factor = 3", size=2) as pool:
        results = list(map_rows(code, range(20), executor=pool, batch_size=3, on_error="collect"))
        errors = [index for index, found in enumerate(results) if isinstance(found, RowError)]

        assert [7] == errors
        assert [i * 3 for i in range(20) if i != 7] == [r for r in results if isinstance(r, int)]
        assert 0 == pool.statistics().leased
        with pytest.raises(ConfigError, match="to the pool"):
            list(map_rows(code, [1], executor=pool, seed=1))
        with pytest.raises(ConfigError, match="must define"):
            list(map_rows("x = 1", [1], executor=pool))
        assert 0 == pool.statistics().leased


def test_rows_of_sqlite() -> None:
    """
    The rows of sqlite3 are rows.
    """
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(":memory:")) as database:
        database.row_factory = sqlite3.Row
        found = database.execute("select 1 as a union select 2")

        assert [{"a": 1}, {"a": 2}] == list(map_rows("row", found))


def test_more_rows_than_fit() -> None:
    """
    Rows without end are read as the results are, a window ahead and no more.
    """
    read = itertools.count()

    def endless() -> Iterator[int]:
        while True:
            yield next(read)

    results = map_rows(DOUBLE, endless(), batch_size=10, executor=two_threads, window=3)

    assert [i * 2 for i in range(100)] == list(itertools.islice(results, 100))
    assert next(read) <= 100 + 4 * 10
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("executor", [None, two_threads])
def test_rows_that_end_in_an_error(executor: Any) -> None:
    """
    What the rows raise comes after the results of the rows before.
    """

    def rows() -> Iterator[int]:
        yield from range(25)
        raise OSError("the disk is gone")

    found: list[int] = []
    with pytest.raises(OSError, match="the disk is gone"):
        found.extend(map_rows(DOUBLE, rows(), batch_size=10, executor=executor))
    assert list(range(0, 50, 2)) == found


def test_each_batch_begins_as_the_code_has_left_it() -> None:
    """
    No batch sees what another has left, and each draws its own random numbers.
    """
    code = """
import random
seen = 0
def transform(row):
    global seen
    seen += 1
    return seen, random.random()
"""
    results = list(map_rows(code, range(6), batch_size=3))

    assert [1, 2, 3, 1, 2, 3] == [seen for seen, _ in results]
    assert 6 == len({number for _, number in results})


def test_a_seed_makes_it_the_same_again() -> None:
    """
    With a seed and a clock the results are the same in any run, with any executor.
    """
    code = "(__import__('random').random(), __import__('time').time())"
    options = {"seed": 7, "clock": 1e9, "batch_size": 4}

    assert list(map_rows(code, range(8), **options)) == list(
        map_rows(code, range(8), executor=Now(), **options)
    )


def test_host_functions_and_output() -> None:
    """
    Rows may call host functions; what they print comes with the batch.
    """
    told: list[Any] = []
    results = map_rows(
        "(print('row', row), price(row))[1]",
        [1, 2, 3],
        functions={"price": lambda n: n * 1.5},
        batch_size=2,
        on_output=lambda *text: told.append(text),
    )

    assert [1.5, 3.0, 4.5] == list(results)
    assert [("stdout", "row 1\nrow 2\n"), ("stdout", "row 3\n")] == told


# ---- errors


BAD = """
def transform(row):
    if row == 3:
        raise ValueError("three")
    if row == 5:
        import sys
        sys.exit("five")
    if row == 6:
        while True: pass
    if row == 7:
        return lambda: 0
    if row == 8:
        return [{"deep": transform}]
    if row == 9:
        return "x" * 100_000
    return row
"""
KINDS = {
    4: (GuestError, "ValueError"),
    6: (GuestError, "SystemExit"),
    7: (WallTimeExceeded, None),
    8: (GuestError, "TypeError"),
    9: (GuestError, "TypeError"),
    10: (OutputExceeded, None),
}
TIGHT = Limits(wall_seconds=0.3, result_bytes=50_000)


def test_what_maps_the_rows_cannot_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What ends it is told, and not what is missing in the guest afterwards.
    """
    monkeypatch.setattr("sandbox_wasm._prelude.rows", lambda: b"while True: pass")

    with pytest.raises(WallTimeExceeded):
        list(map_rows(DOUBLE, [1], limits=Limits(wall_seconds=0.2)))


@pytest.mark.parametrize("executor", [None, two_threads, Now()])
@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_collected_errors(executor: Any, batch_size: int) -> None:
    """
    Each row that fails is told with its number and its own error, and no other row suffers.
    """
    results = list(
        map_rows(
            BAD, range(12), executor=executor, batch_size=batch_size, on_error="collect",
            limits=TIGHT,
        )
    )  # fmt: skip
    errors = [found for found in results if isinstance(found, RowError)]

    assert 12 == len(results)
    assert [0, 1, 2, 4, 10, 11] == [found for found in results if isinstance(found, int)]
    assert list(KINDS) == [error.row_number for error in errors]
    assert [number - 1 for number in KINDS] == [error.row for error in errors]
    for error, (kind, name) in zip(errors, KINDS.values(), strict=True):
        assert isinstance(error.error, kind)
        assert name == getattr(error.error, "type_name", None)
    assert "row 4: ValueError: three" == str(errors[0])
    assert "row 7: WallTimeExceeded: guest exceeded wall_seconds=0.3" == str(errors[2])
    assert str(errors[0]) == str(pickle.loads(pickle.dumps(errors[0])))


def test_the_users_lines_and_no_others(interpreter: str) -> None:
    """
    The traceback of a row begins in the user's code.
    """
    code = "def transform(row):\n    return 1 / row"
    (failed,) = map_rows(code, [0], on_error="collect", interpreter=interpreter)
    lines = failed.error.traceback.splitlines()

    assert "Traceback (most recent call last):" == lines[0]
    assert 'File "<sandbox>", line 2, in transform' in failed.error.traceback
    if interpreter == "cpython":
        assert "map_rows" not in failed.error.traceback


def test_skipped_and_raised_errors() -> None:
    """
    A row that fails is left out, or ends everything after the rows before it.
    """
    code, rows = "1 / row", [1, 2, 0, 4, 0, 5]
    progress: list[MapProgress] = []

    assert [1.0, 0.5, 0.25, 0.2] == list(
        map_rows(code, rows, on_error="skip", on_progress=progress.append)
    )
    assert [MapProgress(rows=6, errors=2)] == progress
    for batch_size in (1, 2, 100):
        found: list[float] = []
        with pytest.raises(RowError) as info:
            found.extend(map_rows(code, rows, batch_size=batch_size))
        assert [1.0, 0.5] == found
        assert (3, 0) == (info.value.row_number, info.value.row)


def test_rows_that_cannot_go_in() -> None:
    """
    A row that is too large or no data fails by itself; its neighbours do not.
    """
    rows = [{"a": 1}, {"a": object()}, {"a": "x" * 60_000}, {"a": ["y" * 9_000] * 6}, {"a": 2}]
    rows += [{"a": "z" * 9_000} for _ in range(30)]
    results = list(
        map_rows("len(str(row['a']))", rows, on_error="collect", limits=Limits(input_bytes=50_000))
    )

    assert [1, 1, *[9_000] * 30] == [found for found in results if isinstance(found, int)]
    for error in results[1:4]:
        assert isinstance(error.error, ConfigError)


def test_huge_rows_cost_themselves_alone() -> None:
    """
    Rows of a hundred megabytes are refused before they are copied, one by one.
    """
    huge = {"a": "x" * 100_000_000}
    results = list(
        map_rows("len(row['a'])", [{"a": "b"}, huge, huge, {"a": "cd"}], on_error="skip")
    )

    assert [1, 2] == results


def test_large_results_do_not_gather() -> None:
    """
    Results that only fit row by row come, and an executor never holds many at once.
    """
    executor = Now()
    limits = Limits(result_bytes=100_000)
    results = map_rows("'x' * 90_000", range(20), executor=executor, limits=limits, batch_size=20)

    assert [90_000] * 20 == [len(result) for result in results]
    assert 4 <= len(executor.batches)


def test_a_guest_that_forges_what_maps_its_rows() -> None:
    """
    Whatever guest code answers in place of the results, it is an error of its rows.
    """
    for answer in (
        "[]",
        "[[1, 2, 3], []]",
        "[[1], [[5, '', '', '']]]",
        "[[1], [[0, 1, 2, 3]]]",
        "[(1,), []]",
        "7",
        "[[1], [[0, '', '']]]",
        "[[1], [[0, '', '', ''], [0, '', '', '']]]",
    ):
        code = f"def transform(row): return row\n_sandbox_map_rows = lambda *a: {answer}"
        results = list(map_rows(code, [1, 2], on_error="collect"))

        assert [RowError, RowError] == [type(result) for result in results]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1", "must define a function transform"),
        ("transform = 3", "must define a function transform"),
        ("", "must define a function transform"),
        ("1) or (2", "SyntaxError"),
        ("def transform(row", "SyntaxError"),
        ("import nothing\ndef transform(row): pass", "ModuleNotFoundError"),
        ("while True: pass", "wall_seconds"),
    ],
)
def test_code_that_cannot_run(code: str, expected: str, interpreter: str) -> None:
    """
    Code that fails before any row is an error of its own, whatever becomes of rows.
    """
    with pytest.raises(sandbox_wasm.SandboxError) as info:
        list(map_rows(code, [1], on_error="skip", limits=TIGHT, interpreter=interpreter))

    assert not isinstance(info.value, RowError)
    assert expected in str(info.value) or expected == "ModuleNotFoundError"


@pytest.mark.parametrize(
    "arguments",
    [
        {"code": 7},
        {"rows": "text"},
        {"rows": {"a": 1}},
        {"rows": 7},
        {"batch_size": 0},
        {"batch_size": True},
        {"window": -1},
        {"on_error": "ignore"},
        {"executor": 7},
        {"function": "no name"},
        {"limits": 7},
        {"interpreter": "perl"},
        {"executor": object},
        {"executor": int},
        {"checkpoint": 1},
        {"checkpoint": 1.5},
        {"checkpoint": "a\0b"},
    ],
)
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    """
    They are refused, by the call or with the first row.
    """
    with pytest.raises(ConfigError):
        list(map_rows(**{"code": DOUBLE, "rows": [1], **arguments}))
    with pytest.raises(TypeError):
        map_rows(DOUBLE, [1], checkpoints=True)


# ---- functions of the host, as source


FACTOR = 3


def by_default(row: int, factor: int = 2, *, label: Any = None) -> Any:
    """A function with all that its source may have."""
    import math

    def twice(n: int) -> int:
        return n * factor

    return [math.floor(twice(n)) for n in (row, row + 1)]


def uses_a_global(row: int) -> int:
    return row * FACTOR


def default_from_outside(row: int, factor: int = FACTOR) -> int:
    return row * factor


def test_the_source_of_a_function(interpreter: str) -> None:
    """
    A function is run inside by its source, and gives what it gives here.
    """
    expected = [by_default(row) for row in range(5)]

    assert expected == list(map_rows(by_default, range(5), interpreter=interpreter))


def test_functions_that_are_more_than_their_source() -> None:
    """
    What would be missing inside is told at once, by name.
    """
    local = 4

    def closure(row: int) -> int:
        return row * local

    for function, name in (
        (uses_a_global, "FACTOR"),
        (default_from_outside, "FACTOR"),
        (closure, "local"),
        (lambda row: row, "lambda"),
        (len, "builtin"),
        (test_results_are_the_same_with_any_executor, "decorated"),
    ):
        with pytest.raises(ConfigError, match=name):
            map_rows(function, [1])


# ---- interruptions


def test_interrupted_and_resumed(tmp_path: Path) -> None:
    """
    What was done is not done again, whatever the batches are, and nothing comes twice.
    """
    path = tmp_path / "rows.checkpoint"
    calls: list[int] = []
    options: dict[str, Any] = {"functions": {"count": calls.append}, "checkpoint": path}
    code = "(count(row), row * 2)[1]"
    results = map_rows(code, range(100), batch_size=10, **options)

    assert list(range(0, 70, 2)) == list(itertools.islice(results, 35))
    results.close()  # type: ignore[attr-defined]
    progress: list[MapProgress] = []
    again = map_rows(code, range(100), batch_size=7, on_progress=progress.append, **options)
    assert list(range(0, 200, 2)) == list(again)
    assert list(range(100)) == calls
    assert MapProgress(rows=100, resumed=40) == progress[-1]
    assert 0o600 == path.stat().st_mode & 0o777
    # All of it is there now, and once more.
    assert list(range(0, 200, 2)) == list(map_rows(code, range(100), **options))
    assert list(range(100)) == calls


def test_errors_are_kept(tmp_path: Path) -> None:
    """
    A checkpoint has the errors of rows, too; a row that raised is tried again.
    """
    path = tmp_path / "rows.checkpoint"
    options: dict[str, Any] = {"checkpoint": path, "limits": TIGHT, "batch_size": 6}

    first = list(map_rows(BAD, range(12), on_error="collect", **options))
    second = list(map_rows(BAD, range(12), on_error="collect", **options))
    assert list(map(str, first)) == list(map(str, second))
    assert [e.error.args for e in first if isinstance(e, RowError)] == [
        e.error.args for e in second if isinstance(e, RowError)
    ]
    path.unlink()
    for _ in range(2):
        found: list[Any] = []
        with pytest.raises(RowError, match="row 4: ValueError"):
            found.extend(map_rows(BAD, range(12), **options))
        assert [0, 1, 2] == found


@pytest.mark.parametrize("cut", range(1, 400, 37))
def test_checkpoint_that_was_cut_short(tmp_path: Path, cut: int) -> None:
    """
    A file that ends anywhere is gone on from its last whole record.
    """
    path = tmp_path / "rows.checkpoint"
    list(map_rows(DOUBLE, range(20), batch_size=4, checkpoint=path))
    data = path.read_bytes()
    path.write_bytes(data[: max(0, len(data) - cut)])

    assert list(range(0, 40, 2)) == list(map_rows(DOUBLE, range(20), checkpoint=path))


def test_checkpoint_that_was_changed(tmp_path: Path) -> None:
    """
    A record that is not as it was written is done again.
    """
    path = tmp_path / "rows.checkpoint"
    list(map_rows(DOUBLE, range(20), batch_size=4, checkpoint=path))
    path.write_bytes(path.read_bytes().replace(b"[16,18", b"[16,99"))

    assert list(range(0, 40, 2)) == list(map_rows(DOUBLE, range(20), checkpoint=path))


@pytest.mark.parametrize(
    ("results", "errors", "output"),
    [
        ([1], [], []),
        ([1, 2], [[2, "GuestError", ["E"]]], []),
        ([1, 2], [[-1, "GuestError", ["E"]]], []),
        ([1, 2], [["0", "GuestError", ["E"]]], []),
        ([1, 2], [[[], "GuestError", ["E"]]], []),
        ([1, 2], [[0, "annotations", []]], []),
        ([1, 2], [], [[1, 2]]),
        ([1, 2], [], [["stdout"]]),
        (1, 2, 3),
    ],
    ids=repr,
)
def test_checkpoint_that_was_made_up(
    tmp_path: Path, results: Any, errors: Any, output: Any
) -> None:
    """
    A record that makes no sense is done again, also where its checksum is right.
    """
    path = tmp_path / "rows.checkpoint"
    list(map_rows(DOUBLE, [3, 4], checkpoint=path, interpreter="micropython"))
    first, record = path.read_bytes().splitlines(keepends=True)
    head = b" ".join(record.split(b" ")[:2])
    data = json.dumps([results, errors, output]).encode()
    check = zlib.crc32(data, zlib.crc32(head))
    path.write_bytes(first + b"%s %08x %s\n" % (head, check, data))

    again = map_rows(
        DOUBLE, [3, 4], checkpoint=path, interpreter="micropython", on_output=lambda *_: None
    )
    assert [6, 8] == list(again)


class Generous(Executor):
    """Gives more back than it was given."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        outcome = fn(*args, **kwargs)
        future: Future[Any] = Future()
        future.set_result(dataclasses.replace(outcome, results=outcome.results * 2))
        return future


def test_an_executor_that_gives_too_much() -> None:
    with pytest.raises(ConfigError, match="does not return"):
        list(map_rows(DOUBLE, [1, 2], executor=Generous(), interpreter="micropython"))


def test_checkpoints_of_others(tmp_path: Path) -> None:
    """
    The checkpoint of other code, of other rows or in use is refused, and stays as it is.
    """
    path = tmp_path / "rows.checkpoint"
    list(map_rows(DOUBLE, range(20), batch_size=4, checkpoint=path))
    before = path.read_bytes()

    with pytest.raises(ConfigError, match="another job"):
        list(map_rows("row * 3", range(20), checkpoint=path))
    for rows in (range(1, 21), range(7), [*range(8), 80, 9]):
        with pytest.raises(ConfigError, match="not those"):
            list(map_rows(DOUBLE, rows, checkpoint=path))
    results = map_rows(DOUBLE, range(20), checkpoint=path)
    next(results)
    with pytest.raises(ConfigError, match="in use"):
        list(map_rows(DOUBLE, range(20), checkpoint=path))
    results.close()  # type: ignore[attr-defined]
    assert before == path.read_bytes()
    path.write_text("something else\n")
    with pytest.raises(ConfigError, match="no checkpoint"):
        list(map_rows(DOUBLE, range(20), checkpoint=path))
    assert "something else\n" == path.read_text()


def test_closing_ends_what_runs() -> None:
    """
    Rows that are on their way in threads are ended when nobody wants them any more.
    """
    code = "row if row == 0 else [None for _ in iter(int, 1)]"
    with ThreadPoolExecutor(2) as executor:
        results = map_rows(
            code, range(4), executor=executor, batch_size=1, limits=Limits(wall_seconds=50)
        )
        assert 0 == next(results)
        began = time.monotonic()
        results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 20


KILLS = """
import os, signal, sys
from concurrent.futures import ProcessPoolExecutor
from sandbox_wasm import Limits, map_rows

def kill(row):
    # Once for each row that is in the list, and the process with it.
    path = os.path.join(sys.argv[1], str(row))
    if os.path.exists(path):
        os.unlink(path)
        os.kill(os.getpid(), signal.SIGKILL)

def make():
    return ProcessPoolExecutor(2)

if __name__ == "__main__":
    code = "(kill(row), row * 2)[1]"
    options = {"executor": make, "batch_size": 5, "functions": {"kill": kill}}
    results = list(map_rows(code, range(60), **options))
    assert results == list(range(0, 120, 2)), results
    assert not os.listdir(sys.argv[1])
    print("all there")
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_workers(tmp_path: Path) -> None:
    """
    Batches whose process dies are run again, and no result is lost or comes twice.
    """
    script, kills = tmp_path / "kills.py", tmp_path / "kills"
    script.write_text(KILLS)
    kills.mkdir()
    for row in (0, 7, 31, 59):
        (kills / str(row)).touch()
    done = subprocess.run(
        [sys.executable, str(script), str(kills)],
        env={**os.environ, "PYTHONPATH": str(Path(sandbox_wasm.__file__).parents[1])},
        capture_output=True,
        text=True,
    )

    assert ("all there\n", "", 0) == (done.stdout, done.stderr, done.returncode)


def die(row: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_batches_that_always_kill() -> None:
    """
    A batch that kills every process is given up, and an executor that nobody can make anew
    says so at once.
    """
    code, options = "die(row) if row == 4 else row", {"functions": {"die": die}, "batch_size": 2}
    results = map_rows(code, range(8), executor=two_processes, **options)

    with pytest.raises(SessionBroken, match="same 2 rows"):
        list(results)
    with two_processes() as executor, pytest.raises(SessionBroken, match="makes one"):
        list(map_rows(code, range(8), executor=executor, **options))
