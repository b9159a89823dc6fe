"""Sessions: guest code that shares state from run to run."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from . import _arguments, _dialects
from ._audit import AuditRecord
from ._background import Background
from ._checks import listed
from ._dialects import Dialect
from ._errors import ConfigError, GuestError, Interrupted
from ._functions import HostFunctions
from ._lane import Lane
from ._ledger import OnOutput
from ._lifecycle import Lifecycle, settle
from ._limits import DEFAULT_LIMITS, Limits
from ._mounts import Mount, make_files
from ._network import NetworkPolicy
from ._result import Result
from ._session_files import SessionFiles
from ._snapshot import Snapshot
from ._snapshots import begin_fork, beginning, seed_anew, take
from ._sources import Seed, Sources
from .interpreters import Interpreter, Isolation
from .interpreters._base import Request

if TYPE_CHECKING:
    from ._problem import Problem

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
Packages = Iterable[str | os.PathLike[str]]
Functions = HostFunctions | Mapping[str, Callable[..., Any]] | Iterable[Callable[..., Any]]


class Session(Lifecycle):
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

        mounts: Directories of the host that guest code may use. Default: none.

        network: Which requests guest code may make. Default: none.

        packages: Pure-Python wheels that guest code can import: paths of wheels, and
            names with version specifiers, which pip or uv resolves with all that they
            need. They lie read-only in ``/packages``, shared by all sessions.

        env: Environment variables, as guest code finds them in ``os.environ``. Default:
            none; those of this process never go in.

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

        snapshot: What the session goes on from; see `restore`.

    Raises:
        ConfigError: An argument is of the wrong type, or unknown.
        SnapshotError: The snapshot is of another interpreter, damaged, or too large.
        ArtifactError: The interpreter is missing or damaged.
        SessionBroken, HostExhausted: No worker process, or no thread, can be started.
    """

    def __init__(
        self,
        interpreter: str = "cpython",
        *,
        limits: Limits | None = None,
        functions: Functions | None = None,
        files: Mapping[str, bytes | str] | None = None,
        mounts: Iterable[Mount] | None = None,
        network: NetworkPolicy | None = None,
        packages: Packages | None = None,
        env: Mapping[str, str] | None = None,
        seed: Seed | None = None,
        clock: float | None = None,
        isolation: Isolation = "thread",
        checkpoints: bool = True,
        snapshot: Snapshot | None = None,
    ) -> None:
        self._lane: Lane | None = None
        if limits is None:
            limits = DEFAULT_LIMITS
        elif not isinstance(limits, Limits):
            raise ConfigError(f"limits must be a Limits, got {type(limits).__name__}")
        self._functions = HostFunctions() if functions is None else HostFunctions(functions).copy()
        self._closed = False
        self._background = Background()
        self.interpreter = interpreter
        self.isolation = isolation
        self.limits = limits
        sources = Sources(seed, clock)
        trees = None
        self._packages: Packages | None = None
        if packages is not None:
            from . import _packages  # zip files and all: only who asks for packages pays

            self._packages, trees = _packages.trees(packages, interpreter, Session)
        self._network = network
        self._mounts = None if mounts is None else tuple(listed(mounts, "mounts"))
        self._checkpoints = bool(checkpoints)
        begins = beginning(snapshot, interpreter, limits, sources, self._functions, self._known)
        self._files = make_files(limits, sources, files, self._mounts, begins.files, trees)
        kept = self._files.kept
        maker: Interpreter | None = None
        try:
            maker = self._make_interpreter()
            self._lane = Lane(
                maker,
                limits,
                self._functions,
                sources,
                kept,
                self._checkpoints,
                begins.state,
                begins.told,
                self._server,
            )
            if self._server is None:
                self._lane.start()
            self._prepare(self._lane, env)
            if snapshot is not None and self._known is None:
                self._lane.ask(lambda guest: None)  # what does not fit is known now
        except BaseException:
            if self._lane is not None:
                self.close()
            else:
                kept.release()
                if maker is not None:
                    maker.discard()
            raise

    def _prepare(self, lane: Lane, env: Mapping[str, str] | None) -> None:
        """Say what the guest is told before its first run."""
        if env is not None:
            variables = _arguments.environment(env, self.limits.input_bytes)
            lane.prepare(Request("environment", inputs=variables))
        if self._network is not None:
            from . import _fetch

            connected = _fetch.connect(
                self._network, self.interpreter, self._functions, lane.ledger
            )
            lane.prepare(connected)

    # ---- running code

    def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
        dialect: Dialect = "expression",
    ) -> Result:
        """Run *code* and wait for it.

        Args:
            code: Python source. If its last statement is an expression, that is
                the value of the run.

            inputs: Values of global variables that are set first: data, and objects of
                classes that are exposed.

            check: Raise the error that ends the run. If False, errors of the run
                come as `Result.error`; errors of the call itself are raised.

            on_output: Called as ``on_output(stream, text)`` with ``"stdout"`` or
                ``"stderr"`` while text comes, on the session's thread. If it
                raises, the run ends and this call raises the same.

            wall_seconds: In place of `Limits.wall_seconds`, for this run; not more.

            dialect: How the code gives its value. ``"expression"``: by its last
                statement. ``"return"``: it may also ``return`` outside functions, which
                ends the run. ``"final_answer"``: it may also call ``final_answer(value)``,
                which ends the run past every handler; see `Result.is_final`.

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
            return settle(Result(), error, check)
        values = None
        if inputs is not None:
            values = _arguments.inputs(inputs, self.limits.input_bytes, self._refer(lane))
        mode = _dialects.mode(dialect, self._functions)
        return self._perform(lane, mode, source, values, check, on_output, wall_seconds)

    def check(
        self,
        code: str,
        *,
        dialect: Dialect = "expression",
        names: Iterable[str] = (),
        types: bool | None = None,
    ) -> list[Problem]:
        """Return what is wrong with *code*, without running it; an empty list if nothing is known.

        Its syntax is judged by an interpreter like this session's. Names, arguments and
        obvious types are judged by a type checker that knows the host functions and the
        names that earlier runs have left; see docs/checking.md.

        Args:
            dialect: As for `run`.

            names: Names that will be defined besides, such as those of *inputs*.

            types: Whether to ask the type checker. Default: if it is installed.

        Raises:
            ConfigError: An argument is of the wrong type, or the code too large; or types
                shall be checked, and the extra ``check`` is not installed.
            SessionClosed, SessionBroken: There is no session that it could be for.
        """
        from . import _check

        self._check_open()
        _dialects.mode(dialect, self._functions)
        return _check.check(self, Session, code, dialect, names, types)

    def submit(self, code: str, **options: Any) -> concurrent.futures.Future[Result]:
        """Run *code* in the background, after what was submitted before.

        Takes the arguments of `run`, and returns a future of what that returns.
        """
        return self._start(lambda: self.run(code, **options), None)

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function that guest code has defined, and return what it returns.

        Raises as `run` does; ``GuestError`` with ``NameError`` if there is no such
        global, ``ConfigError`` if an argument is not data.
        """
        payload = [list(args), kwargs]
        return self._call("call", name, payload, "the arguments")

    def map(self, name: str, rows: Iterable[Any]) -> list[Any]:
        """Call a function of guest code for each of *rows*, in one crossing.

        Returns the list of what it returned. Raises as `call` does; an exception
        in the function ends the whole call.
        """
        return cast("list[Any]", self._call("map", name, listed(rows, "rows"), "the rows"))

    @overload
    def function(self, function: F, **options: Any) -> F: ...
    @overload
    def function(self, function: None = None, **options: Any) -> Callable[[F], F]: ...
    def function(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
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
        """What guest code was granted and denied, the last 1000 accesses of each kind."""
        return () if self._lane is None else self._lane.ledger.audit.records()

    # ---- its state as a value

    def snapshot(self) -> Snapshot:
        """Return all that guest code can observe of the session, as it is now.

        Raises:
            SnapshotError: The session runs code just now.
            SessionClosed, SessionBroken: There is no state.
        """
        return take(self.interpreter, self._check_open())

    @classmethod
    def restore(cls, snapshot: Snapshot, *, reseed: bool = False, **arguments: Any) -> Session:
        """Return a session that goes on from *snapshot*.

        What it may do and use comes from the *arguments* alone, which are those of
        `Session` but for the interpreter.

        Args:
            reseed: Let its `random` be seeded anew. Without, sessions from one snapshot draw
                the same numbers from it, as if each were the only one. What comes from
                ``os.urandom`` (`secrets`, `uuid4`) is each session's own in any case, unless
                it has a *seed*.

        Raises:
            ConfigError: *snapshot* is none; or as `Session` does.
            SnapshotError: It is damaged, of another artifact than the one that is
                installed, or has more than the limits allow.
        """
        if not isinstance(snapshot, Snapshot):
            raise ConfigError(f"snapshot must be a Snapshot, got {type(snapshot).__name__}")
        session = cls(snapshot.interpreter, snapshot=snapshot, **arguments)
        if reseed:
            try:
                seed_anew(session._check_open())
            except BaseException:
                session.close()
                raise
        return session

    def fork(self, *, reseed: bool = True) -> Session:
        """Return a second session, which goes on from where this one is by itself.

        It has the same limits, functions, mounts, network, packages, isolation.

        Args:
            reseed: Let the fork's `random` be seeded anew. Generators that guest code has
                made itself go on as they are, in both.

        Raises:
            SnapshotError: The session runs code just now.
            SessionClosed, SessionBroken: There is no state.
        """
        lane = self._check_open()
        fork = self._fork_type()(
            self.interpreter,
            limits=self.limits,
            functions=self._functions.copy(granted=False),
            mounts=self._mounts,
            network=self._network,
            packages=self._packages,
            isolation=self.isolation,
            checkpoints=self._checkpoints,
            snapshot=self.snapshot(),
        )
        begin_fork(fork._check_open(), lane, reseed)
        return fork

    def _fork_type(self) -> type[Session]:
        return type(self)
