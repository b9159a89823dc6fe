"""The ways in from a guest, a worker process and a stored file, as functions of bytes.

Each takes any bytes and raises if the host does not stand them: another error than the one it
may raise, more held than was granted, or a state that is not what was stored. `fuzz.py` searches
for such bytes by coverage; `test_fuzz_targets.py` tries some in every run of the suite.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import random
import socket
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import fuzz_values
from fake_memory import FakeMemory

from sandbox_wasm import _origins, _snapshot, _stored_run, _wheels
from sandbox_wasm._continuation import Continuation
from sandbox_wasm._errors import ConfigError, GuestProtocolError, SandboxError, SnapshotError
from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import ROOT, FileError, How
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._limits import Limits
from sandbox_wasm._snapshot import Snapshot
from sandbox_wasm._state import PAGE, PART
from sandbox_wasm._wasi import FUNCTIONS as FILE_FUNCTIONS
from sandbox_wasm.interpreters import _remote, _wire
from sandbox_wasm.interpreters._base import Request
from sandbox_wasm.interpreters._store import Store

MAX_BYTES, MAX_FILES = 10_000, 30


def values(data: bytes) -> None:
    """A run's value."""
    fuzz_values.check(data)


# ---- host calls


def _typed(a: int, b: list[str] | None = None, *c: float, d: dict[str, bool] | None = None) -> int:
    return a


CALLS = HostFunctions({"f": lambda *args, **kwargs: [args, kwargs], "typed": _typed})


def calls(data: bytes) -> None:
    """A host call: a name, a null, the arguments."""
    name, _, payload = data.partition(b"\0")
    try:
        status, reply = CALLS.invoke(name, payload, max_bytes=fuzz_values.MAX, wait_for=asyncio.run)
    except GuestProtocolError:
        return
    if status not in (0, 1) or not isinstance(reply, bytes):
        raise AssertionError("a host call must be answered")


def _call(pick: random.Random) -> bytes:
    name = pick.choice([b"f", b"typed", b"nope", b"__class__"])
    return name + b"\0[[" + fuzz_values.hostile(pick) + b"],{}]"


# ---- file functions

NAMES = sorted(FILE_FUNCTIONS)

SPANS, PATH, TARGET, ROOM, RIGHTS = 512, 64, 66, 4096, 2 | 64
# What a byte of the input stands for as an argument.
ARGUMENTS = [*range(40), SPANS, PATH, TARGET, ROOM, RIGHTS, 100, 9999, 1 << 20, 1 << 31, 1 << 63]
ARGUMENTS += [(1 << 14) - 1, 1 << 14, (1 << 32) - 1, (1 << 64) - 1]


def file_functions(data: bytes) -> None:
    """Calls of WASI's functions: each a number, and a byte for each of nine arguments."""
    files, memory = Files(MAX_BYTES, MAX_FILES, clock=lambda: 10**18), FakeMemory(1 << 14)
    memory.data[PATH:SPANS] = (b"a/b/../tmp/x\xff\0" * 50)[: SPANS - PATH]
    memory.data[SPANS : 2 * SPANS] = struct.pack("<4I", 1024, 100, ROOM, 9999) * 32
    for at in range(0, len(data) - 9, 10):
        name = NAMES[data[at] % len(NAMES)]
        args = [ARGUMENTS[byte % len(ARGUMENTS)] for byte in data[at + 1 : at + 10]]
        with contextlib.suppress(FileError, GuestProtocolError):
            FILE_FUNCTIONS[name](files, memory, tuple(args))
        if files.tree.used > MAX_BYTES or files.tree.count > MAX_FILES + 200:
            raise AssertionError("more files than there may be")
    _check_files(files)


def _check_files(files: Files) -> None:
    """Going back to a state is to have it, and a stored one is the same."""
    from sandbox_wasm import _files_form

    state = files.mark()
    stored = _files_form.encode(state)
    if _files_form.encode(_files_form.decode(stored, MAX_BYTES, MAX_FILES + 200)) != stored:
        raise AssertionError("the stored files are others")
    files.reset(state)
    if _files_form.encode(files.mark()) != stored:
        raise AssertionError("the files are others after going back")
    files.release()


# What a libc would say, in part; the rest is any of the arguments.
LIKELY: dict[str, list[int | None]] = {
    "path_open": [ROOT, 1, PATH, None, None, RIGHTS, RIGHTS, None, ROOM],
    "path_create_directory": [ROOT, TARGET, 1],
    "path_rename": [ROOT, PATH, 1, ROOT, TARGET, None],
    "path_filestat_get": [ROOT, 1, PATH, None, ROOM],
    "path_unlink_file": [ROOT, PATH, 1],
    "fd_write": [4, SPANS, None, ROOM],
    "fd_pwrite": [4, SPANS, 1, None, ROOM],
    "fd_read": [4, SPANS, None, ROOM],
    "fd_seek": [4, None, None, ROOM],
    "fd_filestat_set_size": [4, None],
    "fd_readdir": [ROOT, ROOM, 100, None, ROOM],
    "fd_close": [None],
}


def _file_calls(pick: random.Random) -> bytes:
    calls = [("path_open", [ROOT, 1, PATH, 1, How.CREATE, RIGHTS, RIGHTS, 0, ROOM])]
    for _ in range(pick.randrange(30)):
        name = pick.choice([*LIKELY, pick.choice(NAMES)])
        likely = [*LIKELY.get(name, []), *[None] * 9][:9]
        small = pick.choice([ARGUMENTS[:5], ARGUMENTS])
        calls.append((name, [pick.choice(small) if a is None else a for a in likely]))
    return b"".join(
        bytes([NAMES.index(name), *[ARGUMENTS.index(argument) for argument in arguments]])
        for name, arguments in calls
    )


# ---- what a worker process says


class _Worker:
    """A worker that has said *data*, and ended."""

    @staticmethod
    def pristine(ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        return [_FIRST[begin:end] for begin, end in ranges]

    def __init__(self, data: bytes) -> None:
        self.data, theirs = socket.socketpair()
        self.control, listened = socket.socketpair()
        theirs.sendall(struct.pack("<BI", _wire.READY, 0) + data)
        theirs.shutdown(socket.SHUT_WR)
        self._ends = (self.data, theirs, self.control, listened)

    def kill(self) -> None: ...

    def cpu_seconds(self) -> float:
        return 0.0

    def wait(self) -> int:
        return -9

    def close(self) -> None:
        for end in self._ends:
            end.close()


_STORE = Store(1 << 16)
_FIRST = bytes(range(256)) * (1 << 7)  # what every guest begins with, half of what it may have
_WORKER_LIMITS = Limits(result_bytes=1000, host_call_bytes=1000, output_bytes=1000)


def frames(data: bytes) -> None:
    """Frames of a worker, from its first request on."""
    worker = _Worker(data)
    files = Files(MAX_BYTES, MAX_FILES)
    ledger = Ledger(_WORKER_LIMITS, CALLS, files, lambda: None)
    ledger.sleep = lambda nanoseconds: None  # type: ignore[method-assign]
    guest = _remote.RemoteGuest(worker, ledger, _WORKER_LIMITS, _STORE)  # type: ignore[arg-type]
    state = guest.capture()
    try:
        answer = guest.request(Request("run", b"1"))
        if answer.encoded is not None and len(answer.encoded) > 2 << 20:
            raise AssertionError("a value that is too large")
    except SandboxError:
        pass
    finally:
        guest.close()
    told = _STORE.told
    if told is not None and not 0 <= told[3] <= _STORE.size:
        raise AssertionError("a state that cannot be")
    with contextlib.suppress(SnapshotError):
        lean = state.load().lean()
        if not lean.is_whole or len(lean.data) > _STORE.size:
            raise AssertionError("a state that does not fit together")
    if len(ledger.text(1)) + len(ledger.text(2)) > 1000 or files.tree.used > MAX_BYTES:
        raise AssertionError("more held than there may be")


def _frames(pick: random.Random) -> bytes:
    end = 2 * PAGE + PART
    kinds: list[tuple[object, ...]] = [
        (_wire.ANSWER, 0, None, 0, pick.choice([1, "x", None, 1.5]), pick.choice([None, b"[1]"])),
        (_wire.ERROR, 0, None, pick.randrange(5), "x"),
        (_wire.OUTPUT, pick.randrange(4), b"x" * pick.randrange(2000)),
        (_wire.CALL, pick.choice([b"f", b"typed"]), b"[[1],{}]"),
        (_wire.CLOCK, True),
        (_wire.SLEEP, 5),
        (_wire.RANDOM, pick.randrange(100)),
        (_wire.FILE, "open", (3, "x", 65)),
        (_wire.FILE, pick.choice(["write", "close", "read"]), (4, pick.choice([b"x", 5]))),
        (_wire.FILE, "rename", (3, "x", 3, "y")),
        (_wire.CAPTURED, 1 << 20, 5, b"\0" * 16, pick.randrange(1 << 17)),
        (_wire.CAPTURED, 1 << 16, 5, _wire.packed([(0, PAGE), (2 * PAGE, end)]), PAGE + PART),
    ]
    said = b""
    for operation, *rest in pick.choices(kinds, k=pick.randrange(1, 8)):
        body = _wire.encode(tuple(rest))
        if pick.randrange(3) == 0:
            at = pick.randrange(len(body) + 1)
            body = body[:at] + pick.randbytes(pick.randrange(3)) + body[at + pick.randrange(2) :]
        said += struct.pack("<BI", operation, len(body)) + body
    return said


# ---- snapshots and suspended runs

_SNAPSHOT_LIMITS = Limits(memory_bytes=1 << 20, file_bytes=MAX_BYTES, file_count=MAX_FILES)
_NAME = b"cpython"
_FRONT = _snapshot._HEAD.size + len(_NAME)  # of the first version of the form


def _sealed(magic: bytes, version: int, content: bytes, opening: struct.Struct) -> bytes:
    is_first = (magic, version) == (_snapshot.MAGIC, 1)
    front = b"" if is_first else magic + version.to_bytes(4, "little")
    return opening.pack(magic, version, _snapshot.seal(front, content, None)) + content


def snapshots(data: bytes) -> None:
    """A snapshot's head, and its body as it is before it is packed.

    Sealed, and with a first byte that is a version with lengths that fit, so that what comes
    after is reached.
    """
    version, front = _snapshot.VERSION, _FRONT + data[0] % 64 if data else 0
    if data and 1 <= data[0] <= _snapshot.VERSION:
        version = data[0]
        front, data = _fitted(data[1:], version)
    content = data[:front] + zlib.compress(data[front:], 1)
    stored = _sealed(_snapshot.MAGIC, version, content, _snapshot._OPENING)
    try:
        snapshot = Snapshot.from_bytes(stored)
        state, files = snapshot.unpack(_SNAPSHOT_LIMITS, 1 << 20)
    except SnapshotError:
        return
    if len(state.data) > 2 << 20 or sum(b - a for a, b in state.ranges) != len(state.data):
        raise AssertionError("a state that does not fit together")
    kept = Files(MAX_BYTES, MAX_FILES)
    kept.reset(files)
    if kept.tree.used > MAX_BYTES:
        raise AssertionError("more files than there may be")
    kept.mark()
    kept.release()


def _fitted(body: bytes, version: int) -> tuple[int, bytes]:
    """Return the length of a front that goes before *body*, and both."""
    unit = PAGE if version < 3 else PART
    count = min(body[0] if body else 0, 2, len(body) // unit)
    files = len(body) - count * unit
    front = _snapshot._HEAD.pack(0, len(_NAME), bytes(32), 1 << 20, 64, count, count * unit, files)
    front += (b"" if version == 1 else _snapshot._MORE.pack(0, -1, 0, 0)) + _NAME
    table = b"".join(struct.pack("<II", 2 * i, 1) for i in range(count))
    return len(front), front + table + body


def _snapshot_bytes(pick: random.Random) -> bytes:
    from sandbox_wasm import _files_form

    files = Files(MAX_BYTES, MAX_FILES, clock=lambda: 10**18)
    for name in ("a", "tmp/b"):
        fd, _ = files.open(ROOT, name, How.CREATE | How.READ | How.WRITE)
        files.write(fd, pick.randbytes(pick.randrange(50)))
        if pick.randrange(2):
            files.close(fd)
    stored = bytearray(_files_form.encode(files.mark()))
    for _ in range(pick.randrange(3)):
        stored[pick.randrange(len(stored))] = pick.randrange(256)
    version = pick.randrange(1, _snapshot.VERSION + 1)
    memory = b"\1".ljust(PART, b"\0") if version > 2 else b""  # pages are longer than that
    return bytes([version]) + memory + bytes(stored)


_LENGTHS = 7  # parts of the form, of which the journal and the snapshot come last
_MARK = b"\xff\0"
_STORED = Path(__file__).with_name("golden").joinpath("v1-micropython.snapshot").read_bytes()


def runs(data: bytes) -> None:
    """A suspended run: flags and numbers, then the parts with a mark between them."""
    flags, numbers = data[:4].ljust(4, b"\0"), struct.unpack("<4Q", data[4:36].ljust(32, b"\0"))
    parts = [*data[36:].split(_MARK), *[b""] * _LENGTHS][: _LENGTHS - 1]
    *others, journal = parts
    packed = [*others, zlib.compress(journal, 1), _STORED]
    content = _stored_run._HEAD.pack(
        0, flags[1] & 1, flags[2] & 1, flags[3] % 8, *numbers, 5, len(journal), *map(len, packed)
    ) + b"".join(packed)
    stored = _sealed(_stored_run.MAGIC, _stored_run.VERSION, content, _stored_run._OPENING)
    try:
        again = Continuation.from_bytes(stored).to_bytes()
    except (SnapshotError, ConfigError):
        return
    if Continuation.from_bytes(again).to_bytes() != again:
        raise AssertionError("the run is another when it was stored again")


def _run(pick: random.Random) -> bytes:
    entry = struct.pack("<BBI", pick.randrange(5), pick.randrange(3), 5) + bytes(16) + b"[1,2]"
    journal = bytes(16) + entry * pick.randrange(3)
    payload = pick.choice([b'{"a":1}', fuzz_values.hostile(pick)])
    parts = [b"ask", b"/data", payload, b"x = 1", b'{"a":1}', journal]
    return bytes([0, 0, 1, pick.randrange(8)]) + pick.randbytes(32) + _MARK.join(parts)


# ---- what the owner, a server or a package index says


def urls(data: bytes) -> None:
    """A URL, and one that is relative to a base."""
    text = data.decode("utf-8", "surrogateescape")
    for base in (None, _origins.parse("https://example.com/a/b?c")):
        try:
            target = _origins.parse(text, base)
        except ValueError:
            continue
        if _origins.parse(str(target)) != target:
            raise AssertionError("a URL that is read in two ways")
        if not target.host or "@" in target.host or "/" in target.host or not str(target).isascii():
            raise AssertionError("a host that is none")
        grant = _origins.Grant.of("https://example.com/a/")
        if grant.covers(target) and not str(target).startswith("https://example.com/a/"):
            raise AssertionError("covered, and elsewhere")


def _url(pick: random.Random) -> bytes:
    pieces = "https:// http:// example.com 127.0.0.1 [::1] :80 @ / a .. %2f %2e ? # \\ xn-- é . //"
    start = pick.choice(["https://example.com/a/", "https://", ""])
    return (start + "".join(pick.choices(pieces.split(), k=pick.randrange(6)))).encode()


def wheels(data: bytes) -> None:
    """A wheel that nobody vouches for."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pkg-1.0-py3-none-any.whl")
        path.write_bytes(data)
        try:
            wheel = _wheels.read(path)
        except ConfigError:
            return
    for parts in wheel.files:
        if not parts or any(part in ("", ".", "..") or "/" in part for part in parts):
            raise AssertionError("a file that lies elsewhere")


def _wheel(pick: random.Random) -> bytes:
    info = "pkg-1.0.dist-info/"
    members = {
        info + "METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n",
        info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "pkg/__init__.py": "x = 1\n",
    }
    names = ["pkg/x.py", "../x", "/x", "a//b", "pkg/x.so", "pkg\\x", "é", "a/" * 40 + "x"]
    members |= dict.fromkeys(pick.sample(names, pick.choice([0, 0, 1, 2])), "x")
    record = ""
    for name, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text)}\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in {**members, info + "RECORD": record + info + "RECORD,,\n"}.items():
            archive.writestr(name, text)
    data = bytearray(packed.getvalue())
    for _ in range(pick.choice([0, 0, 1, 4])):
        data[pick.randrange(len(data))] = pick.randrange(256)
    return bytes(data)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[random.Random], bytes]]] = {
    "values": (values, fuzz_values.hostile),
    "calls": (calls, _call),
    "files": (file_functions, _file_calls),
    "frames": (frames, _frames),
    "snapshots": (snapshots, _snapshot_bytes),
    "runs": (runs, _run),
    "urls": (urls, _url),
    "wheels": (wheels, _wheel),
}
