"""What each token may use, and what has been used."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ... import ConfigError

if TYPE_CHECKING:
    from ._room import Room


class Refused(Exception):
    """A request that is not served; the status says whose doing it is."""

    def __init__(self, status: int, text: str, retry_seconds: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_seconds = retry_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLimits:
    """What a token may use of the service.

    Args:
        sessions: Sessions that are kept, at a time.

        runs: Runs at a time.

        seconds: Time of runs in an hour, together.

        memory_bytes: `Limits.memory_bytes` and `Limits.file_bytes` of all sessions and
            runs, together. What the host keeps to go back to may be as much again.

        idle_seconds: After which a session that nobody uses is closed.

        approval_seconds: How long a run waits for a person's answer; then it is a no.
    """

    sessions: int = 16
    runs: int = 4
    seconds: float = 3600.0
    memory_bytes: int = 2 << 30
    idle_seconds: float = 1800.0
    approval_seconds: float = 300.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            kinds = (int,) if field.type == "int" else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds):
                raise ConfigError(f"{field.name} must be a number, got {type(value).__name__}")
            if not 0 < value < 1 << 50:
                raise ConfigError(f"{field.name} must be positive, got {value}")


class Account:
    """One token's use of the service. For the event loop's thread."""

    def __init__(
        self, name: str, limits: ServiceLimits, memory_bytes: int, clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.limits = limits
        self.rooms: dict[str, Room] = {}
        self._each = memory_bytes
        self._clock = clock
        self._runs = self._opening = self._passing = 0
        self._requests = 0
        # The content of files is held whole: not of many at a time.
        self.transfers = asyncio.Semaphore(_TRANSFERS)
        self._left, self._at = limits.seconds, clock()

    @property
    def runs(self) -> int:
        """Runs that go on."""
        return self._runs

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Serve a request.

        Raises:
            Refused: There are too many at a time, of whatever kind.
        """
        most = self.limits.runs + _MORE_REQUESTS
        if self._requests >= most:
            raise Refused(429, f"this token may make {most} requests at a time", 1)
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Make room for a session that is about to be kept.

        Raises:
            Refused: There is none.
        """
        if len(self.rooms) + self._opening >= self.limits.sessions:
            raise Refused(429, f"this token may keep {self.limits.sessions} sessions at a time")
        self._check_memory()
        self._opening += 1
        try:
            yield
        finally:
            self._opening -= 1

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Make room for a session that is gone after its run."""
        self._check_memory()
        self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1

    def _check_memory(self) -> None:
        sessions = len(self.rooms) + self._opening + self._passing + 1
        if sessions * self._each > self.limits.memory_bytes:
            raise Refused(429, "this token's sessions have all the memory that they may have")

    @contextmanager
    def running(self, seconds: float) -> Iterator[Spending]:
        """Make room for a run of at most *seconds*; yields what is to be told its use.

        Raises:
            Refused: There is none.
        """
        if self._runs >= self.limits.runs:
            raise Refused(429, f"this token may have {self.limits.runs} runs at a time", 1)
        now, rate = self._clock(), self.limits.seconds / 3600
        self._left = min(self.limits.seconds, self._left + (now - self._at) * rate)
        self._at = now
        wanted = min(seconds, _LEAST_SECONDS)
        if self._left < wanted:
            raise Refused(
                429,
                f"this token may run for {self.limits.seconds:g} seconds an hour",
                (wanted - self._left) / rate,
            )
        # All that it may use is taken now, so that runs at a time cannot take it twice.
        spending = Spending(min(seconds, self._left))
        self._left -= spending.allowed
        self._runs += 1
        try:
            yield spending
        finally:
            self._runs -= 1
            self._left += max(0.0, spending.allowed - spending.used)


_LEAST_SECONDS = 0.1
_MORE_REQUESTS = 16
_TRANSFERS = 2


class Spending:
    """What one run may use, and has.

    Attributes:
        allowed, used: Seconds.
    """

    def __init__(self, allowed: float) -> None:
        self.allowed = max(0.001, allowed)
        self.used = 0.0


class Accounts:
    """All accounts, and what is counted over them.

    Args:
        names: Of the accounts.

        limits: Of each.

        memory_bytes: What each session may have.

        clock: Tells seconds.
    """

    def __init__(
        self,
        names: Iterable[str],
        limits: ServiceLimits,
        memory_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = {name: Account(name, limits, memory_bytes, clock) for name in names}
        self._refusals: Counter[int] = Counter()
        self._ends: Counter[str] = Counter()
        self._seconds = 0.0

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def refused(self, status: int) -> None:
        """Count a request that was not served."""
        self._refusals[status] += 1

    def ended(self, how: str, seconds: float) -> None:
        """Count a run: *how* is ``"ok"`` or the class of its error."""
        self._ends[how] += 1
        self._seconds += seconds

    def metrics(self) -> str:
        """Return the counts as Prometheus reads them."""
        rooms = [room for account in self for room in account.rooms.values()]
        lines = [
            *_metric("sessions", "gauge", "Sessions that are kept.", {"": len(rooms)}),
            *_metric("runs", "gauge", "Runs that go on.", {"": sum(a.runs for a in self)}),
            *_metric("approvals", "gauge", "Questions that wait for a person.",
                     {"": sum(len(room.questions) for room in rooms)}),
            *_metric("runs_total", "counter", "Runs that have ended, and how.",
                     {f'{{end="{how}"}}': count for how, count in sorted(self._ends.items())}),
            *_metric("run_seconds_total", "counter", "Time of all runs.", {"": self._seconds}),
            *_metric("refused_total", "counter", "Requests that were not served, by status.",
                     {f'{{status="{s}"}}': count for s, count in sorted(self._refusals.items())}),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, text: str, values: dict[str, float]) -> Iterator[str]:
    yield f"# HELP sandbox_wasm_{name} {text}"
    yield f"# TYPE sandbox_wasm_{name} {kind}"
    for labels, value in values.items():
        yield f"sandbox_wasm_{name}{labels} {value}"
