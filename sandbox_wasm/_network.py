"""What of the network a session is granted: nothing, but for what stands here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING

from ._checks import check_number, check_word, listed
from ._errors import ConfigError

# A session without a network should not wait for what parses addresses and URLs.
if TYPE_CHECKING:
    from ._addresses import Network
    from ._credentials import Credential
    from ._origins import Grant, Target

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_RANGE: dict[str, tuple[float, float]] = {
    "max_bytes": (0, 1 << 30),
    "max_request_bytes": (0, 1 << 30),
    "max_requests": (0, 1 << 40),
    "max_redirects": (0, 20),
    "timeout": (0.001, 86_400),
    "max_questions": (0, 1000),
    "approval_seconds": (0.001, 86_400),
}


class Approval(Enum):
    """What `NetworkPolicy.on_blocked` answers.

    ALLOW_ONCE is for this request, ALLOW_SESSION for the origin from now on.
    """

    DENY = "deny"
    ALLOW_ONCE = "allow once"
    ALLOW_SESSION = "allow for the session"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedRequest:
    """A request that the policy does not allow, as whoever is asked sees it.

    The texts are ASCII without control characters, made from the parsed request:
    it is what would be sent, and guest code has no say in how it is shown.

    Args:
        method: Such as ``"GET"``.

        origin: Scheme, host and port. An international name is in its ASCII form.

        url: The whole URL, cut off after 200 characters.

        redirected_from: The origin whose answer led here, or None.

        is_open: Returns False once nobody waits for the answer any more.
    """

    method: str
    origin: str
    url: str
    redirected_from: str | None = None
    is_open: Callable[[], bool] = field(default=lambda: True, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """Which requests guest code may make, and within what bounds.

    With ``Session(network=NetworkPolicy(...))`` guest code has a function ``fetch``;
    on CPython ``urllib.request`` and a module ``requests`` go through it, too. The
    host makes the request, and guest code never has a socket. Needs the extra
    ``fetch``.

        >>> policy = NetworkPolicy(allow=["https://api.example.com", "https://*.example.org/v1"])
        >>> policy.methods
        ('GET', 'HEAD')

    Args:
        allow: Origins: scheme, host and port exactly. With a path, requests must
            lie below it. ``*.`` before the host stands for exactly one label:
            whoever allows it allows the owner of the domain to be told things in
            the names that guest code asks for.

        methods: HTTP methods.

        max_bytes: Size of one answer's body, after it has been decompressed.
            Beyond it guest code gets an ``OSError``. What is read as a whole must also
            fit `Limits.memory_bytes`.

        max_request_bytes: Size of one request's body.

        max_requests: Requests of the whole session, redirects included.

        max_redirects: Redirects of one request; each is checked like a request.

        timeout: Seconds for one request from its beginning to the end of its
            answer, redirects and reading it in pieces included. Guest code may ask
            for less.

        allow_private: Whether a name may lead to loopback and private addresses,
            or the networks it may lead to, such as ``["10.1.0.0/16"]``. Link-local
            and reserved addresses, where clouds hand out credentials, must be
            named. An allowed origin whose host is an IP address, or
            ``localhost``, grants that address by itself.

        own_credentials: Whether guest code may send ``Authorization`` and
            ``Cookie`` headers of its own. With them it can act, and leave data, in
            an account that is not yours.

        credentials: What the host adds to requests.

        ca_file: A file of certificates to trust in place of the usual ones.

        on_blocked: Asked about a request to an origin that is not allowed, on a
            thread of its own; see `Approval`. Anything but an `Approval`, an
            exception, and no answer in time are a no; who does not answer is not
            asked again. Private addresses are not its to allow.

        max_questions: How often it is asked in one session.

        approval_seconds: How long an answer is waited for. This time does not
            count as the run's.

    Raises:
        ConfigError: An argument is of the wrong type or out of range, or the
            extra is not installed.
    """

    allow: Iterable[str] = ()
    methods: Iterable[str] = ("GET", "HEAD")
    max_bytes: int = 2 << 20
    max_request_bytes: int = 1 << 20
    max_requests: int = 1000
    max_redirects: int = 5
    timeout: float = 30.0
    allow_private: bool | Iterable[str] = False
    own_credentials: bool = False
    credentials: Iterable[Credential] = ()
    ca_file: str | None = None
    on_blocked: Callable[[BlockedRequest], Approval] | None = None
    max_questions: int = 20
    approval_seconds: float = 60.0
    grants: tuple[Grant, ...] = field(init=False, repr=False, compare=False, default=())
    private: tuple[Network, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        from ._addresses import networks
        from ._credentials import Credential
        from ._origins import Grant

        for name in ("allow", "methods", "credentials"):
            _set(self, name, tuple(listed(getattr(self, name), name)))
        for item in fields(self):
            if item.name in _RANGE:
                low, high = _RANGE[item.name]
                value = getattr(self, item.name)
                check_number(item.name, value, low, high, fraction=item.type == "float")
        methods: Iterable[object] = self.methods
        for method in methods:
            check_word("a method", method, sorted(_METHODS))
        for credential in self.credentials:
            if not isinstance(credential, Credential):
                raise ConfigError(
                    f"credentials must be Credential, got {type(credential).__name__}"
                )
        if self.on_blocked is not None and not callable(self.on_blocked):
            raise ConfigError("on_blocked must be callable")
        if inspect.iscoroutinefunction(self.on_blocked):
            raise ConfigError("on_blocked must be a plain function: it has a thread of its own")
        if not isinstance(self.own_credentials, bool):
            raise ConfigError("own_credentials must be a bool")
        if self.ca_file is not None and not isinstance(self.ca_file, str):
            raise ConfigError("ca_file must be a str")
        if not isinstance(self.allow_private, bool):
            named = tuple(listed(self.allow_private, "allow_private"))
            _set(self, "allow_private", named)
            _set(self, "private", networks(named))
        _set(self, "grants", tuple(map(Grant.of, self.allow)))

    def grant_for(self, target: Target) -> Grant | None:
        """Return the entry that allows *target*, or None."""
        return next((grant for grant in self.grants if grant.covers(target)), None)


def _set(policy: NetworkPolicy, name: str, value: object) -> None:
    object.__setattr__(policy, name, value)
