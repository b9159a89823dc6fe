"""What the service answers to which request."""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ... import (
    ConfigError,
    FilesExceeded,
    HostExhausted,
    SandboxError,
    SessionBroken,
    SessionClosed,
)
from ._accounts import Refused
from ._events import EventStream
from ._openapi import document
from ._room import ANSWERS

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ._hub import Hub
    from ._room import Room

_BODY_SECONDS = 30.0
_OVERHEAD = 65_536  # of JSON around the code and its inputs
_MOST_NAMES = 1000
_MOST_VALUES = 500_000  # and commas in texts
_PIECE = 1 << 18
_PAGE = {"/": ("index.html", "text/html"), "/page.js": ("page.js", "text/javascript"),
         "/page.css": ("page.css", "text/css")}  # fmt: skip


class Routes:
    """The endpoints over a `Hub`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def app(self) -> Starlette:
        """Return them as an ASGI application."""
        routes = [
            Route("/health", self.health),
            Route("/metrics", self.metrics),
            Route("/openapi.json", self.openapi),
            Route("/v1/about", self.about),
            Route("/v1/run", self.run_once, methods=["POST"]),
            Route("/v1/sessions", self.sessions),
            Route("/v1/sessions", self.open, methods=["POST"]),
            Route("/v1/sessions/{id}", self.session),
            Route("/v1/sessions/{id}", self.close, methods=["DELETE"]),
            Route("/v1/sessions/{id}/run", self.run, methods=["POST"]),
            Route("/v1/sessions/{id}/interrupt", self.interrupt, methods=["POST"]),
            Route("/v1/sessions/{id}/questions/{question}", self.answer, methods=["POST"]),
            Route("/v1/sessions/{id}/files", self.files),
            Route("/v1/sessions/{id}/files/{path:path}", self.read_file),
            Route("/v1/sessions/{id}/files/{path:path}", self.write_file, methods=["PUT"]),
            Route("/v1/sessions/{id}/files/{path:path}", self.delete_file, methods=["DELETE"]),
        ]
        page = files(__package__) / "page"
        for path, (name, kind) in _PAGE.items():
            content = (page / name).read_bytes()
            routes.append(Route(path, _constant(content, kind)))
        return Starlette(
            routes=routes,
            lifespan=self._hub.lifespan,
            exception_handlers={
                Refused: _refused,
                SandboxError: _sandbox_error,
                HTTPException: _http_error,
                ClientDisconnect: _gone,
                Exception: _fault,
            },
        )

    # ---- the service

    async def health(self, request: Request) -> Response:
        stopping = self._hub.is_stopping
        return JSONResponse({"status": "stopping" if stopping else "ok"}, 503 if stopping else 200)

    async def metrics(self, request: Request) -> Response:
        return Response(
            self._hub.accounts.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    async def openapi(self, request: Request) -> Response:
        return JSONResponse(document())

    async def about(self, request: Request) -> Response:
        return JSONResponse(self._hub.about(request.scope["account"]))

    # ---- sessions

    async def sessions(self, request: Request) -> Response:
        rooms = request.scope["account"].rooms.values()
        return JSONResponse({"sessions": [room.about() for room in rooms]})

    async def open(self, request: Request) -> Response:
        given = await self._fields(request, {"interpreter": str})
        room = await self._hub.open(request.scope["account"], given.get("interpreter"))
        return JSONResponse(room.about(), 201)

    async def session(self, request: Request) -> Response:
        return JSONResponse(self._room(request).about())

    async def close(self, request: Request) -> Response:
        await self._hub.close(self._room(request))
        return Response(status_code=204)

    async def interrupt(self, request: Request) -> Response:
        await self._fields(request, {})
        return JSONResponse({"interrupted": self._room(request).interrupt()})

    async def answer(self, request: Request) -> Response:
        room = self._room(request)
        given = await self._fields(request, {"answer": str, "value": object})
        question = room.questions.get(request.path_params["question"])
        word = given.get("answer")
        if question is None:
            raise Refused(404, "nobody asks that any more")
        if word not in question.answers:
            raise Refused(400, f"answer must be one of {', '.join(question.answers)}")
        assert word in ANSWERS  # noqa: S101  those of a question are among them
        return JSONResponse({"answered": room.settle(question.id, word, given.get("value"))})

    # ---- runs

    async def run(self, request: Request) -> Response:
        room = self._room(request)
        return await self._run(request, room)

    async def run_once(self, request: Request) -> Response:
        return await self._run(request, None)

    async def _run(self, request: Request, room: Room | None) -> Response:
        kinds = {"code": str, "inputs": dict, "wall_seconds": (int, float), "stream": bool}
        if room is None:
            kinds["interpreter"] = str
        given = await self._fields(request, kinds)
        code = given.get("code")
        if code is None:
            raise Refused(400, "code is missing")

        async def work(tell: Callable[[str, dict[str, Any]], None] | None) -> dict[str, Any]:
            arguments = (code, given.get("inputs"), given.get("wall_seconds"), tell)
            if room is not None:
                return await room.run(*arguments)
            account = request.scope["account"]
            async with self._hub.passing(account, given.get("interpreter")) as passing:
                return await passing.run(*arguments)

        if given.get("stream"):
            return EventStream(work)
        return JSONResponse(await _while_there(request, work(None)))

    # ---- files

    async def files(self, request: Request) -> Response:
        def look(session: Any) -> list[str]:
            return sorted(session.files)

        names = await self._room(request).with_session(look)
        return JSONResponse(
            {"files": names[:_MOST_NAMES], "more": max(0, len(names) - _MOST_NAMES)}
        )

    async def read_file(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        name = urllib.parse.quote(path.rpartition("/")[2][:100], safe="")
        await request.scope["account"].transfers.acquire()
        try:
            data = await self._at_file(request, lambda session: session.files.read(path))
        except BaseException:
            request.scope["account"].transfers.release()
            raise
        return _Content(data, name, request.scope["account"].transfers.release)

    async def write_file(self, request: Request) -> Response:
        if _media_type(request) != "application/octet-stream":
            raise Refused(415, "the content must come as application/octet-stream")
        path = "/" + request.path_params["path"]
        async with request.scope["account"].transfers:
            data = await _body(request, self._hub.limits.file_bytes)
            await self._at_file(request, lambda session: session.files.write(path, data))
        return Response(status_code=204)

    async def delete_file(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        await self._at_file(request, lambda session: session.files.delete(path))
        return Response(status_code=204)

    async def _at_file(self, request: Request, work: Callable[[Any], Any]) -> Any:
        try:
            return await self._room(request).with_session(work)
        except FileNotFoundError:
            raise Refused(404, "there is no such file") from None
        except (OSError, ValueError) as error:
            if isinstance(error, SandboxError):
                raise
            raise Refused(400, getattr(error, "strerror", None) or "the path is none") from None

    # ---- inside

    def _room(self, request: Request) -> Room:
        room: Room | None = request.scope["account"].rooms.get(request.path_params["id"])
        if room is None:
            raise Refused(404, "there is no such session")
        return room

    async def _fields(self, request: Request, kinds: dict[str, Any]) -> dict[str, Any]:
        """Return the body's object, with what it may have and nothing else."""
        if _media_type(request) != "application/json":
            # What a form of another site could send without asking is nothing here.
            raise Refused(415, "the body must come as application/json")
        data = await _body(request, 2 * self._hub.limits.input_bytes + _OVERHEAD)
        if sum(map(data.count, (b"[", b"{", b","))) > _MOST_VALUES:
            raise Refused(413, "the body has too many values")
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            raise Refused(400, "the body is no JSON") from None
        if not isinstance(found, dict):
            raise Refused(400, "the body must be an object")
        for name, value in found.items():
            if name not in kinds:
                raise Refused(400, f"the body has the unknown field {name!r:.100}")
            wrong = not isinstance(value, kinds[name]) or (
                isinstance(value, bool) and kinds[name] not in (bool, object)
            )
            if wrong and (value is not None or name == "code"):
                raise Refused(400, f"{name} is of the wrong type")
        return found


class _Content(Response):
    """What a file holds, never shown by a browser as anything: it comes from guest code.

    It goes out in pieces, so that who does not read is noticed.
    """

    def __init__(self, data: bytes, name: str, done: Callable[[], None]) -> None:
        super().__init__(
            media_type="application/octet-stream",
            headers={
                "content-disposition": f"attachment; filename*=UTF-8''{name}",
                "content-length": str(len(data)),
            },
        )
        self._data = data
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            for at in range(0, max(1, len(self._data)), _PIECE):
                piece = self._data[at : at + _PIECE]
                more = at + _PIECE < len(self._data)
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            self._done()


def _media_type(request: Request) -> str:
    found: str = request.headers.get("content-type", "")
    return found.partition(";")[0].strip().lower()


async def _body(request: Request, most: int) -> bytes:
    """Return the body, of which no more than *most* bytes are ever held."""

    async def read() -> bytes:
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > most:
                raise Refused(413, f"the body has more than {most} bytes")
        return bytes(data)

    try:
        return await asyncio.wait_for(read(), _BODY_SECONDS)
    except asyncio.TimeoutError:
        raise Refused(408, "the body did not come in time") from None


async def _while_there(request: Request, work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """Return what *work* returns; cancel it when nobody waits for it any more."""
    running = asyncio.ensure_future(work)

    async def leave() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.ensure_future(leave())
    try:
        await asyncio.wait([running, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientDisconnect
        return running.result()
    finally:
        leaving.cancel()
        if not running.done():
            running.cancel()
            await asyncio.wait([running])


def _constant(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return Response(content, media_type=kind)

    return answer


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"status": status, "text": text}}, status, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  it is registered for these
    hub = request.app.state.hub
    hub.accounts.refused(error.status)
    headers = {}
    if error.retry_seconds is not None:
        headers["retry-after"] = str(max(1, round(error.retry_seconds)))
    return _error(error.status, str(error), headers)


async def _sandbox_error(request: Request, error: Exception) -> Response:
    status = 500
    if isinstance(error, ConfigError):
        status = 400
    elif isinstance(error, FilesExceeded):
        status = 413
    elif isinstance(error, (SessionClosed, SessionBroken)):
        status = 410
    elif isinstance(error, HostExhausted):
        status = 503
    request.app.state.hub.accounts.refused(status)
    return _error(status, f"{type(error).__name__}: {error}")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these
    return _error(error.status_code, error.detail, dict(error.headers or {}))


async def _gone(request: Request, error: Exception) -> Response:
    return _error(499, "the client is gone")


async def _fault(request: Request, error: Exception) -> Response:
    return _error(500, "a fault of the service")
