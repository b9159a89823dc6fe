"""The thread that owns one guest, and how a run on it is ended in time.

The guest runs on this thread alone: its stack is large enough for the wasm stack,
and no signal handler runs on it. Whoever asks for a run waits for it, and while
waiting is the run's watchdog; no thread and no timer exist for that.

A run that must end is asked to, with growing insistence: an exception in guest
code; unwinding past every handler; a trap, after which the guest is gone; and if
even that has no effect, because a host function does not return, the caller goes
and leaves the thread to end by itself.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from ._checkpoint import Checkpoint, Mark
from ._errors import SandboxError, SessionBroken, WallTimeExceeded
from ._functions import HostFunctions
from ._job import HARMLESS, Job, Suspension, check, conclude, value_of
from ._journal import Journal
from ._ledger import Ledger, OnOutput
from ._limits import Limits
from ._result import Result
from ._sources import Sources
from ._state import GuestState
from ._thread import start_thread
from ._values import encode
from .interpreters import Interpreter
from .interpreters._base import Guest, Request

# Seconds after a run was to end.
_ABORT_AFTER = 0.05
_KILL_AFTER = 0.2
_LEAVE_AFTER = 0.3

# A guest is made in less than a millisecond; this is for a machine that was asleep, and
# for a guest that is moved to code which is to be compiled first.
_START_SECONDS = 120.0

# A signal that comes just before the wait begins does not end it; the next look
# finds it.
_LOOK_SECONDS = 0.5

# A guest that writes to the byte which makes it look for an interrupt may undo the
# host's own writing, so that is repeated.
_REMIND_SECONDS = 0.002


class Lane:
    """One guest on its own thread.

    Args:
        interpreter: Makes the guest, on the thread.

        limits: What each run may use.

        functions: What guest code may call; may grow between runs.

        sources: Where the guest's time and randomness come from.

        checkpoints: Go back to the state before a run that lost its guest; else the
            session is broken then.

    Attributes:
        broken: Why the guest is gone, or None while it is there.

        prelude: What the guest runs before the next run, or None.

        turn: How many runs there were.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        limits: Limits,
        functions: HostFunctions,
        sources: Sources,
        checkpoints: bool,
    ) -> None:
        self._interpreter = interpreter
        self.limits = limits
        self.functions = functions
        self.ledger = Ledger(limits, functions, self._unwind, sources)
        self.broken: str | None = None
        self._pid = os.getpid()
        self._mutex = threading.Lock()  # one run at a time; others wait here
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._job: Job | None = None
        self._guest: Guest | None = None
        self.prelude: Request | None = None
        self.turn = 0
        # Host functions that the guest knows by name, and whether the prelude was run.
        self._known, self._prepared = 0, False
        self._checkpoint = Checkpoint(checkpoints, None, self._mark())
        # Held while a run is ended from outside and while it is marked as done, so that
        # an interrupt never hits the run after. Signal handlers may come back to it.
        self._ending = threading.RLock()
        self._stages: Sequence[tuple[float, Callable[[], None]]] = (
            (0.0, self._interrupt),
            (_ABORT_AFTER, self._abort),
            (_KILL_AFTER, self._kill),
        )
        try:
            self._thread = start_thread(self._work)
        except BaseException:
            interpreter.discard()
            raise

    # ---- on the caller's thread

    def run(
        self,
        request: Request,
        wall_seconds: float | None,
        on_output: OnOutput | None,
        again: Suspension | None = None,
    ) -> tuple[Result, BaseException | None]:
        """Have the guest serve *request* until it has, or was stopped.

        With *again* it goes back to where that run began, and gets the answers from its
        journal as long as there are any.

        Returns what came of it, and what ended it before its time.

        Raises:
            SessionBroken: There is no guest any more.
        """
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError("a host function cannot run code in its own session")
        wall = self.limits.wall_seconds if wall_seconds is None else wall_seconds
        with self._mutex:
            if self.broken:
                raise SessionBroken(self.broken)
            job = Job(request, again)
            self.turn += 1
            self.ledger.begin(on_output, 0 if again is None else again.told)
            try:
                self._job = job
                if self._is_lost():  # closed meanwhile: nobody would take the job
                    job.done = True
                    raise SessionBroken(self.broken)
                try:
                    self._jobs.put(job)
                    self._wait(job, wall)
                except BaseException as error:
                    # Ctrl-C, beside the wait: the run is ended like any other. Whether
                    # the job had got on its way is not known; it is served once.
                    self.ledger.end(error, over=True)
                    self._jobs.put(job)
                    self._wait(job, wall)
                return conclude(job, self.ledger)
            except BaseException as error:
                # Another one, or no room on this thread's stack: nobody would wait for
                # the job any more.
                if not job.done:
                    self.broken = "its run was left"
                    self.ledger.end(error, over=True)
                    self._kill()
                raise
            finally:
                self._job = None
                if job.done and self.ledger.reason is not None:
                    # An error that stayed here would hold the frames of its traceback,
                    # and in them a session that nobody else has any more.
                    self.ledger.begin(None)

    def _wait(self, job: Job, wall: float) -> None:
        timeout = min(wall, _LOOK_SECONDS) if self.ledger.reason is None else 0.001
        ending = 0.0
        begun = time.perf_counter()
        stages = self._stages
        while True:
            try:
                job.wake.acquire(timeout=timeout)
            except BaseException as error:  # Ctrl-C, or an exception sent to this thread
                if isinstance(self.ledger.reason, KeyboardInterrupt):
                    stages = ((0.0, self._kill),)  # and again: no more patience
                self.ledger.end(error, over=True)
            if job.done:
                return
            if job.ended:  # no guest code runs any more: the answer is under way
                timeout = _LOOK_SECONDS
                continue
            now = time.perf_counter()
            if self.ledger.reason is None:
                # Until the guest is made, the run has not begun.
                end = job.started + wall if job.started else begun + _START_SECONDS
                end += self.ledger.excuse(now)
                if end > now:
                    timeout = min(end - now, wall, _LOOK_SECONDS)
                    continue
                self.ledger.end(
                    WallTimeExceeded(wall)
                    if job.started
                    else SessionBroken("the interpreter did not start in time")
                )
            ending = ending or now
            while stages and now - ending >= stages[0][0]:
                (_, act), *stages = stages
                act()
            if not stages and now - ending >= _LEAVE_AFTER:
                self.broken = "a host function did not return in time"
                job.state = "broken"
                return
            timeout = (stages[0][0] if stages else _LEAVE_AFTER) + ending - now
            guest = self._guest
            if guest is not None and guest.remind():
                timeout = min(timeout, _REMIND_SECONDS)
            timeout = max(0.001, timeout)

    def interrupt(self, reason: BaseException) -> bool:
        """End the run that goes on, if any, for *reason*."""
        with self._ending:
            job = self._job
            if job is None or job.done:
                return False
            self.ledger.end(reason)
            self._interrupt()  # at once: a sleep that ended must not go on with the next line
        _release(job.wake)
        return True

    def _interrupt(self) -> None:
        job, guest = self._job, self._guest
        # Once: a second exception would hit the handlers of the first.
        if guest is not None and job is not None and not job.asked:
            job.asked = True
            guest.interrupt(abort=False)

    def _abort(self) -> None:
        guest = self._guest
        if guest is not None:
            guest.interrupt(abort=True)

    def _kill(self) -> None:
        with self._ending:
            job = self._job
            if job is not None and not job.ended:  # else it would hit the guest that takes over
                (self._guest or self._interpreter).kill()

    def _is_lost(self) -> bool:
        return self.broken is not None

    def check_process(self) -> None:
        """Raise `SessionBroken` in a child of fork, which has no such thread."""
        if os.getpid() != self._pid:
            raise SessionBroken("the session belongs to the process that made it")

    def close(self, reason: SandboxError, wait: bool = True) -> None:
        """End the thread and free the guest, whatever it is doing."""
        if os.getpid() != self._pid:
            return
        self.broken = self.broken or str(reason)
        if self.interrupt(reason):
            self._kill()
        self._jobs.put(None)
        if wait and threading.get_ident() != self._thread.ident:
            self._thread.join(_LEAVE_AFTER)

    # ---- on the lane's own thread

    def _unwind(self) -> None:
        """Stop guest code from within a host call, and tell who waits."""
        self._abort()
        if self._job is not None:
            _release(self._job.wake)

    def _work(self) -> None:
        guest: Guest | None = None
        failure: BaseException | None = None
        try:
            try:
                guest = self._guest = self._interpreter.start(self.ledger)
            except BaseException as error:
                failure = error  # for the first who asks
            while (job := self._jobs.get()) is not None:
                if job.taken:
                    continue
                job.taken = True
                try:
                    if guest is None:
                        raise failure or SessionBroken("the session never began")
                    if self.ledger.reason is None:  # else it is over before it began
                        guest = self._prepare(guest, job)
                        self._serve(guest, job)
                        if self.ledger.is_suspended:
                            guest = self._suspend(guest, job)
                except HARMLESS as error:
                    job.error = error
                except BaseException as error:
                    job.error = error
                    guest = self._roll_back(guest, job)
                job.ended = job.ended or time.perf_counter()
                with self._ending:
                    job.done = True
                    if self.broken:
                        job.state = "broken"
                _release(job.wake)
                if guest is None or self.broken:
                    return
                del job
                self._checkpoint.take(guest, self._mark())
        finally:
            self._guest = None
            self._checkpoint.drop()
            if guest is not None:
                guest.close()

    def _prepare(self, guest: Guest, job: Job) -> Guest:
        """Return the guest for a run: another, if it begins elsewhere or this one is not sound."""
        again = job.again
        if again is not None:
            guest = self._move(guest, again.state, again.mark)
            self.ledger.journal = again.journal
            return guest
        if not guest.is_sound():
            guest = self._move(guest, guest.capture(), self._mark())
        if len(self.functions) and self._checkpoint.is_wanted:  # nothing else suspends
            self._checkpoint.take_first(guest, self._mark())
            self.ledger.journal = Journal()
        return guest

    def _move(self, guest: Guest, state: GuestState, mark: Mark) -> Guest:
        """Return a new guest in that state, in place of *guest*."""
        self._guest = None
        guest.close()
        self._known, self._prepared, ledgers = mark
        self.ledger.reset(ledgers)
        self._checkpoint.replace(state, mark)
        guest = self._guest = self._interpreter.start(self.ledger, state)
        return guest

    def _suspend(self, guest: Guest, job: Job) -> Guest | None:
        """Go back to where the run began: guest code has been left in the middle of it."""
        journal = self.ledger.journal
        state, mark = self._checkpoint.copy()
        if state is None or journal is None:
            raise SessionBroken("the run was suspended, and there is no state to go back to")
        told, turn = self.ledger.told, self.turn
        job.suspension = Suspension(state, mark, job.request, journal, told, turn)
        return self._roll_back(guest, job)

    def _serve(self, guest: Guest, job: Job) -> None:
        job.started = time.perf_counter()
        if self._known != len(self.functions):
            names = self.functions.names
            inputs = encode(list(names), max_bytes=1 << 24)
            check(guest.request(Request("names", inputs=inputs)), self.ledger.is_over)
            if self.ledger.is_over:
                return
            self._known = len(names)
        if self.prelude is not None and not self._prepared:
            check(guest.request(self.prelude), self.ledger.is_over)
            if self.ledger.is_over:
                return
            self._prepared = True
        answer = guest.request(job.request)
        self.ledger.finish()
        job.ended = time.perf_counter()
        job.memory_bytes, job.fuel = guest.memory_bytes, guest.fuel_used
        check(answer, self.ledger.is_over)
        if answer.status == "ok":
            job.value = value_of(answer, self.limits.result_bytes)

    def _roll_back(self, lost: Guest | None, job: Job) -> Guest | None:
        """Return the guest of the last checkpoint in place of one that is not whole."""
        guest: Guest | None = None
        if lost is not None:
            if not job.ended:
                job.memory_bytes, job.fuel = lost.memory_bytes, lost.fuel_used
            with self._ending:
                job.ended = time.perf_counter()
                self._guest = None
            lost.close()
            self._known, self._prepared, mark = self._checkpoint.mark
            self.ledger.reset(mark)
            if not self.broken:
                guest = self._guest = self._checkpoint.restore(self._interpreter, self.ledger)
        if guest is None:
            job.state = "broken"
            reason = self.ledger.reason or job.error
            self.broken = self.broken or f"an earlier run ended it: {reason}"
        else:
            job.state = "rolled back"
        return guest

    def _mark(self) -> Mark:
        return self._known, self._prepared, self.ledger.mark()


def _release(lock: Any) -> None:
    with contextlib.suppress(RuntimeError):  # released already: whoever waits is awake
        lock.release()
