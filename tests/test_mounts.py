"""Directories of the host in a session, and everything that guest code tries with them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox_wasm import ConfigError, GuestError, Limits, Mount, Session
from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import MAX_DEPTH, ROOT, Errno, FileError, How, Kind
from sandbox_wasm._mounts import make_files as make_session_files
from sandbox_wasm._mounts import open_mounts
from sandbox_wasm._nodes import build
from sandbox_wasm._sources import Sources

SECRET = "TOPSECRET"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A directory to be mounted, with secrets around it."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "s").write_text(SECRET)
    (tmp_path / "out" / "f").write_text(SECRET)
    home = tmp_path / "A"
    (home / "sub").mkdir(parents=True)
    (home / "in.txt").write_text("input")
    (home / "sub" / "deep.txt").write_text("deep")
    return home


@pytest.fixture
def make_files(host: Path) -> Iterator[Callable[..., Files]]:
    """Makes files with the directory at /data, without any guest."""
    made = []

    def make(mode: str = "rw", **quota: int) -> Files:
        files = Files(
            1000, 100, volumes=open_mounts([Mount(host, "/data", mode, **quota)], Sources())
        )
        made.append(files)
        return files

    yield make
    for files in made:
        files.release()


def refused(errno: Errno, call: Callable[[], object]) -> None:
    with pytest.raises(FileError) as info:
        call()
    assert errno == info.value.errno


def write(files: Files, path: str, data: bytes, how: int = How.CREATE | How.TRUNCATE) -> None:
    fd, _ = files.open(ROOT, path, how | How.WRITE)
    try:
        files.write(fd, data)
    finally:
        files.close(fd)


def read(files: Files, path: str) -> bytes:
    fd, _ = files.open(ROOT, path, How.READ)
    try:
        return files.read(fd, 1 << 20)
    finally:
        files.close(fd)


def handles() -> int:
    """How many descriptors this process has."""
    return len(os.listdir("/dev/fd"))


def test_a_host_that_fails_to_close(make_files, host, monkeypatch):
    """
    What was closed is not closed again: its number may be another's by then.
    """
    files, close, closed = make_files(), os.close, []

    def fail(fd):
        closed.append(fd)
        close(fd)
        raise OSError(5, "Input/output error")

    before = handles()
    with monkeypatch.context() as patched:
        patched.setattr(os, "close", fail)
        refused(Errno.IO, lambda: files.stat_path(ROOT, "data/sub/deep.txt", True))
    assert len(set(closed)) == len(closed) == 2
    assert before == handles()


def test_a_host_that_cannot_tell_of_a_file_any_more(make_files, host, monkeypatch):
    """
    What was open is closed all the same: one by one, and when all of it is let go.
    """
    before = handles()
    files = make_files()
    for _ in range(3):
        files.open(ROOT, "data/in.txt", How.READ)
    one, _ = files.open(ROOT, "data/in.txt", How.READ)
    rest = files.mark()

    def fail(handle):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fail)
        refused(Errno.IO, lambda: files.close(one))
        refused(Errno.BADF, lambda: files.read(one, 1))
        files.release()
    assert before == handles()
    assert 4 == len(rest.open)


# ---- granting


@pytest.mark.parametrize(
    "arguments",
    [
        ("/tmp", "/"),
        ("/tmp", ""),
        ("/tmp", "/a/../b"),
        ("/tmp", 1),
        (1, "/a"),
        (None, "/a"),
        ("a\0b", "/a"),
        ("/tmp", "/a", "w"),
        ("/tmp", "/a", "rw", -1),
        ("/tmp", "/a", "rw", 1.5),
        ("/tmp", "/a", "rw", 1, True),
    ],
)
def test_mounts_that_are_none(arguments):
    """
    The error comes when the mount is made.
    """
    with pytest.raises(ConfigError):
        Mount(*arguments)


def test_mounts_that_cannot_be_granted(host):
    """
    The error comes when the session is made, which leaves nothing open.
    """
    before = handles()
    good = Mount(host, "/data")
    for mounts in (
        [Mount(host / "nothing", "/data")],
        [good, Mount(host / "nothing", "/other")],
        [Mount(host / "in.txt", "/data")],
        [good, good],
        [good, Mount(host, "/data/sub")],
        [Mount(host, "/x/y"), Mount(host, "x")],
        ["/data"],
        [None],
    ):
        with pytest.raises(ConfigError):
            Session("cpython", mounts=mounts)
    with pytest.raises(ConfigError):
        Session("cpython", mounts=[good], files={"data/x": b""})
    with pytest.raises(ConfigError):
        Session("cpython", mounts=[good], files={"/data": b""})
    assert before == handles()


def test_a_system_without_handles_is_refused(host, monkeypatch):
    """
    There is no weaker way to fall back on.
    """
    monkeypatch.setattr(os, "supports_dir_fd", set())

    with pytest.raises(ConfigError, match="handles"):
        Session("cpython", mounts=[Mount(host, "/data")])


def test_reading(make_session, host):
    """
    What is there is found, in the mount and beside it.
    """
    session = make_session(mounts=[Mount(host, "/a/data")], files={"/a/own": "1"})
    result = session.run(
        "import os, pathlib\n"
        "(open('/a/data/in.txt').read(), sorted(os.listdir('/a/data')), sorted(os.listdir('/a')),\n"
        " [str(p) for p in sorted(pathlib.Path('/a/data').rglob('*'))],\n"
        " os.stat('/a/data/in.txt').st_size, os.path.isdir('/a/data/sub'),\n"
        " os.path.realpath('/a/data/sub/../in.txt'), os.path.samefile('/a/data/in.txt', "
        "'/a/data/sub/../in.txt'), os.path.samefile('/a/data/in.txt', '/a/own'))"
    )

    assert result.value == (
        "input",
        ["in.txt", "sub"],
        ["data", "own"],
        ["/a/data/in.txt", "/a/data/sub", "/a/data/sub/deep.txt"],
        5,
        True,
        "/a/data/in.txt",
        True,
        False,
    )


def test_writing(make_session, host):
    """
    What guest code does is done, and nothing else is.
    """
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    session.run(
        "import os, pathlib, shutil\n"
        "p = pathlib.Path('/data')\n"
        "(p / 'new').write_text('n')\n"
        "with open(p / 'in.txt', 'r+') as f: f.seek(2); f.write('X'); f.truncate()\n"
        "with open(p / 'in.txt', 'a') as f: f.write('!')\n"
        "(p / 'd' / 'e').mkdir(parents=True)\n"
        "os.rename(p / 'new', p / 'd' / 'e' / 'moved')\n"
        "os.utime(p / 'in.txt', (1, 2))\n"
        "shutil.rmtree(p / 'sub')\n"
        "shutil.copy('/data/in.txt', '/tmp/copy')\n"
        "shutil.move('/tmp/copy', '/data/back')\n"
    )

    found = {str(p.relative_to(host)): p.is_file() and p.read_text() for p in host.rglob("*")}
    assert {
        "in.txt": "inX!",
        "back": "inX!",
        "d": False,
        "d/e": False,
        "d/e/moved": "n",
    } == found
    assert 2 == (host / "in.txt").stat().st_mtime


def test_nothing_stays_open(make_session, host):
    """
    Not when the session is closed with files open, nor in a child process.
    """
    make_session(isolation="thread").close()  # what sessions share stays
    before = handles()
    session = make_session(mounts=[Mount(host, "/data", "rw")], isolation="thread")
    session.run("fs = [open('/data/in.txt') for _ in range(20)]")
    assert before + 21 <= handles() <= before + 24
    script = "import os; print(sum(os.path.exists(f'/dev/fd/{n}') for n in range(3, 200)))"
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, close_fds=False, check=True
    )
    session.close()

    alone = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(child.stdout) <= int(alone.stdout) + 1
    assert handles() <= before + 2  # an engine may wait for the next session


# ---- attacks FS-01 ...


def outcomes(session: Session, paths: list[str]) -> list[str]:
    """Return what opening and reading each path gives."""
    return session.run(
        "r = []\n"
        "for p in paths:\n"
        "    try: r.append(open(p).read(20))\n"
        "    except Exception as e: r.append(type(e).__name__)\n"
        "r",
        inputs={"paths": paths},
    ).value


def test_paths_do_not_lead_out(make_session, host, assert_healthy):
    """
    FS-01: above the mount there is the session's tree, and nothing of the host.
    """
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    found = outcomes(
        session,
        [
            "/data/../secret.txt",
            "/data/./../secret.txt",
            "/data//..//secret.txt",
            "/data/sub/../../secret.txt",
            "../secret.txt",
            "/etc/passwd",
            "/proc/self/environ",
            "//etc/passwd",
            "/data/../../../../../../etc/passwd",
            str(host / "in.txt"),
            str(host.parent / "secret.txt"),
        ],
    )

    assert {"FileNotFoundError"} == set(found)
    assert ["IsADirectoryError"] * 2 == outcomes(session, ["/data/..", "/data/../"])
    assert ["input"] == outcomes(session, ["/data/sub/../../data/sub/..//in.txt"])
    assert_healthy()


def test_links_are_not_followed(make_session, host):
    """
    FS-02: wherever they lead, out of the mount or within; nor does reading them tell.
    """
    (host / "abs").symlink_to("/etc/passwd")
    (host / "rel").symlink_to("../secret.txt")
    (host / "updir").symlink_to(host.parent)
    (host / "l1").symlink_to("../out/")
    (host / "l3").symlink_to("l1/")
    (host / "within").symlink_to("in.txt")
    (host / "within_dir").symlink_to("sub")
    (host / "dangling").symlink_to("../made")
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    names = ["abs", "rel", "updir/secret.txt", "l1/s", "l1//s", "l3/s", "within", "dangling"]
    names += ["within_dir/deep.txt", "updir/../secret.txt"]
    result = session.run(
        "import errno, os\n"
        "r = []\n"
        "def tried(call, *args):\n"
        "    try: call(*args); r.append((args, 'done'))\n"
        "    except OSError as e: r.append(errno.errorcode[e.errno])\n"
        "for n in names:\n"
        "    p = '/data/' + n\n"
        "    for mode in ('r', 'w', 'a', 'x', 'r+'): tried(open, p, mode)\n"
        "    tried(os.stat, p); tried(os.listdir, p); tried(os.utime, p)\n"
        "for n in ('abs', 'rel', 'updir', 'dangling'):\n"
        "    p = '/data/' + n\n"
        "    tried(os.readlink, p); tried(os.rename, p, p + '2'); tried(os.mkdir, p)\n"
        "    tried(os.truncate, p, 0); tried(os.listdir, p); tried(os.rmdir, p)\n"
        "    assert os.path.islink(p) and not os.path.exists(p)\n"
        "r",
        inputs={"names": names},
    )

    assert set(result.value) <= {"ELOOP", "EACCES", "EPERM", "EEXIST", "ENOTDIR"}
    assert SECRET == (host.parent / "secret.txt").read_text()
    assert not (host.parent / "made").exists()
    session.run("import os\nos.remove('/data/rel')")  # the link itself goes
    assert SECRET == (host.parent / "secret.txt").read_text()


@pytest.mark.parametrize(
    "code",
    [
        "open('/ro/new', 'w')",
        "open('/ro/in.txt', 'w')",
        "open('/ro/in.txt', 'a')",
        "open('/ro/in.txt', 'r+')",
        "open('/ro/new', 'x')",
        "os.close(os.open('/ro/in.txt', os.O_RDONLY | os.O_TRUNC))",
        "os.close(os.open('/ro/new', os.O_RDONLY | os.O_CREAT))",
        "os.truncate('/ro/in.txt', 0)",
        "os.ftruncate(os.open('/ro/in.txt', os.O_RDONLY), 0)",
        "os.write(os.open('/ro/in.txt', os.O_RDONLY), b'x')",
        "os.remove('/ro/in.txt')",
        "os.mkdir('/ro/d')",
        "os.rmdir('/ro/empty')",
        "os.rename('/ro/in.txt', '/ro/x')",
        "os.rename('/ro/in.txt', '/data/x')",
        "os.rename('/data/own', '/ro/in.txt')",
        "os.rename('/own', '/ro/x')",
        "os.utime('/ro/in.txt')",
        "os.utime('/ro')",
        "os.symlink('a', '/ro/l')",
        "os.link('/ro/in.txt', '/ro/l')",
        "os.link('/ro/in.txt', '/data/l')",
        "os.symlink('/ro/in.txt', '/data/l')",
    ],
)
def test_a_read_only_mount_is_not_changed(make_session, host, tmp_path, code):
    """
    FS-04: every way to change something is refused.
    """
    (host / "empty").mkdir()
    other = tmp_path / "B"
    other.mkdir()
    (other / "own").write_text("own")

    def looks() -> list[object]:
        return [
            (str(p), p.lstat().st_mtime_ns, p.is_file() and p.read_bytes())
            for p in sorted([host, *host.rglob("*")])
        ]

    before = looks()
    session = make_session(
        mounts=[Mount(host, "/ro"), Mount(other, "/data", "rw")], files={"own": "1"}
    )
    with pytest.raises(GuestError) as info:
        session.run("import os\n" + code)

    assert info.value.type_name in {"OSError", "PermissionError"}
    assert before == looks()
    assert ["own"] == os.listdir(other)
    assert session.run("open('/ro/in.txt').read()").value == "input"


def test_a_read_only_mount_is_not_changed_by_descriptor(make_files):
    """
    Nor by what only descriptors can do.
    """
    files = make_files("ro")
    fd, _ = files.open(ROOT, "data/in.txt", How.READ)

    refused(Errno.ROFS, lambda: files.set_times(fd, 1, 1))
    refused(Errno.BADF, lambda: files.write(fd, b"x"))
    refused(Errno.BADF, lambda: files.pwrite(fd, b"x", 0))
    refused(Errno.INVAL, lambda: files.truncate(fd, 0))
    files.sync(fd)


def test_a_mount_is_not_filled(make_session, host, assert_healthy):
    """
    FS-05, FS-06: neither with bytes nor with files; removing them makes room again.
    """
    session = make_session(
        mounts=[Mount(host, "/data", "rw", max_bytes=1 << 20, max_files=100)],
        limits=Limits(wall_seconds=20),
    )
    code = (
        "import errno, os\n"
        "def fill():\n"
        "    try:\n"
        "        with open('/data/big', 'ab', buffering=0) as f:\n"
        "            while True: f.write(b'x' * 65536)\n"
        "    except OSError as e: return errno.errorcode[e.errno]\n"
        "def flood(make):\n"
        "    for i in range(1000):\n"
        "        try: make('/data/f%d' % i)\n"
        "        except OSError as e: return errno.errorcode[e.errno], i\n"
        "filled = fill(), os.stat('/data/big').st_size\n"
        "os.remove('/data/big')\n"
        "again = fill(), os.stat('/data/big').st_size\n"
        "try:\n"
        "    with open('/data/in.txt', 'a') as f: f.write('x')\n"
        "except OSError as e: more = errno.errorcode[e.errno]\n"
        "os.remove('/data/big')\n"
        "flooded = flood(lambda p: open(p, 'w').close())\n"
        "for i in range(flooded[1]): os.remove('/data/f%d' % i)\n"
        "filled, again, more, flooded, flood(os.mkdir)"
    )
    full = ("ENOSPC", 1 << 20)

    assert (full, full, "ENOSPC", ("EDQUOT", 100), ("EDQUOT", 100)) == session.run(code).value
    assert 102 == len(os.listdir(host))
    assert_healthy()


def test_room_is_not_forged(make_files, host):
    """
    The host's own files are no credit, and what is open without a name is still counted.
    """
    (host / "large").write_bytes(b"x" * 5000)
    os.link(host / "large", host / "linked")
    files = make_files(max_bytes=1000, max_files=3)
    files.unlink(ROOT, "data/large")
    files.unlink(ROOT, "data/linked")
    files.unlink(ROOT, "data/in.txt")
    for i in range(3):
        write(files, f"data/{i}", b"")
    refused(Errno.DQUOT, lambda: write(files, "data/3", b""))
    refused(Errno.DQUOT, lambda: files.make_directory(ROOT, "data/3"))
    fd, _ = files.open(ROOT, "data/0", How.WRITE)
    files.write(fd, b"x" * 900)
    files.unlink(ROOT, "data/0")
    refused(Errno.NOSPC, lambda: write(files, "data/1", b"x" * 101))
    files.close(fd)
    write(files, "data/1", b"x" * 1000)
    write(files, "data/2", b"")
    files.rename(ROOT, "data/2", ROOT, "data/1")  # over what was counted
    write(files, "data/1", b"x" * 1000)
    fd, _ = files.open(ROOT, "data/1", How.WRITE)
    refused(Errno.NOSPC, lambda: files.truncate(fd, 1001))
    refused(Errno.NOSPC, lambda: files.pwrite(fd, b"x", 1 << 50))
    files.truncate(fd, 10)
    files.pwrite(fd, b"x", 999)
    refused(Errno.NOSPC, lambda: files.pwrite(fd, b"x", 1000))


def test_the_host_keeps_its_descriptors(make_session, host):
    """
    FS-08: EMFILE for guest code, and the host can open what it likes.
    """
    before = handles()
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    with pytest.raises(GuestError) as info:
        session.run("l = []\nwhile True: l.append(open('/data/x', 'a'))")

    assert "OSError" == info.value.type_name
    assert handles() - before <= 80
    with open(os.devnull):
        pass


def test_directories_are_not_nested_for_ever(make_files, host):
    """
    FS-09: neither by making nor by moving them.
    """
    files = make_files()
    path = "data"
    for _ in range(MAX_DEPTH):
        path += "/d"
        files.make_directory(ROOT, path)
    refused(Errno.NAMETOOLONG, lambda: files.make_directory(ROOT, path + "/d"))
    files.make_directory(ROOT, "data/e")
    refused(Errno.NAMETOOLONG, lambda: files.rename(ROOT, "data/d", ROOT, "data/e/d"))
    files.rename(ROOT, "data/d/d", ROOT, "data/e/d")

    assert (host / "e" / "d").is_dir()


@pytest.mark.parametrize("name", ["fifo", "socket", "device"])
def test_nothing_but_files_is_opened(make_session, host, name):
    """
    FS-10: a FIFO, a socket or a device is refused at once, for reading and for writing.
    """
    if name == "fifo":
        os.mkfifo(host / name)
    elif name == "socket":
        with socket.socket(socket.AF_UNIX) as end:
            here = os.getcwd()
            os.chdir(host)  # the name of a socket must be short
            try:
                end.bind(name)
            finally:
                os.chdir(here)
    else:
        try:
            os.mknod(host / name, 0o20666, os.makedev(1, 5))  # zeros without end
        except PermissionError:
            name = "in.txt/"  # who may not make one is shown that no other thing opens
    session = make_session(mounts=[Mount(host, "/data", "rw")], limits=Limits(wall_seconds=5))
    for mode in ("r", "w", "a", "r+"):
        with pytest.raises(GuestError) as info:
            session.run(f"open('/data/{name}', {mode!r})")
        assert info.value.type_name in {"OSError", "PermissionError", "NotADirectoryError"} | (
            {"IsADirectoryError"} if name.endswith("/") else set()
        )
    with pytest.raises(GuestError):
        session.run(f"import os\nos.rename('/data/{name}', '/data/x')")


def test_mounts_stay_where_they_are(make_session, host, tmp_path):
    """
    FS-12: nothing is moved between mounts, and no mount is moved, removed or replaced.
    """
    other = tmp_path / "B"
    other.mkdir()
    (other / "own").write_text("own")
    session = make_session(
        mounts=[Mount(host, "/ro"), Mount(other, "/data", "rw")], files={"d/f": "1"}
    )
    result = session.run(
        "import errno, os\n"
        "r = []\n"
        "for call, *args in (\n"
        "    (os.rename, '/ro/in.txt', '/data/l'), (os.rename, '/data/own', '/ro/l'),\n"
        "    (os.rename, '/data/own', '/tmp/l'), (os.rename, '/d/f', '/data/f'),\n"
        "    (os.rename, '/data', '/x'), (os.rename, '/ro', '/data/ro'),\n"
        "    (os.rename, '/d', '/data'), (os.rename, '/data/own', '/data'),\n"
        "    (os.rmdir, '/data'), (os.rmdir, '/ro'), (os.remove, '/data'), (os.mkdir, '/data'),\n"
        "):\n"
        "    try: call(*args); r.append(args)\n"
        "    except OSError as e: r.append(errno.errorcode[e.errno])\n"
        "r"
    )

    assert result.value == ["EXDEV"] * 4 + ["EBUSY"] * 7 + ["EEXIST"]
    assert ["own"] == os.listdir(other)
    assert session.run("open('/ro/in.txt').read(), open('/data/own').read()").value == (
        "input",
        "own",
    )


def test_links_in_moved_directories_stay(make_files, host):
    """
    A relative link leads elsewhere from elsewhere: what has one keeps its depth.
    """
    (host / "sub" / "link").symlink_to("../in.txt")
    files = make_files()
    files.make_directory(ROOT, "data/other")

    refused(Errno.PERM, lambda: files.rename(ROOT, "data/sub", ROOT, "data/other/sub"))
    files.rename(ROOT, "data/sub", ROOT, "data/sub2")


SWAP = """
import os, sys
os.chdir(sys.argv[1])
print("ready", flush=True)
while True:
    os.rename("real", "spare"); os.rename("link", "real")
    os.rename("real", "link"); os.rename("spare", "real")
"""


@pytest.mark.parametrize("isolation", ["thread"])  # files are this process's affair
def test_directories_that_are_swapped_meanwhile(make_session, host):
    """
    FS-13: another process puts a link in place of a directory, again and again.
    """
    (host / "real").mkdir()
    (host / "real" / "f").write_text("fine")
    (host / "link").symlink_to("../out")
    session = make_session(mounts=[Mount(host, "/data", "rw")], limits=Limits(wall_seconds=30))
    swapper = subprocess.Popen([sys.executable, "-c", SWAP, host], stdout=subprocess.PIPE)
    try:
        assert swapper.stdout is not None
        swapper.stdout.readline()
        result = session.run(
            "import os\n"
            "r = {}\n"
            "for i in range(3000):\n"
            "    try: k = open('/data/real/f').read()\n"
            "    except Exception as e: k = type(e).__name__\n"
            "    r[k] = r.get(k, 0) + 1\n"
            "    try: open('/data/real/made', 'w').close()\n"
            "    except OSError: pass\n"
            "r"
        )
    finally:
        swapper.kill()
        swapper.communicate()

    assert set(result.value) <= {"fine", "OSError", "FileNotFoundError", "NotADirectoryError"}
    assert result.value["fine"] > 0
    assert not (host.parent / "out" / "made").exists()


def test_files_that_are_swapped_meanwhile(make_files, host):
    """
    A file is what it was when it was opened, or it is not opened; never what a link names.
    """
    files = make_files()
    stop = threading.Event()
    (host / "f").write_text("fine")
    (host / "l").symlink_to(host.parent / "secret.txt")
    os.mkfifo(host / "p")

    def swap() -> None:
        while not stop.is_set():
            for other in ("l", "p"):
                os.rename(host / "f", host / "spare")
                os.rename(host / other, host / "f")
                os.rename(host / "f", host / other)
                os.rename(host / "spare", host / "f")

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[bytes | str] = set()
    try:
        for n in range(200_000):
            try:
                seen.add(read(files, "data/f"))
            except FileError as error:
                seen.add(error.errno.name)
            if n > 2000 and b"fine" in seen:
                break
    finally:
        stop.set()
        thread.join()

    assert seen <= {b"fine", "LOOP", "NOENT", "ACCES"}
    assert b"fine" in seen


# ---- odd names


@pytest.mark.parametrize(
    "name",
    ["a b", "-rf", "*", "ü", "\u202e", "\n", "\x1b[2J", "x" * 255, "...", " ", "CON", "a\\b", "~"],
)
def test_odd_names(make_files, host, name):
    """
    A name is a name.
    """
    files = make_files()
    write(files, f"data/{name}", b"odd")

    assert b"odd" == read(files, f"data/{name}")
    assert name in os.listdir(host)
    fd, _ = files.open(ROOT, "data", How.READ)
    assert name in [entry.name for entry in files.list(fd, 0, 100)]
    files.unlink(ROOT, f"data/{name}")
    assert name not in os.listdir(host)


@pytest.mark.parametrize(
    ("name", "errno"),
    [("x" * 256, Errno.NAMETOOLONG), ("x/" * 2000 + "y", Errno.NOENT), ("nothing/..", Errno.NOENT)],
)
def test_names_that_lead_nowhere(make_files, name, errno):
    """
    The errors of any system.
    """
    files = make_files()

    refused(errno, lambda: files.stat_path(ROOT, f"data/{name}", True))


def test_names_that_are_no_text_are_hidden(make_files, host):
    """
    Guest code could not open them.
    """
    try:
        os.close(os.open(os.fsencode(host) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    except OSError:  # not on every system
        (host / "other").write_text("")
    files = make_files()
    fd, _ = files.open(ROOT, "data", How.READ)

    names = [entry.name for entry in files.list(fd, 0, 100)]
    assert {".", "..", "in.txt", "sub"} <= set(names)
    assert "\udcff" not in names


# ---- states


def test_descriptors_survive_a_reset(make_files, host):
    """
    They are opened again by path, where they were; what is gone is EBADF.
    """
    files = make_files()
    kept, _ = files.open(ROOT, "data/in.txt", How.READ | How.WRITE)
    gone, _ = files.open(ROOT, "data/sub/deep.txt", How.READ)
    folder, _ = files.open(ROOT, "data/sub", How.READ)
    nameless, _ = files.open(ROOT, "data/n", How.READ | How.CREATE)
    files.unlink(ROOT, "data/n")
    files.read(kept, 2)
    state = files.mark()
    files.close(kept)
    (host / "sub" / "deep.txt").unlink()
    files.reset(state)

    assert b"put" == files.read(kept, 10)
    assert Kind.DIRECTORY == files.stat(folder).kind
    refused(Errno.BADF, lambda: files.read(gone, 1))
    refused(Errno.BADF, lambda: files.read(nameless, 1))
    (host / "in.txt").unlink()
    os.mkfifo(host / "in.txt")
    files.reset(state)
    refused(Errno.BADF, lambda: files.read(kept, 1))


@pytest.mark.parametrize("isolation", ["thread"])
def test_forks_and_restored_sessions_have_mounts(make_session, host):
    """
    A fork those of its origin; a restored session those that it is given.
    """
    session = make_session(mounts=[Mount(host, "/data")])
    session.run("f = open('/data/in.txt')\nf.read(2)")
    with session.fork() as fork:
        assert fork.run("f.read(), open('/data/in.txt').read()").value == ("put", "input")
        assert fork.run("f.seek(1)\nf.read()").value == "nput"
    with make_session(snapshot=session.snapshot()) as bare:
        with pytest.raises(GuestError):
            bare.run("open('/data/in.txt')")
        with pytest.raises(GuestError):
            bare.run("f.seek(0)\nf.read()")
    with make_session(snapshot=session.snapshot(), mounts=[Mount(host, "/other/x")]) as other:
        assert other.run("import os\nos.listdir('/other'), os.listdir('/')").value[0] == ["x"]


def test_errors_tell_nothing_of_the_host(make_session, host):
    """
    Neither its path nor its words.
    """
    (host / "locked").mkdir()
    session = make_session(mounts=[Mount(host, "/data", "rw")])
    result = session.run(
        "import os\n"
        "r = []\n"
        "for call, *args in ((open, '/data/nothing'), (os.listdir, '/data/in.txt'),\n"
        "    (os.rmdir, '/data'),\n"
        "    (os.rename, '/data/sub', '/data/sub/x'), (open, '/data/' + 'x' * 300)):\n"
        "    try: call(*args); r.append('done')\n"
        "    except Exception as e: r.append(repr(e) + str(getattr(e, '__dict__', '')))\n"
        "r"
    )

    assert "done" not in result.value
    assert str(host.parent) not in str(result.value)


def test_trees_are_shared(host):
    """
    A read-only tree costs each session nothing, and none can change it.
    """
    tree = build({("pkg", "__init__.py"): b"x = 1", ("pkg", "data"): b"d" * 100_000})
    trees = {"/packages": tree}
    found = [make_session_files(Limits(), Sources(), None, trees=trees).kept for _ in range(2)]
    for files in found:
        assert b"x = 1" == read(files, "packages/pkg/__init__.py")
        fd, _ = files.open(ROOT, "packages/pkg/data", How.READ)
        assert files.read(fd, 1 << 20) is tree.nodes[4].content.read(0, 1 << 20)
        for call in (
            lambda files=files: write(files, "packages/pkg/data", b""),
            lambda files=files: write(files, "packages/new", b""),
            lambda files=files: files.unlink(ROOT, "packages/pkg/data"),
            lambda files=files: files.make_directory(ROOT, "packages/d"),
            lambda files=files: files.rename(ROOT, "packages/pkg", ROOT, "packages/p"),
            lambda files=files: files.set_times_path(ROOT, "packages/pkg", True, 1, 1),
        ):
            refused(Errno.ROFS, call)
        refused(Errno.BUSY, lambda files=files: files.remove_directory(ROOT, "packages"))
        state = files.mark()
        files.read(fd, 1)
        files.reset(state)
        assert b"dd" == files.pread(fd, 2, 0)
    with pytest.raises(ConfigError, match="overlap"):
        make_session_files(Limits(), Sources(), None, [Mount(host, "/packages/x")], trees=trees)


@pytest.mark.parametrize("option", ["--ro", "--rw"])
def test_the_command_grants_directories(host, option):
    """
    At a path of one's own, or at the directory's last name.
    """
    code = "print(open('/A/in.txt').read())\nopen('/data/new', 'w').close()"
    command = [sys.executable, "-m", "sandbox_wasm", "--ro", str(host), option, f"{host}:/data"]
    done = subprocess.run([*command, "-c", code], capture_output=True, text=True, check=False)

    assert "input\n" == done.stdout
    assert ("--rw" == option) == (0 == done.returncode) == (host / "new").exists()
    done = subprocess.run([*command[:3], option, "/nothing"], capture_output=True, check=False)
    assert 2 == done.returncode
