"""An HTTP service for sessions: run code, stream its output, answer what it asks.

`create_app` makes an ASGI application, for any server; `serve` runs it with uvicorn. Both
need the extra ``serve``. See docs/service.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ... import ConfigError, Limits, NetworkPolicy, Session
from .._extra import missing

try:
    import uvicorn

    from .._patience import Patient
    from ._routes import Routes
except ImportError as error:
    raise missing("serve", error) from error

from ._access import LOOPBACK, Guard, Tokens
from ._accounts import Accounts, ServiceLimits
from ._hub import Hub

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["ServiceLimits", "create_app", "serve"]

_MOST_CONNECTIONS = 512
_HEADER_BYTES = 16_384
_KEEP_ALIVE_SECONDS = 15
_AFTER_GRACE_SECONDS = 5


def create_app(
    tokens: str | Mapping[str, str],
    *,
    hosts: Iterable[str] = LOOPBACK,
    interpreter: str = "cpython",
    limits: Limits | None = None,
    service_limits: ServiceLimits | None = None,
    network: NetworkPolicy | None = None,
    ask: bool = False,
    grace_seconds: float = 10.0,
    stall_seconds: float = 30.0,
    **options: Any,
) -> ASGIApp:
    """Return the service as an ASGI application.

    Args:
        tokens: The token, or one for each of several accounts, by the account's name. An
            account sees its own sessions alone.

        hosts: Names by which the service is called: what ``Host`` may be, with or without
            its port.

        interpreter: Of sessions for which none is asked.

        limits: Of each session. A run may ask for less time.

        service_limits: Of each account.

        network: Which requests the code may make; see `NetworkPolicy`.

        ask: Let the person at the page answer for other requests.

        grace_seconds: What runs get to end by themselves when the service stops.

        stall_seconds: How long a client may leave unread what it is sent.

        options: Further arguments of `Session`: *functions*, *mounts*, *packages* and so
            on, which all sessions share. A function with ``approve=True`` asks the person.

    Raises:
        ConfigError: A token is too short, or something is of the wrong type.
    """
    app, _ = _make(
        tokens, hosts, interpreter, limits, service_limits, network, ask, grace_seconds,
        stall_seconds, options,
    )  # fmt: skip
    return app


def _make(
    tokens: str | Mapping[str, str],
    hosts: Iterable[str],
    interpreter: str,
    limits: Limits | None,
    service_limits: ServiceLimits | None,
    network: NetworkPolicy | None,
    ask: bool,
    grace_seconds: float,
    stall_seconds: float,
    options: dict[str, Any],
) -> tuple[Guard, Hub]:
    named = {"default": tokens} if isinstance(tokens, str) else dict(tokens)
    limits = Limits() if limits is None else limits
    service_limits = ServiceLimits() if service_limits is None else service_limits
    if ask and network is None:
        network = NetworkPolicy()
    # What is wrong is known now, and the interpreter compiled before the first who asks.
    with Session(interpreter, limits=limits, network=network, **options) as session:
        session.run("")
    accounts = Accounts(named, service_limits, limits.memory_bytes + limits.file_bytes)
    hub = Hub(
        accounts, interpreter=interpreter, limits=limits, options=options, network=network,
        ask=ask, grace_seconds=grace_seconds,
    )  # fmt: skip
    return Guard(Routes(hub).app(), Tokens(named.items()), accounts, hosts, stall_seconds), hub


class _Server(uvicorn.Server):
    """Lets the hub end its runs when the server is to end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # no new connection while runs end
        await self._hub.stop()
        await super().shutdown(sockets)


def serve(
    tokens: str | Mapping[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    hosts: Iterable[str] = (),
    on_ready: Callable[[str], object] | None = None,
    grace_seconds: float = 10.0,
    stall_seconds: float = 30.0,
    interpreter: str = "cpython",
    limits: Limits | None = None,
    service_limits: ServiceLimits | None = None,
    network: NetworkPolicy | None = None,
    ask: bool = False,
    **options: Any,
) -> None:
    """Serve until SIGINT or SIGTERM; then runs get *grace_seconds* to end.

    Args:
        host, port: Where to listen; port 0 is any that is free.

        hosts: Names by which the service is called beside those of loopback.

        on_ready: Called with the URL when it listens.

        tokens: This and all others as for `create_app`.

    Raises:
        ConfigError: As `create_app`, or the port cannot be had.
    """
    listener = _listen(host, port)
    with contextlib.closing(listener):
        app, hub = _make(
            tokens, {*LOOPBACK, *hosts}, interpreter, limits, service_limits, network, ask,
            grace_seconds, stall_seconds, options,
        )  # fmt: skip
        config = uvicorn.Config(
            app,
            http=Patient,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="on",
            ws="none",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_AFTER_GRACE_SECONDS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
        )
        server = _Server(config, hub)
        if on_ready is not None:
            at, bound = listener.getsockname()[:2]
            on_ready(f"http://{f'[{at}]' if ':' in at else at}:{bound}/")
        asyncio.run(server.serve(sockets=[listener]))


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_MOST_CONNECTIONS)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener
