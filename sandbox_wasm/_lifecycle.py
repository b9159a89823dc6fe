"""What every session has besides its public methods: its life, and how runs are served."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import warnings
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from . import _arguments
from ._background import Background
from ._deadline import Server
from ._errors import ConfigError, SandboxError, SessionBroken, SessionClosed, Suspended
from ._functions import HostFunctions
from ._job import Suspension
from ._lane import Lane
from ._ledger import OnOutput
from ._limits import Limits
from ._result import Result, Usage
from ._values import Refer
from .interpreters import Interpreter, Isolation, make
from .interpreters._base import Mode, Request

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
S = TypeVar("S", bound="Lifecycle")


class State(Enum):
    """Where a session is in its life. A broken one has lost its guest by a fault."""

    OPEN = "open"
    CLOSED = "closed"
    BROKEN = "broken"


class Lifecycle:
    """The part of a `Session` that is not about what guest code is given.

    Attributes:
        interpreter, limits: As they were given.
    """

    interpreter: str
    limits: Limits
    isolation: Isolation
    # How many host functions the snapshot knows that it begins with, if that is known, and
    # so that it fits.
    _known: int | None = None
    # Who has the session served by its own thread, if somebody does.
    _server: Server | None = None
    _lane: Lane | None
    _closed: bool
    _functions: HostFunctions
    _background: Background

    @property
    def functions(self) -> HostFunctions:
        """The host functions that guest code may call."""
        return self._functions

    # ---- life

    @property
    def state(self) -> State:
        """Where the session is in its life."""
        if self._closed:
            return State.CLOSED
        try:
            self._check_open()
        except SessionBroken:
            return State.BROKEN
        return State.OPEN

    def close(self) -> None:
        """End the session and free its memory; no guest code runs any more.

        A run that goes on in another thread is stopped, and its caller gets
        `SessionClosed`. Closing twice is fine.
        """
        self._close(wait=True)

    def _close(self, wait: bool) -> None:
        self._closed = True
        self._background.close()
        # Again, if it was interrupted the last time.
        if self._lane is not None and not self._lane.is_left:
            self._lane.close(SessionClosed("the session is closed"), wait)

    def __enter__(self: S) -> S:  # noqa: PYI019 - Self needs Python 3.11
        self._check_open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        lane = getattr(self, "_lane", None)
        if lane is None or (self._closed and lane.is_left):
            return
        try:
            lane.check_process()
        except SessionBroken:  # a child of fork, whose parent closes it
            return
        try:
            if not self._closed:
                text = f"{self!r} was never closed"
                warnings.warn(text, ResourceWarning, stacklevel=2, source=self)
        finally:  # also where warnings are errors
            self._close(wait=False)

    def __reduce__(self) -> NoReturn:
        # A copy would end the same guest, and not know of it.
        raise TypeError(
            "a session is neither copied nor pickled: use fork(), or a snapshot for other processes"
        )

    def __repr__(self) -> str:
        return f"<Session {self.interpreter} {self.state.value}>"

    @property
    def usage(self) -> Usage:
        """What all runs together have used, and how much the session holds now.

        Nothing takes anything back from it, not a run that is set back either. A fork and a
        restored session begin with nothing used.
        """
        return Usage(runs=0) if self._lane is None else self._lane.usage

    # ---- inside

    def _make_interpreter(self) -> Interpreter:
        return make(self.interpreter, self.limits, self.isolation)

    def _check_open(self) -> Lane:
        if self._closed:
            raise SessionClosed("the session is closed")
        if self._lane is None:
            raise SessionBroken("the session never began")
        self._lane.check_process()
        if self._lane.broken:
            raise SessionBroken(self._lane.broken)
        return self._lane

    def _call(self, mode: Mode, name: str, payload: list[Any], what: str) -> Any:
        lane = self._check_open()
        data = _arguments.data(payload, self.limits.input_bytes, what, self._refer(lane))
        return self._perform(lane, mode, _arguments.identifier(name), data).value

    def _refer(self, lane: Lane) -> Refer | None:
        return self._functions.refer(lane.ledger.calls, for_good=True)

    def _perform(
        self,
        lane: Lane,
        mode: Mode,
        source: bytes,
        inputs: bytes | None,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        limits = self.limits
        size = len(source) + (0 if inputs is None else len(inputs))
        if size > limits.input_bytes:
            raise ConfigError(f"code and inputs are {size} bytes, input_bytes={limits.input_bytes}")
        request = Request(mode, source, inputs, on_output is not None)
        return self._serve(lane, request, None, check, on_output, wall_seconds)

    def _places(self) -> tuple[str, ...]:
        """Say what there is besides the session's own files; see `Files.places`."""
        return () if self._lane is None else self._lane.ledger.files.places()

    def _again(
        self,
        suspension: Suspension,
        check: bool,
        on_output: OnOutput | None,
        wall_seconds: float | None,
    ) -> Result:
        """Go through a run again that was suspended."""
        lane = self._check_open()
        return self._serve(lane, suspension.request, suspension, check, on_output, wall_seconds)

    def _serve(
        self,
        lane: Lane,
        request: Request,
        again: Suspension | None,
        check: bool,
        on_output: OnOutput | None,
        wall_seconds: float | None,
    ) -> Result:
        if on_output is not None and not callable(on_output):
            raise ConfigError(f"on_output must be callable, got {type(on_output).__name__}")
        if wall_seconds is not None:
            # A run may be given less time than the session's limits say, never more.
            asked = Limits(wall_seconds=wall_seconds).wall_seconds
            wall_seconds = min(self.limits.wall_seconds, asked)
        try:
            result, reason = lane.run(request, wall_seconds, on_output, again)
        except SessionBroken:
            self._check_open()  # closed while it waited for its turn
            raise
        if isinstance(reason, Suspended) and reason.suspension is not None:
            from ._continuation import Continuation  # few runs wait, and it brings their form

            reason.continuation = Continuation(self, reason.name, reason.payload, reason.suspension)
        try:
            return settle(result, reason, check)
        finally:
            del result, reason  # see `settle`

    def _start(
        self, work: Callable[[], T], loop: asyncio.AbstractEventLoop | None
    ) -> concurrent.futures.Future[T]:
        """Do *work* in the background; coroutines of host functions run on *loop*."""
        lane = self._check_open()

        def on_loop() -> T:
            lane.ledger.loop = loop
            try:
                return work()
            finally:
                lane.ledger.loop = None

        return self._background.put(on_loop)


def settle(result: Result, error: BaseException | None, check: bool) -> Result:
    """Return *result*, or raise *error* if there is one and the caller wants that.

    The traceback of an error has the frames that it was raised through, so that none of them may
    have the error when it is left: with all that they know it would be garbage that only the
    collector frees.
    """
    if error is None:
        return result
    try:
        if not isinstance(error, SandboxError):
            raise error
        error.result = result
        if check:
            raise error
        return dataclasses.replace(result, error=error)
    finally:
        del error, result
