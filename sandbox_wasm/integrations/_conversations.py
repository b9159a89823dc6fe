"""A session for each conversation, with functions that run on the event loop of its server."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from .. import ConfigError, HostFunctions, Session, SessionClosed
from ._keyed import Keyed, close_all

T = TypeVar("T")

_ASK_AGAIN_SECONDS = 0.05


class Conversation:
    """A session, whose turn it is, and for whom its functions are called.

    Attributes:
        session: It; another one when it was lost.

        turn: To be held while a call is made.

        caller: The first argument of each function, set with each call: not of guest code.

        waiting: For whoever suspends runs: what waits.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
        approved: Mapping[str, Callable[..., Any]],
    ) -> None:
        self.turn = asyncio.Lock()
        self.caller: Any = None
        self.waiting: Any = None
        self._options = options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._functions = HostFunctions()
        for name, function in {**functions, **approved}.items():
            self._functions.register(self._bound(function), name=name, approve=name in approved)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sandbox-wasm-conversation")
        self._session = self._open()
        self._closed = False
        self._lock = threading.Lock()

    def _open(self) -> Session:
        return Session(functions=self._functions, **self._options)

    @property
    def session(self) -> Session:
        """The session; a new one if it was lost. For use within `work`: it may take a while.

        Raises:
            SessionClosed: The conversation was closed.
        """
        with self._lock:
            if self._closed:
                raise SessionClosed("the conversation's session was closed: call again")
            if self._session.state.value != "open":
                self._session.close()
                self._session = self._open()
            return self._session

    def _bound(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function* without its first parameter, called on the loop of `work`."""

        @functools.wraps(function)
        async def call(*args: Any, **kwargs: Any) -> Any:
            loop = self._loop
            if loop is None:
                raise RuntimeError("nobody waits for the run")
            made = function(self.caller, *args, **kwargs)
            # If the run ends before its time, this is cancelled, and that with it.
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(made, loop))

        signature = inspect.signature(function, eval_str=True)
        parameters = list(signature.parameters.values())[1:]
        call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {each.name: each.annotation for each in parameters}
        call.__annotations__["return"] = signature.return_annotation
        del call.__wrapped__
        return call

    async def work(self, work: Callable[[], T]) -> T:
        """Return what *work* returns, done on a thread; cancelling interrupts the session."""
        self._loop = asyncio.get_running_loop()
        try:
            future: concurrent.futures.Future[T] = self._pool.submit(work)
        except RuntimeError:
            raise SessionClosed("the conversation's session was closed: call again") from None
        waiter = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiter)
        except asyncio.CancelledError:
            future.cancel()
            while not waiter.done():
                self._session.interrupt()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([waiter], timeout=_ASK_AGAIN_SECONDS)
            if not waiter.cancelled():
                waiter.exception()  # seen
            raise

    def close(self) -> None:
        """End it; what runs is stopped."""
        with self._lock:
            self._closed = True
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._session.close()


class Conversations(Keyed[Conversation]):
    """A `Conversation` for each key; to be asked for it away from an event loop.

    Args:
        options: Arguments of `Session`.

        functions: Asynchronous functions by name. Their first argument is the caller.

        approved: More of these, each call of which is suspended until it is approved.

        max_sessions, idle_seconds: As for `Keyed`.

    Raises:
        ConfigError: An argument is wrong.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
        approved: Mapping[str, Callable[..., Any]],
        max_sessions: int,
        idle_seconds: float,
    ) -> None:
        if not (1 <= max_sessions <= 1000 and 1 <= idle_seconds):
            raise ConfigError("max_sessions must be from 1 to 1000, idle_seconds at least 1")
        make = functools.partial(Conversation, options, functions, approved)
        super().__init__(make, max_sessions, idle_seconds)
        weakref.finalize(self, close_all, self._kept)
