"""The guest of one session, on the session's thread: served, moved, and replaced when lost."""

from __future__ import annotations

import math
import time

from ._account import Charged
from ._checkpoint import Checkpoint
from ._dialects import NAME
from ._errors import GuestCrash, SandboxError, SessionBroken, SnapshotError
from ._functions import HostFunctions
from ._job import HARMLESS, Job, Suspension, check, size_of, value_of
from ._journal import Journal
from ._ledger import Ledger, Mark
from ._limits import Limits
from ._locks import RLock
from ._state import GuestState
from ._values import encode
from .interpreters import Interpreter
from .interpreters._base import Guest, Request

# After a run its caller goes on first: keeping a checkpoint holds the interpreter's lock. One
# who makes a pause finds it kept when he comes again. For one who does not, a wait that is
# shorter than a tick of the system (4 ms) would be in vain, and takes 20 µs each time.
_KEEP_SOON = 0.001
_KEEP_LATE = 0.01


class Keeper:
    """Has the guest serve one job after another.

    Everything here is for the session's thread, but that other threads may look at the
    attributes and call the guest's methods that are for any thread.

    Args:
        interpreter: Makes the guest, and another when it is lost.

        limits: What each run may use.

        functions: What guest code may call; may grow between runs.

        ledger: The session as its guest sees it.

        checkpoints: Go back to the state before a run that lost its guest; else the
            session is broken then.

        origin: What the guest goes on from; None for one that starts anew.

        known: How many host functions *origin* knows; None if that is not known.

    Attributes:
        guest: None while there is none.

        broken: Why the guest is gone for good, or None.

        preludes: What the guest is asked before its first run.

        turn: How many runs there were.

        owes: Whether the state that the last run has left is still to be kept.

        keep_after: For how many seconds to wait with that for the next run.

        ending: Held while a run is ended from outside and while it is marked as ended, so
            that an interrupt never hits the run after. Signal handlers may come back to it.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        limits: Limits,
        functions: HostFunctions,
        ledger: Ledger,
        checkpoints: bool,
        origin: GuestState | None,
        known: int | None = None,
    ) -> None:
        self._interpreter = interpreter
        self._limits = limits
        self._functions = functions
        self._ledger = ledger
        self._origin = origin
        self._failure: BaseException | None = None
        # Host functions that the guest knows by name, and whether the preludes were run. A
        # guest that goes on from elsewhere knows others.
        self._known, self._prepared = 0 if origin is None else -1, False
        if known is not None:
            self._known = known
        self._checkpoint = Checkpoint(checkpoints, limits.checkpoint_bytes, origin, self._mark())
        # Whether the guest has served nothing; and which names it was told before its first run,
        # how, and what it was answered, if `_begin_anew` is to keep that.
        self._is_unused = True
        self._beginning: tuple[int, Request, Journal] | None = None
        self.guest: Guest | None = None
        self.broken: str | None = None
        self.preludes: list[Request] = []
        self.turn = 0
        self.owes = self._is_keeping = False
        self.keep_after = _KEEP_SOON
        self._ended = -math.inf
        self.ending = RLock()

    @property
    def checkpoint_bytes(self) -> int:
        """Bytes that are kept of the guest's state."""
        return self._checkpoint.stored_bytes

    @property
    def told_functions(self) -> tuple[str, ...] | None:
        """Names of the host functions that the guest knows; None if that is not known."""
        return None if self._known < 0 else self._names()

    def _names(self) -> tuple[str, ...]:
        count = self._known if self._known >= 0 else -2 - self._known
        return self._functions.names[: max(0, count)]

    def begin_with(self, preludes: list[Request]) -> None:
        """Ask the guest for these alone before its first run: what it goes on from had all."""
        self.preludes = preludes
        self._prepared = not preludes
        self._checkpoint.mark = self._mark()

    def begin(self) -> None:
        """Make the guest. What fails is for the first who asks."""
        if self.broken:  # closed before anybody could ask
            return
        try:
            self.guest = self._interpreter.start(self._ledger, self._origin)
        except BaseException as error:
            self._failure = error
        self._origin = None

    def end(self) -> None:
        """Let go of the guest, and of its checkpoint."""
        guest, self.guest = self.guest, None
        if guest is not None:
            try:
                guest.close()
            except MemoryError:  # by now there is some again, and nobody else lets go of it
                guest.close()
        self._checkpoint.drop()  # whose room the guest would have written to
        self._interpreter.discard()
        self._ledger.calls.objects.clear()

    def perform(self, job: Job) -> None:
        """Have the guest do what *job* asks; what comes of it is in the job."""
        try:
            if self.guest is None:
                raise self._failure or SessionBroken("the session never began")
            if callable(job.request):
                job.value = job.request(self.guest)
            elif self._ledger.reason is None:  # else it is over before it began
                self._serve(self._fit(self.guest, job), job, job.request)
            elif self.guest.is_killed:  # while its state was kept
                raise GuestCrash("stopped by the host")
        except HARMLESS as error:
            job.error = error
        except BaseException as error:
            job.error = error
            if self.guest is None or not callable(job.request):
                self._roll_back(job)
        self._leave(job)
        if self._ledger.at_end is not None:
            self._ledger.at_end()
        with self.ending:
            job.ended = job.ended or time.perf_counter()
            job.done = True
            if self.broken:
                job.state = "broken"
        self.owes = job.turn > 0 and self._checkpoint.is_wanted
        pause, self._ended = job.started - self._ended, job.ended
        self.keep_after = _KEEP_SOON if pause > _KEEP_SOON else _KEEP_LATE

    def keep(self) -> None:
        """Take a checkpoint after a run and before the next, if none was taken since."""
        self._is_keeping = True  # first: who closes the session says so, and looks at this then
        if self.owes and self.guest is not None and not self.broken:
            self._checkpoint.take(self.guest, self._mark)
        self.owes = self._is_keeping = False

    def leave(self) -> None:
        """End a guest that is just being kept: its worker may never say that it has done so."""
        if self._is_keeping:
            self._checkpoint.is_wanted = False  # nobody need be warned that there is none
            with self.ending:
                if self.guest is not None:
                    self.guest.kill()

    def _fit(self, guest: Guest, job: Job) -> Guest:
        """Return a guest for a run: another if it begins elsewhere, or this one is not sound."""
        again = job.again
        if again is not None:
            return self._move(guest, again.state, again.mark, not again.turn)
        if not guest.is_sound():
            return self._move(guest, guest.capture(), self._mark())
        return guest

    def _move(self, guest: Guest, state: GuestState, mark: Mark, foreign: bool = False) -> Guest:
        """Return a new guest in that state, in place of *guest*.

        Args:
            foreign: The mark is another session's.
        """
        state = state.load()  # before the guest is gone, which may have it
        self.guest = None
        guest.close()
        self._known, self._prepared, ledgers = mark
        if foreign:
            mark = self._known, self._prepared, self._ledger.go_on(ledgers)
        else:
            self._ledger.reset(ledgers)
        self._checkpoint.replace(state, mark)
        guest = self.guest = self._interpreter.start(self._ledger, state)
        self._is_unused = True
        return guest

    def _leave(self, job: Job) -> None:
        """End the journal of a run; go back to where it began if it is to begin again."""
        journal = self._ledger.journal
        if journal is None:
            return
        # What the session's owner does from here on is no part of the run.
        ledger = self._ledger
        ledger.record(None)
        if ledger.is_suspended and self._beginning is not None:
            self._begin_anew(job, *self._beginning)
        if ledger.is_suspended and not callable(job.request):
            state, mark = self._checkpoint.copy()
            size = journal.size + self._checkpoint.stored_bytes
            if state is None or size > self._limits.checkpoint_bytes:
                ledger.refuse_to_wait()
            else:
                names = self._names() if job.again is None else job.again.functions
                used = ledger.host_calls, ledger.call_bytes, ledger.output_bytes
                charged = Charged(*map(max, used, ledger.charged))
                job.suspension = Suspension(
                    state, mark, job.request, journal, ledger.told, self.turn, names, charged
                )
        # Guest code was left in the middle; or has not come to its answer, and may try again.
        if (job.suspension is not None or journal.is_repeating) and job.state == "kept":
            self._roll_back(job)

    def _begin_anew(self, job: Job, known: int, told: Request, journal: Journal) -> None:
        """Keep what the guest was when its first run began, which was left to this moment.

        Few runs wait, and keeping it takes longer than most of them. The guest had begun anew,
        and was told names of host functions before any of its code had run: told again, with
        the same answers to what it asks meanwhile, it is the same again.
        """
        ledger = self._ledger
        if job.state == "kept":
            self._roll_back(job)
        if self.guest is None:
            return
        _, _, mark = self._checkpoint.mark
        answers = journal.again()
        ledger.record(answers)
        try:
            with ledger.undecided():
                status = self.guest.request(told).status
        except Exception:
            status = "error"
        ledger.record(None)
        if status == "ok" and not answers.is_repeating:
            self._known = known
            ledger.reset(mark)
            self._checkpoint.take(self.guest, self._mark)
        else:  # somebody has ended it just then
            self._roll_back(job)

    def _serve(self, guest: Guest, job: Job, request: Request) -> None:
        self.turn = job.turn
        job.started = time.perf_counter()
        job.checkpoint_bytes = self._checkpoint.stored_bytes
        began = time.thread_time() + guest.cpu_seconds
        try:
            self._serve_in_time(guest, job, request)
        finally:
            job.cpu_seconds = time.thread_time() + guest.cpu_seconds - began

    def _serve_in_time(self, guest: Guest, job: Job, request: Request) -> None:
        self._ledger.takes_answer = request.mode == "final"
        is_first = self._is_unused and self._checkpoint.is_empty and not self.preludes
        self._is_unused, self._beginning = False, None
        if job.again is None:
            is_new = self._introduce(guest, request, is_first)
            if self._ledger.is_over:
                return
            self._record(guest, is_new)
        else:
            job.again.journal.turn = job.turn
            self._ledger.record(job.again.journal)
        request.fuel = self._ledger.account.fuel_left
        answer = guest.request(request)
        with self.ending:
            job.ended = time.perf_counter()  # nobody kills it from here on
        job.memory_bytes, job.fuel = guest.memory_bytes, guest.fuel_used
        if guest.is_killed:
            raise GuestCrash("stopped by the host")
        self._ledger.finish()
        journal, is_over = self._ledger.journal, self._ledger.is_over
        if journal is not None and journal.is_repeating and not is_over:
            raise SnapshotError(
                "the run took another way when it was gone through again: it came to its end, "
                "and before it had waited for an answer"
            )
        check(answer, is_over)
        if answer.status == "ok":
            job.result_bytes = size_of(answer)
            try:
                job.value = value_of(answer, self._limits.result_bytes, self._ledger.calls.objects)
            finally:
                job.ended = time.perf_counter()  # with the time that its value takes to read

    def _introduce(self, guest: Guest, request: Request, is_first: bool) -> bool:
        """Tell a guest what it does not know of yet; return whether there was anything.

        Before the run proper: one that is gone through again, perhaps in another session,
        finds in the guest what it had found there.

        Args:
            is_first: It has begun anew, and nothing else was or will be asked of it before.
        """
        is_new = False
        known = _known(self._functions, request)
        if self._known != known:
            names = [*self._functions.told, *([NAME] if request.mode == "final" else [])]
            inputs = encode(names, max_bytes=1 << 24)
            told = Request("names", inputs=inputs)
            if is_first and len(self._functions):
                answers = Journal()
                self._ledger.record(answers)
                self._beginning = known, told, answers
            check(guest.request(told), self._ledger.is_over)
            if self._ledger.is_over:
                return True
            self._known = known
            is_new = True
        if self.preludes and not self._prepared:
            for prelude in self.preludes:
                check(guest.request(prelude), self._ledger.is_over)
                if self._ledger.is_over:
                    return True
            self._prepared = is_new = True
        return is_new

    def _record(self, guest: Guest, is_new: bool) -> None:
        """Keep what a run needs to be gone through again, if it may come to that."""
        checkpoint = self._checkpoint
        if not checkpoint.is_wanted:
            return
        if len(self._functions):  # nothing else suspends
            if self._beginning is not None:
                pass  # `_begin_anew` keeps it, if it comes to that
            elif is_new:
                checkpoint.take(guest, self._mark)
            else:
                checkpoint.take_first(guest, self._mark)
            if checkpoint.is_usable:
                room = self._limits.checkpoint_bytes - checkpoint.stored_bytes
                self._ledger.record(Journal(most=room))
        checkpoint.mark = self._ledger.renew(checkpoint.mark)

    def _roll_back(self, job: Job) -> None:
        """Take the guest of the last checkpoint in place of one that is not whole."""
        lost = self.guest
        if lost is not None:
            if not job.ended:
                job.memory_bytes, job.fuel = lost.memory_bytes, lost.fuel_used
            with self.ending:
                job.ended = time.perf_counter()
                self.guest = None
            lost.close()
            self._known, self._prepared, mark = self._checkpoint.mark
            if not self.broken:
                self.guest = self._checkpoint.restore(self._interpreter, self._ledger)
                self._is_unused = True
            if self.guest is not None:
                self._ledger.reset(mark)
                if not self._ledger.is_suspended:  # else its journal refers to them
                    self._ledger.calls.objects.undo()
        if self.guest is None:
            job.state = "broken"
            reason = self._ledger.reason or job.error
            # The application's own exceptions may say nothing, or raise another.
            why = reason if isinstance(reason, SandboxError) else type(reason).__name__
            self.broken = self.broken or f"an earlier run ended it: {why}"
        else:
            job.state = "rolled back"

    def _mark(self) -> Mark:
        return self._known, self._prepared, self._ledger.mark()


def _known(functions: HostFunctions, request: Request) -> int:
    """Return as a number which names a guest must know for *request*."""
    count = len(functions)
    return -2 - count if request.mode == "final" else count
