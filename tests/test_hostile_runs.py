"""Programs that mean harm to the interpreter itself: each ends cleanly, and the next goes on.

How a program ends is one word: ``ok``, the class name of the guest's error, ``wall`` for the
wall limit, or ``crash``. A crash is the end of that session and of nothing else; every other
ending keeps the session's variables.
"""

import time

import pytest

from sandbox_wasm import GuestCrash, GuestError, Limits, MemoryExceeded, WallTimeExceeded

BOUND = 20

# Whether a session is a thread or a process is all the same to these.
pytestmark = pytest.mark.parametrize("isolation", ["thread"])


def outcome(session, code):
    """Run *code*; return the word for how it ended, and prove that its session goes on."""
    session.run("kept = 5")
    began = time.perf_counter()
    error = session.run(code, check=False).error
    assert time.perf_counter() - began < BOUND
    if isinstance(error, GuestCrash):
        return "crash"
    if error is None or error.state == "kept":
        assert 5 == session.run("kept").value
    if error is None:
        return "ok"
    if isinstance(error, GuestError):
        return error.type_name
    assert isinstance(error, WallTimeExceeded | MemoryExceeded)
    return "wall" if isinstance(error, WallTimeExceeded) else "memory"


def limits(wanted, memory_bytes=128 << 20):
    """Return a short limit where the program may come to it, and a long one elsewhere."""
    return Limits(wall_seconds=0.4 if "wall" in wanted else 10, memory_bytes=memory_bytes)


CHAIN = "v = None\nfor i in range(100_000): v = {}\ndel v"
DEEP = "v = {}\nfor i in range(100_000): v = {}\n"

# On both interpreters.
BOTH = {
    "recursion": ("def f(): f()\nf()", "RecursionError RuntimeError"),
    "recursion of methods": (
        "class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x",
        "RecursionError RuntimeError AttributeError",
    ),
    "recursion of keys": (
        "def f(x): return sorted([2, 1], key=f)\nf(1)",
        "RecursionError RuntimeError",
    ),
    "recursion of representations": (
        "class A:\n    def __repr__(self): return repr([self])\nrepr(A())",
        "RecursionError RuntimeError",
    ),
    "recursion of replacements": (
        "import re\ndef f(m): return re.sub('a', f, 'a')\nf(1)",
        "RecursionError RuntimeError",
    ),
    "an instance that calls itself": (
        "class A: pass\nA.__call__ = A()\nA()()",
        "RecursionError",
    ),
    "instances that call each other": (
        "class A: pass\nclass B: pass\nA.__call__, B.__call__ = B(), A()\nA()()",
        "RecursionError",
    ),
    "nested lists": (DEEP.format("[]", "[v]") + "repr(v)", "RecursionError RuntimeError"),
    "nested JSON": (
        "import json\njson.loads('[' * 100_000)",
        "RecursionError RuntimeError ValueError",
    ),
    "memory in globals": (
        "kept_too = []\nwhile True: kept_too.append('x' * 100_000)",
        "MemoryError",
    ),
    "one large text": ("'a' * 10 ** 9", "MemoryError OverflowError"),
    "power": ("x = 10 ** 3_000_000\nx = 5", "ok wall MemoryError OverflowError"),
    "factorial": ("import math\nx = math.factorial(200_000)\nx = 5", "wall MemoryError"),
    "finalizer": ("class A:\n    def __del__(self):\n        while True: pass\nA()", "wall ok"),
    "sys.exit": ("import sys\nsys.exit(3)", "SystemExit"),
    "sum": ("sum(range(10 ** 9))", "wall"),
    "any": ("any(0 for i in iter(int, 1))", "wall"),
}


@pytest.mark.parametrize(("code", "wanted"), BOTH.values(), ids=BOTH)
def test_attack(make_session, assert_healthy, code, wanted):
    """
    It ends as it may, and in time.
    """
    session = make_session(limits=limits(wanted, 16 << 20))
    assert outcome(session, code) in wanted.split()
    assert_healthy()


# What MicroPython has not, or has otherwise: its own tests tell.
CPYTHON = {
    "recursion without a limit": (
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()",
        "wall MemoryError RecursionError",
    ),
    "sqlite and back": (
        (
            "import sqlite3\nc = sqlite3.connect(':memory:')\n"
            "c.create_function('f', 0, lambda: c.execute('select f()').fetchone())\n"
            "c.execute('select f()')"
        ),
        "OperationalError RecursionError",
    ),
    "expat and back": (
        (
            "import xml.etree.ElementTree as E\nclass T:\n"
            "    def start(self, *a): E.XMLParser(target=T()).feed('<a>')\n"
            "E.XMLParser(target=T()).feed('<a>')"
        ),
        "RecursionError",
    ),
    "endless sqlite": (
        (
            "import sqlite3\nsqlite3.connect(':memory:').execute('with recursive a(x) as "
            "(select 1 union all select x + 1 from a) select count(*) from a').fetchall()"
        ),
        "wall",
    ),
    "deep tuple, its hash": (DEEP.format("()", "(v,)") + "hash(v)", "RecursionError"),
    "deep tuple, its text": (DEEP.format("()", "(v,)") + "repr(v)", "RecursionError"),
    "chain of generators": (
        "def g(i):\n    yield from i\n" + DEEP.format("iter([1])", "g(v)") + "list(v)",
        "RecursionError",
    ),
    "chain of maps": (DEEP.format("iter([1])", "map(int, v)") + "list(v)", "RecursionError"),
    "chain of properties": (CHAIN.format("property(v)"), "ok"),
    "chain of slices": (CHAIN.format("slice(v)"), "ok"),
    "chain of exceptions": (CHAIN.format("ValueError(v)"), "ok"),
    "chain of methods": ("import types\n" + CHAIN.format("types.MethodType(len, v or 1)"), "ok"),
    "chain of slots": (
        "import itertools\n" + CHAIN.format("itertools.islice(v or (), 5)"),
        "ok",
    ),
    "os._exit": ("import os\nos._exit(0)", "crash"),
    "os.abort": ("import os\nos.abort()", "crash"),
    "a fatal signal": ("import signal\nsignal.raise_signal(signal.SIGTERM)", "crash"),
    "an own signal": ("import signal\nsignal.raise_signal(signal.SIGINT)", "KeyboardInterrupt"),
    "a segmentation fault": ("import faulthandler\nfaulthandler._sigsegv()", "crash"),
    "settrace": (
        "import sys\ndef t(*a):\n    while True: pass\nsys.settrace(t)\n(lambda: 1)()",
        "wall",
    ),
    "setprofile that swallows": (
        (
            "import sys\ndef t(*a):\n    try:\n"
            "        while True: pass\n    except BaseException: pass\n"
            "sys.setprofile(t)\nwhile True: (lambda: 1)()"
        ),
        "wall",
    ),
    "an audit hook": (
        (
            "import sys\ndef hook(name, args):\n    if name == 'import': 1 / 0\n"
            "sys.addaudithook(hook)\nimport wave"
        ),
        "ZeroDivisionError",
    ),
    "a finalizer that swallows": (
        (
            "class A:\n    def __del__(self):\n        while True:\n            try:\n"
            "                while True: pass\n            except BaseException: pass\nA()"
        ),
        "wall",
    ),
    "a callback of the collector": (
        (
            "import gc\ndef f(*a):\n    while True: pass\ngc.callbacks.append(f)\ngc.collect()\n"
            "gc.callbacks.clear()"
        ),
        "wall",
    ),
    "a hook for what cannot be raised": (
        (
            "import sys\ndef h(*a):\n    while True: pass\nsys.unraisablehook = h\n"
            "class A:\n    def __del__(self): 1 / 0\nA()"
        ),
        "wall",
    ),
    "atexit": ("import atexit\natexit.register(print)\natexit._run_exitfuncs()", "ok"),
    "no import": ("import builtins\nbuiltins.__import__ = None\nimport wave", "TypeError"),
    "no modules": ("import sys\nfor name in list(sys.modules): sys.modules[name] = None", "ok"),
    "no streams": (
        "import sys\nsys.stdout = sys.stderr = None\nprint(1)\n1 / 0",
        "ZeroDivisionError",
    ),
    "no lines": (
        "import linecache\nlinecache.cache = linecache.getlines = 5\n1 / 0",
        "ZeroDivisionError",
    ),
    "no tracebacks": (
        "import traceback\ntraceback.format_exception = None\n1 / 0",
        "ZeroDivisionError",
    ),
    "hostile bytecode": (
        "def f(a): return a\nf.__code__ = f.__code__.replace(co_code=bytes([85, 200] * 9))\nf(1)",
        "ok crash TypeError SystemError",
    ),
    "a loop in bytecode": (
        (
            "import opcode\ndef f(): pass\nback = opcode.opmap['JUMP_BACKWARD_NO_INTERRUPT']\n"
            "code = bytes([opcode.opmap['RESUME'], 0, back, 1])\n"
            "f.__code__ = f.__code__.replace(co_code=code)\nf()"
        ),
        "wall",
    ),
    "randomness": ("import os\nx = len(os.urandom(10 ** 7))", "ok wall"),
    "a huge number as text": (
        "import sys\nsys.set_int_max_str_digits(0)\nx = len(str(3 ** 2_000_000))",
        "wall ok",
    ),
    "asyncio that swallows": (
        (
            "import asyncio\nasync def f():\n    while True:\n        try: await asyncio.sleep(1)\n"
            "        except BaseException: pass\nasyncio.run(f())"
        ),
        "wall",
    ),
    "asyncio asleep": ("import asyncio\nasyncio.run(asyncio.sleep(100))", "wall"),
    "a lock held twice": (
        "import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()",
        "wall",
    ),
    "an empty queue": ("import queue\nqueue.Queue().get()", "wall"),
    "entities": (
        (
            "import xml.etree.ElementTree as E\n"
            "text = '<!DOCTYPE a [<!ENTITY b0 \"xxxxxxxxxx\">'\n"
            "for i in range(1, 9): text += f'<!ENTITY b{i} \"' + f'&b{i - 1};' * 20 + '\">'\n"
            "E.fromstring(text + ']><a>&b8;</a>')"
        ),
        "ParseError wall",
    ),
    "pickles that call": (
        "import pickle\npickle.loads(b'cos\\nsystem\\n(S\"ls\"\\ntR.')",
        "OSError",
    ),
}


@pytest.mark.parametrize("interpreter", ["cpython"])
@pytest.mark.parametrize(("code", "wanted"), CPYTHON.values(), ids=CPYTHON)
def test_attack_on_cpython(make_session, assert_healthy, code, wanted):
    """
    It ends as it may, and in time.
    """
    session = make_session(limits=limits(wanted))
    assert outcome(session, code) in wanted.split()
    assert_healthy()


# Where MicroPython recurses in C. CPython counts there, or has a check of its own.
SELF = "class A: pass\na = A()\n"
MICROPYTHON = {
    "a class as its own __new__": SELF + "A.__new__ = A\nA()",
    "a class as its own __init__": SELF + "A.__init__ = A\nA()",
    "an instance as __init__": SELF + "A.__call__ = A.__init__ = a\nA()",
    "a builtin as its own operator": SELF + "A.__abs__ = abs\nabs(a)",
    "a builtin as its own hash": SELF + "A.__hash__ = hash\nhash(a)",
    "a builtin as its own length": SELF + "A.__len__ = len\nlen(a)",
    "a type as its own conversion": SELF + "A.__int__ = int\nint(a)",
    "a builtin as a class method": "class A: __class_len__ = classmethod(len)\nlen(A)",
    "a conversion to itself": "class A:\n    def __float__(self): return self\nfloat(A())",
    "an instance as its own descriptor": SELF + "A.__get__ = A.y = a\na.y",
    "an instance as a getter": SELF + "A.__call__ = a\nA.y = property(a)\na.y",
    "an instance as an operator": SELF + "A.__call__ = A.__add__ = a\na + 1",
    "an instance as __next__": SELF + "A.__call__ = A.__next__ = A.__iter__ = a\nlist(a)",
    "an instance as a key function": SELF + "A.__call__ = a\nsorted([1, 2], key=a)",
    "an instance as a generator": (
        SELF
        + "A.__call__ = A.send = a\nA.__iter__ = lambda self: self\nA.__next__ = lambda self: 1\n"
        "def g(): yield from a\ng = g()\nnext(g)\ng.send(1)"
    ),
    "a chain of instances": (
        "v = print\nfor i in range(20_000): v = type('B', (), {'__call__': v})()\nv()"
    ),
    "deep frozensets": "v = frozenset()\nfor i in range(20_000): v = frozenset([v])",
    "deep targets": "exec('(' * 20_000 + 'x' + ',)' * 20_000 + ' = 1')",
    "deep targets in brackets": "exec('[' * 20_000 + 'x' + ']' * 20_000 + ' = 1')",
    "deep targets of del": "exec('del ' + '(' * 20_000 + 'x' + ',)' * 20_000)",
    "deep targets of for": "exec('for ' + '[' * 20_000 + 'x' + ']' * 20_000 + ' in (): pass')",
    "deep conditions": "exec('if ' + '(x and (x or ' * 10_000 + 'x' + '))' * 10_000 + ': pass')",
    "deep constants": "v = '(' * 20_000 + '1' + ',)' * 20_000\nexec(f'x = {v}; y = {v}')",
    "deep classes": "v = w = type('A', (), {})\nfor i in range(20_000): v = type('A', (v, w), {})",
}


@pytest.mark.parametrize("interpreter", ["micropython"])
@pytest.mark.parametrize("code", MICROPYTHON.values(), ids=MICROPYTHON)
def test_recursion_in_c(make_session, assert_healthy, code):
    """
    It is an error that guest code can catch, before the stack has no more room.
    """
    session = make_session(limits=Limits(wall_seconds=10))
    assert outcome(session, code) in {"RecursionError", "TypeError"}
    assert_healthy()


@pytest.mark.parametrize("interpreter", ["cpython"])
@pytest.mark.parametrize("damaged", range(0, 120, 8))
def test_damaged_code(make_session, assert_healthy, damaged):
    """
    Code objects that were altered as bytes crash their own session at most.
    """
    session = make_session(limits=limits("wall"))
    code = (
        "import marshal\ncode = compile('x = [1, 2]\\nfor i in x: y = i', 'a', 'exec')\n"
        "data = bytearray(marshal.dumps(code))\ndata[at % len(data)] ^= 255\n"
        "exec(marshal.loads(bytes(data)))"
    )
    error = session.run(code, inputs={"at": damaged}, check=False).error
    assert error is None or isinstance(error, GuestError | GuestCrash | WallTimeExceeded)
    assert_healthy()


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_a_full_session_still_answers(make_session):
    """
    With memory full of what globals hold, it says so, can be told to let go, and goes on.
    """
    session = make_session(limits=Limits(memory_bytes=64 << 20, wall_seconds=10))
    code = "all = []\nwhile True:\n    all.append([0] * size)"
    for size in (100_000, 1_000, 10):
        with pytest.raises(GuestError, match="MemoryError"):
            session.run(code, inputs={"size": size})
        assert session.run("len(all)").value > 10
        assert "ZeroDivisionError" == session.run("1 / 0", check=False).error.type_name
        session.run("del all")
        assert 1000 == session.run("len([[i] for i in range(1000)])").value
