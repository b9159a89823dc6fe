"""Guests in worker processes: what a worker may say, what it may do, and how it ends."""

import contextlib
import mmap
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from processes import descriptors, python
from waiting import until

from sandbox_wasm import (
    ConfigError,
    FuelExhausted,
    GuestCrash,
    GuestProtocolError,
    Interrupted,
    Limits,
    OutputExceeded,
    Session,
    SessionBroken,
    SessionClosed,
    SnapshotError,
    WallTimeExceeded,
    _deadline,
)
from sandbox_wasm._deadline import Deadline
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._state import GuestState
from sandbox_wasm._wasm import _compile
from sandbox_wasm._wasm._config import Variant
from sandbox_wasm.interpreters import _remote, _wire, _zygote, make
from sandbox_wasm.interpreters._base import Request
from sandbox_wasm.interpreters._store import HeldState, Original, Store

BOUND = 30
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def isolation():
    """Everything here is about workers."""
    return "process"


# ---- what a worker may say


class Scripted:
    """A worker that sends what it is told to, whatever it is asked."""

    pristine = None

    def __init__(self, frames, *, ready=True):
        self.data, self.theirs = socket.socketpair()
        self.control, self.listened = socket.socketpair()
        self.killed = False
        if ready:
            self.say(_wire.READY)
        for frame in frames:
            self.say(*frame)

    def say(self, operation, *values):
        body = values[0] if values and isinstance(values[0], Raw) else _wire.encode(values)
        self.theirs.sendall(struct.pack("<BI", operation, len(body)) + body)

    def end(self):
        self.theirs.shutdown(socket.SHUT_WR)

    def kill(self):
        self.killed = True
        self.end()

    def wait(self):
        return -signal.SIGKILL

    def close(self):
        for end in (self.data, self.theirs, self.control, self.listened):
            end.close()


class Raw(bytes):
    """The body of a frame as it stands."""


@pytest.fixture
def scripted():
    """Returns a guest whose worker says the frames, the worker and the session's ledger."""
    workers = []

    def make(*frames, limits=None, functions=()):
        limits = limits or Limits(result_bytes=1000, host_call_bytes=1000)
        worker = Scripted(frames)
        workers.append(worker)
        ledger = Ledger(limits, HostFunctions(functions), Files(0, 0), lambda: None)
        store = Store(1 << 20)
        return _remote.RemoteGuest(worker, ledger, limits, store), worker, ledger

    yield make
    for worker in workers:
        worker.close()


ANSWER = (_wire.ANSWER, 0, None, 0, 42, None)
RUN = Request("run", b"1")


def test_worker_that_behaves(scripted):
    """
    The counter-test: output, a host call, and an answer.
    """
    frames = [(_wire.OUTPUT, 1, b"hi"), (_wire.CALL, b"add", b"[[1,2],{}]"), ANSWER]
    guest, worker, ledger = scripted(*frames, functions={"add": lambda a, b: a + b})

    assert 42 == guest.request(RUN).value
    assert "hi" == ledger.text(1)
    assert not worker.killed
    assert b"\0" == worker.theirs.recv(1)
    link = _wire.Link(worker.theirs, {_wire.BEGIN: 1 << 10, _wire.REQUEST: 100, _wire.REPLY: 100})
    assert [_wire.BEGIN, _wire.REQUEST] == [link.receive()[0] for _ in range(2)]
    assert (_wire.REPLY, (_wire.GO_ON, 0, b"3")) == link.receive()


LIES = {
    "unknown operation": (77, 1),
    "operation of the host": (_wire.REQUEST, 1, "run", b"1", None, False),
    "operation of the zygote": (_wire.FORKED, 1),
    "ready again": (_wire.READY,),
    "no values": (_wire.ANSWER,),
    "too many values": (*ANSWER, 1),
    "value of another type": (_wire.ANSWER, 0, None, 0, b"", None),
    "nested value": (_wire.ANSWER, 0, None, 0, ((1,),), None),
    "unknown status": (_wire.ANSWER, 0, None, 9, 1, None),
    "negative status": (_wire.ANSWER, 0, None, -1, 1, None),
    "memory below nothing": (_wire.ANSWER, -1, None, 0, 1, None),
    "more memory than there is": (_wire.ANSWER, 1 << 40, None, 0, 1, None),
    "fuel that is not metered": (_wire.ANSWER, 0, 5, 0, 1, None),
    "text that is none": (_wire.ANSWER, 0, None, 0, "\ud800", None),
    "unknown error": (_wire.ERROR, 0, None, 99, "x"),
    "negative error": (_wire.ERROR, 0, None, -1, "x"),
    "error of fuel that is not metered": (_wire.ERROR, 0, None, 2, "x"),
    "unknown stream": (_wire.OUTPUT, 3, b"x"),
    "text as output": (_wire.OUTPUT, 1, "x"),
    "truth as stream": (_wire.OUTPUT, True, b"x"),
    "negative sleep": (_wire.SLEEP, -1),
    "sleep of text": (_wire.SLEEP, "1"),
    "negative randomness": (_wire.RANDOM, -1),
    "much randomness": (_wire.RANDOM, 1 << 40),
    "unknown file function": (_wire.FILE, "release", ()),
    "no file function": (_wire.FILE, "", ()),
    "hidden file function": (_wire.FILE, "__init__", (1, 2)),
    "arguments of another number": (_wire.FILE, "close", (1, 2)),
    "arguments of another type": (_wire.FILE, "close", ("1",)),
    "truth as descriptor": (_wire.FILE, "close", (True,)),
    "path that is no text": (_wire.FILE, "unlink", (3, b"x")),
    "path with a null character": (_wire.FILE, "unlink", (3, "\0")),
    "path that is no UTF-8": (_wire.FILE, "unlink", (3, "\ud800")),
    "path that no guest can have": (_wire.FILE, "stat_path", (3, "../" * 2000, True)),
    "call of nothing": (_wire.CALL,),
    "long name": (_wire.CALL, b"x" * 300, b"[[],{}]"),
    "long arguments": (_wire.CALL, b"x", b" " * 1001),
    "malformed arguments": (_wire.CALL, b"add", b"[1"),
    "state that nobody asked for": (_wire.CAPTURED, 65_536, 0, b"", 0),
    "no state": (_wire.CAPTURED,),
    "garbage": (_wire.ANSWER, Raw(b"\xff\xff")),
    "cut short": (_wire.ANSWER, Raw(b"b\xff\xff\xff\x7f")),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_worker_that_lies(scripted, lie):
    """
    What cannot be ends the guest, as a fault of the protocol, and asks nothing of the host.
    """
    guest, _, ledger = scripted(lie, ANSWER, functions={"add": lambda a, b: a + b})

    with pytest.raises((GuestProtocolError, GuestCrash)) as info:
        guest.request(RUN)
    assert GuestProtocolError in {type(info.value), type(ledger.reason)}


@pytest.mark.parametrize(
    "frame",
    [
        (_wire.ANSWER, Raw(b"x" * (2 << 20))),
        (_wire.OUTPUT, 1, b"x" * (1 << 15)),
        (_wire.CLOCK, Raw(b"n" * 100)),
        (_wire.CALL, b"x", b" " * 2000),
    ],
    ids=["answer", "output", "clock", "call"],
)
def test_worker_that_says_too_much(scripted, frame):
    """
    A frame over its bound is not even read, and its sender is ended.
    """
    guest, worker, _ = scripted()
    sender = threading.Thread(target=lambda: quietly(worker.say, *frame))
    sender.start()
    with pytest.raises(GuestProtocolError, match="bytes"):
        guest.request(RUN)
    assert worker.killed
    worker.close()
    sender.join(BOUND)


def quietly(function, *args):
    with contextlib.suppress(OSError):
        function(*args)


def test_value_that_is_too_large(scripted):
    """
    The limit on results is kept here, whatever the worker made of it.
    """
    for value, encoded in [("x" * 1001, None), (None, b"x" * 1001)]:
        guest, _, _ = scripted((_wire.ANSWER, 0, None, 0, value, encoded))
        with pytest.raises(OutputExceeded):
            guest.request(RUN)


def test_errors_that_a_worker_may_tell(scripted):
    """
    Limits are those of the session, and texts cannot steer a terminal.
    """
    limits = Limits(fuel=1000)
    guest, _, _ = scripted((_wire.ERROR, 0, 1 << 62, 2, "x"), limits=limits)
    with pytest.raises(FuelExhausted) as info:
        guest.request(RUN)
    assert 1000 == info.value.allowed == guest.fuel_used

    guest, _, _ = scripted((_wire.ERROR, 0, None, 1, "\x1b[31mred\n"))
    with pytest.raises(GuestCrash) as info:
        guest.request(RUN)
    assert "?[31mred?" == info.value.trap


def test_worker_that_says_nothing(scripted):
    """
    One that only closes its end is ended, and a signal that is not known by name is shown.
    """
    guest, worker, _ = scripted()
    worker.end()
    worker.wait = lambda: -60
    with pytest.raises(SessionBroken, match="60"):
        guest.request(RUN)
    assert worker.killed


def test_worker_that_answers_before_it_has_kept_its_state(scripted):
    """
    It was told to do that first: whoever waits for it later would wait for ever.
    """
    guest, _, _ = scripted(ANSWER)
    guest.capture()
    with pytest.raises(GuestProtocolError, match="state"):
        guest.request(RUN)


@pytest.mark.parametrize("memory", [0, 4 << 20, 1 + (4 << 20)])
def test_much_is_kept_before_the_next_run(scripted, memory):
    """
    To keep a small state nobody waits; to keep a large one is no time of the next run.
    """
    guest, worker, _ = scripted((_wire.ANSWER, memory, None, 0, 42, None))
    guest.request(RUN)
    is_much = memory > 4 << 20
    kept = _wire.CAPTURED, 65_536, 0, b"", 0
    if is_much:
        worker.say(*kept)
    guest.capture()  # else it would wait for ever
    assert is_much == (guest._store.told is not None)

    if not is_much:
        worker.say(*kept)
    worker.say(*ANSWER)
    assert 42 == guest.request(RUN).value
    assert kept[1:] == guest._store.told


@pytest.mark.parametrize("part", [b"", struct.pack("<BI", _wire.CAPTURED, 30) + b"i"], ids=len)
def test_worker_that_never_keeps_its_state(scripted, monkeypatch, part):
    """
    Nobody waits for it longer than for the slowest honest one.
    """
    monkeypatch.setattr(_remote, "_SETTLE_SECONDS", 0.05)
    for use in (lambda guest, state: state.load(), lambda guest, state: guest.capture()):
        guest, worker, _ = scripted()
        state = guest.capture()
        worker.theirs.sendall(part)
        with pytest.raises(SessionBroken):
            use(guest, state)
        assert worker.killed


def test_worker_that_keeps_its_state_byte_by_byte(scripted, monkeypatch):
    """
    Nor does it count from each byte anew.
    """
    monkeypatch.setattr(_remote, "_SETTLE_SECONDS", 0.2)
    guest, worker, _ = scripted()
    state = guest.capture()
    done, sent = threading.Event(), []

    def drip():
        for byte in struct.pack("<BI", _wire.CAPTURED, 2000) + bytes(2000):
            if done.wait(0.01):
                return
            with contextlib.suppress(OSError):
                sent.append(worker.theirs.send(bytes([byte])))

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(SessionBroken):
            state.load()
        assert worker.killed
        assert len(sent) < 1000
    finally:
        done.set()
        thread.join()


def test_worker_that_ends_while_its_state_is_kept(scripted):
    """
    The next run is told that, and not that the host has stopped it.
    """
    guest, worker, _ = scripted((_wire.ANSWER, 5 << 20, None, 0, 42, None))
    guest.request(RUN)
    worker.end()
    with pytest.raises(SessionBroken, match="by itself"):
        guest.capture()
    for _ in range(2):
        with pytest.raises(SessionBroken, match="by itself"):
            guest.request(RUN)


def test_worker_that_does_not_listen(scripted):
    """
    An interrupt waits for nobody.
    """
    guest, worker, _ = scripted()
    worker.control.setblocking(False)
    began = time.monotonic()
    for _ in range(100_000):
        guest.interrupt(abort=False)
    assert time.monotonic() - began < BOUND


# ---- how it ends


def worker_of(session):
    return session._lane._keeper.guest._child


def settled(session):
    """The session, once its worker has kept the state after the last run."""
    session._lane.ask(lambda guest: guest._settle())
    return session


@pytest.fixture
def keeping(make_session, monkeypatch):
    """A session whose worker has stopped while it keeps the state, and does not go on."""
    monkeypatch.setattr(_remote, "_SETTLE_SECONDS", 1000.0)
    send, begun = _remote.RemoteGuest._send, threading.Event()

    def stop(guest, operation, *values):
        if operation == _wire.CAPTURE:
            os.kill(guest._child.pid, signal.SIGSTOP)
        send(guest, operation, *values)
        if operation == _wire.CAPTURE:
            begun.set()

    session = make_session()
    session.run("1")
    settled(session)
    monkeypatch.setattr(_remote.RemoteGuest, "_send", stop)
    session.run("x = bytearray(8 << 20)")
    assert begun.wait(BOUND)
    return session


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_closed_while_a_worker_keeps_its_state(keeping, caplog):
    """
    Whatever the worker does then, it is ended with its session.
    """
    child = worker_of(keeping)
    keeping.close()
    keeping._lane._thread.join(BOUND)
    assert not keeping._lane._thread.is_alive()
    assert not child.is_alive()
    assert [] == caplog.records


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_interrupted_while_a_worker_keeps_its_state(keeping, monkeypatch):
    """
    The run that waits for that is told, and that the worker had to be ended.
    """
    monkeypatch.setattr(_deadline, "_PATIENCE", 0.1)
    future = keeping.submit("1")
    assert until(lambda: keeping._lane._job is not None)
    keeping.interrupt()
    error = future.exception(BOUND)
    assert isinstance(error, Interrupted)
    assert "broken" == error.state
    assert "broken" == keeping.state.value


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT], ids=str)
def test_worker_that_dies_in_a_run(make_session, assert_healthy, number):
    """
    A crash of the engine costs a run: the session is what it was before, and others go on.
    """
    other = make_session()
    other.run("x = 5")
    session = make_session()
    session.function(lambda: os.kill(worker_of(session).pid, number), name="crash")
    session.run("x = [1]")

    code = "x.append(2)\nprint('before')\ncrash()\nwhile True: pass"
    for _ in range(3):
        with pytest.raises(SessionBroken, match=signal.Signals(number).name) as info:
            session.run(code, on_output=lambda stream, text: None)
        assert "rolled back" == info.value.state
        assert "before\n" == info.value.stdout
        assert [1] == session.run("x").value
    assert 5 == other.run("x").value
    assert_healthy()


def test_worker_that_is_killed_as_it_answers(make_session, assert_healthy, monkeypatch):
    """
    An answer that was on its way when the worker was stopped is none: the session goes back.
    """
    session = make_session(limits=Limits(wall_seconds=20))
    session.run("x = 1")
    request = _remote.RemoteGuest.request

    def stopped_late(guest, asked):
        answer = request(guest, asked)
        session._lane.ledger.end(WallTimeExceeded(20))
        session._lane.kill_guest()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(_remote.RemoteGuest, "request", stopped_late)
        with pytest.raises(WallTimeExceeded) as info:
            session.run("x = 2")

    assert "rolled back" == info.value.state
    assert 1 == session.run("x").value
    assert_healthy()


def test_worker_that_dies_without_checkpoints(make_session, assert_healthy):
    """
    The session is broken, and says so from then on.
    """
    session = make_session(checkpoints=False)
    session.run("x = 1")
    os.kill(worker_of(session).pid, signal.SIGKILL)

    with pytest.raises(SessionBroken, match="SIGKILL") as info:
        session.run("x")
    assert "broken" == info.value.state
    with pytest.raises(SessionBroken, match="SIGKILL"):
        session.run("x")
    assert_healthy()


def test_worker_that_dies_between_runs(make_session, assert_healthy):
    """
    The next run finds out, and the one after it goes on from the last.
    """
    session = make_session()
    session.run("x = bytearray(3_000_000)\nx[2_000_000] = 7")
    os.kill(worker_of(settled(session)).pid, signal.SIGKILL)

    with pytest.raises(SessionBroken, match="SIGKILL") as info:
        session.run("x = 0")
    assert "rolled back" == info.value.state
    assert (3_000_000, 7) == session.run("len(x), x[2_000_000]").value
    assert_healthy()


STATE = "import random\nx = [n * 'a' for n in range(2000)]\ndef f(): return len(x), x[-1]"


@pytest.mark.parametrize("way", ["thread to process", "process to thread"])
def test_states_fit_both_isolations(interpreter, way):
    """
    What was captured in one goes on in the other: the same artifact, the same memory.
    """
    here, there = way.split(" to ")
    limits = Limits(memory_bytes=32 << 20)
    ledger = Ledger(limits, HostFunctions(()), Files(0, 0), lambda: None)
    first = make(interpreter, limits, here).start(ledger)
    first.request(Request("run", STATE.encode()))
    state = first.capture().load()
    expected = first.request(Request("run", b"f()"))
    first.close()
    second = make(interpreter, limits, there).start(ledger, state)
    try:
        assert expected == second.request(Request("run", b"f()"))
    finally:
        second.close()


BAD = {
    "half a page": lambda size, ranges: (size + 1, 0, ranges, 4096),
    "too large": lambda size, ranges: (1 << 32, 0, ranges, 4096),
    "too small": lambda size, ranges: (0, 0, ranges, 4096),
    "outside": lambda size, ranges: (size, 0, _wire.packed([(size, size + 4096)]), 4096),
    "backwards": lambda size, ranges: (size, 0, _wire.packed([(8192, 4096)]), 4096),
    "more than there is": lambda size, ranges: (size, 0, _wire.packed([(0, 8192)]), 4096),
    "no ranges": lambda size, ranges: (size, 0, b"\xff" * 7, 4096),
    "wrong pointer": lambda size, ranges: (size, -1, ranges, 4096),
    "huge": lambda size, ranges: (1 << 62, 1 << 62, _wire.packed([(0, 1 << 63)]), 4096),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_states_that_a_worker_invents(bad):
    """
    A worker that was taken over harms nobody by what it says of its state.
    """
    limits = Limits()
    ledger = Ledger(limits, HostFunctions(()), Files(0, 0), lambda: None)
    maker = make("micropython", limits, "process")
    guest = maker.start(ledger)
    state = guest.capture()
    guest._settle()
    guest.close()
    store = state.store
    store.told = bad(store.told[0], _wire.packed([(0, 4096)]))

    with pytest.raises(SnapshotError):
        maker.start(ledger, state)
    maker.start(ledger).close()
    maker.discard()


@pytest.mark.parametrize(
    "told",
    [
        (1 << 33, 0, _wire.packed([(0, 4096)]), 4096),
        (-65_536, 0, _wire.packed([(0, 4096)]), 4096),
        (65_536, 1 << 32, _wire.packed([(0, 4096)]), 4096),
        (65_536, -1, _wire.packed([(0, 4096)]), 4096),
        (65_536, 0, _wire.packed([(0, 100)]), 100),
        (65_536, 0, _wire.packed([(4096, 0)]), 0),
        (65_536, 0, _wire.packed([(0, 8192), (4096, 12_288)]), 16_384),
        (65_536, 0, _wire.packed([(0, 1 << 40)]), 4096),
        (65_536, 0, _wire.packed([(0, 8192)]), 4096),
        (4096, 0, _wire.packed([(0, 8192)]), 8192),
    ],
)
def test_worker_that_tells_nonsense_of_its_state(told):
    """
    Nobody makes a snapshot of that.
    """
    store = Store(65_536)
    store.put(GuestState(65_536, 0, [(0, 16_384)], bytes(16_384)))
    state = HeldState(store, lambda: None)
    assert bytes(16_384) == state.load().data

    store.told = told
    with pytest.raises(SnapshotError, match="fit together"):
        state.load()
    store.close()


@given(st.binary(max_size=20_000), st.lists(st.integers(0, 1 << 40)))
def test_store_gives_what_it_was_given(data, numbers):
    """
    get(put(x)) is x, and nothing can be put that has no room.
    """
    store = Store(20_000)
    ranges = list(zip(numbers[::2], numbers[1::2], strict=False))
    store.put(GuestState(65_536, 9, ranges, data))
    with pytest.raises(SnapshotError):
        store.put(GuestState(65_536, 9, ranges, bytes(20_001)))

    kept = store.get()
    assert (65_536, 9, ranges, data) == (kept.size, kept.stack_pointer, kept.ranges, kept.data)
    store.close()


@linux
def test_store_cannot_be_cut_short():
    """
    A worker that maps it does not fall for another that had its descriptor.
    """
    store = Store(1 << 20)
    for size in (0, 1 << 21):
        with pytest.raises(PermissionError):
            os.ftruncate(store.handle, size)
    store.close()


@linux
def test_original_is_as_it_was_written():
    """
    No worker that is given its descriptor can write to it, or make it larger or smaller; one
    that was given it has it for as long as it likes, and nobody else when it is closed.
    """
    original = Original(GuestState(65_536, 9, [(0, 4096)], bytes(range(256)) * 16))
    handle = original.open()
    with pytest.raises(PermissionError):
        os.pwrite(handle, b"x", 0)
    for size in (0, 1 << 20):
        with pytest.raises(PermissionError):
            os.ftruncate(handle, size)
    with pytest.raises(PermissionError):
        mmap.mmap(handle, 4096)
    again = os.open(f"/proc/self/fd/{handle}", os.O_RDWR)
    with pytest.raises(PermissionError):
        os.write(again, b"x")
    os.close(again)
    for _ in range(2):
        original.close()
        assert -1 == original.open()

    assert bytes(range(256)) * 16 == os.pread(handle, 1 << 20, 0)
    os.close(handle)


def test_original_where_it_could_be_written_to(monkeypatch):
    """
    A system that cannot keep workers from it has none: each gets a copy.
    """
    monkeypatch.setattr(sys, "platform", "darwin")
    original = Original(GuestState(65_536, 9, [(0, 4096)], bytes(4096)))
    assert -1 == original.open()
    original.close()


@pytest.mark.parametrize("where", ["sockets", "frame"])
def test_no_memory_while_a_worker_is_asked_for(monkeypatch, where):
    """
    What was read by half is understood by nobody: the next worker is another process's.
    """
    monkeypatch.setattr(_zygote, "_zygotes", {})

    def fail(*args):
        raise MemoryError

    def use():
        with Session("micropython", isolation="process") as session:
            return session.run("6 * 7").value

    try:
        assert 42 == use()
        with monkeypatch.context() as patch:
            if where == "sockets":
                patch.setattr(socket, "recv_fds", fail)
            else:
                patch.setattr(_wire.Link, "receive", fail)
            with pytest.raises((MemoryError, SessionBroken)):
                use()
        assert 42 == use()
    finally:
        for zygote in _zygote._zygotes.values():
            zygote.close()


@linux
def test_zygote_that_dies(make_session, interpreter, assert_healthy):
    """
    Its workers go with it; there is a new one for them, and for the next session.
    """
    session = make_session()
    session.run("x = 1")
    worker = worker_of(settled(session))
    _zygote.get(interpreter, False)._process.kill()
    select.select([worker._process], [], [], BOUND)

    with pytest.raises(SessionBroken):
        session.run("x")
    assert 1 == session.run("x").value
    assert_healthy()


ROOM = """
import os, resource, sys, time
from sandbox_wasm import Session, SessionBroken
from sandbox_wasm.interpreters import _zygote
def session():
    return Session("micropython", isolation="process")
def descriptors():
    return len(os.listdir("/proc/self/fd"))
def limit(most, pid=0):
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, 4096))
def zygote():
    return _zygote.get("micropython", False)._process.pid
def workers():
    return len(open(f"/proc/{zygote()}/task/{zygote()}/children").read().split())
"""


@linux
def test_host_with_many_descriptors():
    """
    What makes workers has the host's numbers, and some of them are above 1023.
    """
    done = python(
        ROOM
        + """
limit(4096)
taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
with session() as one:
    one.run("x = 1")
    for _ in range(2):
        with session() as other:
            print(other.run("2").value)
    print(one.run("x").value)
"""
    )
    assert (0, "2\n2\n1\n", "") == (done.returncode, done.stdout, done.stderr)


@linux
def test_no_room_for_another_worker():
    """
    Who asks for it is told; those that there are go on, and others come when there is room.
    """
    done = python(
        ROOM
        + """
with session() as one:
    one.run("x = 1")
    while workers() < 2:  # the next is forked when nobody asks for one
        time.sleep(0.001)
    limit(8, zygote())
    for _ in range(4):
        try:
            with session() as other:
                other.run("")
        except SessionBroken as error:
            print(error)
    print(one.run("x").value)
    limit(100, zygote())
    with session() as other:
        print(other.run("2").value, one.run("x").value)
"""
    )
    assert (0, "") == (done.returncode, done.stderr)
    *refused, one, both = done.stdout.splitlines()
    assert ("1", "2 1") == (one, both)
    assert {"no worker process can be had: Too many open files"} == set(refused)


@linux
def test_host_without_descriptors():
    """
    However many are missing, a session that there is goes on, and nothing is left behind.
    """
    done = python(
        ROOM
        + """
with session() as one:
    one.run("x = 1")
    with session() as other:
        other.run("")
    before, each = descriptors(), workers()
    limit(before + 12)
    for free in range(6):
        taken = []
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        for fd in taken[:free]:
            os.close(fd)
        try:
            with session() as other:
                other.run("")
        except SessionBroken:
            print(free)
        for fd in taken[free:]:
            os.close(fd)
        print(one.run("x").value, descriptors() - before)
    with session() as other:
        print(other.run("2").value)
    end = time.monotonic() + 20
    while workers() > each and time.monotonic() < end:
        time.sleep(0.01)
    print(workers() <= each)
"""
    )
    assert (0, "") == (done.returncode, done.stderr)
    told = done.stdout.splitlines()
    assert ["0", "1", "2", "3"] == [line for line in told[:-2] if line != "1 0"]
    assert 6 == told.count("1 0")
    assert ["2", "True"] == told[-2:]


@linux
def test_a_program_that_the_host_starts_has_no_end_of_a_worker(make_session):
    """
    It could speak to the worker, and would hide from it that the host is gone.
    """
    worker = worker_of(settled(make_session()))
    handles = [worker.data.fileno(), worker.control.fileno(), worker._process]

    assert [False] * 3 == [os.get_inheritable(each) for each in handles]


def stop(pid):
    """Stop a process until it is killed."""
    os.kill(pid, signal.SIGSTOP)
    while state_of(pid) != "T":
        time.sleep(0.001)


@linux
def test_stopped_worker(make_session):
    """
    A worker that does nothing at all does not outlive the deadline.
    """
    session = make_session(limits=Limits(wall_seconds=0.3))
    session.run("x = 1")
    stop(worker_of(settled(session)).pid)
    began = time.monotonic()
    with pytest.raises(WallTimeExceeded) as info:
        session.run("x = 2")
    assert time.monotonic() - began < 5
    assert "rolled back" == info.value.state
    assert 1 == session.run("x").value


@linux
def test_a_machine_that_is_slow_to_end_a_worker(make_session, monkeypatch):
    """
    Its end takes long on a machine that does too much else. The session goes on from its
    checkpoint all the same: no host function is in the way.
    """
    session = make_session(limits=Limits(wall_seconds=0.3))
    session.run("x = 1")
    worker = worker_of(settled(session))
    kill, look = _zygote.Child.kill, Deadline.look
    wanted, looks = threading.Event(), []

    def wished(child):
        if child is worker and len(looks) < 3:
            wanted.set()  # and nothing comes of it yet
        else:
            kill(child)

    def looked(deadline):
        if wanted.is_set() and not deadline.job.ended:
            looks.append(deadline)
            if len(looks) == 3:
                kill(worker)
        return look(deadline)

    monkeypatch.setattr(_zygote.Child, "kill", wished)
    monkeypatch.setattr(Deadline, "look", looked)
    stop(worker.pid)  # so that it does not end by itself
    with pytest.raises(WallTimeExceeded) as info:
        session.run("x = 2")

    assert 3 <= len(looks)
    assert "rolled back" == info.value.state
    assert 1 == session.run("x").value


def children():
    """Process ids of all that this process has started, and that these have."""
    found, parents = set(), {os.getpid()}
    stats = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                stats[int(entry.name)] = int(fields[1])
            except OSError:
                continue
    while parents:
        parents = {pid for pid, parent in stats.items() if parent in parents} - found
        found |= parents
    return found


def most_children():
    """How many there may be: the next worker of each zygote may not have been ready yet."""
    return len(children()) + len(_zygote._zygotes)


@linux
def test_many_sessions_leave_nothing(interpreter, make_session):
    """
    Neither descriptors nor processes, ended ones included.
    """
    make_session().run("1")
    handles, processes = descriptors(), most_children()
    for n in range(100):
        session = Session(interpreter, isolation="process")
        if n % 3:
            session.run("x = 1")
        if n % 7 == 0:
            session.submit("while True: pass")
        session.close()

    end = time.monotonic() + BOUND
    while descriptors() > handles or len(children()) > processes:
        assert time.monotonic() < end, (handles, processes, children())
        time.sleep(0.01)


@linux
def test_sessions_closed_from_many_threads(interpreter, make_session, assert_healthy):
    """
    While they begin, run and end: each run ends by that, and nothing is left.
    """
    make_session().run("1")
    handles, processes = descriptors(), most_children()
    errors = []

    def work(number):
        for n in range(6):
            ready = threading.Event()
            session = Session(interpreter, isolation="process", functions={"ready": ready.set})
            future = session.submit("ready()\nwhile True: pass", wall_seconds=BOUND)
            if (n + number) % 3:
                ready.wait(BOUND)
            closers = [threading.Thread(target=session.close) for _ in range(3)]
            closers.append(threading.Thread(target=session.interrupt))
            for closer in closers:
                closer.start()
            for closer in closers:
                closer.join(BOUND)
            errors.append(type(future.exception(BOUND)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * BOUND)
        assert not thread.is_alive()
    assert 24 == len(errors)
    assert set(errors) <= {SessionClosed, SessionBroken, Interrupted, CancelledError}
    end = time.monotonic() + BOUND
    while descriptors() > handles or len(children()) > processes:
        assert time.monotonic() < end, (handles, processes, children())
        time.sleep(0.01)
    assert_healthy()


@linux
def test_workers_end_with_their_host(interpreter):
    """
    However it ends: a host that is killed leaves no process behind.
    """
    done = python(
        f"""
        import os, signal
        from sandbox_wasm import Session
        from sandbox_wasm.interpreters import _zygote
        session = Session({interpreter!r}, isolation="process")
        session.run("1")
        session.submit("while True: pass")
        zygote = _zygote.get({interpreter!r}, False)
        print(session._lane._keeper.guest._child.pid, zygote._process.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert -signal.SIGKILL == done.returncode, done.stderr
    end = time.monotonic() + BOUND
    for pid in map(int, done.stdout.split()):
        while state_of(pid) != "Z":
            assert time.monotonic() < end
            time.sleep(0.01)


def state_of(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_exit_while_an_interpreter_is_compiled(tmp_path):
    """
    The host does not wait for it, and neither process nor half a module is left.
    """
    began = time.monotonic()
    done = python(
        """
        import os, threading, time
        from sandbox_wasm import SandboxError, Session
        from sandbox_wasm.interpreters import _zygote
        def work():
            try:
                Session("cpython", isolation="process")
            except SandboxError:
                pass
        threading.Thread(target=work, daemon=True).start()
        while not _zygote._processes:
            time.sleep(0.001)
        """,
        env={**os.environ, "SANDBOX_WASM_CACHE": str(tmp_path)},
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert time.monotonic() - began < 10
    assert [] == list(tmp_path.glob("*.cwasm"))


def test_threads_make_sessions_at_once(interpreter):
    """
    Eight threads share one zygote.
    """
    wrong = []

    def work(mine):
        for _ in range(5):
            with Session(interpreter, isolation="process") as session:
                if session.run(f"{mine} * 2").value != mine * 2:
                    wrong.append(mine)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
        assert not thread.is_alive()
    assert [] == wrong


def test_session_without_an_engine_of_its_own():
    """
    The host does not even load the engine, and its exit is clean.
    """
    done = python(
        """
        import sys
        from sandbox_wasm import Session
        with Session(isolation="process") as session:
            print(session.run("6 * 7").value, "wasmtime" in sys.modules)
        """,
        "-Wdefault",
    )
    assert (0, "42 False\n", "") == (done.returncode, done.stdout, done.stderr)


@linux
def test_a_signal_handler_that_comes_first():
    """
    It makes a session of its own while the main thread starts what makes workers.
    """
    done = python(
        """
        import signal, time
        from sandbox_wasm import Session
        from sandbox_wasm.interpreters import _zygote
        def answer():
            with Session("micropython", isolation="process") as session:
                return session.run("6 * 7").value
        def start(handle):
            _zygote._start = real
            signal.setitimer(signal.ITIMER_REAL, 0.001)
            while not told:
                time.sleep(0.001)
            return real(handle)
        told, real, _zygote._start = [], _zygote._start, start
        signal.signal(signal.SIGALRM, lambda *_: told.append(answer()))
        print(answer(), told, len(_zygote._zygotes))
        """
    )
    assert (0, "42 [42] 1\n", "") == (done.returncode, done.stdout, done.stderr)


def test_host_that_looks_for_modules_in_what_is_no_text(monkeypatch):
    """
    Import ignores that, and so do the processes that the host starts.
    """
    monkeypatch.setattr(_zygote, "_zygotes", {})
    monkeypatch.setattr(sys, "path", [*sys.path, Path("/nowhere"), b"/nowhere", None])
    with Session("micropython", isolation="process") as session:
        assert 2 == session.run("1 + 1").value
    for zygote in _zygote._zygotes.values():
        zygote.close()

    data = b"\0asm\1\0\0\0"
    with _compile._Progress("none") as progress:
        assert _compile._in_process(data, Variant(), progress)


def test_host_that_has_no_python_to_start(monkeypatch):
    """
    An embedded interpreter is told so; it is not isolated by less.
    """
    monkeypatch.setattr(_zygote, "_zygotes", {})
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(ConfigError, match=r"sys\.executable"):
        Session(isolation="process")


def test_isolation_that_there_is_not(interpreter):
    """
    Nothing falls back.
    """
    with pytest.raises(ConfigError, match="isolation"):
        Session(interpreter, isolation="container")


def test_workers_share_no_randomness(make_session):
    """
    Forks of one process, and yet each draws numbers of its own.
    """
    code = "import random\nrandom.random(), random.getrandbits(30)"
    drawn = [make_session().run(code).value for _ in range(4)]

    assert 4 == len(set(drawn))
