"""What a pool runs: programs in sessions of their own, waited for, awaited and submitted."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

from ._crew import Crew
from ._errors import HostExhausted, PoolClosed
from ._leases import Leases
from ._program import Program
from ._result import Result
from ._submissions import Submissions
from ._turns import Turn, Turns, TurnState


class Programs:
    """The programs of one pool.

    Args:
        turns: Say when one has a place.

        leases: Has sessions for them.

        crew: Does them.

    Attributes:
        submissions: Those that are waited for by nobody but their futures.
    """

    def __init__(self, turns: Turns, leases: Leases, crew: Crew) -> None:
        self._turns = turns
        self._leases = leases
        self._crew = crew
        self.submissions = Submissions()

    def run(
        self, code: str, options: dict[str, Any], submitter: Hashable, timeout: float | None
    ) -> Result:
        """Run one, and wait for it; raises as `SessionPool.run` does."""
        bell = threading.Lock()
        bell.acquire()
        program = self._make(code, options, submitter, bell.release, awaited=True)
        try:
            self._turns.ask(program.turn)
            program.wait(bell, timeout, self._leases.around)
        except BaseException as error:  # of the wait, or Ctrl-C beside it
            if not program.withdraw():
                program.end(error)
            raise
        return program.outcome()

    async def arun(
        self, code: str, options: dict[str, Any], submitter: Hashable, timeout: float | None
    ) -> Result:
        """Do the same while the event loop goes on."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()

        def done() -> None:
            if not waiter.done():
                waiter.set_result(None)

        def told() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(done)

        program = self._make(code, options, submitter, told, awaited=True)
        program.loop = loop
        try:
            self._turns.ask(program.turn)
            await program.wait_async(waiter, timeout)
            return program.outcome()
        except BaseException:
            if not program.withdraw():
                program.interrupt()
            raise

    def submit(self, code: str, options: dict[str, Any], submitter: Hashable) -> Future[Result]:
        """Have one run in the background; raises as `SessionPool.submit` does."""
        future: Future[Result] = Future()
        submissions = self.submissions
        program = self._make(
            code,
            options,
            submitter,
            lambda: submissions.end(future, *program.take()),
            awaited=False,
            may_begin=lambda: submissions.begin(future),
        )
        try:
            submissions.add(future, program.withdraw)
            self._turns.ask(program.turn)
        except BaseException:
            submissions.forget(future)
            program.withdraw()
            raise
        return future

    def _make(
        self,
        code: str,
        options: dict[str, Any],
        submitter: Hashable,
        told: Callable[[], None],
        awaited: bool,
        may_begin: Callable[[], bool] | None = None,
    ) -> Program:
        turn = Turn(submitter, lambda: self._put(program), awaited)
        watchdog = self._crew.watchdog
        program = Program(self._leases.open_for, turn, watchdog, code, options, told, may_begin)
        return program

    def _put(self, program: Program) -> bool:
        """Have it run, now that it has a place; return False if it needs none."""
        if program.turn.state is not TurnState.HELD:
            program.fail(PoolClosed("the pool was shut down"))
            return True
        try:
            self._crew.put(program)
        except HostExhausted as error:
            program.fail(error)
            return False
        return True
