"""What goes on with a run that was suspended."""

from __future__ import annotations

import dataclasses
import errno
import threading
from typing import TYPE_CHECKING, Any

from ._errors import SnapshotError
from ._job import Suspension
from ._journal import Journal
from ._ledger import OnOutput
from ._result import Result

if TYPE_CHECKING:
    from ._lifecycle import Lifecycle


class Continuation:
    """A run that waits for the answer of a host call; comes with `Suspended`.

    It is answered once, by one of `resume`, `approve`, `deny` and `fail`. The run is then
    gone through again from the state that it began with, each of its host calls getting
    the answer that it got before, without being made; from the open one on it is a run like
    any other, which may be suspended again.

    Attributes:
        name: The host function.

        payload: As in `Suspended`.
    """

    def __init__(self, session: Lifecycle, name: str, payload: Any, suspension: Suspension) -> None:
        self.name = name
        self.payload = payload
        self._session = session
        self._suspension = suspension
        self._lock = threading.Lock()
        self._used = False

    def resume(
        self,
        value: Any = None,
        *,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        """Go on, with *value* as what the host function returned.

        The other arguments, the result and the errors are those of `Session.run`; *on_output*
        is told what comes from here on, and the result has all of it.

        Raises:
            ConfigError: *value* cannot cross, or is not what the function's hint says.
            SnapshotError: The run was resumed before; or its session has run other code
                since; or it took another way when it was gone through again.
        """
        answer = self._session.functions.answer(self.name, value, self._most)
        return self._go_on(self._journal.answered(0, answer), check, on_output, wall_seconds)

    def fail(
        self,
        error: Exception,
        *,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        """Go on, as if the host function had raised *error*. Otherwise as `resume`."""
        answer = self._session.functions.failure(self.name, error)
        return self._go_on(self._journal.answered(1, answer), check, on_output, wall_seconds)

    def deny(self, reason: str = "not approved", **options: Any) -> Result:
        """Go on, with a ``PermissionError`` in guest code. Otherwise as `resume`."""
        return self.fail(PermissionError(errno.EACCES, reason), **options)

    def approve(
        self,
        *,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        """Make the call that waits for it, and go on. Otherwise as `resume`."""
        journal = self._journal.approved()
        return self._go_on(journal, check, on_output, wall_seconds)

    @property
    def _journal(self) -> Journal:
        return self._suspension.journal

    @property
    def _most(self) -> int:
        return self._session.limits.host_call_bytes

    def _go_on(
        self,
        journal: Journal,
        check: bool,
        on_output: OnOutput | None,
        wall_seconds: float | None,
    ) -> Result:
        session = self._session
        with self._lock:
            if self._used:
                raise SnapshotError("the run was resumed before: a continuation serves once")
            if session._turn != self._suspension.turn:
                raise SnapshotError(
                    "the session has run other code since the run was suspended, which resuming "
                    "would undo: resume before, or in a session of its own"
                )
            self._used = True
        again = dataclasses.replace(self._suspension, journal=journal)
        return session._again(again, check, on_output, wall_seconds)

    def __repr__(self) -> str:
        return f"<Continuation of {self.name!r}>"
