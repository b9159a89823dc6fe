"""What makes the guests of an interpreter that this installation has."""

from __future__ import annotations

from .._limits import Limits
from .._locks import RLock
from .._state import GuestState
from .._wasm import _artifacts, _engine
from .._wasm._instance import Instance, open_instance
from .._wasm._mould import Mould
from ._base import HostSide
from ._reactor import Layout, ReactorGuest


class Maker:
    """Makes guests; compiles the interpreter, if that was never done, at once.

    Args:
        name: Of the interpreter, as the manifest has it.

        limits: What each run may use.

        killable: Its process can be killed, so that the guest need not look whether to
            stop.

        mould: Of the state that guests are mostly asked to go on from, if that is shared.

    Raises:
        ArtifactError: The interpreter is missing or damaged.
    """

    def __init__(
        self, name: str, limits: Limits, killable: bool = False, mould: Mould | None = None
    ) -> None:
        self.limits = limits
        self._killable = killable
        self._mould = mould
        # What the engine runs after the guest is another's affair. Signal handlers may come back
        # to it.
        self._lock = RLock()
        self._engine: _engine.Engine | None = None
        self._artifact = _artifacts.load(name)
        self._engine = self._take()

    def _take(self) -> _engine.Engine:
        fuel = self.limits.fuel is not None
        family = _engine.family(self._artifact, fuel=fuel, epoch=not self._killable)
        return family.take(self._mould)

    def start(self, host: HostSide, state: GuestState | None = None) -> ReactorGuest:
        """Return a new guest, on the thread that is to own it."""
        digest = self._artifact.digest
        state = None if state is None else state.load()
        if state is not None and digest not in _layouts:
            unused = self._start(host, None)
            _layouts[digest] = unused.layout
            unused.close()
        guest = self._start(host, state)
        _layouts.setdefault(digest, guest.layout)
        return guest

    def _start(self, host: HostSide, state: GuestState | None) -> ReactorGuest:
        limits = self.limits
        layout = None if state is None else _layouts[self._artifact.digest]
        mould = self._mould if self._mould is not None and self._mould.state is state else None
        engine = self._engine or self._take()
        self._hold(engine)
        opened: list[Instance] = []

        def open_one(target: object) -> Instance:
            opened.append(open_instance(engine, target, limits.memory_bytes, state, mould))
            return opened[0]

        try:
            return ReactorGuest(open_one, host, limits.fuel, layout)
        except BaseException:
            self._hold(None)  # nobody may kill what is gone
            for instance in opened:
                instance.free()
            engine.dispose()
            raise
        finally:
            self._hold(None)

    def _hold(self, engine: _engine.Engine | None) -> _engine.Engine | None:
        """Have `kill` end what is made with *engine*; return what it was to end before."""
        with self._lock:
            before, self._engine = self._engine, engine
        return before

    def kill(self) -> None:
        """Make a guest that is being made trap; from any thread."""
        with self._lock:
            if self._engine is not None:
                self._engine.kill()

    def discard(self) -> None:
        """Give back what a guest would have been made of; none will be."""
        engine = self._hold(None)
        if engine is not None:
            engine.release()

    def __del__(self) -> None:
        if getattr(self, "_engine", None) is not None:  # Ctrl-C came before anybody had this
            self.discard()


# By the digest of the artifact. Found once: a guest that goes on from a state has had
# the time to change what it says of itself.
_layouts: dict[str, Layout] = {}
