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


def stack_pointer(exports: InstanceExports) -> wasmtime.Global | None:
    """Return the one mutable global; test modules have none."""
    found = exports.get("__stack_pointer")
    return found if isinstance(found, wasmtime.Global) else None


def signed(word: int) -> wasmtime.Val:
    """Return a word without sign as the engine takes it."""
    return wasmtime.Val.i32(word - (1 << 32) if word >= 1 << 31 else word)


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
