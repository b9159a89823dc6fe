"""The types of the public names are complete, and say what comes."""

import subprocess
import sys
from pathlib import Path

import pytest

import sandbox_wasm

HERE = Path(__file__).parent


@pytest.mark.timeout(180)
def test_a_program_is_typed():
    """
    A strict checker finds nothing unknown in a program of everyday use.
    """
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typed_program.py"],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
    )

    assert (0, "") == (done.returncode, done.stderr), done.stdout


def test_the_package_says_that_it_is_typed():
    """
    Else checkers would take nothing from it.
    """
    assert Path(sandbox_wasm.__file__).with_name("py.typed").is_file()
