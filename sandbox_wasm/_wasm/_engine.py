"""Engines: configuration, compiled modules, and a free list.

Each session has an engine of its own, because then one ``increment_epoch`` stops
that session and no other, with public API alone. An engine with its module read
from the cache costs 0.1 ms; when a session ends in good order its engine goes to
a free list with the linker and all, and the next session takes it from there.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

import wasmtime

from .._errors import ArtifactError
from ._artifacts import Artifact
from ._cache import ModuleCache, default_folder
from ._faults import handlers

_log = logging.getLogger("sandbox_wasm")

# The most that wasmtime takes without aborting the process; a thread that runs a
# guest has twice as much (see _lane.py).
WASM_STACK_BYTES = 2 << 20

# Engines kept for the next session: enough for a busy server's turnover.
_SPARE = 16

_SETTINGS: dict[str, Any] = {
    "max_wasm_stack": WASM_STACK_BYTES,
    # The host keeps views of linear memory, which must stay where it is.
    "memory_may_move": False,
    "memory_reservation": 4 << 30,
    # What our artifacts use; all else that a module may ask for is refused.
    "wasm_bulk_memory": True,
    "wasm_multi_value": True,
    "wasm_reference_types": True,
    "wasm_exceptions": True,
    "wasm_function_references": True,
    "wasm_gc": True,  # exception references are of its type system
    "wasm_threads": False,
    "wasm_tail_call": False,
    "wasm_relaxed_simd": False,
    "wasm_simd": False,
    "wasm_memory64": False,
    "wasm_multi_memory": False,
    "wasm_stack_switching": False,
    "wasm_wide_arithmetic": False,
    "wasm_custom_page_sizes": False,
    "wasm_component_model": False,
    "shared_memory": False,
    "native_unwind_info": False,
}


class Variant(NamedTuple):
    """A way to compile an interpreter.

    Args:
        fuel: Meter instructions.

        signals: Let the processor find bad accesses, and turn its faults into traps; else
            compiled code checks for them, which slows CPython by a fifth.

        epoch: Look at each function entry and loop edge whether to trap; else nothing
            stops the guest but the end of its process.
    """

    fuel: bool = False
    signals: bool = True
    epoch: bool = True


def _config(variant: Variant) -> wasmtime.Config:
    config = wasmtime.Config()
    for name, value in _SETTINGS.items():
        setattr(config, name, value)
    config.consume_fuel = variant.fuel
    config.epoch_interruption = variant.epoch
    config.signals_based_traps = variant.signals
    # Compiling in parallel hangs in a child of fork, and one module is not faster.
    config.parallel_compilation = False
    return config


class Engine:
    """One engine with an interpreter's module, ready to make instances.

    Attributes:
        target: The object that has the methods ``on_call`` and ``on_sys`` for
            the instance that runs; the imports of the module go there.
    """

    def __init__(self, family: EngineFamily) -> None:
        self.family = family
        self.target: Any = None
        self._engine = wasmtime.Engine(_config(family.variant))
        if family.variant.signals:
            handlers.expect()
        self._module = family.load(self._engine)
        self._linker = wasmtime.Linker(self._engine)
        none = wasmtime.FuncType([], [])
        self._linker.define_func("sandbox", "call", none, self._call)
        self._linker.define_func("sandbox", "sys", none, self._sys)
        self._pre: Any = None
        try:
            self._pre = self._linker.instantiate_pre(self._module)
        except wasmtime.WasmtimeError as error:
            self.dispose()
            raise ArtifactError(
                f"interpreter {family.artifact.name!r} has other imports"
            ) from error
        self.killed = False
        try:
            family.check(self._module)
        except ArtifactError:
            self.dispose()
            raise

    # The two imports. The targets never raise: an exception that travels through
    # wasm can come out in another session.
    def _call(self) -> None:
        if self.target is None:
            self.kill()
        else:
            self.target.on_call()

    def _sys(self) -> None:
        if self.target is None:
            self.kill()
        else:
            self.target.on_sys()

    def instantiate(self) -> tuple[wasmtime.Store, wasmtime.Instance]:
        """Return a new store with a new instance of the module in it."""
        store = wasmtime.Store(self._engine)
        set_limits(store, 1 << 30)
        store.set_epoch_deadline(1)
        if self.family.variant.fuel:
            store.set_fuel(1 << 62)
        return store, self._pre.instantiate(store)

    def kill(self) -> None:
        """Make whatever runs on this engine trap; from any thread."""
        self.killed = True
        self._engine.increment_epoch()

    def release(self) -> None:
        """Give the engine back after its instance is gone."""
        self.target = None
        if self.killed or not self.family.keep(self):
            self.dispose()

    def dispose(self) -> None:
        """Let go of everything: the callbacks in it would hold it for ever."""
        if self._pre is not None:
            self._pre.close()
        self._linker.close()
        self._module.close()
        self._engine.close()


def set_limits(store: wasmtime.Store, memory_bytes: int) -> None:
    """Set every limit of a store: what is not named becomes unlimited."""
    store.set_limits(
        memory_size=memory_bytes, table_elements=20_000, instances=1, tables=4, memories=1
    )


_EXPORTS = {
    "memory": "memory",
    "sandbox_exchange": "global i32",
    "sandbox_start": "function () -> ()",
    "sandbox_exec": "function () -> ()",
    "sandbox_alloc": "function (i32) -> (i32)",
}


def _describe(kind: object) -> str:
    if isinstance(kind, wasmtime.FuncType):
        params, results = (" ".join(map(str, types)) for types in (kind.params, kind.results))
        return f"function ({params}) -> ({results})"
    if isinstance(kind, wasmtime.GlobalType):
        return f"global {kind.content}"
    return "memory" if isinstance(kind, wasmtime.MemoryType) else "something else"


def version() -> str:
    """Return the engine's name and version."""
    # importlib.metadata would say it too, and takes 15 ms to import.
    site = Path(wasmtime.__file__).parent.parent
    return (
        "+".join(sorted(p.name for p in site.glob("wasmtime-*.dist-info"))) or _installed_version()
    )


def _installed_version() -> str:
    from importlib import metadata

    return metadata.version("wasmtime")


class EngineFamily:
    """All engines of one artifact in one configuration."""

    def __init__(self, artifact: Artifact, variant: Variant) -> None:
        self.artifact = artifact
        self.variant = variant
        self._lock = threading.Lock()
        self._spare: list[Engine] = []
        self._checked = False
        self._compiled: Path | bytes | None = None

    def take(self) -> Engine:
        """Return an engine that nothing runs on."""
        with self._lock:
            if self._spare:
                return self._spare.pop()
        return Engine(self)

    def keep(self, engine: Engine) -> bool:
        """Take an engine for the next session; False if there are enough."""
        with self._lock:
            if len(self._spare) < _SPARE:
                self._spare.append(engine)
                return True
        return False

    def load(self, engine: wasmtime.Engine) -> wasmtime.Module:
        """Return the module for *engine*, compiled earlier or now."""
        with self._lock:
            for _ in range(2):
                if self._compiled is None:
                    self._compiled = ModuleCache(default_folder()).get(self._key(), self._compile)
                try:
                    if isinstance(self._compiled, bytes):
                        return wasmtime.Module.deserialize(engine, self._compiled)
                    return wasmtime.Module.deserialize_file(engine, str(self._compiled))
                except wasmtime.WasmtimeError as error:
                    _log.warning("a compiled module cannot be used: compiling anew (%s)", error)
                    self._compiled = None
        self._compiled = self._compile()
        return wasmtime.Module.deserialize(engine, self._compiled)

    def is_compiled(self) -> bool:
        """Return whether the module need not be compiled any more."""
        return ModuleCache(default_folder()).has(self._key())

    def check(self, module: wasmtime.Module) -> None:
        """Compare the types of the exports with the ABI, once: later calls trust them.

        Raises:
            ArtifactError: One is missing, or of another type.
        """
        if not self._checked:
            found = {export.name: _describe(export.type) for export in module.exports}
            for name, wanted in _EXPORTS.items():
                if found.get(name) != wanted:
                    raise ArtifactError(
                        f"interpreter {self.artifact.name!r} must export {name!r} as {wanted}, "
                        f"and has {found.get(name, 'nothing')}: reinstall sandbox-wasm"
                    )
            self._checked = True

    def _key(self) -> str:
        settings = sorted(_SETTINGS.items())
        # The host's processor decides what code is made, so it is part of the key.
        host = os.uname() if hasattr(os, "uname") else None
        return repr(
            (
                self.artifact.digest,
                version(),
                settings,
                tuple(self.variant),
                (host.sysname, host.machine, host.nodename) if host else os.name,
            )
        )

    def _compile(self) -> bytes:
        _log.info("compiling the interpreter %s, once for this machine", self.artifact.name)
        data = self.artifact.read()
        if not data.startswith(b"\0asm"):  # else wasmtime takes it for text, and compiles that
            raise ArtifactError(f"interpreter {self.artifact.name!r} is no WebAssembly module")
        try:
            module = wasmtime.Module(wasmtime.Engine(_config(self.variant)), data)
        except wasmtime.WasmtimeError as error:
            raise ArtifactError(
                f"interpreter {self.artifact.name!r} cannot be compiled by wasmtime {version()}"
            ) from error
        return bytes(module.serialize())

    def forget(self) -> None:
        """Drop spare engines, in a child of fork: they belong to the parent."""
        self._lock = threading.Lock()
        self._spare.clear()


_families: dict[tuple[str, Variant], EngineFamily] = {}
_families_lock = threading.Lock()


def family(artifact: Artifact, *, fuel: bool, epoch: bool = True) -> EngineFamily:
    """Return the family of that artifact, in the configuration that is sound just now."""
    variant = Variant(fuel, signals=handlers.are_ours(), epoch=epoch)
    key = (artifact.digest, variant)
    with _families_lock:
        if key not in _families:
            _families[key] = EngineFamily(artifact, variant)
        return _families[key]


def _after_fork() -> None:
    global _families_lock
    _families_lock = threading.Lock()
    for each in _families.values():
        each.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
