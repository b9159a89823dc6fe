"""Host functions: the allow-list of what guest code may call on the host.

The guest sends a name and arguments as bytes. The name is looked up exactly;
the arguments are decoded, bound to the parameters and, where the function has
type hints, validated. What comes back is data or an exception of a builtin
type. No repr, path, traceback or class of the host goes in.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from typing import Any, TypeVar, overload

from ._calls import Calls
from ._decode import ValueTooLarge
from ._errors import ConfigError, GuestProtocolError, SnapshotError, Suspend
from ._host_function import HostFunction, Options, WaitFor, reply
from ._journal import Approved
from ._naming import check_kind, check_name, own_name
from ._parameters import BadArgument
from ._schemas import Described
from ._values import decode, encode

_F = TypeVar("_F", bound=Callable[..., Any])

_PLAIN = Options()
_CALL_DEPTH = 64 + 2  # the list of args and kwargs, and each of these


class HostFunctions:
    """The functions that guest code may call, by name.

    Guest code calls them like its own, with positional and keyword arguments.
    Each call runs on the session's thread, in the host, with the host's rights:
    what a function does with its arguments is up to it, so treat them as input
    from a stranger.

        >>> tools = HostFunctions()
        >>> @tools.register
        ... def price(item: str) -> float:
        ...     return {"tea": 2.5}[item]
        >>> tools.names
        ('price',)

    Where a function has type hints, pydantic validates the arguments before it
    is called. An argument is accepted if pydantic's strict mode accepts it as
    the Python value that it is, or as the JSON that it would be: ``"1"`` is no
    ``int`` and ``1`` no ``bool``, but an int will do for a ``float``, a list
    for a ``tuple``, ``"2026-01-31"`` for a ``date`` and a dict for a dataclass
    or model. Guest code gets a ``TypeError`` for a wrong type, a ``ValueError``
    for a wrong value. The returned value must match its hint strictly; if not,
    guest code gets a ``RuntimeError``.

    An exception whose class is exactly a common builtin (``ValueError``,
    ``KeyError``...) reaches guest code with its message, so put nothing secret
    there. An ``OSError`` keeps its reason and loses its file name. Of any other
    ``Exception`` guest code learns only that the function failed, as the nearest
    such builtin base or ``RuntimeError``; the details go to the ``sandbox_wasm``
    logger. ``KeyboardInterrupt``, ``SystemExit`` and the like end the run and
    reach the caller.

    Args:
        functions: Functions, registered under their own names, or a mapping of
            names to functions.

    Raises:
        ConfigError: A function or name is not fit; see `register`.
    """

    def __init__(
        self,
        functions: HostFunctions
        | Mapping[str, Callable[..., Any]]
        | Iterable[Callable[..., Any]] = (),
    ) -> None:
        self._lock = Lock()
        self._table: dict[bytes, HostFunction] = {}  # replaced, never changed
        self.counted = False  # whether it matters how often one is called
        self._shown: frozenset[str] = frozenset()  # names of what is granted
        self._granted: frozenset[bytes] = frozenset()  # and what it is called by
        given: Any = functions
        if isinstance(given, HostFunctions):
            self._table, self.counted = given._table, given.counted
        elif isinstance(given, Mapping):
            for name, function in given.items():
                self._add(function, name)
        elif isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
            for function in given:
                self._add(function, own_name(function))
        else:
            raise ConfigError(
                f"functions must be functions or a mapping, got {type(given).__name__}"
            )

    @overload
    def register(self, function: _F, *, name: str | None = None, **options: Any) -> _F: ...
    @overload
    def register(
        self, function: None = None, *, name: str | None = None, **options: Any
    ) -> Callable[[_F], _F]: ...
    def register(
        self, function: Callable[..., Any] | None = None, *, name: str | None = None, **options: Any
    ) -> Callable[..., Any]:
        """Let guest code call *function*. Also a decorator, with or without arguments.

        Args:
            function: What to call. It is returned unchanged. That of an ``async
                def`` runs on the event loop of an `AsyncSession`'s caller, or on
                one that sessions share; it is cancelled if the run ends first.

            name: What guest code calls it. Default: the function's own name.

        Options:
            approve: Each call waits for a yes: the run ends with `Suspended`, and
                `Continuation.approve` makes the call and goes on.

            suspends: Each call leaves the run open, and *function* is not called:
                `Continuation.resume` goes on with the answer.

            timeout: Seconds that a call may take; then guest code gets a ``TimeoutError``.
                A coroutine is cancelled. A plain function is called on a thread of its own,
                and cannot be stopped: while it goes on all the same, the session's further
                calls of it raise ``TimeoutError`` at once.

            max_calls: How often one run may call it; then guest code gets a
                ``RuntimeError``. Calls that fail count.

            read_only: It changes nothing. Told in `json_schema`; see `read_only`.

        Raises:
            ConfigError: *function* is not callable, is a generator, or has hints
                that cannot be resolved or validated. Or its name is no
                identifier, begins with an underscore, is a keyword, is a
                builtin's, or is taken. Or an option is none, or cannot be.
        """
        if function is None:
            return lambda function: self.register(function, name=name, **options)
        self._add(function, own_name(function) if name is None else name, _options(options))
        return function

    def read_only(self) -> HostFunctions:
        """Return those that were registered as such, for a session that shall change nothing."""
        copy = self.copy(granted=False)
        copy._table = {n: f for n, f in copy._table.items() if f.options.read_only}
        return copy

    def grant(self, name: str, function: Callable[..., Any], shown: str) -> None:
        """Let the guest's own library call *function*, which has no type hints.

        Args:
            name: What the library calls it; needs not be fit for `register`.

            shown: The name under which guest code knows the library's wrapper.

        Raises:
            ConfigError: That name is taken.
        """
        if shown in self:
            raise ConfigError(
                f"{shown!r} is granted otherwise; give the host function another name"
            )
        self._put(name, function)
        self._shown |= {shown}
        self._granted |= {name.encode()}

    def _add(self, function: Callable[..., Any], name: str, options: Options = _PLAIN) -> None:
        if not callable(function):
            raise ConfigError(f"a host function must be callable, got {type(function).__name__}")
        check_name(name)
        check_kind(function, name)
        if name in self._shown:
            raise ConfigError(f"{name!r} is granted otherwise; give the host function another name")
        self._put(name, function, options)

    def _put(self, name: str, function: Callable[..., Any], options: Options = _PLAIN) -> None:
        entry = HostFunction(name, function, options)
        with self._lock:
            if name.encode() in self._table:
                raise ConfigError(f"host function {name!r} is registered twice")
            self._table = {**self._table, name.encode(): entry}
        self.counted = self.counted or options.max_calls is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names guest code may call, in the order of registration."""
        return tuple(entry.name for entry in self._table.values())

    @property
    def shown(self) -> frozenset[str]:
        """The names of what is granted otherwise, such as ``fetch``."""
        return self._shown

    def knows(self, name: bytes) -> bool:
        """Whether guest code may call what it names so."""
        return name in self._table

    def stubs(self) -> str:
        """Return a Python stub file of the functions: signatures, docstrings, classes.

        It is meant for a prompt. It says what guest code passes and gets: dataclasses and
        models are dicts there, so they are TypedDicts in it, and enums their values.

            >>> tools = HostFunctions()
            >>> @tools.register
            ... def price(item: str, *, net: bool = False) -> float:
            ...     "Price in euros."
            ...     return 2.5
            >>> print(tools.stubs(), end="")
            def price(item: str, *, net: bool = False) -> float:
                \"\"\"Price in euros.\"\"\"
        """
        from ._stubs import stubs

        return stubs(self._described())

    def json_schema(self) -> list[dict[str, Any]]:
        """Return the functions as tools: ``name``, ``description``, ``parameters``, ``returns``.

        The last two are JSON schemas: of an object with the arguments by name, and of
        what comes back.
        """
        from ._schemas import schemas

        return schemas(self._described())

    def _described(self) -> list[Described]:
        return [
            Described(host.name, host.function, host.parameters, host.options.read_only)
            for name, host in self._table.items()
            if name not in self._granted
        ]

    def answer(self, name: str, value: Any, max_bytes: int) -> bytes:
        """Return the reply of a function to a call, as if it had returned *value*.

        Raises:
            ConfigError: *value* cannot cross, or is not what the function's hint says.
            SnapshotError: There is no such function.
        """
        status, answer = self._entry(name).answer(value, max_bytes)
        if status:
            raise ConfigError(f"the answer cannot go into the sandbox: {json.loads(answer)[1]}")
        return answer

    def failure(self, name: str, error: Exception) -> bytes:
        """Return the reply of a function to a call, as if it had raised *error*.

        Raises:
            ConfigError: *error* is no `Exception`.
            SnapshotError: There is no such function.
        """
        if not isinstance(error, Exception):
            raise ConfigError(f"error must be an Exception, got {type(error).__name__}")
        return self._entry(name).failed(error)[1]

    def _entry(self, name: str) -> HostFunction:
        entry = self._table.get(name.encode())
        if entry is None:
            raise SnapshotError(f"the run waits for {name!r}, which this session does not have")
        return entry

    def copy(self, granted: bool = True) -> HostFunctions:
        """Return an allow-list that goes its own way from here.

        Args:
            granted: With what the guest's own library may call; it is of one session.
        """
        copy = HostFunctions(self)
        if not granted:
            copy._table = {n: f for n, f in self._table.items() if n not in self._granted}
        return copy

    def __len__(self) -> int:
        return len(self._table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __repr__(self) -> str:
        return f"<HostFunctions {', '.join(self.names)}>"

    def invoke(
        self,
        name: bytes,
        payload: bytes,
        *,
        max_bytes: int,
        wait_for: WaitFor,
        approved: Approved = False,
        calls: Calls | None = None,
    ) -> tuple[int, bytes]:
        """Answer one host call.

        Args:
            name: Whatever the guest sent as a name.

            payload: What it sent as JSON ``[args, kwargs]``.

            max_bytes: Size of *payload*, and of the answer, at most.

            wait_for: Returns what the coroutine of an asynchronous function comes to.

            approved: Make the call, also if it is one that waits for a yes; bytes are the
                payload that was shown, encoded, and must be that of this call.

            calls: What the session remembers of the earlier ones.

        Returns:
            0 and the encoded value, or 1 and JSON ``[builtin type, message]``.

        Raises:
            GuestProtocolError: *payload* is malformed.

            Suspend: The function is one whose calls are left open.

            SnapshotError: Another call was shown than this one.

            BaseException: What the function raised and is no ``Exception``.
        """
        host = self._table.get(name)
        if host is None:
            shown = name[:60].decode("ascii", "replace").encode("ascii", "replace").decode()
            return 1, reply("NameError", f"no such host function: {shown!r}")
        calls, options = calls or Calls(), host.options
        if options.max_calls is not None and calls.made(name) > options.max_calls:
            text = f"{host.name}() may be called {options.max_calls} times in a run, and was"
            return 1, reply("RuntimeError", text)
        try:
            call = decode(payload, max_bytes=max_bytes, max_depth=_CALL_DEPTH)
        except ValueTooLarge as error:
            return 1, reply("ValueError", f"arguments of {host.name}(): {error}")
        if type(call) is not list or len(call) != 2:
            raise GuestProtocolError("a host call is not [args, kwargs]")
        given = args, kwargs = call
        if type(args) is not list or type(kwargs) is not dict:
            raise GuestProtocolError("a host call is not [args, kwargs]")
        if kwargs and any(type(key) is not str for key in kwargs):
            raise GuestProtocolError("a keyword of a host call is no text")
        try:
            if host.parameters is not None and (
                kwargs or not host.parameters.least <= len(args) <= host.parameters.most
            ):
                host.parameters.check(args, kwargs)
            if host.validators is not None:
                args, kwargs = host.validators.arguments(args, kwargs)
        except BadArgument as error:
            return 1, reply(error.type_name, f"{host.name}() {error}")
        except Exception as error:  # a validator of the host's own
            return host.failed(error)
        if options.suspends or options.approve:
            asked = {"function": host.name, "args": given[0], "kwargs": given[1]}
            if options.suspends or approved is False:
                raise Suspend(asked)
            if isinstance(approved, bytes) and not _is(asked, approved):
                raise SnapshotError("another call was shown than the one that the run makes")
        try:
            result = host.call(args, kwargs, calls, wait_for)
        except Exception as error:
            return host.failed(error)
        return host.answer(result, max_bytes)


def _is(payload: Any, shown: bytes) -> bool:
    """Whether *shown* is *payload*, encoded: by its bytes, for not all values equal themselves."""
    most = len(shown)
    try:
        return encode(payload, max_bytes=most) == shown or decode(shown, max_bytes=most) == payload
    except ValueError:
        return False


def _options(given: dict[str, Any]) -> Options:
    try:
        return Options(**given)
    except TypeError:
        known = [field.name for field in dataclasses.fields(Options)]
        wrong = ", ".join(name for name in given if name not in known)
        raise ConfigError(
            f"a host function has no option {wrong}; there are {', '.join(known)}"
        ) from None
