"""The documentation as the tests see it: pages, the blocks of code in them, and running those.

What a page shows is run, in the order of the page: Python and dialogues in one namespace,
commands in one folder. A block that cannot run says why in a comment before it::

    <!-- not run: needs a cluster -->

One that uses what an extra brings names the modules, and runs where they are::

    <!-- needs: httpx -->
"""

from __future__ import annotations

import ast
import doctest
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sandbox_wasm

ROOT = Path(__file__).parents[1]
# What the tests import: of a checkout the folder above, elsewhere the environment's own.
HOME = str(Path(sandbox_wasm.__file__).parents[1])

PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "plugins").glob("*/README.md")),
]

_FENCE = re.compile(
    r"^(?:<!-- (?:not run: (?P<reason>[^>]+)|needs: (?P<needs>[^>]+)) -->\n\n)?"
    r"```(?P<language>[^\n]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# Commands that install are not carried out: what they name is looked up instead.
_INSTALL = re.compile(r"(?:python -m pip|pip|uv pip|llm|datasette) install (?:--\S+ )*(\S+)")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Args:
        page: Where it is, from the root of the repository.

        line: The line of its first line of code.

        language: What stands after the fence.

        text: The code.

        reason: Why it does not run; empty if it does.

        needs: Modules without which it cannot.
    """

    page: str
    line: int
    language: str
    text: str
    reason: str
    needs: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, for who reads of a failure."""
        return f"{self.page}:{self.line}"


def name_of(path: Path) -> str:
    """Return the name of a page, from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = path.read_text("utf-8")
    return [
        Block(
            name_of(path),
            text.count("\n", 0, match.start("text")) + 1,
            match["language"],
            match["text"],
            match["reason"] or "",
            tuple((match["needs"] or "").replace(",", " ").split()),
        )
        for match in _FENCE.finditer(text)
    ]


def without_blocks(path: Path) -> str:
    """Return the text of a page, with each block and each comment as empty lines."""
    pattern = re.compile(f"{_FENCE.pattern}|^<!--.*?-->$", re.MULTILINE | re.DOTALL)
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), path.read_text("utf-8"))


def run_page(path: Path, folder: Path, names: dict[str, Any]) -> set[str]:
    """Run what a page shows, and compare what it prints with what stands there.

    Args:
        folder: An empty one, which is the current one.

        names: What the Python of the page finds; what it defines is added.

    Returns:
        Modules that some blocks need, which have not run.
    """
    environment = _environment(folder)
    missing: set[str] = set()
    for block in blocks(path):
        absent = {name for name in block.needs if importlib.util.find_spec(name) is None}
        missing |= absent
        if block.reason or absent:
            continue
        if block.language == "python":
            run_python(block, names)
        elif block.language == "pycon":
            run_dialogue(block, names)
        elif block.language == "console":
            for command, output in commands(block):
                run_command(block, command, output, environment)
    return missing


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Run a block of Python; what comments say of printed and other values must be so."""
    lines = block.text.splitlines()
    tree = ast.parse(block.text, block.page)
    seen: list[tuple[Any, Any]] = []
    names["_saw"] = lambda expected, value: seen.append((expected, value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and node.end_lineno is not None:
            comment = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
            expected = _literal(comment.partition("#")[2].strip())
            if expected is not None and not ast.unparse(node).startswith("print("):
                call = ast.Call(ast.Name("_saw", ast.Load()), [expected, node.value], [])
                node.value = ast.copy_location(call, node.value)
    ast.fix_missing_locations(ast.increment_lineno(tree, block.line - 1))
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, block.page, "exec"), names)
    for expected, value in seen:
        assert expected == value, block.place
    shown = iter(printed.getvalue().splitlines())
    for line in re.findall(r"^ *print\(.*\)  # (.*)$", block.text, re.MULTILINE):
        assert line in shown, f"{block.place}: {line} is not in {printed.getvalue()}"


def _literal(text: str) -> ast.expr | None:
    """Return what a comment says a value is; None if it says something else."""
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return None
    return ast.parse(text, mode="eval").body


def run_dialogue(block: Block, names: dict[str, Any]) -> None:
    """Run a dialogue with Python."""
    report: list[str] = []
    parser = doctest.DocTestParser()
    test = parser.get_doctest(block.text, names, block.place, block.page, block.line)
    doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert not report, "".join(report)


def commands(block: Block) -> list[tuple[str, str]]:
    """Return the commands of a console, each with the output shown below it."""
    found = []
    for piece in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = piece.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command[:-1]}{more.strip()}"
        found.append((command, output))
    return found


def run_command(block: Block, command: str, output: str, environment: dict[str, str]) -> None:
    """Run a command; with nothing shown below it, that it succeeds is enough."""
    installs = _INSTALL.match(command)
    if installs:
        check_installed(shlex.split(installs[1])[0])
        return
    done = subprocess.run(
        ["sh", "-c", command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if output:
        assert output == done.stdout, f"{block.place} printed {done.stdout}"
    else:
        assert 0 == done.returncode, f"{block.place}: {done.stdout}"


def check_installed(name: str) -> None:
    """Compare what is to be installed with what the repository has."""
    found = re.fullmatch(r"(?:-e)?([\w.-]*)(?:\[([\w,-]+)\])?", name)
    assert found is not None, name
    assert found[1] in {".", "sandbox-wasm"} or (ROOT / "plugins" / found[1]).is_dir(), name
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    declared = project.partition("[project.optional-dependencies]")[2]
    extras = re.findall(r"^([\w-]+) = \[", declared, re.MULTILINE)
    assert set((found[2] or "test").split(",")) <= set(extras), name


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of the commands of a page, in which ours are found."""
    programs = folder / ".bin"
    programs.mkdir()
    python = shlex.quote(sys.executable)
    for name, command in (("sandbox-wasm", f"{python} -m sandbox_wasm"), ("python", python)):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": HOME,
    }


def slugs(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    found: dict[str, int] = {}
    made = set()
    for heading in re.findall(r"^#+ +(.+?)$", without_blocks(path), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = found.get(slug, 0)
        found[slug] = number + 1
        made.add(f"{slug}-{number}" if number else slug)
    return made
