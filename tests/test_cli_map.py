"""``sandbox-wasm map``: tables in, tables out."""

from __future__ import annotations

import csv
import functools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_wasm import cli
from sandbox_wasm._tables import CsvSink, FileRows, NewFile, TableError

PENGUINS = Path(__file__).parent / "data" / "penguins.csv"
needs_sqlite_utils = pytest.mark.usefixtures("sqlite_utils")


@pytest.fixture
def sqlite_utils() -> Any:
    """The extra 'sqlite'."""
    return pytest.importorskip("sqlite_utils")


def invoke(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """Run the command in this process; standard streams are no terminals."""
    return CliRunner().invoke(cli.main, ["map", *map(str, arguments)], input=stdin)


def read_csv(path: Path, **options: Any) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, **options))


def query(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


def make_table(path: Path, *, extra: str = "") -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"create table t (id integer primary key, a integer, b text){extra}")
        database.executemany("insert into t values (?, ?, ?)", [(i, i, f"b{i}") for i in range(20)])
        database.commit()


def nothing_else(folder: Path, *names: str) -> None:
    """No scratch file is left."""
    assert sorted(names) == sorted(path.name for path in folder.iterdir())


# ---- formats


@pytest.mark.parametrize("source", ["csv", "tsv", "json", "jsonl", "db"])
@pytest.mark.parametrize("target", ["csv", "tsv", "json", "jsonl", "db"])
@needs_sqlite_utils
def test_every_format_becomes_every_other(tmp_path: Path, source: str, target: str) -> None:
    """
    The penguins of one format are the penguins of another.
    """
    rows = read_csv(PENGUINS)[:20]
    before, after = tmp_path / f"before.{source}", tmp_path / f"after.{target}"
    assert 0 == invoke("row", PENGUINS, "-o", before, "--limit", 20).exit_code
    result = invoke("dict(row, year=int(row['year']))", before, "-o", after)

    assert (0, "") == (result.exit_code, result.output)
    if target in ("csv", "tsv"):
        found: Any = read_csv(after, delimiter="\t" if target == "tsv" else ",")
        assert rows == found
        return
    if target == "db":
        found = [dict(zip(rows[0], row, strict=True)) for row in query(after, "select * from rows")]
    else:
        text = after.read_text("utf-8")
        found = json.loads(text) if target == "json" else list(map(json.loads, text.splitlines()))
    assert [{**row, "year": int(row["year"])} for row in rows] == found


def test_standard_streams(tmp_path: Path) -> None:
    """
    Rows come from standard input and go to standard output, in the format of the input.
    """
    text = "name,n\r\nAda,1\r\nBob,2\r\n"
    program = tmp_path / "double.py"
    program.write_text("def f(row):\n    return {**row, 'n': int(row['n']) * 2}\n")

    result = invoke(program, "-", "--from", "csv", "--function", "f", stdin=text)
    assert (0, b"name,n\r\nAda,2\r\nBob,4\r\n") == (result.exit_code, result.stdout_bytes)
    result = invoke("row", "-", "--from", "csv", "--to", "jsonl", stdin=text)
    assert '{"name": "Ada", "n": "1"}\n{"name": "Bob", "n": "2"}\n' == result.stdout
    result = invoke("row", "-", "--from", "json", stdin="[]")
    assert (0, "[]\n") == (result.exit_code, result.stdout)


def test_columns_that_come_later(tmp_path: Path) -> None:
    """
    The columns of CSV are those of all rows; rows without one have an empty cell.
    """
    target = tmp_path / "out.csv"
    code = "{'a': row['n']} if row['n'] < 2 else {'b': 'x, \\n\"y', 'a': row['n']}"
    result = invoke(code, "-", "--from", "json", "-o", target, stdin='[{"n":0},{"n":1},{"n":2}]')

    assert 0 == result.exit_code
    assert b'a,b\r\n0,\r\n1,\r\n2,"x, \n""y"\r\n' == target.read_bytes()


def test_column_and_rows_that_are_left_out(tmp_path: Path) -> None:
    """
    ``--column`` changes one column and keeps the others; None leaves a row out.
    """
    target = tmp_path / "out.csv"

    result = invoke("row['species'][0]", PENGUINS, "-o", target, "--column", "species")
    assert 0 == result.exit_code
    assert [{**r, "species": r["species"][0]} for r in read_csv(PENGUINS)] == read_csv(target)
    result = invoke("row if row['sex'] == 'NA' else None", PENGUINS, "-o", target)
    assert "11 rows written, 333 left out" in result.stderr
    assert 11 == len(read_csv(target))


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        (b"a,b\n1,2,3\n", "csv", "more cells"),
        (b"a,a\n1,2\n", "csv", "same name"),
        (b'a\n"1', "csv", "line 2"),
        (b"a\n\xff\n", "csv", "UTF-8"),
        (b"a\n" + b"x" * 5_000_000, "csv", "more than 4194304 bytes"),
        (b"{}", "json", "not a list"),
        (b"[1]", "json", "row 1 is not an object"),
        (b"[" * 200_000, "json", "n"),
        (b'{"a":1}\n{', "jsonl", "line 2"),
        (b'"a"', "jsonl", "row 1 is not an object"),
        (b"\xff", "jsonl", "UTF-8"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, data: bytes, kind: str, expected: str) -> None:
    """
    They are told with the place, and nothing is written.
    """
    target = tmp_path / "out.csv"
    result = invoke("row", "-", "--from", kind, "-o", target, stdin=data)

    assert 2 == result.exit_code, result.output
    assert expected in result.stderr
    nothing_else(tmp_path)


@settings(max_examples=50)
@given(
    rows=st.lists(
        st.dictionaries(
            st.text(max_size=3).filter(lambda s: "\0" not in s),
            st.text(max_size=5).filter(lambda s: "\0" not in s),
            min_size=1,
            max_size=3,
        ),
        max_size=5,
    )
)
def test_csv_comes_back_as_it_went(rows: list[dict[str, str]]) -> None:
    """
    Whatever names and texts are, what is read is what was written.
    """
    import io

    file = io.StringIO(newline="")
    sink = CsvSink(file, ",", escape_formulas=False)
    for row in rows:
        sink.write(row)
    sink.finish()
    names = dict.fromkeys(name for row in rows for name in row)
    data = io.BytesIO(file.getvalue().encode())

    assert [{name: row.get(name, "") for name in names} for row in rows] == list(
        FileRows(data, "csv", 1 << 20)
    )


# ---- what guest code may do to the output


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("7", "a row is a dict"),
        ("{1: 2}", "a name is a text"),
        ("{10 ** 5000: 1}", "a name is a text"),
        ("{'a': b'x'}", "no form"),
        ("{'a': {1}}", "no form"),
        ("{'a': float('nan')}", "no number"),
        ("{'a': lambda: 0}", "not data"),
        ("{'a': 10 ** 5000}", "too many digits"),
        ("{'a': '\\0'}", "null character"),
        ("{str(i): i for i in range(10_001)}", "more than 10000 columns"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_is_no_row(tmp_path: Path, code: str, reason: str) -> None:
    """
    A result that is no row is an error of its row: nothing is written, or the others are.
    """
    target = tmp_path / "out.csv"
    data = '[{"n": 1}, {"n": 2}]'
    code = f"row if row['n'] == 1 else {code}"

    result = invoke(code, "-", "--from", "json", "-o", target, stdin=data)
    assert 1 == result.exit_code
    assert "row 2: " in result.stderr
    assert reason in result.stderr
    nothing_else(tmp_path)
    result = invoke(code, "-", "--from", "json", "-o", target, "--on-error", "skip", stdin=data)
    assert 0 == result.exit_code
    assert b"n\r\n1\r\n" == target.read_bytes()


def test_errors_go_to_a_file(tmp_path: Path) -> None:
    """
    The rows that failed are in a file of their own, with number and reason.
    """
    target, errors = tmp_path / "out.jsonl", tmp_path / "errors.jsonl"
    code = "{'kg': float(row['body_mass_g']) / 1000}"
    result = invoke(code, PENGUINS, "-o", target, "--errors", errors)
    found = list(map(json.loads, errors.read_text().splitlines()))

    assert 0 == result.exit_code
    assert f"342 rows written, 2 failed: see {errors}" in result.stderr
    assert [4, 272] == [error["row_number"] for error in found]
    assert read_csv(PENGUINS)[3] == found[0]["row"]
    assert found[0]["error"].startswith("ValueError: could not convert string")


def test_formulas(tmp_path: Path) -> None:
    """
    A text that a spreadsheet would run is told of, and made a text where that is asked for.
    """
    target = tmp_path / "out.csv"
    code = "{'=name': row['n']}"
    data = json.dumps([{"n": n} for n in ("=1+1", "@x", "-2.5", "+x", "a", -3)])

    result = invoke(code, "-", "--from", "json", "-o", target, stdin=data)
    assert 0 == result.exit_code
    assert "4 cells begin like formulas" in result.stderr
    assert ["=1+1", "@x", "-2.5", "+x", "a", "-3"] == [r["=name"] for r in read_csv(target)]
    result = invoke(code, "-", "--from", "json", "-o", target, "--escape-formulas", stdin=data)
    assert "" == result.stderr
    assert ["'=1+1", "'@x", "-2.5", "'+x", "a", "-3"] == [r["'=name"] for r in read_csv(target)]


@pytest.mark.parametrize(
    "name",
    ['a"); drop table t; --', "a]b", "[a", "`a`", "", " ", "\0", "a\nb", "x" * 300, "\u202ea"],
)
@needs_sqlite_utils
def test_names_of_columns_are_no_sql(tmp_path: Path, name: str) -> None:
    """
    A name that could be mistaken is an error of its row, and the database stays as it was.
    """
    target = tmp_path / "t.db"
    make_table(target)
    before = query(target, "select * from sqlite_master")

    result = invoke(f"{{{name!r}: 1}}", "-", "--from", "json", "-o", target, stdin='[{"n":1}]')
    assert 1 == result.exit_code
    assert "a column cannot have a name" in result.stderr
    assert before == query(target, "select * from sqlite_master")
    nothing_else(tmp_path, "t.db")


@needs_sqlite_utils
def test_values_in_a_database(tmp_path: Path) -> None:
    """
    Values have the type that SQLite has for them; what is in others is JSON.
    """
    target = tmp_path / "t.db"
    code = """
import datetime, decimal
def transform(row):
    return {"i": 2**62, "f": 1.5, "t": "é'\\"", "b": b"\\0\\xff", "n": None, "l": [1, {"a": None}],
            "d": datetime.date(2026, 1, 2), "x": decimal.Decimal("1.50"), "y": True}
"""
    assert 0 == invoke(code, "-", "--from", "json", "-o", target, stdin='[{"n":1}]').exit_code
    assert [
        (2**62, 1.5, "é'\"", b"\0\xff", None, '[1, {"a": null}]', "2026-01-02", "1.50", 1)
    ] == query(target, "select * from rows")
    result = invoke("{'i': 2**63}", "-", "--from", "json", "-o", tmp_path / "u.db", stdin="[{}]")
    assert 1 == result.exit_code
    assert "too large" in result.stderr


@needs_sqlite_utils
def test_tables_that_are_there(tmp_path: Path) -> None:
    """
    A table is added to only where that is asked for, in one transaction or not at all.
    """
    target = tmp_path / "t.db"
    make_table(target)
    arguments = ["{'a': 1 / row['n']}", "-", "--from", "json", "-o", target, "--into", "t"]

    result = invoke(*arguments, stdin='[{"n":1}]')
    assert 2 == result.exit_code
    assert "--append" in result.stderr
    rows = json.dumps([{"n": n} for n in range(1000, -1, -1)])
    assert 1 == invoke(*arguments, "--append", "--batch-size", 100, stdin=rows).exit_code
    assert [(20,)] == query(target, "select count(*) from t")
    assert 0 == invoke(*arguments, "--append", stdin='[{"n":1},{"n":2}]').exit_code
    assert [(20, 1.0), (21, 0.5)] == query(target, "select id, a from t where id >= 20")
    # From one table of a file to another of the same.
    assert 0 == invoke("row", target, "--table", "t", "-o", target, "--into", "u").exit_code
    assert [(22,)] == query(target, "select count(*) from u")


# ---- in place


@pytest.mark.parametrize("extra", ["", " without rowid"])
@needs_sqlite_utils
def test_update(tmp_path: Path, extra: str) -> None:
    """
    The columns that the code gives are changed, in the rows that are chosen, and no other.
    """
    path = tmp_path / "t.db"
    make_table(path, extra=extra)
    code = "{'a': row['a'] * 10, 'b': None} if row['id'] != 3 else None"
    arguments = ["--update", "--where", "id < :n", "--param", "n", "5", "--limit", "4"]

    result = invoke(code, path, *arguments, "--dry-run")
    assert '{"a": 0, "b": null}\n{"a": 10, "b": null}\n' in result.stdout
    assert "3 rows would be changed, 1 left as they are" in result.stderr
    assert [(0,)] == query(path, "select count(*) from t where b is null")
    result = invoke(code, path, *arguments)
    assert "3 rows changed, 1 left as they are" in result.stderr
    expected = [(i, i * 10 if i < 3 else i, None if i < 3 else f"b{i}") for i in range(20)]
    assert expected == query(path, "select * from t order by id")
    nothing_else(tmp_path, "t.db")


@needs_sqlite_utils
def test_update_of_odd_tables(tmp_path: Path) -> None:
    """
    Columns called rowid, keys that are NULL and names that need quotes are no obstacle.
    """
    path = tmp_path / "t.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute('create table "t ""x" (rowid text, "k""]" text primary key, a)')
        rows = [("r", None, 1), ("r", None, 2), ("r", "k", 3)]
        database.executemany('insert into "t ""x" values (?, ?, ?)', rows)
        database.commit()

    assert 0 == invoke("row['a'] + 1", path, "--update", "--column", "a").exit_code
    assert [(2,), (3,), (4,)] == query(path, 'select a from "t ""x"')
    result = invoke("'z'", path, "--update", "--column", 'k"]')
    assert 1 == result.exit_code
    assert "is the key" in result.stderr


@pytest.mark.parametrize("code", ["1 / (row['id'] - 19)", "{'nothing': 1}", "{'id': 7}", "7"])
@needs_sqlite_utils
def test_update_of_all_or_none(tmp_path: Path, code: str) -> None:
    """
    One row that fails leaves the table as it was.
    """
    path = tmp_path / "t.db"
    make_table(path)
    before = query(path, "select * from t")
    arguments = ["--column", "a"] if "19" in code else []

    assert 1 == invoke(code, path, "--update", "--batch-size", 3, *arguments).exit_code
    assert before == query(path, "select * from t")
    result = invoke(code, path, "--update", "--on-error", "skip", *arguments)
    assert 0 == result.exit_code
    assert f"{19 if arguments else 0} rows changed" in result.stderr


@needs_sqlite_utils
def test_where_sees_the_table_as_it_was(tmp_path: Path) -> None:
    """
    A change that moves a row in the index that is read does not bring the row back.
    """
    path = tmp_path / "t.db"
    make_table(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("create index i on t (a)")
    code = "row['a'] + 100"

    assert 0 == invoke(code, path, "--update", "--column", "a", "--where", "a >= 0").exit_code
    assert [(i + 100,) for i in range(20)] == query(path, "select a from t order by id")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["row", "t.db", "--table", "u"], "no table 'u'; it has: t"),
        (["row", "t.db", "--where", "zzz"], "no such column"),
        (["row", "t.db", "--where", "1); drop table t; --"], "SQLite says"),
        (["row", "t.db", "--update", "--column", "z"], "no column 'z'"),
        (["row", "t.db", "--update", "-o", "x.csv"], "--update is for"),
        (["row", "t.db", "-o", "-", "--to", "sqlite"], "cannot go to standard output"),
        (["row", "none.db"], "no such file"),
        (["row", "t.txt"], "--from"),
        (["row", "t.csv"], "No such file"),
        (["none.py", "t.db"], "cannot read 'none.py'"),
        (["row", "text.db"], "not a database"),
        (["row", "t.db", "--param", "a", "b"], "--param is for"),
        (["row", "t.db", "--into", "x"], "--into is for"),
        (["x = 1", "t.db"], "must define a function transform"),
        (["row", "t.db", "--wall-seconds", "0"], "wall_seconds"),
    ],
)
@needs_sqlite_utils
def test_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: str
) -> None:
    """
    What cannot be meant is told, with the status of usage.
    """
    monkeypatch.chdir(tmp_path)
    make_table(tmp_path / "t.db")
    (tmp_path / "text.db").write_text("text " * 300)
    result = invoke(*arguments)

    assert 2 == result.exit_code, result.output
    assert expected in result.stderr
    assert [(20,)] == query(tmp_path / "t.db", "select count(*) from t")


@pytest.mark.parametrize(
    "arguments",
    [
        ["-o", "x", "--errors", "x"],
        ["-o", "x", "--checkpoint", "./x"],
        ["-o", "y", "--errors", "in.json"],
        ["-o", "y", "--checkpoint", "link"],
    ],
)
def test_one_file_for_two_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """
    That one would overwrite the other is noticed before.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.json").write_text("[{}]")
    (tmp_path / "link").symlink_to("in.json")
    result = invoke("row", "in.json", "--to", "jsonl", *arguments)

    assert 2 == result.exit_code
    assert "one file for each" in result.stderr
    nothing_else(tmp_path, "in.json", "link")


def test_status(tmp_path: Path) -> None:
    """
    The status says whose doing it was, as everywhere.
    """
    for code, status in (
        ("1 / 0", 1),
        ("__import__('sys').exit()", 1),  # it gave no row
        ("[n for n in iter(int, 1) if n]", 3),
        ("while True: pass", 3),
    ):
        result = invoke(code, "-", "--from", "json", "--wall-seconds", 0.3, stdin='[{"n":1}]')
        assert status == result.exit_code
    assert 1 == invoke("(", "-", "--from", "json", stdin="[{}]").exit_code


def test_output_of_the_code_is_no_row() -> None:
    """
    What the code prints goes to standard error.
    """
    result = invoke("(print('hi'), row)[1]", "-", "--from", "jsonl", stdin='{"n": 1}')

    assert ('{"n": 1}\n', "hi\n") == (result.stdout, result.stderr)


# ---- files whole or not at all


def test_files_keep_mode_and_links(tmp_path: Path) -> None:
    """
    What is replaced keeps its mode, and a link leads where it led.
    """
    target, link = tmp_path / "out.csv", tmp_path / "link.csv"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)

    assert 0 == invoke("row", PENGUINS, "-o", link).exit_code
    assert link.is_symlink()
    assert 0o640 == target.stat().st_mode & 0o777
    assert 344 == len(read_csv(target))
    assert 0 == invoke("row", PENGUINS, "-o", "/dev/null", "--to", "csv").exit_code
    nothing_else(tmp_path, "out.csv", "link.csv")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """
    That is an error like any other.
    """
    result = invoke("row", PENGUINS, "-o", tmp_path / "none" / "out.csv")

    assert 4 == result.exit_code
    assert "No such file" in result.stderr


def test_new_file_alone(tmp_path: Path) -> None:
    """
    A file that is not kept leaves what was there.
    """
    path = tmp_path / "f"
    path.write_text("before")
    with closing(NewFile(str(path))) as new:
        new.file.write("after")
    assert "before" == path.read_text()
    with closing(NewFile(str(path))) as new:
        new.file.write("after")
        new.keep()
    assert "after" == path.read_text()
    nothing_else(tmp_path, "f")
    with path.open("rb") as file, pytest.raises(TableError):
        list(FileRows(file, "json", 10))


# ---- interruptions

WAITS = "__import__('time').sleep(500) if row['n'] == 'wait' else {'n': row['n'] * 2}"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "status", "jobs", "target"),
    [
        (signal.SIGINT, 130, 2, "out.db"),
        (signal.SIGTERM, 143, 1, "out.jsonl"),
        (signal.SIGKILL, -signal.SIGKILL, 2, "out.jsonl"),
    ],
)
@pytest.mark.timeout(180)
@needs_sqlite_utils
def test_interrupted_and_resumed(
    tmp_path: Path, number: int, status: int, jobs: int, target: str
) -> None:
    """
    An interrupted command leaves no output; the same again goes on, and all is there once.
    """
    source, out, kept = tmp_path / "in.jsonl", tmp_path / target, tmp_path / "kept"
    rows: list[Any] = list(range(200))

    def write(rows: list[Any]) -> None:
        source.write_text("".join(json.dumps({"n": n}) + "\n" for n in rows))

    write([*rows[:150], "wait", *rows[151:]])
    command = [
        sys.executable, "-m", "sandbox_wasm", "map", WAITS, str(source), "-o", str(out),
        "--checkpoint", str(kept), "--batch-size", "20", "--jobs", str(jobs),
        "--wall-seconds", "600",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        deadline = time.monotonic() + 120
        while not kept.exists() or kept.read_bytes().count(b"\n") < 1 + 7:  # batches that are done
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate()

    assert status == process.returncode, told
    assert not out.exists()
    if number != signal.SIGKILL:
        assert f"goes on from '{kept}'" in told
        nothing_else(tmp_path, "in.jsonl", "kept")
    write(rows)
    progress = subprocess.run(command, capture_output=True, text=True)
    assert (0, "", "") == (progress.returncode, progress.stdout, progress.stderr)
    expected = [n * 2 for n in rows]
    if target == "out.db":
        assert [(n,) for n in expected] == query(out, "select n from rows order by rowid")
    else:
        assert expected == [json.loads(line)["n"] for line in out.read_text().splitlines()]
    assert not kept.exists()


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are of POSIX")
def test_progress_bar(tmp_path: Path) -> None:
    """
    A terminal shows how far it is, and what the code prints is inert there.
    """
    import pty

    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_wasm", "map", "(print('\\x1b[2J'), row)[1]",
         str(PENGUINS), "-o", str(tmp_path / "out.csv"), "--batch-size", "100"],
        stderr=slave, env={**os.environ, "TERM": "xterm", "PYTHONUTF8": "1"},
    )  # fmt: skip
    os.close(slave)
    text = b""
    try:
        while piece := os.read(master, 1 << 16):
            text += piece
    except OSError:  # all is read
        pass
    os.close(master)

    assert 0 == done.returncode
    assert b"100%" in text
    assert b"344 rows" in text
    assert b"\\x1b[2J" in text
    assert b"\x1b[2J" not in text


# ---- real data


@functools.cache
def movies() -> list[dict[str, Any]] | None:
    """The movies of npm's vega-datasets 3.2.1 (BSD 3-clause); None where npm cannot get it."""
    import tempfile

    if shutil.which("npm") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(
                ["npm", "pack", "--silent", "vega-datasets@3.2.1"],
                cwd=folder, check=True, capture_output=True, timeout=40,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return None
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            file = package.extractfile("package/data/movies.json")
            assert file is not None
            found: list[dict[str, Any]] = json.load(file)
            return found


CLEAN = """
import datetime

def transform(row):
    day, title = row["Release Date"], row["Title"]
    if title is None:
        raise ValueError("a movie without a title")
    try:
        released = datetime.datetime.strptime(day, "%b %d %Y").date()
    except ValueError:
        released = None
    gross, budget = row["Worldwide Gross"], row["Production Budget"]
    return {
        "title": str(title),
        "released": released and released.isoformat(),
        "profit": None if gross is None or budget is None else gross - budget,
        "rating": row["IMDB Rating"] and float(row["IMDB Rating"]),
    }
"""


@needs_sqlite_utils
def test_the_movies(tmp_path: Path) -> None:
    """
    3,201 dirty rows become what CPython makes of them here, but for the one without a title.
    """
    rows = movies()
    if rows is None:
        pytest.skip("npm or its registry is not here")
    space: dict[str, Any] = {}
    exec(CLEAN, space)
    expected = [tuple(space["transform"](row).values()) for row in rows if row["Title"] is not None]
    source, target = tmp_path / "movies.json", tmp_path / "movies.db"
    source.write_text(json.dumps(rows))
    program, errors = tmp_path / "clean.py", tmp_path / "errors.jsonl"
    program.write_text(CLEAN)

    result = invoke(program, source, "-o", target, "--into", "movies", "--errors", errors)
    assert (0, 3201) == (result.exit_code, len(rows)), result.output
    assert expected == query(target, "select * from movies order by rowid")
    assert 1 == len(errors.read_text().splitlines())
