"""Programs print the same on CPython and in the sandbox; known differences do not."""

import ast
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs").glob("*.py"))
DIFFERENCES = sorted((HERE / "differences").glob("*/*.py"))


# Programs whose output is not the same on every CPython, or not on one of 32 bits.
ORACLE_DIFFERS = {
    "cpython": {
        "core_error_texts": "the system's error numbers are those of WASI",
        "core_exceptions": "the system's error numbers are those of WASI",
        "core_sets": "the order of a set of negative numbers is that of 32 bits",
        "liba_collections": "a text that changed between CPython 3.11 and 3.13",
        "libb_base64_codecs": "a later CPython accepts less",
        "libb_textwrap_options": "a later CPython drops other spaces",
    }
}


def on_cpython(path):
    """What the program prints on the CPython that runs the tests, and its last line of error."""
    with tempfile.TemporaryDirectory() as folder:  # for what it writes
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", str(path)],
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            stdin=subprocess.DEVNULL,
            cwd=folder,
        )
    error = done.stderr.strip().splitlines()[-1] if done.returncode else ""
    return done.stdout, error.partition(":")[0]


def in_sandbox(session, path):
    """The same for the sandbox."""
    result = session.run(path.read_text(encoding="utf-8"), check=False, wall_seconds=10)
    error = result.error
    if error is not None:
        sys.stderr.write(f"{error}\n{getattr(error, 'traceback', '')[-2000:]}\n")
    return result.stdout, getattr(error, "type_name", str(error)) if error else ""


@pytest.fixture
def isolation():
    """What the interpreters do is the same in a worker."""
    return "thread"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_program(session, interpreter, path):
    """
    The oracle is CPython: same output, and no error on either.
    """
    if path.stem in ORACLE_DIFFERS.get(interpreter, {}):
        pytest.skip(ORACLE_DIFFERS[interpreter][path.stem])
    expected, error = on_cpython(path)

    assert "" == error
    assert (expected, "") == in_sandbox(session, path)


@pytest.mark.parametrize("path", DIFFERENCES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_difference(make_session, interpreter, path):
    """
    A difference that is written down is still there, and says why and what to do.
    """
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""

    for part in ("Difference:", "Cause:", "Workaround:"):
        assert part in text
    if path.parent.name == interpreter:
        assert on_cpython(path) != in_sandbox(make_session(), path)
