"""What a session has used in all its runs, and what it has left for the next.

Nothing takes anything back from it: not a run that is set back, not a guest that is lost.
A fork and a restored session have accounts of their own, which begin with nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from ._errors import FuelExhausted, LimitExceeded, WallTimeExceeded
from ._limits import Limits
from ._result import Usage

_NO_END = 1 << 63


class Charged(NamedTuple):
    """What was charged for a run when it was first gone through, and is not again."""

    host_calls: int = 0
    host_call_bytes: int = 0
    output_bytes: int = 0


NOTHING = Charged()


class Account:
    """The sums of one session.

    Args:
        limits: What all its runs together may use: the fields that begin with
            ``session_``.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._crossed: tuple[type[LimitExceeded], str] | None = None
        self._runs = 0
        self._seconds = self._cpu_seconds = 0.0
        self._fuel: int | None = None
        self._peak = 0
        self._host_calls = self._host_call_bytes = 0
        self._output_bytes = self._result_bytes = 0

    def cross(self, kind: type[LimitExceeded], limit: str) -> LimitExceeded:
        """Return the error for a limit that was crossed just now; no run begins any more."""
        self._crossed = self._crossed or (kind, limit)
        return kind(getattr(self._limits, limit), limit)

    def refusal(self, is_resumed: bool = False) -> LimitExceeded | None:
        """Return why no further run may begin, or go on, or None."""
        if self._crossed is not None:
            return self.cross(*self._crossed)
        most = self._limits.session_runs
        if most is not None and self._runs >= most and not is_resumed:
            return LimitExceeded(most, "session_runs")
        return None

    # ---- what the next run may use

    @property
    def host_calls_left(self) -> int:
        """Host calls that are left."""
        most = self._limits.session_host_calls
        return _NO_END if most is None else most - self._host_calls

    @property
    def host_call_bytes_left(self) -> int:
        """Bytes of host calls that are left."""
        most = self._limits.session_host_call_bytes
        return _NO_END if most is None else most - self._host_call_bytes

    @property
    def output_bytes_left(self) -> int:
        """Bytes of output that are left."""
        most = self._limits.session_output_bytes
        return _NO_END if most is None else most - self._output_bytes

    @property
    def fuel_left(self) -> int | None:
        """Instructions that the next run may use, if that is fewer than any run may."""
        most, each = self._limits.session_fuel, self._limits.fuel
        if most is None or each is None:
            return None
        left = most - (self._fuel or 0)
        return left if left < each else None

    def wall_seconds(self, asked: float) -> float:
        """Return the seconds that the next run may take, of those *asked* for."""
        most = self._limits.session_seconds
        return asked if most is None else min(asked, max(0.001, most - self._seconds))

    def late(self, wall_seconds: float) -> LimitExceeded:
        """Return the error of a run that has taken the *wall_seconds* that it was given."""
        most = self._limits.session_seconds
        if most is not None and self._seconds + wall_seconds >= most:
            return self.cross(WallTimeExceeded, "session_seconds")
        return WallTimeExceeded(wall_seconds)

    def starved(self, error: FuelExhausted) -> LimitExceeded:
        """Return the error of a run that has used the fuel that it was given."""
        most = self._limits.session_fuel
        if most is not None and (self._fuel or 0) >= most:
            return self.cross(FuelExhausted, "session_fuel")
        return error

    # ---- what a run has used

    def add(self, usage: Usage, charged: Charged) -> None:
        """Charge the session with what a run has used, but for what was *charged* before."""
        limits = self._limits
        self._runs += usage.runs
        self._seconds += usage.seconds
        self._cpu_seconds += usage.cpu_seconds
        if usage.fuel is not None:
            self._fuel = (self._fuel or 0) + usage.fuel
        self._peak = max(self._peak, usage.peak_memory_bytes)
        self._host_calls += max(0, usage.host_calls - charged.host_calls)
        self._host_call_bytes += max(0, usage.host_call_bytes - charged.host_call_bytes)
        self._output_bytes += max(0, usage.output_bytes - charged.output_bytes)
        self._result_bytes += usage.result_bytes
        if limits.session_seconds is not None and self._seconds >= limits.session_seconds:
            self.cross(WallTimeExceeded, "session_seconds")
        if limits.session_fuel is not None and (self._fuel or 0) >= limits.session_fuel:
            self.cross(FuelExhausted, "session_fuel")

    def usage(self, *, checkpoint_bytes: int, file_bytes: int, file_count: int) -> Usage:
        """Return the sums."""
        return Usage(
            runs=self._runs,
            seconds=self._seconds,
            cpu_seconds=self._cpu_seconds,
            fuel=self._fuel,
            peak_memory_bytes=self._peak,
            checkpoint_bytes=checkpoint_bytes,
            host_calls=self._host_calls,
            host_call_bytes=self._host_call_bytes,
            output_bytes=self._output_bytes,
            result_bytes=self._result_bytes,
            file_bytes=file_bytes,
            file_count=file_count,
        )
