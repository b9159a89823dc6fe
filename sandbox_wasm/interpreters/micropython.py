"""MicroPython: small, quick to start, and not quite CPython (tests/differences)."""

from __future__ import annotations

from .._limits import Limits
from .._wasm import _artifacts, _engine
from .._wasm._instance import Instance
from ._base import Guest, HostSide
from ._reactor import ReactorGuest

NAME = "micropython"


class MicroPython:
    """Makes guests; compiles the interpreter, if that was never done, when it is made.

    Raises:
        ArtifactError: The interpreter is missing or damaged.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        artifact = _artifacts.load(NAME)
        self._engine = _engine.family(artifact, fuel=limits.fuel is not None).take()

    def start(self, host: HostSide) -> Guest:
        """Return a new guest, on the thread that is to own it; once."""
        limits = self._limits
        return ReactorGuest(
            lambda target: Instance(self._engine, target, limits.memory_bytes), host, limits.fuel
        )
