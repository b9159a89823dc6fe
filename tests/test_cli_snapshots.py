"""Sessions stored and gone on from on the command line."""

import json
import os

import pytest
from click.testing import CliRunner

from sandbox_wasm import Session, Snapshot, available_interpreters, cli


def invoke(*arguments, stdin=None):
    return CliRunner().invoke(cli.main, [str(each) for each in arguments], input=stdin)


@pytest.fixture
def stored(tmp_path, interpreter):
    """A file that the command has written."""
    path = tmp_path / "session"
    done = invoke("--interpreter", interpreter, "--save", path, "-c", "x = 41\nprint('set')")
    assert (0, "set\n", "") == (done.exit_code, done.stdout, done.stderr)
    return path


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_save_and_load(stored, isolation):
    """
    What one command has left the next goes on from, and stores again.
    """
    options = ("--isolation", isolation, "--load", stored, "--save", stored)
    for expected in (42, 43):
        done = invoke(*options, "-c", "x += 1\nprint(x)")
        assert (0, f"{expected}\n", "") == (done.exit_code, done.stdout, done.stderr)
    with Session.restore(Snapshot.load(stored)) as session:
        assert 43 == session.run("x").value


def test_saved_after_an_error(stored):
    """
    A program that raised has left its variables; one that lost its guest has left none.
    """
    done = invoke("--load", stored, "--save", stored, "-c", "x = 5\n1 / 0")
    assert 1 == done.exit_code
    assert "5\n" == invoke("--load", stored, "-c", "print(x)").stdout

    before = stored.read_bytes()
    done = invoke(
        "--fuel", "2000000", "--load", stored, "--save", stored, "-c", "while True: x = 6"
    )
    assert 3 == done.exit_code
    assert "nothing was saved" in done.stderr
    assert before == stored.read_bytes()


def test_inspect(stored, interpreter):
    """
    What a file is, is told without going on from it.
    """
    (info,) = (each for each in available_interpreters() if each.name == interpreter)
    done = invoke("snapshot", "inspect", stored)
    assert 0 == done.exit_code
    assert interpreter in done.stdout
    assert info.digest in done.stdout
    assert "installed here" in done.stdout

    found = json.loads(invoke("snapshot", "inspect", "--json", stored).stdout)
    assert {"interpreter", "artifact", "installed", "memory_bytes", "stored_bytes"} == {*found}
    assert found["installed"] is True
    assert 0 < found["stored_bytes"] < found["memory_bytes"]


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_files_that_are_none(stored, tmp_path):
    """
    A file that is missing, damaged or of another interpreter is a mistake of usage.
    """
    damaged = tmp_path / "damaged"
    damaged.write_bytes(stored.read_bytes()[:-1])
    for file in (damaged, tmp_path, tmp_path / "none"):
        assert 2 == invoke("--load", file, "-c", "1").exit_code
        assert 2 == invoke("snapshot", "inspect", file).exit_code
    done = invoke("--interpreter", "cpython", "--load", stored, "-c", "1")
    assert 2 == done.exit_code
    assert "'micropython'" in done.stderr


@pytest.mark.parametrize("interpreter", ["micropython"])
@pytest.mark.skipif(os.name != "posix", reason="a folder's mode is of POSIX")
def test_file_that_cannot_be_written(interpreter, tmp_path):
    """
    The program has run; that it was not saved is said, and is a failure.
    """
    done = invoke("--interpreter", interpreter, "--save", tmp_path / "a" / "b", "-c", "print(1)")
    assert (4, "1\n") == (done.exit_code, done.stdout)
    assert "nothing was saved: No such file or directory" in done.stderr
