"""The thread that owns one guest.

The guest runs on this thread alone, and after a rest on another: its stack is large
enough for the wasm stack, and no signal handler runs on it. Whoever asks for a run waits
for it, and while waiting is the run's watchdog (`_deadline`); no thread and no timer exist
for that.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from ._deadline import Deadline, Server
from ._errors import HostExhausted, SandboxError, SessionBroken, SnapshotError
from ._files import Files
from ._functions import HostFunctions
from ._job import Job, Suspension, conclude
from ._keeper import Keeper
from ._ledger import Ledger, OnOutput
from ._limits import Limits
from ._locks import Mutex
from ._result import Result, Usage
from ._sources import Sources
from ._state import GuestState
from ._thread import LOOK_SECONDS, Errand, current_errand, ring, start_thread
from .interpreters import Interpreter
from .interpreters._base import Guest, Request

T = TypeVar("T")

# An idle session has no thread: a thousand would take more memory than their guests.
_REST_AFTER = 0.5

# How long a session that is closed waits for its thread.
_END_SECONDS = 0.3


class Lane:
    """One guest on its own thread.

    Args:
        interpreter: Makes the guest, on the thread.

        limits: What each run may use.

        functions: What guest code may call; may grow between runs.

        sources: Where the guest's time and randomness come from.

        files: What guest code finds at which path; closed when the thread ends.

        checkpoints: Go back to the state before a run that lost its guest; else the
            session is broken then.

        origin: What the guest goes on from; None for one that starts anew.

        known: How many host functions *origin* knows; None if that is not known.

        server: Makes all calls on one thread, which is one of `start_thread`: the guest runs
            there. None for a session that any thread may call, and that needs one of its own.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        limits: Limits,
        functions: HostFunctions,
        sources: Sources,
        files: Files,
        checkpoints: bool,
        origin: GuestState | None = None,
        known: int | None = None,
        server: Server | None = None,
    ) -> None:
        self._server = server
        self._interpreter = interpreter
        self.limits = limits
        self.functions = functions
        self.ledger = Ledger(limits, functions, files, self._unwind, sources)
        self._keeper = Keeper(
            interpreter, limits, functions, self.ledger, checkpoints, origin, known
        )
        self._pid = os.getpid()
        self._mutex = Mutex()  # one run at a time; others wait here
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._job: Job | None = None
        self._begun = self._ended = self.is_left = False  # the last by its session, for good
        self._serving = server is not None
        self._thread = Errand(self._work) if server is None else current_errand()

    @property
    def broken(self) -> str | None:
        """Why the guest is gone, or None while it is there."""
        return self._keeper.broken

    @property
    def usage(self) -> Usage:
        """What all runs together have used."""
        return self.ledger.usage(self._keeper.checkpoint_bytes)

    @property
    def told_functions(self) -> tuple[str, ...] | None:
        """Names of the host functions that the guest knows; None if that is not known."""
        return self._keeper.told_functions

    def prepare(self, prelude: Request) -> None:
        """Ask the guest for that before its first run, after what was asked for before."""
        self._keeper.preludes.append(prelude)

    def begin_with(self, preludes: list[Request], origin: Ledger) -> None:
        """Go on from where the session of *origin* was, which has seen all preludes but these."""
        self.ledger.fork(origin, fresh=False)
        self._keeper.begin_with(preludes)

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

        Returns what came of it, and what ended it before its time, or did not let it begin.

        Raises:
            SessionBroken: There is no guest any more.
            SnapshotError: Going back would undo what was done since.
            HostExhausted: There is no thread for it, and everything is as it was.
        """
        if self._server is not None:
            return self._run_here(self._server, request, wall_seconds, on_output)
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError("a host function cannot run code in its own session")
        self._mutex.check()
        wall = self.limits.wall_seconds if wall_seconds is None else wall_seconds
        with self._mutex:
            if self.broken:
                raise SessionBroken(self.broken)
            if again is not None:
                again.check_untouched(self._keeper.turn, self.ledger)
            refusal = self.ledger.account.refusal(again is not None)
            if refusal is not None:
                refusal.state = "kept"
                return Result(usage=Usage(runs=0)), refusal
            wall = self.ledger.account.wall_seconds(wall)
            # A prelude changes nothing.
            job = Job(request, again, self._keeper.turn + (request.mode != "prelude"))
            before = () if again is None else (again.told, again.charged)
            self.ledger.begin(on_output, *before)
            is_on_its_way = False
            try:
                self._job = job
                if self._keeper.broken:  # closed meanwhile: nobody would take the job
                    raise SessionBroken(self.broken)
                is_on_its_way = True
                try:
                    self._post(job)
                    self._wait(job, wall)
                except BaseException as error:
                    # No thread for it; or Ctrl-C, beside the wait: the run is ended like any
                    # other, but if nobody is there who could have begun with it. Whether the
                    # job had got on its way is not known; it is served once.
                    is_on_its_way = self._serving or job.taken
                    if not is_on_its_way:
                        raise
                    self.ledger.end(error, over=True)
                    self._post(job)
                    self._wait(job, wall)
                return conclude(job, self.ledger)
            except BaseException as error:
                # Another one, or no room on this thread's stack: nobody would wait for
                # the job any more.
                is_on_its_way = is_on_its_way and (self._serving or job.taken)
                if is_on_its_way and not job.done:
                    self._keeper.broken = "its run was left"
                    self.ledger.end(error, over=True)
                    self.kill_guest()
                raise
            finally:
                self._job = None
                if (job.done or not is_on_its_way) and self.ledger.reason is not None:
                    # An error that stayed here would hold the frames of its traceback,
                    # and in them a session that nobody else has any more.
                    self.ledger.begin(None)

    def _wait(self, job: Job, wall: float) -> None:
        deadline = Deadline(self, job, self._keeper, self.ledger, wall)
        timeout: float | None = deadline.first()
        while timeout is not None:
            try:
                job.wake.acquire(timeout=timeout)
            except BaseException as error:  # Ctrl-C, or an exception sent to this thread
                if isinstance(self.ledger.reason, KeyboardInterrupt):
                    deadline.hurry()  # and again
                self.ledger.end(error, over=True)
            if self._ended and not job.done:  # somebody has sent its thread an exception
                self._keeper.broken = self._keeper.broken or "its thread was ended"
                self.ledger.end(SessionBroken(self._keeper.broken))
                job.state = "broken"
                return
            timeout = deadline.look()

    def _run_here(
        self,
        server: Server,
        request: Request,
        wall_seconds: float | None,
        on_output: OnOutput | None,
    ) -> tuple[Result, BaseException | None]:
        """Do the same on this thread, while *server* has the run watched from another."""
        keeper, ledger = self._keeper, self.ledger
        wall = wall_seconds or self.limits.wall_seconds
        server.context.run(ledger.begin, on_output)
        job = Job(request, None, keeper.turn + 1)
        job.wake = server
        self._job = job
        try:
            if self._keeper.broken:  # closed meanwhile: nobody would end it
                raise SessionBroken(self.broken)
            server.watch(Deadline(self, job, keeper, ledger, ledger.account.wall_seconds(wall)))
            self._begin()
            keeper.perform(job)
            if not server.claim():
                raise SessionBroken(self.broken)
            return conclude(job, ledger)
        finally:
            self._job = None

    def end_here(self) -> None:
        """Free the guest that this thread has served; the second time nothing happens."""
        self._keeper.broken = self.broken or "the session is closed"
        self._end()
        self.is_left = True

    def ask(self, work: Callable[[Guest], T], *, wait: bool = False) -> T:
        """Return what *work* makes of the guest, on its thread, while nothing runs in it.

        Raises:
            SnapshotError: A run goes on, here or, without *wait*, on another thread.
            SessionBroken: There is no guest any more.
        """
        inside = threading.get_ident() == self._thread.ident or self._mutex.is_mine()
        try:
            if inside or not self._mutex.acquire(blocking=wait):
                raise SnapshotError("the session runs code: until that ends it has no state")
            job = Job(work)
            self._post(job)
            while not job.done:
                job.wake.acquire(timeout=LOOK_SECONDS)
                if not self._thread.is_alive() and not job.done:
                    raise SessionBroken(self.broken or "the session never began")
            if job.error is not None:
                raise job.error
            return cast("T", job.value)
        finally:
            try:  # no other call may come first: Ctrl-C would leave it locked
                if not inside:
                    self._mutex.release()
            except RuntimeError:
                pass

    def _post(self, job: Job | None) -> None:
        """Give the thread a job, or None to end; if it has gone to rest, another thread."""
        with self._keeper.ending:
            if not self._serving and not self._ended:
                self._thread = Errand(self._work)
                self.start()
            self._jobs.put(job)  # last: what nobody takes is not to be found by who comes later

    def start(self) -> None:
        """Have a thread serve it. However this ends, `close` lets go of what there is by then."""
        self._serving = True
        try:
            start_thread(self._thread)
        except BaseException:
            # Ctrl-C, perhaps, and the thread serves all the same: there must not be two.
            if self._thread.cancel():
                self._serving = False
            raise

    def interrupt(self, reason: BaseException) -> bool:
        """End the run that goes on, if any, for *reason*."""
        with self._keeper.ending:
            job = self._job
            if job is None or job.done:
                return False
            self.ledger.end(reason)
            self.interrupt_guest()  # at once: a sleep that ended must not go on with the next line
        ring(job.wake)
        return True

    def interrupt_guest(self) -> None:
        """Have guest code get an exception, once."""
        job, guest = self._job, self._keeper.guest
        # Once: a second exception would hit the handlers of the first.
        if guest is not None and job is not None and not job.asked:
            job.asked = True
            guest.interrupt(abort=False)

    def abort_guest(self) -> None:
        """Have the guest unwind."""
        if (guest := self._keeper.guest) is not None:
            guest.interrupt(abort=True)

    def kill_guest(self) -> None:
        """Make the guest trap."""
        with self._keeper.ending:
            job = self._job
            if job is not None and not job.ended:  # else it would hit the guest that takes over
                (self._keeper.guest or self._interpreter).kill()

    def check_process(self) -> None:
        """Raise `SessionBroken` in a child of fork, which has no such thread."""
        if os.getpid() != self._pid:
            raise SessionBroken("the session belongs to the process that made it: make one here")

    def close(self, reason: SandboxError, wait: bool = True) -> None:
        """End the thread and free the guest, whatever it is doing."""
        if os.getpid() != self._pid or sys.is_finalizing():  # when no thread goes on
            return
        self._keeper.broken = self.broken or str(reason)
        if self.interrupt(reason):
            self.kill_guest()
        else:
            self._keeper.leave()
        if self._server is not None:  # who serves it ends it
            self.is_left = True
            return
        try:
            self._post(None)
        except HostExhausted:  # and no thread runs the guest
            self._end()
        self.is_left = True
        if wait and threading.get_ident() != self._thread.ident:
            self._thread.join(_END_SECONDS)

    # ---- on the lane's own thread

    def _unwind(self) -> None:
        """Stop guest code from within a host call, and tell who waits."""
        self.abort_guest()
        if self._job is not None:
            ring(self._job.wake)

    def _work(self) -> None:
        keeper = self._keeper
        self._begin()
        resting = False
        try:
            while not resting:
                try:
                    job = self._jobs.get(timeout=keeper.keep_after if keeper.owes else _REST_AFTER)
                except Empty:
                    if keeper.owes:
                        keeper.keep()
                    else:
                        resting = self._rest()
                    continue
                if job is None:
                    return
                keeper.keep()
                if job.taken:
                    continue
                job.taken = True
                keeper.perform(job)
                ring(job.wake)
                del job
                if keeper.guest is None or keeper.broken:
                    return
        finally:
            if not resting:
                self._end()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._keeper.begin()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._keeper.end()
            self.ledger.close()

    def _rest(self) -> bool:
        """Let the thread go to others, if there is no job for it; the next job gets another."""
        with self._keeper.ending:
            self._serving = not self._jobs.empty()
            return not self._serving
