"""What an instance exports, found and got ready to be called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TypeVar

import wasmtime
from wasmtime._instance import InstanceExports

from .._errors import ArtifactError

E = TypeVar("E")


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


def cheap(function: wasmtime.Func) -> wasmtime.Func:
    """Return *function*, which has neither parameters nor results, so that calls take less."""
    # wasmtime-py asks the engine for the type of a function at each call, which
    # takes longer than the call: ours have neither parameters nor results.
    none = SimpleNamespace(params=(), results=())
    function.type = lambda store: none  # type: ignore[method-assign,assignment,return-value]
    return function
