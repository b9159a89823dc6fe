"""The enrichment in Datasette itself, through its form and its jobs."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest

pytest.importorskip("datasette_enrichments", reason="needs the package 'datasette-enrichments'")
pytest.importorskip("datasette_enrichments_sandbox_wasm", reason="needs the plugin installed")

from datasette.app import Datasette
from datasette_enrichments.utils import wait_for_job

from sandbox_wasm import ConfigError
from sandbox_wasm.integrations import datasette_enrichments as enrichments

ROOT = {"id": "root"}
SPLIT = """
def enrich(row):
    first, _, last = row["name"].partition(" ")
    return {"first": first, "last": last, "parts": [first, last]}
"""

# Datasette's own event loops and connections are closed by nobody in a test.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def serve(body, **plugin):
    """Run *body* with a Datasette that has a table of people.

    The table is in a file, as people have it. In a shared memory database a read that meets a
    write fails at once; in a file it waits.
    """

    async def main(folder):
        given = {"interpreter": "micropython", **plugin}
        path = Path(folder) / "data.db"
        path.touch()
        datasette = Datasette([path], config={"plugins": {enrichments.PLUGIN: given}})
        datasette.root_enabled = True
        database = datasette.get_database("data")
        await database.execute_write("create table people (id integer primary key, name text)")
        await database.execute_write("create table pairs (a text, b text, n, primary key (a, b))")
        await database.execute_write_many(
            "insert into people (name) values (?)", [(f"Ada{n} Byron",) for n in range(250)]
        )
        await database.execute_write_many(
            "insert into pairs values (?, ?, 0)", [("x", "1"), ("x", "2")]
        )
        await datasette.invoke_startup()
        try:
            return await body(datasette, database)
        finally:
            datasette.close()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(asyncio.wait_for(main(folder), 50))


async def enrich(datasette, table="people", **config):
    """Send the form, as a browser does; return the row of the job when it has ended."""
    path = f"/-/enrich/data/{table}/sandbox-wasm"
    response = await datasette.client.post(path, data=config, actor=ROOT)
    assert 302 == response.status_code, response.text
    database = datasette.get_database("data")
    job = (await database.execute("select max(id) from _enrichment_jobs")).single_value()
    for _ in range(1000):
        found = await database.execute("select * from _enrichment_jobs where id = ?", [job])
        if found.first()["status"] not in ("pending", "running"):
            break
        await asyncio.sleep(0.02)
    return dict(found.first())


async def rows(database, sql="select * from people"):
    return [dict(row) for row in (await database.execute(sql)).rows]


def test_a_table():
    """
    Each row gets what the code returned for it, in new columns; lists are JSON.
    """

    async def body(datasette, database):
        job = await enrich(datasette, code=SPLIT, columns="first, last, parts")
        assert ("finished", 250, 0) == (job["status"], job["done_count"], job["error_count"])
        await wait_for_job(datasette, job["id"], "data", timeout=5)
        found = await rows(database)
        assert [f"Ada{n}" for n in range(250)] == [row["first"] for row in found]
        assert {"Byron"} == {row["last"] for row in found}
        assert ["Ada7", "Byron"] == json.loads(found[7]["parts"])

    serve(body)


def test_keys_of_several_columns():
    """
    The right row is changed; columns that are there keep their place.
    """

    async def body(datasette, database):
        code = "def enrich(row): return {'n': int(row['b']) * 10}"
        await enrich(datasette, "pairs", code=code, columns="n")
        assert [10, 20] == [row["n"] for row in await rows(database, "select * from pairs")]

    serve(body)


def test_names_that_look_like_sql():
    """
    A column may be named anything, and nothing else comes of it.
    """
    name = 'x" text default (1); drop table people; --]'

    async def body(datasette, database):
        code = f"def enrich(row): return {{{name!r}: row['id']}}"
        job = await enrich(datasette, code=code, columns=name)
        assert ("finished", 0) == (job["status"], job["error_count"])
        assert list(range(1, 251)) == [row[name] for row in await rows(database)]

    serve(body)


def test_rows_that_fail():
    """
    They are noted with what was wrong, and the others go on.
    """
    code = """
def enrich(row):
    n = row["id"]
    if n == 1: return 1 / 0
    if n == 2: return "no dict"
    if n == 3: return {"name": "taken over"}
    if n == 4: return {"out": 10 ** 30}
    if n == 5: return {"out": {1, 2}}
    if n == 6: return {"out": "\\ud800"}
    if n == 7: return {"out\\" = 1 --": 1}
    if n == 8: raise ValueError("\\x1b[2J" + "x" * 5000)
    if n == 9: return lambda: 0
    if n == 10: return {10 ** 5000: 1}
    return {"out": n}
"""

    async def body(datasette, database):
        job = await enrich(datasette, code=code, columns="out")
        assert ("finished", 10) == (job["status"], job["error_count"])
        errors = await rows(database, "select row_pks, error from _enrichment_errors")
        told = {json.loads(each["row_pks"])[0]: each["error"] for each in errors}
        assert set(range(1, 11)) == set(told)
        assert "division" in told[1]
        assert "must return a dict" in told[2]
        assert "no column to write" in told[3]
        assert "no column to write" in told[10]
        assert all(text.isprintable() or "\n" in text for text in told.values())
        assert all(len(text) <= 1000 for text in told.values())
        found = await rows(database)
        assert [None] * 10 + list(range(11, 251)) == [row["out"] for row in found]
        assert all(row["name"].startswith("Ada") for row in found)

    serve(body, interpreter="cpython")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def (", "SyntaxError"),
        ("x = 1", "enrich"),
        ("raise RuntimeError('no')", "no"),
        ("while True: pass", "wall_seconds"),
    ],
)
def test_code_that_cannot_begin(code, expected):
    """
    The job is cancelled with the reason, and nothing is changed.
    """

    async def body(datasette, database):
        job = await enrich(datasette, code=code, columns="out")
        assert "cancelled" == job["status"]
        assert expected in job["cancel_reason"]
        assert ["id", "name"] == list((await rows(database))[0])

    serve(body, limits={"wall_seconds": 0.5})


def test_a_row_that_does_not_end():
    """
    It crosses the limit, and the other rows of its batch have their values.
    """
    code = "def enrich(row):\n    while row['id'] == 5: pass\n    return {'out': row['id']}"

    async def body(datasette, database):
        job = await enrich(datasette, code=code, columns="out")
        assert ("finished", 1) == (job["status"], job["error_count"])
        found = [row["out"] for row in await rows(database)]
        assert 249 == sum(value is not None for value in found)

    serve(body, limits={"wall_seconds": 0.5})


@pytest.mark.parametrize(
    "columns",
    [
        "id",
        "ID",
        "rowid",
        "",
        " , ",
        "a, A",
        "a\nb",
        "x" * 200,
        ",".join("abcdefghijklmnopqrstuvw"),
    ],
)
def test_columns_that_may_not_be_written(columns):
    """
    The form is refused: keys, and what is no name.
    """

    async def body(datasette, database):
        form = await enrichments.SandboxEnrichment().get_config_form(datasette, database, "people")
        checked = form(data={"code": SPLIT, "columns": columns})
        assert not checked.validate()
        assert ["columns"] == list(checked.errors)
        assert form(data={"code": SPLIT, "columns": "a, b"}).validate()

    serve(body)


@pytest.mark.parametrize("wrong", [{"limits": {"seconds": 1}}, {"network": "all"}], ids=str)
def test_wrong_configuration(wrong):
    """
    It cancels the job, and says what is wrong.
    """

    async def body(datasette, database):
        with pytest.raises(ConfigError):
            enrichments.session_options(datasette)
        job = await enrich(datasette, code=SPLIT, columns="first, last, parts")
        assert "cancelled" == job["status"]
        assert enrichments.PLUGIN in job["cancel_reason"]

    serve(body, **wrong)
