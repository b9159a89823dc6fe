"""What the sessions of a server are made with, and how many there may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import (
    Approval,
    BlockedRequest,
    ConfigError,
    HostFunctions,
    Limits,
    NetworkPolicy,
    Session,
    Snapshot,
)

_RANGE: dict[str, tuple[float, float]] = {
    "max_sessions": (1, 1000),
    "max_snapshots": (0, 1000),
    "idle_seconds": (1, 30 * 86_400),
    "total_bytes": (1 << 20, 1 << 44),
    "approval_seconds": (1, 86_400),
    "max_questions": (1, 100),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the sessions of a server may do and use, all of them together included.

    Args:
        options: Arguments of `Session`, the same for each session of the server. Nothing
            is granted that is not named there.

        functions: Host functions of the server's owner, by name.

        approve: Names of those that are called when a person has agreed, each time anew.

        ask: Ask a person about requests to origins that ``options["network"]`` does not
            allow, too.

        max_sessions: How many sessions there are at once.

        max_snapshots: How many snapshots are kept.

        idle_seconds: After which a session that nobody has used is closed.

        total_bytes: What all sessions and snapshots may hold: a session counts with all
            that its limits allow in memory, checkpoint and files, a snapshot with its size.

        approval_seconds: How long a question is open; no answer is a no.

        max_questions: How many questions one run may ask.

    Raises:
        ConfigError: A value is out of range, or *approve* names no function.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    approve: Collection[str] = frozenset()
    ask: bool = False
    max_sessions: int = 8
    max_snapshots: int = 16
    idle_seconds: float = 1800.0
    total_bytes: int = 4 << 30
    approval_seconds: float = 300.0
    max_questions: int = 8

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGE.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise ConfigError(f"{name} must be a number, got {type(value).__name__}")
            if not low <= value <= high:
                raise ConfigError(f"{name} must be from {low} to {high}, got {value}")
        object.__setattr__(self, "approve", frozenset(self.approve))
        for taken in ("functions", "snapshot"):
            if taken in self.options:
                raise ConfigError(f"options must not hold {taken!r}")
        if missing := sorted(set(self.approve) - set(self.functions)):
            raise ConfigError(f"approve names what is no function: {', '.join(missing)}")
        if self.session_bytes > self.total_bytes:
            raise ConfigError(
                f"total_bytes={self.total_bytes} is less than one session may take: "
                f"{self.session_bytes}"
            )

    @property
    def limits(self) -> Limits:
        """The limits of each session."""
        return self.options.get("limits") or Limits()

    @property
    def session_bytes(self) -> int:
        """What a session counts for."""
        limits = self.limits
        return limits.memory_bytes + limits.checkpoint_bytes + limits.file_bytes

    def open(
        self,
        snapshot: Snapshot | None = None,
        on_blocked: Callable[[BlockedRequest], Approval] | None = None,
    ) -> Session:
        """Return a new session, which goes on from *snapshot* if there is one.

        Raises:
            ConfigError, SnapshotError: As `Session` does.
        """
        options = dict(self.options)
        functions = HostFunctions()
        for name, function in self.functions.items():
            functions.register(function, name=name, approve=name in self.approve)
        if self.ask and on_blocked is not None:
            options["network"] = dataclasses.replace(
                options.get("network") or NetworkPolicy(),
                on_blocked=on_blocked,
                approval_seconds=self.approval_seconds,
                max_questions=self.max_questions,
            )
        return Session(functions=functions, snapshot=snapshot, **options)
