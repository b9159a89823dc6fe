"""Sessions that a pool lends out, each in the state of the pool's template."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ._deadline import Server
from ._errors import SessionBroken
from ._lifecycle import State
from ._limits import Limits
from ._session import Session
from ._snapshot import Snapshot
from ._snapshots import RESEED, fitting, take
from ._state import GuestState
from ._turns import IsOver, Turn
from .interpreters import Interpreter, make, make_mould
from .interpreters._base import Guest, HostSide, Request

# What is not in a snapshot, but for functions, packages and limits, which are copied.
_GIVEN = ("mounts", "network", "seed", "clock")


class Template:
    """What each lease of a pool begins with.

    Args:
        interpreter: As for `Session`.

        setup: Guest code that is run once.

        snapshot: What it begins with; None for an interpreter as it is.

        options: Arguments of `Session`.

    Attributes:
        interpreter, limits, isolation: Of each lease.

        snapshot: The state.

        known: How many host functions it knows.

        ledger: Where its time and randomness have come to.

        preludes: What a guest that goes on from it is still asked.

        mould: What its guests are made in, or of.

    Raises:
        As `Session` and `Session.run` do.
    """

    def __init__(
        self,
        interpreter: str,
        setup: str | None,
        snapshot: Snapshot | None,
        options: dict[str, Any],
    ) -> None:
        with Session(interpreter, snapshot=snapshot, **options) as session:
            session.run(setup or "")  # in any case the guest learns what else there is
            lane = session._check_open()
            self.snapshot = take(interpreter, lane)
            self.ledger = lane.ledger
            # What guest code seeds itself goes on as it is; this is about randomness of the
            # host's, which must be each lease's own. Nobody knows what a snapshot has drawn.
            has_drawn = lane.ledger.has_drawn or snapshot is not None
            self.interpreter = interpreter
            self.limits: Limits = session.limits
            self.isolation = session.isolation
            self.known = len(session.functions)
            self._options = {
                "functions": session.functions.copy(granted=False),
                "packages": session._packages,
            }
        self._options |= {name: options[name] for name in _GIVEN if name in options}
        self.preludes = [Request("prelude", RESEED)] if has_drawn else []
        state, _ = fitting(self.snapshot, interpreter, self.limits)
        self.mould = make_mould(state, self.isolation)

    def close(self) -> None:
        """Keep nothing for further leases."""
        self.mould.close()

    def options(self) -> dict[str, Any]:
        """Return the arguments of a session that begins with it."""
        return {
            **self._options,
            "limits": self.limits,
            "isolation": self.isolation,
            "snapshot": self.snapshot,
        }


class Holding:
    """The place of a lease, for what outlives it: the end of its thread.

    Attributes:
        turn: The place; None for a session that is ready and nobody's.
    """

    def __init__(self) -> None:
        self.turn: Turn | None = None

    def end(self) -> None:
        """Give it back."""
        if self.turn is not None:
            self.turn.end()


class Lease(Session):
    """A `Session` that belongs to a pool.

    Args:
        template: What it begins with.

        checkpoints: As for `Session`.

        server: Serves it on the thread that makes it; else it has one of its own.

    Attributes:
        holding: Its place, which it has until its thread and its guest are gone.

        returned: Called when it is closed; None if nobody wants to know.
    """

    returned: Callable[[], None] | None = None

    def __init__(self, template: Template, checkpoints: bool, server: Server | None = None) -> None:
        self.holding = Holding()
        self._server = server
        self._known = template.known
        self._mould = template.mould
        super().__init__(template.interpreter, checkpoints=checkpoints, **template.options())
        self._check_open().begin_with(template.preludes, template.ledger)

    @property
    def is_served_here(self) -> bool:
        """Whether the thread that has made it serves it."""
        return self._server is not None

    def end(self) -> None:
        """Close it, and wait for nobody; by who serves it on this thread, or whoever has it."""
        if self._server is None or self._lane is None:
            self._close(wait=False)
            return
        self._closed = True
        self._background.close()
        self._lane.end_here()

    def take_back(self, reason: str) -> None:
        """End it for that reason, which its owner is told with the next call."""
        if self._lane is not None and self.state is State.OPEN:
            self._lane.close(SessionBroken(reason), wait=False)

    def _close(self, wait: bool) -> None:
        super()._close(wait)
        if self.returned is not None:
            self.returned()

    def is_over_here(self) -> IsOver | None:
        """Return what tells that its run is over, if this thread is in a host function of it."""
        lane = self._lane
        if lane is None or lane._job is None or lane._thread.ident != threading.get_ident():
            return None
        return lambda: lane.ledger.reason is not None

    @property
    def is_alive(self) -> bool:
        """Whether its guest is there or is being made: a worker may be killed while it waits."""
        guest = None if self._lane is None else self._lane._keeper.guest
        return self.state is State.OPEN and (guest is None or guest.is_alive())

    def _make_interpreter(self) -> Interpreter:
        made = make(self.interpreter, self.limits, self.isolation, self._mould)
        return Ending(made, self.holding)

    def _fork_type(self) -> type[Session]:
        return Session  # which belongs to no pool

    @classmethod
    def restore(cls, snapshot: Snapshot, **arguments: Any) -> Session:
        """See `Session.restore`."""
        return Session.restore(snapshot, **arguments)


class Ending:
    """An interpreter that gives back a place when its last guest is gone."""

    def __init__(self, interpreter: Interpreter, holding: Holding) -> None:
        self._interpreter = interpreter
        self._holding = holding

    def start(self, host: HostSide, state: GuestState | None = None) -> Guest:
        return self._interpreter.start(host, state)

    def kill(self) -> None:
        self._interpreter.kill()

    def discard(self) -> None:
        try:
            self._interpreter.discard()
        finally:
            self._holding.end()
