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
    Every limit stands in the README with its default.
    """
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", README.read_text("utf-8"), re.MULTILINE))
    units = {"": 1, " MiB": 1 << 20}

    assert {field.name for field in dataclasses.fields(Limits)} == set(rows)
    for field in dataclasses.fields(Limits):
        if field.default is None:
            assert "none" == rows[field.name]
        else:
            match = re.fullmatch(r"([0-9,]+)( MiB)?", rows[field.name])
            assert match is not None
            assert field.default == int(match[1].replace(",", "")) * units[match[2] or ""]


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
