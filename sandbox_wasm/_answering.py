"""What host functions answer to a call of guest code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ._calls import Calls
from ._decode import StaleReference, ValueTooLarge, ValueUnfit
from ._errors import ConfigError, GuestProtocolError, SnapshotError, Suspend
from ._host_function import HostFunction, WaitFor, reply, reply_with
from ._journal import Approved
from ._objects import HostException
from ._parameters import BadArgument
from ._values import Refer, decode, encode

_CALL_DEPTH = 64 + 2  # the list of args and kwargs, and each of these


class Answering:
    """The part of `HostFunctions` that guest code meets.

    Attributes:
        _table: What guest code knows, by name; replaced, never changed.

        _classes: Those whose instances guest code has by reference, with its name for each.
    """

    _table: Mapping[bytes, HostFunction | HostException]
    _classes: Mapping[type, str]

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

            approved: Make the call, also if it is one that waits for a yes; a name and a
                payload, encoded, are what was shown, and must be those of this call.

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
        if not isinstance(host, HostFunction):
            shown = name[:60].decode("ascii", "replace").encode("ascii", "replace").decode()
            return 1, reply("NameError", f"no such host function: {shown!r}")
        calls, options = calls or Calls(), host.options
        if options.max_calls is not None and calls.made(name) > options.max_calls:
            text = f"{host.name}() may be called {options.max_calls} times in a run, and was"
            return 1, reply("RuntimeError", text)
        try:
            call = decode(
                payload,
                max_bytes=max_bytes,
                max_depth=_CALL_DEPTH,
                resolve=calls.objects.resolve if self._classes else None,
            )
        except StaleReference:
            text = f"{host.name}() got a host object that is gone, or of another session"
            return 1, reply("RuntimeError", text)
        except (ValueTooLarge, ValueUnfit) as error:
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
            host.check_receiver(args)
            if host.validators is not None:
                args, kwargs = host.validators.arguments(args, kwargs)
        except BadArgument as error:
            return 1, reply(error.type_name, f"{host.name}() {error}")
        except Exception as error:  # a validator of the host's own
            return self._told(host, error, max_bytes)
        if options.suspends or options.approve:
            asked = {"function": host.name, "args": given[0], "kwargs": given[1]}
            if options.suspends or approved is False:
                raise Suspend(asked)
            if isinstance(approved, tuple) and not (
                approved[0] == host.name and _is(asked, approved[1])
            ):
                raise SnapshotError("another call was shown than the one that the run makes")
        try:
            result = host.call(args, kwargs, calls, wait_for)
        except Exception as error:
            return self._told(host, error, max_bytes)
        return host.answer(result, max_bytes, self.refer(calls))

    def refer(self, calls: Calls, *, for_good: bool = False) -> Refer | None:
        """Return what makes references of objects that cross; None if no class is exposed.

        Args:
            for_good: As for `Objects.refer`.
        """
        classes = self._classes
        if not classes:
            return None
        return lambda value: calls.objects.refer(value, classes, for_good=for_good)

    def _told(self, host: HostFunction, error: Exception, max_bytes: int) -> tuple[int, bytes]:
        """Return the reply of a call that raised *error*: as it was declared, or as builtin."""
        if type(error).__module__ != "builtins":
            declared = {
                entry.kind: entry.name
                for entry in self._table.values()
                if isinstance(entry, HostException)
            }
            for kind in type(error).__mro__:
                if kind in declared:
                    return 1, reply_with(declared[kind], error, max_bytes)
        return host.failed(error)

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

    def failure(self, name: str, error: Exception, max_bytes: int = 65_536) -> bytes:
        """Return the reply of a function to a call, as if it had raised *error*.

        Raises:
            ConfigError: *error* is no `Exception`.
            SnapshotError: There is no such function.
        """
        if not isinstance(error, Exception):
            raise ConfigError(f"error must be an Exception, got {type(error).__name__}")
        return self._told(self._entry(name), error, max_bytes)[1]

    def _entry(self, name: str) -> HostFunction:
        entry = self._table.get(name.encode())
        if not isinstance(entry, HostFunction):
            raise SnapshotError(f"the run waits for {name!r}, which this session does not have")
        return entry


def _is(payload: Any, shown: bytes) -> bool:
    """Whether *shown* is *payload*, encoded: by its bytes, for not all values equal themselves."""
    most = len(shown)
    try:
        return encode(payload, max_bytes=most) == shown or decode(shown, max_bytes=most) == payload
    except (TypeError, ValueError):  # a host object was never shown as bytes
        return False
