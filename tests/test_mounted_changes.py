"""What a result tells of the files under mounts; comparing the directory itself is the oracle."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import Mount, Session
from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import ROOT, FileError, How
from sandbox_wasm._mounts import open_mounts
from sandbox_wasm._sources import Sources
from sandbox_wasm._watch import MountedChanges


@pytest.fixture
def host(tmp_path: Path) -> Path:
    home = tmp_path / "A"
    (home / "sub").mkdir(parents=True)
    for name in ("in.txt", "same", "gone", "sub/deep"):
        (home / name).write_text(name)
    return home


CODE = """
import os
def put(path, text, mode='w'):
    with open('/data/' + path, mode) as f: f.write(text)
put('new', 'n')
put('in.txt', 'IN.TXT')
with open('/data/same') as f: f.read()
with open('/data/same', 'a') as f: pass
put('passing', 'x')
os.remove('/data/passing')
os.remove('/data/gone')
os.rename('/data/sub/deep', '/data/deep')
put('/sub/here', 'h')
put('deep', '!', 'a')
put('../own', 'o')
"""
TOLD = MountedChanges(
    ("/data/deep", "/data/new", "/data/sub/here"),
    ("/data/in.txt",),
    ("/data/gone", "/data/sub/deep"),
)


@pytest.mark.parametrize("commit", ["always", "on_success"])
def test_what_is_told(make_session: Callable[..., Session], host: Path, commit: Any) -> None:
    """
    Each run by itself; also one that failed, unless its changes were to wait.
    """
    session = make_session(mounts=[Mount(host, "/data", "rw", commit=commit)])

    files = session.run(CODE).files
    expected = TOLD
    if commit == "on_success":  # opened for writing, it is put in place anew
        expected = expected._replace(changed=("/data/in.txt", "/data/same"))
    assert expected == files.mounted
    assert (("/own",), (), ()) == (files.created, files.changed, files.deleted)
    assert ["/own"] == list(files)
    assert not session.run("open('/data/new').read()").files
    failed = session.run("put('late', 'x')\n1 / 0", check=False).files.mounted
    assert MountedChanges(("/data/late",) if commit == "always" else ()) == failed
    assert "late" in repr(session.run("put('late2', 'x')").files)


def test_a_descriptor_of_an_earlier_run(make_session: Callable[..., Session], host: Path) -> None:
    """
    What is written through it is told by the run that writes.
    """
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    session.run("import os\nfd = os.open('/data/in.txt', os.O_WRONLY)")

    assert MountedChanges() == session.run("1").files.mounted
    changes = session.run("os.write(fd, b'x')").files.mounted
    assert MountedChanges(changed=("/data/in.txt",)) == changes


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "e/a", "new", "d/new"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, st.sampled_from([b"", b"x", b"yy"])),
        st.tuples(st.just("touch"), NAMES, st.none()),
        st.tuples(st.just("unlink"), NAMES, st.none()),
        st.tuples(st.just("rename"), NAMES, NAMES),
    ),
    max_size=12,
)


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        f"/data/{path.relative_to(root)}": (path.stat().st_ino, path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
    }


@given(steps=STEPS)
def test_whatever_a_run_does(tmp_path_factory: pytest.TempPathFactory, steps: Any) -> None:
    """
    Created and deleted is what the directory shows; what holds something else was changed.
    """
    root = tmp_path_factory.mktemp("m")
    for name in ("a", "d/a", "d/b", "e/a"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(name.encode())
    files = Files(1000, 100, volumes=open_mounts([Mount(root, "/data", "rw")], Sources()))
    before = snapshot(root)
    files.begin()
    for action, name, what in steps:
        try:
            if action in ("write", "touch"):
                how = How.WRITE | How.CREATE | (How.TRUNCATE if what is not None else 0)
                fd, _ = files.open(ROOT, f"data/{name}", how)
                if what:
                    files.write(fd, what)
                files.close(fd)
            elif action == "unlink":
                files.unlink(ROOT, f"data/{name}")
            else:
                files.rename(ROOT, f"data/{name}", ROOT, f"data/{what}")
        except FileError:
            continue

    told = files.end().mounted
    files.release()

    after = snapshot(root)
    assert sorted(after.keys() - before.keys()) == list(told.created)
    assert sorted(before.keys() - after.keys()) == list(told.deleted)
    both = before.keys() & after.keys()
    assert {path for path in both if before[path][1] != after[path][1]} <= set(told.changed) <= both


@pytest.mark.parametrize("where", ["", "data/"])
def test_what_came_and_went_is_not_held(host: Path, where: str) -> None:
    """
    A run that makes and removes files for ever does not fill the host's memory.
    """
    files = Files(10_000, 100, volumes=open_mounts([Mount(host, "/data", "rw")], Sources()))
    files.make_directory(ROOT, "sub")
    files.make_directory(ROOT, "sub/kept")
    files.begin()
    watch: Any = files._volumes["data",]

    def held() -> int:
        watched = watch.volume.watch
        return sum(map(sys.getsizeof, (files._touched, watched._before, watched.written)))

    at_first = held()
    for number in range(300):
        for name in (f"f{number}", f"t/f{number}"):
            if "/" in name:
                files.make_directory(ROOT, where + "t")
            fd, _ = files.open(ROOT, where + name, How.CREATE | How.WRITE)
            files.write(fd, b"x")
            files.close(fd)
        files.rename(ROOT, where + "t", ROOT, where + "u")
        files.rename(ROOT, where + f"f{number}", ROOT, where + "g")
        files.unlink(ROOT, where + "g")
        files.unlink(ROOT, f"{where}u/f{number}")
        files.remove_directory(ROOT, where + "u")
        files.make_directory(ROOT, f"{where}v{number}")
        files.make_directory(ROOT, f"{where}v{number}/w")
        for new in (
            f"v{number}/w/x",
            f"v{number}/w/x",
            "sub",
        ):  # into itself, and onto what is there
            with pytest.raises(FileError):
                files.rename(ROOT, f"{where}v{number}", ROOT, where + new)
        with pytest.raises(FileError):
            files.unlink(ROOT, f"{where}v{number}")
        files.remove_directory(ROOT, f"{where}v{number}/w")
        files.remove_directory(ROOT, f"{where}v{number}")

    assert not files.end()
    assert held() <= at_first + 1000
    files.release()
