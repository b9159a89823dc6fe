"""A session at rest, as a value that can be stored.

Data only: nothing in it is run, and nothing in it grants anything. Its form:

    magic       12 bytes
    version     u32, of this form
    seal        32 bytes over all else: SHA-256, or HMAC-SHA-256 with a key; in version 1
                over what follows alone
    head        the interpreter, its artifact, the shape of memory, and lengths
    more        how far time and randomness have come; not in version 1
    name        of the interpreter
    functions   names of host functions that the guest knows; not in version 1
    body        zlib: ranges of memory, what lies in them, and the files

Ranges are by pages before version 3, and by parts of them since. Whatever lies in none is as
every instance of the artifact begins with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import _files_form
from ._checks import check_number, host_path, shown
from ._errors import ConfigError, SnapshotError
from ._filesystem import MAX_OPEN
from ._limits import Limits
from ._nodes import FilesState
from ._sources import END, SourcesState
from ._state import PAGE, PART, GuestState

MAGIC = b"sandbox-wasm"
VERSION = 3
MAX_BYTES = 1 << 30  # that are read of a file, unless its reader asks for more

_OPENING = struct.Struct("<12sI32s")
# signed, interpreter's length, artifact, then `_Shape`
_HEAD = struct.Struct("<BB32sQIIQQ")
_MORE = struct.Struct("<QqQI")  # blocks, now or -1, monotonic, length of the functions
_UNKNOWN = (1 << 32) - 1  # in place of that length: nobody has said
_NAMES_BYTES = 1 << 20
_RANGE = struct.Struct("<II")  # the first page or part, and how many
_MEMORY = 1 << 32
_NAME = re.compile(r"[a-z]{1,32}", re.ASCII)
# A level above makes a file smaller by a twentieth, and takes several times as long.
_LEVEL = 1
_PIECE = 1 << 14  # bytes that are unpacked at a time
_OTHER = b"sandbox-wasm run"  # what a suspended run begins with, see _stored_run.py


class _Shape(NamedTuple):
    memory: int
    stack_pointer: int
    ranges: int
    stored: int
    files: int


class Snapshot:
    """All that guest code can observe of a session, except what is granted to it.

    From `Session.snapshot`, and for `Session.restore`. Limits, host functions, mounts
    and the network are not part of it: who restores it says what there is.

        >>> with Session("micropython") as session:
        ...     _ = session.run("x = [1, 2]")
        ...     snapshot = session.snapshot()
        >>> with Session.restore(Snapshot.from_bytes(snapshot.to_bytes())) as session:
        ...     session.run("x").value
        [1, 2]

    A checksum finds damage. It does not say who wrote the file: for that give a *key*,
    and no snapshot is taken that was not written with it. ``pickle`` and ``copy`` store it
    without one.

    Attributes:
        interpreter: As in ``Session(interpreter=...)``.

        artifact: sha256 of the interpreter's artifact, without which it cannot go on.

        sources: How far time and randomness have come; None if nobody has said.

        functions: Names of the host functions that the guest knows; None if nobody has said.
    """

    def __init__(
        self,
        interpreter: str,
        artifact: str,
        state: GuestState,
        files: FilesState,
        sources: SourcesState,
        functions: tuple[str, ...] | None,
    ) -> None:
        self.interpreter = interpreter
        self.artifact = artifact
        self.sources: SourcesState | None = sources
        self.functions = functions
        self._live: tuple[GuestState, FilesState] | None = (state, files)
        self._body = b""
        self._version = VERSION
        self._shape = _Shape(state.size, state.stack_pointer, len(state.ranges), len(state.data), 0)

    @property
    def memory_bytes(self) -> int:
        """Bytes of linear memory, the interpreter's own included."""
        return self._shape.memory

    @property
    def stored_bytes(self) -> int:
        """Bytes of memory that differ from the interpreter's image, and are stored."""
        return self._shape.stored

    def to_bytes(self, *, key: bytes | None = None) -> bytes:
        """Return it as bytes, sealed with *key* if there is one."""
        name = self.interpreter.encode()
        shape, body = self._packed()
        artifact = bytes.fromhex(self.artifact)
        content = _HEAD.pack(key is not None, len(name), artifact, *shape)
        version, names = self._version, b""
        if self.sources is not None:
            blocks, now, monotonic = self.sources
            names = b"" if self.functions is None else "\n".join(self.functions).encode()
            length = _UNKNOWN if self.functions is None else len(names)
            content += _MORE.pack(blocks, -1 if now is None else now, monotonic, length)
        content += name + names + body
        return _OPENING.pack(MAGIC, version, seal(_front(version), content, key)) + content

    def __reduce__(self) -> tuple[Any, ...]:
        """Be stored, without a key: what a live one compares with stays in this process."""
        return type(self).from_bytes, (self.to_bytes(),)

    def save(self, path: str | os.PathLike[str], *, key: bytes | None = None) -> None:
        """Write it to a file, whole or not at all; readable by its owner alone.

        Raises:
            ConfigError: *path* is none.
            OSError: It cannot be written.
        """
        path = Path(host_path(path, "path"))
        if not path.name:
            raise ConfigError(f"path must name a file, got {shown(str(path))}")
        new = path.with_name(f".{path.name}.{os.urandom(8).hex()}.new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.to_bytes(key=key))
                file.flush()
                os.fsync(file.fileno())  # a name must never come before what it stands for
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    @classmethod
    def from_bytes(cls, data: bytes, *, key: bytes | None = None) -> Snapshot:
        """Return the snapshot that `to_bytes` made *data* of.

        Nothing is unpacked yet: that is for `Session.restore`, whose limits bound it.

        Raises:
            SnapshotError: It is none, or is damaged, or of another version of the form; or
                was not sealed with *key*, or was sealed and there is no key.
        """
        if not isinstance(data, bytes):
            raise ConfigError(f"a snapshot must be bytes, got {type(data).__name__}")
        check_magic(data)
        if len(data) < _OPENING.size + _HEAD.size + _MORE.size:
            raise SnapshotError("this is no snapshot")
        _, version, sealed = _OPENING.unpack_from(data)
        if not 1 <= version <= VERSION:
            raise SnapshotError(
                f"the snapshot has form {version}, and this version of sandbox-wasm reads 1 to "
                f"{VERSION}"
            )
        content = memoryview(data)[_OPENING.size :]
        signed, length, artifact, *numbers = _HEAD.unpack_from(content)
        if signed != (key is not None):
            raise SnapshotError(
                "the snapshot is sealed with a key, which must be given"
                if signed
                else "the snapshot is not sealed with a key: anybody may have written it"
            )
        if not hmac.compare_digest(sealed, seal(_front(version), content, key)):
            raise SnapshotError(
                "the snapshot is damaged, or sealed with another key"
                if signed
                else "the snapshot is damaged"
            )
        at, sources, functions, names = _HEAD.size, None, None, 0
        if version > 1:
            sources, names = _more(content, at)
            at += _MORE.size
        name = bytes(content[at : at + length]).decode("ascii", "replace")
        at += length
        if version > 1 and names != _UNKNOWN:
            functions = _functions(content, at, names)
            at += names
        shape = _Shape(*numbers)
        if (
            not _NAME.fullmatch(name)
            or not 0 < shape.memory <= _MEMORY
            or shape.memory % PAGE
            or shape.stored > shape.memory
            or shape.ranges > shape.memory // PAGE
        ):
            raise SnapshotError("the snapshot does not fit together")
        snapshot = cls.__new__(cls)
        snapshot.interpreter = name
        snapshot.artifact = artifact.hex()
        snapshot._live = None
        snapshot.sources = sources
        snapshot.functions = functions
        snapshot._body = bytes(content[at:])
        snapshot._version = version
        snapshot._shape = shape
        return snapshot

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        key: bytes | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Snapshot:
        """Return the snapshot of a file.

        Args:
            max_bytes: A larger file is refused, and not read.

        Raises:
            ConfigError: *path* is none.
            SnapshotError: It is larger; or as `from_bytes` does.
            OSError: It cannot be read.
        """
        check_number("max_bytes", max_bytes, 0, 1 << 48)
        with open(host_path(path, "path"), "rb") as file:
            data = file.read(len(MAGIC))
            check_magic(data)
            if os.fstat(file.fileno()).st_size <= max_bytes:
                data += file.read(max_bytes + 1 - len(data))
        if len(data) > max_bytes or len(data) == len(MAGIC):
            raise SnapshotError(f"the snapshot is cut short, or larger than {max_bytes} bytes")
        return cls.from_bytes(data, key=key)

    def unpack(self, limits: Limits, base_bytes: int) -> tuple[GuestState, FilesState]:
        """Return what is stored.

        Args:
            limits: What it may have; looked at before anything is unpacked.

            base_bytes: What linear memory may have beyond `Limits.memory_bytes`.

        Raises:
            SnapshotError: It has more, or it is damaged.
        """
        shape = self._shape
        most, count = limits.file_bytes, limits.file_count
        if shape.memory > limits.memory_bytes + base_bytes:
            raise SnapshotError(
                f"the snapshot has {shape.memory} bytes of memory, more than "
                f"Limits.memory_bytes={limits.memory_bytes} allows"
            )
        if self._live is not None:
            tree = self._live[1].tree
            if tree.used > most or len(tree.nodes) > count + MAX_OPEN + 1:
                raise SnapshotError("the snapshot's files are more than Limits allows")
            return self._live
        if shape.files > _files_form.most_bytes(most, count):
            raise SnapshotError(f"the snapshot's files are more than Limits.file_bytes={most}")
        table = shape.ranges * _RANGE.size
        found, data, stored = inflate(self._body, (table, shape.stored, shape.files), "snapshot")
        unit = PAGE if self._version < 3 else PART
        ranges = [
            (first * unit, (first + count) * unit) for first, count in _RANGE.iter_unpack(found)
        ]
        state = GuestState(shape.memory, shape.stack_pointer, ranges, data)
        if not state.is_whole:
            raise SnapshotError("the snapshot does not fit together")
        return state, _files_form.decode(stored, most, count)

    def _packed(self) -> tuple[_Shape, bytes]:
        if self._live is None:
            return self._shape, self._body
        state, files = self._live
        ranges, parts = state.own_parts()
        table = b"".join([_RANGE.pack(a // PART, (b - a) // PART) for a, b in ranges])
        stored = _files_form.encode(files)
        packer = zlib.compressobj(_LEVEL)
        pieces: list[bytes | memoryview] = [table, *parts, stored]
        packed = [packer.compress(piece) for piece in pieces]
        shape = self._shape._replace(
            ranges=len(ranges), stored=sum(map(len, parts)), files=len(stored)
        )
        return shape, b"".join([*packed, packer.flush()])

    def __repr__(self) -> str:
        return f"<Snapshot of {self.interpreter}, {self.stored_bytes} bytes>"


def check_magic(data: bytes) -> None:
    """Raise `SnapshotError` if what begins so is no snapshot."""
    if not data.startswith(MAGIC):
        raise SnapshotError("this is no snapshot")
    if data.startswith(_OTHER):
        raise SnapshotError("this is a suspended run: Continuation.from_bytes reads it")


def _more(content: memoryview, at: int) -> tuple[SourcesState, int]:
    blocks, now, monotonic, names = _MORE.unpack_from(content, at)
    if blocks >> 63 or not -1 <= now <= END or monotonic > END:
        raise SnapshotError("the snapshot does not fit together")
    return SourcesState(blocks, None if now < 0 else now, monotonic), names


def _functions(content: memoryview, at: int, length: int) -> tuple[str, ...]:
    if length > min(_NAMES_BYTES, len(content) - at):
        raise SnapshotError("the snapshot does not fit together")
    try:
        names = bytes(content[at : at + length]).decode()
    except UnicodeDecodeError:
        raise SnapshotError("the snapshot is damaged") from None
    return tuple(names.split("\n")) if names else ()


def inflate(packed: bytes, lengths: Sequence[int], what: str) -> list[bytes]:
    """Return the parts of *packed* that have these lengths, and are all that there is.

    Never more is unpacked than that. *what* it is of, is for the error.
    """
    unpacker = zlib.decompressobj()
    # In pieces: buffers for the whole would be memory fresh from the system, at half the price
    # of unpacking.
    pieces = (packed[at : at + _PIECE] for at in range(0, len(packed), _PIECE))
    rest, parts = b"", []
    try:
        for length in (*lengths, 1):  # the last looks for more than there may be, and for the end
            found, left = [], length
            while left and not unpacker.eof and (rest or (rest := next(pieces, b""))):
                found.append(unpacker.decompress(rest, left))
                rest = unpacker.unconsumed_tail
                left -= len(found[-1])
            parts.append(b"".join(found))
    except zlib.error:
        raise SnapshotError(f"the {what} is damaged") from None
    is_whole = [*map(len, parts)] == [*lengths, 0] and unpacker.eof
    if not is_whole or unpacker.unused_data or next(pieces, None) is not None:
        raise SnapshotError(f"the {what} is damaged")
    return parts[:-1]


def _front(version: int) -> bytes:
    return b"" if version == 1 else MAGIC + version.to_bytes(4, "little")


def seal(front: bytes, content: bytes | memoryview, key: bytes | None) -> bytes:
    """Return what proves that *front* and *content* are whole, and with a key, who wrote them.

    Args:
        front: What the content is, so that nobody can make something else of it.
    """
    if key is None:
        whole: Any = hashlib.sha256(front)
    elif not key or type(key) is not bytes:
        raise ConfigError("a key must be bytes, and not empty")
    else:
        whole = hmac.new(key, front, "sha256")
    whole.update(content)
    return bytes(whole.digest())
