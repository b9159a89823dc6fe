"""One run of a model's code: its output while it comes, its questions, its end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import secrets
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from ... import Interrupted, Result, SandboxError, Suspended
from ..._terminal import inert
from .._text import written

if TYPE_CHECKING:
    from ._room import Room

# What one notification tells of the output; what comes faster is left out of the stream.
_MOST_STREAMED = 4000
_LOOK_SECONDS = 0.25
_INTERRUPT_SECONDS = 0.05
# A call whose arguments do not fit is not asked about: nobody could see what it does.
_MOST_SHOWN = 4000


class TooManyQuestions(SandboxError):
    """A run has asked for more approvals than it may."""

    state = "rolled back"

    def __str__(self) -> str:
        return "the code asked for approval too often, and was ended"


class Answer(NamedTuple):
    """What a person said: whether, and whether for all that follows in the session."""

    yes: bool
    for_session: bool = False


class Question:
    """Something that a person must decide before a run goes on."""

    def __init__(self, text: str, offers_session: bool) -> None:
        self.id = secrets.token_hex(16)
        self.text = text
        self.offers_session = offers_session
        self._answer: concurrent.futures.Future[Answer] = concurrent.futures.Future()

    def give(self, answer: Answer) -> None:
        """Answer it; only the first answer counts."""
        with contextlib.suppress(concurrent.futures.InvalidStateError):
            self._answer.set_result(answer)

    def wait(self, seconds: float) -> Answer:
        """Return the answer; a no if there is none in time."""
        try:
            return self._answer.result(seconds)
        except concurrent.futures.TimeoutError:
            self.give(Answer(False))
            return self._answer.result()

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its answer."""
        return not self._answer.done()


class Run:
    """Code that runs, or waits to, on the thread of its room.

    Made on the event loop; `work` and what it calls are on the room's thread.

    Args:
        room: Where it runs.

        code: What it runs.

        wall_seconds: Its limit, if it is to be less than the session's.

        can_ask: Whether there is anybody to ask.
    """

    def __init__(self, room: Room, code: str, wall_seconds: float | None, can_ask: bool) -> None:
        self.room = room
        self.question: Question | None = None
        self.can_ask = can_ask
        self._code = code
        self._wall_seconds = wall_seconds
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._lock = threading.Lock()
        self._output: list[str] = []
        self._streamed = 0
        self._cancelled = False
        self._questions = 0
        self._began = time.monotonic()
        self.future: concurrent.futures.Future[Result] = room.submit(self._work)
        self.future.add_done_callback(self._ended)

    # ---- on the event loop

    async def wait(self) -> None:
        """Return when something has happened, or in a moment."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), _LOOK_SECONDS)
        self._changed.clear()

    @property
    def seconds(self) -> float:
        """How long ago it was asked for."""
        return time.monotonic() - self._began

    def take_output(self) -> str:
        """Return what was printed since the last time, safe to show."""
        with self._lock:
            text, self._output, self._streamed = "".join(self._output), [], 0
        return inert(text)

    def cancel(self) -> None:
        """End it, whatever it is doing; returns at once."""
        self._cancelled = True
        if (question := self.question) is not None:
            question.give(Answer(False))
        if not self.future.cancel():
            self.room.keep(asyncio.ensure_future(self._stop()))

    async def _stop(self) -> None:
        # Again and again, for a run that had not begun when it was first interrupted.
        while not self.future.done():
            self.room.interrupt(self)
            await asyncio.wait([asyncio.wrap_future(self.future)], timeout=_INTERRUPT_SECONDS)

    # ---- on other threads

    def _ended(self, future: object) -> None:
        if (question := self.question) is not None:  # of a request that nobody waits for
            question.give(Answer(False))
        self._wake()

    def ask(self, text: str, *, offers_session: bool = False) -> Answer:
        """Ask a person, and wait for the answer."""
        if self._cancelled or not self.can_ask or not self.room.is_usable:
            return Answer(False)
        self.question = Question(inert(text), offers_session)
        self._wake()
        try:
            return self.question.wait(self.room.settings.approval_seconds)
        finally:
            self.question = None

    def _work(self) -> Result:
        with self.room.current(self):
            try:
                result = self.room.session.run(
                    self._code,
                    check=False,
                    on_output=self._tell,
                    wall_seconds=self._wall_seconds,
                )
                while isinstance(result.error, Suspended):
                    result = self._go_on(result.error)
            except SandboxError as error:  # of the call: too much code, a lost session
                result = error.result or Result(error=error)
            return result

    def _go_on(self, waiting: Suspended) -> Result:
        """Answer a call that waits, and go on with the run."""
        options = {
            "check": False,
            "on_output": self._tell,
            "wall_seconds": self._wall_seconds,
        }
        resumed = waiting.continuation
        # Each time the run goes on with time of its own, so there must be an end to it.
        self._questions += 1
        if self._questions > self.room.settings.max_questions:
            return Result(error=TooManyQuestions())
        if waiting.name not in self.room.settings.approve:
            return resumed.fail(RuntimeError("nobody answers this function here"), **options)
        shown = written(waiting.name, waiting.payload)
        if not self.can_ask:
            refusal = "this needs a person's approval, and the client cannot ask for it"
        elif len(shown) > _MOST_SHOWN:
            refusal = "the arguments are too long to be shown for approval"
        else:
            asking = f"Code in the sandbox session {self.room.name!r} wants to call:\n{shown}"
            if self.ask(asking).yes:
                return resumed.approve(**options)
            refusal = "not approved"
        if self._cancelled:
            return Result(error=Interrupted())
        return resumed.deny(refusal, **options)

    def _tell(self, stream: str, text: str) -> None:
        with self._lock:
            room = _MOST_STREAMED - self._streamed
            if room > 0:
                self._output.append(text[:room])
                self._streamed += len(text)
                if len(text) > room:
                    self._output.append("[...]")

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._changed.set)
