"""What one session leaves of an instance to the next: nothing."""

import contextlib
import re
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import until

from sandbox_wasm import (
    Limits,
    SandboxError,
    Session,
    SessionBroken,
    SessionPool,
    WallTimeExceeded,
)
from sandbox_wasm._state import NO_ROOM
from sandbox_wasm._wasm import _engine, _instance
from sandbox_wasm._wasm._mould import Mould
from sandbox_wasm._wasm._pages import page_table
from sandbox_wasm.interpreters import _maker

pytestmark = pytest.mark.skipif(page_table() is None, reason="nothing is reused on this system")

SECRET = "kX2vQ9pLs7"
BOUND = 20


@pytest.fixture
def isolation():
    """A worker process has one guest, and ends with it."""
    return "thread"


@pytest.fixture
def used(interpreter):
    """Returns what is left of the instance of a session that has done *work*."""
    for _ in range(2):  # what is asked for once is not kept
        Session(interpreter).close()

    def use(work, **arguments):
        with Session(interpreter, **arguments) as session:
            session.run("1")
            instance = session._lane._keeper.guest._instance
            work(session)
        engine = instance._engine
        assert engine.rested in (None, instance)
        return engine.rested

    return use


def memory(instance):
    return instance.memory.read(0, instance.memory.size)


STATEMENTS = [
    f"secret = '{SECRET}' * 50",
    f"def f(x, y='{SECRET}'): return y if x < 1 else f(x - 1)\nf(20)",
    "class C: pass\nC.__name__, C().__class__",
    "import json\njson.loads('[1, 2.5, {\"a\": null}]')",
    "len = lambda x: 42",
    "import sys\nsys.modules['json'] = None",
    "xs = [[i] * 10 for i in range(500)]",
    "raise ValueError('a', 1)",
    "print('x' * 10000)",
    "def g():\n  yield 1\n  yield 2\ng = g(); next(g)",
    "host(1)",
    "open('/x', 'w').write('abc')",
    "(",
    "while True: pass",
]


@settings(max_examples=25, deadline=None)
@given(programs=st.lists(st.sampled_from(STATEMENTS), max_size=4))
def test_memory_is_what_it_was(used, programs):
    """
    Byte for byte, it is that of an instance which no guest code has run in.
    """

    def work(session):
        for program in programs:
            session.run(program, check=False)

    instance = used(work, limits=Limits(wall_seconds=0.1), functions={"host": lambda x: [x]})

    if instance is not None:  # else it was freed, which is as good
        reference = _instance._reference(instance._engine.family)
        assert reference.read(0, reference.size) == memory(instance)
        assert SECRET.encode() not in memory(instance)
        assert instance._first_pointer == instance._stack_pointer.read()


def test_the_next_session_has_it(used, interpreter):
    """
    An instance whose session ends in good order goes to the next, which finds nothing in it.
    """
    instance = used(lambda session: session.run(f"left = '{SECRET}'"))

    assert instance is not None
    with Session(interpreter) as session:
        session.run("1")
        assert instance is session._lane._keeper.guest._instance
        assert session.run("'left' in globals()").value is False
        assert "rolled back" == lost(session).state
        assert 2 == session.run("1 + 1").value
        assert instance is not session._lane._keeper.guest._instance


def lost(session):
    session._functions.register(session._lane._keeper.guest.kill, name="die")
    with pytest.raises(SandboxError) as info:
        session.run("die()\nwhile True: pass")
    return info.value


ENDS = {
    "a trap": lost,
    "memory that has grown": lambda session: session.run("b = bytearray(8 << 20)"),
    "more pages than are worth it": lambda session: session.run(
        "b = [bytearray(1000) for _ in range(3000)]"
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_is_freed(used, end):
    """
    Nothing goes on after a trap, and nothing that would have to be shrunk.
    """
    assert used(ENDS[end]) is None


def test_late_interrupts(used, interpreter):
    """
    What is sent to a session that has ended does not reach the one that has its instance now.
    """
    guests = []
    instance = used(lambda session: guests.append(session._lane._keeper.guest))
    with Session(interpreter) as session:
        session.run("1")
        assert instance is session._lane._keeper.guest._instance
        (old,) = guests
        old.interrupt(abort=True)
        old.kill()
        assert old.remind() is False
        assert 499500 == session.run("sum(range(1000))").value


def test_snapshots_do_not_tell_what_was_before(used, interpreter):
    """
    A snapshot has the pages that differ, whatever else the instance had been used for.
    """
    code = "x = [1, 2, 3]"
    with Session(interpreter, snapshot=None) as session:
        session.run(code)
        expected = len(session.snapshot().to_bytes())
    assert used(lambda session: session.run("b = [str(i) for i in range(3000)]")) is not None
    with Session(interpreter) as session:
        session.run(code)
        assert len(session.snapshot().to_bytes()) <= expected * 1.05 + 4096


def test_sessions_at_once(interpreter):
    """
    Each has an instance of its own, in whatever order they begin and end.
    """
    sessions = []
    for number in range(40):
        sessions.append(Session(interpreter))
        sessions[-1].run(f"mine = {number}")
        if number % 3 == 0:
            sessions.pop(number % len(sessions)).close()
    instances = {id(session._lane._keeper.guest._instance) for session in sessions}
    assert len(sessions) == len(instances)
    assert sorted({session.run("mine").value for session in sessions}) == [
        session.run("mine").value for session in sessions
    ]
    for session in sessions:
        session.close()


def test_a_stop_that_comes_too_late(make_session):
    """
    One that finds nothing running any more ends no run of the next session.
    """
    with make_session() as first:
        first.run("1 + 1")
        first._lane._keeper.guest._instance._engine._engine.increment_epoch()
    for _ in range(3):
        assert 2 == make_session().run("1 + 1").value


# What a program can see of its interpreter. Told by an instance that nobody had before, it is the
# oracle.
PROBES = {
    "cpython": """
import builtins, codecs, decimal, gc, locale, os, signal, sys, threading, time, warnings
[
    sorted(globals()), sorted(vars(builtins)), sorted(sys.modules), sys.path, sys.argv,
    sys.flags[:], dict(os.environ), os.getcwd(), sorted(os.listdir("/")), os.listdir("/tmp"),
    [os.close(os.open("/tmp", os.O_RDONLY)), os.open("/tmp", os.O_RDONLY)],
    [type(handler).__name__ for handler in (sys.excepthook, sys.displayhook, sys.gettrace())],
    sys.getrecursionlimit(), sys.getswitchinterval(), gc.get_threshold(), gc.get_debug(),
    id(object()), id([]), id(type("C", (), {})), sys.getrefcount(None), len(gc.get_objects()),
    str(decimal.getcontext()), locale.setlocale(locale.LC_ALL), time.tzname, len(warnings.filters),
    threading.active_count(), signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    len(codecs.__dict__), sys.getallocatedblocks(), str(sys.stdout.errors), sys.stdin.read(),
]""",
    "micropython": """
import gc, os, sys, builtins
[
    sorted(globals()), sorted(sys.modules), sys.path, sys.argv, os.getcwd(),
    sorted(os.listdir("/")), os.listdir("/tmp"), id(object()), id([]), gc.mem_alloc(),
    gc.mem_free(), gc.isenabled(),
    sorted(dir(builtins)),
]""",
}
LEAVES = {
    "modules and names": (
        "import sys, os, json\nsys.modules['evil'] = json\nsys.path.append('/evil')\n"
        "sys.argv.append('evil')\nevil = 1\nimport builtins\nbuiltins.evil = evil"
    ),
    "files": (
        "import os\nopen('/evil', 'w').write('x')\nopen('/tmp/evil', 'w').write('x')\n"
        "os.mkdir('/evils')\nos.chdir('/evils')\nkept = open('/evil')"
    ),
    "a collector that is off": "import gc\ngc.disable()\nxs = [[i] for i in range(2000)]",
    "output and an error": "print('evil' * 999)\nraise SystemExit('evil')",
    "a name that no globals have": "class A:\n  def __del__(s): print('evil')\na = A()\na.a = a",
}


@pytest.mark.parametrize("leaves", LEAVES.values(), ids=LEAVES)
def test_the_next_session_sees_no_difference(used, interpreter, monkeypatch, leaves):
    """
    What a program can look at is what it is in an instance that nobody had before.
    """

    def anew(engine, *arguments):
        rested, engine.rested = engine.rested, None
        if rested is not None:
            rested.free()
        return _instance.open_instance(engine, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(_maker, "open_instance", anew)
        with Session(interpreter) as session:
            expected = session.run(PROBES[interpreter])
    evil = {"functions": {"evil": lambda: "evil"}, "env": {"EVIL": "1"}}
    instance = used(lambda session: session.run(leaves, check=False), **evil)
    assert instance is not None

    with Session(interpreter) as session:
        found = session.run(PROBES[interpreter])
        assert instance is session._lane._keeper.guest._instance
        assert expected.value == found.value
        assert ("", "") == (found.stdout, found.stderr)
        assert "NameError" == session.run("evil()", check=False).error.type_name
        assert [] == [record for record in session.audit if "evil" in record.target]
        assert 2 == session.usage.runs
        assert 0 == session.usage.host_calls == session.usage.output_bytes


def test_limits_are_the_next_sessions_own(used, interpreter):
    """
    Memory, fuel and time that one was allowed are not the next one's.
    """
    large = Limits(memory_bytes=256 << 20, wall_seconds=60)
    instance = used(lambda session: session.run("x = 1"), limits=large)
    assert instance is not None
    with Session(interpreter, limits=Limits(memory_bytes=1 << 20, wall_seconds=0.2)) as session:
        assert "MemoryError" in session.run("bytearray(2 << 20)", check=False).error.type_name
        assert instance is session._lane._keeper.guest._instance
        assert 0.2 == session.run("while True: pass", check=False).error.allowed


DRAWS = {
    "cpython": "import os, random, secrets, tempfile, uuid\n"
    "[random.random(), secrets.token_hex(8), str(uuid.uuid4()), os.urandom(8), tempfile.mktemp()]",
    "micropython": "import os, random\n[random.random(), os.urandom(8)]",
}


def test_random_numbers_are_the_next_sessions_own(used, interpreter):
    """
    Nobody draws what the session before has drawn, nor goes on from there; a seed gives the same.
    """
    drawn = []
    for _ in range(4):
        used(lambda session: drawn.append(session.run(DRAWS[interpreter]).value))
    for column in zip(*drawn, strict=True):
        assert 4 == len(set(column))

    seeded = []
    for _ in range(2):
        used(lambda session: seeded.append(session.run(DRAWS[interpreter]).value), seed=7)
        used(lambda session: session.run("import random\nrandom.seed(1)\nrandom.random()"))
    assert seeded[0] == seeded[1]


def test_nobody_waits_for_a_module_that_is_there(interpreter):
    """
    A thread that is interrupted while it compiles holds up no session that can begin.
    """
    with Session(interpreter) as session:
        session.run("1")
    results = []

    def use():
        with contextlib.ExitStack() as stack:  # more than there are to be taken over
            for _ in range(_engine._SPARE + 2):
                session = stack.enter_context(Session(interpreter))
                results.append(session.run("6 * 7").value)

    thread = threading.Thread(target=use, daemon=True)
    with contextlib.ExitStack() as held:
        for family in _engine._families.values():
            held.enter_context(family._lock)
        held.enter_context(_engine._families_lock)
        thread.start()
        thread.join(BOUND)
        alive = thread.is_alive()
    thread.join(BOUND)

    assert not alive
    assert [42] * (_engine._SPARE + 2) == results


def test_engines_are_claimed_once(interpreter):
    """
    Threads that take and give back at the same time never have the same one.
    """
    with Session(interpreter) as session:
        session.run("1")
    family = next(each for each in _engine._families.values() if each._spare)
    held, twice = set(), []

    def work():
        for _ in range(300):
            engine = family.take()
            twice.extend([engine] if id(engine) in held else [])
            held.add(id(engine))
            held.discard(id(engine))
            engine.release()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)

    assert not twice
    assert len(family._spare) == len(set(map(id, family._spare))) <= _engine._SPARE
    with Session(interpreter) as session:
        assert 2 == session.run("1 + 1").value


# ---- pools: instances that are put back to the state of a template


def rested(mould):
    """The engines whose instances rest in that state."""
    families = _engine._families.values()
    spare = [engine for family in families for engine in family._spare]
    return [each for each in spare if each.rested is not None and each.rested.mould is mould]


@pytest.fixture
def pool(interpreter):
    """One session at a time, each on the instance of the one before."""
    with SessionPool(interpreter, size=1, setup="kept = [1, 2, 3]") as made:
        made.run("1")
        yield made


@settings(max_examples=10, deadline=None)
@given(programs=st.lists(st.sampled_from(STATEMENTS), max_size=4))
def test_memory_is_that_of_the_template(pool, programs):
    """
    Byte for byte: what the interpreter's image has, and what the set-up has made of it.
    """
    mould = pool._template.mould
    with pool.lease() as session:
        for program in programs:
            session.run(program, check=False, wall_seconds=0.1)

    for engine in until(lambda: pool.statistics().leased == 0 and rested(mould)) or []:
        instance = engine.rested
        reference = _instance._begun(engine.family, mould)
        assert reference.read(0, reference.size) == memory(instance)
        assert SECRET.encode() not in memory(instance)
        assert mould.state.stack_pointer == instance._stack_pointer.read()


def test_states_are_not_taken_for_one_another(pool, interpreter):
    """
    Sessions of two pools and of none take turns on the same engines.
    """
    with SessionPool(interpreter, size=1, setup="kept = 'other'") as other:
        for _ in range(6):
            assert [1, 2, 3] == pool.run("kept.append(4)\nkept[:3]").value
            assert "other" == other.run("kept").value
            with Session(interpreter) as session:
                assert session.run("'kept' in globals()").value is False


def test_what_rests_goes_with_its_pool(interpreter):
    """
    Nobody else can have a use for it.
    """
    pool = SessionPool(interpreter, size=2, setup="x = 1")
    mould = pool._template.mould
    for _ in range(3):
        pool.run("x")
    assert until(lambda: rested(mould))
    session = pool.lease()
    session.run("x")
    pool.close()
    assert until(lambda: pool.statistics().leased == 0)
    assert [] == rested(mould)
    with Session(interpreter) as session:
        assert 2 == session.run("1 + 1").value


def test_an_interrupted_lease_is_put_back_whole(pool):
    """
    Another thread has written to memory then, which no page fault of the session's tells.
    """
    for _ in range(5):
        with pool.lease() as session:
            with pytest.raises(WallTimeExceeded):
                session.run(f"x = '{SECRET}'\nwhile True: pass", wall_seconds=0.05)
            assert session.run("x").value == SECRET
        assert pool.run("'x' in globals(), kept").value == (False, [1, 2, 3])


def test_a_mould_that_is_closed_while_it_is_filled():
    """
    The collector may find the pool just then, on the same thread.
    """
    mould, told = Mould(NO_ROOM), []

    def fill():
        mould.close()
        return SimpleNamespace(memory=b"", part=lambda: told.append("parted"))

    filling = threading.Thread(
        target=lambda: told.append(mould.reference("family", fill)), daemon=True
    )
    filling.start()
    filling.join(20)
    assert told == ["parted", None]
    assert mould.reference("family", lambda: told.append("made")) is None
    assert told == ["parted", None]


def held(interpreter):
    """How much the engines of *interpreter* have that was not given back."""
    return sum(
        len(family.held)
        for family in _engine._families.values()
        if family.artifact.name == interpreter
    )


def test_no_room_for_what_instances_are_copied_from(pool, interpreter, monkeypatch):
    """
    What there was of it is given back each time, and sessions go on as new ones.
    """

    begin = _instance.Instance._begin

    def no_room(instance, made, target, *rest):
        if target is None:  # that of an instance which nobody uses
            raise SessionBroken("the host has no memory for another instance")
        begin(instance, made, target, *rest)

    def use():
        with pool.lease() as session:
            session.run("x = 1")
        assert until(lambda: pool.statistics().leased == 0)

    references = pool._template.mould._references
    while references:
        references.popitem()[1].part()
    monkeypatch.setattr(_instance.Instance, "_begin", no_room)
    use()
    before = held(interpreter)
    for _ in range(3):
        use()
    assert held(interpreter) <= before


def test_memory_has_no_large_pages(interpreter):
    """
    The kernel would make some later, and what is written to them is no page fault.
    """
    with Session(interpreter) as session:
        base = session._lane.ask(lambda guest: guest._memory._base)
        flags, here = "", False
        for line in Path("/proc/self/smaps").read_text().splitlines():
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                begin, end = (int(at, 16) for at in line.split()[0].split("-"))
                here = begin <= base < end
            elif here and line.startswith("VmFlags:"):
                flags = line
    assert " nh" in flags
