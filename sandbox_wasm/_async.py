"""Sessions for asyncio: a thin shell over `Session`, with the same rules."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar, overload

from ._dialects import Dialect
from ._errors import SessionClosed
from ._ledger import OnOutput
from ._lifecycle import State
from ._locks import RLock
from ._problem import Problem
from ._result import Result
from ._session import F, Session

T = TypeVar("T")
_ASK_AGAIN_SECONDS = 0.05


class AsyncSession:
    """A `Session` whose runs are awaited.

        >>> async def main():
        ...     async with AsyncSession() as session:
        ...         return (await session.run("x = 20\\nx * 2")).value
        >>> asyncio.run(main())
        40

    Takes the arguments of `Session`. Its host functions may be ``async def``: they run on
    the event loop of whoever awaits the run, where plain ones run on the session's thread.
    Cancelling a task that awaits a run interrupts the guest, and waits until it has given
    in; variables stay. Runs of several tasks take turns.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._begin(Session(*args, **options))

    def _begin(self, session: Session) -> None:
        self._session = session
        self._lock = RLock()
        self._running: object = None  # whose turn it is: what was asked for is done in order

    @classmethod
    def around(cls, session: Session) -> AsyncSession:
        """Return one whose session is there already."""
        made = cls.__new__(cls)
        made._begin(session)
        return made

    @property
    def session(self) -> Session:
        """The session itself, for what needs no waiting, such as limits and files."""
        return self._session

    @property
    def state(self) -> State:
        """Where the session is in its life."""
        return self._session.state

    async def run(
        self,
        code: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        check: bool = True,
        on_output: OnOutput | None = None,
        wall_seconds: float | None = None,
        dialect: Dialect = "expression",
    ) -> Result:
        """Run *code*; see `Session.run`. *on_output* is called on the event loop."""
        told = on_loop(on_output)
        return await self._await(
            lambda: self._session.run(
                code,
                inputs=inputs,
                check=check,
                on_output=told,
                wall_seconds=wall_seconds,
                dialect=dialect,
            )
        )

    async def check(self, code: str, **options: Any) -> list[Problem]:
        """Return what is wrong with *code*, without running it; see `Session.check`."""
        return await self._await(lambda: self._session.check(code, **options))

    async def call(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function that guest code has defined; see `Session.call`."""
        return await self._await(lambda: self._session.call(name, *args, **kwargs))

    async def map(self, name: str, rows: Iterable[Any]) -> list[Any]:
        """Call a function of guest code for each of *rows*; see `Session.map`."""
        return await self._await(lambda: self._session.map(name, rows))

    async def go_on(self, answer: Callable[..., Result], *args: Any, **options: Any) -> Result:
        """Go on with a run that waits: ``await session.go_on(waiting.continuation.resume, 5)``.

        Args:
            answer: ``resume``, ``approve``, ``deny`` or ``fail`` of a `Continuation`, of this
                session or a stored one.

            args, options: For it. Host functions that are ``async def`` run on this loop.
        """
        options.setdefault("session", self._session)
        return await self._await(lambda: answer(*args, **options))

    @overload
    def function(self, function: F, **options: Any) -> F: ...
    @overload
    def function(self, function: None = None, **options: Any) -> Callable[[F], F]: ...
    def function(self, function: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Let guest code call a host function from its next run on; a decorator."""
        return self._session.function(function, **options)

    def interrupt(self) -> bool:
        """End the run that goes on; see `Session.interrupt`."""
        return self._session.interrupt()

    async def _await(self, work: Callable[[], T]) -> T:
        turn = object()

        def mine() -> T:
            with self._lock:
                self._running = turn
            try:
                return work()
            finally:
                with self._lock:
                    self._running = None

        future: Future[T] = self._session._start(mine, asyncio.get_running_loop())
        waiter = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiter)
        except asyncio.CancelledError:
            future.cancel()  # if it has not begun, it never does
            # Else it is waited for until it has given in, however often this is cancelled.
            while not waiter.done():
                with self._lock:
                    if self._running is turn:  # not somebody else's run
                        self._session.interrupt()
                with contextlib.suppress(asyncio.CancelledError):
                    # Again, for a run that had not begun when it was first asked.
                    await asyncio.wait([waiter], timeout=_ASK_AGAIN_SECONDS)
            if not waiter.cancelled():
                waiter.exception()  # seen
            raise
        finally:
            del future, waiter  # see `_lifecycle.settle`

    async def close(self) -> None:
        """End the session and free its memory; see `Session.close`."""
        try:
            await asyncio.to_thread(self._session.close)
        except RuntimeError:  # there can be no more threads: the loop waits, and not for long
            self._session.close()

    async def __aenter__(self) -> AsyncSession:  # noqa: PYI034 - Self needs Python 3.11
        if self._session.state is State.CLOSED:
            raise SessionClosed("the session is closed")
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return repr(self._session).replace("<Session", "<AsyncSession", 1)


def on_loop(on_output: OnOutput | None) -> OnOutput | None:
    """Return what calls *on_output* on the event loop that runs, from other threads."""
    if not callable(on_output):
        return on_output  # the session says what is wrong with it
    loop, output = asyncio.get_running_loop(), on_output

    def tell(stream: str, text: str) -> None:
        asyncio.run_coroutine_threadsafe(_call(output, stream, text), loop).result()

    return tell


async def _call(function: Callable[..., Any], *args: Any) -> None:
    result = function(*args)
    if isinstance(result, Awaitable):
        await result


async def arun(
    code: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    check: bool = True,
    on_output: OnOutput | None = None,
    dialect: Dialect = "expression",
    **options: Any,
) -> Result:
    """Run *code* in a session of its own, which ends with it.

    *options* are the arguments of `AsyncSession`, the others those of its `run`. It raises
    what either raises.
    """
    async with AsyncSession(**options) as session:
        return await session.run(
            code, inputs=inputs, check=check, on_output=on_output, dialect=dialect
        )
