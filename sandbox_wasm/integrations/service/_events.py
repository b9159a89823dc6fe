"""A run as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ... import SandboxError
from ._accounts import Refused

_KEEP_ALIVE_SECONDS = 15.0
_HEADERS = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]

Tell = Callable[[str, dict[str, Any]], None]


class EventStream(Response):
    """Sends what *work* tells while it goes on, and its result as the last event.

    What waits to be sent is bounded by the limits of the run, and the run does not wait for
    who reads. Who leaves ends it.
    """

    def __init__(self, work: Callable[[Tell], Awaitable[dict[str, Any]]]) -> None:
        super().__init__()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        events = _Waiting()
        running = asyncio.ensure_future(self._work(events.tell))
        running.add_done_callback(lambda _: events.came.set())
        writing = asyncio.ensure_future(self._write(events, running, send))
        leaving: asyncio.Future[None] = asyncio.ensure_future(_leave(receive))
        try:
            await asyncio.wait([writing, leaving], return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        finally:
            tasks: list[asyncio.Future[Any]] = [leaving, writing, running]
            for task in tasks:
                if not task.done():
                    task.cancel()
            await asyncio.wait(tasks)

    async def _write(
        self, events: _Waiting, running: asyncio.Future[dict[str, Any]], send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(events.came.wait(), _KEEP_ALIVE_SECONDS)
            last = running.done()
            pieces = [_event(name, data) for name, data in events.take()]
            if last:
                pieces.append(_event("result", _outcome(running)))
            body = b"".join(pieces) or b": still here\n\n"
            await send({"type": "http.response.body", "body": body, "more_body": not last})
            if last:
                return


class _Waiting:
    """What is still to be sent: output that follows output of its stream is one event.

    Attributes:
        came: Set when there is something to look at.
    """

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._texts: list[str] = []  # of the last event, if it is output
        self._stream = ""

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Take an event."""
        self.came.set()
        if event == "output":
            if data["stream"] != self._stream:
                self._close()
                self._stream = data["stream"]
            self._texts.append(data["text"])
        else:
            self._close()
            self._events.append((event, data))

    def _close(self) -> None:
        if self._texts:
            data = {"stream": self._stream, "text": "".join(self._texts)}
            self._events.append(("output", data))
            self._texts, self._stream = [], ""

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what there is."""
        self._close()
        self.came.clear()
        events, self._events = self._events, []
        return events


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()  # ASCII, in one line


def _outcome(running: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
    """Return the result, or why there is none: the status was sent long ago."""
    try:
        return running.result()
    except Refused as refused:
        return {"refused": {"status": refused.status, "text": str(refused)}}
    except SandboxError as error:
        return {"refused": {"status": 400, "text": f"{type(error).__name__}: {error}"}}
