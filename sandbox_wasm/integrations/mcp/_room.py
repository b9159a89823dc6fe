"""A named session of a server, and the thread on which its runs take turns."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from ... import Approval, BlockedRequest, Snapshot
from ._runs import Answer, Run
from ._settings import Settings

T = TypeVar("T")

_MOST_WAITING = 8  # calls on one session, the running one included
_RESEED = "__import__('random').seed()"


class Refused(Exception):
    """What a model asked for cannot be had; the text says what it can do about it."""


class Room:
    """A session with a name, and the thread on which its runs take turns.

    Args:
        name: What clients call it.

        settings: Of the server.

        snapshot: What its session goes on from.

    Raises:
        SandboxError: Its session cannot be made.
    """

    def __init__(self, name: str, settings: Settings, snapshot: Snapshot | None = None) -> None:
        self.name = name
        self.settings = settings
        self.parked: Run | None = None  # whose question was handed to the client
        self._current: Run | None = None
        self._lock = threading.Lock()
        self._waiting = 0
        self._tasks: set[asyncio.Future[Any]] = set()
        self.session = settings.open(snapshot, self._on_blocked)
        if snapshot is not None:  # two sessions of one origin must not draw the same
            try:
                self.session.run(_RESEED, check=False, wall_seconds=1)
            except BaseException:
                self.session.close()
                raise
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sandbox-wasm-mcp")

    @property
    def is_busy(self) -> bool:
        """Whether code runs in it, or waits to."""
        return self._waiting > 0

    @property
    def is_asking(self) -> bool:
        """Whether its run waits for a person."""
        run = self._current
        return run is not None and run.question is not None

    @property
    def is_usable(self) -> bool:
        """Whether its session can go on."""
        return self.session.state.value == "open"

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do *work* on the room's thread, after what it was given before.

        Raises:
            Refused: Too much waits already.
        """
        with self._lock:
            if self._waiting >= _MOST_WAITING:
                raise Refused(f"session {self.name!r} is busy: wait for the calls that you made")
            self._waiting += 1
        try:
            future = self._pool.submit(work)
        except RuntimeError:
            self._done(None)
            raise Refused(f"session {self.name!r} was closed") from None
        future.add_done_callback(self._done)
        return future

    def _done(self, future: object) -> None:
        with self._lock:
            self._waiting -= 1

    @contextlib.contextmanager
    def current(self, run: Run) -> Iterator[None]:
        """Let *run* be the one that questions and interrupts belong to."""
        with self._lock:
            self._current = run
        try:
            yield
        finally:
            with self._lock:
                self._current = None

    def interrupt(self, run: Run) -> None:
        """Interrupt the session, if it is *run* that it runs."""
        with self._lock:  # so that it is not the next one that is hit
            if self._current is run:
                self.session.interrupt()

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Hold on to *task* until it is done."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def abandon(self) -> None:
        """Give up the run whose question no client has answered."""
        parked, self.parked = self.parked, None
        if parked is not None:
            parked.cancel()

    def close(self) -> None:
        """End it; a run that goes on is stopped. Takes up to some hundred milliseconds."""
        with self._lock:
            run = self._current
        if run is not None and run.question is not None:
            run.question.give(Answer(False))
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.session.close()

    def _on_blocked(self, request: BlockedRequest) -> Approval:
        run = self._current
        if run is None:
            return Approval.DENY
        came = f" (redirected from {request.redirected_from})" if request.redirected_from else ""
        answer = run.ask(
            f"Code in the sandbox session {self.name!r} wants to connect to "
            f"{request.origin}{came}:\n{request.method} {request.url}",
            offers_session=True,
        )
        if not answer.yes:
            return Approval.DENY
        return Approval.ALLOW_SESSION if answer.for_session else Approval.ALLOW_ONCE
