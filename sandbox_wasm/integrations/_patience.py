"""How long HTTP clients may take over the head of a request; uvicorn waits for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# As long as a body may take.
HEAD_SECONDS = 30.0


class Patient(AutoHTTPProtocol):
    """uvicorn's protocol, which closes connections that nothing is asked of in time.

    The time runs while no request is being answered: from the beginning of a connection,
    and from the first byte after an answer, until the head of a request is there. What
    comes meanwhile does not prolong it. (Between an answer and that first byte it is
    uvicorn's own time for idle connections.)
    """

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._forget()
        super().connection_lost(exc)

    def _answers(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look(self) -> None:
        if self._answers():
            self._forget()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._leave)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        self._timer = None
        if not self._answers():
            self.transport.abort()
