"""The host function behind ``fetch``: one request of guest code, made by the host."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import _prelude
from ._addresses import refusal
from ._answer import Answer, Answers, take
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

_NAME = "_sandbox_fetch"  # guest code has a wrapper for them, see _guest/fetch.py
_NAME_OF_MORE = "_sandbox_fetch_more"

_COOKIES = {"set-cookie", "set-cookie2"}
_SHOWN = 200


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
    functions.grant(_NAME_OF_MORE, lambda *args: fetch.more(*args), "fetch")  # noqa: PLW0108
    ledger.at_end = fetch.close
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
        self._answers = Answers(ledger.host_call_bytes)
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
        try:
            request, seconds = read_request(self._policy, url, method, headers, body, timeout)
        except (PermissionError, ValueError, TypeError) as error:
            self._note("?", ascii(url)[:_SHOWN], False, error, time.time())
            raise
        with _until_the_end():
            answer, request = self._follow(request, self._clock(seconds))
        more, shown, method = None, str(request.target), request.method
        if answer.body is not None and not answer.body.is_over:
            began = time.time()
            more = self._answers.keep(
                answer.body, lambda error: self._note(method, shown, True, error, began)
            )
        return {
            "url": self._told(request, shown),
            "status": answer.status,
            "reason": answer.reason,
            "headers": answer.headers,
            "body": answer.first,
            "more": more,
        }

    def more(self, name: Any, go_on: Any = True) -> tuple[bytes, bool]:
        """Return the next piece of the body that an answer calls *name*, and whether there is more.

        Args:
            go_on: False closes it, and returns nothing.

        Raises:
            TimeoutError, ConnectionError, OSError: The rest cannot be had.
        """
        if not go_on:
            self._answers.close(name)
            return b"", False
        with _until_the_end():
            return self._answers.read(name)

    def close(self) -> None:
        """Close what guest code has not read to its end: the run is over."""
        self._answers.close_all()

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
        told = self._told(request, target.origin)
        answer = None
        try:
            # Made of the parts that were matched: nothing parses the URL again.
            asked = httpcore.Request(
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
            with _translated(told):
                response = connection.handle_request(asked)
            found = take(
                response,
                self._redactor,
                policy.max_bytes,
                clock,
                lambda: _translated(told),
                connection.close,
            )
            if found.body is not None:
                texts = sum(len(name) + len(value) for name, value in found.headers)
                found.first = found.body.read(self._answers.room(texts + len(str(target))))
            answer = found
        finally:
            if answer is None or answer.body is None:
                connection.close()
        return answer

    def _is_inside(self, target: Target) -> bool:
        policy = self._policy
        private = policy.allow_private is True
        return target.is_address and refusal(target.host, policy.private, private) is not None

    def _knows(self, target: Target) -> bool:
        """Whether some path of the origin is allowed."""
        return any(grant.target.origin == target.origin for grant in self._policy.grants)


@contextlib.contextmanager
def _until_the_end() -> Iterator[None]:
    from ._connect import RunIsOver

    try:
        yield
    except RunIsOver:
        raise InterruptedError(errno.EINTR, "the run is over") from None


@contextlib.contextmanager
def _translated(origin: str) -> Iterator[None]:
    """Have the errors of a connection to *origin* come as those that guest code gets."""
    import ssl

    import httpcore

    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ConnectionError(
            errno.EPROTO, f"the certificate of {origin} is not valid: {error.verify_message}"
        ) from None
    except httpcore.ProtocolError:
        raise ConnectionError(errno.EPROTO, "the answer is not proper HTTP") from None
    except (httpcore.NetworkError, ssl.SSLError, ConnectionResetError, BrokenPipeError):
        raise ConnectionError(errno.ECONNRESET, f"the connection to {origin} broke") from None
