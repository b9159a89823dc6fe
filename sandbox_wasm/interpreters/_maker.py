"""What makes a guest of an interpreter that this installation has."""

from __future__ import annotations

import threading

from .._limits import Limits
from .._wasm import _artifacts, _engine
from .._wasm._instance import Instance
from ._base import HostSide
from ._reactor import ReactorGuest


class Maker:
    """Makes one guest; compiles the interpreter, if that was never done, at once.

    Args:
        name: Of the interpreter, as the manifest has it.

        limits: What each run may use.

        killable: Its process can be killed, so that the guest need not look whether to
            stop.

    Raises:
        ArtifactError: The interpreter is missing or damaged.
    """

    def __init__(self, name: str, limits: Limits, killable: bool = False) -> None:
        self._limits = limits
        artifact = _artifacts.load(name)
        family = _engine.family(artifact, fuel=limits.fuel is not None, epoch=not killable)
        engine = family.take()
        self._engine: _engine.Engine | None = engine
        # What the engine runs after the guest is another's affair.
        self._lock = threading.Lock()

    def start(self, host: HostSide) -> ReactorGuest:
        """Return a new guest, on the thread that is to own it; once."""
        limits, engine = self._limits, self._engine
        if engine is None:
            raise RuntimeError("one maker makes one guest")
        made = False
        try:
            guest = ReactorGuest(
                lambda target: Instance(engine, target, limits.memory_bytes), host, limits.fuel
            )
            made = True
            return guest
        finally:
            with self._lock:
                self._engine = None
            if not made:
                engine.dispose()

    def kill(self) -> None:
        """Make a guest that is being made trap; from any thread."""
        with self._lock:
            if self._engine is not None:
                self._engine.kill()

    def discard(self) -> None:
        """Give back what a guest would have been made of; none will be."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.release()
