"""A guest that speaks the ABI of wasm-src/include/sandbox_abi.h."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from .._errors import (
    ArtifactError,
    GuestProtocolError,
    MemoryExceeded,
    OutputExceeded,
    SandboxError,
)
from .._locks import RLock
from .._state import GuestState, Ranges
from .._wasm._instance import Instance
from . import _abi as abi
from ._base import Answer, HostSide, Request
from ._serving import Serving

_MODES = {
    "run": abi.MODE_RUN,
    "prelude": abi.MODE_RUN,
    "final": abi.MODE_RUN,
    "return": abi.MODE_RUN,
    "call": abi.MODE_CALL,
    "map": abi.MODE_MAP,
    "names": abi.MODE_NAMES,
    "environment": abi.MODE_ENVIRONMENT,
}
_STATUS: dict[int, Literal["ok", "error", "aborted"]] = {
    abi.STATUS_OK: "ok",
    abi.STATUS_ERROR: "error",
    abi.STATUS_ABORTED: "aborted",
}
_PRELUDE_FUEL = 1 << 30  # a hundred times what any of ours takes
# Ten times what naming functions takes, of which nothing is charged: for what guest code had put
# in their places finalizers may be run.
_NAMES_FUEL, _FUEL_PER_BYTE = 1 << 20, 1 << 13
_ERROR_BYTES = 1 << 20  # the guest keeps an error's texts far below this


class Layout(NamedTuple):
    """What all instances of an artifact have in common once they are started.

    Args:
        base_bytes: Bytes of linear memory.

        source_buffer, output_buffer: Addresses of the buffers behind the struct.

        breaker, breaker_bits: Address of the byte that makes the interpreter look for an
            interrupt, and what to set in it.
    """

    base_bytes: int
    source_buffer: int
    output_buffer: int
    breaker: int
    breaker_bits: int


class ReactorGuest:
    """One instance of an interpreter, driven through its exchange struct.

    Args:
        make_instance: Makes the instance, given the object that serves its
            imports.

        host: Serves what guest code asks for.

        fuel: Instructions that each request may use, or None.

        layout: Of another instance, for one that has run guest code before; else it is
            read from memory, and is in the attribute of that name.
    """

    def __init__(
        self,
        make_instance: Callable[[Any], Instance],
        host: HostSide,
        fuel: int | None,
        layout: Layout | None = None,
    ) -> None:
        self._host = host
        self._fuel = fuel
        self._given = 0  # of it, to the request that goes on
        self._asked = False  # to end, since the request began
        self._touched = False  # whether another thread has ever written to memory
        self._aborting = False
        self.fuel_used: int | None = None
        # Held while another thread touches memory, so that it is not gone meanwhile.
        # Signal handlers may come back to it.
        self._control = RLock()
        self._open = False
        self._serving = Serving(host)
        self._instance = make_instance(self._serving)
        self._memory = self._instance.memory
        # The struct: checked once, for memory neither moves nor shrinks.
        self._exchange = self._memory.window(self._instance.exchange, abi.EXCHANGE_BYTES)
        self._control_block = self._exchange[abi.CONTROL_AT :]
        self.layout = layout or self._read_layout()
        _, self._source_buffer, output_buffer, breaker, self._breaker_bits = self.layout
        self._serving.begin(self._instance, self._exchange, output_buffer)
        self._breaker = self._memory.window(breaker, 1)
        self._open = True
        if layout is not None:  # a wish that came just before the state was taken is in it
            self._forget_interrupts()

    def _read_layout(self) -> Layout:
        # Before any guest code has run, which could have changed what is read.
        version, size, source_buffer, output_buffer = abi.ABOUT.unpack_from(
            self._exchange, abi.ABOUT_AT
        )
        if version != abi.ABI_VERSION or size != abi.EXCHANGE_BYTES:
            raise ArtifactError(
                f"the interpreter speaks ABI {version} with {size} bytes; "
                f"this version of sandbox-wasm speaks {abi.ABI_VERSION} with {abi.EXCHANGE_BYTES}"
            )
        _, _, _, _, breaker, bits = abi.CONTROL.unpack_from(self._control_block)
        return Layout(self._instance.base_bytes, source_buffer, output_buffer, breaker, bits & 0xFF)

    @property
    def memory_bytes(self) -> int:
        return self._memory.size - self._instance.base_bytes

    def allow(self, memory_bytes: int, fuel: int | None) -> None:
        """Change what each request may use; before the first."""
        self._instance.allow(memory_bytes)
        self._fuel = fuel

    def go_on(self, state: GuestState) -> None:
        """Become what another guest was; before the first request.

        Raises:
            SnapshotError: It does not fit into what `allow` has let it have, or not together.
        """
        self._instance.restore(state)
        self._forget_interrupts()  # a wish that came just before the state was taken is in it

    @property
    def cpu_seconds(self) -> float:
        return 0.0

    is_killed = False  # it goes on after a `kill` that came too late

    def capture(self, into: GuestState | None = None, most: int | None = None) -> GuestState:
        return self._instance.capture(into, self._asked, most)

    def touch(self, ranges: Ranges) -> None:
        """Have those pages of memory at hand, which a run is likely to write to."""
        self._memory.touch(ranges)

    def parts(self, ranges: Ranges) -> list[bytes]:
        """Return a copy of each of those parts of memory."""
        return self._memory.parts(ranges)

    # ---- requests

    def request(self, request: Request) -> Answer:
        memory, instance = self._memory, self._instance
        instance.rearm()
        if self._asked:
            self._forget_interrupts()
            if self._host.is_over:  # one for this request may have been among them
                return Answer("aborted")
        source, inputs = request.source, request.inputs
        flags = abi.FLAG_LINES if request.lines else 0
        if request.mode == "return":
            flags |= abi.FLAG_RETURN
        text = source if inputs is None else source + inputs
        address = self._source_buffer
        if self._fuel is not None:
            most = self._fuel if request.fuel is None else min(self._fuel, request.fuel)
            self._given = most
            if request.mode == "prelude":
                self._given = _PRELUDE_FUEL
            elif request.mode == "names":
                self._given = _NAMES_FUEL + _FUEL_PER_BYTE * len(text)
            instance.set_fuel(self._given, most)
        if len(text) > abi.SOURCE_BYTES:
            address = instance.alloc(len(text))
            if not address:
                raise MemoryExceeded(instance.memory_bytes)
        memory.write(address, text)
        abi.REQUEST.pack_into(
            self._exchange,
            abi.REQUEST_AT,
            _MODES[request.mode],
            flags,
            address,
            len(source),
            0 if inputs is None else address + len(source),
            0 if inputs is None else len(inputs),
            instance.limit_pages,
        )
        try:
            instance.exec()
        except SandboxError:
            self._account()
            with contextlib.suppress(GuestProtocolError):  # the trap says more
                self._read_answer()
            raise
        self._account()
        fields = self._read_answer()
        if self._serving.is_stopped:
            raise GuestProtocolError("guest went on when it was told to stop")
        return self._answer(*fields)

    def _forget_interrupts(self) -> None:
        """Take back what came after the last request had ended: it is not for this one."""
        with self._control:
            self._asked = self._aborting = False
            ack = abi.CONTROL.unpack_from(self._control_block)[2]
            self._wish(ack, 0)

    def _account(self) -> None:
        self._memory.refresh()
        if self._fuel is not None:
            self.fuel_used = self._given - self._instance.fuel_left()

    def _read_answer(self) -> tuple[int, int, int, int, int]:
        """Return status, kind, address, length and bits of the answer.

        What the output buffer still holds is taken; also of a guest that has trapped.
        """
        status, kind, address, length, stream, unread, _, bits = abi.ANSWER.unpack_from(
            self._exchange, abi.ANSWER_AT
        )
        if unread:
            self._serving.output(stream, unread)
        return status, kind, address, length, bits

    def _answer(self, status: int, kind: int, address: int, length: int, bits: int) -> Answer:
        if status not in _STATUS:
            raise GuestProtocolError(f"guest answered with the unknown status {status}")
        word = _STATUS[status]
        if kind == abi.KIND_NONE:
            return Answer(word)
        if kind == abi.KIND_INT:
            return Answer(word, bits)
        if kind == abi.KIND_FALSE or kind == abi.KIND_TRUE:
            return Answer(word, kind == abi.KIND_TRUE)
        if kind == abi.KIND_FLOAT:
            return Answer(word, abi.BITS.unpack_from(self._exchange, abi.BITS_AT)[0])
        if kind != abi.KIND_STR and kind != abi.KIND_JSON:
            raise GuestProtocolError(f"guest answered with the unknown kind {kind}")
        if word == "ok" and length > self._host.result_bytes:
            raise OutputExceeded(self._host.result_bytes)
        if length > _ERROR_BYTES and word != "ok":
            raise GuestProtocolError(f"guest answered with {length} bytes of error")
        data = self._memory.read(address, length)
        if kind == abi.KIND_JSON:
            return Answer(word, encoded=data)
        try:
            return Answer(word, data.decode(errors="strict" if word == "ok" else "replace"))
        except UnicodeDecodeError:
            raise GuestProtocolError("guest answered with text that is not UTF-8") from None

    # ---- from any thread

    def interrupt(self, abort: bool) -> None:
        with self._control:
            if self._open:
                ack = abi.CONTROL.unpack_from(self._control_block)[2]
                self._asked = self._touched = True
                # A wish for less does not take back the wish to unwind.
                self._aborting = self._aborting or abort
                kind = abi.REQUEST_ABORT if self._aborting else abi.REQUEST_INTERRUPT
                self._wish((ack + 1) & 0xFFFFFFFF, kind)
                self._breaker[0] |= self._breaker_bits

    def _wish(self, number: int, kind: int) -> None:
        """Write the host's words of the control block, each of them at once.

        The guest may read them meanwhile, and `Struct.pack_into` begins by writing zeros: then
        a wish to unwind that is made again would for a moment be one that guest code can catch.
        """
        view = self._control_block
        view[abi.CONTROL_KIND : abi.CONTROL_KIND + 4] = abi.WORD.pack(kind)
        view[:4] = abi.WORD.pack(number)

    def is_alive(self) -> bool:
        return self._open

    def is_sound(self) -> bool:
        return self._instance.is_sound()

    def remind(self) -> bool:
        with self._control:
            if not self._open or not self._asked:
                return False
            request, _, ack, _, _, _ = abi.CONTROL.unpack_from(self._control_block)
            if request == ack:
                return False
            self._breaker[0] |= self._breaker_bits
            return True

    def kill(self) -> None:
        with self._control:
            if self._open:
                self._instance.kill()

    def close(self) -> None:
        with self._control:
            if self._open:
                self._open = False
                self._instance.close(self._touched)
