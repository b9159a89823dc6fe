"""What a run consumes, and the one reason for which it is ended.

The ledger is the session as its guest sees it (`HostSide`): everything that guest
code asks for is counted here, on the host, so that no limit can be forged, reset
or widened from inside.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from ._account import NOTHING, Account, Charged
from ._audit import Audit
from ._calls import Calls
from ._dialects import FINAL, NAME
from ._errors import (
    EndRun,
    FinalAnswer,
    HostCallsExceeded,
    HostFunctionError,
    OutputExceeded,
    SandboxError,
    Suspend,
    Suspended,
)
from ._files import Files
from ._functions import HostFunctions
from ._journal import OVER, Approved, Journal, cannot_wait
from ._limits import Limits
from ._locks import RLock
from ._nodes import FilesState
from ._output import Output
from ._owner import repeat
from ._result import Usage
from ._sources import Sources, SourcesState
from ._waits import Waits

if TYPE_CHECKING:
    import asyncio

OnOutput = Callable[[str, str], None]
LedgerMark = tuple[SourcesState, FilesState]
# How many host functions the guest knows, whether it was prepared, and what `Ledger.mark` says.
Mark = tuple[int, bool, LedgerMark]

_STREAMS = {1: "stdout", 2: "stderr"}


class Ledger:
    """The account of one session; `begin` opens the page of the next run.

    Args:
        limits: What a run may use.

        functions: What guest code may call.

        files: What guest code finds at which path.

        stop_guest: Asks the guest to unwind, leaving its state whole; called on
            the session's thread.

        sources: Where its time and randomness come from. Default: the machine.

    Attributes:
        reason: Why the run is to end before its time; None while it goes on. The
            first reason stays.

        account: What all its runs have used; nothing takes anything back from it.

        audit: What guest code was granted and denied since the session began.

        journal: Keeps the answers of this run, and has those that are to be repeated;
            None for a run that is not to be suspended.

        takes_answer: Whether guest code may end the run with ``final_answer``.

        loop: Runs the coroutines of host functions; None for one that sessions share.

        is_calling: Whether the application's own code is in the way of the run's end: a host
            function, or what takes the output.

        at_end: Called after each run, on the session's thread: lets go of what guest code
            has open outside.
    """

    def __init__(
        self,
        limits: Limits,
        functions: HostFunctions,
        files: Files,
        stop_guest: Callable[[], None],
        sources: Sources | None = None,
    ) -> None:
        self._limits = limits
        self._functions = functions
        self._sources = sources or Sources()
        self.files = files
        self._stop_guest: Callable[[], None] | None = stop_guest
        self.account = Account(limits)
        self.audit = files.audit = Audit()
        # Signal handlers may come back to it.
        self._lock = RLock()
        self._waits = Waits()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.calls = Calls()
        self.at_end: Callable[[], None] | None = None
        self.result_bytes = limits.result_bytes
        self.host_call_bytes = limits.host_call_bytes
        self.begin(None)

    def begin(self, on_output: OnOutput | None, told: int = 0, charged: Charged = NOTHING) -> None:
        """Start with nothing used.

        Args:
            on_output: Called with the text of the run as it comes.

            told: Characters of it that were told when the run came here before.

            charged: What the session was charged with for it then.
        """
        self.reason: BaseException | None = None
        self.is_calling = False
        self.calls.begin()
        self.host_calls = self.call_bytes = 0
        self.output_bytes = 0
        self.charged = charged
        account = self.account
        most = account.host_calls_left + charged.host_calls
        self._most_calls = min(self._limits.host_calls, most)
        self._call_bytes_left = account.host_call_bytes_left + charged.host_call_bytes
        self._output_left = account.output_bytes_left + charged.output_bytes
        self.truncated = False
        self._kept = 0
        self._output = Output()
        self._on_output = on_output
        self.record(None)
        self.takes_answer = False
        self.told = 0
        self._told_before = told
        self._waits.begin()
        self._excused = self._asking = 0.0
        self.audit.begin()
        self.files.begin()

    def record(self, journal: Journal | None) -> None:
        """Have *journal* keep, or know, what guest code is answered from now on."""
        self.journal = self._sources.journal = self.files.journal = journal

    @contextlib.contextmanager
    def excused(self) -> Iterator[None]:
        """Do not count the time within as the run's: a person has been asked something."""
        self._asking = time.perf_counter()
        try:
            yield
        finally:
            self._excused += time.perf_counter() - self._asking
            self._asking = 0.0

    def excuse(self, now: float) -> float:
        """Return the seconds up to *now*, of `time.perf_counter`, that do not count."""
        asking = self._asking  # which another thread ends meanwhile
        return self._excused + (now - asking if asking else 0.0)

    def end(self, reason: BaseException, over: bool = False) -> None:
        """Record why the run ends, and wake what sleeps.

        The first reason stays, but for one that must reach its thread (*over*).
        """
        with self._lock:
            if over or self.reason is None:
                self.reason = reason
        self._waits.ring()

    def fork(self, origin: Ledger, fresh: bool) -> None:
        """Take time and randomness from where those of *origin* are."""
        self._sources.follow(origin._sources, fresh)

    def mark(self) -> LedgerMark:
        """Return what belongs to the guest's state on the host's side, for `reset`."""
        return self._sources.mark(), self.files.mark()

    def renew(self, mark: Mark) -> Mark:
        """Return *mark* as it is now: the session's owner may have changed files since."""
        known, prepared, _ = mark
        return known, prepared, self.mark()

    def reset(self, mark: LedgerMark) -> None:
        """Go back to what it was, with a guest that has gone back."""
        self._sources.reset(mark[0])
        self.files.reset(mark[1])

    def go_on(self, mark: LedgerMark) -> LedgerMark:
        """Go on from what another session had marked; return that as a mark of this one."""
        self._sources.go_on(mark[0])
        self.files.reset(mark[1])
        return self.mark()

    def is_as(self, mark: LedgerMark) -> bool:
        """Whether nobody has changed files since *mark* was gone back to."""
        return self.files.mark().tree is mark[1].tree

    def usage(self, checkpoint_bytes: int) -> Usage:
        """Return what all runs together have used, and how much the session holds now."""
        tree = self.files.tree
        return self.account.usage(
            checkpoint_bytes=checkpoint_bytes, file_bytes=tree.used, file_count=tree.count
        )

    def finish(self) -> None:
        """Take what is left of the output: bytes that never became a character.

        On the session's thread, once the guest has returned.
        """
        if not self.truncated:  # else what the limit cut in two is no fault of the guest
            for stream, text in self._output.finish():
                self._take(stream, text)

    def text(self, stream: int) -> str:
        """Return the text that was kept of stream 1 or 2."""
        return self._output.text(stream)

    @property
    def has_drawn(self) -> bool:
        """Whether guest code has ever asked for randomness."""
        return self._sources.is_drawn

    def close(self) -> None:
        """Let go of files that are open on the host, and of who has the guest, which is gone."""
        self.files.release()
        self._stop_guest = None  # it refers to this: only the collector would free both

    # ---- HostSide

    @property
    def is_over(self) -> bool:
        return self.reason is not None

    @property
    def is_suspended(self) -> bool:
        """Whether the run ends because a host call is left open."""
        return isinstance(self.reason, Suspended)

    def output(self, stream: int, data: bytes) -> bool:
        self.output_bytes += len(data)
        room = self._limits.output_bytes - self._kept
        if self.output_bytes > self._output_left:
            room = min(room, max(0, self._output_left - self._kept))
            self._give_up(self.account.cross(OutputExceeded, "session_output_bytes"))
        if len(data) > room:
            self.truncated = True
            data = data[:room]
        self._kept += len(data)
        text = self._output.add(stream, data)
        if text:
            self._take(stream, text)
        return not self.truncated

    def _take(self, stream: int, text: str) -> None:
        self.told += len(text)
        text = text[max(0, len(text) - max(0, self.told - self._told_before)) :]
        if self._on_output is not None and text:
            try:
                self.is_calling = True
                self._on_output(_STREAMS[stream], text)
            except BaseException as error:
                self._on_output = None
                self._give_up(error)
            finally:
                self.is_calling = False

    def call(self, name: bytes, args: bytes) -> tuple[int, bytes]:
        if self.reason is not None and self.is_suspended:
            return OVER  # a guest that goes on all the same: nobody hears it any more
        self.call_bytes += len(args)
        if self.host_calls >= self._most_calls or self.call_bytes > self._call_bytes_left:
            self.call_bytes -= len(args)
            return self._refuse(name)
        self.host_calls += 1
        if self._functions.counted:
            self.calls.count(name)
        if self.journal is None:
            reply = self._invoke(name, args, approved=False)
        else:
            reply = self.journal.call(name, args, self._invoke, self._change)
        if reply is not OVER:
            self.call_bytes += len(reply[1])
            if self.call_bytes > self._call_bytes_left:
                self._give_up(self.account.cross(HostCallsExceeded, "session_host_call_bytes"))
                return OVER
        return reply

    def _change(self, data: bytes) -> None:
        repeat(self.files, data)

    def _refuse(self, name: bytes) -> tuple[int, bytes]:
        """Make no host call, and end the run for wanting one."""
        self.audit.note_call(name, False)
        reason: SandboxError = HostCallsExceeded(self._limits.host_calls)
        if self.host_calls < self._limits.host_calls:
            calls = self.host_calls >= self._most_calls
            limit = "session_host_calls" if calls else "session_host_call_bytes"
            reason = self.account.cross(HostCallsExceeded, limit)
        self._give_up(reason)
        return OVER

    def _invoke(self, name: bytes, args: bytes, approved: Approved) -> tuple[int, bytes]:
        functions, max_bytes = self._functions, self._limits.host_call_bytes
        if self.takes_answer and name == NAME.encode():
            functions, max_bytes = FINAL, min(max_bytes, self._limits.result_bytes)
        self.audit.note_call(name, functions.knows(name))
        try:
            self.is_calling = True
            return functions.invoke(
                name,
                args,
                max_bytes=max_bytes,
                wait_for=self._wait_for,
                approved=approved,
                calls=self.calls,
            )
        except EndRun as end:
            self._give_up(HostFunctionError(name.decode(), end.reason))
        except FinalAnswer as final:
            final.size = len(args)
            self._give_up(final)
        except KeyboardInterrupt as error:
            self._give_up(error)
        except Suspend as suspend:
            self._suspend(name.decode(), suspend.payload)
        except Exception:
            raise
        except BaseException as error:
            self._give_up(_ended_by(error, name))
        finally:
            self.is_calling = False
        return OVER

    def _suspend(self, name: str, payload: Any) -> None:
        journal = self.journal
        if journal is None or journal.fault is not None:
            self._give_up(cannot_wait(name, None if journal is None else journal.fault))
        else:
            journal.leave()
            self._give_up(Suspended(name, payload))

    @contextlib.contextmanager
    def undecided(self) -> Iterator[None]:
        """Serve the guest within as if the run were not to end; what ends it meanwhile counts."""
        reason, self.reason = self.reason, None
        try:
            yield
        finally:
            if reason is not None:
                self.end(reason)

    def refuse_to_wait(self) -> None:
        """Take it back that the run waits: it turns out that there is no state to go back to."""
        if isinstance(self.reason, Suspended):
            self.end(cannot_wait(self.reason.name), over=True)

    def _give_up(self, reason: BaseException) -> None:
        self.end(reason)
        if self._stop_guest is not None:
            self._stop_guest()

    def clock(self, monotonic: bool) -> int:
        return self._sources.clock(monotonic)

    def sleep(self, nanoseconds: int) -> None:
        if self._sources.skip(nanoseconds) or (self.journal and self.journal.is_repeating):
            return
        self._waits.sleep(nanoseconds)

    def _wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._waits.wait_for(coroutine, self.loop, lambda: self.is_over)

    def random(self, length: int) -> bytes:
        return self._sources.random(length)

    def fail(self, error: BaseException) -> None:
        self.end(error)


def _ended_by(cause: BaseException, name: bytes) -> HostFunctionError:
    """Return the error of a run whose host function has raised *cause*."""
    error = HostFunctionError(name.decode("utf-8", "replace"))
    error.__cause__ = cause  # whose traceback has frames, none of which may have the error
    return error
