"""Sessions: guest code that shares state from run to run."""

from __future__ import annotations

import concurrent.futures
import warnings
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from . import _arguments
from ._audit import AuditRecord
from ._background import Background
from ._continuation import Continuation
from ._errors import (
    ConfigError,
    GuestError,
    Interrupted,
    SandboxError,
    SessionBroken,
    SessionClosed,
    Suspended,
)
from ._files import Files
from ._functions import HostFunctions
from ._job import Suspension
from ._lane import Lane
from ._ledger import OnOutput
from ._limits import Limits
from ._network import NetworkPolicy
from ._result import Result
from ._session_files import SessionFiles, fill
from ._sources import Seed, Sources
from .interpreters import Isolation, make
from .interpreters._base import Mode, Request

if TYPE_CHECKING:
    import asyncio

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
Functions = HostFunctions | Mapping[str, Callable[..., Any]] | Iterable[Callable[..., Any]]


class State(Enum):
    """Where a session is in its life. A broken one has lost its guest by a fault."""

    OPEN = "open"
    CLOSED = "closed"
    BROKEN = "broken"


class Session:
    """An interpreter of its own for guest code, with limits, on a thread of its own.

        >>> with Session() as session:
        ...     session.run("x = 20").value
        ...     session.run("print('hi')\\nx * 2").value
        40

    Closing is explicit, by `close` or by leaving the ``with``; a session that is
    merely dropped warns with `ResourceWarning`. Several threads may use one
    session: their runs take turns.

    Args:
        interpreter: Which one, see `available_interpreters`.

        limits: What each run may use. Default: `Limits()`.

        functions: Host functions that guest code may call as if they were its own.
            The session keeps a copy; see `function` for adding more.

        files: What the session's files hold at the beginning: paths, which are
            relative to ``/``, and bytes or text. See `files` for more.

        network: Which requests guest code may make. Default: none.

        seed: From which all that is random in the guest follows. Default: the
            machine's randomness.

        clock: Seconds since the epoch at which the guest's time begins. It goes on by a
            millisecond with each look at it, and by the length of each sleep, which then
            does not wait. With both, the same code prints and returns the same on any
            machine. Default: the machine's time, in steps of a millisecond.

        isolation: ``"thread"``: the guest runs in this process, behind the wall of
            WebAssembly. ``"process"``: it runs in a worker process of its own that
            has given up its rights, so that not even a flaw of the engine reaches
            this one. See docs/isolation.md for what each costs.

        checkpoints: Keep a copy of the guest's state after each run, while the caller
            goes on. A run that loses its guest (a trap, a hard stop) then costs the
            session nothing but that run; without, it breaks the session.

    Raises:
        ConfigError: An argument is of the wrong type, or unknown.
        ArtifactError: The interpreter is missing or damaged.
        SessionBroken: No worker process can be started.
    """

    def __init__(
        self,
        interpreter: str = "cpython",
        *,
        limits: Limits | None = None,
        functions: Functions | None = None,
        files: Mapping[str, bytes | str] | None = None,
        network: NetworkPolicy | None = None,
        seed: Seed | None = None,
        clock: float | None = None,
        isolation: Isolation = "thread",
        checkpoints: bool = True,
    ) -> None:
        self._lane: Lane | None = None
        if limits is None:
            limits = Limits()
        elif not isinstance(limits, Limits):
            raise ConfigError(f"limits must be a Limits, got {type(limits).__name__}")
        self._functions = HostFunctions(() if functions is None else functions).copy()
        self._closed = False
        self._background = Background()
        self.interpreter = interpreter
        self.isolation = isolation
        self.limits = limits
        sources = Sources(seed, clock)
        kept = Files(limits.file_bytes, limits.file_count, clock=lambda: sources.clock(False))
        self._files = SessionFiles(kept, limits)
        if files is not None:
            fill(self._files, files)
        maker = make(interpreter, limits, isolation)
        self._lane = Lane(maker, limits, self._functions, sources, kept, bool(checkpoints))
        if network is not None:
            from . import _fetch

            try:
                ledger = self._lane.ledger
                prelude = _fetch.connect(network, interpreter, self._functions, ledger)
                self._lane.prepare(prelude)
            except BaseException:
                self.close()
                raise

    # ---- running code

    def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
    ) -> Result:
        """Run *code* and wait for it.

        Args:
            code: Python source. If its last statement is an expression, that is
                the value of the run.

            inputs: Values of global variables that are set first.

            check: Raise the error that ends the run. If False, errors of the run
                come as `Result.error`; errors of the call itself are raised.

            on_output: Called as ``on_output(stream, text)`` with ``"stdout"`` or
                ``"stderr"`` while text comes, on the session's thread. If it
                raises, the run ends and this call raises the same.

            wall_seconds: In place of `Limits.wall_seconds`, for this run; not more.

        Raises:
            ConfigError: An argument is of the wrong type, or code and inputs are
                larger than `Limits.input_bytes`.
            GuestError: Guest code raised, or is not Python.
            LimitExceeded: The run was ended for crossing a limit.
            Interrupted: `interrupt` ended it.
            HostFunctionError: A host function raised what is no `Exception`.
            GuestCrash, GuestProtocolError: The guest is gone.
            SessionClosed, SessionBroken: There is nothing to run it in.
        """
        lane = self._check_open()
        try:
            source = _arguments.source(code)
        except GuestError as error:
            return _end(Result(error=error), error, check)
        values = _arguments.inputs(inputs, self.limits.input_bytes)
        return self._perform(lane, "run", source, values, check, on_output, wall_seconds)

    def submit(self, code: str, **options: Any) -> concurrent.futures.Future[Result]:
        """Run *code* in the background, after what was submitted before.

        Takes the arguments of `run`, and returns a future of what that returns.
        """
        return self._start(lambda: self.run(code, **options), None)

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

        try:
            return self._background.put(on_loop)
        except RuntimeError:
            raise SessionClosed("the session is closed") from None

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function that guest code has defined, and return what it returns.

        Raises as `run` does; ``GuestError`` with ``NameError`` if there is no such
        global, ``ConfigError`` if an argument is not data.
        """
        payload = _arguments.data([list(args), kwargs], self.limits.input_bytes, "the arguments")
        source = _arguments.identifier(name)
        return self._perform(self._check_open(), "call", source, payload).value

    def map(self, name: str, rows: Iterable[Any]) -> list[Any]:
        """Call a function of guest code for each of *rows*, in one crossing.

        Returns the list of what it returned. Raises as `call` does; an exception
        in the function ends the whole call.
        """
        payload = _arguments.data(list(rows), self.limits.input_bytes, "the rows")
        source = _arguments.identifier(name)
        return cast("list[Any]", self._perform(self._check_open(), "map", source, payload).value)

    def function(self, function: F | None = None, **options: Any) -> Any:
        """Let guest code call a host function from its next run on; a decorator.

            >>> with Session() as session:
            ...     @session.function
            ...     def add(a, b):
            ...         return a + b
            ...     session.run("add(2, 3)").value
            5

        *options* are those of `HostFunctions.register`, and so are the errors.
        """
        if function is None:
            return lambda function: self.function(function, **options)
        return self._functions.register(function, **options)

    @property
    def functions(self) -> HostFunctions:
        """The host functions that guest code may call."""
        return self._functions

    @property
    def files(self) -> SessionFiles:
        """The session's own files; they can be read when it is closed, too."""
        return self._files

    def interrupt(self) -> bool:
        """End the run that goes on, from any thread; its caller gets `Interrupted`.

        Variables stay. Returns False if nothing was running.
        """
        return self._lane is not None and self._lane.interrupt(Interrupted())

    @property
    def audit(self) -> tuple[AuditRecord, ...]:
        """What guest code was granted and denied: the last 1000 accesses of each kind."""
        return () if self._lane is None else self._lane.ledger.audit.records()

    # ---- life

    @property
    def _turn(self) -> int:
        """How many runs the session has begun."""
        return 0 if self._lane is None else self._lane.turn

    @property
    def state(self) -> State:
        """Where the session is in its life."""
        if self._closed:
            return State.CLOSED
        return State.BROKEN if self._lane is None or self._lane.broken else State.OPEN

    def close(self) -> None:
        """End the session and free its memory; no guest code runs any more.

        A run that goes on in another thread is stopped, and its caller gets
        `SessionClosed`. Closing twice is fine.
        """
        self._close(wait=True)

    def _close(self, wait: bool) -> None:
        if not self._closed:
            self._closed = True
            self._background.close()
            if self._lane is not None:
                self._lane.close(SessionClosed("the session is closed"), wait)

    def __enter__(self) -> Session:  # noqa: PYI034 - Self needs Python 3.11
        self._check_open()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_lane", None) is not None and not self._closed:
            warnings.warn(f"{self!r} was never closed", ResourceWarning, stacklevel=2, source=self)
            self._close(wait=False)

    def __repr__(self) -> str:
        return f"<Session {self.interpreter} {self.state.value}>"

    # ---- inside

    def _check_open(self) -> Lane:
        if self._closed:
            raise SessionClosed("the session is closed")
        if self._lane is None:
            raise SessionBroken("the session never began")
        self._lane.check_process()
        if self._lane.broken:
            raise SessionBroken(self._lane.broken)
        return self._lane

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
            reason.continuation = Continuation(self, reason.name, reason.payload, reason.suspension)
        return _end(result, reason, check)


def _end(result: Result, error: BaseException | None, check: bool) -> Result:
    if error is None:
        return result
    if isinstance(error, SandboxError):
        error.result = result
        if not check:
            return result
    raise error
