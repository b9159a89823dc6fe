"""How the engine is configured: hardened, and the same wherever a module is compiled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import wasmtime

# The most that wasmtime takes without aborting the process; a thread that runs a
# guest has twice as much (see _thread.py).
WASM_STACK_BYTES = 2 << 20

SETTINGS: dict[str, Any] = {
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


# Compiled for every processor of a kind, a module runs from an image or a wheel on
# another machine; CPython is no slower by it (within 4 % in both directions).
_TARGETS = {("Linux", "x86_64"): "x86_64-unknown-linux-gnu"}


def config(variant: Variant, *, compiling: bool = False, parallel: bool = False) -> wasmtime.Config:
    """Return a configuration for one engine.

    Args:
        compiling: The engine compiles modules, and does not run them.

        parallel: Compile on all processors. The code is the same, byte for byte; but it
            hangs in a child of fork, so only a process of its own may ask for it.
    """
    made = wasmtime.Config()
    for name, value in SETTINGS.items():
        # One that the engine no longer knows would be set all the same, and do nothing.
        getattr(wasmtime.Config, name)
        setattr(made, name, value)
    made.consume_fuel = variant.fuel
    made.epoch_interruption = variant.epoch
    made.signals_based_traps = variant.signals
    # On macOS a thread of the engine's would answer faults, and a child of fork has none: the
    # engine ends it. What is forked is only what can be killed, and there all engines must agree.
    made.macos_use_mach_ports = variant.epoch
    made.parallel_compilation = parallel
    target = _TARGETS.get(_host()[:2])
    if compiling and target:
        made.target = target
    return made


def _host() -> tuple[str, str, str]:
    """Return the names of the system, of the kind of processor, and of this machine."""
    if hasattr(os, "uname"):
        host = os.uname()
        return (host.sysname, host.machine, host.nodename)
    import platform

    return (platform.system(), platform.machine(), platform.node())


def wasmtime_version() -> str:
    """Return the version of the engine as it is installed."""
    # importlib.metadata would say it too, and takes 15 ms to import.
    site = Path(wasmtime.__file__).parent.parent
    return (
        "+".join(sorted(p.name for p in site.glob("wasmtime-*.dist-info"))) or _installed_version()
    )


def _installed_version() -> str:
    from importlib.metadata import version

    return version("wasmtime")


def is_portable() -> bool:
    """Whether modules that are compiled here run on every machine of this kind."""
    return _host()[:2] in _TARGETS


def module_key(digest: str, variant: Variant) -> str:
    """Return what tells the compiled module of the artifact *digest* from every other."""
    host = _host()
    made_for = (*host[:2], "any") if host[:2] in _TARGETS else host
    return repr((digest, wasmtime_version(), sorted(SETTINGS.items()), tuple(variant), made_for))
