"""Snapshots taken of sessions, and sessions begun from snapshots."""

from __future__ import annotations

from typing import NamedTuple

from ._checks import shown
from ._errors import ConfigError, SandboxError, SnapshotError
from ._functions import HostFunctions
from ._lane import Lane
from ._limits import Limits
from ._nodes import FilesState
from ._snapshot import Snapshot
from ._sources import Sources, SourcesState
from ._state import GuestState
from .interpreters import NAMES, digest
from .interpreters._base import Guest, Request

# More than any interpreter starts with. What a session may have beyond that is known once
# there is a guest, and checked then; this bounds what is unpacked before.
_BASE_BYTES = 64 << 20

Names = tuple[str, ...] | None

# It takes a millisecond, but a machine may be busy, and nobody is told if it does not get done.
_PRELUDE_SECONDS = 5.0
# Only where it was imported: nothing else has been seeded yet.
RESEED = b"[r.seed() for r in [__import__('sys').modules.get('random')] if r] and None"


def take(interpreter: str, lane: Lane, *, wait: bool = False) -> Snapshot:
    """Return a snapshot of the guest of *lane*.

    Raises:
        SnapshotError: It runs code just now, see `Lane.ask`.
        SessionBroken: It is gone.
    """

    def look(guest: Guest) -> tuple[GuestState, FilesState, SourcesState, Names]:
        state = guest.capture().load()
        # Bytes: nobody takes their room for another state.
        data, ranges = bytes(state.data), tuple(state.ranges)
        sources, files = lane.ledger.mark()
        state = GuestState(state.size, state.stack_pointer, ranges, data, state.pristine)
        return state, files, sources, lane.told_functions

    return Snapshot(interpreter, digest(interpreter), *lane.ask(look, wait=wait))


def known(functions: HostFunctions, told: Names) -> int:
    """Return how many of *functions* a guest knows that was told those names; -1 for nobody knows.

    Only what it knows under the same numbers counts.
    """
    return -1 if told is None or functions.names[: len(told)] != told else len(told)


def fitting(snapshot: object, interpreter: str, limits: Limits) -> tuple[GuestState, FilesState]:
    """Return what a guest of *interpreter* goes on from, and the files.

    Raises:
        ConfigError: *snapshot* is none.
        SnapshotError: It is of another interpreter or artifact, damaged, or too large.
    """
    if not isinstance(snapshot, Snapshot):
        raise ConfigError(f"snapshot must be a Snapshot, got {type(snapshot).__name__}")
    if snapshot.interpreter != interpreter:
        raise SnapshotError(
            f"the snapshot is of {shown(snapshot.interpreter)}, "
            f"and the session of {shown(interpreter)}"
        )
    if interpreter not in NAMES:
        raise SnapshotError(
            f"the snapshot is of {shown(interpreter)}, which this version does not have"
        )
    installed = digest(interpreter)
    if snapshot.artifact != installed:
        raise SnapshotError(
            f"the snapshot needs the artifact {snapshot.artifact} of {interpreter!r}, and "
            f"{installed} is installed: it goes on with the version that it was taken with"
        )
    return snapshot.unpack(limits, _BASE_BYTES)


class Beginning(NamedTuple):
    """What a session goes on from; nothing of each for one that begins afresh.

    Attributes:
        state: Of the guest.

        files: The session's.

        told: How many host functions the guest knows, see `known`.
    """

    state: GuestState | None
    files: FilesState | None
    told: int | None


def beginning(
    snapshot: Snapshot | None,
    interpreter: str,
    limits: Limits,
    sources: Sources,
    functions: HostFunctions,
    told: int | None,
) -> Beginning:
    """Return what a session goes on from, and let its time and randomness go on as well.

    Args:
        snapshot: As it was given; None for a session that begins afresh.

        told: How many of *functions* the guest knows, if that is known already.

    Raises:
        ConfigError, SnapshotError: As `fitting` does.
    """
    if snapshot is None:
        return Beginning(None, None, told)
    state, files = fitting(snapshot, interpreter, limits)
    if snapshot.sources is not None:
        sources.go_on(snapshot.sources)
    return Beginning(state, files, known(functions, snapshot.functions) if told is None else told)


def begin_fork(lane: Lane, origin: Lane, fresh: bool) -> None:
    """Let the guest of *lane* go its own way from that of *origin*."""
    lane.ledger.fork(origin.ledger, fresh)
    if fresh:
        seed_anew(lane)


def seed_anew(lane: Lane) -> None:
    """Let the guest's `random` begin elsewhere than that of others from the same state."""
    # Guest code may have made of `random` what it likes; the loss is its own.
    prelude(lane, Request("prelude", RESEED))


def prelude(lane: Lane, request: Request) -> None:
    """Run what is ours and takes next to no time, in a guest that has begun."""
    error = lane.run(request, min(_PRELUDE_SECONDS, lane.limits.wall_seconds), None)[1]
    if error is not None and not isinstance(error, SandboxError):
        raise error  # Ctrl-C
