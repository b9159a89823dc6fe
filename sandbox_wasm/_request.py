"""What guest code hands to ``fetch``, checked."""

from __future__ import annotations

import errno
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ._credentials import Credential
from ._network import NetworkPolicy
from ._origins import Target, parse

# The connection's own, what asks a server to see another request than the one that was
# checked, and what tells it where the request came from.
_REFUSED = {
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
    "upgrade", "expect", "accept-encoding", "http2-settings", "via", "forwarded", "x-real-ip",
    "x-original-url", "x-rewrite-url", "x-http-method", "x-http-method-override",
    "x-method-override", "x-original-method",
}  # fmt: skip
_REFUSED_PREFIXES = ("proxy-", "sec-", "x-forwarded-")
_IDENTITY = {"authorization", "cookie", "cookie2"}
# With these a server's answer can be had in pieces too small to find a secret in.
_PARTIAL = {"range", "if-range"}
# Underscores, because some servers take them for hyphens.
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_VALUE = re.compile(r"[\x20-\x7e\t]{0,8192}")
_HEADERS = 64
_HEADERS_BYTES = 32_768


@dataclass(slots=True)
class Request:
    """One request, checked but for whether its target is allowed.

    Args:
        headers: Guest code's own, by lower-case names.

        content: The body, or None.

        came_from: The target whose answer led here; None for the first request.

        is_first_origin: Whether guest code itself named the origin.

        has_had_credentials: Whether the host's were sent on the way.
    """

    target: Target
    method: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    came_from: Target | None = None
    is_first_origin: bool = True
    has_had_credentials: bool = False

    def redirected(self, status: int, target: Target) -> Request:
        """Return the request that an answer of *status* asks for."""
        method, content, headers = self.method, self.content, self.headers
        if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
            method, content = "GET", None
            headers = {k: v for k, v in headers.items() if not k.startswith("content-")}
        return replace(
            self,
            target=target,
            method=method,
            headers=headers,
            content=content,
            came_from=self.target,
            is_first_origin=self.is_first_origin and target.origin == self.target.origin,
        )

    def headers_with(self, credentials: Iterable[Credential]) -> dict[str, str]:
        """Return all headers to send, with the *credentials* of the target's origin.

        A header that says who asks does not follow a redirect to another origin.

        Raises:
            PermissionError: Guest code has set one that the host sets, or that
                would help to find out what the host sets.
        """
        credentials = tuple(credentials)
        own = dict(self.headers)
        if not self.is_first_origin:
            for name in _IDENTITY:
                own.pop(name, None)
        if credentials:
            taken = {credential.header.lower() for credential in credentials}
            for name in sorted((taken | _IDENTITY | _PARTIAL) & own.keys()):
                if self.is_first_origin:
                    raise PermissionError(
                        errno.EPERM,
                        f"the host has a credential for {self.target.origin}: "
                        f"guest code cannot set {name} there",
                    )
                del own[name]
        headers = {
            "host": self.target.authority,
            "accept": "*/*",
            "user-agent": "sandbox-wasm",
            **own,
            "accept-encoding": "gzip",
            "connection": "close",
        }
        if self.content is not None or self.method in {"POST", "PUT", "PATCH"}:
            headers["content-length"] = str(len(self.content or b""))
        for credential in credentials:
            headers[credential.header.lower()] = credential.value
        return headers


def read_request(
    policy: NetworkPolicy,
    url: object,
    method: object,
    headers: object,
    body: object,
    timeout: object,
) -> tuple[Request, float]:
    """Return the request, and the seconds that it may take.

    Raises:
        PermissionError: The policy does not allow it, wherever it goes.
        ValueError, TypeError: It is no request.
    """
    if not isinstance(method, str) or method.upper() not in policy.methods:
        allowed = ", ".join(policy.methods)
        raise PermissionError(errno.EPERM, f"the policy allows these methods: {allowed}")
    method = method.upper()
    content = _content(body, policy.max_request_bytes)
    if content is not None and method in {"GET", "HEAD"}:
        raise ValueError(f"a {method} request has no body")
    request = Request(parse(url), method, _headers(policy, headers), content)
    return request, min(policy.timeout, _seconds(timeout))


def _headers(policy: NetworkPolicy, given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > _HEADERS:
        raise TypeError(f"headers must be a dict of at most {_HEADERS} texts")
    found: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError("headers must be a dict of texts")
        if _NAME.fullmatch(name) is None:
            raise ValueError("a header's name is of letters, digits and hyphens")
        if _VALUE.fullmatch(value) is None:
            raise ValueError(f"the value of the header {name} is not visible ASCII")
        key = name.lower()
        if key in _REFUSED or key.startswith(_REFUSED_PREFIXES):
            raise PermissionError(errno.EPERM, f"the header {name} is the host's to set")
        if key in _IDENTITY and not policy.own_credentials:
            raise PermissionError(errno.EPERM, f"the policy has no own_credentials: no {name}")
        if key in found:
            raise ValueError(f"the header {name} is given twice")
        found[key] = value.strip(" \t")
    if sum(len(name) + len(value) for name, value in found.items()) > _HEADERS_BYTES:
        raise ValueError(f"the headers are larger than {_HEADERS_BYTES} bytes")
    return found


def _content(body: object, most: int) -> bytes | None:
    if body is None:
        return None
    if isinstance(body, str):
        body = body.encode("utf-8", "replace")
    if not isinstance(body, (bytes, bytearray)):
        raise TypeError("the body must be bytes or str")
    if len(body) > most:
        raise ValueError(f"the body is larger than max_request_bytes={most}")
    return bytes(body)


def _seconds(timeout: object) -> float:
    if timeout is None:
        return math.inf
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ValueError("timeout must be a number of seconds above 0")
    return float(min(timeout, 86_400))
