"""The host function behind ``fetch``: one request of guest code, made by the host."""

from __future__ import annotations

import errno
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _prelude
from ._addresses import refusal
from ._approval import Approver
from ._credentials import Redactor
from ._errors import ConfigError
from ._network import NetworkPolicy
from ._origins import Grant, Target, parse, parser
from ._request import Request, read_request
from .interpreters import _base

if TYPE_CHECKING:
    from ._connect import Clock
    from ._functions import HostFunctions
    from ._ledger import Ledger

_NAME = "_sandbox_fetch"  # guest code has a wrapper for it, see _guest/fetch.py

_REDIRECTS = {301, 302, 303, 307, 308}
_ENCODINGS = {"", "identity", "gzip", "x-gzip"}
# What was true of the bytes on the wire only.
_DROPPED = {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"}
_COOKIES = {"set-cookie", "set-cookie2"}
_ENVELOPE = 16_384  # bytes of a host call's answer that are neither body nor headers
_HEADERS_BYTES = 65_536
_SHOWN = 200


@dataclass
class Answer:
    """What a server has said.

    Args:
        location: Where it redirects to, as it says it; None if it does not.
    """

    status: int
    reason: str
    headers: list[list[str]]
    body: bytes
    location: str | None


def connect(
    policy: object, interpreter: str, functions: HostFunctions, ledger: Ledger
) -> _base.Request:
    """Grant a session the network; returns what its guest must run to know of it.

    Raises:
        ConfigError: *policy* is none, or cannot be carried out; or a host function
            is called ``fetch``.
    """
    if not isinstance(policy, NetworkPolicy):
        raise ConfigError(f"network must be a NetworkPolicy, got {type(policy).__name__}")
    fetch = Fetch(policy, ledger)
    # Without the hints, for which pydantic would be imported.
    functions.grant(_NAME, lambda *args: fetch(*args), "fetch")  # noqa: PLW0108
    return _base.Request("prelude", *_prelude.network(interpreter))


class Fetch:
    """Makes requests for one session.

    Args:
        policy: What is allowed.

        ledger: The session's account. It says whether the run is to end, and takes
            note of what was asked for.

    Raises:
        ConfigError: The extra is not installed, or the certificates cannot be read.
    """

    def __init__(self, policy: NetworkPolicy, ledger: Ledger) -> None:
        parser()
        from ._connect import Resolver, tls_context

        self._policy = policy
        self._ledger = ledger
        self._resolver = Resolver()
        self._approver = Approver(policy, ledger)
        self._requests = 0
        self._redactor = Redactor(credential.value for credential in policy.credentials)
        self._credentials = [(each.target.origin, each) for each in policy.credentials]
        # The body crosses in base64, with the headers, in one answer.
        room = (ledger.host_call_bytes - _ENVELOPE - 2 * _HEADERS_BYTES) * 3 // 4
        self._max_bytes = min(policy.max_bytes, max(0, room))
        try:
            self._tls = tls_context(policy.ca_file)  # now, not on the clock of a run
        except OSError as error:
            raise ConfigError(f"ca_file: {error.strerror or 'no certificates'}") from None

    def __call__(
        self,
        url: Any,
        method: Any = "GET",
        headers: Any = None,
        body: Any = None,
        timeout: Any = None,
    ) -> dict[str, Any]:
        """Make a request, and return its answer as data.

        Raises:
            PermissionError: The policy does not allow it.
            ValueError, TypeError: It is no request.
            TimeoutError, ConnectionError, OSError: It was made, and failed.
        """
        from ._connect import RunIsOver

        try:
            request, seconds = read_request(self._policy, url, method, headers, body, timeout)
        except (PermissionError, ValueError, TypeError) as error:
            self._note("?", ascii(url)[:_SHOWN], False, error, time.time())
            raise
        try:
            answer, request = self._follow(request, self._clock(seconds))
        except RunIsOver:
            raise InterruptedError(errno.EINTR, "the run is over") from None
        return {
            "url": self._told(request, str(request.target)),
            "status": answer.status,
            "reason": answer.reason,
            "headers": answer.headers,
            "body": answer.body,
        }

    def _clock(self, seconds: float) -> Clock:
        from ._connect import Clock

        return Clock(seconds, lambda: self._ledger.is_over)

    def _told(self, request: Request, text: str) -> str:
        """Return *text*, a part of the request's URL, as guest code may see it.

        What it wrote itself it sees unchanged: that something is redacted would tell it
        that it has guessed a secret.
        """
        return text if request.came_from is None else self._redactor.clean_text(text)

    def _note(self, method: str, shown: str, granted: bool, what: object, began: float) -> None:
        if isinstance(what, Exception):
            what = f"{type(what).__name__}: {getattr(what, 'strerror', None) or what}"
        clean = self._redactor.clean_text
        self._ledger.audit.note("network", method, clean(shown), granted, clean(str(what)), began)

    def _follow(self, request: Request, clock: Clock) -> tuple[Answer, Request]:
        for _ in range(self._policy.max_redirects + 1):
            answer = self._hop(request, clock)
            if answer.location is None:
                return answer, request
            try:
                target = parse(answer.location, request.target)
            except ValueError:
                raise ConnectionError(
                    errno.EPROTO, "the answer redirects to what cannot be fetched"
                ) from None
            if target.origin != request.target.origin and self._redactor.finds(str(target)):
                # Whoever asked for it, this server is giving the host's secret away.
                raise PermissionError(
                    errno.EPERM, "the answer redirects a credential to another origin"
                )
            request = request.redirected(answer.status, target)
        raise OSError(
            errno.ELOOP, f"more redirects than max_redirects={self._policy.max_redirects}"
        )

    def _hop(self, request: Request, clock: Clock) -> Answer:
        """Make one request of those that redirects make of one."""
        began = time.time()
        granted = False
        shown = str(request.target)
        try:
            grant = self._authorize(request, clock)
            credentials = [
                credential
                for origin, credential in self._credentials
                if origin == request.target.origin
            ]
            headers = request.headers_with(credentials)
            granted = True
            answer = self._exchange(request, headers, grant, clock)
        except Exception as error:
            self._note(
                request.method, shown, granted and type(error) is not PermissionError, error, began
            )
            raise
        self._note(request.method, shown, True, answer.status, began)
        if credentials or request.has_had_credentials:
            # A cookie given to the host is as good as its credential.
            request.has_had_credentials = True
            answer.headers = [pair for pair in answer.headers if pair[0] not in _COOKIES]
        return answer

    def _authorize(self, request: Request, clock: Clock) -> Grant | None:
        """Return the entry of the policy that allows *request*; None if its owner does."""
        target = request.target
        if request.method not in self._policy.methods:
            raise PermissionError(errno.EPERM, f"{request.method} is not an allowed method")
        grant = self._policy.grant_for(target)
        if grant is None:
            before = time.monotonic()
            # An address that could not be connected to all the same is not asked about.
            # (No secret is shown either: redirects that carry one do not come to this.)
            allowed = not self._is_inside(target) and self._approver.allows(
                request.method,
                target.origin,
                str(target),
                None if request.came_from is None else request.came_from.origin,
                self._clock,
            )
            clock.extend(time.monotonic() - before)
            if not allowed:
                what = "redirect to " if request.came_from is not None else ""
                path = "; the path is not" if self._knows(target) else ""
                told = self._told(request, target.origin)
                raise PermissionError(errno.EPERM, f"{what}{told} is not an allowed origin{path}")
        if self._requests >= self._policy.max_requests:
            raise PermissionError(
                errno.EPERM, f"more requests than max_requests={self._policy.max_requests}"
            )
        self._requests += 1
        return grant

    def _exchange(
        self, request: Request, headers: dict[str, str], grant: Grant | None, clock: Clock
    ) -> Answer:
        import ssl

        import httpcore

        from ._connect import Backend

        target, policy = request.target, self._policy
        own = () if grant is None else grant.own
        host = target.host.encode("ascii")
        scheme = target.scheme.encode("ascii")
        # Any, because it is shaped like httpcore's class and not derived from it: mypy sees
        # that class only where the extra is installed.
        backend: Any = Backend(
            target,
            (*own, *policy.private),
            policy.allow_private is True,
            self._resolver,
            clock,
        )
        connection = httpcore.HTTPConnection(
            httpcore.Origin(scheme, host, target.port),
            ssl_context=self._tls if target.scheme == "https" else None,
            network_backend=backend,
        )
        try:
            # Made of the parts that were matched: nothing parses the URL again.
            response = connection.handle_request(
                httpcore.Request(
                    request.method.encode("ascii"),
                    httpcore.URL(
                        scheme=scheme,
                        host=host,
                        port=target.port,
                        target=(target.path + target.query).encode("ascii"),
                    ),
                    headers=[(k.encode("ascii"), v.encode("ascii")) for k, v in headers.items()],
                    content=request.content,
                )
            )
            return self._read(response, clock)
        except ssl.SSLCertVerificationError as error:
            raise ConnectionError(
                errno.EPROTO,
                f"the certificate of {self._told(request, target.origin)} is not valid: "
                f"{error.verify_message}",
            ) from None
        except httpcore.ProtocolError:
            raise ConnectionError(errno.EPROTO, "the answer is not proper HTTP") from None
        except (httpcore.NetworkError, ssl.SSLError, ConnectionResetError, BrokenPipeError):
            raise ConnectionError(
                errno.ECONNRESET, f"the connection to {self._told(request, target.origin)} broke"
            ) from None
        finally:
            connection.close()

    def _read(self, response: Any, clock: Clock) -> Answer:
        """Take the answer as it comes, and no more of it than is allowed."""
        raw = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in response.headers
        ]
        if sum(len(name) + len(value) for name, value in raw) > _HEADERS_BYTES:
            raise ConnectionError(errno.EPROTO, f"the headers exceed {_HEADERS_BYTES} bytes")
        location = None
        if response.status in _REDIRECTS:
            location = next((value for name, value in raw if name == "location"), None)
        encoding = ",".join(value for name, value in raw if name == "content-encoding")
        encoding = encoding.strip().lower()
        body = b""
        if location is None:
            if encoding not in _ENCODINGS:
                raise ConnectionError(
                    errno.EPROTO, "the answer is compressed in a way that was not asked for"
                )
            body = self._body(response.iter_stream(), encoding.endswith("gzip"), clock)
        clean = self._redactor.clean_text
        reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
        return Answer(
            response.status,
            clean(reason),
            [[clean(name), clean(value)] for name, value in raw if name not in _DROPPED],
            self._redactor.clean(body, clock.turn),
            location,
        )

    def _body(self, stream: Iterable[bytes], compressed: bool, clock: Clock) -> bytes:
        pieces: list[bytes] = []
        came = size = 0
        unpack = zlib.decompressobj(31)
        is_within = False  # a member of the gzip file
        for chunk in stream:
            clock.turn()  # what came at once may be many small chunks
            came += len(chunk)
            while chunk:
                if compressed:
                    try:
                        piece = unpack.decompress(chunk, self._max_bytes - size + 1)
                    except zlib.error:
                        raise ConnectionError(
                            errno.EPROTO, "the answer is not the gzip that it says"
                        ) from None
                    chunk = unpack.unconsumed_tail
                    is_within = not unpack.eof
                    if unpack.eof:
                        chunk, unpack = unpack.unused_data, zlib.decompressobj(31)
                else:
                    piece, chunk = chunk, b""
                size += len(piece)
                if size > self._max_bytes or came > self._max_bytes + 1024:
                    raise OSError(errno.EFBIG, self._too_large())
                pieces.append(piece)
        if is_within:
            raise ConnectionError(errno.EPROTO, "the answer ends in the middle")
        return b"".join(pieces)

    def _too_large(self) -> str:
        if self._max_bytes < self._policy.max_bytes:
            return (
                f"the answer is larger than the {self._max_bytes} bytes for which "
                f"host_call_bytes={self._ledger.host_call_bytes} has room"
            )
        return f"the answer is larger than max_bytes={self._max_bytes}"

    def _is_inside(self, target: Target) -> bool:
        policy = self._policy
        private = policy.allow_private is True
        return target.is_address and refusal(target.host, policy.private, private) is not None

    def _knows(self, target: Target) -> bool:
        """Whether some path of the origin is allowed."""
        return any(grant.target.origin == target.origin for grant in self._policy.grants)
