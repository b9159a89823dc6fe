"""Host functions: the allow-list of what guest code may call on the host.

The guest sends a name and arguments as bytes. The name is looked up exactly;
the arguments are decoded, bound to the parameters and, where the function has
type hints, validated. What comes back is data or an exception of a builtin
type. No repr, path, traceback or class of the host goes in.
"""

from __future__ import annotations

import inspect
import json
import keyword
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from threading import Lock
from typing import Any, TypeVar, overload

from ._builtins import BUILTINS
from ._decode import ValueTooLarge
from ._errors import ConfigError, GuestProtocolError, SnapshotError, Suspend
from ._host_function import HostFunction, reply
from ._parameters import BadArgument, Parameters
from ._values import decode

_F = TypeVar("_F", bound=Callable[..., Any])

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
        self._shown: frozenset[str] = frozenset()  # names of what is granted
        self._granted: frozenset[bytes] = frozenset()  # and what it is called by
        given: Any = functions
        if isinstance(given, HostFunctions):
            self._table = given._table
        elif isinstance(given, Mapping):
            for name, function in given.items():
                self._add(function, name)
        elif isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
            for function in given:
                self._add(function, _own_name(function))
        else:
            raise ConfigError(
                f"functions must be functions or a mapping, got {type(given).__name__}"
            )

    @overload
    def register(
        self, function: _F, *, name: str | None = None, approve: bool = ..., suspends: bool = ...
    ) -> _F: ...
    @overload
    def register(
        self,
        function: None = None,
        *,
        name: str | None = None,
        approve: bool = ...,
        suspends: bool = ...,
    ) -> Callable[[_F], _F]: ...
    def register(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        approve: bool = False,
        suspends: bool = False,
    ) -> Callable[..., Any]:
        """Let guest code call *function*. Also a decorator, with or without arguments.

        Args:
            function: What to call. It is returned unchanged. That of an ``async
                def`` runs on the event loop of an `AsyncSession`'s caller, or on
                one that sessions share; it is cancelled if the run ends first.

            name: What guest code calls it. Default: the function's own name.

            approve: Each call waits for a yes: the run ends with `Suspended`, and
                `Continuation.approve` makes the call and goes on.

            suspends: Each call leaves the run open, and *function* is not called:
                `Continuation.resume` goes on with the answer.

        Raises:
            ConfigError: *function* is not callable, is a generator, or has hints
                that cannot be resolved or validated. Or its name is no
                identifier, begins with an underscore, is a keyword, is a
                builtin's, or is taken.
        """
        if function is None:
            return lambda function: self.register(
                function, name=name, approve=approve, suspends=suspends
            )
        if approve and suspends:
            raise ConfigError(
                "a host function that always suspends is never called: approve nothing"
            )
        name = _own_name(function) if name is None else name
        self._add(function, name, approve=approve, suspends=suspends)
        return function

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

    def _add(self, function: Callable[..., Any], name: str, **flags: bool) -> None:
        if not callable(function):
            raise ConfigError(f"a host function must be callable, got {type(function).__name__}")
        _check_name(name)
        _check_kind(function, name)
        if name in self._shown:
            raise ConfigError(f"{name!r} is granted otherwise; give the host function another name")
        self._put(name, function, **flags)

    def _put(self, name: str, function: Callable[..., Any], **flags: bool) -> None:
        entry = HostFunction(name, function, **flags)
        with self._lock:
            if name.encode() in self._table:
                raise ConfigError(f"host function {name!r} is registered twice")
            self._table = {**self._table, name.encode(): entry}

    @property
    def names(self) -> tuple[str, ...]:
        """The names guest code may call, in the order of registration."""
        return tuple(entry.name for entry in self._table.values())

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

    def _described(self) -> list[tuple[str, Callable[..., Any], Parameters | None]]:
        return [(host.name, host.function, host.parameters) for host in self._table.values()]

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
        wait_for: Callable[[Coroutine[Any, Any, Any]], Any],
        approved: bool = False,
    ) -> tuple[int, bytes]:
        """Answer one host call.

        Args:
            name: Whatever the guest sent as a name.

            payload: What it sent as JSON ``[args, kwargs]``.

            max_bytes: Size of *payload*, and of the answer, at most.

            wait_for: Returns what the coroutine of an asynchronous function comes to.

            approved: Make the call, also if it is one that waits for a yes.

        Returns:
            0 and the encoded value, or 1 and JSON ``[builtin type, message]``.

        Raises:
            GuestProtocolError: *payload* is malformed.

            Suspend: The function is one whose calls are left open.

            BaseException: What the function raised and is no ``Exception``.
        """
        host = self._table.get(name)
        if host is None:
            shown = name[:60].decode("ascii", "replace").encode("ascii", "replace").decode()
            return 1, reply("NameError", f"no such host function: {shown!r}")
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
        if host.suspends or (host.approve and not approved):
            raise Suspend({"function": host.name, "args": given[0], "kwargs": given[1]})
        try:
            result = host.function(*args, **kwargs)
            if host.is_async:
                result = wait_for(result)
        except Exception as error:
            return host.failed(error)
        return host.answer(result, max_bytes)


def _own_name(function: object) -> str:
    if not callable(function):
        raise ConfigError(f"a host function must be callable, got {type(function).__name__}")
    name = getattr(function, "__name__", None)
    if not isinstance(name, str) or name == "<lambda>":
        raise ConfigError("a host function without a name of its own must be given one")
    return name


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise ConfigError(f"a host function's name must be a str, got {type(name).__name__}")
    if not name.isidentifier() or keyword.iskeyword(name) or len(name.encode()) > 200:
        raise ConfigError(f"a host function's name must be an identifier, got {name[:200]!r}")
    if name.startswith("_"):
        raise ConfigError(f"a host function's name must not begin with '_', got {name!r}")
    if name in BUILTINS:
        raise ConfigError(f"{name!r} is a builtin; give the host function another name")


def _check_kind(function: Callable[..., Any], name: str) -> None:
    for candidate in (function, type(function).__call__):
        if inspect.isgeneratorfunction(candidate) or inspect.isasyncgenfunction(candidate):
            raise ConfigError(
                f"host function {name!r} is a generator: have it return a list, which crosses"
            )
