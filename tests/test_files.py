"""A session's own files, as guest code and their owner see them."""

from __future__ import annotations

import copy
import os
import pickle
import threading

import pytest

from sandbox_wasm import (
    ConfigError,
    FilesExceeded,
    GuestError,
    Limits,
    Mount,
    Session,
    SessionFiles,
    WallTimeExceeded,
)

LIBRARY = """
import csv, io, os, pathlib, shutil, tempfile
"""


# One long computation in C, which looks at nothing meanwhile.
DEAF = "import decimal\ndecimal.getcontext().prec = 10**6\ndecimal.Decimal(2).ln()"


def test_given_files_are_there(make_session):
    """
    Text comes as UTF-8, bytes as they are, directories as they are needed.
    """
    session = make_session(
        files={"in.csv": "a,b\n1,2\n", "/deep/er/x.bin": b"\0\xff", "ü.txt": bytearray(b"u")}
    )

    assert session.run("open('in.csv').read()").value == "a,b\n1,2\n"
    assert session.run("open('/deep/er/x.bin', 'rb').read()").value == b"\0\xff"
    assert session.run("open('ü.txt').read()").value == "u"
    assert ["/deep/er/x.bin", "/in.csv", "/ü.txt"] == sorted(session.files)


@pytest.mark.parametrize(
    "files",
    [
        ["a"],
        "a",
        {1: b""},
        {"a": 1},
        {"a": None},
        {"../a": b""},
        {"a/../b": b""},
        {"": b""},
        {"/": b""},
        {"a\0": b""},
        {"\ud800": b""},
        {"a": "\ud800"},
        {"n" * 256: b""},
        {"n/" * 2048: b""},
        {"a": b"", "a/b": b""},
        {"tmp": b""},
        {"d/" * 200 + "f": b""},
    ],
)
def test_files_that_cannot_be_given(files):
    """
    The error comes before there is a session.
    """
    with pytest.raises(ConfigError):
        Session("cpython", files=files)


def test_the_owner_reads_and_writes(make_session):
    """
    Every method of `files`, between runs.
    """
    session = make_session()
    files = session.files
    assert isinstance(files, SessionFiles)
    files.write("a/b.txt", "text")
    files.write("/a/c.bin", b"\xff")
    session.run("open('/a/b.txt', 'a').write(' more')\nopen('d', 'w').close()")

    assert "text more" == files.read_text("a/b.txt")
    assert b"\xff" == files.read("a/c.bin")
    assert ["b.txt", "c.bin"] == files.list("a")
    assert ["a", "d", "tmp"] == files.list()
    assert ["/a/b.txt", "/a/c.bin", "/d"] == list(files)
    assert 3 == len(files)
    assert "a/b.txt" in files
    assert "/d" in files
    assert "a" not in files
    assert "x" not in files
    assert 1 not in files
    assert "3 files" in repr(files)
    files.delete("a")
    files.delete("d")
    assert [] == list(files)
    assert session.run("import os\nos.listdir('/')").value == ["tmp"]


def test_what_the_owner_asks_for_may_not_be_there(make_session):
    """
    Python's own errors, with the path.
    """
    files = make_session(files={"f": "x", "d/g": "y"}).files

    for call in (files.read, files.read_text, files.list, files.delete):
        with pytest.raises(FileNotFoundError, match="nothing"):
            call("nothing")
    with pytest.raises(IsADirectoryError):
        files.read("d")
    with pytest.raises(IsADirectoryError):
        files.write("d", b"")
    with pytest.raises(NotADirectoryError):
        files.write("f/x", b"")
    with pytest.raises(NotADirectoryError):
        files.list("f")
    files.write("b", b"\xff")
    with pytest.raises(UnicodeDecodeError):
        files.read_text("b")
    for path in ("..", "a/../f", "\0", 1, "/"):
        with pytest.raises((ConfigError, IsADirectoryError)):
            files.write(path, b"")
    with pytest.raises(ConfigError, match="root"):
        files.delete("/")


def test_files_stay_when_the_session_is_closed(make_session):
    """
    They are the host's.
    """
    session = make_session()
    session.run("open('f', 'w').write('kept')")
    session.close()

    assert "kept" == session.files.read_text("f")


def test_a_result_tells_what_changed(make_session):
    """
    Created, changed and deleted, with what the files hold; what only was there is not told.
    """
    session = make_session(files={"same": "1", "changed": "1", "gone": "1", "moved": "1"})
    result = session.run(
        "import os\n"
        "open('new', 'w').write('n')\n"
        "open('changed', 'a').write('2')\n"
        "os.remove('gone')\n"
        "os.rename('moved', 'place')\n"
        "open('passing', 'w').close()\nos.remove('passing')\n"
        "open('same').read()\n"
        "open('same', 'a').close()\n"
    )

    assert ("/new", "/place") == result.files.created
    assert ("/changed",) == result.files.changed
    assert ("/gone", "/moved") == result.files.deleted
    assert {"/changed": b"12", "/new": b"n", "/place": b"1"} == dict(result.files)
    assert result.files
    session.run("open('new', 'w').write('other')")
    assert b"n" == result.files["/new"]
    with pytest.raises(KeyError):
        result.files["/same"]
    again = pickle.loads(pickle.dumps(copy.deepcopy(result)))
    assert dict(result.files) == dict(again.files)


def test_a_result_tells_of_a_moved_directory(make_session):
    """
    Each file in it has gone from one path to another.
    """
    session = make_session(files={"d/a": "1", "d/e/b": "2"})
    result = session.run("import os\nos.rename('d', 'f')")

    assert {"/f/a": b"1", "/f/e/b": b"2"} == dict(result.files)
    assert ("/d/a", "/d/e/b") == result.files.deleted


def test_a_run_without_files_tells_of_none(make_session):
    """
    What a run before did, or the owner between runs, is not this run's.
    """
    session = make_session()
    session.run("f = open('f', 'w')\nf.write('1')\nf.flush()")
    session.files.write("g", "2")
    result = session.run("1 + 1")

    assert not result.files
    assert ((), (), ()) == (result.files.created, result.files.changed, result.files.deleted)
    assert 0 == len(result.files)
    result = session.run("f.write('2')\nf.close()")
    assert {"/f": b"12"} == dict(result.files)


def test_a_failed_run_tells_what_it_changed(make_session):
    """
    Files are state, which is kept.
    """
    session = make_session()
    with pytest.raises(GuestError) as info:
        session.run("open('f', 'w').write('1')\n1 / 0")

    assert info.value.result.files["/f"] == b"1"


def test_host_functions_use_the_files(make_session):
    """
    In the middle of a run, on the session's own thread.
    """
    session = make_session()

    @session.function
    def shout(path):
        session.files.write(path, session.files.read_text(path).upper())

    session.run("with open('f', 'w') as f: f.write('hello')\nshout('f')")

    assert session.run("open('f').read()").value == "HELLO"


def test_other_threads_use_the_files_while_code_runs(make_session):
    """
    Each call finds the files between two steps of the guest.
    """
    session = make_session(limits=Limits(wall_seconds=60))
    ready = threading.Event()
    session.function(ready.set, name="ready")
    future = session.submit(
        "import os\n"
        "n = 0\n"
        "while 'stop' not in os.listdir('/'):\n"
        "    n += 1\n"
        "    if n == 1: ready()\n"
        "    with open('f%d' % (n % 50), 'w') as f: f.write('x' * n)\n"
        "    if n % 3 == 0: os.remove('f%d' % (n % 50))\n"
        "n"
    )
    ready.wait(20)
    for i in range(300):
        session.files.write(f"mine/{i}", b"y" * i)
        for path in session.files:
            assert path.startswith(("/f", "/mine/"))
        assert b"y" * i == session.files.read(f"mine/{i}")
    session.files.write("stop", b"")

    assert future.result(40).value > 0


def test_every_look_of_the_owner_is_undivided(make_session, monkeypatch):
    """
    What guest code removes meanwhile is there or is not, and nobody falls into the gap.
    """
    files = make_session(files={"d/a": "x"}).files
    tree, seen = files.kept.tree, []
    find = tree.find

    def watched(parts):
        seen.append(files.kept.lock._is_owned())
        return find(parts)

    monkeypatch.setattr(tree, "find", watched)
    assert "d/a" in files
    assert "d/b" not in files
    assert ("x", ["a"], 1) == (files.read_text("d/a"), files.list("d"), len(files))
    files.write("d/b", b"")
    files.delete("d/b")
    assert seen
    assert all(seen)


@pytest.mark.parametrize("interpreter", ["cpython"])  # the other one always looks up
def test_files_go_back_with_the_guest(make_session):
    """
    A run that loses its guest leaves no file, no change and no descriptor behind; what the
    owner wrote before it stays, and descriptors from before work.
    """
    session = make_session(limits=Limits(wall_seconds=0.5))
    session.run("f = open('log', 'w+')\nf.write('one')\nf.flush()\nopen('old', 'w').close()")
    session.files.write("given", "by the owner")
    with pytest.raises(WallTimeExceeded) as info:
        session.run(
            "import os\nf.write('two')\nf.flush()\ng = open('new', 'w')\nos.remove('old')\n" + DEAF
        )

    assert "rolled back" == info.value.state
    assert not info.value.result.files
    assert ["/given", "/log", "/old"] == sorted(session.files)
    assert session.run("f.write('!')\nf.seek(0)\nf.read()").value == "one!"


# ---- limits


def test_bytes_are_limited(make_session):
    """
    ENOSPC in guest code, which may go on; deleting makes room.
    """
    session = make_session(limits=Limits(file_bytes=100_000))
    result = session.run(
        "import errno, os\n"
        "kept = 0\n"
        "with open('big', 'wb', buffering=0) as f:\n"
        "    try:\n"
        "        while True: kept += f.write(b'x' * 1000)\n"
        "    except OSError as e: said = errno.errorcode[e.errno]\n"
        "try: os.truncate('big', 100_001)\n"
        "except OSError as e: cut = errno.errorcode[e.errno]\n"
        "os.remove('big')\n"
        "again = open('other', 'wb').write(b'x' * 100_000)\n"
        "kept, said, cut, again"
    )

    assert (100_000, "ENOSPC", "ENOSPC", 100_000) == result.value
    assert 100_000 == len(session.files.read("other"))


def test_files_without_a_name_count(make_session):
    """
    As long as they are open.
    """
    session = make_session(limits=Limits(file_bytes=100_000, file_count=10))
    with pytest.raises(GuestError) as info:
        session.run(
            "import os\n"
            "fs = []\n"
            "while True:\n"
            "    f = open('f', 'wb', buffering=0)\n"
            "    os.remove('f')\n"
            "    f.write(b'x' * 20_000)\n"
            "    fs.append(f)\n"
        )

    assert "OSError" == info.value.type_name
    assert 5 == session.run("len(fs)").value
    session.run("for f in fs: f.close()\nopen('f', 'wb').write(b'x' * 100_000)")


@pytest.mark.parametrize(
    "code",
    [
        "while True: open('f%d' % n, 'w').close(); n += 1",
        "while True: os.mkdir('f%d' % n); n += 1",
        "while True: fs.append(open('f%d' % n, 'w')); os.remove('f%d' % n); n += 1",
    ],
)
def test_the_number_of_files_is_limited(make_session, code):
    """
    Directories and open files without a name count as well.
    """
    session = make_session(limits=Limits(file_count=30))
    with pytest.raises(GuestError, match=r"(?i)quota") as info:
        session.run("import os\nfs = []\nn = 0\n" + code)

    assert "OSError" == info.value.type_name
    assert 29 == session.run("n").value  # and /tmp


def test_the_owner_is_limited_too(make_session):
    """
    A file that does not fit is not begun; one that is there stays as it was.
    """
    session = make_session(limits=Limits(file_bytes=1000, file_count=3), files={"f": b"x" * 600})
    with pytest.raises(FilesExceeded) as info:
        session.files.write("g", b"x" * 401)
    assert "guest exceeded file_bytes=1000" == str(info.value)
    with pytest.raises(FilesExceeded):
        session.files.write("f", b"x" * 1001)
    assert ["/f"] == list(session.files)
    assert b"x" * 600 == session.files.read("f")
    session.files.write("f", b"y" * 1000)
    with pytest.raises(FilesExceeded) as info:
        session.files.write("d/e", b"")
    assert ("file_count", 3) == (info.value.limit, info.value.allowed)
    again = pickle.loads(pickle.dumps(info.value))
    assert ("file_count", 3, str(info.value)) == (again.limit, again.allowed, str(again))
    with pytest.raises(FilesExceeded):
        Session("cpython", limits=Limits(file_bytes=10), files={"f": b"x" * 11})


def test_open_files_are_limited(make_session):
    """
    EMFILE, and closing one makes room.
    """
    session = make_session()
    result = session.run(
        "import errno\n"
        "fs = []\n"
        "try:\n"
        "    while True: fs.append(open('f', 'a'))\n"
        "except OSError as e: said = errno.errorcode[e.errno]\n"
        "fs.pop().close()\n"
        "fs.append(open('f'))\n"
        "said, len(fs)"
    )

    assert ("EMFILE", 64) == result.value


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("open('n' * 256, 'w')", "ENAMETOOLONG"),
        ("open('ü' * 128, 'w')", "ENAMETOOLONG"),
        ("open('n/' * 3000, 'w')", "ENAMETOOLONG"),
        ("for i in range(1, 3000): os.mkdir('/' + 'd/' * i)", "ENAMETOOLONG"),
        ("for i in range(3000): os.mkdir('d'); os.chdir('d')", "ENAMETOOLONG"),
        ("os.symlink('a', 'b')", "EPERM"),
        ("os.link('a', 'b')", "EPERM"),
        ("open('\\udcff', 'w')", "EILSEQ"),
        ("os.rename('/tmp', '/tmp/x')", "EINVAL"),
        ("os.rename('/', '/x')", "EBUSY"),
    ],
)
def test_what_files_refuse(make_session, code, error):
    """
    The error that any system gives.
    """
    session = make_session(files={"a": "a"})
    body = code.replace("\n", "\n    ")

    session.run(
        f"import errno, os\ntry:\n    {body}\nexcept OSError as e: said = errno.errorcode[e.errno]"
    )
    assert error == session.run("said").value


def test_sessions_share_no_files(make_session, assert_healthy):
    """
    Each has a tree of its own.
    """
    first, second = make_session(files={"f": "1"}), make_session()
    first.run("open('/tmp/x', 'w').write('1')")

    assert [] == list(second.files)
    assert ["/f", "/tmp/x"] == list(first.files)
    assert_healthy()


def test_the_library_works_on_files(make_session):
    """
    pathlib, tempfile, csv and shutil do what they do anywhere.
    """
    session = make_session()
    result = session.run(
        LIBRARY + "root = pathlib.Path('/work')\n"
        "(root / 'a' / 'b').mkdir(parents=True)\n"
        "for i in range(3): (root / 'a' / f'{i}.txt').write_text(str(i) * i)\n"
        "with open(root / 't.csv', 'w', newline='') as f: "
        "csv.writer(f).writerows([[1, 'x'], [2, 'y']])\n"
        "rows = list(csv.reader(open(root / 't.csv', newline='')))\n"
        "shutil.copytree(root, '/copy')\n"
        "os.utime('/copy/t.csv', (1, 2))\n"
        "with tempfile.TemporaryDirectory() as d:\n"
        "    with tempfile.NamedTemporaryFile(dir=d) as f: f.write(b'x')\n"
        "    inside = d.startswith('/tmp/')\n"
        "shutil.rmtree(root)\n"
        "found = sorted(str(p) for p in pathlib.Path('/copy').rglob('*'))\n"
        "rows, inside, found, os.stat('/copy/t.csv').st_mtime, os.listdir('/tmp'), "
        "os.path.exists('/work')"
    )

    copied = [f"a/{name}" for name in ("0.txt", "1.txt", "2.txt")]
    assert (
        [["1", "x"], ["2", "y"]],
        True,
        ["/copy/a", *(f"/copy/{name}" for name in copied), "/copy/a/b", "/copy/t.csv"],
        2.0,
        [],
        False,
    ) == result.value


def test_a_worker_process_has_the_same_files(interpreter):
    """
    The files stay in the host's process; the worker asks for them.
    """
    with Session(interpreter, isolation="process", files={"in": "x" * 100_000}) as session:
        result = session.run(
            "import os\n"
            "os.mkdir('d')\n"
            "for i in range(600): open('d/%d' % i, 'w').close()\n"
            "open('out', 'w').write(open('in').read() * 2)\n"
            "os.rename('out', 'd/out')\n"
            "try: open('nothing')\n"
            "except FileNotFoundError as e: said = str(e)\n"
            "sorted(os.listdir('d')) == sorted([str(i) for i in range(600)] + ['out']), said, "
            "os.stat('d/out').st_size"
        )
        assert result.value[0] is True
        assert result.value[2] == 200_000
        assert 601 == len(result.files.created)
        assert b"x" * 200_000 == session.files.read("d/out")


def test_archives_are_files():
    """
    zipfile and tarfile, which only CPython has, seek and tell.
    """
    with Session("cpython", files={"d/a": "1", "d/b": "2" * 1000}) as session:
        result = session.run(
            "import tarfile, zipfile\n"
            "with zipfile.ZipFile('z.zip', 'w', zipfile.ZIP_DEFLATED) as z:\n"
            "    for p in ('d/a', 'd/b'): z.write(p)\n"
            "with tarfile.open('t.tar.gz', 'w:gz') as t: t.add('d')\n"
            "tarfile.open('t.tar.gz').extractall('out', filter='data')\n"
            "zipfile.ZipFile('z.zip').extractall('out2')\n"
            "zipfile.ZipFile('z.zip').testzip()"
        )

        assert result.value is None
        for path in ("out/d/b", "out2/d/b"):
            assert "2" * 1000 == session.files.read_text(path)


# What descriptors tell while they are used in every way, below *root*.
DESCRIPTORS = """
import os
out = []
def note(call, *args):
    try: out.append(call(*args))
    except OSError as error: out.append(type(error).__name__)
def here(fd): note(os.lseek, fd, 0, os.SEEK_CUR)
fd = os.open(root + "f", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
here(fd); note(os.write, fd, b"hello"); here(fd); note(lambda: os.fstat(fd).st_size)
for place in ((1, os.SEEK_SET), (-1, os.SEEK_END), (1, os.SEEK_CUR), (-9, os.SEEK_CUR)):
    note(os.lseek, fd, *place); here(fd)
    note(os.read, fd, 2); here(fd)
note(os.pread, fd, 3, 0); here(fd); note(os.pwrite, fd, b"J", 0); here(fd)
note(os.ftruncate, fd, 2); here(fd); note(lambda: os.fstat(fd).st_size)
note(os.write, fd, b"!"); here(fd); note(lambda: os.fstat(fd).st_size)
tail = os.open(root + "f", os.O_WRONLY | os.O_APPEND)
here(tail); note(os.write, tail, b"XY"); here(tail); note(os.isatty, tail)
note(os.read, tail, 1); note(lambda: os.fstat(tail).st_size == os.stat(root + "f").st_size)
os.close(tail)
here(tail); note(os.fstat, tail); note(os.isatty, tail)
again = os.open(root + "f", os.O_RDONLY)
here(again); note(lambda: again == tail); note(os.write, again, b"x")
note(os.read, again, 99); here(again)
many = [os.open(root + "f", os.O_RDONLY) for _ in range(50)]
for one in many[::7]: note(os.lseek, one, 2, os.SEEK_SET); here(one)
note(lambda: sum(os.fstat(one).st_size for one in many))
for one in (fd, again, *many): os.close(one)
with open(root + "g", "w+") as f:
    note(f.tell); f.write("a\\nb\\n"); note(f.tell); f.seek(0); note(f.readline); note(f.tell)
with open(root + "g", "ab+") as f:
    note(f.tell); f.write(b"c"); note(f.tell); f.seek(1); note(f.read); note(f.tell)
"""


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_descriptors_do_as_real_ones(make_session, tmp_path):
    """
    Also where the guest knows by itself what the host would say.
    """
    real = {"root": f"{tmp_path}/"}
    exec(DESCRIPTORS, real)
    session = make_session(mounts=[Mount(tmp_path, "/data", "rw")])

    for root in ("/", "/data/"):
        session.run(DESCRIPTORS, inputs={"root": root})
        assert real["out"] == session.run("out").value


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_an_open_file_shows_what_others_do(make_session, tmp_path):
    """
    Whatever was told of it before: by a host function, by the owner between runs, and by
    another thread while guest code looks.
    """
    path = tmp_path / "f"
    path.touch()
    session = make_session(
        mounts=[Mount(tmp_path, "/data")], functions={"grow": lambda: os.truncate(path, 5)}
    )
    session.run("import os\ndef begin(): return os.open('/data/f', os.O_RDONLY)")
    size = "os.fstat(fd).st_size"

    assert [5, 5] == session.run(f"fd = begin()\ngrow()\n[{size}, {size}]").value
    path.write_bytes(b"")
    session.run("fd = begin()")
    path.write_bytes(b"x" * 7)
    assert 7 == session.run(size).value
    path.write_bytes(b"")
    future = session.submit(f"fd = begin()\nprint('at it', flush=True)\nwhile {size} == 0: pass")
    path.write_bytes(b"x")
    future.result(30)
