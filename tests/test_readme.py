"""The README's promises, and the examples."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import documents
import pytest

import sandbox_wasm
from sandbox_wasm import Limits

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
# What of the extras an example uses; with the extra 'test' all of them are here.
NEEDS = {"fetch_rows": "httpx", "scheduled_job": "httpx"}
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_the_two_commands_of_the_start() -> None:
    """
    Installing and testing are one line each; the first prints what is shown.
    """
    blocks = documents.blocks(README)
    shown = "".join(block.text for block in blocks if block.language == "console")

    assert (
        "$ python -m pip install . && sandbox-wasm -c 'print(\"Hello world\")'\nHello world\n"
        in shown
    )
    assert "$ python -m pip install '.[test]' && python -m pytest -n auto\n" in shown


def test_the_table_of_limits() -> None:
    """
    Every limit that is on by default stands in the README with its default.
    """
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", README.read_text("utf-8"), re.MULTILINE))
    units = {"": 1, " MiB": 1 << 20}
    defaults = {field.name: field.default for field in dataclasses.fields(Limits)}

    assert {name for name, default in defaults.items() if default is not None} == set(rows)
    for name, shown in rows.items():
        match = re.fullmatch(r"([0-9,]+)( MiB)?", shown)
        assert match is not None
        assert defaults[name] == int(match[1].replace(",", "")) * units[match[2] or ""]


def test_the_table_of_peers() -> None:
    """
    It has this library, its peers and the date, from the page of the benchmarks.
    """
    text = README.read_text("utf-8").partition("## Beside others")[2].partition("\n## ")[0]
    names = re.findall(r"^\| ([a-z][\w-]+)", text, re.MULTILINE)

    assert {"sandbox-wasm", "pydantic-monty", "pyeryx"} <= set(names)
    assert re.search(r"^\d{4}-\d\d-\d\d, .*CPython", text, re.MULTILINE)


def test_the_readme_is_short() -> None:
    """
    Who reads 250 words a minute has read it in three, but for its tables and code.
    """
    text = re.sub(r"^(```.*?^```|<!--.*?|\|.*?)$", "", README.read_text("utf-8"), flags=re.M | re.S)

    assert 300 < len(text.split()) < 780


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path) -> None:
    """
    An example prints what its docstring says.
    """
    if path.stem in NEEDS:
        pytest.importorskip(NEEDS[path.stem])
    source = path.read_text("utf-8")
    match = re.search(r'^Prints::\n\n(.*?)^"""$', source, re.MULTILINE | re.DOTALL)
    assert match is not None
    expected = "".join(line.removeprefix("    ") for line in match[1].splitlines(keepends=True))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        env={**os.environ, "PYTHONPATH": str(Path(sandbox_wasm.__file__).parents[1])},
        capture_output=True,
        text=True,
    )

    assert (expected, "") == (done.stdout, done.stderr)


def test_there_are_examples() -> None:
    """
    The folder came along with the tests.
    """
    assert len(EXAMPLES) >= 4
