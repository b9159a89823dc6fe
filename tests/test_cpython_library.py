"""What CPython's library does where the sandbox has nothing for it to stand on."""

import posixpath
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import GuestError, Interrupted, Limits, WallTimeExceeded

pytestmark = [
    pytest.mark.parametrize("interpreter", ["cpython"]),
    pytest.mark.parametrize("isolation", ["thread"]),
]

IMPORTED = """
asyncio concurrent.futures ctypes ctypes.util fcntl ftplib http.client http.server logging
logging.handlers multiprocessing multiprocessing.pool queue sched select selectors signal smtplib
socket socketserver subprocess tempfile threading tracemalloc urllib.request uuid webbrowser
wsgiref.simple_server xmlrpc.client zipfile
"""


@pytest.mark.parametrize("name", IMPORTED.split())
def test_libraries_can_import_it(session, name):
    """
    A module that much imports can be imported, whatever of it works.
    """
    assert session.run(f"import {name}\n{name} is not None").value


REFUSED = {
    "a library of C": ("import ctypes\nctypes.CDLL('libc.so.6')", "OSError", "no shared libraries"),
    "a structure of C": (
        "import ctypes\nclass P(ctypes.Structure): _fields_ = [('a', ctypes.c_char * 3)]\nP()",
        "NotImplementedError",
        "the sandbox has no ctypes",
    ),
    "memory": (
        "import ctypes\nctypes.string_at(0, 10)",
        "NotImplementedError",
        "the sandbox has no ctypes",
    ),
    "ssl": ("import ssl", "ImportError", "the sandbox has no ssl"),
    "a thread": (
        "import threading\nthreading.Thread(target=print).start()",
        "RuntimeError",
        "can't start new thread: the sandbox has none",
    ),
    "a bare thread": (
        "import _thread\n_thread.start_new_thread(print, ())",
        "RuntimeError",
        "can't start new thread: the sandbox has none",
    ),
    "a pool of threads": (
        (
            "import concurrent.futures as c\n"
            "with c.ThreadPoolExecutor() as e: e.submit(print).result()"
        ),
        "RuntimeError",
        "can't start new thread: the sandbox has none",
    ),
    "a process": (
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
        "RuntimeError",
        "can't start new process: the sandbox has none",
    ),
    "a command": ("import subprocess\nsubprocess.run(['ls'])", "OSError", "processes"),
    "os.system": ("import os\nos.system('ls')", "OSError", "the sandbox has no processes"),
    "a pipe": ("import os\nos.pipe()", "OSError", "the sandbox has no pipes"),
    "a socket": ("import socket\nsocket.socket()", "PermissionError", "the sandbox has no sockets"),
    "a request": (
        "import urllib.request\nurllib.request.urlopen('http://localhost/')",
        "URLError",
        "the sandbox has no sockets",
    ),
    "a connection": (
        (
            "import asyncio\n"
            "async def f(): await asyncio.open_connection('localhost', 1)\nasyncio.run(f())"
        ),
        "PermissionError",
        "the sandbox has no sockets",
    ),
    "a lock on a file": (
        "import fcntl\nfcntl.flock(1, fcntl.LOCK_EX)",
        "OSError",
        "the sandbox has no file control",
    ),
    "a loop with nothing to do": (
        (
            "import asyncio\n"
            "async def f(): await asyncio.get_running_loop().create_future()\nasyncio.run(f())"
        ),
        "RuntimeError",
        "nothing is scheduled",
    ),
    "input": ("input()", "EOFError", ""),
}


@pytest.mark.parametrize(("code", "name", "text"), REFUSED.values(), ids=REFUSED)
def test_what_there_is_not_says_so(session, code, name, text):
    """
    Using it raises what a program may catch, with the reason; the session goes on.
    """
    with pytest.raises(GuestError) as info:
        session.run(code)

    assert name == info.value.type_name
    assert text in info.value.message
    assert 2 == session.run("1 + 1").value


WORKS = {
    "locks": (
        (
            "import threading\n"
            "with threading.RLock(), threading.Lock(): x = threading.Event().is_set()\nx"
        ),
        False,
    ),
    "a lock with a timeout": (
        "import threading\nl = threading.Lock()\nl.acquire(), l.acquire(timeout=0.01)",
        (True, False),
    ),
    "the current thread": ("import threading\nthreading.current_thread().name", "MainThread"),
    "local data": ("import threading\nl = threading.local()\nl.x = 5\nl.x", 5),
    "a queue": ("import queue\nq = queue.Queue()\nq.put(1)\nq.get(), q.empty()", (1, True)),
    "logging": (
        (
            "import io, logging\nout = io.StringIO()\nlogging.basicConfig(stream=out, force=True)\n"
            "logging.warning('text')\nout.getvalue()"
        ),
        "WARNING:root:text\n",
    ),
    "asyncio": (
        (
            "import asyncio\nasync def f(n):\n    await asyncio.sleep(0.01 * n)\n    return n\n"
            "async def g(): return await asyncio.gather(f(2), f(1))\nasyncio.run(g())"
        ),
        [2, 1],
    ),
    "a call in another thread": (
        (
            "import asyncio\n"
            "async def f(): return await asyncio.to_thread(len, 'abc')\nasyncio.run(f())"
        ),
        3,
    ),
    "a timeout of asyncio": (
        (
            "import asyncio\nasync def f():\n    try:\n"
            "        async with asyncio.timeout(0.01): await asyncio.sleep(9)\n"
            "    except TimeoutError: return 'late'\nasyncio.run(f())"
        ),
        "late",
    ),
    "a signal's handler": (
        (
            "import signal\ngot = []\nsignal.signal(signal.SIGINT, lambda *a: got.append(a[0]))\n"
            "signal.raise_signal(signal.SIGINT)\ngot"
        ),
        [2],
    ),
    "the current directory": ("import os\nos.getcwd()", "/"),
    "where modules are": ("import sys\nsys.path", ["", "/packages"]),
    "the environment": (
        "import os\nos.environ['A'] = 'b'\ndict(os.environ), os.getenv('A')",
        ({"A": "b"}, "b"),
    ),
    "times": (
        (
            "import os, time\nt = time.process_time()\n"
            "0 <= t <= os.times().user <= time.process_time() < t + 60"
        ),
        True,
    ),
    "sqlite in memory": (
        "import sqlite3\nc = sqlite3.connect(':memory:')\nc.execute('select 1 + 1').fetchone()",
        (2,),
    ),
}


@pytest.mark.parametrize(("code", "value"), WORKS.values(), ids=WORKS)
def test_what_needs_no_thread_works(session, code, value):
    """
    The legal neighbours of the above.
    """
    assert value == session.run(code).value


@pytest.mark.parametrize(
    "code",
    [
        "import asyncio\nasyncio.run(asyncio.sleep(60))",
        "import time\ntime.sleep(60)",
        "import select\nselect.select([], [], [], 60)",
        "import threading\nthreading.Event().wait(60)",
    ],
)
def test_what_sleeps_is_woken(make_session, code):
    """
    By the wall limit, at once and with its state.
    """
    session = make_session(limits=Limits(wall_seconds=0.2))
    session.run("x = 5")
    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded):
        session.run(code)

    assert time.perf_counter() - began < 5
    assert 5 == session.run("x").value


def test_asyncio_is_interrupted(make_session):
    """
    By the host, between two steps of the loop; the next loop is none the worse.
    """
    session = make_session(functions={})
    session.function(session.interrupt, name="stop")
    code = (
        "import asyncio\nasync def f():\n"
        "    while True: await asyncio.sleep(0.001); stop()\nasyncio.run(f())"
    )

    with pytest.raises(Interrupted):
        session.run(code)
    assert 3 == session.run("async def g(): return 3\nasyncio.run(g())").value


def test_sqlite_on_files(make_session):
    """
    A database is a file of the session's; its connections keep out of each other's way.
    """
    session = make_session()
    session.run(
        "import os, sqlite3\n"
        "def connect(): return sqlite3.connect('my.db', timeout=0, isolation_level=None)\n"
        "one, other = connect(), connect()\n"
        "one.execute('create table t (a)')\n"
        "one.executemany('insert into t values (?)', [(i,) for i in range(1000)])"
    )
    code = "other.execute('select sum(a) from t').fetchone(), os.listdir('/').count('my.db')"
    assert ((499500,), 1) == session.run(code).value
    session.run("one.execute('begin immediate')\none.execute('delete from t')")
    assert session.run("os.path.exists('/my.db-journal')").value
    with pytest.raises(GuestError, match="locked"):
        session.run("other.execute('insert into t values (1)')")
    session.run("one.execute('rollback')\nother.execute('insert into t values (1)')\none.close()")
    code = "connect().execute('select count(*) from t').fetchone()[0]"
    assert 1001 == session.run(code).value
    assert not session.run("os.path.exists('/my.db-journal')").value
    with pytest.raises(GuestError, match="unable to open"):
        session.run("sqlite3.connect('/nowhere/my.db')")


def test_packages_are_imported_from_files(make_session):
    """
    As modules, packages with their data, and zip files; with lines in tracebacks.
    """
    package = "def fail():\n    return 1 / 0  # here\n"
    files = {
        "own.py": "here = __file__",
        "packages/pack/__init__.py": package,
        "packages/pack/data.txt": "text",
    }
    session = make_session(files=files)
    assert "/own.py" == session.run("import own\nown.here").value
    with pytest.raises(GuestError) as info:
        session.run("import pack\npack.fail()")
    assert "return 1 / 0  # here" in info.value.traceback
    code = "import importlib.resources as r\nr.files('pack').joinpath('data.txt').read_text()"
    assert "text" == session.run(code).value
    session.run(
        "import sys, zipfile\n"
        "with zipfile.ZipFile('z.zip', 'w') as z: z.writestr('inner.py', 'x = 9')\n"
        "sys.path.append('/z.zip')\nimport inner"
    )
    assert 9 == session.run("inner.x").value


CTYPES = """
import ctypes, ctypes.util
class P(ctypes.Structure): _fields_ = [("x", ctypes.c_int), ("p", ctypes.POINTER(ctypes.c_char))]
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
[
    [(name, ctypes.sizeof(getattr(ctypes, name))) for name in names],
    [(name, value, getattr(ctypes, name)(value).value) for name in names for value in values
     if "float" not in name and "double" not in name],
    ctypes.c_float(0.1).value, ctypes.c_double(0.1).value, ctypes.c_bool(7).value,
    ctypes.c_int16().value, ctypes.sizeof(ctypes.c_uint8 * 5), ctypes.util.find_library("c"),
]
"""
FIXED = """
c_int8 c_uint8 c_int16 c_uint16 c_int32 c_uint32 c_int64 c_uint64 c_float c_double c_byte c_ubyte
c_short c_ushort c_int c_uint c_longlong c_ulonglong
""".split()


def test_types_of_c_are_those_of_native_ctypes(session):
    """
    Sizes and wrapping are those of CPython here, for the types that are the same everywhere.
    """
    values = [0, 1, -1, 127, 128, 255, 256, 2**31, 2**32 + 5, 2**63, -(2**63) - 1, 10**30]
    there = session.run(CTYPES, inputs={"names": FIXED, "values": values}).value
    space = {"names": FIXED, "values": values}
    *setup, last = CTYPES.rsplit("\n[\n", 1)
    exec(setup[0], space)
    here = eval("[\n" + last, space)
    here[-1] = None  # this machine has a library

    assert here == there
    assert 4 == session.run("ctypes.sizeof(ctypes.c_long)").value


@pytest.mark.parametrize(
    "code", ["c_int('a')", "c_int(1.5)", "sizeof(3)", "sizeof(Structure)", "c_int8 + 1"]
)
def test_misuse_of_ctypes(session, code):
    """
    What native ctypes refuses with TypeError is refused so.
    """
    session.run("from ctypes import *")
    with pytest.raises(GuestError) as info:
        session.run(code)
    assert "TypeError" == info.value.type_name


def test_logarithms_of_powers_of_two(session):
    """
    They are exact, to the smallest.
    """
    assert (
        session.run(
            "import math\n[e for e in range(-1074, 1024) if math.log2(2.0 ** e) != e]"
        ).value
        == []
    )


PATHS = {
    "os.stat('')": "FileNotFoundError",
    "open('')": "FileNotFoundError",
    "os.listdir('')": "FileNotFoundError",
    "os.chdir('')": "FileNotFoundError",
    "os.rename('', 'x')": "FileNotFoundError",
    "os.mkdir('')": "FileNotFoundError",
    "os.chdir('/a/f')": "NotADirectoryError",
    "os.chdir('/a/none/..')": "FileNotFoundError",
}


@pytest.mark.parametrize("code", PATHS)
def test_paths_that_lead_nowhere(session, code):
    """
    An empty path is no file, and all of a path must be there.
    """
    session.run("import os\nos.makedirs('/a/b')\nopen('/a/f', 'w').close()\nos.chdir('/a')")
    with pytest.raises(GuestError) as info:
        session.run(code)
    assert PATHS[code] == info.value.type_name
    assert "/a" == session.run("os.getcwd()").value


@given(
    st.lists(
        st.sampled_from(["..", ".", "", "b", "/", "/b", "b/..", "../a/b", "//a//"]), max_size=6
    )
)
def test_the_current_directory(session, tmp_path_factory, steps):
    """
    It is where the steps lead, spelled as a system would spell it.
    """
    root = tmp_path_factory.mktemp("root")
    for folder in ("a/b", "b/a/b", "a/a/b", "b/b"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    session.run(
        "import os\nos.chdir('/')\n"
        "for folder in ('a/b', 'b/a/b', 'a/a/b', 'b/b'): os.makedirs(folder, exist_ok=True)"
    )
    here = "/"
    for step in steps:
        target = posixpath.normpath(posixpath.join(here, step)) if step else None
        if target is not None and target.startswith("//"):
            target = target[1:]
        there = session.run(
            f"try:\n  os.chdir({step!r})\nexcept OSError as e: pass\nos.getcwd()"
        ).value
        if target is not None and (root / target.lstrip("/")).is_dir():
            here = target
        assert here == there
