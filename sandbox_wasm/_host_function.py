"""One host function: what is known of it before it is called, and how its answer crosses."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

from ._builtins import CROSSING, SPEAKING, SYSTEM, UNICODE
from ._calls import Calls
from ._checks import shown
from ._errors import ConfigError
from ._parameters import BadArgument, Parameters, Validators
from ._values import Refer, encode

_log = logging.getLogger("sandbox_wasm")

WaitFor = Callable[[Coroutine[Any, Any, Any]], Any]

_MAX_MESSAGE = 2000
_LOGGED_A_MINUTE = 10  # per function: guest code can make one fail as often as it likes


class Options:
    """What holds for the calls of one function; see `HostFunctions.register`.

    Raises:
        ConfigError: One of them cannot be, or not with another.
    """

    __slots__ = ("approve", "max_calls", "read_only", "suspends", "timeout")

    def __init__(
        self,
        *,
        approve: bool = False,
        suspends: bool = False,
        read_only: bool = False,
        timeout: float | None = None,
        max_calls: int | None = None,
    ) -> None:
        for name, flag in (("approve", approve), ("suspends", suspends), ("read_only", read_only)):
            if type(flag) is not bool:
                raise ConfigError(f"{name} must be a bool, got {shown(flag)}")
        if approve and suspends:
            raise ConfigError(
                "a host function that always suspends is never called: approve nothing"
            )
        if timeout is not None:
            if type(timeout) not in (int, float) or not 0 < timeout < float("inf"):
                raise ConfigError(f"timeout must be a positive number, got {shown(timeout)}")
            if suspends:
                raise ConfigError("a host function that always suspends needs no timeout")
        if max_calls is not None and (type(max_calls) is not int or max_calls < 1):
            raise ConfigError(f"max_calls must be a positive int, got {shown(max_calls)}")
        self.approve = approve
        self.suspends = suspends
        self.read_only = read_only
        self.timeout = timeout
        self.max_calls = max_calls


class HostFunction:
    """One entry of the allow-list, with what can be prepared."""

    __slots__ = (
        "_shown", "function", "is_async", "logged", "name", "options", "parameters", "receiver",
        "since", "validators",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        options: Options,
        classes: Mapping[type, str] = MappingProxyType({}),
        receiver: type | None = None,
    ) -> None:
        self.name = name
        self.function = function
        self.options = options
        self.is_async = _is_async(function)
        if options.timeout is not None:
            from . import _coroutines  # noqa: F401 - not during a run: it takes 30 ms
        self.parameters = Parameters.of(function, name)
        # Of a method whose parameters do not tell of its object: many a decorator hides them.
        self.receiver, self._shown = receiver, ""
        if receiver is not None and not (self.parameters and self.parameters.receive(receiver)):
            self._shown = classes.get(receiver, receiver.__name__)
        self.validators: Validators | None = None
        if self.parameters is not None and any(
            hint is not Any for hint in self.parameters.hints.values()
        ):
            self.validators = Validators(self.parameters, name, classes)
        self.logged = 0
        self.since = 0.0

    def check_receiver(self, args: list[Any]) -> None:
        """Raise `BadArgument` if it is a method, and the first of *args* no object for it.

        A method whose first parameter has a name is checked by its `validators`.
        """
        kind = self.receiver
        if self._shown and kind is not None and not (args and isinstance(args[0], kind)):
            raise BadArgument("TypeError", f"argument 1 should be a host object {self._shown}")

    def call(self, args: list[Any], kwargs: dict[str, Any], calls: Calls, wait_for: WaitFor) -> Any:
        """Return what the function returns."""
        seconds = self.options.timeout
        if seconds is not None:
            return wait_for(
                calls.in_time(self.name, self.function, self.is_async, seconds, args, kwargs)
            )
        result = self.function(*args, **kwargs)
        return wait_for(result) if self.is_async else result

    def answer(self, result: Any, max_bytes: int, refer: Refer | None = None) -> tuple[int, bytes]:
        """Return the reply that carries *result*."""
        try:
            if self.validators is None or self.validators.accepts_result(result):
                return 0, encode(result, max_bytes=max_bytes, refer=refer)
            type_name, fault = "RuntimeError", "something of the wrong type"
            detail = f"{type(result).__name__} is not what its hint says"
        except TypeError as error:
            type_name, fault, detail = "TypeError", "a value that cannot cross", str(error)
        except ValueError as error:
            type_name, detail = "ValueError", str(error)
            fault = "a value that is too large, too deep, or no valid text"
        except Exception as error:
            return self.failed(error)
        if inspect.iscoroutine(result):
            result.close()  # else Python warns that it was never awaited
        self.log("returned what cannot cross: %s", detail)
        return 1, reply(type_name, f"host function {self.name!r} returned {fault}")

    def failed(self, error: Exception) -> tuple[int, bytes]:
        """Return the reply for a call that raised *error*."""
        kind = type(error)
        message: str | None = None
        if kind in SPEAKING:
            message = ", ".join(str.__str__(arg) for arg in error.args if isinstance(arg, str))
        elif kind in UNICODE:
            kind, message = UnicodeError, getattr(error, "reason", None)
        if isinstance(error, OSError) and kind in CROSSING and error.errno is not None:
            message = error.strerror
        elif kind in SYSTEM:
            message = ""
        if isinstance(message, str):
            return 1, reply(kind.__name__, message)
        self.log("raised %s", kind.__name__, error)
        base = next((base for base in kind.__mro__ if base in CROSSING), RuntimeError)
        return 1, reply(base.__name__, f"host function {self.name!r} failed")

    def log(self, text: str, detail: object, error: Exception | None = None) -> None:
        """Tell the host's log, but not as often as guest code likes."""
        now = time.monotonic()
        if now - self.since > 60 or not self.logged:
            self.since, self.logged = now, 0
        self.logged += 1
        if self.logged <= _LOGGED_A_MINUTE:
            _log.error("host function %r " + text, self.name, detail, exc_info=error)
        if self.logged == _LOGGED_A_MINUTE:
            _log.error("host function %r: no more of these for a minute", self.name)


def reply(type_name: str, message: str) -> bytes:
    """Return the answer that raises that builtin exception in guest code."""
    text = message[:_MAX_MESSAGE].encode("utf-8", "backslashreplace").decode()
    return json.dumps([type_name, text]).encode()


def reply_with(name: str, error: Exception, max_bytes: int) -> bytes:
    """Return the answer that raises an exception of a declared class, with its attributes."""
    try:
        text = str(error)
    except Exception:
        text = ""
    attributes = {}
    left = max_bytes
    for key, value in vars(error).items():
        if type(key) is str and key.isidentifier() and not key.startswith("_"):
            with contextlib.suppress(Exception):  # no data, or too large: it stays here
                attributes[key] = encode(value, max_bytes=left)
                left -= len(attributes[key])
    head = reply(name, text)
    told = b",".join(json.dumps(key).encode() + b":" + data for key, data in attributes.items())
    return head[:-1] + b",{" + told + b"}]"


def _is_async(function: Callable[..., Any]) -> bool:
    """Tell whether a call of *function* makes a coroutine; if so, get ready to run those."""
    called = (function, type(function).__call__)
    if not any(map(inspect.iscoroutinefunction, called)):
        return False
    from ._coroutines import start  # noqa: F401 - not during a run: it takes 30 ms

    return True
