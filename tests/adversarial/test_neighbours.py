"""Neighbours of the attacks of the list: the same ends by other ways, mostly those of finalisers,
hooks and values that do something when they are looked at."""

from __future__ import annotations

import time

import pytest

from sandbox_wasm import GuestProtocolError, Limits, SandboxError

SECONDS = 0.3
BOUND = 10  # elapsed, on a machine that is busy with other tests

NEIGHBOURS = {
    "finaliser at the end": "class A:\n  def __del__(s):\n    while True: pass\na = A()\ndel a",
    "hook of exceptions": "import sys\ndef h(*a):\n  while True: pass\nsys.excepthook = h\n1 / 0",
    "name of a class": (
        "class M(type):\n  @property\n  def __name__(c):\n    while True: pass\n"
        "class E(Exception, metaclass=M): pass\nraise E"
    ),
    "items of a value": (
        "class D(dict):\n  def items(s):\n    while True: pass\n"
        "  def __iter__(s):\n    while True: pass\nD(a=1)"
    ),
    "number that is a program": (
        "class I(int):\n  def __int__(s):\n    while True: pass\n"
        "  def __repr__(s):\n    while True: pass\nI(5)"
    ),
    "deep deletion": "t = ()\nfor i in range(100_000): t = (t,)\ndel t",
    "long chain of causes": (
        "e = None\nfor i in range(20_000):\n"
        "  n = ValueError(i)\n  n.__cause__ = e\n  e = n\nraise e"
    ),
    "exception of 10 MB": "raise ValueError('x' * 10_000_000)",
    "sleeps on": (
        "import time\nwhile True:\n  try: time.sleep(1000)\n  except BaseException: pass"
    ),
    "tasks that do not end": (
        "import asyncio\nasync def m():\n  while True:\n    try: await asyncio.sleep(100)\n"
        "    except BaseException: pass\nasyncio.run(m())"
    ),
    "memory in a handler": (
        "x = []\nwhile True:\n  try: x.append(bytearray(1000))\n  except BaseException: pass"
    ),
    "call in a finaliser": "class A:\n  def __del__(s): echo(1)\nwhile True: A()",
    "input without end": "while True:\n  try: input()\n  except BaseException: pass",
    "every descriptor closed": (
        "import os\nfor i in range(100):\n  try: os.close(i)\n  except Exception: pass"
    ),
    "no modules": "import sys\nsys.modules.clear()",
    "no globals": "import __main__\nvars(__main__).clear()",
    "bytecode that is none": (
        "def f(): pass\nf.__code__ = f.__code__.replace(co_code=b'\\xff' * 100)\nf()"
    ),
    "decompression": "import zlib\nzlib.decompress(zlib.compress(bytes(10**7)) * 2, bufsize=10**9)",
}


@pytest.mark.parametrize("code", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_neighbour(make_session, assert_healthy, code):
    """
    It ends in time, as an error or not, and the session goes on.
    """
    limits = Limits(wall_seconds=30, memory_bytes=32 << 20, host_calls=1000)
    session = make_session(limits=limits, functions={"echo": lambda v: v})
    session.run("1")

    began = time.perf_counter()
    result = session.run(code, check=False, wall_seconds=SECONDS)

    assert time.perf_counter() - began < SECONDS + BOUND
    assert result.error is None or isinstance(result.error, SandboxError)
    assert not isinstance(result.error, GuestProtocolError)
    assert session.usage.runs == 2
    if session.state.value == "open":
        assert 2 == session.run("1 + 1").value
    else:  # on a machine that stood still for a moment the session is left, and says so
        assert result.error is not None
        assert "broken" == result.error.state
    assert_healthy()
