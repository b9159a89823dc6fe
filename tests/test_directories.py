"""The current directory, and paths that are empty."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from sandbox_wasm import Session

CODE = """
import errno, os
for path in ("/a/b", "/c"): os.makedirs(path)
def attempt(f, *args):
    try: return f(*args)
    except OSError as error: return errno.errorcode[error.errno]
def there(*steps):
    for step in ("/", *steps): os.chdir(step)
    return os.getcwd()
"""


@pytest.fixture
def walking(make_session: Callable[..., Session]) -> Session:
    session = make_session(files={"/a/file": b""})
    session.run(CODE)
    return session


@pytest.mark.parametrize("isolation", ["thread"])
def test_an_empty_path_is_no_path(walking: Session) -> None:
    """
    Wherever one may be given, as POSIX has it.
    """
    name = errno.errorcode[errno.ENOENT]
    calls = ["os.stat", "open", "os.listdir", "os.mkdir", "os.rmdir", "os.remove", "os.chdir"]

    for where in ("/", "/a"):
        walking.run(f"os.chdir({where!r})")
        assert [name] * len(calls) == walking.run(
            f"[attempt(f, '') for f in ({', '.join(calls)})]"
        ).value
        assert [name, name, False] == walking.run(
            "[attempt(os.rename, '', 'x'), attempt(os.rename, '/a/b', ''), os.path.exists('')]"
        ).value


@pytest.mark.parametrize("isolation", ["thread"])
@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ([], "/"), (["a"], "/a"), (["a/b", ".."], "/a"), (["a/b", "../.."], "/"),
        (["a/b", "../../../.."], "/"), (["a", ".", "./b/."], "/a/b"), (["//a//b//"], "/a/b"),
        (["a/b/../../c"], "/c"), (["a", "../c/../a/b/."], "/a/b"), (["a", "/"], "/"),
    ],
)  # fmt: skip
def test_the_name_of_the_current_directory(walking: Session, steps: list[str], where: str) -> None:
    """
    It says where that is, without "." and "..", and paths lead on from there.
    """
    assert where == walking.run("there(*steps)", inputs={"steps": steps}).value
    assert walking.run("os.path.samefile('.', os.getcwd())").value
    assert walking.run(f"sorted(os.listdir('.')) == sorted(os.listdir({where!r}))").value


@pytest.mark.parametrize("isolation", ["thread"])
def test_where_nobody_goes(walking: Session) -> None:
    """
    What is no directory leaves the current one as it was.
    """
    assert ["ENOENT", "ENOTDIR", "ENOTDIR", "/a"] == walking.run(
        "os.chdir('/a')\n[*(attempt(os.chdir, p) for p in ('x', 'file', 'file/..')), os.getcwd()]"
    ).value
