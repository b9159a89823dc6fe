"""What goes on with a run that was suspended."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._errors import ConfigError, SnapshotError
from ._job import Suspension
from ._journal import Approved, Journal
from ._ledger import OnOutput
from ._result import Result
from ._snapshot import Snapshot
from ._snapshots import fitting, known
from ._stored_run import NOTICED, StoredRun, noticed, pack, unpack
from .interpreters import digest

if TYPE_CHECKING:
    from ._lifecycle import Lifecycle


_ONCE = "the run was resumed before: a continuation serves once"


class Continuation:
    """A run that waits for the answer of a host call; comes with `Suspended`.

    It is answered once, by one of `resume`, `approve`, `deny` and `fail`. The run is then
    gone through again from the state that it began with, each of its host calls getting
    the answer that it got before, without being made; from the open one on it is a run like
    any other, which may be suspended again.

    Stored as bytes it can be answered in another process: by a session of the same
    interpreter, whose state the run then takes over, and whose limits, functions and
    grants hold. ``pickle`` and ``copy`` store it so, without a key.

    Attributes:
        name: The host function.

        payload: As in `Suspended`.

        interpreter: The one that the run needs.

        artifact: sha256 of that interpreter's artifact, without which it cannot go on.
    """

    def __init__(self, session: Lifecycle, name: str, payload: Any, suspension: Suspension) -> None:
        self.name = name
        self.payload = payload
        self.interpreter = session.interpreter
        self.artifact = digest(session.interpreter)
        self._session: Lifecycle | None = session
        self._suspension: Suspension | None = suspension
        self._stored: StoredRun | None = None
        self._used = threading.Lock()  # held once it is answered

    @classmethod
    def from_bytes(cls, data: bytes, *, key: bytes | None = None) -> Continuation:
        """Return the continuation that `to_bytes` made *data* of. Nothing of it is run.

        Raises:
            SnapshotError: It is none, or is damaged, or of another version of the form; or
                was not sealed with *key*, or was sealed and there is no key.
        """
        run = unpack(data, key)
        made = cls.__new__(cls)
        made.name = run.name
        made.payload = run.payload
        made.interpreter = run.snapshot.interpreter
        made.artifact = run.snapshot.artifact
        made._session = made._suspension = None
        made._stored = run
        made._used = threading.Lock()
        return made

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Return it as bytes, sealed with *key* if there is one.

        The bytes hold what the run knew: its state, its files, and every answer that it
        got. A checksum finds damage; only a key tells who wrote them.

        Raises:
            ConfigError: The payload is no data.
            SnapshotError: The run was resumed before.
        """
        self._check_unused()
        if self._stored is not None:
            return pack(self._stored, key)
        session, suspension = self._session, self._suspension
        if suspension is None or session is None:
            raise SnapshotError("there is no run to store")
        sources, files = suspension.mark[2]
        artifact, functions = digest(self.interpreter), suspension.functions
        snapshot = Snapshot(self.interpreter, artifact, suspension.state, files, sources, functions)
        run = StoredRun(
            self.name,
            self.payload,
            session._places(),
            noticed(session.limits),
            snapshot,
            suspension.request,
            suspension.journal,
            suspension.told,
        )
        return pack(run, key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be stored, without a key: its session stays in this process."""
        return type(self).from_bytes, (self.to_bytes(),)

    def resume(self, value: Any = None, **options: Any) -> Result:
        """Go on, with *value* as what the host function returned.

        Args:
            value: The answer.

            options: ``check``, ``on_output`` and ``wall_seconds`` are those of
                `Session.run`; *on_output* is told what comes from here on, and the result
                has all of it. ``session`` is where to go on: needed for a continuation that
                was stored, whose state that session gets.

        Raises:
            ConfigError: *value* cannot cross, or is not what the function's hint says.
            SnapshotError: The run was resumed before; or its session has run other code or
                was given other files since; or it took another way when it was gone through
                again; or it was stored, and does not fit *session*.

        Whatever ends it before the answer is given, such as a deadline, leaves everything as
        it was, and it may be resumed again.
        """
        session = self._where(options)
        answer = session.functions.answer(self.name, value, session.limits.host_call_bytes)
        return self._go_on(session, lambda journal: journal.answered(0, answer), **options)

    def fail(self, error: Exception, **options: Any) -> Result:
        """Go on, as if the host function had raised *error*. Otherwise as `resume`."""
        session = self._where(options)
        answer = session.functions.failure(self.name, error)
        return self._go_on(session, lambda journal: journal.answered(1, answer), **options)

    def deny(self, reason: str = "not approved", **options: Any) -> Result:
        """Go on, with a ``PermissionError`` in guest code. Otherwise as `resume`."""
        return self.fail(PermissionError(errno.EACCES, reason), **options)

    def approve(self, **options: Any) -> Result:
        """Make the call that waits for it, and go on. Otherwise as `resume`."""
        run = self._stored
        approved: Approved = True
        if run is not None and run.shown is not None:
            approved = run.name, run.shown
        return self._go_on(self._where(options), lambda it: it.approved(approved), **options)

    def _where(self, options: dict[str, Any]) -> Lifecycle:
        session = options.pop("session", None) or self._session
        if session is None:
            raise ConfigError("a stored run needs a session: give session=Session(...)")
        if self._session is not None and session is not self._session:
            raise ConfigError("the run belongs to another session: store it, and load it again")
        found: Lifecycle = session
        return found

    def _go_on(
        self,
        session: Lifecycle,
        answer: Callable[[Journal], Journal],
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        self._check_unused()
        again = self._suspension or self._loaded(session)
        if not self._used.acquire(blocking=False):  # somebody was quicker
            raise SnapshotError(_ONCE)
        journal = answer(again.journal)
        again = again._replace(journal=journal)
        try:
            return session._again(again, check, on_output, wall_seconds)
        finally:
            if journal.is_repeating:  # nobody was told the answer
                if self._suspension is not None and journal.turn:
                    self._suspension = self._suspension._replace(turn=journal.turn)
                self._used.release()

    def _check_unused(self) -> None:
        if self._used.locked():
            raise SnapshotError(_ONCE)

    def _loaded(self, session: Lifecycle) -> Suspension:
        run, limits = self._stored, session.limits
        if run is None:
            raise SnapshotError("there is no run to go on with")
        functions, sources = run.snapshot.functions, run.snapshot.sources
        if functions is None or sources is None:
            raise SnapshotError("the run does not say what it knew")
        missing = [name for name in functions if name not in session.functions]
        if missing:
            names = ", ".join(dict.fromkeys(_shown(name) for name in missing))
            raise SnapshotError(f"the run knows what this session does not have: {names}")
        for name, then in zip(NOTICED, run.limits, strict=True):
            if then != (now := getattr(limits, name)):
                raise SnapshotError(
                    f"the run began with Limits.{name}={then}, which guest code may have "
                    f"noticed, and the session has {now}"
                )
        places = session._places()
        if run.places != places:
            had, has = (", ".join(each) or "nothing" for each in (run.places, places))
            raise SnapshotError(f"the run had mounts and packages ({had}), the session ({has})")
        size = len(run.request.source) + len(run.request.inputs or b"")
        if size > limits.input_bytes:
            raise SnapshotError(f"the run's code is larger than {limits.input_bytes} bytes")
        state, files = fitting(run.snapshot, session.interpreter, limits)
        # What this session has beyond that, its guest is told of before the run after.
        told = known(session.functions, None if run.request.mode == "final" else functions)
        mark = (told, False, (sources, files))
        return Suspension(state, mark, run.request, run.journal, run.told, 0, functions)

    def __repr__(self) -> str:
        return f"<Continuation of {self.name!r}>"


def _shown(name: str) -> str:
    """Return what the caller knows a function by that is granted and not registered."""
    return "a network" if name.startswith("_") else repr(name)
