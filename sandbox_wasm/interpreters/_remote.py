"""A guest in a worker process, as its session sees it.

The worker is not trusted: its guest may have taken it over by a flaw of the engine.
What it sends is bounded and checked, it can ask for what `HostSide` offers and for
nothing else, and it is ended by a signal that it cannot catch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import socket
import time
from typing import Any

from .._errors import (
    FuelExhausted,
    GuestCrash,
    GuestProtocolError,
    MemoryExceeded,
    OutputExceeded,
    SandboxError,
    SessionBroken,
    SnapshotError,
)
from .._filesystem import MAX_IO, MAX_PATH
from .._limits import Limits
from .._lockdown import Protection
from .._locks import RLock
from .._state import PAGE, GuestState
from . import _remote_files, _zygote
from . import _wire as wire
from ._base import Answer, HostSide, Request
from ._store import HeldState, Store, Told

_FIELDS = [field.name for field in dataclasses.fields(Limits)]
_ERROR_BYTES = 1 << 20
_OUTPUT_BYTES = 1 << 14
_NAME_BYTES = 256
_RANDOM_BYTES = 65_536
_START_BYTES = 1 << 16
_SLACK = 64  # what a frame needs besides its largest value
_MEMORY_BYTES = 1 << 32
_SETTLE_SECONDS = 20.0  # to copy a state of some gigabytes takes two
_MUCH_BYTES = 4 << 20  # to copy it takes longer than a message there and back

_SIGNALS = {int(each): each.name for each in signal.Signals}


class RemoteGuest:
    """The parent's end of one worker.

    Args:
        child: The worker.

        host: Serves what guest code asks for.

        limits: What each run may use.

        store: Where the worker keeps its guest's state.

        go_on: What is told of the state to begin with; None to begin anew.

        handle: Descriptor of the memory where that lies; -1 if it is the store.

    Attributes:
        protections: What the worker has given up before its guest began.

        is_killed: Whether `kill` was called.
    """

    def __init__(
        self,
        child: _zygote.Child,
        host: HostSide,
        limits: Limits,
        store: Store,
        go_on: Told | None = None,
        handle: int = -1,
    ) -> None:
        self._child = child
        self._host = host
        self._limits = limits
        self._store = store
        self._capturing = False
        self._control = RLock()  # signal handlers may come back to it
        self._open = True
        self.is_killed = False
        self._loss: str | None = None  # how the worker ended, if that was not by `kill`
        self._number = 0
        self._wish = wire.GO_ON
        self.memory_bytes = 0
        self.fuel_used: int | None = None
        self._given = limits.fuel  # to the request that goes on
        self._cpu_seconds = 0.0
        value = max(limits.result_bytes, _ERROR_BYTES)
        self._link = wire.Link(
            child.data,
            {
                wire.READY: _START_BYTES,
                wire.FAILED: _START_BYTES,
                wire.UNFIT: _START_BYTES,
                wire.ANSWER: value + _SLACK,
                wire.ERROR: _NAME_BYTES + _SLACK,
                wire.OUTPUT: _OUTPUT_BYTES + _SLACK,
                wire.CALL: _NAME_BYTES + limits.host_call_bytes + _SLACK,
                wire.CLOCK: _SLACK,
                wire.SLEEP: _SLACK,
                wire.RANDOM: _SLACK,
                wire.FILE: MAX_IO + 2 * MAX_PATH + 4 * _SLACK,
                wire.CAPTURED: store.size // PAGE * 8 + _SLACK,
            },
        )
        try:
            handles = [store.handle] if handle < 0 else [store.handle, handle]
            socket.send_fds(child.data, [b"\0"], handles)
        except OSError:
            raise self._lost() from None
        fields = tuple([getattr(limits, name) for name in _FIELDS])
        self._send(wire.BEGIN, fields, *(go_on or ()))
        operation, values = self._receive()
        if operation == wire.UNFIT:
            raise SnapshotError(", ".join(values))
        if operation != wire.READY:
            raise SessionBroken(f"the worker could not make a guest ({', '.join(values)})")
        self.protections = tuple(Protection(*each) for each in values)

    # ---- requests

    @property
    def cpu_seconds(self) -> float:
        self._cpu_seconds = self._child.cpu_seconds() or self._cpu_seconds
        return self._cpu_seconds

    def capture(self, into: GuestState | None = None, most: int | None = None) -> GuestState:
        """Have the worker keep what the guest is now; wait for it only if that is much.

        The next request reaches the worker sooner than its word that it has, but is served
        after: what that takes would count as time of the next run.
        """
        self._settle()
        self._store.told = None
        self._capturing = True
        self._send(wire.CAPTURE, most)
        if self.memory_bytes > _MUCH_BYTES:
            self._settle()
        return HeldState(self._store, self._settle, self._child.pristine)

    def _settle(self) -> None:
        """Wait until the worker has kept the state that it was told to, but not for ever."""
        if not (self._capturing and self._open):
            return
        self._link.until = time.monotonic() + _SETTLE_SECONDS
        try:
            operation, values = self._receive()
            self._captured(values if operation == wire.CAPTURED else (None,))
        finally:
            self._link.until = None
            self._child.data.settimeout(None)

    def request(self, request: Request) -> Answer:
        with self._control:
            self._number = (self._number + 1) & 0xFFFFFFFF
            self._wish = wire.GO_ON
        self._given = self._limits.fuel if request.fuel is None else request.fuel
        asked = request.mode, request.source, request.inputs, request.lines, request.fuel
        self._send(wire.REQUEST, self._number, *asked)
        while True:
            operation, values = self._receive()
            if operation == wire.CAPTURED or self._capturing:  # which it was told to first
                self._captured(values if operation == wire.CAPTURED else (None,))
                continue
            self._check(operation, values)
            if operation == wire.ANSWER:
                return self._answer(*values)
            if operation == wire.ERROR:
                raise self._error(*values)
            try:
                reply = self._serve(operation, values)
            except BaseException as error:
                self._host.fail(error)
                self.kill()
                raise GuestCrash("stopped by the host") from None
            if reply is not None:
                # Guest code must not go on with its next line while the word that it is
                # to end is on its way.
                wish = max(self._wish, wire.INTERRUPT) if self._host.is_over else self._wish
                self._send(wire.REPLY, wish, *reply)

    def _captured(self, values: tuple[Any, ...]) -> None:
        """Note what lies in the store; whoever goes on from it checks whether it fits."""
        if not self._capturing or (values and tuple(map(type, values)) != (int, int, bytes, int)):
            raise GuestProtocolError("worker told of a state that it was not asked for")
        self._capturing = False
        if values:
            size, stack_pointer, ranges, length = values
            if not 0 <= length <= self._store.size:
                raise GuestProtocolError(f"worker kept a state of {length} bytes")
            self._store.told = size, stack_pointer, ranges, length
        self._store.stored_bytes = values[3] if values else 0

    def _check(self, operation: int, values: tuple[Any, ...]) -> None:
        if tuple(map(type, values)) not in wire.FORMS.get(operation, ()):
            raise GuestProtocolError(f"worker sent operation {operation} in another form")

    def _account(self, memory: int, fuel: int | None) -> None:
        allowed = self._given
        if not 0 <= memory <= _MEMORY_BYTES or (fuel is None) != (allowed is None):
            raise GuestProtocolError("worker gave an account that cannot be")
        self.memory_bytes = memory
        self.fuel_used = fuel if fuel is None or allowed is None else min(max(fuel, 0), allowed)

    def _answer(
        self, memory: int, fuel: int | None, status: int, value: Any, encoded: bytes | None
    ) -> Answer:
        self._account(memory, fuel)
        if not 0 <= status < len(wire.STATUSES):
            raise GuestProtocolError(f"worker answered with the unknown status {status}")
        length = len(encoded) if encoded is not None else 0
        if type(value) is str:
            try:
                length = len(value.encode())
            except UnicodeEncodeError:
                raise GuestProtocolError("worker answered with text that is not UTF-8") from None
        if wire.STATUSES[status] == "ok" and length > self._limits.result_bytes:
            raise OutputExceeded(self._limits.result_bytes)
        return Answer(wire.STATUSES[status], value, encoded)

    def _error(self, memory: int, fuel: int | None, which: int, text: str) -> SandboxError:
        self._account(memory, fuel)
        if not 0 <= which < len(wire.ERRORS):
            return GuestProtocolError(f"worker told of the unknown error {which}")
        kind = wire.ERRORS[which]
        limits = self._limits
        if kind is FuelExhausted and self._given is not None:
            self.fuel_used = self._given
            return FuelExhausted(self._given)
        if kind is OutputExceeded:
            return OutputExceeded(limits.result_bytes)
        if kind is MemoryExceeded:
            return MemoryExceeded(limits.memory_bytes)
        shown = "".join(c if c.isprintable() else "?" for c in text)
        return GuestCrash(shown) if kind is GuestCrash else GuestProtocolError(shown)

    def _serve(self, operation: int, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Do what the worker asks; return the reply, or None if it waits for none."""
        host = self._host
        if operation == wire.OUTPUT:
            stream, data = values
            if stream not in (1, 2):
                raise GuestProtocolError(f"guest wrote {len(data)} bytes to stream {stream}")
            host.output(stream, data)
            return None
        if operation == wire.CALL:
            name, args = values
            if len(name) > _NAME_BYTES or len(args) > self._limits.host_call_bytes:
                raise GuestProtocolError("worker made a host call that is too large")
            return host.call(name, args)
        if operation == wire.CLOCK:
            return (host.clock(values[0]),)
        if operation == wire.SLEEP:
            if values[0] < 0:
                raise GuestProtocolError("worker asked for a sleep that is negative")
            host.sleep(values[0])
            return ()
        if operation == wire.RANDOM:
            if not 0 <= values[0] <= _RANDOM_BYTES:
                raise GuestProtocolError(f"worker asked for {values[0]} random bytes")
            return (host.random(values[0]),)
        if operation == wire.FILE:
            return _remote_files.serve(host.files, *values)
        raise GuestProtocolError(f"worker asked for the unknown operation {operation}")

    # ---- the wire

    def _send(self, operation: int, *values: Any) -> None:
        try:
            self._link.send(operation, *values)
        except OSError:
            raise self._lost() from None

    def _receive(self) -> tuple[int, tuple[Any, ...]]:
        try:
            return self._link.receive()
        except (OSError, EOFError):
            raise self._lost() from None
        except GuestProtocolError:
            self.kill()
            raise

    def _lost(self) -> SandboxError:
        if self._loss is not None:  # told before to who keeps the state, and not to a run
            return SessionBroken(self._loss)
        if self.is_killed:
            return GuestCrash("stopped by the host")
        self.kill()  # it may live, and only have closed its end
        with contextlib.suppress(OSError, EOFError, GuestProtocolError):
            while self._capturing:  # told before it ended, and not read yet
                operation, values = self._link.receive()
                self._captured(values if operation == wire.CAPTURED else (None,))
        status = self._child.wait()
        how = _SIGNALS.get(-status, f"status {status}")
        self._loss = f"the worker process ended by itself ({how})"
        return SessionBroken(self._loss)

    # ---- from any thread

    def interrupt(self, abort: bool) -> None:
        with self._control:
            if self._open:
                wish = wire.ABORT if abort else wire.INTERRUPT
                self._wish = max(self._wish, wish)
                message = wire.WISH.pack(wish, self._number)
                # A worker that does not read is ill, and will be killed.
                with contextlib.suppress(OSError):
                    self._child.control.send(message, socket.MSG_DONTWAIT)

    def is_alive(self) -> bool:
        return self._open and self._child.is_alive()

    def is_sound(self) -> bool:
        return True  # the worker's handlers are its own

    def remind(self) -> bool:
        return False  # the worker does it by itself

    def kill(self) -> None:
        with self._control:
            if self._open:
                self.is_killed = True
                self._child.kill()

    def close(self) -> None:
        with self._control:
            if not self._open:
                return
            self._open = False
            self._child.kill()
        self._child.close()
