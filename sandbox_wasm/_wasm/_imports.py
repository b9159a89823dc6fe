"""What a module imports, defined without wasmtime-py's own trampoline.

That one looks at the store, at parameters and at types, and keeps an exception for whoever calls
next, in whichever session; it takes 1.4 µs. Our imports have neither parameters nor results and
let nothing pass, which takes 0.2.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import wasmtime
from wasmtime import _ffi

# wasm_trap_t* (void* env, caller, args, size_t nargs, results, size_t nresults), none of which
# are of interest: on every platform that wasmtime has, the caller takes its arguments back itself.
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_void_p)
_NOTHING_TO_FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()


def define(linker: wasmtime.Linker, module: str, name: str, function: Callable[[], None]) -> object:
    """Define an import that calls *function*; if that raises, the guest is ended.

    Returns:
        What must be kept until nothing of the linker is left that could call it.
    """

    def serve() -> int | None:
        try:
            function()
        except BaseException:
            # Only what came from outside, between two lines of code that catch everything. It
            # ends this guest, and must not come out anywhere else.
            trap = wasmtime.Trap("the host was interrupted")._consume()
            return ctypes.cast(trap, ctypes.c_void_p).value
        return None

    callback = _CALLBACK(serve)
    words = module.encode(), name.encode()
    none = wasmtime.FuncType([], [])  # held until it has been looked at
    error: Any = _ffi.wasmtime_linker_define_func(
        linker.ptr(),
        ctypes.create_string_buffer(words[0]),
        len(words[0]),
        ctypes.create_string_buffer(words[1]),
        len(words[1]),
        none.ptr(),
        ctypes.cast(callback, _ffi.wasmtime_func_callback_t),
        None,
        _NOTHING_TO_FREE,
    )
    if error:
        raise wasmtime.WasmtimeError._from_ptr(error)
    return callback
