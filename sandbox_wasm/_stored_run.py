"""A suspended run as bytes, for another day and another process.

Data only, as a snapshot is, and read with the same care:

    magic       16 bytes
    version     u32, of this form, and of what a run asks of the mounts
    seal        32 bytes over all else: SHA-256, or HMAC-SHA-256 with a key
    head        flags, mode, numbers, and the length of each part
    parts       name, places, payload, source, inputs, journal (zlib), snapshot
"""

from __future__ import annotations

import hmac
import struct
import zlib
from typing import Any, NamedTuple

from ._errors import ConfigError, GuestProtocolError, SnapshotError
from ._journal import ASKED_BYTES, MAX_BYTES, Journal
from ._limits import Limits
from ._snapshot import Snapshot, inflate, seal
from ._values import decode, encode
from .interpreters._base import Mode, Request

MAGIC = b"sandbox-wasm run"
VERSION = 1

_FRONT = MAGIC + VERSION.to_bytes(4, "little")
_OPENING = struct.Struct("<16sI32s")
# signed, lines, has inputs, mode, four limits, characters told, journal unpacked, seven lengths
_HEAD = struct.Struct("<4B4QQI7I")
# In the order that the form has them; new ones come last. What is ours to ask of a guest is
# none of them: it is on nobody's fuel.
_MODES: tuple[Mode, ...] = ("run", "call", "map", "final", "return")
_PAYLOAD_BYTES = 4 << 20
_NAME_BYTES = 200
# What guest code can tell apart: where memory or files end, and which call is too large.
NOTICED = ("memory_bytes", "file_bytes", "file_count", "host_call_bytes")


class StoredRun(NamedTuple):
    """What a continuation needs, besides a session.

    Args:
        name, payload: As in `Suspended`.

        places: What else there was, see `Files.places`.

        limits: Those of `NOTICED`.

        snapshot: The session before the run.

        request: The run.

        journal: What the run asked and was answered.

        told: Characters of output that were told.

        shown: The payload as it was read; None if it was not.
    """

    name: str
    payload: Any
    places: tuple[str, ...]
    limits: tuple[int, ...]
    snapshot: Snapshot
    request: Request
    journal: Journal
    told: int
    shown: bytes | None = None


def pack(run: StoredRun, key: bytes | None) -> bytes:
    """Return *run* as bytes.

    Raises:
        ConfigError: The payload is no data, or too large.
    """
    try:
        payload = encode(run.payload, max_bytes=_PAYLOAD_BYTES)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the payload of a suspended run cannot be stored: {error}") from error
    request, journal = run.request, run.journal.to_bytes()
    parts = (
        run.name.encode(),
        "\0".join(run.places).encode(),  # which no path can hold
        payload,
        request.source,
        request.inputs or b"",
        zlib.compress(journal, 1),
        run.snapshot.to_bytes(),
    )
    head = _HEAD.pack(
        key is not None,
        request.lines,
        request.inputs is not None,
        _MODES.index(request.mode),
        *run.limits,
        run.told,
        len(journal),
        *map(len, parts),
    )
    content = b"".join((head, *parts))
    return _OPENING.pack(MAGIC, VERSION, seal(_FRONT, content, key)) + content


def unpack(data: object, key: bytes | None) -> StoredRun:
    """Return the run that `pack` made *data* of.

    Raises:
        SnapshotError: It is none, or is damaged, or of another version of the form; or
            was not sealed with *key*, or was sealed and there is no key.
    """
    if not isinstance(data, bytes):
        raise ConfigError(f"a suspended run must be bytes, got {type(data).__name__}")
    if len(data) < _OPENING.size + _HEAD.size or not data.startswith(MAGIC):
        raise SnapshotError("this is no suspended run")
    _, version, sealed = _OPENING.unpack_from(data)
    if version != VERSION:
        raise SnapshotError(
            f"the run has form {version}, and this version of sandbox-wasm reads {VERSION}"
        )
    content = data[_OPENING.size :]
    signed, lines, has_inputs, mode, *numbers = _HEAD.unpack_from(content)
    limits, (told, size), lengths = numbers[:4], numbers[4:6], numbers[6:]
    if signed != (key is not None):
        raise SnapshotError(
            "the run is sealed with a key, which must be given"
            if signed
            else "the run is not sealed with a key: anybody may have written it"
        )
    if not hmac.compare_digest(sealed, seal(_FRONT, content, key)):
        raise SnapshotError("the run is damaged, or sealed with another key")
    if sum(lengths) != len(content) - _HEAD.size or mode >= len(_MODES):
        raise SnapshotError("the run does not fit together")
    if size > MAX_BYTES + ASKED_BYTES:
        raise SnapshotError("the journal of the run is too long")
    parts, at = [], _HEAD.size
    for length in lengths:
        parts.append(content[at : at + length])
        at += length
    name, places, payload, source, inputs, journal, snapshot = parts
    try:
        return StoredRun(
            name[:_NAME_BYTES].decode(),
            decode(payload, max_bytes=_PAYLOAD_BYTES),
            tuple(places.decode().split("\0")) if places else (),
            tuple(limits),
            Snapshot.from_bytes(snapshot),
            Request(_MODES[mode], source, inputs if has_inputs else None, bool(lines)),
            Journal.from_bytes(*inflate(journal, (size,), "run")),
            told,
            payload,
        )
    except (GuestProtocolError, UnicodeDecodeError):
        raise SnapshotError("the run is damaged") from None


def noticed(limits: Limits) -> tuple[int, ...]:
    """Return the limits that guest code can notice."""
    return tuple(getattr(limits, name) for name in NOTICED)
