"""One instance of an interpreter's module in a store of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

import wasmtime
from wasmtime._instance import InstanceExports

from .._errors import ArtifactError, FuelExhausted, GuestCrash, GuestProtocolError
from ._engine import Engine, set_limits
from ._memory import GuestMemory
from ._traps import FUEL, kind_of

PAGE = 65_536

E = TypeVar("E")


class Instance:
    """A store with one instance, and the exports that the ABI names.

    Everything here is for the thread that owns the instance, but for `kill`.

    Args:
        engine: Of which interpreter; `close` gives it back.

        target: Serves the imports: its ``on_call`` and ``on_sys`` are called and
            must not raise.

        memory_bytes: What linear memory may grow by, beyond what the interpreter
            has once it is started.

    Attributes:
        memory: Linear memory.

        exchange: Address of the exchange struct.

        limit_pages: Pages that linear memory may have.
    """

    def __init__(self, engine: Engine, target: Any, memory_bytes: int) -> None:
        self._engine = engine
        self._fuel = 0
        self._store, instance = engine.instantiate()
        try:
            self._begin(instance, target, memory_bytes)
        except BaseException:
            self._store.close()
            raise

    def _begin(self, instance: wasmtime.Instance, target: Any, memory_bytes: int) -> None:
        engine = self._engine
        exports = instance.exports(self._store)
        memory = _export(exports, "memory", wasmtime.Memory)
        exchange = _export(exports, "sandbox_exchange", wasmtime.Global)
        start = _export(exports, "sandbox_start", wasmtime.Func)
        self._exec = _cheap(_export(exports, "sandbox_exec", wasmtime.Func))
        self._alloc = _export(exports, "sandbox_alloc", wasmtime.Func)
        self.exchange = int(exchange.value(self._store)) & 0xFFFFFFFF
        self.memory = GuestMemory(self._store, memory)
        self._call(_cheap(start))
        if engine.killed:
            raise GuestProtocolError("guest asked for something before it was asked")
        engine.target = target  # nobody answers before the guest is made
        self.memory.refresh()
        self.base_bytes = self.memory.size
        self.allow(memory_bytes)

    def allow(self, memory_bytes: int) -> None:
        """Let linear memory grow by that much beyond what the interpreter starts with."""
        self.memory_bytes = memory_bytes
        self.limit_pages = min((self.base_bytes + memory_bytes) // PAGE, 65_535)
        set_limits(self._store, self.limit_pages * PAGE)

    def exec(self) -> None:
        """Enter the guest: one request.

        Raises:
            FuelExhausted, GuestCrash: It trapped, and must not be entered again.
        """
        self._call(self._exec)

    def alloc(self, length: int) -> int:
        """Return the address of a block of *length* bytes; 0 if there is no room."""
        address = self._call(lambda store: self._alloc(store, length))
        if not isinstance(address, int):
            raise GuestProtocolError("sandbox_alloc returned no address")
        self.memory.refresh()
        return address & 0xFFFFFFFF

    def _call(self, function: Any) -> Any:
        try:
            return function(self._store)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            kind = kind_of(error)
        # Outside the handler: the trap would live on as the error's context, and it
        # holds the module with its memory and an open file.
        if kind == FUEL:
            raise FuelExhausted(self._fuel)
        raise GuestCrash(kind)

    def set_fuel(self, fuel: int) -> None:
        """Let the next request have that much fuel."""
        self._fuel = fuel
        self._store.set_fuel(fuel)

    def fuel_left(self) -> int:
        """Return what is left of it."""
        return self._store.get_fuel()

    def kill(self) -> None:
        """Make the guest trap; from any thread."""
        self._engine.kill()

    def rearm(self) -> None:
        """Forget a `kill` that came after the guest had returned."""
        if self._engine.killed:
            self._engine.killed = False
            self._store.set_epoch_deadline(1)

    def close(self) -> None:
        """Free the memory, and hand the engine on."""
        self.memory.release()
        self._store.close()
        self._engine.release()


def _export(exports: InstanceExports, name: str, kind: type[E]) -> E:
    found = exports.get(name)
    if not isinstance(found, kind):
        raise ArtifactError(f"the interpreter has no {kind.__name__.lower()} {name!r} to offer")
    return found


def _cheap(function: wasmtime.Func) -> wasmtime.Func:
    # wasmtime-py asks the engine for the type of a function at each call, which
    # takes longer than the call: ours have neither parameters nor results.
    none = SimpleNamespace(params=(), results=())
    function.type = lambda store: none  # type: ignore[method-assign,assignment,return-value]
    return function
