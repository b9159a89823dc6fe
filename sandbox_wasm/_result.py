"""What a run gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ._changes import NO_CHANGES, FileChanges
from ._errors import SandboxError


class Usage(NamedTuple):
    """What one run consumed, or with `Session.usage` all runs of a session together.

    Args:
        runs: How many runs that were.

        seconds: Elapsed time, from the start of the run to its end, without the time for
            which a person was asked for approval.

        cpu_seconds: Processor time, that of host functions on the session's thread
            included. In a worker process it is told by the system, on Linux.

        fuel: Instructions, or None where `Limits.fuel` is not set.

        peak_memory_bytes: Linear memory that the guest has had at most since
            the session began, beyond what its interpreter starts with.

        checkpoint_bytes: What the host keeps of the guest's state, to go back to; for a run,
            of the state that it began with.

        host_calls: Host calls made.

        host_call_bytes: Bytes of their arguments, and of what they returned.

        output_bytes: Bytes written to stdout and stderr, dropped ones included
            up to the point where the guest was told to stop sending them.

        result_bytes: Bytes that the value took on its way, if that was not a number.

        file_bytes, file_count: What the session's files held at the end, and how many
            files and directories those were.
    """

    runs: int = 1
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    fuel: int | None = None
    peak_memory_bytes: int = 0
    checkpoint_bytes: int = 0
    host_calls: int = 0
    host_call_bytes: int = 0
    output_bytes: int = 0
    result_bytes: int = 0
    file_bytes: int = 0
    file_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run gave.

    Args:
        value: The value of the last statement if that is an expression, as
            Python data, else None. Something that is not data (a function, an
            instance) comes as a `GuestObject`.

        is_final: True if guest code ended the run with ``final_answer``.

        stdout, stderr: Text written, up to `Limits.output_bytes` together.

        truncated: True if output was dropped.

        usage: What the run consumed.

        files: What the run left created, changed and deleted of the session's own
            files: a mapping of paths to bytes, with the attributes ``created``,
            ``changed`` and ``deleted``.

        error: The error that ended the run, where ``check=False`` was asked
            for; else None.
    """

    value: Any = None
    is_final: bool = False
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    usage: Usage = field(default_factory=Usage)
    files: FileChanges = field(default_factory=lambda: NO_CHANGES)
    error: SandboxError | None = None


@dataclass(frozen=True, slots=True)
class GuestObject:
    """Stands for a value that is not data and stays inside.

    Args:
        type_name: Name of its class.

        repr: What ``repr`` said of it inside. Untrusted text.
    """

    type_name: str
    repr: str

    def __repr__(self) -> str:
        return f"<GuestObject {self.type_name}: {self.repr[:200]!r}>"
