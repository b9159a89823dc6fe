"""The exit status of every command: one meaning for each number."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import SandboxError


class Exit(enum.IntEnum):
    """What the exit status says; from 128 on as shells have it."""

    OK = 0
    GUEST = 1
    USAGE = 2
    LIMIT = 3
    FAULT = 4
    INTERRUPTED = 130
    NO_READER = 141
    TERMINATED = 143


def status(error: SandboxError) -> Exit:
    """Return which status says whose doing *error* is."""
    from . import ConfigError, GuestError, Interrupted, LimitExceeded

    if isinstance(error, LimitExceeded):
        return Exit.LIMIT
    # Whatever number the guest left with: 2 to 4 are ours, and must not be forged.
    if isinstance(error, GuestError):
        return Exit.GUEST
    if isinstance(error, ConfigError):
        return Exit.USAGE
    return Exit.INTERRUPTED if isinstance(error, Interrupted) else Exit.FAULT
