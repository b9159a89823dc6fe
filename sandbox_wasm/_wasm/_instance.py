"""One instance of an interpreter's module in a store of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import wasmtime

from .._errors import (
    FuelExhausted,
    GuestCrash,
    GuestProtocolError,
    SandboxError,
    SnapshotError,
)
from .._room import room
from .._state import GuestState, Ranges
from .._thread import current
from ._engine import Engine, EngineFamily, set_limits
from ._exports import StackPointer, entry, export
from ._faults import handlers
from ._memory import GuestMemory
from ._mould import Mould
from ._pages import Finder, finder, page_table, union
from ._traps import FUEL, kind_of

_log = logging.getLogger("sandbox_wasm")

T = TypeVar("T")

_WASM_PAGE = 65_536

# What an instance may have written to and still be made what it was, instead of being freed:
# a session that did more gains little by finding its pages in place.
_REUSED_BYTES = 2 << 20

_NOWHERE = memoryview(b"")


class Instance:
    """A store with one instance, and the exports that the ABI names.

    Everything here is for the thread that owns the instance, but for `kill`. Instances come
    from `open_instance`.

    Args:
        engine: Of which interpreter; `close` gives it back.

        target: Serves the imports: its ``on_call`` and ``on_sys`` are called and
            must not raise.

        memory_bytes: What linear memory may grow by, beyond what the interpreter
            has once it is started.

        state: What another instance was, to go on from; None starts anew.

        mould: Of which *state* is, if others begin with it as well.

    Raises:
        SnapshotError: The state does not fit into *memory_bytes*, or not together.

    Attributes:
        mould: What `close` puts it back to; None for an instance as nobody has used it.

        memory: Linear memory.

        base_bytes: What the interpreter has once it is started.

        exchange: Address of the exchange struct.

        limit_pages: Pages that linear memory may have.
    """

    def __init__(
        self,
        engine: Engine,
        target: Any,
        memory_bytes: int,
        state: GuestState | None = None,
        mould: Mould | None = None,
    ) -> None:
        self._engine = engine
        self.mould = mould
        self._fuel = 0
        self._finder: Finder | None = None
        self._thread = current()
        # Pages that were found at the end of a session, and with those of the mould.
        self._differing: tuple[Ranges, Ranges] = ((), ())
        self._measured: tuple[Ranges, int] = ((), 0)
        self._is_whole = True  # nothing has trapped in it
        self.memory_bytes = -1
        # Where the last state was taken to: with the same view, a copy takes half the time.
        self._room = _NOWHERE
        self._store, instance = engine.instantiate()
        try:
            self._begin(instance, target, memory_bytes, state)
        except BaseException:
            engine.free(self._store)
            raise

    def _begin(
        self,
        instance: wasmtime.Instance,
        target: Any,
        memory_bytes: int,
        state: GuestState | None,
    ) -> None:
        engine = self._engine
        exports = instance.exports(self._store)
        memory = export(exports, "memory", wasmtime.Memory)
        exchange = export(exports, "sandbox_exchange", wasmtime.Global)
        start = export(exports, "sandbox_start", wasmtime.Func)
        self._exec = entry(self._store, export(exports, "sandbox_exec", wasmtime.Func))
        self._alloc = export(exports, "sandbox_alloc", wasmtime.Func)
        self._stack_pointer = StackPointer(self._store, exports)
        self.exchange = int(exchange.value(self._store)) & 0xFFFFFFFF
        self.memory = GuestMemory(self._store, memory)
        self._call(entry(self._store, start))
        if engine.killed:
            raise GuestProtocolError("guest asked for something before it was asked")
        self.memory.refresh()
        self.base_bytes = self.memory.size
        self._first_pointer = self._stack_pointer.read()
        self._serve(target, memory_bytes, state)

    def begin_again(
        self, target: Any, memory_bytes: int, state: GuestState | None, mould: Mould | None
    ) -> None:
        """Go on as a new instance, after `close` has made it what it was."""
        try:
            if self._thread is not current():
                self._finder = None  # what it has found is of another thread
                self._thread = current()
            # From now: a stop may have come too late for the last.
            self._store.set_epoch_deadline(1)
            is_in_it = mould is not None and self.mould is mould
            self.mould = mould
            self._serve(target, memory_bytes, None if is_in_it else state)
        except BaseException:
            self.free()
            raise

    def _serve(self, target: Any, memory_bytes: int, state: GuestState | None) -> None:
        self.allow(memory_bytes)
        if state is not None:
            self.restore(state)
        self._engine.target = target  # nobody answers before the guest is made

    def allow(self, memory_bytes: int) -> None:
        """Let linear memory grow by that much beyond what the interpreter starts with."""
        if memory_bytes == self.memory_bytes:
            return
        self.memory_bytes = memory_bytes
        self.limit_pages = min((self.base_bytes + memory_bytes) // _WASM_PAGE, 65_535)
        set_limits(self._store, self.limit_pages * _WASM_PAGE)

    def restore(self, state: GuestState) -> None:
        """Become what another instance was, before anything has run in this one."""
        if not state.is_whole or state.size < self.memory.size or state.size % _WASM_PAGE:
            raise SnapshotError("the state of the guest does not fit together")
        if state.size > self.limit_pages * _WASM_PAGE:
            raise SnapshotError(
                f"the state has {state.size - self.base_bytes} bytes of memory, "
                f"memory_bytes={self.memory_bytes}"
            )
        try:
            self.memory.grow(state.size)
        except wasmtime.WasmtimeError:
            raise SnapshotError("there is no memory for the state") from None
        self.memory.paste(state.ranges, state.data)
        self._stack_pointer.write(state.stack_pointer)

    def capture(self, into: GuestState | None, again: bool, most: int | None) -> GuestState:
        """Return what the instance is, while nothing runs in it.

        Args:
            into: An earlier state that is not needed any more: its room is used, if its data
                is a view of enough. Without, time is taken to leave out pages that are what
                every instance begins with.

            again: Whether another thread may have written to memory since the last time.

            most: Bytes that its data may have, or None.

        Raises:
            MemoryError: It would have more.
        """
        family = self._engine.family
        ranges = self._found(again)
        length = self._length(ranges)
        if into is None or (most is not None and length > most):
            ranges = self.memory.differing(ranges, _reference(family))
            length = self._length(ranges)
        if most is not None and length > most:
            raise MemoryError(f"the state has {length} bytes, checkpoint_bytes={most}")
        data = self.memory.gather(ranges) if into is None else self._copied(ranges, length, into)
        size, pointer = self.memory.size, self._stack_pointer.read()
        return GuestState(size, pointer, ranges, data, partial(_pristine, family))

    def _copied(self, ranges: Ranges, length: int, into: GuestState) -> memoryview:
        data = self._room
        if len(data) != length or data.obj is not getattr(into.data, "obj", None):
            self.memory.forget_copy()
            data = self._room = room(length, into.data)
        self.memory.copy(ranges, data)
        return data

    def _length(self, ranges: Ranges) -> int:
        """Return how many bytes they have, which mostly are those of the last time."""
        if self._measured[0] is not ranges:
            self._measured = ranges, sum([end - begin for begin, end in ranges])
        return self._measured[1]

    def _found(self, again: bool) -> Ranges:
        if self._finder is None:
            self._finder = finder(self._engine.family.pristine)
        return self.memory.find(self._finder, again)

    def exec(self) -> None:
        """Enter the guest: one request.

        Raises:
            FuelExhausted, GuestCrash: It trapped, and must not be entered again.
        """
        self._call(self._exec)

    def alloc(self, length: int) -> int:
        """Return the address of a block of *length* bytes; 0 if there is no room."""
        address = self._call(lambda: self._alloc(self._store, length))
        if not isinstance(address, int):
            raise GuestProtocolError("sandbox_alloc returned no address")
        self.memory.refresh()
        return address & 0xFFFFFFFF

    def _call(self, function: Callable[[], T]) -> T:
        try:
            return function()
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            kind = kind_of(error)
            self._is_whole = False
        # Outside the handler: the trap would live on as the error's context, and it
        # holds the module with its memory and an open file.
        if kind == FUEL:
            raise FuelExhausted(self._fuel)
        raise GuestCrash(kind)

    def set_fuel(self, fuel: int, told: int) -> None:
        """Let the next request have that much fuel, and its error tell of *told*."""
        self._fuel = told
        self._store.set_fuel(fuel)

    def fuel_left(self) -> int:
        """Return what is left of it."""
        return self._store.get_fuel()

    def is_sound(self) -> bool:
        """Return whether faults of the guest still become traps."""
        return not self._engine.family.variant.signals or handlers.are_ours()

    def kill(self) -> None:
        """Make the guest trap; from any thread."""
        self._engine.kill()

    def rearm(self) -> None:
        """Forget a `kill` that came after the guest had returned."""
        if self._engine.killed:
            self._engine.killed = False
            self._store.set_epoch_deadline(1)

    def close(self, again: bool = True) -> None:
        """Hand the engine on: with the instance, made what it was, or with its memory freed.

        Args:
            again: Whether another thread may have written to memory meanwhile.
        """
        engine, mould = self._engine, self.mould
        engine.target = None
        try:
            if self._is_reusable() and self._revert(again):
                engine.rested = self
        except Exception as error:
            _log.warning("an instance cannot be used again (%s)", error)
        if engine.rested is None:
            self.free()
        engine.release()
        if mould is not None and not mould.is_open:  # perhaps since it was looked at
            engine.family.drop(mould)

    def free(self) -> None:
        """Free the memory."""
        self.memory.release()
        self._engine.free(self._store)

    def part(self) -> None:
        """Let go of the engine; memory goes when nobody has it any more."""
        self._engine.dispose()
        self._engine.let_go(self._store)

    def _is_reusable(self) -> bool:
        # Not after a trap; and memory that has grown does not shrink.
        engine, mould = self._engine, self.mould
        self.memory.refresh()
        return (
            self._is_whole
            and not engine.killed
            and engine.family.is_busy
            and self.memory.size == (self.base_bytes if mould is None else mould.state.size)
            and (mould is None or mould.is_open)
            and page_table() is not None
        )

    def _revert(self, again: bool) -> bool:
        """Make memory and the one global what they were before this session's code had run."""
        family, mould = self._engine.family, self.mould
        reference = _reference(family) if mould is None else _begun(family, mould)
        if reference is None:
            return False
        self.memory.release_windows()
        self._room = _NOWHERE
        ranges = found = self._found(again)
        pointer, most = self._first_pointer, _REUSED_BYTES
        if mould is not None:
            state = mould.state
            pointer, most = state.stack_pointer, most + len(state.data)
            if self._differing[0] is not found:
                # Its pages are among them, if it began so; this does not rely on that.
                self._differing = found, union(found, state.ranges)
            ranges = self._differing[1]
        if self._length(ranges) > most or reference.size != self.memory.size:
            return False
        self.memory.revert(ranges, reference)
        self._stack_pointer.write(pointer)
        return True


def open_instance(
    engine: Engine,
    target: Any,
    memory_bytes: int,
    state: GuestState | None = None,
    mould: Mould | None = None,
) -> Instance:
    """Return an instance on *engine*, see `Instance`: one that rests there, or a new one."""
    rested, engine.rested = engine.rested, None
    if rested is not None and rested.mould not in (None, mould):
        rested.free()
        rested = None
    if rested is None:
        return Instance(engine, target, memory_bytes, state, mould)
    rested.begin_again(target, memory_bytes, state, mould)
    return rested


def _reference(family: EngineFamily) -> GuestMemory:
    """Return the memory of an instance that never runs guest code, as it begins."""
    with family.reference_lock:
        if family.reference is None:
            family.reference = _unused(family)
        return family.reference.memory


def _pristine(family: EngineFamily, ranges: Ranges) -> list[bytes] | None:
    """Return what every instance begins with in those parts of memory, see `GuestState`."""
    try:
        return _reference(family).parts(ranges)
    except SandboxError:  # there is no room for one
        return None


def _begun(family: EngineFamily, mould: Mould) -> GuestMemory | None:
    """Return the memory of one that begins in *mould*; None if that was closed."""
    return mould.reference(family, lambda: _unused(family, mould.state))


def _unused(family: EngineFamily, state: GuestState | None = None) -> Instance:
    """Return an instance in that state that never runs guest code, on an engine of its own."""
    engine = Engine(family)
    try:
        return Instance(engine, None, 0 if state is None else state.size, state)
    except BaseException:
        engine.dispose()
        raise
