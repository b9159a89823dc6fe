"""What every agent framework is given: a tool that runs code."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import AsyncSession, Result, SandboxError, Session, SessionClosed
from ._images import Image, images
from ._text import INPUT_SCHEMA, NAME, describe, explain, refusal, render, unfenced


@dataclass(frozen=True)
class Outcome:
    """What one call came to.

    Attributes:
        text: What the model reads.

        failed: The code was refused, raised, or was stopped.

        result: That of the run; None if there was none.
    """

    text: str
    failed: bool = False
    result: Result | None = None

    @cached_property
    def images(self) -> list[Image]:
        """The images that the code wrote, as far as they can be shown."""
        return [] if self.result is None else images(self.result.files)


class CodeTool:
    """A session that an agent uses: made when it is first needed, and again when it is lost.

    Use it as a context manager, or close it: the session holds memory and a thread. It may be
    used from several threads and event loops; calls take turns.

    Args:
        options: Those of `Session`.

    Attributes:
        name, description, input_schema: What a framework tells the model.

    Raises:
        ConfigError: As `Session` does.
    """

    name = NAME
    input_schema = INPUT_SCHEMA

    def __init__(self, **options: Any) -> None:
        self._begin(options)
        self.description = describe(self.session)  # wrong options fail here

    def _begin(self, options: dict[str, Any]) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._held: AsyncSession | None = None
        self._pid = os.getpid()
        self._closed = False

    def another(self, **changed: Any) -> CodeTool:
        """Return a tool like this one, for a session of its own: another run, another user.

        Args:
            changed: Options in place of those of this one.
        """
        made = CodeTool.__new__(CodeTool)
        made._begin({**self._options, **changed})
        made.description = self.description
        return made

    @property
    def session(self) -> Session:
        """The session; a new one if there is none, or the last one was lost.

        Raises:
            SessionClosed: The tool is closed.
        """
        return self._open().session

    def _open(self) -> AsyncSession:
        with self._lock:
            if self._closed:
                raise SessionClosed("the tool is closed")
            held = self._held
            if held is None or not self._is_open():
                self._release()
                self._pid = os.getpid()
                held = self._held = AsyncSession(**self._options)
            return held

    def _is_open(self) -> bool:
        # After a fork the session's thread is in the other process, and stays there.
        held = self._held
        return held is not None and held.state.value == "open" and self._pid == os.getpid()

    def add_function(self, function: Callable[..., Any], name: str) -> None:
        """Let the session that there is call *function* as well; a new one has its options."""
        with self._lock:
            if self._held is not None and name not in self._held.session.functions:
                self._held.session.function(function, name=name)

    async def opened(self) -> AsyncSession:
        """The session, as `session` gives it."""
        held = self._held
        if held is None or not self._is_open():
            held = await asyncio.to_thread(self._open)  # it may have to compile
        return held

    def execute(self, code: object) -> Outcome:
        """Run what a model sent; what goes wrong is an `Outcome` as well."""
        if (refused := refusal(code)) is not None:
            return Outcome(refused, failed=True)
        try:
            return _outcome(self.session.run(unfenced(str(code)), check=False))
        except SandboxError as error:
            return Outcome(explain(error), failed=True)

    async def aexecute(self, code: object) -> Outcome:
        """Run what a model sent, as `execute` does.

        Host functions that are ``async def`` run on this event loop. Cancelling the task
        interrupts the code, and variables stay.
        """
        if (refused := refusal(code)) is not None:
            return Outcome(refused, failed=True)
        try:
            session = await self.opened()
            return _outcome(await session.run(unfenced(str(code)), check=False))
        except SandboxError as error:
            return Outcome(explain(error), failed=True)

    def run(self, code: object) -> str:
        """Run what a model sent; return what it is to read, errors included."""
        return self.execute(code).text

    async def arun(self, code: object) -> str:
        """Run what a model sent, as `run` does; cancelling the task interrupts the code."""
        return (await self.aexecute(code)).text

    def reset(self) -> None:
        """Forget all variables."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._held is not None:
            self._held.session.close()
            self._held = None

    def close(self) -> None:
        """End the session; later calls say that the tool is closed."""
        with self._lock:
            self._closed = True
            self._release()

    def __enter__(self) -> CodeTool:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _outcome(result: Result) -> Outcome:
    return Outcome(render(result), result.error is not None, result)
