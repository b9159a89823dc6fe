"""The named sessions of a server: how many, how large, and until when."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from ... import SandboxError, Snapshot, SnapshotError
from ..._terminal import inert
from ._room import Refused, Room
from ._settings import Settings

_log = logging.getLogger("sandbox_wasm")

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Rooms:
    """All rooms of a server, and its snapshots. Its methods are for one event loop.

    Args:
        settings: Of the server.

        clock: Seconds, for what is idle.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._used: dict[str, float] = {}
        self._snapshots: dict[str, bytes] = {}
        self._lock: asyncio.Lock | None = None
        self._opened = 0

    @property
    def names(self) -> list[str]:
        """The names of the sessions there are."""
        return sorted(self._rooms)

    @property
    def snapshots(self) -> dict[str, int]:
        """The sizes of the snapshots, by name."""
        return {name: len(data) for name, data in sorted(self._snapshots.items())}

    def get(self, name: str) -> Room | None:
        """Return the room of that name, None if there is none that can be used.

        Raises:
            Refused: That is no name.
        """
        check_name(name)
        room = self._rooms.get(name)
        if room is None or not room.is_usable:
            return None
        self._used[name] = self._clock()
        return room

    def listed(self) -> list[tuple[str, bool, float]]:
        """Return the name of each, whether it is busy, and how long it has been idle."""
        return [(name, self._rooms[name].is_busy, self._idle(name)) for name in self.names]

    def _idle(self, name: str) -> float:
        return self._clock() - self._used.get(name, self._clock())

    async def enter(self, name: str) -> Room:
        """Return the room of that name, made if there is none.

        Raises:
            Refused: That is no name, there are too many, or it cannot be made.
        """
        if (room := self.get(name)) is not None:
            return room
        return await self._change(lambda: self._open(name, None))

    async def reset(self, name: str, snapshot: str = "") -> None:
        """Forget the session; with a snapshot, let it go on from there.

        Raises:
            Refused: There is no such snapshot; or as `enter` does.
        """
        check_name(name)
        data = self._snapshot(snapshot) if snapshot else None

        async def change() -> None:
            await self._drop(name)
            if data is not None:
                await self._open(name, data)

        await self._change(change)

    async def snapshot(self, name: str, snapshot: str) -> int:
        """Keep the session's state under the name *snapshot*; return its size.

        Raises:
            Refused: There is no such session, it is busy, or there is no room.
        """
        check_name(snapshot)
        data = await self._state(name)
        others = {key: kept for key, kept in self._snapshots.items() if key != snapshot}
        if len(others) >= self.settings.max_snapshots:
            raise Refused(
                f"there are {len(others)} snapshots already: delete one first "
                f"({', '.join(sorted(others))})"
            )
        self._check_total(len(data) - len(self._snapshots.get(snapshot, b"")))
        self._snapshots[snapshot] = data
        return len(data)

    async def fork(self, name: str, into: str) -> None:
        """Make a second session that goes on from where that one is.

        Raises:
            Refused: As `snapshot` and `enter` do; or *into* is taken.
        """
        if self.get(into) is not None:
            raise Refused(f"there is a session {into!r} already: reset it first, or choose a name")
        data = await self._state(name)
        await self._change(lambda: self._open(into, data))

    def delete_snapshot(self, name: str) -> None:
        """Forget a snapshot.

        Raises:
            Refused: There is none of that name.
        """
        self._snapshot(name)
        del self._snapshots[name]

    async def close_idle(self) -> None:
        """Close what nobody has used for too long."""

        async def change() -> None:
            for name, room in list(self._rooms.items()):
                if not room.is_busy and self._idle(name) > self.settings.idle_seconds:
                    await self._drop(name)

        await self._change(change)

    async def close(self) -> None:
        """Close everything, and forget the snapshots."""
        for name in list(self._rooms):
            await self._drop(name)
        self._snapshots.clear()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Rooms]:
        """While this goes on, idle sessions are closed; at its end, all are.

        Entered by each connection where a transport knows connections; the last closes.
        """
        self._opened += 1
        reaper = asyncio.ensure_future(self._reap())
        try:
            yield self
        finally:
            reaper.cancel()
            self._opened -= 1
            if not self._opened:
                await asyncio.shield(asyncio.ensure_future(self.close()))

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(min(30.0, self.settings.idle_seconds / 2))
            try:
                await self.close_idle()
            except Exception:  # no room for a thread, for instance: the others are watched on
                _log.exception("an idle session could not be closed")

    # ---- inside

    async def _change(self, change: Callable[[], Awaitable[T]]) -> T:
        """Do *change* undivided, also if whoever wants it is cancelled meanwhile."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        lock = self._lock

        async def alone() -> T:
            async with lock:
                return await change()

        task = asyncio.ensure_future(alone())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen
        return await asyncio.shield(task)

    async def _open(self, name: str, data: bytes | None) -> Room:
        if (room := self.get(name)) is not None:  # another call was first
            return room
        for lost in [each for each, room in self._rooms.items() if not room.is_usable]:
            await self._drop(lost)
        if len(self._rooms) >= self.settings.max_sessions:
            raise Refused(
                f"there are {len(self._rooms)} sessions already: use one of them, or reset "
                f"one that is no longer needed ({', '.join(self.names)})"
            )
        self._check_total(self.settings.session_bytes)

        def make() -> Room:
            snapshot = None if data is None else Snapshot.from_bytes(data)
            return Room(name, self.settings, snapshot)

        try:
            room = await asyncio.to_thread(make)
        except SnapshotError as error:
            raise Refused(f"the snapshot does not fit: {error}") from None
        self._rooms[name] = room
        self._used[name] = self._clock()
        return room

    async def _drop(self, name: str) -> None:
        self._used.pop(name, None)
        room = self._rooms.pop(name, None)
        if room is not None:
            await asyncio.to_thread(room.close)

    async def _state(self, name: str) -> bytes:
        room = self.get(name)
        if room is None:
            raise Refused(f"there is no session {name!r}; there are: {self._listed()}")
        if room.is_busy:
            raise Refused(f"session {name!r} runs code just now: wait until it has ended")
        taken = room.submit(lambda: room.session.snapshot().to_bytes())
        try:
            return await asyncio.wrap_future(taken)
        except SandboxError as error:
            raise Refused(f"session {name!r}: {error}") from None

    def _snapshot(self, name: str) -> bytes:
        check_name(name)
        if name not in self._snapshots:
            known = ", ".join(sorted(self._snapshots)) or "none"
            raise Refused(f"there is no snapshot {name!r}; there are: {known}")
        return self._snapshots[name]

    def _check_total(self, more: int) -> None:
        held = len(self._rooms) * self.settings.session_bytes + sum(self.snapshots.values())
        if held + more > self.settings.total_bytes:
            raise Refused(
                "the server's memory is used up: reset sessions or delete snapshots that are "
                "no longer needed"
            )

    def _listed(self) -> str:
        return ", ".join(self.names) or "none"


def check_name(name: str) -> None:
    """Refuse what is no name of a session or a snapshot.

    Raises:
        Refused: It has other characters, or too many.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            f"{inert(name[:80])!r} is no name: use 1 to 64 letters, digits, '.', '_' and '-'"
        )
