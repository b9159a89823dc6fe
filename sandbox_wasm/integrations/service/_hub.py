"""All sessions of the service, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ... import Session, available_interpreters
from ._accounts import Account, Accounts, Refused
from ._room import Room

if TYPE_CHECKING:
    from ... import Limits, NetworkPolicy

_log = logging.getLogger("sandbox_wasm")

_LOOK_SECONDS = 5.0
_STOP_LOOK_SECONDS = 0.05
_SPARE_WORKERS = 8


class Hub:
    """Makes rooms, watches them, and closes them.

    Args:
        accounts: Whose rooms there are.

        interpreter: Of sessions for which none is asked.

        limits: Of each session.

        options: Further arguments of `Session`.

        network: Which requests their code may make; None for none.

        ask: Let a person answer for requests that the policy does not allow.

        grace_seconds: What runs get to end by themselves when the service stops.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        interpreter: str,
        limits: Limits,
        options: dict[str, Any],
        network: NetworkPolicy | None,
        ask: bool,
        grace_seconds: float,
    ) -> None:
        self.accounts = accounts
        self.limits = limits
        self.is_stopping = False
        self._interpreter = interpreter
        self._known = [info.name for info in available_interpreters()]
        self._options = options
        self._network = network
        self._ask = ask
        self._grace_seconds = grace_seconds
        self._passing: set[Room] = set()
        runs = sum(account.limits.runs for account in accounts)
        self._workers = ThreadPoolExecutor(
            min(runs, 1000) + _SPARE_WORKERS, thread_name_prefix="sandbox-wasm-serve"
        )

    def about(self, account: Account) -> dict[str, Any]:
        """Return what an account may know of the service."""
        return {
            "account": account.name,
            "interpreters": self._known,
            "interpreter": self._interpreter,
            "limits": dataclasses.asdict(self.limits),
            "service_limits": dataclasses.asdict(account.limits),
        }

    # ---- rooms

    async def open(self, account: Account, interpreter: str | None) -> Room:
        """Return a room with a session, which stays."""
        with account.opening():
            room = await self._room(account, interpreter)
            account.rooms[room.id] = room
        if self.is_stopping:
            await self.close(room)
            raise _stopping()
        return room

    @contextlib.asynccontextmanager
    async def passing(self, account: Account, interpreter: str | None) -> AsyncIterator[Room]:
        """A room with a session that is gone afterwards."""
        with account.passing():
            room = await self._room(account, interpreter)
            self._passing.add(room)
            try:
                yield room
            finally:
                self._passing.discard(room)
                await room.close()

    async def _room(self, account: Account, interpreter: str | None) -> Room:
        if self.is_stopping:
            raise _stopping()
        name = self._interpreter if interpreter is None else interpreter
        if name not in self._known:
            raise Refused(400, f"there is no interpreter {name!r:.40}")
        room = Room(account, self.accounts, self._workers, name)
        await room.open(self._make)
        return room

    def _make(self, room: Room) -> Session:
        network = self._network
        if network is not None and self._ask:
            network = dataclasses.replace(
                network,
                on_blocked=room.ask_about,
                approval_seconds=room.account.limits.approval_seconds,
            )
        return Session(room.interpreter, limits=self.limits, network=network, **self._options)

    async def close(self, room: Room) -> None:
        """End a room."""
        room.account.rooms.pop(room.id, None)
        await room.close()

    # ---- life

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        app.state.hub = self
        watch = asyncio.ensure_future(self._watch())
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait([watch])
            await self.stop(0.0)
            self._workers.shutdown(wait=False)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.sweep(time.monotonic())
            except Exception:  # no room for a thread, for instance: the others are watched on
                _log.exception("an idle session could not be closed")

    async def sweep(self, now: float) -> None:
        """Close the sessions that nobody has used for long."""
        for room in self._rooms():
            idle = now - room.touched
            if not room.busy and idle > room.account.limits.idle_seconds:
                await self.close(room)

    def _rooms(self) -> list[Room]:
        return [room for account in self.accounts for room in account.rooms.values()]

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Serve nothing new; give runs time to end, and then end them."""
        self.is_stopping = True
        grace = self._grace_seconds if grace_seconds is None else grace_seconds
        end = time.monotonic() + grace
        while self._is_busy() and time.monotonic() < end:
            await asyncio.wait([asyncio.ensure_future(asyncio.sleep(_STOP_LOOK_SECONDS))])
        rooms = [*self._rooms(), *self._passing]
        await asyncio.gather(*(self.close(room) for room in rooms))

    def _is_busy(self) -> bool:
        return any(room.busy for room in [*self._rooms(), *self._passing])


def _stopping() -> Refused:
    return Refused(503, "the service is stopping", 5)
