"""A session as a value: stored, restored, forked; and what is no such value."""

import copy
import hashlib
import hmac
import os
import pickle
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_checkpoints import SEEN, START, STATEMENTS, outcome

from sandbox_wasm import (
    ConfigError,
    GuestError,
    HostExhausted,
    Limits,
    Session,
    SessionBroken,
    SessionClosed,
    Snapshot,
    SnapshotError,
    _files_form,
    _snapshot,
)
from sandbox_wasm._files import Files
from sandbox_wasm._snapshot import inflate
from sandbox_wasm._sources import END
from sandbox_wasm._state import PAGE, PART, GuestState
from sandbox_wasm.interpreters import _zygote, digest

GOLDEN = Path(__file__).with_name("golden")
RICH = """
import json
log = []
def counter():
    n = 0
    while True:
        n += 1
        yield n
g = counter()
next(g)
double = lambda v: v * 2
def adder(by):
    def add(v): return v + by
    return add
add3 = adder(3)
class Point:
    def __init__(self, x): self.x = x
p = Point(7)
p.me = p
"""
ASK = "[next(g), double(4), add3(4), p.me.x, json.dumps([1])]"


def add(a, b):
    return a + b


def through_bytes(snapshot):
    return Snapshot.from_bytes(snapshot.to_bytes())


# ---- what is kept


@pytest.mark.parametrize("way", [lambda snapshot: snapshot, through_bytes])
def test_everything_is_kept(make_session, way):
    """
    Generators, closures, objects that refer to themselves, files.
    """
    session = make_session()
    session.run(RICH)
    session.files.write("/tmp/notes.txt", b"one")
    snapshot = way(session.snapshot())
    expected = session.run(ASK).value

    for isolation in ("thread", session.isolation):  # it serves as often as one likes
        with Session.restore(snapshot, isolation=isolation) as restored:
            assert expected == restored.run(ASK).value
            assert b"one" == restored.files.read("/tmp/notes.txt")
    assert [2, 8, 7, 7, "[1]"] == expected
    assert 3 == session.run("next(g)").value


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_open_files_are_kept(make_session):
    """
    A file that is open goes on where it was.
    """
    session = make_session()
    session.run("f = open('/tmp/a', 'w+')\nf.write('one\\ntwo\\n')\nf.flush()\nf.seek(4)")
    snapshot = through_bytes(session.snapshot())
    session.run("f.truncate(0)")
    for _ in range(2):
        with Session.restore(snapshot) as restored:
            assert "two\n" == restored.run("f.read()").value
            restored.run("f.write('three')\nf.close()")
            assert b"one\ntwo\nthree" == restored.files.read("/tmp/a")


@settings(max_examples=15)
@given(steps=st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=8))
def test_restored_at_every_statement(interpreter, steps):
    """
    Straight through is the same as stored and restored between any two statements.
    """
    session = Session(interpreter, functions=[add])
    with Session(interpreter, functions=[add]) as oracle:
        try:
            oracle.run(START)
            session.run(START)
            for statement in steps:
                snapshot = through_bytes(session.snapshot())
                session.close()
                session = Session.restore(snapshot, functions=[add])
                expected = outcome(oracle.run(statement, check=False))
                assert expected == outcome(session.run(statement, check=False))
                assert oracle.run(SEEN).value == session.run(SEEN).value
        finally:
            session.close()


def pasted(under, state):
    """What lies in *under*, begin and bytes of each part, once *state* is written over it."""
    memory = bytearray(state.size)
    for at, part in under:
        memory[at : at + len(part)] = part
    at = 0
    for begin, end in state.ranges:
        memory[begin:end] = state.data[at : at + end - begin]
        at += end - begin
    return [bytes(memory[at : at + len(part)]) for at, part in under]


def test_what_is_stored_is_what_differs(make_session):
    """
    Byte for byte, what is left out is what every instance begins with; and that is most of it.
    """
    session = make_session()
    session.run(RICH)
    snapshot = session.snapshot()
    live = snapshot._live[0]
    data = snapshot.to_bytes()
    stored = Snapshot.from_bytes(data)
    state, _ = stored.unpack(session.limits, 64 << 20)

    bare = [
        (begin, first.ljust(end - begin, b"\0"))
        for (begin, end), first in zip(live.ranges, live.pristine(live.ranges), strict=True)
    ]
    assert live.data == b"".join(pasted(bare, state))
    assert stored.stored_bytes < snapshot.stored_bytes / 2
    assert len(data) < {"cpython": 40_000, "micropython": 15_000}[session.interpreter]


FILLED = st.sampled_from([bytes(PAGE), b"\1" * PAGE, bytes(range(256)) * (PAGE // 256)])


@given(
    known=st.lists(FILLED, max_size=6),
    beyond=st.integers(0, 3),
    changes=st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=300)), max_size=8),
    asked=st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_own_parts(known, beyond, changes, asked):
    """
    Written over what every instance begins with, they are the state, and no more than it.
    """
    first = b"".join(known)
    now = bytearray(first) + bytearray(beyond * PAGE)
    if not now:
        return
    for at, change in changes:
        at %= len(now)
        change = change[: len(now) - at]
        now[at : at + len(change)] = change
    base = first + bytes(beyond * PAGE)
    pages = [
        (at, at + PAGE)
        for at in range(0, len(now), PAGE)
        if asked[at // PAGE] or now[at : at + PAGE] != base[at : at + PAGE]
    ]
    data = b"".join(now[begin:end] for begin, end in pages)
    state = GuestState(
        len(now), 7, pages, data, lambda asked: [first[begin:end] for begin, end in asked]
    )

    lean = state.lean()

    assert lean.is_whole
    assert 7 == lean.stack_pointer
    assert [bytes(now)] == pasted([(0, base)], lean)
    assert len(lean.data) <= len(data)
    assert len(lean.ranges) <= len(now) // PAGE
    assert lean.lean().data == lean.data
    unknown = GuestState(len(now), 7, pages, data, lambda _: None).lean()
    assert (data, pages) == (unknown.data, list(unknown.ranges))


def test_changes_that_are_scattered():
    """
    There are never more parts than pages: who reads a snapshot bounds them by that.
    """
    first = bytes(range(256)) * 64
    now = bytearray(first)
    now[::256] = b"\xff" * (len(first) // 256)
    state = GuestState(len(now), 0, [(0, len(now))], now, lambda _: [first]).lean()

    assert [(0, len(now))] == list(state.ranges)
    assert now == state.data


def test_workers_whose_zygote_has_ended():
    """
    A snapshot is stored then as well, if not as small.
    """
    with Session("micropython", isolation="process") as session:
        session.run("x = [1, 2]")
        snapshot = session.snapshot()
        zygote = session._lane._keeper.guest._child._zygote
        zygote.close()
        zygote._pages = {}
        data = snapshot.to_bytes()

    assert Snapshot.from_bytes(data).stored_bytes == snapshot.stored_bytes
    with Session.restore(Snapshot.from_bytes(data)) as restored:
        assert [1, 2] == restored.run("x").value


def test_workers_where_no_thread_can_be_started(monkeypatch):
    """
    A snapshot of theirs is stored then as well.
    """

    def refuse(target):
        raise HostExhausted("no more")

    zygote = _zygote.get("micropython", False)
    zygote._pages = {}
    monkeypatch.setattr(_zygote, "start_thread", refuse)

    assert zygote.pristine([(0, PAGE)]) is None


def test_ranges_of_a_worker_that_was_taken_over():
    """
    What does not begin or end with a page is told apart from nothing.
    """
    zygote = _zygote.get("micropython", False)
    assert zygote.pristine([(0, PAGE), (PAGE, PAGE + PART)]) is None
    beyond = zygote.base_bytes
    assert [b"", b""] == zygote.pristine([(beyond, beyond + PAGE), (1 << 31, 1 << 32)])
    (across,) = zygote.pristine([(beyond - PAGE, beyond + PAGE)])
    assert PAGE == len(across)
    (whole,) = zygote.pristine([(0, 1 << 32)])
    assert beyond == len(whole)
    assert whole[-PAGE:] == across


@pytest.mark.parametrize("way", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copies(session, way):
    """
    A snapshot goes where other data goes.
    """
    session.run("x = [1, 2]")
    for snapshot in (session.snapshot(), through_bytes(session.snapshot())):
        with Session.restore(way(snapshot)) as restored:
            assert [1, 2] == restored.run("x").value


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork processes")
def test_a_child_of_fork_stores_it(tmp_path):
    """
    What it compares with belongs to the parent.
    """
    code = """
import os, sys
from sandbox_wasm import Session
with Session("micropython") as session:
    session.run("x = [1, 2]")
    snapshot = session.snapshot()
    if not os.fork():
        snapshot.save(sys.argv[1])
        os._exit(0)
    assert 0 == os.wait()[1]
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "a"], check=True, timeout=60)
    with Session.restore(Snapshot.load(tmp_path / "a")) as restored:
        assert [1, 2] == restored.run("x").value


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork processes")
def test_a_child_of_fork_stores_it_while_the_zygote_was_asked(tmp_path):
    """
    It does not wait for an answer that another thread of its parent gets.
    """
    code = """
import os, sys, time
from sandbox_wasm import Session
with Session("micropython", isolation="process") as session:
    session.run("x = [1, 2]")
    snapshot = session.snapshot()
    zygote = session._lane._keeper.guest._child._zygote
    zygote._lock.acquire()
    if not os.fork():
        began = time.monotonic()
        snapshot.save(sys.argv[1])
        os._exit(time.monotonic() - began > 15)
    zygote._lock.release()
    assert 0 == os.wait()[1]
"""
    subprocess.run([sys.executable, "-c", code, tmp_path / "a"], check=True, timeout=60)
    with Session.restore(Snapshot.load(tmp_path / "a")) as restored:
        assert [1, 2] == restored.run("x").value


def test_a_run_that_is_lost_after_restoring(make_session):
    """
    The session goes back to the snapshot, and the snapshot is as it was.
    """
    first = make_session()
    first.run("x = 1\ny = [1]")
    snapshot = first.snapshot()
    before = snapshot.to_bytes()
    session = Session.restore(snapshot, isolation=first.isolation)
    with session:

        def die():
            session._lane._keeper.guest.kill()

        session.function(die)
        for _ in range(2):
            error = session.run("x = 2\ny.append(2)\ndie()\nwhile True: pass", check=False).error
            assert "rolled back" == error.state
            assert [1, [1]] == session.run("[x, y]").value
        session.run("y.append(3)")
    assert before == snapshot.to_bytes()


def test_file(make_session, tmp_path):
    """
    A snapshot is written whole, for its owner alone, over what was there.
    """
    session = make_session()
    session.run("x = 5")
    path = tmp_path / "session.snapshot"
    path.write_bytes(b"something else")

    session.snapshot().save(path)

    assert [path] == list(tmp_path.iterdir())
    if os.name == "posix":
        assert 0o600 == path.stat().st_mode & 0o777
    loaded = Snapshot.load(path)
    assert session.interpreter == loaded.interpreter
    assert 0 < loaded.stored_bytes < loaded.memory_bytes
    with Session.restore(loaded) as restored:
        assert 5 == restored.run("x").value
    with pytest.raises(FileNotFoundError):
        Snapshot.load(tmp_path / "none")


@pytest.mark.parametrize("path", [None, 1.5, "a\0b", "\ud800", [], object()], ids=range(6))
def test_paths_that_are_none(session, path):
    with pytest.raises(ConfigError, match="path must be a path"):
        Snapshot.load(path)
    with pytest.raises(ConfigError, match="path must be a path"):
        session.snapshot().save(path)


def test_a_number_is_no_path(session, tmp_path):
    """
    It would be read from a descriptor of somebody else's, and close that.
    """
    session.snapshot().save(tmp_path / "kept")
    with open(tmp_path / "kept", "rb") as file:
        with pytest.raises(ConfigError, match="path must be a path"):
            Snapshot.load(file.fileno())

        assert 0 < os.fstat(file.fileno()).st_size


# ---- what is not part of it


def test_functions_are_those_of_the_restored_session(make_session):
    """
    A snapshot grants nothing: what it could call is gone unless it is given again.
    """
    session = make_session(functions={"add": add, "late": lambda: 1})
    session.run("x = add(1, 2) + late()")
    snapshot = through_bytes(session.snapshot())

    with Session.restore(snapshot, functions={"add": lambda a, b: a * b}) as restored:
        assert [4, 12] == restored.run("[x, add(3, 4)]").value
        with pytest.raises(GuestError, match="late"):
            restored.run("late()")
    with Session.restore(snapshot) as restored, pytest.raises(GuestError, match="add"):
        restored.run("add(1, 2)")


def test_limits_are_those_of_the_restored_session(make_session):
    """
    A snapshot with more memory or files than the limits allow is refused; a limit is kept.
    (SN-05)
    """
    session = make_session()
    session.run("big = bytearray(6 << 20)")
    session.files.write("/data", b"x" * 3000)
    for snapshot in (session.snapshot(), through_bytes(session.snapshot())):
        with pytest.raises(SnapshotError, match="memory_bytes"):
            Session.restore(snapshot, limits=Limits(memory_bytes=1 << 20))
        with pytest.raises(SnapshotError, match="file"):
            Session.restore(snapshot, limits=Limits(file_bytes=2000))
        limits = Limits(memory_bytes=10 << 20)
        with Session.restore(snapshot, limits=limits, isolation=session.isolation) as restored:
            with pytest.raises(GuestError, match="MemoryError"):
                restored.run("more = bytearray(9 << 20)")
            assert 6 << 20 == restored.run("len(big)").value


# ---- forks


def test_forks_go_their_own_way(make_session):
    """
    What one does, the others do not see; nor do their files.
    """
    session = make_session(functions=[add], limits=Limits(wall_seconds=7))
    session.run("x = [1]")
    with session.fork() as one, session.fork() as two, one.fork() as three:
        one.run("x.append(add(1, 1))")
        one.files.write("/tmp/a", b"")
        two.run("x = None")
        three.run("x.append(7)")
        assert [1, 2] == one.run("x").value
        assert [1, 7] == three.run("x").value
        assert session.limits == three.limits
        assert "/tmp/a" not in three.files
    assert [1] == session.run("x").value


def test_randomness_of_forks(make_session):
    """
    Each fork draws its own numbers, unless it is to draw the same.
    """
    session = make_session()
    session.run("import random\nrandom.random()")
    draw = "[random.random() for _ in range(3)]"
    with session.fork() as one, session.fork() as two, session.fork(reseed=False) as same:
        drawn = [each.run(draw).value for each in (session, one, two)]
        assert 3 == len({tuple(each) for each in drawn})
        assert drawn[0] == same.run(draw).value
        assert ["random"] == one.run("[n for n in globals() if n[0] != '_']").value


def test_randomness_of_forks_from_a_seed(interpreter):
    """
    With a seed, forks differ from one another, and are the same each time.
    """

    def draw():
        with Session(interpreter, seed=5, clock=0) as session:
            session.run("import random, uuid")
            with session.fork() as one, session.fork() as two:
                return [each.run("str(uuid.uuid4())").value for each in (session, one, two)]

    drawn = draw()
    assert drawn == draw()
    assert 3 == len(set(drawn))


def test_guest_that_has_changed_random(make_session):
    """
    A `random` that does not return costs the fork no more than its reseeding.
    """
    session = make_session(limits=Limits(wall_seconds=0.5))
    session.run("x = 1\nimport random\ndef seed():\n  while True: pass\nrandom.seed = seed")
    with session.fork() as fork:
        assert 1 == fork.run("x").value


# ---- when there is none


def test_while_code_runs(make_session):
    """
    From another thread or from within, a session that runs code has no state to tell.
    (SN-08)
    """
    session = make_session()
    inside, found = threading.Event(), []
    leave = threading.Event()

    def ask():
        for what in (session.snapshot, session.fork):
            try:
                what()
            except SnapshotError as error:
                found.append(error)
        inside.set()
        leave.wait(10)

    session.function(ask)
    future = session.submit("x = 1\nask()")
    assert inside.wait(10)
    for what in (session.snapshot, session.fork):
        with pytest.raises(SnapshotError, match="runs code"):
            what()
    leave.set()

    assert future.result(10).error is None
    assert 2 == len(found)
    with Session.restore(session.snapshot()) as restored:
        assert 1 == restored.run("x").value


def test_session_that_is_gone(make_session):
    """
    Closed and broken sessions say what they are.
    """
    session = make_session()
    session.close()
    broken = make_session(checkpoints=False)

    def die():
        broken._lane._keeper.guest.kill()

    broken.function(die)
    assert "broken" == broken.run("die()\nwhile True: pass", check=False).error.state
    for what in (Session.snapshot, Session.fork):
        with pytest.raises(SessionClosed):
            what(session)
        with pytest.raises(SessionBroken):
            what(broken)


# ---- what is no snapshot


@pytest.fixture(scope="module")
def packed():
    """A snapshot as bytes."""
    with Session("micropython") as session:
        session.run("x = [1, 2]")
        session.files.write("/data/a", b"text")
        return session.snapshot().to_bytes()


NAME_AT = 48 + _snapshot._HEAD.size + _snapshot._MORE.size


def refused(data, **arguments):
    with pytest.raises(SnapshotError) as info:
        Session.restore(Snapshot.from_bytes(data, **arguments)).close()
    return str(info.value)


@settings(max_examples=60)
@given(data=st.data())
def test_altered(packed, data):
    """
    One changed byte, or any that are missing or added, is noticed.
    (SN-01)
    """
    at = data.draw(st.integers(0, len(packed) - 1))
    other = data.draw(st.integers(1, 255))
    refused(packed[:at] + bytes([packed[at] ^ other]) + packed[at + 1 :])
    refused(packed[:at])
    refused(packed + packed[at:])


@given(data=st.binary(max_size=300))
def test_bytes_that_are_none(data):
    """
    Whatever it is, it is refused.
    (SN-04)
    """
    refused(data)
    refused(_snapshot.MAGIC + data)


def test_keys(packed):
    """
    A key proves who wrote it: without it, with another, or where none was, it is refused.
    """
    snapshot = Snapshot.from_bytes(packed)
    sealed = snapshot.to_bytes(key=b"key")

    assert "sealed with a key" in refused(sealed)
    assert "another key" in refused(sealed, key=b"other")
    assert "not sealed" in refused(packed, key=b"key")
    for version in (0, 1, 2, 4):  # nor is it taken for another version of the form
        refused(sealed[:12] + struct.pack("<I", version) + sealed[16:], key=b"key")
    stripped = packed[:48] + sealed[48:]
    refused(stripped)
    refused(stripped, key=b"key")
    with Session.restore(Snapshot.from_bytes(sealed, key=b"key")) as session:
        assert [1, 2] == session.run("x").value
    for key in (b"", "key", bytearray(b"key")):
        with pytest.raises(ConfigError):
            snapshot.to_bytes(key=key)


def resealed(packed, *, body=None, key=None, **fields):
    """The same with other fields, and a seal that holds."""
    head, at = packed[48:], NAME_AT - 48
    names = ["signed", "length", "artifact", *_snapshot._Shape._fields]
    values = dict(zip(names, _snapshot._HEAD.unpack_from(head), strict=True))
    name, kept = head[at : at + values["length"]], head[at + values["length"] :]
    body = kept if body is None else body
    sources = fields.pop("sources", head[_snapshot._HEAD.size : at])
    name = fields.pop("name", name)
    version = fields.pop("version", _snapshot.VERSION)
    values |= {"length": len(name), **fields}
    content = _snapshot._HEAD.pack(*values.values()) + sources + name + body
    whole = (b"" if version == 1 else _snapshot.MAGIC + struct.pack("<I", version)) + content
    seal = hmac.digest(key, whole, "sha256") if key else hashlib.sha256(whole).digest()
    return _snapshot._OPENING.pack(_snapshot.MAGIC, version, seal) + content


def body_of(packed):
    return zlib.decompress(packed[NAME_AT + len("micropython") :])


def test_other_versions_and_artifacts(packed):
    """
    What another version wrote, or another artifact runs, is refused, and both are named.
    (SN-02)
    """
    assert packed == resealed(packed)
    for version in (0, 4, 1 << 31):
        assert f"form {version}" in refused(resealed(packed, version=version))
    text = refused(resealed(packed, artifact=bytes(32)))
    assert "00" * 32 in text
    assert Snapshot.from_bytes(packed).artifact in text
    refused(resealed(packed, name=b"python"))
    refused(resealed(packed, name=b"../../etc"))
    with pytest.raises(SnapshotError, match=r"'micropython'.*'cpython'"):
        Session("cpython", snapshot=Snapshot.from_bytes(packed))
    for none in (packed, None, 5):
        with pytest.raises(ConfigError):
            Session.restore(none)


@pytest.mark.parametrize(
    "fields",
    [
        {"memory": 0},
        {"memory": 4095},
        {"memory": 1 << 33},
        {"memory": 1 << 32},
        {"memory": 65536},
        {"ranges": 0},
        {"ranges": 0xFFFFFFFF},
        {"stored": 0},
        {"stored": 1 << 60},
        {"files": 0},
        {"files": 1 << 60},
        {"sources": struct.pack("<QqQI", 1 << 63, -1, 0, 0)},
        {"sources": struct.pack("<QqQI", 0, -2, 0, 0)},
        {"sources": struct.pack("<QqQI", 0, (1 << 63) - 1, 0, 0)},
        {"sources": struct.pack("<QqQI", 0, -1, END + 1, 0)},
        {"sources": struct.pack("<QqQI", 0, -1, 0, 1)},
        {"sources": struct.pack("<QqQI", 0, -1, 0, (1 << 32) - 2)},
        {"sources": b""},
        {"body": b""},
        {"body": b"no zlib"},
        {"body": zlib.compress(b"")},
    ],
)
def test_fields_that_do_not_fit(packed, fields):
    """
    A seal that holds does not make a snapshot of what is none.
    """
    refused(resealed(packed, **fields))


def test_bombs(packed):
    """
    Memory is bounded by the limits, whatever the snapshot says of itself.
    """
    zeroes = zlib.compress(bytes(1 << 28))
    tracemalloc.start()
    try:
        refused(resealed(packed, body=zeroes))
        refused(resealed(packed, body=zeroes, memory=1 << 28, stored=1 << 28))
        refused(resealed(packed, body=zeroes, files=1 << 28))
        assert tracemalloc.get_traced_memory()[1] < 3 << 27
    finally:
        tracemalloc.stop()


@settings(max_examples=60)
@given(st.data())
def test_unpacking_gives_what_was_packed_and_nothing_else(data):
    """
    Wherever its pieces end: the parts that were packed, and an error for anything shorter,
    longer or cut off.
    """
    noise = st.builds(
        lambda n, seed: hashlib.shake_128(bytes([seed])).digest(n),
        st.integers(0, 40_000),
        st.integers(0, 255),
    )
    runs = st.integers(0, 1 << 20).map(bytes)
    parts = data.draw(st.lists(st.one_of(st.binary(), noise, runs), min_size=1, max_size=4))
    lengths = [len(part) for part in parts]
    packed = zlib.compress(b"".join(parts), data.draw(st.integers(0, 9)))
    assert parts == inflate(packed, lengths, "run")

    at = data.draw(st.integers(0, len(lengths) - 1))
    by = data.draw(st.integers(-lengths[at], 2).filter(bool))
    other = [*lengths[:at], lengths[at] + by, *lengths[at + 1 :]]
    end = data.draw(st.integers(0, len(packed) - 1))
    for wrong, sizes in ((packed, other), (packed[:end], lengths), (packed + b"x", lengths)):
        with pytest.raises(SnapshotError, match="the run is damaged"):
            inflate(wrong, sizes, "run")


@settings(max_examples=40)
@given(data=st.data())
def test_ranges_that_do_not_fit(packed, data):
    """
    Wherever ranges lead to, nothing is written outside of memory.
    """
    raw = body_of(packed)
    table = 8 * _snapshot._HEAD.unpack_from(packed, 48)[5]
    words = list(struct.unpack_from(f"<{table // 4}I", raw))
    at = data.draw(st.integers(0, len(words) - 1))
    words[at] ^= data.draw(st.sampled_from([1, 2, 1 << 16, 1 << 31, 0xFFFFFFFF]))
    altered = struct.pack(f"<{len(words)}I", *words) + raw[table:]
    snapshot = Snapshot.from_bytes(resealed(packed, body=zlib.compress(altered)))
    try:
        session = Session.restore(snapshot, limits=Limits(wall_seconds=0.3))
    except SnapshotError:
        return
    with session:  # the same parts at other places of the guest's own memory
        session.run("x = 1", check=False)


@settings(max_examples=30)
@given(at=st.integers(0), other=st.integers(1, 255))
def test_memory_that_was_altered(packed, at, other):
    """
    A state that its writer has made up harms nothing but itself.
    """
    raw = bytearray(body_of(packed))
    table = 8 * _snapshot._HEAD.unpack_from(packed, 48)[5]
    stored = _snapshot._HEAD.unpack_from(packed, 48)[6]
    raw[table + at % stored] ^= other
    snapshot = Snapshot.from_bytes(resealed(packed, body=zlib.compress(bytes(raw))))
    limits = Limits(wall_seconds=0.3)
    with Session.restore(snapshot, limits=limits) as session:
        session.run("x = [i for i in range(100)]\nprint(x)", check=False)
    with Session("micropython") as session:
        assert 2 == session.run("1 + 1").value


def test_stack_pointer_that_was_altered(packed):
    """
    It is the guest's own, and leads nowhere but into its memory.
    """
    for pointer in (0, 1, 1 << 31, 0xFFFFFFFF):
        snapshot = Snapshot.from_bytes(resealed(packed, stack_pointer=pointer))
        with Session.restore(snapshot) as session:
            assert session.run("[1, 2]", check=False) is not None


# ---- files


def some_files():
    files = Files(1 << 20, 100)
    at, _ = files.open(3, "tmp/a.txt", 1 | 16 | 32)
    files.write(at, b"hello")
    files.make_directory(3, "d")
    gone, _ = files.open(3, "d/gone", 1 | 16 | 32)
    files.write(gone, b"still open")
    files.unlink(3, "d/gone")
    files.open(3, "d", 2)
    return files


def test_files_form():
    """
    What was encoded is decoded, open files that have lost their names included.
    """
    state = some_files().mark()
    data = _files_form.encode(state)
    other = _files_form.decode(data, 1 << 20, 100)

    assert data == _files_form.encode(other)
    assert state.open == other.open
    assert state.tree.used == other.tree.used
    files = Files(1 << 20, 100)
    files.reset(other)
    assert b"still open" == files.pread(5, 100, 0)
    files.close(5)
    assert len(data) <= _files_form.most_bytes(1 << 20, 100)


def test_times_that_no_form_has_room_for(isolation):
    """
    They are refused when guest code sets them, so that every session can be stored.
    """
    tried = "import os\nos.utime('/a', ns=(0, %d))"
    with Session("cpython", files={"a": b""}, isolation=isolation) as session:
        session.run(tried % ((1 << 63) - 1))
        with pytest.raises(GuestError) as info:
            session.run(tried % (1 << 63))
        stored = session.snapshot().to_bytes()

    assert "OSError" == info.value.type_name
    with Session.restore(Snapshot.from_bytes(stored)) as other:
        assert (1 << 63) - 1 == other.run("import os\nos.stat('/a').st_mtime_ns").value


@pytest.mark.parametrize("clock", [0, 1.7e9, 9e9])
def test_a_clock_that_has_come_to_its_end(clock):
    """
    It stands still there, and the session can be stored, and go on with that clock or another.
    """
    with Session("cpython", clock=clock) as session:
        session.run("import time\nfor _ in range(3): time.sleep(4e9)")
        session.run("t = time.time(), time.monotonic()\nopen('/a', 'w').close()")
        assert 8e9 <= session.run("t[0]").value <= 9e9
        stored = session.snapshot().to_bytes()

    for other in ({"clock": clock}, {"clock": 5}, {}):
        with Session.restore(Snapshot.from_bytes(stored), **other) as again:
            again.run("import time\ntime.sleep(0.002)\nnow = time.monotonic()")
            again.run("time.sleep(0.002)")
            assert again.run("t[1] <= now <= time.monotonic()").value is True
            Snapshot.from_bytes(again.snapshot().to_bytes())


@pytest.mark.parametrize("field", ["accessed", "modified"])
def test_times_before_all_times(field):
    """
    A guest could not be told of them.
    """
    state = some_files().mark()
    setattr(state.tree.nodes[1], field, -1)

    with pytest.raises(SnapshotError, match="time"):
        _files_form.decode(_files_form.encode(state), 1 << 20, 100)


@pytest.mark.parametrize("last", [1 << 62, (1 << 64) - 1])
def test_numbers_that_come_to_an_end(last):
    """
    The next file would have one that a guest cannot be told.
    """
    state = some_files().mark()
    state = state._replace(tree=state.tree._replace(next=last))

    with pytest.raises(SnapshotError, match="numbers"):
        _files_form.decode(_files_form.encode(state), 1 << 20, 100)


@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_files(data):
    with pytest.raises(SnapshotError):
        _files_form.decode(data, 1 << 20, 100)


@settings(max_examples=300)
@given(at=st.integers(0), other=st.integers(1, 255), cut=st.integers(0))
def test_files_that_were_altered(at, other, cut):
    """
    They are refused, or are files like any other.
    """
    data = bytearray(_files_form.encode(some_files().mark()))
    with pytest.raises(SnapshotError):
        _files_form.decode(bytes(data[: cut % len(data)]), 1 << 20, 100)
    data[at % len(data)] ^= other
    try:
        state = _files_form.decode(bytes(data), 1 << 20, 100)
    except SnapshotError:
        return
    files = Files(1 << 20, 100)
    files.reset(state)
    for descriptor in state.open:
        files.close(descriptor.fd)
    names = [entry.name for entry in files.list(3, 0, 100)]
    assert names == [entry.name for entry in files.list(3, 0, 100)]
    assert files.mark().tree.used <= 1 << 20


# ---- forms of earlier versions


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.snapshot")), ids=lambda path: path.stem)
def test_golden(path):
    """
    A stored snapshot is read for ever; it goes on with its artifact alone.
    """
    snapshot = Snapshot.load(path)

    assert "micropython" == snapshot.interpreter
    assert 0 < snapshot.stored_bytes < snapshot.memory_bytes
    state, files = snapshot.unpack(Limits(), 64 << 20)
    assert snapshot.stored_bytes == len(state.data)
    assert b"golden" in bytes(state.data)
    assert 6 == files.tree.used
    assert snapshot.to_bytes()[48:] == path.read_bytes()[48:]
    if snapshot.artifact == digest("micropython"):
        with Session.restore(snapshot) as session:
            assert "golden" == session.run("x").value
            assert b"golden" == session.files.read("/data")
    else:
        with pytest.raises(SnapshotError, match=snapshot.artifact):
            Session.restore(snapshot)


def test_there_is_a_golden_file_of_each_version():
    """
    Whoever changes the form adds one.
    """
    found = {path.name.split("-")[0] for path in GOLDEN.glob("*.snapshot")}
    assert {f"v{version}" for version in range(1, _snapshot.VERSION + 1)} == found


@pytest.mark.parametrize("isolation", ["thread"])
def test_an_interrupt_that_came_too_late_is_not_in_it(make_session):
    """
    Who ends a run may ask once more when it has just ended: no other session is hit by that.
    """
    session = make_session()
    session.run("x = 1")
    session._lane.ask(lambda guest: guest.interrupt(abort=True))

    with session.fork() as fork:
        assert 1 == fork.run("x").value
    assert 1 == session.run("x").value
