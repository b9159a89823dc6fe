"""The process that workers are forked from, and a worker itself.

Started by `interpreters._zygote` and never imported by the host. The process has one
thread, loads an interpreter, runs it once, and forks a worker for each session. A
worker makes the guest of its session, gives up what rights it has (`_lockdown`), and
serves requests; what guest code asks for, the session's own process answers.

In a worker the main thread listens for wishes, so that one reaches the guest while it
computes; the guest has a thread of its own with the stack that it needs.
"""

from __future__ import annotations

import _thread
import contextlib
import dataclasses
import gc
import mmap
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

from . import _lockdown
from ._errors import SandboxError, SnapshotError
from ._limits import Limits
from ._state import NO_ROOM, GuestState, Ranges
from ._thread import STACK_BYTES
from ._wasm import _pages
from ._worker_host import HostLink, Nobody
from .interpreters import _wire as wire
from .interpreters._base import Guest, Request
from .interpreters._maker import Maker
from .interpreters._reactor import ReactorGuest

_FROM_HOST = {
    wire.START: 1 << 16,
    wire.FORK: 1 << 10,
    wire.WAIT: 64,
    wire.REAP: 64,
    wire.PRISTINE: 1 << 16,
    wire.BEGIN: 1 << 32,
    wire.CAPTURE: 64,
    wire.REQUEST: 1 << 32,
    wire.REPLY: 1 << 32,
}
_FIELDS = [field.name for field in dataclasses.fields(Limits)]
_REMIND_MILLISECONDS = 2  # as _deadline.py has it
# The next worker is made once the last one has had the time to begin: to make one at once
# would take the processor from it.
_IDLE_SECONDS = 0.005


class _Beginning:
    """What every worker begins with: made once, in the zygote, and forked with it.

    Args:
        make_maker: Returns what has an engine for one guest; a worker can open no other.

        pages: Of a guest's memory, which a run is likely to write to.

    Attributes:
        host: Whom the guest will ask; nobody is there yet.

        guest: One that has run nothing.
    """

    def __init__(self, make_maker: Callable[[], Maker], pages: Ranges) -> None:
        self._pages = pages
        self._other = make_maker()
        self.host = HostLink()
        self.guest = make_maker().start(self.host)

    def prepare(self, is_wanted: Callable[[], bool]) -> None:
        """Do in a worker what its first run would take longer for, if there is time for it."""
        self.guest.touch(self._pages)
        if not is_wanted():
            _try(self._other)


class _Ready:
    """A worker that waits for its session."""

    def __init__(self, beginning: _Beginning) -> None:
        ours, theirs = zip(socket.socketpair(), socket.socketpair(), strict=True)
        zygote = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for end in ours:
                    end.close()
                _work(*theirs, beginning, zygote)
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


def _work(data: socket.socket, control: socket.socket, beginning: _Beginning, zygote: int) -> None:
    """Be the worker of one session; return when it has ended."""
    # Files cannot be opened later, nor can this process look into itself.
    pages = _pages.prepare()
    lockdown = _lockdown.Lockdown()
    lockdown.begin()
    if os.getppid() != zygote:  # it ended before the system was told what to do then
        return
    link = wire.Link(data, _FROM_HOST)
    host, guest = beginning.host, beginning.guest

    def serve() -> None:
        try:
            try:
                beginning.prepare(lambda: link.waits(0))
                room = _Room(data)  # until here the worker is anybody's
                _, (fields, *state) = link.receive()
                limits = Limits(**dict(zip(_FIELDS, fields, strict=True)))
                guest.allow(limits.memory_bytes, limits.fuel)
                if state:
                    room.go_on(guest, *state)
                host.connect(link, limits, guest)
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

    # Not by `threading`, whose objects take longer to make than the thread.
    _thread.stack_size(STACK_BYTES)
    _thread.start_new_thread(serve, ())
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
        _, handles, _, _ = socket.recv_fds(data, 1, 2)
        self._view = memoryview(mmap.mmap(handles[0], os.fstat(handles[0]).st_size))
        # What others begin with as well, if it is that: read, and let go of.
        self._original = handles[1] if len(handles) > 1 else -1
        os.close(handles[0])
        self._ranges: Ranges = ()
        self._packed = b""

    def go_on(self, guest: ReactorGuest, size: int, pointer: int, ranges: bytes, most: int) -> None:
        """Let *guest* become what lies there, or in what was lent for the beginning."""
        with contextlib.ExitStack() as lent:
            view = self._view
            if self._original >= 0:
                lent.callback(os.close, self._original)
                whole = lent.enter_context(
                    mmap.mmap(self._original, most, mmap.MAP_PRIVATE, mmap.PROT_READ)
                )
                view = lent.enter_context(memoryview(whole))
            part = lent.enter_context(view[:most])
            guest.go_on(GuestState(size, pointer, wire.unpacked(ranges), part))

    def capture(self, link: wire.Link, guest: Guest, most: int | None) -> None:
        """Keep the guest's state there, and tell the session of it."""
        try:
            state = guest.capture(GuestState(0, 0, (), self._view), most)
        except (OSError, MemoryError):
            link.send(wire.CAPTURED)
            return
        if state.ranges is not self._ranges:  # else they are what they were
            self._ranges, self._packed = state.ranges, wire.packed(state.ranges)
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
    guest = maker.start(Nobody())
    guest.request(Request("run", b"1 + 1"))
    state = guest.capture(NO_ROOM)
    guest.close()
    return guest.layout.base_bytes, state.ranges


def _fork_on_request(link: wire.Link) -> None:
    _, (name, fuel, folder) = link.receive()
    os.environ["SANDBOX_WASM_CACHE"] = folder or ""
    limits = Limits(fuel=1 << 40 if fuel else None)

    def make_maker() -> Maker:
        return Maker(name, limits, killable=True)

    try:
        base_bytes, pages = _try(make_maker())
        beginning = _Beginning(make_maker, pages)
        _lockdown.prepare()
        gc.collect()
        gc.freeze()  # so that no worker copies what it only looks at
    except SandboxError as error:
        link.send(wire.FAILED, str(error))
        return
    ready: _Ready | None = _Ready(beginning)
    link.send(wire.READY, base_bytes)
    os.dup2(0, 2)  # what it says from here on, nobody is to read
    while True:
        if ready is None and not link.waits(_IDLE_SECONDS):
            with contextlib.suppress(OSError):  # who asks for one is told
                ready = _Ready(beginning)
        operation, values = link.receive()
        if operation == wire.FORK:
            try:
                (ready or _Ready(beginning)).hand_over(link)
            except OSError as error:  # there is no room for it; those that there are go on
                link.socket.sendall(b"\0")  # in place of its sockets
                link.send(wire.FAILED, f"no worker process can be had: {error.strerror}")
            ready = None
        elif operation == wire.PRISTINE:
            link.send(operation, b"".join(beginning.guest.parts(wire.unpacked(values[0]))))
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
