"""Runs that wait for an answer: left, and gone on with as if nothing had happened."""

import contextlib
import copy
import datetime
import pickle
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_wasm import (
    ConfigError,
    Continuation,
    GuestError,
    HostFunctionError,
    Interrupted,
    Limits,
    Session,
    SnapshotError,
    Suspend,
    Suspended,
)
from sandbox_wasm._checkpoint import Checkpoint
from sandbox_wasm._ledger import Ledger


def ask(question):
    """A host function that is never called: whoever resumes gives the answer."""


def waiting(session, code, **options):
    """Run *code*, which waits; return its continuation."""
    with pytest.raises(Suspended) as info:
        session.run(code, **options)
    return info.value.continuation


@pytest.fixture
def asking(make_session):
    """A session whose `ask` leaves the run open."""

    def make(*functions):
        session = make_session(functions=functions)
        session.function(ask, suspends=True)
        return session

    return make


def test_what_the_first_run_begins_with_is_kept_if_it_waits(make_session, monkeypatch):
    """
    And not before, which would take longer than most runs; it is the same, whatever came then.
    """
    taken, seen = [], []
    take = Checkpoint.take
    monkeypatch.setattr(Checkpoint, "take", lambda *args: taken.append(1) or take(*args))

    def note(*what):
        """A call that is made again as it was, or ends the run."""
        seen.append((what, len(taken)))
        session.functions.register(lambda: None, name=f"later{len(seen)}")

    session = make_session(functions=[note])
    session.function(ask, suspends=True)
    code = (
        "import time, logging\n"
        "note(id([]), time.time(), getattr(logging, '_startTime', 0))\n"
        "x = [ask('?')]\n"
        "note(x)\n"
        "ask('and then?')"
    )
    continuation = waiting(session, code)
    with pytest.raises(Suspended) as info:
        continuation.resume(7)

    assert 8 == info.value.continuation.resume(8).value
    assert [[7]] == [*seen[1][0]]
    assert 2 == len(seen)
    assert 0 == seen[0][1]
    assert [7] == session.run("later1()\nx").value


def test_what_ends_a_run_that_is_about_to_wait(make_session, monkeypatch):
    """
    It counts, and the session goes on as it was before.
    """
    undecided = Ledger.undecided

    @contextlib.contextmanager
    def struck(ledger):
        with undecided(ledger):
            session.interrupt()
            yield

    session = make_session()
    session.function(ask, suspends=True)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "undecided", struck)
        with pytest.raises(Interrupted) as info:
            session.run("x = 1\nask('?')")

    assert "rolled back" == info.value.state
    assert 3 == waiting(session, "x = 2\nx + ask('?')").resume(1).value


def test_a_run_is_resumed(asking):
    """
    It goes on where it was, with the variables that it had.
    """
    session = asking()
    session.run("before = [1]")
    code = "before.append(2)\nx = ask('how many?') + 1\nprint('got', x)\n(before, x)"
    with pytest.raises(Suspended) as info:
        session.run(code)

    assert "ask" == info.value.name == info.value.continuation.name
    wanted = {"function": "ask", "args": ["how many?"], "kwargs": {}}
    assert wanted == info.value.payload == info.value.continuation.payload
    assert "rolled back" == info.value.state
    result = info.value.continuation.resume(41)
    assert (([1, 2], 42), "got 42\n") == (result.value, result.stdout)
    assert 42 == session.run("x").value


def test_a_function_suspends_by_raising(make_session):
    """
    Any host function may leave its call open, with a payload of its own.
    """
    when = datetime.datetime(2026, 11, 22, 5)

    def order(item):
        try:
            raise Suspend({"item": item, "when": when})
        except Exception:
            return "swallowed"

    session = make_session(functions=[order])
    with pytest.raises(Suspended) as info:
        session.run("order('tea')")

    assert {"item": "tea", "when": when} == info.value.payload
    assert "ordered" == info.value.continuation.resume("ordered").value


CANNOT_NOTICE = {
    "except": "try:\n    x = ask(1)\nexcept BaseException as e:\n    x = repr(e)\nx",
    "finally": "log = []\ntry:\n    x = ask(1)\nfinally:\n    log.append('f')\n(x, log)",
    "with": """
class C:
    log = []
    def __enter__(self): self.log.append('in')
    def __exit__(self, *a): self.log.append(a[0])
with C(): x = ask(1)
(x, C.log)""",
    "generator": "def g():\n    yield ask(1)\n    yield ask(2)\nlist(g())[0]",
    "nested": "def f(n): return ask(1) if n == 0 else f(n - 1)\nf(20)",
    "comprehension": "[ask(n) for n in range(1)][0]",
    "asyncio": "import asyncio\nasync def main(): return ask(1)\nasyncio.run(main())",
    "sort key": "sorted([3, 1], key=lambda n: ask(n)) and 'answer'",
    "repr": "class R:\n    def __repr__(self): return ask(1)\nrepr(R())",
}
NOTICED = {"finally": ("answer", ["f"]), "with": ("answer", ["in", None])}


@pytest.mark.parametrize("name", CANNOT_NOTICE)
def test_guest_code_does_not_notice(asking, name):
    """
    Neither handlers nor `finally` run when the run is left, wherever that happens.
    """
    session = asking()
    continuation = waiting(session, CANNOT_NOTICE[name])
    while True:
        try:
            result = continuation.resume("answer")
            break
        except Suspended as again:
            continuation = again.continuation

    assert NOTICED.get(name, "answer") == result.value


def test_answered_calls_are_not_made_again(asking):
    """
    Several suspensions in one run, with host calls, time and randomness in between.
    """
    calls = []

    def step(n):
        calls.append(n)
        return n * 10

    session = asking(step)
    code = """
import random, time
seen = []
for n in range(3):
    seen.append((step(n), random.random(), time.time()))
    seen.append(ask(n))
    print(n)
seen"""
    told = []
    continuation = waiting(session, code, on_output=lambda s, t: told.append(t))
    for n in range(2):
        with pytest.raises(Suspended) as info:
            continuation.resume(f"answer {n}", on_output=lambda s, t: told.append(t))
        assert n + 1 == info.value.payload["args"][0]
        continuation = info.value.continuation
    result = continuation.resume("answer 2", on_output=lambda s, t: told.append(t))

    assert [0, 1, 2] == calls
    assert ["answer 0", "answer 1", "answer 2"] == result.value[1::2]
    assert [0, 10, 20] == [each[0] for each in result.value[::2]]
    assert "0\n1\n2\n" == result.stdout == "".join(told)


def test_failing(asking):
    """
    An exception in place of an answer is one that guest code can catch.
    """
    session = asking()
    code = "try: ask(1)\nexcept LookupError as e: print(type(e).__name__, e.args[0])"
    assert "KeyError gone\n" == waiting(session, code).fail(KeyError("gone")).stdout
    with pytest.raises(GuestError, match="ValueError: no"):
        waiting(session, "ask(1)").fail(ValueError("no"))
    with pytest.raises(ConfigError):
        waiting(session, "ask(1)").fail(KeyboardInterrupt())


def test_approval(make_session):
    """
    A function that needs a yes is called after it, with the arguments that were shown.
    """
    made = []
    session = make_session()

    @session.function(approve=True)
    def delete(name: str, force: bool = False) -> str:
        made.append((name, force))
        return f"deleted {name}"

    continuation = waiting(session, "delete('a', force=True)")
    assert {"function": "delete", "args": ["a"], "kwargs": {"force": True}} == continuation.payload
    assert [] == made
    assert "deleted a" == continuation.approve().value
    assert [("a", True)] == made

    code = "try: x = delete('b')\nexcept PermissionError as e: x = str(e)\nx"
    assert "not today" in waiting(session, code).deny("not today").value
    assert 1 == len(made)
    with pytest.raises(GuestError, match="TypeError"):  # wrong arguments bother nobody
        session.run("delete(3)")
    # Each call asks anew.
    again = waiting(session, "delete('c')\ndelete('d')")
    with pytest.raises(Suspended) as info:
        again.approve()
    assert ["d"] == info.value.payload["args"]
    assert "deleted d" == info.value.continuation.approve().value


def test_answers_are_checked(make_session):
    """
    An answer that cannot cross, or is not what the function promises, is refused, once more.
    """
    session = make_session()

    @session.function(suspends=True)
    def number() -> int: ...

    continuation = waiting(session, "number() + 1")
    for wrong in ("text", object(), None):
        with pytest.raises(ConfigError, match="answer"):
            continuation.resume(wrong)
    assert 3 == continuation.resume(2).value


def test_resumed_once(asking):
    """
    A continuation serves once, and only a session that has not gone on without it.
    """
    session = asking()
    continuation = waiting(session, "x = ask(1)\nx")
    assert 1 == continuation.resume(1).value
    with pytest.raises(SnapshotError, match="once"):
        continuation.resume(1)

    continuation = waiting(session, "y = ask(1)")
    assert session.run("'y' in globals()").value is False
    with pytest.raises(SnapshotError, match="other code"):
        continuation.resume(1)


def test_another_way_is_an_error(make_session):
    """
    A run that asks for something else the second time does not go on by guess.
    """
    session = make_session()
    session.function(ask, suspends=True)
    flag = {"n": 0}
    session.function(lambda: flag["n"], name="look")
    continuation = waiting(session, "look()\nask(1)")
    journal = continuation._suspension.journal
    assert journal.to_bytes()  # which has it put what it knows into that form
    journal._data[6] ^= 1  # the first byte of what stands for the question

    with pytest.raises(SnapshotError, match="another way"):
        continuation.resume(1)
    assert 2 == session.run("1 + 1").value


def test_without_checkpoints(make_session):
    """
    A session that keeps no state to go back to says so.
    """
    session = make_session(checkpoints=False)
    session.function(ask, suspends=True)
    with pytest.raises(HostFunctionError) as info:
        session.run("ask(1)")
    assert "checkpoints" in str(info.value.__cause__)
    assert 2 == session.run("1 + 1").value


@pytest.mark.parametrize("most", [0, 1 << 16])
def test_a_state_that_is_too_large_to_keep(make_session, most):
    """
    The same, and the session goes on: in a worker nobody knows before the run waits.
    """
    session = make_session(limits=Limits(checkpoint_bytes=most))
    session.function(ask, suspends=True)
    session.run("kept = bytearray(1 << 20)")
    with pytest.raises(HostFunctionError) as info:
        session.run("ask(1)")
    assert "checkpoints" in str(info.value.__cause__)
    assert "kept" == info.value.state
    assert 1 << 20 == session.run("len(kept)").value


def test_suspended_goes_to_another_process(asking, make_session):
    """
    As all errors do, by pickle: with a continuation that was stored.
    """
    session = asking()
    with pytest.raises(Suspended) as info:
        session.run("x = 1\nask(x)")
    for made in (
        pickle.loads(pickle.dumps(info.value)),
        copy.deepcopy(info.value),
        pickle.loads(pickle.dumps(copy.copy(info.value))),
    ):
        assert str(info.value) == str(made)
        assert info.value.payload == made.payload
        with make_session() as other:
            other.function(ask, suspends=True)
            assert 5 == made.continuation.resume(5, session=other).value
            assert 1 == other.run("x").value
    assert 6 == info.value.continuation.resume(6).value
    with pytest.raises(SnapshotError, match="serves once"):
        pickle.dumps(info.value)


def test_check_false(asking):
    """
    The suspension is the result's error, and the same continuation.
    """
    session = asking()
    result = session.run("print('before')\nask(1)", check=False)

    assert isinstance(result.error, Suspended)
    assert "before\n" == result.stdout
    assert 5 == result.error.continuation.resume(5, check=False).value


SCRIPT = """
import pickle
import sys
from sandbox_wasm import Continuation, Session, Suspended
data = sys.stdin.buffer.read()
waiting = Continuation.from_bytes(data, key=b"k")
with Session(waiting.interpreter) as session:
    session.function(lambda q: None, name="ask", suspends=True)
    session.function(lambda n: 1 / 0, name="step")
    try:
        result = waiting.resume(sys.argv[1], session=session)
    except Suspended as again:
        sys.stdout.buffer.write(again.continuation.to_bytes(key=b"k"))
    else:
        print(result.stdout, result.value, session.run("log").value)
"""


def elsewhere(data, answer):
    """Answer a stored run in another process; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, answer], input=data, capture_output=True, timeout=60
    )
    assert (0, b"") == (done.returncode, done.stderr)
    return done.stdout


def test_resumed_in_another_process(asking):
    """
    Twice stored, twice resumed, each time in a process that knows nothing but the bytes.
    """
    session = asking(step)
    session.run("import random\nlog = ['before']\nopen('notes.txt', 'w').write('kept')")
    code = """
log.append(step(2))
log.append(ask('first?'))
print(open('notes.txt').read(), random.random() < 1)
log.append(ask('second?'))
len(log)"""
    first = waiting(session, code).to_bytes(key=b"k")
    second = elsewhere(first, "one")
    text = elsewhere(second, "two").decode()

    assert "kept True\n 4 ['before', -2, 'one', 'two']\n" == text.replace("\r", "")


def step(n):
    """A host function that answers."""
    return -n


@pytest.fixture(scope="module")
def stored():
    """The bytes of a small run, and of the same with a key."""
    with Session("micropython") as session:
        session.function(ask, suspends=True)
        session.function(step)
        continuation = waiting(session, "x = step(1)\nask(x)")
        return continuation.to_bytes(), continuation.to_bytes(key=b"secret")


def resume(data, **options):
    continuation = Continuation.from_bytes(data, **options)
    with Session(continuation.interpreter) as session:
        session.function(ask, suspends=True)
        session.function(step)
        return continuation.resume(7, session=session).value


def test_stored_runs_are_resumed(stored):
    """
    With the key that they were sealed with, or without one.
    """
    assert 7 == resume(stored[0])
    assert 7 == resume(stored[1], key=b"secret")
    again = Continuation.from_bytes(stored[0])
    assert stored[0] == again.to_bytes()
    assert ("ask", {"function": "ask", "args": [-1], "kwargs": {}}) == (again.name, again.payload)


@given(st.data())
def test_damaged_runs_are_refused(stored, data):
    """
    Any change, cut or addition is a SnapshotError before anything is made of it. (SN-01)
    """
    whole = stored[data.draw(st.integers(0, 1))]
    at = data.draw(st.integers(0, len(whole) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "add"]))
    if kind == "flip":
        bad = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    else:
        bad = whole[:at] if kind == "cut" else whole + data.draw(st.binary(min_size=1))
    key = b"secret" if whole is stored[1] else None
    with pytest.raises(SnapshotError):
        Continuation.from_bytes(bad, key=key)


@pytest.mark.parametrize(
    ("which", "key"), [(0, b"secret"), (1, None), (1, b"other")], ids=["no key", "key", "other"]
)
def test_runs_of_others_are_refused(stored, which, key):
    """
    A key that does not fit, is missing, or is not wanted.
    """
    with pytest.raises(SnapshotError):
        Continuation.from_bytes(stored[which], key=key)


def test_sessions_that_do_not_fit(stored):
    """
    Another interpreter, a function that is missing, and limits that are too small.
    """
    with pytest.raises(ConfigError, match="needs a session"):
        Continuation.from_bytes(stored[0]).resume(1)
    with Session("cpython", functions=[step]) as session:
        session.function(ask, suspends=True)
        with pytest.raises(SnapshotError, match="cpython"):
            Continuation.from_bytes(stored[0]).resume(1, session=session)
    with Session("micropython") as session:
        with pytest.raises(SnapshotError, match="does not have"):
            Continuation.from_bytes(stored[0]).resume(1, session=session)
        session.function(ask, suspends=True)
        with pytest.raises(SnapshotError, match="does not have: 'step'"):
            Continuation.from_bytes(stored[0]).resume(1, session=session)
        assert 2 == session.run("1 + 1").value
    with pytest.raises(ConfigError):
        Continuation.from_bytes("text")
    with pytest.raises(SnapshotError):
        Continuation.from_bytes(b"")


def test_payload_that_is_no_data(make_session):
    """
    A run whose payload cannot be stored can still be resumed where it is.
    """

    def f():
        raise Suspend(object())

    session = make_session(functions=[f])
    continuation = waiting(session, "f()")
    with pytest.raises(ConfigError, match="payload"):
        continuation.to_bytes()
    assert 1 == continuation.resume(1).value


STATEMENTS = [
    "x = x * 3 + 1",
    "x += ask(x)",
    "log.append(random.random())",
    "log.append(time.time())",
    "y = [ask(i) for i in range(2)]; x += sum(y)",
    "log.append(step(x))",
    "print(x)",
    "def f(n): return ask(n) + n\nx = f(x % 7)",
    "g = (ask(i) for i in range(2)); x += next(g)",
]


@settings(max_examples=15)
@given(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=6))
def test_suspended_is_as_straight_through(make_session, statements):
    """
    Suspended at every call and resumed, a program does what it does without.
    """
    code = "\n".join(["import random, time", "x = 1", "log = []", *statements, "(x, log)"])

    def answer(n):
        return n % 5 + 1

    def step(n):
        return -n

    with_clock = {"seed": 7, "clock": 1000}
    straight = make_session(functions={"ask": answer, "step": step}, **with_clock)
    wanted = straight.run(code)
    session = make_session(functions={"step": step}, **with_clock)
    session.function(ask, suspends=True)
    result = session.run(code, check=False)
    while isinstance(result.error, Suspended):
        value = answer(result.error.payload["args"][0])
        result = result.error.continuation.resume(value, check=False)

    assert result.error is None
    assert (wanted.value, wanted.stdout) == (result.value, result.stdout)


def test_calls_beyond_those_that_wait_for_their_digest(make_session):
    """
    A run of more host calls than are kept as they were put, some of them long and with the
    clock between them, is gone through again like any other.
    """
    session = make_session(limits=Limits(wall_seconds=60))
    session.function(ask, suspends=True)
    session.function(len, name="measure")
    code = """
import time
seen = []
for i in range(4200):
    seen.append(measure("x" * (i % 3)))
    if i % 700 == 0:
        seen.append(measure("y" * 2000))
        time.time()
seen.append(ask(1))
sum(seen)"""
    straight = sum(i % 3 for i in range(4200)) + 6 * 2000

    assert straight + 5 == waiting(session, code).resume(5).value
