"""A type checker as a process that is trusted with nothing.

pyrefly is one program without configuration of its own: it reads three files that are made
for it, and no others of the machine, for no search path leads there. It has little memory and
time, because code can be written so that checking it takes much of both.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ._dialects import NAME, Dialect
from ._functions import HostFunctions
from ._problem import Problem

_SECONDS = 10
_MEMORY_BYTES = 2 << 30  # address space, of which it uses a tenth
_OUTPUT_BYTES = 16 << 20
_MAX_TEXT = 1000
# Whatever begins the process: limits first, then the program in its place.
_LAUNCH = """
import os, resource, sys
seconds, memory, size = map(int, sys.argv[1:4])
for which, most in (
    (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory),
    (resource.RLIMIT_FSIZE, size), (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(which, (most, most))
os.execv(sys.argv[4], sys.argv[4:])
"""
_CONFIG = """
python-version = "3.13.0"
python-platform = "linux"
search-path = ["."]
site-package-path = []
skip-interpreter-query = true
disable-search-path-heuristics = true
"""
_HOST = "_sandbox_host"
# The interpreter has judged the syntax, and what a host function returns can be awaited.
_IGNORED = {"invalid-syntax", "parse-error", "not-async", "unused-coroutine", "implicit-any"}
# What ends a run if the line is reached; the rest may be a matter of taste.
_CERTAIN = {
    "bad-argument-count",
    "bad-argument-type",
    "missing-argument",
    "missing-attribute",
    "missing-import",
    "missing-module-attribute",
    "no-matching-overload",
    "not-callable",
    "not-iterable",
    "unexpected-keyword",
    "unknown-name",
    "unsupported-operation",
}
_GAVE_UP = Problem(
    message="the type checker gave up: nothing is known of names and types",
    kind="unchecked",
    severity="warning",
)


def checker() -> Path | None:
    """Return the type checker's program, or None if it is not installed.

    That of this environment, or of the user: never one that merely lies on the path.
    """
    if importlib.util.find_spec("pyrefly") is None:
        return None
    name = "pyrefly" + (sysconfig.get_config_var("EXE") or "")
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    for folder in (sysconfig.get_path("scripts", scheme) for scheme in schemes):
        path = Path(folder) / name
        if path.is_file():
            return path
    return None


def problems_of_types(
    program: Path,
    code: str,
    functions: HostFunctions,
    names: Iterable[str],
    dialect: Dialect,
    modules: Callable[[str], bool],
) -> list[Problem]:
    """Return what *program* finds wrong with *code*.

    Args:
        program: As `checker` returns it.

        code: What parses.

        functions: What the code may call.

        names: What it finds defined besides, of any type.

        dialect: As for `Session.run`.

        modules: Tells whether it may be able to import the module of a name.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-wasm-") as folder:
        home = Path(folder)
        (home / "pyrefly.toml").write_text(_CONFIG)
        (home / f"{_HOST}.pyi").write_text(_stub(functions, names, dialect), "utf-8")
        (home / "code.py").write_text(f"from {_HOST} import *\n{code}", "utf-8", newline="\n")
        found = _run(program, home)
    if found is None:
        return [_GAVE_UP]
    return [
        _problem(each)
        for each in found
        if each.get("name") not in _IGNORED
        and each.get("severity") in ("error", "warn")
        and not (each.get("name") == "missing-import" and modules(_quoted(each)))
    ]


def _stub(functions: HostFunctions, names: Iterable[str], dialect: Dialect) -> str:
    text = functions.stubs()
    for told in functions.told:
        if isinstance(told, list):  # an exception: what it has besides depends on the instance
            head = f"class {told[0]}({told[1]}):\n"
            text = text.replace(head, f"{head}    def __getattr__(self, name: str) -> Any: ...\n")
    own = {name.partition(".")[0] for name in functions.names}
    listed = sorted(set(names) - own - {NAME} | {"Any"})
    lines = ["from typing import Any", text, *(f"{name}: Any" for name in listed if name != "Any")]
    if dialect == NAME:
        own.add(NAME)
        lines.append(f"from typing import NoReturn\ndef {NAME}(answer: Any) -> NoReturn: ...")
    told = sorted(own | set(listed) - {"Any"})
    return "\n".join([*lines, f"__all__ = {told!r}"]) + "\n"


def _run(program: Path, home: Path) -> list[dict[str, Any]] | None:
    """Return what *program* writes, as JSON; None if it does not come to an end."""
    output = home / "problems.json"
    limits = [str(each) for each in (_SECONDS, _MEMORY_BYTES, _OUTPUT_BYTES)]
    options = ["check", "--config", "pyrefly.toml", "--threads", "1", "--summary=none"]
    options += ["--output-format", "json", "--output", str(output), "code.py"]
    try:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LAUNCH, *limits, str(program), *options],
            cwd=home,
            env={"HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=2 * _SECONDS,
            check=False,
            start_new_session=hasattr(os, "setsid"),
        )
        found = json.loads(output.read_bytes())["errors"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(e, dict) for e in found) else None


def _problem(told: dict[str, Any]) -> Problem:
    def place(name: str, before: int = 0) -> int | None:
        value = told.get(name)
        return value - before if type(value) is int and value > before else None

    kind = str(told.get("name"))
    # The further lines tell where it has looked: this machine is nobody's business.
    message, _, rest = str(told.get("description")).partition("\n")
    hint = rest.strip().partition("\n")[0]
    if hint.startswith("Did you mean") and kind != "missing-import":
        message += f". {hint}"
    return Problem(
        kind=kind,
        message=message.replace(f"{_HOST}.", "")[:_MAX_TEXT],
        line=place("line", 1),
        column=place("column"),
        end_line=place("stop_line", 1),
        end_column=place("stop_column"),
        severity="error" if kind in _CERTAIN else "warning",
    )


def _quoted(told: dict[str, Any]) -> str:
    """Return the name that a message is about."""
    parts = str(told.get("description")).split("`")
    return parts[1] if len(parts) > 1 else ""
