"""What takes long in the interpreter's C code ends in time, and the session keeps its state."""

import time

import pytest

from sandbox_wasm import Limits, WallTimeExceeded

WALL = 0.1

# Each would take seconds, or for ever.
LONG = {
    "power": "10 ** 3000000",
    "power of itself": "7 ** 9000000",
    "power with modulus": "pow(3, 1 << 200000, (1 << 200000) - 1)",
    "product": "x = (1 << 8000000) - 1\nx * x",
    "quotient": "((1 << 8000000) - 1) // ((1 << 4000000) + 1)",
    "remainder": "((1 << 8000000) - 1) % ((1 << 4000000) + 1)",
    "digits": "hex((1 << 8000000) - 1)",
    "digits of a format": "'%x' % ((1 << 8000000) - 1)",
    "number from digits": "int('f' * 2000000, 16)",
    "number in the source": "eval('0x' + 'f' * 1000000)",
    "product of constants": "eval(' * '.join(['0x' + 'f' * 200] * 3000))",
    "power of constants": "x = 7 ** 9000000",
    "factorial": "import math\nmath.factorial(200000)",
    "greatest common divisor": "import math\nmath.gcd(3 ** 300000, 5 ** 300000)",
    "search": "('a' * 5000000).find('a' * 2500000 + 'b')",
    "search backwards": "('a' * 5000000).rfind('a' * 2500000 + 'b')",
    "search in bytes": "(b'a' * 2500000 + b'b') in b'a' * 5000000",
    "search in a bytearray": "bytearray(5000000).find(bytes(2500000) + b'b')",
    "count": "('a' * 5000000).count('a' * 2500000 + 'b')",
    "replace": "('a' * 5000000).replace('a' * 2500000 + 'b', '')",
    "split": "('a' * 5000000).split('a' * 2500000 + 'b')",
    "split from the right": "('a' * 5000000).rsplit('a' * 2500000 + 'b', 1)",
    "partition": "('a' * 5000000).partition('a' * 2500000 + 'b')",
    "strip": "('a' * 3000000).strip('b' * 1000000 + 'a')",
    "translate": "bytes(3000000).translate(None, b'a' * 1000000)",
    "sum of a range": "sum(range(10 ** 9))",
    "sum of nothing": "import itertools\nsum(itertools.repeat(0))",
    "least of a range": "min(range(10 ** 9))",
    "all of a range": "all(range(1, 10 ** 9))",
    "any of nothing": "any(map(None.__class__, ())) or any(x for x in iter(int, 1))",
    "in a range of floats": "1.5 in map(float, range(10 ** 9))",
    "member of an iterator": "-1 in iter(range(10 ** 9))",
    "filter": "next(filter(None, (0 for _ in iter(int, 1))))",
    "filter in C": "list(filter(None, map(int, range(0, 10 ** 9, 0 + 1) and iter(int, 1))))",
    "list of a range": "for _ in range(99): len(list(range(10 ** 6)))",
    "set of a range": "for _ in range(99): len(set(range(10 ** 5)))",
    "sort": "x = list(range(1000000))\nx.reverse()\nfor _ in range(99): sorted(x)",
    "sort texts": "x = ['a' * 20000 + str(i) for i in range(1000)]\nfor _ in range(999): x.sort()",
    "heap": "import heapq\nx = list(range(1000000))\nfor _ in range(99): heapq.heapify(x[::-1])",
    "hash of shared tuples": "t = ()\nfor _ in range(60): t = (t, t)\nhash(t)",
    "equality of shared tuples": (
        "t, u = (), (1,)\nfor _ in range(60): t, u = (t, t), (u, t)\nt, u = (1,), (1,)\n"
        "for _ in range(60): t, u = (t, t), (u, u)\nt == u"
    ),
    "text of shared tuples": "t = ()\nfor _ in range(60): t = (t, t)\nlen(str(t))",
    "value of shared tuples": "t = ()\nfor _ in range(60): t = (t, t)\nt",
    "count of a text": "x = 'a' * 3000000\ny = [x + 'b'] * 100000\nwhile True: y.count(x + 'b')",
    "entropy": "import os\nfor _ in range(999): os.urandom(3000000)",
    "hash function": "import hashlib\nx = bytes(10 ** 7)\nfor _ in range(99): hashlib.sha256(x)",
    "compression": "import zlib\nx = bytes(range(256)) * 50000\nfor _ in x: zlib.compress(x)",
    "pattern": "import re\nre.match('(a*)*b', 'a' * 5000)",
    "json": "import json\nx = '[' + '1,' * 1000000 + '1]'\njson.loads(x)",
    "join": "x = ['a'] * 1000000\nfor _ in range(999): ''.join(x)",
    "arguments": "f = lambda *a: 0\nx = [0] * 100000\nwhile True: f(*iter(x), *x)",
    "keywords": "f = lambda **k: 0\nx = {'a%d' % i: i for i in range(50000)}\nwhile True: f(**x)",
    "formatted numbers": "for i in range(10 ** 9): '%.300f' % 1e300",
    "array of a range": "import array\nwhile True: array.array('d', (0 for _ in range(10 ** 6)))",
    "bytes of a range": "bytes(0 for _ in iter(int, 1))",
    "dict of a range": "dict.fromkeys(map(lambda x: x % 9, range(10 ** 9)))",
    "unpacking": "a, *b = iter(int, 1)",
}


# What asks in C for something that guest code answers, or computes before the code runs.
ASKED = {
    "constants": LONG["product of constants"],
    "a descriptor": (
        "class A:\n    @property\n    def __get__(self):\n        while True: pass\n"
        "class B: a = A()"
    ),
    "hasattr": (
        "class A:\n    def __getattr__(self, name):\n        while True: pass\nhasattr(A(), 'x')"
    ),
    "a table for translate": (
        "class A:\n    def __getitem__(self, name):\n        while True: pass\n'a'.translate(A())"
    ),
    "items by index": (
        "class A:\n    def __getitem__(self, name):\n        while True: pass\nlist(A())"
    ),
}


@pytest.fixture(params=["micropython"])
def interpreter(request):
    """MicroPython alone: this is about its C code."""
    return request.param


@pytest.mark.parametrize("code", LONG.values(), ids=LONG)
def test_long_operation_ends_in_time(make_session, code):
    """
    The limit is told, soon after, and variables stay.
    """
    session = make_session(limits=Limits(wall_seconds=10), isolation="thread")
    session.run("kept = 1\nimport math, os, re, json, heapq, hashlib, zlib, itertools, array")
    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run(code, wall_seconds=WALL)

    assert "kept" == info.value.state
    assert time.perf_counter() - began < WALL + 2
    assert 1 == session.run("kept").value


@pytest.mark.parametrize("code", ASKED.values(), ids=ASKED)
def test_interrupt_reaches_the_code_around(make_session, code):
    """
    It is a KeyboardInterrupt there, and not taken for an error of what was asked.
    """
    session = make_session(limits=Limits(wall_seconds=10), isolation="thread")
    session.run("seen = None")
    inner = "\n".join("    " + line for line in code.splitlines())
    code = f"try:\n{inner}\nexcept BaseException as e:\n    seen = type(e).__name__"
    for _ in range(9):  # on a busy machine the abort can come before the guest goes on
        with pytest.raises(WallTimeExceeded):
            session.run(code, wall_seconds=WALL)
        if session.run("seen").value is not None:
            break

    assert "KeyboardInterrupt" == session.run("seen").value


def test_large_constants_wait_until_they_are_needed(make_session):
    """
    Code that is never run does not hold up what is compiled with it.
    """
    session = make_session(limits=Limits(wall_seconds=10), isolation="thread")
    code = "def f(): return 7 ** 90000000\nif 0: 1 << 400000000\n(2 ** 4000).bit_length()"
    assert 4001 == session.run(code, wall_seconds=2).value
