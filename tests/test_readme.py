"""What the documentation shows is what happens."""

from __future__ import annotations

import dataclasses
import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sandbox_wasm
from sandbox_wasm import Limits, Session

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of *language* in *path*, each with the line it starts on."""
    text = path.read_text("utf-8")
    return [
        (text.count("\n", 0, match.start(2)), match[2])
        for match in _BLOCK.finditer(text)
        if match[1] == language
    ]


def commands(path: Path) -> list[tuple[str, str]]:
    """The commands of ours that console blocks show, each with the output shown below it."""
    found = []
    for _, block in blocks(path, "console"):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = piece.partition("\n")
            ours = "sandbox-wasm -" in command or "sandbox-wasm map" in command
            if ours and "pip install" not in command:
                found.append((command, output))
    return found


def check_extras(path: Path) -> None:
    """Skip what needs an extra that is not here; with the extra 'test' all of them are."""
    if "'sandbox-wasm[fetch]'" in path.read_text("utf-8"):
        pytest.importorskip("httpx")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_dialogues(path: Path) -> None:
    """
    The blocks of a document are one dialogue: what an earlier one defines a later one uses.
    """
    check_extras(path)
    names: dict[str, object] = {}
    parser = doctest.DocTestParser()
    report: list[str] = []
    for line, block in blocks(path, "pycon"):
        test = parser.get_doctest(block, names, f"{path.name}:{line}", str(path), line)
        doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
        names.update(test.globs)
    for value in names.values():
        if isinstance(value, Session):
            value.close()

    assert not report, "".join(report)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_python_blocks(path: Path) -> None:
    """
    Blocks without a dialogue run, one after the other, in one namespace.
    """
    check_extras(path)
    names: dict[str, object] = {"__name__": "__document__"}
    for line, block in blocks(path, "python"):
        exec(compile("\n" * line + block, str(path), "exec"), names)


def test_readme_shows_something() -> None:
    """
    The tests above have something to do.
    """
    assert len(blocks(README, "pycon")) > 5
    assert len(commands(README)) > 3


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
@pytest.mark.parametrize(
    ("command", "output"),
    [pytest.param(*pair, id=pair[0]) for path in DOCUMENTS for pair in commands(path)],
)
def test_commands(command: str, output: str, tmp_path: Path) -> None:
    """
    A command of ours prints what stands below it.
    """
    program = tmp_path / "bin" / "sandbox-wasm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sandbox_wasm "$@"\n')
    program.chmod(0o755)
    # In a checkout the package is found from here, and not from where the command runs.
    found = os.pathsep.join(filter(None, [str(Path(sandbox_wasm.__file__).parents[1])]))
    done = subprocess.run(
        ["sh", "-c", command],
        env={
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": found,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    )

    assert output == done.stdout


def test_the_two_commands_of_the_start() -> None:
    """
    Installing and testing are one line each; the first prints what is shown.
    """
    shown = "".join(block for _, block in blocks(README, "console"))

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


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links(path: Path) -> None:
    """
    A link to a file of the repository leads somewhere.
    """
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path) -> None:
    """
    An example prints what its docstring says.
    """
    check_extras(path)
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
