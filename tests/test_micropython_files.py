"""The file objects of the MicroPython guest: nobody closes them, and everybody misuses them."""

import contextlib

import pytest

from sandbox_wasm import GuestError, Limits, Session, WallTimeExceeded


@pytest.fixture
def session():
    with Session("micropython") as session:
        yield session


def test_what_nobody_closed_is_written_when_the_run_ends(session):
    """
    The host sees what the run has written, although the file is still open.
    """
    session.run("f = open('/tmp/kept', 'w')\nf.write('kept')")
    session.run("open('/tmp/dropped', 'w').write('dropped')")

    assert b"kept" == session.files.read("/tmp/kept")
    assert b"dropped" == session.files.read("/tmp/dropped")

    session.run("f.write(' on')\nf.close()")

    assert b"kept on" == session.files.read("/tmp/kept")


def test_what_was_written_survives_a_run_that_is_stopped(session):
    """
    An interrupt ends the run in good order; what it wrote is not lost.
    """
    with pytest.raises(WallTimeExceeded):
        session.run(
            "f = open('/tmp/a', 'w')\nf.write('before')\nwhile True: pass", wall_seconds=0.2
        )

    assert b"before" == session.files.read("/tmp/a")
    assert 3 == session.run("f.write('ok\\n')").value


def test_files_that_nobody_can_reach_are_closed(session):
    """
    Far more files are opened than may be open at a time.
    """
    code = """
import os
for i in range(3000):
    open('/tmp/%d' % (i % 7), 'w').write(str(i))
for i in range(3000):
    os.listdir('/tmp')
    assert int(open('/tmp/%d' % (i % 7)).read()) % 7 == i % 7
kept = []
try:
    while True:
        kept.append(open('/tmp/0'))
except OSError as error:
    name = error.errno, type(error).__name__
held = len(kept)
kept = None
open('/tmp/0').read()
held > 20, name
"""
    assert (True, (24, "OSError")) == session.run(code).value


def test_a_full_disk_is_told_and_forgotten():
    """
    What does not fit is an error at write, flush or close, and the session goes on.
    """
    code = """
errors = []
f = open('/tmp/a', 'w')
try:
    f.write('x' * 5000)
    f.flush()
except OSError as error:
    errors.append(error.errno)
try:
    f.close()
except OSError as error:
    errors.append(error.errno)
import os
os.remove('/tmp/a')
with open('/tmp/b', 'w') as f:
    f.write('fits')
errors, f.closed, open('/tmp/b').read()
"""
    with Session("micropython", limits=Limits(file_bytes=4096)) as session:
        errors, closed, text = session.run(code).value

    assert 28 in errors
    assert (True, "fits") == (closed, text)


MISUSES = [
    "_files.File.read(5, 1)",
    "_files.File.read('/tmp', 1)",
    "_files.File.write(None, b'x')",
    "_files.File.__del__(5)",
    "_files.File.lines(5, 0, None)",
    "next(_files.File.lines(file, 2 ** 70, None))",
    "_files.File('/tmp/f', 2 ** 40, False)",
    "_files.File('/tmp/f', -1, 0).read(-1)",
    "_files.File(2 ** 40, 1, False)",
    "_files.File(3, 1, False)",
    "_files.File(-5, 1, False)",
    "_files.File([], 1, False)",
    "_files.File()",
    "_files.File('/tmp/f', 1, 0, 0, 0)",
    "file.read(2 ** 70)",
    "file.read('x')",
    "file.seek(2 ** 62 + 1)",
    "file.seek(-2 ** 80)",
    "file.seek(0, 7)",
    "file.truncate(-1)",
    "file.truncate(2 ** 63)",
    "file.write(5)",
    "file.readinto(b'const')",
    "file.readinto(5)",
    "_files.list(5, False)",
    "_files.stat(2 ** 33, True)",
    "_files.stat(-1, True)",
    "_files.read(3, 10)",
    "_files.read(99, 2 ** 30)",
    "_files.write(3, b'x')",
    "_files.write(0, b'x')",
    "_files.close(1)",
    "_files.close(3)",
    "_files.seek(4, 2 ** 63, 0)",
    "_files.open('/tmp/no', 2 ** 30 - 1)",
    "_files.open('/', 2)",
    "_files.utime('/tmp/f', 2 ** 70, 0)",
    "_files.utime('/tmp/f', 'x', 'y')",
    "_files.mkdir('x' * 300)",
    "_files.mkdir('/'.join('x' * 3000))",
    "_files.mkdir('')",
    "_files.rename('/', '/tmp/x')",
    "_files.rename('/tmp', '/tmp/x/y')",
    "_files.rmdir('/')",
    "_files.unlink('/../../..')",
    "_files.readlink('/tmp')",
    "_files.symlink('../../../etc/passwd', '/tmp/link')",
    "_files.chdir('/tmp/f')",
    "_files.fspath(5)",
    "open(Liar())",
    "open(Raiser())",
    "open(Closer())",
    "_files.strerror('x')",
    "open('/tmp/f', 'w', -1, None, None, None, True, lambda p, f: 2 ** 40)",
    "open('/tmp/f', opener=lambda p, f: -1)",
    "open('/tmp/f', opener=lambda p, f: 'x')",
    "__import__('zero')",
    "__import__('binary')",
    "__import__('x' * 200)",
    "__import__('folder.absent')",
]
PREPARE = """
import _files
class Liar:
    def __fspath__(self):
        return 5
class Raiser:
    def __fspath__(self):
        raise KeyError('x')
class Closer:
    # the collector runs while the path is looked at
    def __fspath__(self):
        import gc
        name = ''.join(['/tmp/', 'clo', 'ser'])
        gc.collect()
        file.close()
        return name
open('/tmp/f', 'w').write('text')
file = open('/tmp/f', 'r+b')
open('/zero.py', 'wb').write(b'x = 1\\0')
open('/binary.py', 'wb').write(b'x = "\\xff"')
import os
os.mkdir('/folder')
"""


def test_misuse_is_an_error_of_the_guest(session):
    """
    Whatever the functions are given, an exception comes, and all goes on.
    """
    for expression in MISUSES:
        session.run(PREPARE.replace("os.mkdir('/folder')", "os.makedirs('/folder', exist_ok=True)"))
        with contextlib.suppress(GuestError):
            session.run(expression)
        assert [4, "text"] == session.run(
            "[open('/tmp/g', 'w').write('text'), open('/tmp/g').read()]"
        ).value, expression


def test_code_is_imported_from_the_files_of_the_session():
    """
    Modules and packages lie in "/", in the current folder and in "/packages".
    """
    files = {
        "/mine.py": b"value = 1\n",
        "/packages/theirs/__init__.py": b"from .inner import value\n",
        "/packages/theirs/inner.py": b"import mine\nvalue = mine.value + 1\n",
        "/broken.py": b"def f():\n    return 1 / 0\n",
    }
    with Session("micropython", files=files) as session:
        assert 2 == session.run("import theirs\ntheirs.value").value

        with pytest.raises(GuestError) as info:
            session.run("import broken\nbroken.f()")

    assert "ZeroDivisionError" == info.value.type_name
    assert 'broken.py", line 2, in f' in info.value.traceback


def test_a_module_of_the_interpreter_is_not_replaced(session):
    """
    As on CPython here, what is built in comes first.
    """
    session.files.write("/json.py", "x = 1")

    assert "[1]" == session.run("import json\njson.dumps([1])").value
