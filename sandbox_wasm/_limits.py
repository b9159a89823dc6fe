"""Ceilings on what guest code may consume."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ._checks import check_number
from ._errors import ConfigError

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ceilings on what one run of guest code may consume, and all runs of a session.

    Every limit of a run but *fuel* is on by default, and no value means "unlimited":
    write a large number and own it. Those of a session begin with ``session_`` and are
    off by default: how often it runs is its owner's doing. A session that has used one of
    them up keeps its state, and runs nothing any more.

        >>> Limits(wall_seconds=2).memory_bytes
        67108864
        >>> Limits(memory_bytes=0)
        Traceback (most recent call last):
            ...
        sandbox_wasm.ConfigError: memory_bytes must be from 65536 to 3221225472, got 0

    Args:
        wall_seconds: Elapsed time of one run, sleeps and host calls included.
            At the deadline guest code is interrupted, and a short grace later
            stopped. Default 10: an interactive tool has lost its user by then.

        memory_bytes: What guest code may allocate beyond the memory that the
            interpreter itself starts with. Beyond it guest code gets a
            ``MemoryError``. Default 64 MiB: a list of a million dicts is out of
            reach, the same rows as tuples are not.

        output_bytes: Bytes of UTF-8 of stdout and stderr that are kept,
            together. More is dropped and `Result.truncated` is set. Default
            1 MiB: more than a person or a model reads.

        result_bytes: Size of a run's value as it crosses to the host. Default
            4 MiB, which as nested lists takes some 100 MB of the host's memory.

        input_bytes: Size of the source and inputs of one run. Default 4 MiB.

        host_calls: Host calls of one run. Default 100,000: some seconds of
            host time.

        host_call_bytes: Size of the arguments of one host call, and of what it
            returns. Default 4 MiB.

        file_bytes: Size of all files that a session keeps in memory. Beyond it
            guest code gets an ``OSError`` (ENOSPC). Default 64 MiB, as memory.

        file_count: How many files and directories those are; beyond it there is an
            ``OSError`` (EDQUOT). Default 20,000: each takes the host some 500 bytes
            besides what it holds.

        checkpoint_bytes: Size of what the host keeps of the guest's state, to go back to
            after a trap, and of what it keeps to suspend a run. A larger state is not
            kept: then a trap breaks the session. Default 128 MiB: all that
            *memory_bytes* and an interpreter come to by default.

        fuel: WebAssembly instructions, about; deterministic for a given
            artifact and input, where *wall_seconds* is not. None, the default,
            does not meter them, because metering slows a run by up to a half.

        session_runs: How often the session runs something, calls of its functions
            included. Going on with a run that waited is never refused for it. None: no
            such limit.

        session_seconds: Elapsed time of all runs together. None: no such limit.

        session_host_calls: Host calls of all runs together. None: no such limit.

        session_host_call_bytes: Arguments of all host calls of all runs, and what they
            return, together. None: no such limit.

        session_output_bytes: Bytes written to stdout and stderr by all runs together.
            None: no such limit.

        session_fuel: Instructions of all runs together; needs *fuel*, which meters
            them. None: no such limit.

    Raises:
        ConfigError: A value is of the wrong type, or out of its range; see docs/limits.md.
    """

    wall_seconds: float = 10.0
    memory_bytes: int = 64 * MIB
    output_bytes: int = 1 * MIB
    result_bytes: int = 4 * MIB
    input_bytes: int = 4 * MIB
    host_calls: int = 100_000
    host_call_bytes: int = 4 * MIB
    file_bytes: int = 64 * MIB
    file_count: int = 20_000
    checkpoint_bytes: int = 128 * MIB
    fuel: int | None = None
    session_runs: int | None = None
    session_seconds: float | None = None
    session_host_calls: int | None = None
    session_host_call_bytes: int | None = None
    session_output_bytes: int | None = None
    session_fuel: int | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            low, high = _RANGE[field.name]
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            check_number(field.name, value, low, high, fraction=field.name.endswith("_seconds"))
        if self.session_fuel is not None and self.fuel is None:
            raise ConfigError("session_fuel needs fuel as well, for only then runs are metered")


# Upper ends: linear memory is 4 GiB; sizes stay below it, so that no sum of two
# overflows what the guest can address. A day is the longest run that a thread
# should be held for.
_RANGE: dict[str, tuple[float, float]] = {
    "wall_seconds": (0.001, 86_400),
    "memory_bytes": (65_536, 3 << 30),
    "output_bytes": (0, 1 << 30),
    "result_bytes": (64, 1 << 30),
    "input_bytes": (64, 1 << 30),
    "host_calls": (0, 1 << 40),
    "host_call_bytes": (64, 1 << 30),
    "file_bytes": (0, 1 << 40),
    "file_count": (0, 1 << 24),
    "checkpoint_bytes": (0, 1 << 32),
    "fuel": (1, 1 << 62),
    "session_runs": (1, 1 << 62),
    "session_seconds": (0.001, 1e9),
    "session_host_calls": (0, 1 << 62),
    "session_host_call_bytes": (0, 1 << 62),
    "session_output_bytes": (0, 1 << 62),
    "session_fuel": (1, 1 << 62),
}

# Checking them takes longer than anything else about a session's beginning.
DEFAULT_LIMITS = Limits()
