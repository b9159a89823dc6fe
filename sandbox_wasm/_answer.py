"""What a server has said to a request of guest code: taken as it comes, within bounds."""

from __future__ import annotations

import contextlib
import errno
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._credentials import Redaction, Redactor

if TYPE_CHECKING:
    from ._connect import Clock

_REDIRECTS = {301, 302, 303, 307, 308}
_ENCODINGS = {"", "identity", "gzip", "x-gzip"}
# What was true of the bytes on the wire only.
_DROPPED = {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive"}
HEADERS_BYTES = 65_536
_AT_ONCE = 1 << 18  # bytes that are unpacked: little of a bomb is ever held
_PIECE = 1 << 18  # bytes of a body that cross at a time
_ENVELOPE = 1024  # bytes of a host call's answer around them
_OPEN = 8  # bodies that one session reads at a time
_WIRE_SLACK = 1024  # bytes by which what is compressed may be larger than what it holds


@dataclass(slots=True)
class Answer:
    """What a server has said.

    Args:
        body: None of a redirect, whose body nobody reads.

        location: Where it redirects to, as it says it; None if it does not.

        first: What was read of the body.
    """

    status: int
    reason: str
    headers: list[list[str]]
    body: Body | None
    location: str | None
    first: bytes = b""


class Body:
    """The body of an answer, decompressed, without the host's secrets.

    Args:
        pieces: What comes over the connection.

        compressed: Whether that is gzip.

        max_bytes: How much there may be in all.

        redaction: Takes secrets out, also those that lie across pieces.

        clock: Ends it when the run does, or when its time is over.

        translated: Wraps what talks to the server, so that its errors are guest code's.

        close: Ends the connection.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        compressed: bool,
        max_bytes: int,
        redaction: Redaction,
        clock: Clock,
        translated: Callable[[], contextlib.AbstractContextManager[None]],
        close: Callable[[], None],
    ) -> None:
        self._pieces = self._decoded(pieces) if compressed else self._plain(pieces)
        self._max_bytes = max_bytes
        self._redaction = redaction
        self._clock = clock
        self._translated = translated
        self._close: Callable[[], None] | None = close
        self._ready = b""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._close is None and not self._ready

    def read(self, size: int) -> bytes:
        """Return the next *size* bytes, fewer at the end. Whatever it raises is the end.

        Raises:
            OSError: It is larger than it may be.
            ConnectionError: The server does not keep to what it said, or is gone.
            RunIsOver, TimeoutError: See `Clock`.
        """
        try:
            with self._translated():
                while len(self._ready) < size and self._close is not None:
                    data, is_last = self._gather(size - len(self._ready))
                    self._ready += self._redaction.feed(data, is_last, self._clock.turn)
                    if is_last:
                        self.close()
        except BaseException:
            self.close()
            self._ready = b""
            raise
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _gather(self, size: int) -> tuple[bytes, bool]:
        """Return at least *size* bytes in one, which may have come as many; or all, and True."""
        parts, length = [], 0
        for piece in self._pieces:
            parts.append(piece)
            length += len(piece)
            if length >= size:
                return b"".join(parts), False
        return b"".join(parts), True

    def close(self) -> None:
        """End the connection, if it has not ended. What has come can still be read."""
        close, self._close = self._close, None
        if close is not None:
            close()

    def _plain(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        size = 0
        for piece in pieces:
            self._clock.turn()  # what came at once may be many small chunks
            size += len(piece)
            self._check(size)
            yield piece

    def _decoded(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        came = size = 0
        unpack = zlib.decompressobj(31)
        is_within = False  # a member of the gzip file
        for chunk in pieces:
            self._clock.turn()
            came += len(chunk)
            while chunk:
                try:
                    piece = unpack.decompress(chunk, min(_AT_ONCE, self._max_bytes - size + 1))
                except zlib.error:
                    raise ConnectionError(
                        errno.EPROTO, "the answer is not the gzip that it says"
                    ) from None
                chunk = unpack.unconsumed_tail
                is_within = not unpack.eof
                if unpack.eof:
                    chunk, unpack = unpack.unused_data, zlib.decompressobj(31)
                size += len(piece)
                self._check(max(size, came - _WIRE_SLACK))
                yield piece
        if is_within:
            raise ConnectionError(errno.EPROTO, "the answer ends in the middle")

    def _check(self, size: int) -> None:
        if size > self._max_bytes:
            raise OSError(errno.EFBIG, f"the answer is larger than max_bytes={self._max_bytes}")


class Answers:
    """The bodies that guest code has not read to their end, by what it calls them.

    Args:
        host_call_bytes: What a host call may return; a piece crosses in base64.
    """

    def __init__(self, host_call_bytes: int) -> None:
        self._host_call_bytes = host_call_bytes
        self._open: dict[str, tuple[Body, Callable[[Exception], None]]] = {}

    def room(self, taken: int = 0) -> int:
        """Return how much of a body fits beside *taken* bytes of other texts."""
        # JSON may have six bytes for each of the others.
        room = self._host_call_bytes - _ENVELOPE - 6 * taken
        return min(_PIECE, max(0, room) * 3 // 4)

    def keep(self, body: Body, failed: Callable[[Exception], None]) -> str:
        """Return a name by which *body* is found from now on; *failed* is told of errors.

        The one that was opened first makes way if there are too many.
        """
        if not self.room():
            body.close()
            raise OSError(
                errno.ENOBUFS, f"host_call_bytes={self._host_call_bytes} has no room for an answer"
            )
        if len(self._open) >= _OPEN:
            self._open.pop(next(iter(self._open)))[0].close()
        # At random: guest code that goes on elsewhere from here must not meet another's.
        name = os.urandom(12).hex()
        self._open[name] = (body, failed)
        return name

    def read(self, name: object) -> tuple[bytes, bool]:
        """Return the next piece, and whether there is more.

        Raises:
            ConnectionError: No body is open under that name.
            OSError, RunIsOver: See `Body.read`.
        """
        found = self._open.get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or found is None:
            raise ConnectionError(
                errno.ECONNABORTED,
                "the answer is closed: the run that asked for it has ended, "
                f"or {_OPEN} others were asked for since",
            )
        body, failed = found
        try:
            data = body.read(self.room())
        except Exception as error:
            del self._open[name]
            failed(error)
            raise
        if body.is_over:
            del self._open[name]
        return data, not body.is_over

    def close(self, name: object) -> None:
        """Close the body of that name, if there is one."""
        found = self._open.pop(name, None) if isinstance(name, str) else None
        if found is not None:
            found[0].close()

    def close_all(self) -> None:
        """Close what is open."""
        while self._open:
            self._open.popitem()[1][0].close()


def take(
    response: Any,
    redactor: Redactor,
    max_bytes: int,
    clock: Clock,
    translated: Callable[[], contextlib.AbstractContextManager[None]],
    close: Callable[[], None],
) -> Answer:
    """Return the answer that httpcore's *response* is. See `Body` for the arguments.

    Raises:
        ConnectionError: It is not a proper one.
    """
    raw = [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in response.headers
    ]
    if sum(len(name) + len(value) for name, value in raw) > HEADERS_BYTES:
        raise ConnectionError(errno.EPROTO, f"the headers exceed {HEADERS_BYTES} bytes")
    location = body = None
    if response.status in _REDIRECTS:
        location = next((value for name, value in raw if name == "location"), None)
    if location is None:
        encoding = ",".join(value for name, value in raw if name == "content-encoding")
        encoding = encoding.strip().lower()
        if encoding not in _ENCODINGS:
            raise ConnectionError(
                errno.EPROTO, "the answer is compressed in a way that was not asked for"
            )
        compressed = encoding.endswith("gzip")
        pieces = iter(response.iter_stream())
        redaction = redactor.stream()
        body = Body(pieces, compressed, max_bytes, redaction, clock, translated, close)
    clean = redactor.clean_text
    reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
    return Answer(
        response.status,
        clean(reason),
        [[clean(name), clean(value)] for name, value in raw if name not in _DROPPED],
        body,
        location,
    )
