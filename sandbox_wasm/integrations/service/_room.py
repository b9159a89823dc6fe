"""One session of the service: its runs, and the questions that they put to a person."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any

from ... import Approval, Result, Suspended
from ..._json import as_json
from ..._terminal import inert, shown
from .._text import written
from ._accounts import Refused

if TYPE_CHECKING:
    from ... import BlockedRequest, Session
    from ._accounts import Account, Accounts

Tell = Callable[[str, dict[str, Any]], None]
_LOOK_SECONDS = 0.2
_ASK_AGAIN_SECONDS = 0.05
_SHOWN = 2000
_NAMES = 1000
ANSWERS = ("allow", "allow_session", "deny", "value")


class Question:
    """What a run waits for a person to answer.

    Attributes:
        shown: What the person is told: inert text.

        answers: Which of `ANSWERS` there are.
    """

    def __init__(self, kind: str, text: str, details: dict[str, str], answers: tuple[str, ...]):
        self.id = secrets.token_urlsafe(9)
        self.answers = answers
        self.shown = {
            "id": self.id,
            "kind": kind,
            "text": _shortened(text),
            "details": {name: _shortened(value) for name, value in details.items()},
            "answers": list(answers),
        }
        self.future: Future[tuple[str, Any]] = Future()

    def answer(self, word: str, value: Any = None) -> bool:
        """Give the answer; False if there is one already."""
        if not self.future.set_running_or_notify_cancel():
            return False
        self.future.set_result((word, value))
        return True


class Room:
    """A session, with what the service knows of it.

    Args:
        account: Whose it is.

        accounts: Where runs are counted.

        workers: Waits for runs.

        interpreter: Of the session.
    """

    def __init__(
        self, account: Account, accounts: Accounts, workers: Executor, interpreter: str
    ) -> None:
        self.id = secrets.token_urlsafe(12)
        self.account = account
        self.interpreter = interpreter
        self.questions: dict[str, Question] = {}
        self.touched = time.monotonic()
        self.session: Session | None = None
        self.busy = False
        self._accounts = accounts
        self._workers = workers
        self._loop = asyncio.get_running_loop()
        self._tell: Tell | None = None
        self._lock = threading.Lock()
        self._printed: list[tuple[str, str]] = []
        self._again: asyncio.TimerHandle | None = None

    async def open(self, make: Callable[[Room], Session]) -> None:
        """Begin the session. Raises as `Session` does."""
        future = self._loop.run_in_executor(self._workers, make, self)
        try:
            self.session = await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(self._abandon)
            raise

    def _abandon(self, future: asyncio.Future[Session]) -> None:
        """Close a session that came when nobody waited for it any more."""
        if not future.cancelled() and future.exception() is None:
            self._loop.run_in_executor(None, future.result().close)

    def about(self) -> dict[str, Any]:
        """Return what there is to tell."""
        session = self.session
        return {
            "id": self.id,
            "interpreter": self.interpreter,
            "state": "closed" if session is None else session.state.value,
            "busy": self.busy,
            "limits": {} if session is None else dataclasses.asdict(session.limits),
            "questions": [question.shown for question in self.questions.values()],
        }

    # ---- runs

    async def run(
        self, code: str, inputs: Any, wall_seconds: float | None, tell: Tell | None = None
    ) -> dict[str, Any]:
        """Run *code*; return its result as JSON has it.

        Args:
            tell: Called on the loop with ``"output"`` and ``"question"`` as they come.

        Raises:
            Refused: The session runs something, or the account may not.
            SandboxError: Nothing has run: a bad argument, a session that is gone.
        """
        session = self.session
        if session is None:
            raise Refused(404, "there is no such session")
        if self.busy:
            raise Refused(409, "the session runs something: interrupt it, or wait")
        wanted = session.limits.wall_seconds
        if wall_seconds is not None:
            asked = dataclasses.replace(session.limits, wall_seconds=wall_seconds)
            wanted = min(wanted, asked.wall_seconds)
        with self.account.running(wanted) as spending:
            self.busy, self._tell = True, tell
            try:
                options: dict[str, Any] = {
                    "check": False,
                    "wall_seconds": spending.allowed,
                    "on_output": self._on_output if tell is not None else None,
                }
                work = functools.partial(session.run, code, inputs=inputs, **options)
                result = await self._finish(work)
                spending.used += result.usage.seconds
                while isinstance(result.error, Suspended):
                    result = await self._finish(await self._resumption(result.error, options))
                    spending.used += result.usage.seconds
                self._tell_printed()
            finally:
                self.busy, self._tell = False, None
                if self._again is not None:
                    self._again.cancel()
                    self._again = None
                self._printed.clear()
                self.touched = time.monotonic()
                for question in list(self.questions.values()):
                    self.settle(question.id, "deny")
        how = "ok" if result.error is None else type(result.error).__name__
        self._accounts.ended(how, result.usage.seconds)
        return _told(result)

    async def _finish(self, work: Callable[[], Result]) -> Result:
        """Wait for *work*; whoever cancels this interrupts the run and waits for its end."""
        future = self._loop.run_in_executor(self._workers, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            while not future.done():
                self.interrupt()  # again, for a run that had not begun
                await asyncio.wait([future], timeout=_ASK_AGAIN_SECONDS)
            if not future.cancelled():
                future.exception()  # seen
            raise

    def interrupt(self) -> bool:
        """End the run that goes on; False if there is none.

        A run that waits for an answer is told no, and goes on.
        """
        questions = list(self.questions.values())
        for question in questions:
            self.settle(question.id, "deny")
        if self.session is None:
            return False
        if self.session.interrupt():
            return True
        if self.busy and not questions and self._again is None:
            # It has been accepted, and has yet to begin.
            self._again = self._loop.call_later(_ASK_AGAIN_SECONDS, self._interrupt_again)
        return self.busy

    def _interrupt_again(self) -> None:
        self._again = None
        self.interrupt()

    def _on_output(self, stream: str, text: str) -> None:
        # On the session's thread, which does not wait: what comes is bounded by the limits.
        # A run that prints much wakes the loop once for all that it has not seen.
        with self._lock:
            self._printed.append((stream, text))
            if len(self._printed) > 1:
                return
        self._loop.call_soon_threadsafe(self._tell_printed)

    def _tell_printed(self) -> None:
        with self._lock:
            printed, self._printed = self._printed, []
        for stream, text in printed:
            self._say("output", {"stream": stream, "text": text})

    def _say(self, event: str, data: dict[str, Any]) -> None:
        if self._tell is not None:
            self._tell(event, data)

    # ---- questions

    def settle(self, question: str, word: str, value: Any = None) -> bool:
        """Answer a question; False if nobody asks it any more."""
        found = self.questions.pop(question, None)
        return found is not None and found.answer(word, value)

    def _ask(self, question: Question) -> None:
        self.questions[question.id] = question
        self._say("question", question.shown)

    async def _resumption(
        self, waiting: Suspended, options: dict[str, Any]
    ) -> Callable[[], Result]:
        """Return what goes on with a run, once a person has said how."""
        continuation, payload = waiting.continuation, waiting.payload
        details = {"function": waiting.name}
        if isinstance(payload, dict) and {"args", "kwargs"} <= payload.keys():
            details["call"] = written(waiting.name, payload)
        else:
            details["asks"] = shown(payload)
        question = Question(
            "call", f"The code wants to call {waiting.name}.", details, ("allow", "deny", "value")
        )
        self._ask(question)
        try:
            seconds = self.account.limits.approval_seconds
            word, value = await asyncio.wait_for(asyncio.wrap_future(question.future), seconds)
        except asyncio.TimeoutError:
            word, value = "deny", None
        finally:
            self.questions.pop(question.id, None)
        if word == "allow":
            return functools.partial(continuation.approve, **options)
        if word == "value":
            return functools.partial(continuation.resume, value, **options)
        return functools.partial(continuation.deny, **options)

    def ask_about(self, request: BlockedRequest) -> Approval:
        """Answer for a request that the policy does not allow; on a thread of its own."""
        details = {"method": request.method, "origin": request.origin, "url": request.url}
        if request.redirected_from:
            details["redirected from"] = request.redirected_from
        question = Question(
            "request", f"The code wants to connect to {request.origin}.", details,
            ("allow", "allow_session", "deny"),
        )  # fmt: skip
        self._loop.call_soon_threadsafe(self._ask, question)
        word = "deny"
        while request.is_open():
            try:
                word, _ = question.future.result(timeout=_LOOK_SECONDS)
                break
            except NotYet:
                continue
        self._loop.call_soon_threadsafe(self.questions.pop, question.id, None)
        return {"allow": Approval.ALLOW_ONCE, "allow_session": Approval.ALLOW_SESSION}.get(
            word, Approval.DENY
        )

    # ---- files, and the end

    async def with_session(self, work: Callable[[Session], Any]) -> Any:
        """Return what *work* makes of the session, away from the loop."""
        if self.session is None:
            raise Refused(404, "there is no such session")
        self.touched = time.monotonic()
        return await self._loop.run_in_executor(self._workers, work, self.session)

    async def close(self) -> None:
        """End the session and what it runs."""
        session, self.session = self.session, None
        for question in list(self.questions.values()):
            self.settle(question.id, "deny")
        if session is not None:
            # Not on the workers, all of which may wait for runs.
            await asyncio.to_thread(session.close)


def _shortened(text: str) -> str:
    """Return *text* inert, and no longer than a person reads; what is left out is told."""
    left = len(text) - _SHOWN
    return inert(text[:_SHOWN]) + (f" [and {left} more characters]" if left > 0 else "")


def _told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_json(result))
    files = result.files
    found["files"] = {
        "created": list(files.created[:_NAMES]),
        "changed": list(files.changed[:_NAMES]),
        "deleted": list(files.deleted[:_NAMES]),
    }
    return found
