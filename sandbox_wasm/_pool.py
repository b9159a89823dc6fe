"""A pool of sessions: each lease is a fresh one, which costs a fraction of a new one."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from typing import Any, NoReturn

from ._async import AsyncSession, on_loop
from ._checks import check_number, check_timeout
from ._crew import Crew
from ._errors import ConfigError, SessionBroken
from ._lease import Template
from ._leases import Leases
from ._limits import Limits
from ._pool_statistics import PoolStatistics
from ._programs import Programs
from ._result import Result
from ._session import Session
from ._snapshot import Snapshot
from ._submissions import in_order
from ._turns import Turn, Turns

# For the threads of sessions that were closed; a host function may hold one for longer.
_END_SECONDS = 1.0


class SessionPool(Executor):
    """Lends out sessions that all begin in the same state.

        >>> with SessionPool(setup="import json") as pool:
        ...     with pool.lease() as session:
        ...         session.run("x = json.loads('[1, 2]')\\nsum(x)").value
        ...     pool.run("'x' in globals()").value
        3
        False

    The state is that of a template: an interpreter, what *setup* has made of it, its files
    and all else that a `Session` is given. Nothing of a lease reaches the next one. The
    pool may be used from any thread, and from asyncio.

    It is a `concurrent.futures.Executor` for guest code: what is submitted to it is the
    text of a program.

    Args:
        interpreter: As for `Session`.

        size: How many sessions may be leased at a time. Default: four more than there are
            processors, and at most 32.

        setup: Guest code that is run once, for the template.

        snapshot: What the template begins with, see `Session.restore`.

        ready: How many sessions are made ahead of those who ask. Default: one if they are
            in worker processes, which take some milliseconds to begin; else none.

        idle_seconds: After which time in which nobody asked for one those are given up.

        lease_seconds: How long somebody may have a leased session. Then it is taken back: what
            runs in it is stopped, and its owner gets `SessionBroken`.

        max_waiting: How many may wait for a session; more get `PoolFull`. A named
            submitter may have as many waiting as there is room left for others.

        memory_bytes: What the leased sessions may have together: there are at most so
            many as have room in it, each with `Limits.memory_bytes`. Default: *size* alone
            counts.

        options: Further arguments of `Session`, the same for all leases.

    Raises:
        ConfigError: An argument is of the wrong type, or out of range.
        SnapshotError: *snapshot* does not fit.
        GuestError, LimitExceeded: *setup* failed; and so on, as for `Session.run`.
    """

    def __init__(
        self,
        interpreter: str = "cpython",
        *,
        size: int | None = None,
        setup: str | None = None,
        snapshot: Snapshot | None = None,
        ready: int | None = None,
        idle_seconds: float = 60.0,
        lease_seconds: float = 86_400.0,
        max_waiting: int = 1000,
        memory_bytes: int | None = None,
        **options: Any,
    ) -> None:
        size = min(32, (os.cpu_count() or 1) + 4) if size is None else size
        check_number("size", size, 1, 100_000)
        check_number("max_waiting", max_waiting, 0, 1 << 31)
        check_number("idle_seconds", idle_seconds, 0, 86_400, fraction=True)
        check_number("lease_seconds", lease_seconds, 0.001, 1e9, fraction=True)
        if ready is not None:
            check_number("ready", ready, 0, size)
        checkpoints = bool(options.pop("checkpoints", True))
        self._template = Template(interpreter, setup, snapshot, options)
        limits = self._template.limits
        if memory_bytes is not None:
            check_number("memory_bytes", memory_bytes, limits.memory_bytes, 1 << 50)
            size = min(size, memory_bytes // limits.memory_bytes)
        if ready is None:
            ready = int(self._template.isolation == "process")
        self._size = size
        self._pid = os.getpid()
        self._turns = Turns(size, max_waiting)
        # Worker processes, and sessions that are made ahead, have threads of their own.
        is_short = self._template.isolation == "thread" and not ready
        crew = Crew(is_short)
        # None of these knows the pool, which can so be dropped while a thread has them.
        self._leases = Leases(
            self._template, checkpoints, ready, idle_seconds, lease_seconds, crew.watchdog, is_short
        )
        self._programs = Programs(self._turns, self._leases, crew)

    # ---- leases

    def lease(self, *, timeout: float | None = None, submitter: Hashable = None) -> Session:
        """Return a session in the template's state; closing it gives it back.

        Waits while all are leased.

        Args:
            timeout: Seconds to wait at most. Default: as long as it takes.

            submitter: On whose behalf. Submitters take turns.

        Raises:
            PoolFull: Too many wait, or none became free in time.
            PoolClosed: The pool was shut down.
        """
        check_timeout(timeout)
        turn = Turn(submitter)
        try:
            self._check_open().wait(turn, timeout, self._leases.around)
            return self._leases.lend(turn)
        except BaseException:
            turn.end()
            raise

    def run(
        self,
        code: str,
        *,
        timeout: float | None = None,
        submitter: Hashable = None,
        **options: Any,
    ) -> Result:
        """Run *code* in a fresh session; *options* are those of `Session.run`.

        Raises as `lease` and `Session.run` do.
        """
        self._check_open()
        check_timeout(timeout)
        if not self._leases.is_short:
            session = self.lease(timeout=timeout, submitter=submitter)
            try:
                return session.run(code, **options)
            finally:
                session._close(wait=False)  # its thread has no need of this one
        return self._programs.run(code, options, submitter, timeout)

    # ---- asyncio

    async def alease(
        self, *, timeout: float | None = None, submitter: Hashable = None
    ) -> AsyncSession:
        """Return a fresh session for asyncio, as `lease` does, while the loop goes on."""
        check_timeout(timeout)
        turn = Turn(submitter)
        try:
            await self._check_open().wait_async(turn, timeout)
            return AsyncSession.around(self._leases.lend(turn))
        except BaseException:
            turn.end()
            raise

    async def arun(
        self,
        code: str,
        *,
        timeout: float | None = None,
        submitter: Hashable = None,
        **options: Any,
    ) -> Result:
        """Run *code* in a fresh session, as `run` does; *options* are `AsyncSession.run`'s.

        A task that is cancelled interrupts its guest.
        """
        self._check_open()
        check_timeout(timeout)
        options["on_output"] = on_loop(options.get("on_output"))
        return await self._programs.arun(code, options, submitter, timeout)

    # ---- concurrent.futures.Executor

    def submit(  # type: ignore[override]  # guest code, where others take functions
        self,
        code: str,
        /,
        inputs: Mapping[str, Any] | None = None,
        *,
        submitter: Hashable = None,
        **options: Any,
    ) -> Future[Result]:
        """Run *code* in a fresh session in the background.

        What a pool runs is guest code. A function is refused: called from here it would
        run on the host, with all of the host's rights.

        Args:
            code: The text of a program.

            inputs: Values of its global variables, see `Session.run`.

            submitter: As for `lease`.

            options: Of `Session.run`.

        Returns:
            A future of what `Session.run` returns or raises. It can be cancelled until the
            program has begun.

        Raises:
            ConfigError: *code* is no text.
            PoolFull: Too many wait.
            PoolClosed: The pool was shut down.
        """
        if not isinstance(code, str):
            raise ConfigError(
                "a pool runs guest code, which is submitted as the text of a program; "
                f"got {type(code).__name__}"
            )

        self._check_open()
        return self._programs.submit(code, {"inputs": inputs, **options}, submitter)

    def map(  # type: ignore[override]
        self,
        code: str,
        *inputs: Iterable[Mapping[str, Any]],
        timeout: float | None = None,
        chunksize: int = 1,
        submitter: Hashable = None,
        **options: Any,
    ) -> Iterator[Result]:
        """Run *code* in a fresh session for each of *inputs*; yield the results in order.

        Not more are submitted than the pool has sessions, and as many again, so that
        *inputs* may be endless. What fails is raised in its place, and ends the rest.

        Args:
            code, submitter, options: As for `submit`.

            inputs: One iterable of inputs.

            timeout: Seconds from now until the last result.

            chunksize: As everywhere for threads, without effect.
        """
        if len(inputs) != 1:
            raise ConfigError(f"map takes one iterable of inputs, got {len(inputs)}")
        if not isinstance(inputs[0], Iterable):
            raise ConfigError(f"inputs must be an iterable, got {type(inputs[0]).__name__}")
        check_timeout(timeout)
        return in_order(
            lambda row: self.submit(code, row, submitter=submitter, **options),
            iter(inputs[0]),
            2 * self._size,
            None if timeout is None else time.monotonic() + timeout,
        )

    # ---- life

    @property
    def interpreter(self) -> str:
        """As it was given."""
        return self._template.interpreter

    @property
    def limits(self) -> Limits:
        """What each run of a lease may use."""
        return self._template.limits

    def statistics(self) -> PoolStatistics:
        """Return how the pool is doing."""
        counts = self._turns.counts()
        return PoolStatistics(
            size=self._size,
            leased=counts.held,
            waiting=counts.waiting,
            ready=len(self._leases.ready),
            leases=counts.granted,
            refused=counts.refused,
        )

    def check(self, timeout: float = 5.0) -> None:
        """Raise what is wrong, if something is: lease a session, and run next to nothing.

        Raises:
            PoolFull: None became free in time, or too many wait.
            SandboxError: The pool is shut down, or its sessions do not work.
        """
        check_number("timeout", timeout, 0.001, 1e9, fraction=True)
        seconds = min(timeout, self.limits.wall_seconds)
        if self.run("6 * 7", timeout=timeout, wall_seconds=seconds).value != 42:
            raise SessionBroken("the sessions of the pool do not calculate any more")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lease no more sessions. Who waits for one gets `PoolClosed`.

        What was submitted is still done. Shutting down twice is fine.

        Args:
            wait: Return when what was submitted is done, and then end all sessions that
                are still leased, whoever has them. Else leases go on until they are closed.

            cancel_futures: Cancel what was submitted and has not begun.
        """
        if os.getpid() != self._pid:
            return
        self._turns.close()
        self._leases.ready.close()
        self._template.close()
        if cancel_futures:
            self._programs.submissions.cancel()
        if wait:
            self._programs.submissions.wait()
            self._end()

    def close(self) -> None:
        """End everything at once: what was submitted is cancelled or stopped, as are leases."""
        self.shutdown(wait=False, cancel_futures=True)
        self._end()

    def _end(self) -> None:
        if os.getpid() != self._pid:
            return
        self._leases.end()
        self._programs.submissions.wait(_END_SECONDS)
        self._turns.drain(_END_SECONDS)

    def __del__(self) -> None:
        if not hasattr(self, "_programs"):  # it was never whole
            return
        if not self._turns.is_closed and os.getpid() == self._pid:
            try:
                warnings.warn(f"{self!r} was never shut down", ResourceWarning, 2, source=self)
            finally:  # also where warnings are errors
                self.shutdown(wait=False)

    def __repr__(self) -> str:
        state = "closed" if self._turns.is_closed else "open"
        return f"<SessionPool of {self._size} {self.interpreter} {state}>"

    def _check_open(self) -> Turns:
        if os.getpid() != self._pid:
            raise SessionBroken("the pool belongs to the process that made it: make one here")
        return self._turns

    def __reduce__(self) -> NoReturn:
        raise TypeError("a pool is neither copied nor pickled: give other processes a PoolSpec")
