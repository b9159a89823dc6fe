"""Engines: configuration, compiled modules, and a free list.

Each session has an engine of its own, because then one ``increment_epoch`` stops
that session and no other, with public API alone. An engine with its module read
from the cache costs 0.1 ms; when a session ends in good order its engine goes to
a free list with the linker and all, and the next session takes it from there.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wasmtime

from .._errors import ArtifactError, HostExhausted, SessionBroken
from .._locks import RLock
from . import _shipped
from ._artifacts import Artifact
from ._cache import ModuleCache, default_folder
from ._compile import compile_module
from ._config import Variant, config, module_key, wasmtime_version
from ._exports import export
from ._faults import handlers
from ._imports import define
from ._memory import GuestMemory

if TYPE_CHECKING:
    from ._instance import Instance
    from ._mould import Mould

_log = logging.getLogger("sandbox_wasm")

# Engines kept for the next session: enough for a busy server's turnover.
_SPARE = 16


class Engine:
    """One engine with an interpreter's module, ready to make instances.

    Attributes:
        target: The object that has the methods ``on_call`` and ``on_sys`` for
            the instance that runs; the imports of the module go there.

        rested: An instance as if nobody had used it, or as its mould has it, for the next
            session; or None.
    """

    def __init__(self, family: EngineFamily) -> None:
        self.family = family
        self.target: Any = None
        self.rested: Instance | None = None
        self._engine = wasmtime.Engine(config(family.variant))
        if family.variant.signals:
            handlers.expect()
        self._module = family.load(self._engine)
        self._linker = wasmtime.Linker(self._engine)
        self._imports: tuple[object, ...] = (
            define(self._linker, "sandbox", "call", self._call),
            define(self._linker, "sandbox", "sys", self._sys),
        )
        self._pre: Any = None
        family.held[id(self)] = (self._engine, self._module, self._linker)
        self.killed = False
        try:
            self._pre = self._linker.instantiate_pre(self._module)
            family.held[id(self)] += (self._pre,)
            family.check(self._module)
        except BaseException as error:
            self.dispose()
            if isinstance(error, wasmtime.WasmtimeError):
                raise ArtifactError(
                    f"interpreter {family.artifact.name!r} has other imports"
                ) from error
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
        """Return a new store with a new instance of the module in it.

        Raises:
            SessionBroken: The host has no room for it.
        """
        store = wasmtime.Store(self._engine)
        self.family.held[id(store)] = (store,)
        try:
            set_limits(store, 1 << 30)
            store.set_epoch_deadline(1)
            if self.family.variant.fuel:
                store.set_fuel(1 << 62)
            return store, self._pre.instantiate(store)
        except BaseException as error:
            self.free(store)
            if isinstance(error, wasmtime.WasmtimeError):  # each takes 4 GiB of addresses
                raise SessionBroken("the host has no memory for another instance") from error
            raise

    def free(self, store: wasmtime.Store) -> None:
        """Free a store, and the instance in it."""
        store.close()
        self.let_go(store)

    def let_go(self, store: wasmtime.Store) -> None:
        """Leave a store to whoever has it; the last frees it."""
        self.family.held.pop(id(store), None)

    def kill(self) -> None:
        """Make whatever runs on this engine trap; from any thread."""
        # In this order: `Instance.rearm` in between takes back nothing that is to come.
        self._engine.increment_epoch()
        self.killed = True

    def release(self) -> None:
        """Give the engine back after its instance is gone."""
        self.target = None
        if self.killed or not self.family.keep(self):
            self.dispose()

    def dispose(self) -> None:
        """Let go of everything: the callbacks in it would hold it for ever."""
        rested, self.rested = self.rested, None
        if rested is not None:
            rested.free()
        if self._pre is not None:
            self._pre.close()
        self._linker.close()
        self._module.close()
        self._engine.close()
        self._imports = ()
        self.family.held.pop(id(self), None)


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


class EngineFamily:
    """All engines of one artifact in one configuration.

    Those that are spare change hands without a lock, by one operation of a list each: a signal
    handler or a finaliser that comes in between may wait for what another thread then takes.

    Attributes:
        reference: An instance that is started, and never runs guest code; None until it is
            made, while its lock is held.
    """

    def __init__(self, artifact: Artifact, variant: Variant) -> None:
        # What wasmtime has given and was not given back, so that it is never garbage: the
        # collector would free it in a cycle with a session that was dropped, before that
        # session's thread has handed on the instance, or while it does.
        self.held: dict[int, tuple[object, ...]] = {}
        self.artifact = artifact
        self.variant = variant
        self._lock = RLock()
        self._spare: list[Engine] = []
        self._checked = False
        self._pristine: list[bytearray] | None = None
        self._compiled: Path | bytes | None = None
        self._failure = ""
        self._taken = 0
        self.reference: Instance | None = None
        self.reference_lock = RLock()

    @property
    def is_busy(self) -> bool:
        """Whether more than one engine was asked for: what is kept is likely to be used.

        Never in a worker process, which has one guest.
        """
        return self._taken > 1 and self.variant.epoch

    def take(self, mould: Mould | None = None) -> Engine:
        """Return an engine that nothing runs on; one whose instance rests in *mould*, if any."""
        self._taken += 1
        for engine in reversed(self._spare.copy()):  # the last is in the caches still
            rested = engine.rested
            if (None if rested is None else rested.mould) is mould and self._claim(engine):
                return engine
        try:
            return self._spare.pop()
        except IndexError:
            return Engine(self)

    def _claim(self, engine: Engine) -> bool:
        """Have *engine*, which nobody else gets then; return False if somebody has it."""
        try:
            self._spare.remove(engine)
        except ValueError:
            return False
        return True

    def keep(self, engine: Engine) -> bool:
        """Take an engine for the next session; False if there are enough."""
        self._spare.append(engine)
        return len(self._spare) <= _SPARE or not self._claim(engine)

    def drop(self, mould: Mould) -> None:
        """Free the instances that rest in *mould*."""
        for engine in self._spare.copy():
            instance = engine.rested
            if instance is not None and instance.mould is mould and self._claim(engine):
                engine.rested = None
                self._spare.append(engine)
                instance.free()

    def pristine(self) -> list[bytearray]:
        """Return memory of an instance that nobody has used, for comparisons."""
        if self._pristine is None:
            engine = self.take()
            try:
                store, instance = engine.instantiate()
                try:
                    memory = export(instance.exports(store), "memory", wasmtime.Memory)
                    view = GuestMemory(store, memory)
                    self._pristine = view.blocks()
                    view.release()
                finally:
                    engine.free(store)
            finally:
                engine.release()
        return self._pristine

    def load(self, engine: wasmtime.Engine) -> wasmtime.Module:
        """Return the module for *engine*, compiled earlier or now.

        Raises:
            HostExhausted: The system lets nobody open files any more.
        """
        try:
            return self._load(engine)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            raise HostExhausted("the machine has no more open files to give") from error

    def _load(self, engine: wasmtime.Engine) -> wasmtime.Module:
        tried = self._compiled
        module = None if tried is None else self._read(engine, tried)
        if module is not None:
            return module
        with self._lock:
            # Last of all what is compiled now, and kept nowhere: it cannot be another's.
            for source in (self._known, self._shipped, self._cached, self._compile):
                found = source()
                if found is None or found is tried:
                    continue
                module = self._read(engine, found)
                if module is not None:
                    self._compiled = found
                    return module
        raise ArtifactError(
            f"what was compiled of {self.artifact.name!r} cannot be used: {self._failure}"
        )

    def _read(self, engine: wasmtime.Engine, found: Path | bytes) -> wasmtime.Module | None:
        try:
            if isinstance(found, bytes):
                return wasmtime.Module.deserialize(engine, found)
            return wasmtime.Module.deserialize_file(engine, str(found))
        except wasmtime.WasmtimeError as error:
            if isinstance(found, Path) and found.exists():
                os.close(os.open(found, os.O_RDONLY))  # else it would be compiled in vain
            _log.warning("a compiled module cannot be used (%s)", error)
            self._failure = _causes(error)
            return None

    def _known(self) -> Path | bytes | None:
        return self._compiled

    def _shipped(self) -> Path | None:
        return _shipped.find(self.artifact.digest, self.variant)

    def _cached(self) -> Path | bytes:
        return ModuleCache(default_folder()).get(self._key(), self._compile)

    @property
    def compiled_file(self) -> Path | None:
        """Where the module was read from; None if it is in memory only."""
        return self._compiled if isinstance(self._compiled, Path) else None

    def is_compiled(self) -> bool:
        """Return whether the module need not be compiled any more."""
        return bool(self._shipped()) or ModuleCache(default_folder()).has(self._key())

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
        return module_key(self.artifact.digest, self.variant)

    def _compile(self) -> bytes:
        data = self.artifact.read()
        if not data.startswith(b"\0asm"):  # else wasmtime takes it for text, and compiles that
            raise ArtifactError(f"interpreter {self.artifact.name!r} is no WebAssembly module")
        try:
            return compile_module(self.artifact.name, data, self.variant)
        except wasmtime.WasmtimeError as error:
            engine = wasmtime_version().removesuffix(".dist-info")
            raise ArtifactError(
                f"interpreter {self.artifact.name!r} cannot be compiled by {engine}: "
                f"{_causes(error)}"
            ) from error

    def forget(self) -> None:
        """Drop spare engines, in a child of fork: they belong to the parent."""
        self._lock = RLock()
        self._spare.clear()
        self.reference_lock = RLock()
        self.reference = None


def _causes(error: wasmtime.WasmtimeError) -> str:
    """Return why, in a line: the engine tells what it was about first, and the causes below."""
    about, _, causes = str(error).partition("Caused by:")
    lines = (line.strip() for line in (causes or about).splitlines())
    return ": ".join(line.lstrip("0123456789").removeprefix(": ") for line in lines if line)


_families: dict[tuple[str, Variant], EngineFamily] = {}
_families_lock = RLock()


def family(artifact: Artifact, *, fuel: bool, epoch: bool = True) -> EngineFamily:
    """Return the family of that artifact, in the configuration that is sound just now."""
    variant = Variant(fuel, signals=handlers.are_ours(), epoch=epoch)
    key = (artifact.digest, variant)
    found = _families.get(key)
    if found is not None:
        return found
    with _families_lock:
        if key not in _families:
            _families[key] = EngineFamily(artifact, variant)
        return _families[key]


def _after_fork() -> None:
    global _families_lock
    _families_lock = RLock()
    for each in _families.values():
        each.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
