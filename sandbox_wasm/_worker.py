"""The process that workers are forked from, and a worker itself.

Started by `interpreters._zygote` and never imported by the host. The process has one
thread, loads an interpreter, runs it once, and forks a worker for each session. A
worker makes the guest of its session, gives up what rights it has (`_lockdown`), and
serves requests; what guest code asks for, the session's own process answers.

In a worker the main thread listens for wishes, so that one reaches the guest while it
computes; the guest has a thread of its own with the stack that it needs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import mmap
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from ._errors import SandboxError, SnapshotError
from ._files import Files
from ._functions import HostFunctions
from ._ledger import Ledger
from ._limits import Limits
from ._lockdown import Lockdown
from ._state import NO_ROOM, GuestState
from ._thread import STACK_BYTES
from ._wasm import _pages
from .interpreters import _wire as wire
from .interpreters._base import Answer, Guest, Request
from .interpreters._maker import Maker
from .interpreters._remote import ERRORS, STATUSES
from .interpreters._remote_files import RemoteFiles
from .interpreters._store import packed, unpacked

_FROM_HOST = {
    wire.START: 1 << 16,
    wire.FORK: 1 << 10,
    wire.WAIT: 64,
    wire.REAP: 64,
    wire.BEGIN: 1 << 32,
    wire.CAPTURE: 64,
    wire.REQUEST: 1 << 32,
    wire.REPLY: 1 << 32,
}
Ranges = Sequence[tuple[int, int]]

_FIELDS = [field.name for field in dataclasses.fields(Limits)]
_REMIND_MILLISECONDS = 2  # as _lane.py has it
_HOLD_BYTES = 8192  # output that waits for the next frame
# The next worker is made once the last one has had the time to begin: to make one at once
# would take the processor from it.
_IDLE_SECONDS = 0.005


class HostLink:
    """The session, as the guest of a worker sees it (`HostSide`)."""

    def __init__(self, link: wire.Link) -> None:
        self._link = link
        self.limits = Limits()
        self._lock = threading.Lock()
        self.guest: Guest | None = None
        self._number = 0
        self._wished = wire.GO_ON
        self._lines = False
        self._written = 0
        self.files = RemoteFiles(lambda name, args: self._ask(wire.FILE, name, args))

    def begin(self, number: int, lines: bool) -> None:
        """Take part in the request of that number from now on."""
        with self._lock:
            self._number = number
            self._wished = wire.GO_ON
        self._lines = lines
        self._written = 0

    def wish(self, wish: int, number: int) -> None:
        """Have the request of that number end, if it is the one that goes on."""
        with self._lock:
            # Once softly: a second exception would hit the handlers of the first.
            if number == self._number and wish > self._wished and self.guest is not None:
                self._wished = wish
                self.guest.interrupt(abort=wish == wire.ABORT)

    @property
    def result_bytes(self) -> int:
        return self.limits.result_bytes

    @property
    def host_call_bytes(self) -> int:
        return self.limits.host_call_bytes

    @property
    def is_over(self) -> bool:
        return self._wished != wire.GO_ON

    def remind(self) -> bool:
        """Make the guest look again for a wish; False once it has seen it."""
        with self._lock:
            guest = self.guest
            return self._wished != wire.GO_ON and guest is not None and guest.remind()

    def output(self, stream: int, data: bytes) -> bool:
        held = self._link.hold(wire.OUTPUT, stream, data)
        if self._lines or held >= _HOLD_BYTES:
            self._link.flush()
        self._written += len(data)
        return self._written <= self.limits.output_bytes

    def call(self, name: bytes, args: bytes) -> tuple[int, bytes]:
        status, reply = self._ask(wire.CALL, name, args)
        return status, reply

    def clock(self, monotonic: bool) -> int:
        (now,) = self._ask(wire.CLOCK, monotonic)
        return int(now)

    def sleep(self, nanoseconds: int) -> None:
        self._ask(wire.SLEEP, nanoseconds)

    def random(self, length: int) -> bytes:
        (data,) = self._ask(wire.RANDOM, length)
        return bytes(data)

    def fail(self, error: BaseException) -> NoReturn:
        """Tell what the guest did; it must not go on, and nothing else runs here."""
        self.tell(error, 0)
        os._exit(0)

    def tell(self, error: BaseException, memory: int, fuel: int | None = None) -> None:
        """Answer a request with an error."""
        which = next((n for n, kind in enumerate(ERRORS) if isinstance(error, kind)), 0)
        text = str(error.args[0]) if isinstance(error, SandboxError) else type(error).__name__
        if fuel is None and self.limits.fuel is not None:
            fuel = 0
        self._link.send(wire.ERROR, memory, fuel, which, text[:200])

    def answer(self, answer: Answer, memory: int, fuel: int | None) -> None:
        """Answer a request."""
        status = STATUSES.index(answer.status)
        self._link.send(wire.ANSWER, memory, fuel, status, answer.value, answer.encoded)

    def _ask(self, operation: int, *values: Any) -> tuple[Any, ...]:
        self._link.send(operation, *values)
        _, (wish, *reply) = self._link.receive()
        if wish:
            self.wish(wish, self._number)
        return tuple(reply)


class _Ready:
    """A worker that waits for its session.

    Args:
        maker: Has the engine, so that the worker need not open anything.
    """

    def __init__(self, maker: Maker) -> None:
        ours, theirs = zip(socket.socketpair(), socket.socketpair(), strict=True)
        zygote = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for end in ours:
                    end.close()
                _work(*theirs, maker, zygote)
            finally:
                os._exit(1)
        self.ends = ours
        for end in theirs:
            end.close()

    def hand_over(self, link: wire.Link) -> None:
        """Send the session its ends of the sockets."""
        try:
            socket.send_fds(link.socket, [b"\0"], [end.fileno() for end in self.ends])
        except OSError:  # too many are on their way
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            raise
        finally:
            for end in self.ends:
                end.close()
        link.send(wire.FORKED, self.pid)


def _work(data: socket.socket, control: socket.socket, maker: Maker, zygote: int) -> None:
    """Be the worker of one session; return when it has ended."""
    # Files cannot be opened later, nor can this process look into itself.
    pages = _pages.prepare()
    lockdown = Lockdown()
    lockdown.begin()
    if os.getppid() != zygote:  # it ended before the system was told what to do then
        return
    link = wire.Link(data, _FROM_HOST)
    host = HostLink(link)

    def serve() -> None:
        try:
            try:
                _, pages_of_a_run = _try(maker)
                guest = maker.start(host)
                guest.touch(pages_of_a_run)
                room = _Room(data)  # until here the worker is anybody's
                _, (fields, *state) = link.receive()
                limits = maker.limits = Limits(**dict(zip(_FIELDS, fields, strict=True)))
                host.limits = limits
                if state:
                    guest.close()
                    guest = maker.start(host, room.state(*state))
                else:
                    guest.allow(limits.memory_bytes, limits.fuel)
                host.guest = guest
                lockdown.close_others({data.fileno(), control.fileno(), *pages})
                lockdown.finish(limits.memory_bytes)
                link.send(wire.READY, *map(tuple, lockdown.protections))
            except Exception as error:  # no guest code has run yet
                if isinstance(error, SnapshotError):
                    link.send(wire.UNFIT, str(error))
                else:
                    link.send(wire.FAILED, repr(error))
                raise
            _serve(host, link, guest, room)
        finally:
            os._exit(1)  # the session is gone, or we are at fault: no other end is right

    threading.stack_size(STACK_BYTES)
    threading.Thread(target=serve, daemon=True).start()
    _listen(control, host)


def _listen(control: socket.socket, host: HostLink) -> None:
    """Take wishes until the session is gone."""
    # Not by a timeout of the socket, which takes a system call that is given up.
    poll = select.poll()
    poll.register(control, select.POLLIN)
    timeout = None
    while True:
        if poll.poll(timeout):
            message = control.recv(wire.WISH.size, socket.MSG_WAITALL)
            if len(message) < wire.WISH.size:
                return
            host.wish(*wire.WISH.unpack(message))
        timeout = _REMIND_MILLISECONDS if host.remind() else None


class _Room:
    """The memory that the session has for the guest's state."""

    def __init__(self, data: socket.socket) -> None:
        _, (handle,), _, _ = socket.recv_fds(data, 1, 1)
        self._view = memoryview(mmap.mmap(handle, os.fstat(handle).st_size))
        os.close(handle)
        self._ranges: Ranges = ()
        self._packed = b""

    def state(self, size: int, pointer: int, ranges: bytes, length: int) -> GuestState:
        """Return the state that lies there."""
        return GuestState(size, pointer, unpacked(ranges), self._view[:length])

    def capture(self, link: wire.Link, guest: Guest, most: int | None) -> None:
        """Keep the guest's state there, and tell the session of it."""
        try:
            state = guest.capture(GuestState(0, 0, (), self._view), most)
        except (OSError, MemoryError):
            link.send(wire.CAPTURED)
            return
        if state.ranges is not self._ranges:  # else they are what they were
            self._ranges, self._packed = state.ranges, packed(state.ranges)
        link.send(wire.CAPTURED, state.size, state.stack_pointer, self._packed, len(state.data))


def _serve(host: HostLink, link: wire.Link, guest: Guest, room: _Room) -> None:
    while True:
        operation, values = link.receive()
        if operation == wire.CAPTURE:
            room.capture(link, guest, *values)
            continue
        number, *request = values
        asked = Request(*request)
        host.begin(number, asked.lines)
        try:
            answer = guest.request(asked)
        except SandboxError as error:
            host.tell(error, guest.memory_bytes, guest.fuel_used)
        else:
            host.answer(answer, guest.memory_bytes, guest.fuel_used)


def _try(maker: Maker) -> tuple[int, Ranges]:
    """Run the interpreter once, in a guest that is thrown away, so that none has a first time.

    The first run of a process takes ten times as long as the second, for all the pages of code
    and data that it is the first to look at.

    Returns:
        Bytes of linear memory that it begins with, and the pages that a run has written to.
    """
    host = Ledger(maker.limits, HostFunctions(()), Files(0, 0), lambda: None)
    guest = maker.start(host)
    guest.request(Request("run", b"1 + 1"))
    state = guest.capture(NO_ROOM)
    guest.close()
    return guest.layout.base_bytes, state.ranges


def _fork_on_request(link: wire.Link) -> None:
    _, (name, fuel, folder) = link.receive()
    os.environ["SANDBOX_WASM_CACHE"] = folder or ""
    limits = Limits(fuel=1 << 40 if fuel else None)
    try:
        base_bytes, _ = _try(Maker(name, limits, killable=True))
        gc.collect()
        gc.freeze()  # so that no worker copies what it only looks at
        maker = Maker(name, limits, killable=True)
    except SandboxError as error:
        link.send(wire.FAILED, str(error))
        return
    ready: _Ready | None = _Ready(maker)
    link.send(wire.READY, base_bytes)
    os.dup2(0, 2)  # what it says from here on, nobody is to read
    while True:
        if ready is None and not link.waits(_IDLE_SECONDS):
            with contextlib.suppress(OSError):  # who asks for one is told
                ready = _Ready(maker)
        operation, values = link.receive()
        if operation == wire.FORK:
            try:
                (ready or _Ready(maker)).hand_over(link)
            except OSError as error:  # there is no room for it; those that there are go on
                link.socket.sendall(b"\0")  # in place of its sockets
                link.send(wire.FAILED, f"no worker process can be had: {error.strerror}")
            ready = None
        else:
            _, status = os.waitpid(values[0], 0)
            if operation == wire.WAIT:
                link.send(wire.WAITED, status)


def main() -> NoReturn:
    """Be the process that its session's socket, named on the command line, asks for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):  # the host is gone
        _fork_on_request(wire.Link(socket.socket(fileno=int(sys.argv[1])), _FROM_HOST))
    os._exit(0)
