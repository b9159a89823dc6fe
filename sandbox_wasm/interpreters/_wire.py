"""What a session and its worker process send each other: frames of plain data.

A frame is an operation, a length and values; a value is a tag and what follows it.
There are no references, no classes and no code in it, so that reading a frame does
nothing but read. The worker may have been taken over by its guest: a frame is bounded
before it is read, values in number and depth while they are, and what does not fit
raises `GuestProtocolError`.
"""

from __future__ import annotations

import itertools
import select
import socket
import struct
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .._errors import (
    FuelExhausted,
    GuestCrash,
    GuestProtocolError,
    MemoryExceeded,
    OutputExceeded,
)

# From the worker: what it tells, and from CALL to RANDOM what it asks, with the answer.
READY = 1  # *protections
ANSWER = 2  # memory bytes, fuel or None, status, value, encoded or None
ERROR = 3  # memory bytes, fuel or None, class, text
OUTPUT = 4  # stream, bytes
CALL = 5  # name, arguments: status, reply
CLOCK = 6  # monotonic: nanoseconds
SLEEP = 7  # nanoseconds:
RANDOM = 8  # length: bytes
CAPTURED = 9  # size, stack pointer, ranges, bytes; nothing if it failed
UNFIT = 10  # text: the state to begin with does not fit
FILE = 11  # name of a file function, its arguments: errno, *what came of it
# To the worker; the first frame is BEGIN, after a descriptor of memory to keep a state in.
BEGIN = 31  # limits, state as in CAPTURED or nothing
REQUEST = 32  # number, mode, source, inputs or None, lines, fuel or None
REPLY = 33  # wish, *values
CAPTURE = 34  # most bytes, or None
# To the zygote, and back.
START = 64  # artifact, fuel, folder of compiled modules or None: bytes it begins with
FORK = 65  # *limits
FORKED = 66  # process id; two descriptors come before it
WAIT = 67  # process id
WAITED = 68  # how it ended, as `os.waitpid` has it
REAP = 69  # process id; nothing comes back
FAILED = 70  # text
PRISTINE = 71  # ranges: bytes of memory of a guest that has run nothing

STATUSES: tuple[Literal["ok", "error", "aborted"], ...] = ("ok", "error", "aborted")
# What a worker may say of a request that failed; the rest of the error is the session's.
ERRORS = (GuestProtocolError, GuestCrash, FuelExhausted, OutputExceeded, MemoryExceeded)

# Wishes: how the run that goes on is to end.
GO_ON, INTERRUPT, ABORT = 0, 1, 2
WISH = struct.Struct("<BI")  # wish, number of the request

Plain = Any  # None, bool, int, float, bytes, str, or a tuple of these

_HEAD = struct.Struct("<BI")
_NONE_TAG, _TRUE_TAG, _FALSE_TAG, _INT_TAG, _UNSIGNED_TAG = b"ntfiu"
_FLOAT_TAG, _BYTES_TAG, _TEXT_TAG, _TUPLE_TAG = b"dbsl"
_LONG_TAGS = b"bsl"  # a length follows
_SIGNED, _UNSIGNED, _FLOAT = struct.Struct("<q"), struct.Struct("<Q"), struct.Struct("<d")
_LENGTH = struct.Struct("<I")
_MAX_DEPTH = 4
_SOME = 1 << 16

_number = (int,)
_optional = (int, type(None))
# What types the values of what a worker says may have, and so all combinations of them.
_TYPES: dict[int, tuple[tuple[type, ...], ...]] = {
    ANSWER: (
        _number,
        _optional,
        _number,
        (type(None), bool, int, float, str),
        (bytes, type(None)),
    ),
    ERROR: (_number, _optional, _number, (str,)),
    OUTPUT: (_number, (bytes,)),
    CALL: ((bytes,), (bytes,)),
    CLOCK: ((bool,),),
    SLEEP: (_number,),
    RANDOM: (_number,),
    FILE: ((str,), (tuple,)),
}
FORMS = {operation: frozenset(itertools.product(*types)) for operation, types in _TYPES.items()}


def encode(values: tuple[Plain, ...]) -> bytes:
    """Return *values* as the body of a frame."""
    parts: list[bytes] = []
    for value in values:
        kind = type(value)
        if value is None:
            parts.append(b"n")
        elif kind is int:
            small = value < 1 << 63
            parts.append(b"i" + _SIGNED.pack(value) if small else b"u" + _UNSIGNED.pack(value))
        elif kind is bytes:
            parts += (b"b" + _LENGTH.pack(len(value)), value)
        elif kind is str:
            text = value.encode("utf-8", "surrogatepass")
            parts += (b"s" + _LENGTH.pack(len(text)), text)
        elif kind is bool:
            parts.append(b"t" if value else b"f")
        elif kind is tuple:
            parts += (b"l" + _LENGTH.pack(len(value)), encode(value))
        elif kind is float:
            parts.append(b"d" + _FLOAT.pack(value))
        else:
            raise TypeError(f"{kind.__name__} does not go into a frame")
    return b"".join(parts)


def decode(data: bytes, *, max_nodes: int = 64) -> tuple[Plain, ...]:
    """Return the values of a body.

    Raises:
        GuestProtocolError: It is none, or has more than *max_nodes* values.
    """
    try:
        return _values(data, 0, None, 0, max_nodes)[0]
    except (struct.error, UnicodeDecodeError):
        raise GuestProtocolError("worker sent a frame that is cut short") from None


def _values(
    data: bytes, at: int, count: int | None, depth: int, left: int
) -> tuple[tuple[Plain, ...], int, int]:
    """Take *count* values, or all that there are; return where they end, and what is *left*.

    One loop, because it runs with each frame. It believes nothing of the data.
    """
    size = len(data)
    found: list[Plain] = []
    while at < size if count is None else len(found) < count:
        left -= 1
        if left < 0 or depth > _MAX_DEPTH:
            raise GuestProtocolError("worker sent a frame of too many values")
        if at >= size:
            raise GuestProtocolError("worker sent a frame that is cut short")
        tag = data[at]
        at += 1
        if tag == _INT_TAG:
            found.append(_SIGNED.unpack_from(data, at)[0])
            at += 8
        elif tag == _NONE_TAG:
            found.append(None)
        elif tag in _LONG_TAGS:
            length = _LENGTH.unpack_from(data, at)[0]
            at += 4
            if length > size - at:
                raise GuestProtocolError("worker sent a frame that is cut short")
            if tag == _TUPLE_TAG:
                inner, at, left = _values(data, at, length, depth + 1, left)
                found.append(inner)
                continue
            part = data[at : at + length]
            at += length
            found.append(part if tag == _BYTES_TAG else part.decode("utf-8", "surrogatepass"))
        elif tag == _FALSE_TAG:
            found.append(False)
        elif tag == _TRUE_TAG:
            found.append(True)
        elif tag == _UNSIGNED_TAG:
            found.append(_UNSIGNED.unpack_from(data, at)[0])
            at += 8
        elif tag == _FLOAT_TAG:
            found.append(_FLOAT.unpack_from(data, at)[0])
            at += 8
        else:
            raise GuestProtocolError("worker sent a value of an unknown kind")
    return tuple(found), at, left


def packed(ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return ranges as bytes: native words, for another process of the same machine."""
    return array("Q", list(itertools.chain.from_iterable(ranges))).tobytes()


def unpacked(data: bytes) -> list[tuple[int, int]]:
    """Return the ranges that `packed` was given; of any bytes, some that may make no sense."""
    words = array("Q", data[: len(data) // 16 * 16])
    return list(zip(words[::2], words[1::2], strict=True))


class Link:
    """One end of the socket that frames go through.

    Args:
        end: The socket; the link closes it.

        most: Bytes that a frame of each operation may have; one that is not named
            here is not taken.

    Attributes:
        until: When to wait no longer for the rest of a frame, as `time.monotonic` has it; None
            for as long as it takes.
    """

    def __init__(self, end: socket.socket, most: Mapping[int, int]) -> None:
        self.socket = end
        self.most = most
        self.until: float | None = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._buffer = b""

    def hold(self, operation: int, *values: Plain) -> int:
        """Keep a frame for the next `send`; return how many bytes are kept."""
        body = encode(values)
        self._held += (_HEAD.pack(operation, len(body)), body)
        self._held_bytes += len(body)
        return self._held_bytes

    def send(self, operation: int, *values: Plain) -> None:
        """Send a frame, after those that were held.

        Raises:
            OSError: The other end is gone.
        """
        body = encode(values)
        frame = _HEAD.pack(operation, len(body)) + body
        if self._held:
            self._held.append(frame)
            self.flush()
        else:
            self.socket.sendall(frame)

    def flush(self) -> None:
        """Send what was held."""
        held = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        self.socket.sendall(held)

    def waits(self, seconds: float) -> bool:
        """Return whether there is something to receive, at the latest in so many seconds."""
        poll = select.poll()  # `select` knows no descriptor above 1023
        poll.register(self.socket, select.POLLIN)
        return bool(self._buffer or poll.poll(seconds * 1000))

    def receive(self) -> tuple[int, tuple[Plain, ...]]:
        """Wait for a frame; return its operation and values.

        Raises:
            EOFError, OSError: The other end is gone, or it is later than `until`.
            GuestProtocolError: What came is no frame that may come here.
        """
        buffer = self._buffer or self._more()
        while len(buffer) < _HEAD.size:
            buffer = self._buffer = buffer + self._more()
        operation, length = _HEAD.unpack_from(buffer)
        if length > self.most.get(operation, -1):
            raise GuestProtocolError(f"worker sent operation {operation} with {length} bytes")
        end = _HEAD.size + length
        if len(buffer) >= end:
            self._buffer = buffer[end:]
            return operation, decode(buffer[_HEAD.size : end])
        self._buffer = buffer[_HEAD.size :]
        return operation, decode(self._exactly(length))

    def _hurry(self) -> None:
        """Have the next wait end in time: byte by byte, many short ones would have no end."""
        if self.until is not None:
            rest = self.until - time.monotonic()
            if rest <= 0:
                raise TimeoutError
            self.socket.settimeout(rest)

    def _more(self) -> bytes:
        self._hurry()
        data = self.socket.recv(_SOME)
        if not data:
            raise EOFError
        return data

    def _exactly(self, length: int) -> bytes:
        buffer = self._buffer
        while len(buffer) < length <= _SOME:
            buffer += self._more()
        self._buffer = buffer[length:]
        if len(buffer) >= length:
            return buffer[:length]
        whole = bytearray(length)
        whole[: len(buffer)] = buffer
        view = memoryview(whole)[len(buffer) :]
        while view:
            self._hurry()
            count = self.socket.recv_into(view)
            if not count:
                raise EOFError
            view = view[count:]
        return bytes(whole)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
