"""Serving over HTTP: on loopback, to who has the token, and to no web page."""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from ... import ConfigError
from .._patience import Patient

_LEAST_TOKEN = 16
_MOST_BODY = 8 << 20
_MOST_CONNECTIONS = 64
_MOST_PROTOCOL_SESSIONS = 32
_PROTOCOL_IDLE_SECONDS = 1800.0
_PATH = "/mcp"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Lets through who names this server, is no web page of elsewhere, and has the token.

    It decides by the headers, before anything of a body is read.

    Args:
        app: What is behind it.

        token: What must come as ``Authorization: Bearer``; None lets everybody through.

        hosts: What ``Host`` may be, with the port. A web page whose name was made to lead
            here (DNS rebinding) sends its own name.

        origins: What ``Origin`` may be where there is one. Browsers send it, and hardly
            anything else does.
    """

    def __init__(
        self, app: App, *, token: str | None, hosts: Iterable[str], origins: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._token = None if token is None else token.encode()
        self._hosts = frozenset(host.lower().encode() for host in hosts)
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refused := self._refusal(scope)) is not None:
            status, text = refused
            headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
            if status == 401:
                headers.append((b"www-authenticate", b"Bearer"))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": text})
        elif scope["type"] in ("http", "lifespan"):
            await self._app(scope, receive, send)
        # A WebSocket is nothing that this serves: to return refuses it.

    def _refusal(self, scope: Scope) -> tuple[int, bytes] | None:
        found: dict[bytes, list[bytes]] = {b"host": [], b"origin": [], b"authorization": []}
        for name, value in scope["headers"]:
            if name in found:
                found[name].append(value)
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            return 400, b"the body has two lengths\n"  # a server before this one may use the other
        if len(found[b"host"]) != 1 or found[b"host"][0].lower() not in self._hosts:
            return 421, b"the Host header names another server\n"
        if not self._origins.issuperset(found[b"origin"]):
            return 403, b"web pages of that origin may not use this server\n"
        if self._token is not None:
            given = found[b"authorization"]
            scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
            # Both are always compared, and in constant time.
            is_right = hmac.compare_digest(token.strip(), self._token)
            if scheme.lower() != b"bearer" or not is_right:
                return 401, b"a bearer token is needed\n"
        return None


def http_app(
    server: MCPServer[Any],
    *,
    token: str | None,
    hosts: Iterable[str],
    origins: Iterable[str] = (),
) -> App:
    """Return the ASGI application: *server*, behind a `Guard`.

    Raises:
        ConfigError: The token is too short to be a secret, or is no header's value.
    """
    if token is not None and (len(token) < _LEAST_TOKEN or not token.isascii()):
        raise ConfigError(f"a token must have at least {_LEAST_TOKEN} characters, all ASCII")
    if token is not None and (not token.isprintable() or " " in token):
        raise ConfigError("a token must not hold spaces or control characters")
    hosts, origins = tuple(hosts), tuple(origins)
    app = server.streamable_http_app(
        streamable_http_path=_PATH,
        max_request_body_size=_MOST_BODY,
        session_idle_timeout=_PROTOCOL_IDLE_SECONDS,
        max_sessions=_MOST_PROTOCOL_SESSIONS,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=list(hosts),
            allowed_origins=list(origins),
        ),
    )
    return Guard(app, token=token, hosts=hosts, origins=origins)


def serve_http(
    server: MCPServer[Any],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None,
    hosts: Iterable[str] = (),
    origins: Iterable[str] = (),
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until the process is told to end.

    Args:
        server: From `make_server`.

        host: The address to listen on.

        port: The port; 0 for any that is free.

        token: What clients must have. None lets everybody through who reaches the port,
            which is allowed on loopback alone.

        hosts: Names, with ports, by which clients know this server, beside the address.

        origins: Web pages that may use it. Default: none.

        ready: Called with the URL when it listens.

    Raises:
        ConfigError: The address cannot be listened on, or needs a token.
    """
    if token is None and not is_loopback(host):
        raise ConfigError(f"a server on {host} needs a token: it can be reached from elsewhere")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_MOST_CONNECTIONS)
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        port = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        known = [f"{shown}:{port}", *hosts]
        if is_loopback(host):
            known.append(f"localhost:{port}")
        config = uvicorn.Config(
            http_app(server, token=token, hosts=known, origins=origins),
            http=Patient,
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="none",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=2,
        )
        ready(f"http://{shown}:{port}{_PATH}")
        uvicorn.Server(config).run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
