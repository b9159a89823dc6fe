"""The interpreters, behind one seam (`_base`)."""

from __future__ import annotations

from typing import Protocol

from .._errors import ConfigError
from .._limits import Limits
from ._base import Guest, HostSide

NAMES = ("cpython", "micropython")


class Interpreter(Protocol):
    """Makes one guest."""

    def start(self, host: HostSide) -> Guest:
        """Return it, on the thread that is to own it; once."""

    def kill(self) -> None:
        """Make a guest that is being made trap; from any thread."""

    def discard(self) -> None:
        """Let go of what a guest would have been made of; none will be."""


def make(name: str, limits: Limits) -> Interpreter:
    """Return what makes a guest of the interpreter of that name.

    Raises:
        ConfigError: There is no such interpreter.
        ArtifactError: It is missing or damaged.
    """
    if name not in NAMES:
        raise ConfigError(f"interpreter must be one of {', '.join(NAMES)}; got {name!r}")
    from ._maker import Maker  # brings the engine with it

    return Maker(name, limits)
