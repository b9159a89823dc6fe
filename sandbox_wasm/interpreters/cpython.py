"""CPython with its standard library, initialised ahead of time."""

from __future__ import annotations

from .._limits import Limits
from .._wasm import _artifacts, _engine
from .._wasm._instance import Instance
from ._base import Guest, HostSide
from ._reactor import ReactorGuest

NAME = "cpython"


class CPython:
    """Makes guests; compiles the interpreter, if that was never done, when it is made.

    Args:
        limits: What each run may use.

        artifact: The interpreter; by default the one of this installation.

    Raises:
        ArtifactError: The interpreter is missing or damaged.
    """

    def __init__(self, limits: Limits, artifact: _artifacts.Artifact | None = None) -> None:
        self._limits = limits
        artifact = artifact or _artifacts.load(NAME)
        self._engine = _engine.family(artifact, fuel=limits.fuel is not None).take()

    def start(self, host: HostSide) -> Guest:
        """Return a new guest, on the thread that is to own it; once."""
        limits = self._limits
        return ReactorGuest(
            lambda target: Instance(self._engine, target, limits.memory_bytes), host, limits.fuel
        )
