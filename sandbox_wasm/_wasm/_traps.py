"""What each trap of the engine means, in one table.

A test goes through every member of `wasmtime.TrapCode`, so that a new engine that
knows more kinds of trap is noticed.
"""

from __future__ import annotations

import wasmtime

FUEL = "out of fuel"
STOPPED = "stopped by the host"

# The kinds that our engine configuration can meet. All the others belong to
# proposals that are switched off; they are named by the engine's own word.
_KINDS = {
    "STACK_OVERFLOW": "stack overflow",
    "MEMORY_OUT_OF_BOUNDS": "memory access out of bounds",
    "HEAP_MISALIGNED": "misaligned memory access",
    "TABLE_OUT_OF_BOUNDS": "table access out of bounds",
    "INDIRECT_CALL_TO_NULL": "call of a null function",
    "BAD_SIGNATURE": "call of a function of another type",
    "INTEGER_OVERFLOW": "integer overflow",
    "INTEGER_DIVISION_BY_ZERO": "integer division by zero",
    "BAD_CONVERSION_TO_INTEGER": "bad conversion to integer",
    "UNREACHABLE": "unreachable code",
    "INTERRUPT": STOPPED,
    "OUT_OF_FUEL": FUEL,
    "UNCAUGHT_EXCEPTION": "uncaught wasm exception",
    "ALLOCATION_TOO_LARGE": "allocation too large",
    "NULL_REFERENCE": "null reference",
    "UNHANDLED_TAG": "unhandled tag",
}


def kind_of(error: Exception) -> str:
    """Return what kind of trap *error* is, in words.

    Nothing else of the error is used: its text holds a backtrace of the guest.
    """
    if isinstance(error, wasmtime.Trap):
        try:
            code = error.trap_code
        except ValueError:  # a kind that wasmtime-py does not know
            return "unknown trap"
        if code is None:
            return "trap of the host"
        return describe(code)
    return "engine error"


def describe(code: wasmtime.TrapCode) -> str:
    """Return the words for a trap code."""
    return _KINDS.get(code.name, code.name.lower().replace("_", " "))
