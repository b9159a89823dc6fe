"""The parts of the documentation that are made of the code, and where they stand.

A page says ``<!-- made by scripts/doc_tables.py: NAME -->`` and ``<!-- end -->``; what is
between them is replaced by what the function NAME returns. ``write_agent_docs.py``, and with
it ``just fix``, does that, and a test fails where it was forgotten.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import manifest

from sandbox_wasm import Limits, _cli_limits, _errors, _limits, cli
from sandbox_wasm._wasm import _traps

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"(<!-- made by scripts/doc_tables\.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL
)


def filled(text: str) -> str:
    """Return a page with its blocks as they are to be."""
    return _BLOCK.sub(lambda match: f"{match[1]}\n{MADE[match[2]]()}\n\n{match[3]}", text)


def pages() -> dict[Path, str]:
    """Return the pages that have such blocks, with the text that they should have."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = {path: path.read_text("utf-8") for path in paths}
    return {path: filled(text) for path, text in texts.items() if _BLOCK.search(text)}


def error_tree() -> str:
    """Return the tree of errors, as their module draws it."""
    about = inspect.cleandoc(_errors.__doc__ or "")
    drawn = "\n".join(line for line in about.splitlines() if line[:1] == " ").strip("\n")
    return f"```text\n{inspect.cleandoc(drawn)}\n```"


def limits() -> str:
    """Return the table of limits, each with its default and its range."""
    words = _described(Limits)
    rows = []
    for field in dataclasses.fields(Limits):
        low, high = (_number(value, field.name) for value in _limits._RANGE[field.name])
        default = "none" if field.default is None else _number(field.default, field.name)
        rows.append((f"`{field.name}`", default, f"{low} to {high}", words[field.name]))
    return table(("field", "default", "range", "what it bounds"), rows)


def default_limits() -> str:
    """Return the table of the limits that are on by default."""
    words = _described(Limits)
    rows = [
        (f"`{field.name}`", _number(field.default, field.name), words[field.name])
        for field in dataclasses.fields(Limits)
        if field.default is not None
    ]
    return table(("field", "default", "what it bounds"), rows)


def peers() -> str:
    """Return what the benchmarks' page says of the peers: the first table, with less in it."""
    text = (ROOT / "benchmarks" / "README.md").read_text("utf-8").partition("<!-- peers: ")[2]
    when, lines = re.findall(r"^(\d{4}-.*)\n\n((?:\|.*\n)+)", text, re.MULTILINE)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines.splitlines()]
    head, _, *rows = cells
    kept = [at for at, name in enumerate(head) if not name.startswith("CPU × programs")]
    shown = [
        tuple(_measured(row[at]) if at else row[at] for at in kept)
        for row in rows
        if ", worker" not in row[0]
    ]
    return f"{table(tuple(head[at] for at in kept), shown)}\n\n{when}"


def snapshot_costs() -> str:
    """Return what the benchmarks' page says of snapshots."""
    return _costs(
        {
            "`session.snapshot()`": "snapshot",
            "`Session.restore(snapshot)`": "restore",
            "`session.fork()`": "fork",
            "`snapshot.to_bytes()`": r"snapshot to (\d+ KB) of bytes",
            "`Snapshot.from_bytes(data)`": "snapshot from bytes",
        }
    )


def worker_costs() -> str:
    """Return what the benchmarks' page says of worker processes."""
    return _costs(
        {
            "fresh session and its first result": "worker: fresh session and first result",
            "one run in a session": "worker: run in a session",
            "one run after another, with their checkpoints":
                "worker: run after run, with their checkpoints",
            "one host call": "worker: host call without type hints",
            "a worker killed from outside, and the first result of the one that takes over":
                "worker: killed, and back with the first result",
            "fib(25), elapsed, against a session on a thread":
                r"worker: fib\(25\), elapsed time against a thread",
            "strings and dicts, the same":
                "worker: strings and dicts, elapsed time against a thread",
        }
    )  # fmt: skip


def _costs(wanted: dict[str, str]) -> str:
    """Return the best of some figures of the benchmarks' page, for each interpreter.

    Args:
        wanted: By what the table is to call them, patterns of the figures' names; a group of
            one is shown beside its figure.
    """
    text = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    # The last heading that begins with a date, without what stands in parentheses.
    heading = r"(?ms)^## (\d{4}-[^\n(]*?)(?: \([^\n]*)?\n(.*?)(?=^## |\Z)"
    when, tables = re.findall(heading, text)[-1]
    names, columns = [], []
    for name, lines in re.findall(r"(?ms)^### (\w+) .*?((?:^\|[^\n]*\n?)+)", tables):
        names.append(f"`{name}`")
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines.splitlines()]
        columns.append({row[0]: row[1] for row in rows})
    shown = [
        (words, *(_figure(column, pattern) for column in columns))
        for words, pattern in wanted.items()
    ]
    return f"{table(('', *names), shown)}\n\nAt best; {when}."


def _figure(figures: dict[str, str], pattern: str) -> str:
    """Return the one figure whose name is *pattern*, and what its group has found."""
    for name, figure in figures.items():
        if found := re.fullmatch(pattern, name):
            return ", ".join([figure, *found.groups()])
    raise SystemExit(f"the last table of benchmarks/README.md has no figure {pattern!r}")


def _measured(cell: str) -> str:
    """Return the figures of a cell, with a word in place of an error's text."""
    figures = [figure.strip() for figure in cell.split(" / ")]
    return " / ".join(f if re.match(r"[\d.,]+\b(?! )", f) else "fails" for f in figures)


def _described(kind: type) -> dict[str, str]:
    """Return what the docstring of *kind* says first of each of its fields."""
    args = inspect.cleandoc(kind.__doc__ or "").partition("Args:\n")[2].replace("``", "`")
    found = re.findall(r"(?ms)^    (\w+): (.+?)[.:](?:\s|\Z)", args)
    return {name: re.sub(r"\*(\w+)\*", r"`\1`", " ".join(text.split())) for name, text in found}


def _number(value: Any, name: str) -> str:
    """Return a number as a person reads it."""
    if name.endswith("_bytes") and value >= 1024:
        for shift, unit in ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")):
            if value % (1 << shift) == 0 and value < 1024 << shift:
                return f"{value >> shift} {unit}"
    if value >= 1 << 40:
        return f"2^{int(value).bit_length() - 1}"
    return f"{value:,.0f}" if value == int(value) else str(value)


def interpreters() -> str:
    """Return the interpreters, with their versions."""
    tables = manifest.loads((ROOT / "artifacts" / "manifest.toml").read_text("utf-8"))
    rows = [
        (f'`"{name}"`', f"{about['interpreter']} {about['version']}")
        for name, about in tables.items()
    ]
    return table(("name", "what it is"), rows)


def differences(interpreter: str) -> str:
    """Return the known differences of an interpreter from CPython, each a program."""
    rows = []
    for path in sorted((ROOT / "tests" / "differences" / interpreter).glob("*.py")):
        about = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        parts = re.search(r"Difference: (.+)\nCause: (.+)\nWorkaround: (.+)", about, re.DOTALL)
        if parts is None:
            raise SystemExit(f"{path} does not say difference, cause and workaround")
        name = f"[{path.stem}](../{path.relative_to(ROOT).as_posix()})"
        rows.append((*(_sentence(part) for part in parts.groups()), name))
    return table(("difference", "cause", "what to do", "program"), rows)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def examples() -> str:
    """Return the programs of examples/: what each shows, and its source."""
    parts = ["## The library"]
    for folder in (ROOT / "examples", ROOT / "examples" / "integrations"):
        if folder.name == "integrations":
            parts.append("## Agents, notebooks and MCP")
        sources = {path: path.read_text("utf-8") for path in sorted(folder.glob("*.py"))}
        for path, source in sorted(sources.items(), key=lambda item: len(item[1])):
            about = ast.get_docstring(ast.parse(source)) or ""
            where = f"../{path.relative_to(ROOT).as_posix()}"
            parts.append(f"### {path.stem}")
            parts.append(" ".join(about.split("\n\n")[0].split()))
            parts.append(f"```{{literalinclude}} {where}\n:language: python\n```")
    return "\n\n".join(parts)


def commands() -> str:
    """Return the reference of the command line."""
    return "\n\n".join(_command("sandbox-wasm", cli.main))


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f"## {name}"
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{name} {usage}\n```"
    # A paragraph that click shall not wrap is an example, or as good when it is wrapped.
    about = re.sub(
        r"\x08\n((?:sandbox-wasm .+\n?)+)",
        lambda match: f"```text\n{match[1].strip()}\n```\n",
        inspect.cleandoc(command.help or ""),
    )
    yield re.sub(r"\x08\n|\f", "", about).strip()
    options = [param for param in command.params if isinstance(param, click.Option)]
    shared = {field.name for field in dataclasses.fields(Limits)}
    has_limits = command is not cli.main and shared <= {option.name for option in options}
    rows = [
        (_option(option, context), _help(option))
        for option in options
        if not (option.hidden or (has_limits and option.name in shared))
    ]
    if rows:
        yield table(("option", ""), rows)
    if has_limits:
        yield "And the options of the limits, as [above](#sandbox-wasm)."
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            each = command.get_command(context, word)
            if each is not None and not each.hidden:
                yield from _command(f"{name} {word}", each)


def _option(option: click.Option, context: click.Context) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    return f"`{', '.join(option.opts)}{value}`".replace("|", r"\|")


def _help(option: click.Option) -> str:
    text = " ".join((option.help or "").split())
    if option.show_default and option.default is not None and not option.is_flag:
        default = option.default
        if isinstance(default, int) and option.type is _cli_limits.size:
            default = _cli_limits._sized(default)
        text += f" [default: {default}]"
    return text.replace("|", r"\|").replace("<", r"\<")


def traps() -> str:
    """Return what each trap of the engine is called here."""
    rows = [(f"`{code}`", words) for code, words in _traps._KINDS.items()]
    return table(("`TrapCode`", "what errors say"), rows)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


MADE: dict[str, Callable[[], str]] = {
    "commands": commands,
    "default_limits": default_limits,
    "differences_cpython": lambda: differences("cpython"),
    "differences_micropython": lambda: differences("micropython"),
    "error_tree": error_tree,
    "examples": examples,
    "interpreters": interpreters,
    "limits": limits,
    "peers": peers,
    "snapshot_costs": snapshot_costs,
    "traps": traps,
    "worker_costs": worker_costs,
}
