"""Who may ask: tokens, and what a browser is made to send by others."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ... import ConfigError
from ._accounts import Refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ._accounts import Account, Accounts

_log = logging.getLogger("sandbox_wasm")
PUBLIC = {"/", "/page.js", "/page.css", "/health", "/openapi.json"}
_LEAST = 16  # characters of a token
_TOKEN = re.compile(f"[!-~]{{{_LEAST},512}}")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", (
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        b"require-trusted-types-for 'script'; trusted-types 'none'"
    )),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]  # fmt: skip


class Tokens:
    """Tokens of accounts, of which nothing but digests is kept.

    Args:
        tokens: Pairs of an account's name and its token.

    Raises:
        ConfigError: There is none, or one that is short, or two that are the same.
    """

    def __init__(self, tokens: Iterable[tuple[str, str]]) -> None:
        self._known: list[tuple[bytes, str]] = []
        for name, token in tokens:
            if not _TOKEN.fullmatch(token):
                raise ConfigError(
                    f"the token of {name!r} must have {_LEAST} to 512 characters of ASCII, "
                    "and no spaces"
                )
            self._known.append((_digest(token.encode()), name))
        if not self._known:
            raise ConfigError("a service needs a token")
        if len({digest for digest, _ in self._known}) < len(self._known):
            raise ConfigError("two accounts have the same token")

    def name_of(self, token: bytes) -> str | None:
        """Return whose token it is, None if nobody's; takes the same time for any."""
        given, found = _digest(token), None
        for digest, name in self._known:
            if hmac.compare_digest(digest, given):
                found = name
        return found


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


class Guard:
    """Lets through what has the right host, comes from no other site, and has a token.

    Args:
        app: What is guarded.

        tokens: Who may ask.

        accounts: Theirs, by name.

        hosts: Names by which the service is called, with or without a port. A page that an
            attacker's name leads here sends another.

        stall_seconds: How long a client may not read what it is sent.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: Tokens,
        accounts: Accounts,
        hosts: Iterable[str],
        stall_seconds: float,
    ) -> None:
        self._stall_seconds = stall_seconds
        self._app = app
        self._tokens = tokens
        self._accounts = accounts
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *HEADERS]}
            await asyncio.wait_for(send(message), self._stall_seconds)

        found = self._check(scope)
        if isinstance(found, tuple):
            self._accounts.refused(found[0])
            await refuse(send_safely, *found)
            return
        scope["account"] = found
        try:
            with contextlib.nullcontext() if found is None else found.asking():
                await self._app(scope, receive, send_safely)
        except Refused as refused:  # there is no application yet that could answer
            self._accounts.refused(refused.status)
            await refuse(send_safely, refused.status, str(refused), [(b"retry-after", b"1")])
        except asyncio.TimeoutError:
            _log.info("a client has left its answer unread, and was left")

    def _check(self, scope: Scope) -> Account | None | tuple[int, str]:
        """Return whose request it is, None for nobody's, or status and reason of a refusal."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        if any(len(headers.get(name, [])) > 1 for name in _ONCE):
            return 400, "a header comes twice"
        if b"transfer-encoding" in headers and b"content-length" in headers:
            # A server before this one may find the end of the body elsewhere.
            return 400, "the body has two lengths"
        host = headers.get(b"host", [b""])[0].decode("latin-1").lower()
        if host not in self._hosts and host.rpartition(":")[0] not in self._hosts:
            return 421, "this service is not called by that host's name"
        origin = headers.get(b"origin", [b""])[0].decode("latin-1").lower()
        if origin and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "requests from other sites are refused"
        if scope["path"] in PUBLIC:
            return None
        if headers.get(b"sec-fetch-site", [b"none"])[0] not in (b"none", b"same-origin"):
            return 403, "requests from other sites are refused"
        kind, _, token = headers.get(b"authorization", [b""])[0].partition(b" ")
        name = self._tokens.name_of(token) if kind.lower() == b"bearer" else None
        if name is None:
            return 401, "a token is needed: Authorization: Bearer TOKEN"
        return self._accounts[name]


_ONCE = (b"host", b"origin", b"authorization", b"content-type", b"sec-fetch-site")


async def refuse(
    send: Send, status: int, text: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Answer with an error."""
    body = json.dumps({"error": {"status": status, "text": text}}).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 401:
        fields.append((b"www-authenticate", b"Bearer"))
    elif status == 400:  # what comes next may be no request
        fields.append((b"connection", b"close"))
    fields += headers
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
