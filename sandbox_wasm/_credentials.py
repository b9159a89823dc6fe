"""Secrets that are added to a request after it has left the guest.

They stand in the policy and in the request on the wire, and nowhere else. What comes
back is searched for them before guest code sees it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, quote_plus

from ._checks import shown
from ._errors import ConfigError
from ._origins import Target, is_local, origin

REDACTED = b"[redacted]"

_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
# The connection's own headers; a value there would not be what it seems.
_NOT_HERE = {
    "host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer",
    "accept-encoding", "expect", "keep-alive", "proxy-connection",
}  # fmt: skip
# Shorter ones would be found in every other text.
_MIN_SECRET = 8


@dataclass(frozen=True, slots=True)
class Credential:
    """A header that the host adds to requests to one origin.

    Guest code never has the value: not in memory, results, errors or snapshots. It
    cannot send the header itself, and a redirect to another origin goes without.
    Where the server's answer repeats the value, whole or word by word, plain or in
    base64, hexadecimal, percent-encoding, JSON or HTML, ``[redacted]`` stands
    instead. A server that repeats it in yet another form gives it away.

    Args:
        origin: Scheme, host and port, such as ``"https://api.example.com"``. Plain
            http is refused unless the host is this machine.

        header: Such as ``"Authorization"``.

        value: Such as ``"Bearer ..."``; at least 8 characters of ASCII.

    Raises:
        ConfigError: One of them is not that.
    """

    origin: str
    header: str
    value: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("header", "value"):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(f"the {name} of a credential must be a str")
        target = self.target
        if target.scheme != "https" and not is_local(target):
            raise ConfigError(f"a credential goes over https, not to {shown(target.origin)}")
        if _NAME.fullmatch(self.header) is None or self.header.lower() in _NOT_HERE:
            raise ConfigError(f"{shown(self.header)} is not a header for a credential")
        if _VALUE.fullmatch(self.value) is None or len(self.value) < _MIN_SECRET:
            raise ConfigError(
                f"a credential's value is {_MIN_SECRET} or more visible characters of ASCII"
            )

    @property
    def target(self) -> Target:
        """The origin, parsed."""
        return origin(self.origin)


class Redactor:
    """Takes secrets out of what a server has sent.

    Args:
        values: The secrets.
    """

    def __init__(self, values: Iterable[str]) -> None:
        forms: set[bytes] = set()
        for value in values:
            for secret in _secrets(value):
                forms |= _forms(secret)
        # The longest first: what contains another goes as a whole.
        self._forms = sorted(forms, key=len, reverse=True)

    def clean(self, data: bytes, look: Callable[[], object] = bool) -> bytes:
        """Return *data* without the secrets, whatever the case of its letters.

        Calls *look* from time to time, which may raise.
        """
        return self.stream().feed(data, True, look)

    def stream(self) -> Redaction:
        """Return what does the same for data that comes in pieces."""
        return Redaction(self._forms)

    def finds(self, text: str) -> bool:
        """Whether *text* has a secret in it."""
        return self.clean_text(text) != text

    def clean_text(self, text: str) -> str:
        """Return *text* likewise, as far as it is Latin-1."""
        return self.clean(text.encode("latin-1", "replace")).decode("latin-1")


class Redaction:
    """Takes secrets out of one stream of bytes, wherever it is cut into pieces.

    Args:
        forms: What to look for, in lower case.
    """

    def __init__(self, forms: Sequence[bytes]) -> None:
        self._forms = forms
        self._held_back = max(map(len, forms), default=1) - 1
        self._rest = b""  # what a secret may have begun in
        self._done = 0  # bytes of it that belong to one that was found

    def feed(self, data: bytes, is_last: bool, look: Callable[[], object] = bool) -> bytes:
        """Return as much of the stream as *data* makes certain; all of it at its end.

        Calls *look* from time to time, which may raise.
        """
        if not self._forms:
            return data
        data = self._rest + data
        # A secret that begins before this ends within the data.
        sure = len(data) if is_last else max(0, len(data) - self._held_back)
        pieces, end = [], self._done
        for first, last in self._found(data, look):
            if first >= sure:
                break
            if first >= end:
                pieces += [data[end:first], REDACTED]
            end = max(end, last)
        pieces.append(data[end:sure])
        self._rest = data[sure:]
        self._done = max(0, end - sure)
        return b"".join(pieces)

    def _found(self, data: bytes, look: Callable[[], object]) -> list[tuple[int, int]]:
        lowered = data.lower()
        spans: list[tuple[int, int]] = []
        for form in self._forms:
            look()
            at = lowered.find(form)
            while at >= 0:
                spans.append((at, at + len(form)))
                at = lowered.find(form, at + 1)
        return sorted(spans)


def _secrets(value: str) -> set[str]:
    """Return *value* and the words of it that are secret by themselves."""
    found = {value}
    for word in re.split(r"[\s,;=]+", value):
        if len(word) >= _MIN_SECRET:
            found.add(word)
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest, validate=True).decode("latin-1")
        except ValueError:
            return found
        found |= {part for part in (pair, pair.partition(":")[2]) if len(part) >= _MIN_SECRET}
    return found


def _forms(secret: str) -> set[bytes]:
    """Return how servers write *secret*, in lower case."""
    raw = secret.encode("latin-1")
    in_json = json.dumps(secret)[1:-1]
    in_go = re.sub("[<>&]", lambda mark: f"\\u{ord(mark[0]):04x}", in_json)
    texts = {
        secret,
        quote(secret, safe="", encoding="latin-1"),
        quote(secret, encoding="latin-1"),
        quote_plus(secret, encoding="latin-1"),
        "".join(f"%{byte:02x}" for byte in raw),
        in_json,
        in_json.replace("/", "\\/"),
        in_go,
        "".join(f"\\u{byte:04x}" for byte in raw),
        "".join(f"\\x{byte:02x}" for byte in raw),
        secret.replace("\\", "\\\\"),
        secret.replace("\\", "\\\\").replace("'", "\\'"),
        escape(secret),
        escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        raw.hex(),
        raw.hex(":"),
        secret[::-1],
    }
    for alphabet in (b"+/", b"-_"):
        for before in range(3):
            # What the neighbours have a part in is left out: so it is found amid others.
            encoded = base64.b64encode(b"\0" * before + raw, alphabet).decode().rstrip("=")
            last = (before + len(raw)) % 3
            inner = encoded[(0, 2, 3)[before] : len(encoded) - (0 if last == 0 else 1)]
            texts |= {inner, quote(inner, safe="")}
    return {secret.encode().lower()} | {text.encode("latin-1").lower() for text in texts}
