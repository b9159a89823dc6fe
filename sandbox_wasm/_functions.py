"""Host functions: the allow-list of what guest code may call on the host.

The guest sends a name and arguments as bytes. The name is looked up exactly;
the arguments are decoded, bound to the parameters and, where the function has
type hints, validated. What comes back is data or an exception of a builtin
type. No repr, path, traceback or class of the host goes in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from ._answering import Answering
from ._builtins import CROSSING
from ._errors import ConfigError
from ._host_function import HostFunction, Options
from ._listing import Listing
from ._locks import RLock
from ._naming import check_class, check_kind, check_name, check_path, methods_of, own_name
from ._objects import HostException

_F = TypeVar("_F", bound=Callable[..., Any])
T = TypeVar("T")
E = TypeVar("E", bound=Exception)

_PLAIN = Options()


class HostFunctions(Answering, Listing):
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
        self._lock = RLock()  # signal handlers may come back to it
        self._table: dict[bytes, HostFunction | HostException] = {}
        self._classes: dict[type, str] = {}
        self.counted: bool = False  # whether it matters how often one is called
        self._shown = frozenset()
        self._granted = frozenset()
        given: Any = functions
        is_list = isinstance(given, (list, tuple))  # asking an ABC first takes longer than all else
        if isinstance(given, HostFunctions):
            self._table, self._classes = given._table, given._classes
            self.counted = given.counted
        elif not is_list and isinstance(given, Mapping):
            for name, function in given.items():
                self._add(function, name)
        elif is_list or (isinstance(given, Iterable) and not isinstance(given, (str, bytes))):
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

    def namespace(
        self, name: str, target: object, *, only: Iterable[str] | None = None, **options: Any
    ) -> None:
        """Let guest code call methods of *target* as ``name.method(...)``.

        A function of its own gets into a namespace by its name: ``name="db.query"``.

        Args:
            name: What guest code calls it.

            target: An object, whose methods are bound to it, or a module.

            only: Names of the methods. Default: all that its class has and that do not
                begin with an underscore. A module must be told.

            options: Of each, as for `register`.

        Raises:
            ConfigError: As `register` does; or there is no such method, or none.
        """
        check_name(name)
        with self._all_or_none(name):
            for method in methods_of(target, only):
                self._add(getattr(target, method), f"{name}.{method}", _options(options))

    @overload
    def expose(self, kind: type[T], **options: Any) -> type[T]: ...
    @overload
    def expose(self, kind: None = None, **options: Any) -> Callable[[type[T]], type[T]]: ...
    def expose(
        self,
        kind: Any = None,
        *,
        only: Iterable[str] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> Any:
        """Hand instances of a class to guest code by reference. Also a decorator.

        Where a host function returns one, also within other data, guest code gets an object
        that it can keep, pass to host functions, and call the methods of; it sees nothing
        else of it. To be called before functions are registered whose hints name the class.
        See docs/host-functions.md for how long a reference lives.

        Args:
            kind: The class. It is returned unchanged.

            only, name, options: As for `namespace`.

        Raises:
            ConfigError: As `namespace` does; or the class is one of data.
        """
        if kind is None:
            return lambda kind: self.expose(kind, only=only, name=name, **options)
        shown = own_name(kind) if name is None else name
        check_name(shown)
        check_class(kind)
        methods = methods_of(kind, only)
        if kind in self._classes or shown in self._classes.values():
            raise ConfigError(f"the class {shown!r} is exposed twice")
        self._classes = {**self._classes, kind: shown}
        try:
            with self._all_or_none(shown):
                for method in methods:
                    function = getattr(kind, method)
                    self._add(function, f"{shown}.{method}", _options(options), kind)
        except BaseException:
            self._classes = {k: name for k, name in self._classes.items() if k is not kind}
            raise
        return kind

    @overload
    def exception(self, kind: type[E], *, name: str | None = None) -> type[E]: ...
    @overload
    def exception(
        self, kind: None = None, *, name: str | None = None
    ) -> Callable[[type[E]], type[E]]: ...
    def exception(self, kind: Any = None, *, name: str | None = None) -> Any:
        """Let guest code catch an exception class by name. Also a decorator.

        Where a host function raises it, or a subclass, guest code gets an exception of a class
        with that name and the nearest base that it knows, with the same text. Attributes of the
        instance that are data and do not begin with an underscore are copied.

        Args:
            kind: A subclass of ``Exception``. It is returned unchanged.

            name: What guest code calls it. Default: its own name.

        Raises:
            ConfigError: It is none, or the name is not fit, or taken.
        """
        if kind is None:
            return lambda kind: self.exception(kind, name=name)
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            named = kind if isinstance(kind, type) else type(kind)
            raise ConfigError(f"an exception must be a subclass of Exception, got {named.__name__}")
        shown = own_name(kind) if name is None else name
        check_name(shown)
        known = {e.kind: e.name for e in self._table.values() if isinstance(e, HostException)}
        known.update({each: each.__name__ for each in (*CROSSING, Exception)})
        base = next(known[each] for each in kind.__mro__[1:] if each in known)
        self._enter(HostException(shown, base, kind))
        return kind

    def read_only(self) -> HostFunctions:
        """Return those that were registered as such, for a session that shall change nothing."""
        copy = self.copy(granted=False)
        copy._table = {
            name: each
            for name, each in copy._table.items()
            if isinstance(each, HostException) or each.options.read_only
        }
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

    @contextlib.contextmanager
    def _all_or_none(self, space: str) -> Iterator[None]:
        """Take back what was added to a namespace within, if that fails."""
        before, start = self._table, f"{space}.".encode()
        try:
            yield
        except BaseException:
            with self._lock:
                self._table = {
                    name: entry
                    for name, entry in self._table.items()
                    if name in before or not name.startswith(start)
                }
            raise

    def _add(
        self,
        function: Callable[..., Any],
        name: str,
        options: Options = _PLAIN,
        receiver: type | None = None,
    ) -> None:
        if not callable(function):
            raise ConfigError(f"a host function must be callable, got {type(function).__name__}")
        check_path(name)
        check_kind(function, name)
        if name in self._shown:
            raise ConfigError(f"{name!r} is granted otherwise; give the host function another name")
        self._put(name, function, options, receiver)

    def _put(
        self,
        name: str,
        function: Callable[..., Any],
        options: Options = _PLAIN,
        receiver: type | None = None,
    ) -> None:
        self._enter(HostFunction(name, function, options, self._classes, receiver))
        self.counted = self.counted or options.max_calls is not None

    def _enter(self, entry: HostFunction | HostException) -> None:
        name = entry.name
        space = name.partition(".")[0]
        with self._lock:
            if name.encode() in self._table:
                raise ConfigError(f"host function {name!r} is registered twice")
            others = [other.name for other in self._table.values()]
            if space in others or (space == name and any(o.startswith(f"{name}.") for o in others)):
                raise ConfigError(f"{space!r} cannot be a namespace and something else")
            self._table = {**self._table, name.encode(): entry}

    def __reduce__(self) -> tuple[Any, ...]:
        """Be registered anew in another process, which must be able to import the functions."""
        entries = [
            (each.name, each.base, each.kind)
            if isinstance(each, HostException)
            else (each.name, each.function, each.options, each.receiver)
            for each in self.copy(granted=False)._table.values()
        ]
        return _registered, (entries, dict(self._classes))

    def copy(self, granted: bool = True) -> HostFunctions:
        """Return an allow-list that goes its own way from here.

        Args:
            granted: With what the guest's own library may call; it is of one session.
        """
        copy = HostFunctions(self)
        if not granted:
            copy._table = {n: f for n, f in self._table.items() if n not in self._granted}
        return copy


def _registered(entries: list[Any], classes: dict[type, str]) -> HostFunctions:
    """Return the functions, exceptions and classes that `HostFunctions.__reduce__` told of."""
    made = HostFunctions()
    made._classes = classes
    for entry in entries:
        if len(entry) == 3:
            made._enter(HostException(*entry))
        else:
            made._put(*entry)
    return made


def _options(given: dict[str, Any]) -> Options:
    try:
        return Options(**given)
    except TypeError:
        known = Options.__slots__
        wrong = ", ".join(name for name in given if name not in known)
        raise ConfigError(
            f"a host function has no option {wrong}; there are {', '.join(known)}"
        ) from None
