"""Generated programs do the same, however often they are stored or left on the way.

More of them: just programs 500
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replayer import SOURCES, answer, go_on, receive, seen, send, session, step

from sandbox_wasm import Session, Snapshot, Suspended

EXAMPLES = int(os.environ.get("SANDBOX_WASM_EXAMPLES", "6"))

START = """
import asyncio, os, random, time
x, log, g = 1, [], iter(())
class C:
    def __enter__(self): log.append('in'); return self
    def __exit__(self, kind, *rest):
        log.append(getattr(kind, '__name__', kind))
        return kind is ValueError
def write(text):
    with open('/f', 'a') as f: f.write(text)
def read():
    try:
        with open('/f') as f: return f.read()
    except OSError: return 'nothing'
def mounted(text=''):
    try:
        with open('/m/log', 'a') as f: f.write(text)
        with open('/m/log') as f: return [f.read(), os.listdir('/m')]
    except OSError as e: return type(e).__name__
def asking(n):
    for i in range(n): yield ask(i)
opened = open('/opened', 'w+')"""
SEEN = "[x, log, sorted(os.listdir('/')), read(), opened.tell()]"

SIMPLE = [
    "x = x * 3 + 1 & 0xFFFF",
    "x += ask(x)",
    "x += ask(x) + ask(x + 1)",
    "log.append(step(x))",
    "log.append(random.random())",
    "log.append([os.urandom(3), random.choice('abc')])",
    "log.append(time.time())",
    "log.append(time.monotonic())",
    "time.sleep(x % 3)",
    "print(x, len(log))",
    "write(str(x))",
    "log.append(read())",
    "opened.write(str(x)); opened.flush(); opened.seek(x % 3)",
    "log.append(opened.read(2))",
    "os.mkdir('/d%d' % len(os.listdir('/')))",
    "log.append([(n, os.stat(n)[1], os.stat(n)[8]) for n in os.listdir('/') if n != 'm'])",
    "g = asking(2)",
    "x += next(g, 7)",
    "log.append(list({'a', 'b', str(x), (x, 1)})[0])",
    "log.append(id([]) % 97)",
    "f = lambda a, x=x: a + x + ask(a); x = f(x) & 0xFFFF",
    "log.append([ask(i) for i in range(2)])",
    "log.append(sorted([2, 1], key=lambda n: ask(n) * n))",
    "log.append(mounted(str(x)))",
    "log.append(mounted(str(ask(x))))",
    "mounted(); os.rename('/m/log', '/m/%d' % x); os.listdir('/m')",
    "if mounted() and 'in' in os.listdir('/m'): os.remove('/m/in')",
    "raise ValueError(x)",
    "1 // (x % 2)",
    "len(log)",
]
AROUND = [
    "for i in range(2):\n{body}",
    "n = 0\nwhile n < 2:\n    n += 1\n{body}",
    "try:\n{body}\nfinally:\n    log.append('finally')",
    "try:\n{body}\nexcept BaseException as e:\n    log.append(type(e).__name__)",
    "with C():\n{body}",
    "if x % 2:\n{body}\nelse:\n    x += ask(1)",
    "def f(a):\n    global x, g, f\n{body}\n    return a + x\nx = f(x) & 0xFFFF",
    "def many():\n    global x, g\n{body}\n    yield x\n    yield ask(x)\nlog.append(list(many()))",
    "async def main():\n    global x\n{body}\n    await asyncio.sleep(1)\nasyncio.run(main())",
]


def block(statements):
    return "\n".join("    " + line for each in statements for line in each.split("\n"))


def around(inner):
    bodies = st.lists(inner, min_size=1, max_size=3)
    return st.tuples(st.sampled_from(AROUND), bodies).map(lambda f: f[0].format(body=block(f[1])))


statements = st.recursive(st.sampled_from(SIMPLE), around, max_leaves=4)
programs = st.lists(statements, min_size=1, max_size=5)


@pytest.fixture(scope="module")
def other_process():
    """Resumes runs in another process."""
    here = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, here / "replayer.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:

        def ask(*question):
            send(process.stdin, question)
            return receive(process.stdout)

        yield ask
        process.stdin.close()
        assert 0 == process.wait(30)


@settings(max_examples=EXAMPLES)
@given(program=programs, commit=st.sampled_from(["always", "on_success"]))
def test_left_at_every_host_call(interpreter, isolation, other_process, program, commit):
    """
    Straight through is the same as stored at each host call that waits, and resumed in
    another process; under a mount, too.
    """
    code = "\n".join([START, *program, SEEN])
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        for folder in (one, other):
            Path(folder, "in").write_text("as it was")
        with session(interpreter, isolation, answer, (one, commit)) as straight:
            wanted = seen(straight.run(code, check=False))
        with session(interpreter, isolation, None, (other, commit)) as first:
            result = first.run(code, check=False)
            if isinstance(result.error, Suspended):
                found = result.error.continuation.to_bytes()
            else:
                found = seen(result)
        turn = 0
        while isinstance(found, bytes):  # there, and back here
            resume = go_on if turn % 2 else other_process
            found = resume(found, isolation, (other, commit))
            turn += 1
        assert wanted == found
        assert contents(one) == contents(other)


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@settings(max_examples=EXAMPLES)
@given(program=programs)
def test_stored_at_every_statement(interpreter, isolation, program):
    """
    Straight through is the same as stored as bytes and restored before each statement.
    """
    functions = {"ask": answer, "step": step}
    restored = session(interpreter, isolation, answer)
    try:
        with session(interpreter, isolation, answer) as straight:
            for statement in [START, *program, SEEN]:
                wanted = seen(straight.run(statement, check=False))
                data = restored.snapshot().to_bytes()
                restored.close()
                restored = Session.restore(
                    Snapshot.from_bytes(data), isolation=isolation, functions=functions, **SOURCES
                )
                assert wanted == seen(restored.run(statement, check=False))
    finally:
        restored.close()
