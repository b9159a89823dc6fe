"""URLs: parsed once, matched, and rebuilt from the parts that were matched.

What guest code or a server wrote is read by one parser, the HTTP library's own, and
nothing that it has not returned is sent anywhere. Before that, whatever the two
standards in use (RFC 3986 and WHATWG) read differently is refused, so that there is no
second opinion on where a URL leads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote

from ._addresses import Network, networks
from ._checks import shown
from ._errors import ConfigError

_MAX_URL = 8192
_PORTS = {"http": 80, "https": 443}

# No user, no backslash, no space or control character, no zone of an IPv6 address.
_URL = re.compile(
    r"(?i:https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\x00-\x20\x7f\\/?#@:\[\]%]+)"
    r"(?P<port>:[0-9]{1,5})?(?:[/?#][^\x00-\x20\x7f\\]*)?"
)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# A last label like these makes a name an IPv4 address to some parsers and resolvers.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, in canonical parts.

    Args:
        scheme: ``"http"`` or ``"https"``.

        host: A lower-case ASCII name, or an IP address without brackets.

        port: Always given.

        path: Begins with a slash; percent-encoded.

        query: With its question mark; empty if there is none.
    """

    scheme: str
    host: str
    port: int
    path: str = "/"
    query: str = ""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _PORTS[self.scheme] == self.port else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address."""
        return ":" in self.host or self.host.replace(".", "").isdigit()

    def __str__(self) -> str:
        return f"{self.origin}{self.path}{self.query}"


def parser() -> Any:
    """Return the HTTP library's URL class.

    Raises:
        ConfigError: The library is not installed.
    """
    try:
        import httpcore  # noqa: F401
        from httpx import URL
    except ImportError:
        raise ConfigError(
            "the network needs the extra 'fetch': python -m pip install 'sandbox-wasm[fetch]'"
        ) from None
    return URL


def parse(text: object, base: Target | None = None) -> Target:
    """Read a URL.

    Args:
        text: As guest code or a server wrote it.

        base: What it may be relative to.

    Raises:
        ValueError: It is no absolute URL of http or https, or a dubious one. The
            message is fit for guest code.
    """
    if not isinstance(text, str):
        raise ValueError("the URL must be a str")
    if len(text) > _MAX_URL:
        raise ValueError(f"the URL is longer than {_MAX_URL} characters")
    url_class = parser()
    try:
        if base is not None and _URL.fullmatch(text) is None:
            if re.search(r"[\x00-\x20\x7f\\]", text):
                raise ValueError
            text = str(url_class(str(base)).join(text))
        if _URL.fullmatch(text) is None:
            raise ValueError
        url = url_class(text)
        target = _canonical(url)
    except Exception:
        # The library has classes and texts of its own; guest code gets ours.
        raise ValueError(
            "not a URL that can be fetched: write https://host/path, with no user, "
            "backslash or blank, and the host as a name or a usual IP address"
        ) from None
    if len(str(target)) > _MAX_URL:
        raise ValueError(f"the URL is longer than {_MAX_URL} characters")
    return target


def _canonical(url: Any) -> Target:
    path, mark, query = url.raw_path.decode("ascii").partition("?")
    port = _PORTS[url.scheme] if url.port is None else url.port
    if url.userinfo or not 0 < port < 65536:
        raise ValueError
    host = _host(url.raw_host.decode("ascii"))
    return Target(url.scheme, host, port, path or "/", mark + query)


def _host(host: str) -> str:
    """Return *host* in its one form.

    Raises:
        ValueError: It has none.
    """
    if ":" in host:
        return str(IPv6Address(host))
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        if (
            len(host) > 253
            or _NAME.fullmatch(host) is None
            or _NUMBER.fullmatch(host.rpartition(".")[2])
        ):
            raise ValueError from None
    return host


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry of an allow-list.

    Args:
        target: The origin; its path is the prefix.

        wildcard: Whether exactly one more label stands before the host.

        own: Addresses that naming the origin grants: the host itself, if it is
            one, and loopback for ``localhost``.
    """

    target: Target
    wildcard: bool = False
    own: tuple[Network, ...] = ()

    @classmethod
    def of(cls, text: object) -> Grant:
        """Read ``https://host``, with a port, a path prefix or ``*.`` before the host.

        Raises:
            ConfigError: It is something else.
        """
        if not isinstance(text, str):
            raise ConfigError(f"an origin must be a str, got {type(text).__name__}")
        plain = re.sub(r"^([A-Za-z]+://)\*\.", r"\1", text)
        wildcard = plain != text
        try:
            target = parse(plain)
        except ValueError as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(
                f"{shown(text)} is not an origin such as https://example.com"
            ) from None
        if "?" in plain or "#" in plain:
            raise ConfigError(f"an origin has neither query nor fragment, got {shown(text)}")
        if wildcard and (target.is_address or "." not in target.host):
            raise ConfigError(
                f"a wildcard stands before a name of two labels or more, got {shown(text)}"
            )
        if not is_plain_path(target.path):
            raise ConfigError(f"the path of an origin must be plain, got {shown(text)}")
        own: tuple[Network, ...] = ()
        if target.is_address:
            own = networks([target.host])
        elif target.host == "localhost" and not wildcard:
            own = networks(["127.0.0.0/8", "::1/128"])
        return cls(target, wildcard, own)

    def covers(self, target: Target) -> bool:
        """Whether *target* may be asked by this entry."""
        host = target.host.partition(".")[2] if self.wildcard else target.host
        mine = self.target
        if (target.scheme, host, target.port) != (mine.scheme, mine.host, mine.port):
            return False
        if mine.path == "/":
            return True
        if not is_plain_path(target.path):
            return False
        prefix = mine.path.rstrip("/")
        if mine.path.endswith("/"):
            return target.path.startswith(mine.path)
        return target.path == prefix or target.path.startswith(prefix + "/")


def is_plain_path(path: str) -> bool:
    """Whether no server can read *path* as one that leads elsewhere."""
    for _ in range(4):  # some decode twice
        if re.search(r"[\\\x00-\x1f]|%2f|%5c|//", path, re.IGNORECASE):
            return False
        if any(part.partition(";")[0] in {".", ".."} for part in path.split("/")):
            return False
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return True
        path = decoded
    return False


def origin(text: object) -> Target:
    """Read an origin and nothing more than that.

    Raises:
        ConfigError: It is something else.
    """
    grant = Grant.of(text)
    if grant.wildcard or grant.target.path != "/":
        raise ConfigError(f"an origin is scheme, host and port, got {shown(text)}")
    return grant.target


def is_local(target: Target) -> bool:
    """Whether *target* is this very machine, by what it is called."""
    if target.is_address:
        return ip_address(target.host).is_loopback
    return target.host == "localhost"
