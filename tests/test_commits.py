"""Mounts whose changes are made when a run has succeeded, and not before."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox_wasm import ConfigError, GuestError, Limits, Mount, MountError, WallTimeExceeded


@pytest.fixture
def host(tmp_path):
    """A directory to be mounted."""
    home = tmp_path / "A"
    (home / "sub").mkdir(parents=True)
    (home / "in.txt").write_text("input")
    (home / "in.txt").chmod(0o640)
    (home / "sub" / "deep.txt").write_text("deep")
    (home / "link").symlink_to("in.txt")
    return home


@pytest.fixture
def mounted(make_session, host):
    """A session with the directory at /data."""
    return make_session(mounts=[Mount(host, "/data", "rw", commit="on_success")])


def look(host: Path) -> dict[str, object]:
    """Return all that is there."""
    return {
        str(path.relative_to(host)): path.is_symlink() or (path.is_file() and path.read_text())
        for path in sorted(host.rglob("*"))
    }


CHANGE = """
import os
def put(path, text, mode="w"):
    with open("/data/" + path, mode) as f: f.write(text)
def get(path):
    with open("/data/" + path) as f: return f.read()
def change():
    put("new", "n")
    put("in.txt", "!", "a")
    os.mkdir("/data/d")
    os.mkdir("/data/d/e")
    put("d/e/f", "f")
    os.rename("/data/d", "/data/moved")
    os.rename("/data/in.txt", "/data/moved/in")
    os.remove("/data/sub/deep.txt")
    os.rmdir("/data/sub")
    put("sub", "a file now")
    put("passing", "x")
    os.remove("/data/passing")
    return sorted(os.listdir("/data")), get("moved/in"), get("sub"), get("moved/e/f")
"""
SEEN = (["link", "moved", "new", "sub"], "input!", "a file now", "f")
AFTER = {
    "link": True,
    "moved": False,
    "moved/e": False,
    "moved/e/f": "f",
    "moved/in": "input!",
    "new": "n",
    "sub": "a file now",
}


def test_changes_are_made_at_the_end(mounted, host):
    """
    Guest code sees them at once, the host when the run has succeeded.
    """
    before = look(host)
    mounted.function(lambda: look(host) == before, name="unchanged")
    result = mounted.run(CHANGE + "change(), unchanged()")

    assert result.value == (SEEN, True)
    assert AFTER == look(host)
    assert mounted.run("sorted(os.listdir('/data')), get('moved/in')").value == (SEEN[0], "input!")
    assert AFTER == look(host)


@pytest.mark.parametrize("end", ["1 / 0", "raise SystemExit(1)", "while True: pass"])
def test_a_run_that_fails_changes_nothing(make_session, host, end):
    """
    Whatever ends it; the next run finds what the host has.
    """
    before = look(host)
    session = make_session(
        mounts=[Mount(host, "/data", "rw", commit="on_success")], limits=Limits(wall_seconds=0.7)
    )
    session.run(CHANGE)
    with pytest.raises((GuestError, WallTimeExceeded)):
        session.run("change()\n" + end)

    assert before == look(host)
    assert session.run("sorted(os.listdir('/data')), get('in.txt')").value == (
        ["in.txt", "link", "sub"],
        "input",
    )
    assert session.run("change()").value == SEEN
    assert AFTER == look(host)


def test_calls_are_runs(mounted, host):
    """
    `Session.call` and `Session.map` make changes, too.
    """
    mounted.run(CHANGE + "def twice(n):\n    put(str(n), str(n * 2))\n    return 10 // n")
    assert 5 == mounted.call("twice", 2)
    with pytest.raises(GuestError):
        mounted.map("twice", [1, 0])

    assert {"2"} == {path.name for path in host.iterdir()} - {"in.txt", "link", "sub"}


def test_a_file_keeps_its_mode(mounted, host):
    """
    It is another file afterwards, with the rights of the old one.
    """
    mounted.run(CHANGE + "put('in.txt', 'new')\nput('other', 'o')")

    assert 0o640 == (host / "in.txt").stat().st_mode & 0o777
    assert 0 == (host / "other").stat().st_mode & 0o111


def test_a_system_that_reads_less_than_it_is_asked_for(mounted, host, monkeypatch):
    """
    A file that is changed a little keeps all the rest.
    """
    (host / "in.txt").write_bytes(bytes(range(256)) * 40)
    read = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: read(fd, min(size, 1000), at))
    mounted.run("with open('/data/in.txt', 'r+b') as f: f.write(b'!')")
    monkeypatch.undo()

    assert b"!" + (bytes(range(256)) * 40)[1:] == (host / "in.txt").read_bytes()


def test_a_link_is_neither_followed_nor_lost(mounted, host, tmp_path):
    """
    What is put in its place takes its place.
    """
    mounted.run(CHANGE)
    for code in ("put('link', 'x')", "get('link')", "os.rename('/data/link', '/data/l2')"):
        with pytest.raises(GuestError):
            mounted.run(code)
    mounted.run("os.remove('/data/link')\nput('link', 'a file')")

    assert not (host / "link").is_symlink()
    assert "a file" == (host / "link").read_text()
    assert "input" == (host / "in.txt").read_text()


def test_descriptors_go_on_in_the_next_run(mounted, host):
    """
    They are opened again where they were; of a run that failed, those of files that are not.
    """
    mounted.run(CHANGE + "f = open('/data/log', 'w')\nf.write('one')\nf.flush()")
    assert "one" == (host / "log").read_text()
    mounted.run("f.write('two')\nf.flush()")
    assert "onetwo" == (host / "log").read_text()
    with pytest.raises(GuestError):
        mounted.run("g = open('/data/never', 'w')\nf.write('three')\nf.flush()\n1 / 0")
    assert "onetwo" == (host / "log").read_text()
    with pytest.raises(GuestError) as info:
        mounted.run("g.write('x')\ng.flush()")
    assert "OSError" == info.value.type_name
    assert not (host / "never").exists()


def test_directories_that_were_there_are_not_moved(mounted, host):
    """
    EXDEV, for which programs copy.
    """
    result = mounted.run(
        CHANGE + "try: os.rename('/data/sub', '/data/other')\n"
        "except OSError as e: said = e.errno\n"
        "import errno\n"
        "said == errno.EXDEV"
    )

    assert result.value is True


def test_what_waits_is_limited(make_session, host):
    """
    A file that is changed counts whole; one that is only read does not.
    """
    (host / "large").write_text("x" * 5000)
    session = make_session(
        mounts=[Mount(host, "/data", "rw", max_bytes=1000, max_files=3, commit="on_success")]
    )
    session.run(CHANGE)
    assert session.run("len(get('large'))").value == 5000
    for code in (
        "put('large', '!', 'a')",
        "put('new', 'x' * 1001)",
        "for i in range(4): put(str(i), '')",
    ):
        with pytest.raises(GuestError) as info:
            session.run(code)
        assert "OSError" == info.value.type_name
    session.run("put('large', 'short')")
    assert "short" == (host / "large").read_text()


def test_what_cannot_be_stored_is_told(mounted, host):
    """
    The host has changed meanwhile: the error says so, and no file is half written.
    """

    def replace():
        shutil.rmtree(host / "sub")
        (host / "sub").write_text("the host's own")

    mounted.function(replace)
    with pytest.raises(MountError) as info:
        mounted.run(CHANGE + "put('sub/deep.txt', 'changed')\nreplace()")

    assert ("/data", "NOTDIR", "kept") == (
        info.value.guest_path,
        info.value.reason,
        info.value.state,
    )
    assert str(host) not in str(info.value)
    assert {"in.txt": "input", "link": True, "sub": "the host's own"} == look(host)
    mounted.run("put('sub', 'ours')")
    assert "ours" == (host / "sub").read_text()
    assert isinstance(mounted.run("replace2 = 1", check=False).error, type(None))


def test_a_link_that_the_host_makes_meanwhile(mounted, host, tmp_path):
    """
    Nothing is written through it.
    """
    out = tmp_path / "out"
    out.mkdir()

    def replace():
        shutil.rmtree(host / "sub")
        (host / "sub").symlink_to(out)
        os.remove(host / "in.txt")
        (host / "in.txt").symlink_to(out / "made")

    mounted.function(replace)
    with pytest.raises(MountError):
        mounted.run(CHANGE + "put('sub/deep.txt', 'x')\nput('in.txt', 'y')\nreplace()")

    assert [] == os.listdir(out)
    mounted.run("put('ok', 'z')\nos.remove('/data/in.txt')\nput('in.txt', 'y')")
    assert [] == os.listdir(out)
    assert "y" == (host / "in.txt").read_text()


@pytest.mark.parametrize("options", [{"mode": "ro", "commit": "on_success"}, {"commit": "later"}])
def test_commits_that_are_none(host, options):
    """
    The error comes when the mount is made.
    """
    with pytest.raises(ConfigError):
        Mount(host, "/data", **options)
