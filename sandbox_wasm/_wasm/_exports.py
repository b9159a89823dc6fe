"""What an instance exports, found and got ready to be called."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, TypeVar

import wasmtime
from wasmtime import _ffi
from wasmtime._instance import InstanceExports

from .._errors import ArtifactError

E = TypeVar("E")

_TrapPointer = ctypes.POINTER(_ffi.wasm_trap_t)


def export(exports: InstanceExports, name: str, kind: type[E]) -> E:
    """Return the export of that name.

    Raises:
        ArtifactError: There is none of that kind.
    """
    found = exports.get(name)
    if not isinstance(found, kind):
        raise ArtifactError(f"the interpreter has no {kind.__name__.lower()} {name!r} to offer")
    return found


class StackPointer:
    """The one mutable global, as a word without sign; of test modules, which have none, it is 0.

    Read by its own `value` it takes six functions of wasmtime-py and 5 µs, after each run.
    """

    def __init__(self, store: wasmtime.Store, exports: InstanceExports) -> None:
        found = exports.get("__stack_pointer")
        self._global = found if isinstance(found, wasmtime.Global) else None
        self._store = store
        self._value = _ffi.wasmtime_val_t()

    def read(self) -> int:
        """Return it."""
        if self._global is None:
            return 0
        address, to = ctypes.byref(self._global._global), ctypes.byref(self._value)
        _ffi.wasmtime_global_get(self._store._context(), address, to)
        return int(self._value.of.i32) & 0xFFFFFFFF

    def write(self, word: int) -> None:
        """Make it that; it mostly is, and looking takes a tenth of the time."""
        if self._global is not None and self.read() != word:
            self._global.set_value(self._store, word - (1 << 32) if word >= 1 << 31 else word)


def entry(store: wasmtime.Store, function: wasmtime.Func) -> Callable[[], None]:
    """Return what calls *function*, which must have neither parameters nor results.

    Calling it by itself takes 4 µs more, in ten functions of wasmtime-py, and raises what an
    import of whichever store has raised last. What is returned raises this store's
    `wasmtime.Trap` and `wasmtime.WasmtimeError` alone; ``ValueError`` if the store is closed.
    """
    address = ctypes.byref(function._func)

    def call() -> None:
        trap: Any = _TrapPointer()
        error: Any = _ffi.wasmtime_func_call(
            store._context(), address, None, 0, None, 0, ctypes.byref(trap)
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)
        if trap:
            raise wasmtime.Trap._from_ptr(trap)

    return call
