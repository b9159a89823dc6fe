"""What a run asked of the host and was answered, so that it can be gone through again.

A run that is suspended is not kept as it stands. Its state before it began is, with this
journal: run again from there, the same code asks the same, gets the same answers, and
comes to the same place. A run that asks for anything else is an error, never a guess.
"""

from __future__ import annotations

import enum
import hashlib
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ._errors import HostFunctionError, SnapshotError

# What a journal holds at most: runs that ask for more cannot be suspended.
MAX_BYTES = 64 << 20
_HEAD = struct.Struct("<BBI16s")  # kind, status, length of the answer, digest of the question
ASKED_BYTES = 16
_NOTHING = bytes(ASKED_BYTES)
_LARGEST_ERRNO = 255
# Host calls that wait for their digest: most runs end before anybody wants one.
_MOST_LATE = 4096
_LONG_QUESTION = 1024
_TOO_MUCH = "the run has asked the host for more than is kept"


class Kind(enum.IntEnum):
    """What was asked for; `CHANGE` is what the host did to the session's files in a host call."""

    CALL = 0
    CLOCK = 1
    RANDOM = 2
    FILE = 3
    CHANGE = 4


_WORDS = {
    Kind.CALL: "a host call",
    Kind.CLOCK: "the time",
    Kind.RANDOM: "randomness",
    Kind.FILE: "a mounted file",
    Kind.CHANGE: "a file of its host",
}
_STATUSES = {Kind.CALL: 1, Kind.FILE: _LARGEST_ERRNO}  # the largest; else 0

# Answers a host call in a run that is over: guest code is about to be unwound, and does not
# see it. No journal keeps it.
OVER = (1, b'["RuntimeError","the run is over"]')

# With the name and the payload, encoded, that were shown, where somebody may have made those up.
Approved = bool | tuple[str, bytes]
Invoke = Callable[[bytes, bytes, Approved], tuple[int, bytes]]


class Entry(NamedTuple):
    """One question and its answer; a status of 0 is success."""

    kind: int
    status: int
    asked: bytes
    answer: bytes


class Journal:
    """The answers of one run, first those that are to be given again, then new ones.

    For the thread that runs the guest, but `change`.

    Args:
        entries: Those of the run that is gone through again, one after another.

        let: The host call after them, which was let: it is made without asking again, and
            no other is.

        approved: What *invoke* of `call` is told of that call.

        most: Bytes that it may hold, if that is less than any journal may.

    Attributes:
        turn: Which run of its session goes through it, 0 before that.
    """

    __slots__ = (
        "_approved", "_asked", "_at", "_data", "_end", "_fault", "_is_left", "_late", "_late_size",
        "_let", "_most", "_question", "_steps", "turn",
    )  # fmt: skip

    def __init__(
        self,
        entries: bytes = b"",
        let: bytes | None = None,
        approved: Approved = True,
        most: int = MAX_BYTES,
    ) -> None:
        self._data = bytearray(entries)
        self._end = len(entries)  # of what is repeated
        self._at = 0
        self._let = let
        self._approved = approved
        self._most = min(most, MAX_BYTES)
        self._steps = 0  # odd while the host is at a host call
        self._is_left = False
        self._fault: str | None = None
        self._late: list[tuple[bytes, bytes, int, bytes]] = []  # name, arguments, reply
        self._late_size = 0  # once they are in the data
        self._question: tuple[bytes, bytes] | None = None
        self._asked = _NOTHING
        self.turn = 0

    @property
    def asked(self) -> bytes:
        """Digest of the last host call."""
        if self._question is not None:
            self._asked, self._question = _digest_call(*self._question), None
        return self._asked

    @property
    def is_repeating(self) -> bool:
        """Whether the run has not come to where it was left."""
        return self._at < self._end or self._let is not None

    @property
    def fault(self) -> str | None:
        """Why the run cannot be gone through again; None if it can."""
        return self._fault or (_TOO_MUCH if self.size > self._most else None)

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self._data) + self._late_size

    def call(
        self, name: bytes, args: bytes, invoke: Invoke, change: Callable[[bytes], None]
    ) -> tuple[int, bytes]:
        """Answer a host call: as before, or by *invoke*.

        Args:
            change: Does again what the host did to the session's files meanwhile.
        """
        self._question = (name, args)
        while self._at < self._end:
            entry = self._next()
            if entry.kind != Kind.CHANGE:
                return self._matching(entry, Kind.CALL, self.asked)
            change(entry.answer)
        approved: Approved = False
        if self._let is not None:
            if self.asked != self._let:
                raise self._stray(Kind.CALL)
            self._let, approved = None, self._approved
        self._steps += 1
        try:
            reply = invoke(name, args, approved)
        finally:
            self._steps += 1
        if reply is not OVER and not self._is_left and self._fault is None:
            self._late.append((name, args, *reply))
            self._late_size += _HEAD.size + len(reply[1])
            if len(self._late) == _MOST_LATE or len(args) > _LONG_QUESTION:
                self._settle()
            elif len(self._data) + self._late_size > self._most:
                self._spoil(_TOO_MUCH)
        return reply

    def known(self, kind: Kind, asked: bytes) -> tuple[int, bytes] | None:
        """Return status and answer of a question that was asked before; None for a new one.

        A new one is to be answered, and the answer given to `note`.

        Args:
            asked: Digest of the question, of `ASKED_BYTES`.
        """
        if self._at < self._end:
            return self._matching(self._next(), kind, asked)
        if self._let is not None:
            raise self._stray(kind)
        return None

    def note(self, kind: Kind, status: int, asked: bytes, answer: bytes) -> None:
        """Keep the answer to a new question."""
        if self._is_left or self._fault is not None:
            return
        if self._late:
            self._settle()
        self._keep(kind, status, asked, answer)

    def _settle(self) -> None:
        """Put the host calls that have no digest yet to the rest."""
        late, self._late, self._late_size = self._late, [], 0
        for name, args, status, answer in late:
            if self._fault is None:
                self._keep(Kind.CALL, status, _digest_call(name, args), answer)

    def _keep(self, kind: Kind, status: int, asked: bytes, answer: bytes) -> None:
        if len(self._data) + _HEAD.size + len(answer) > self._most:
            self._spoil(_TOO_MUCH)
        else:
            self._data += _HEAD.pack(kind, status, len(answer), asked) + answer

    def change(self, data: bytes) -> None:
        """Note what the host did to the session's files; from any thread.

        While guest code runs, nobody can say when it saw that.
        """
        before = self._steps
        if before % 2:
            self.note(Kind.CHANGE, 0, _NOTHING, data)
        if before % 2 == 0 or self._steps != before:
            self._spoil("the session's files were changed from outside while it ran")

    def leave(self) -> None:
        """Leave the last host call open: nothing comes after it."""
        self._is_left = True

    def again(self) -> Journal:
        """Return a journal for asking the same again, of what comes to its end."""
        self._settle()
        return Journal(bytes(self._data), most=self._most)

    def answered(self, status: int, answer: bytes) -> Journal:
        """Return a journal for going through the run again, with its open call answered."""
        self._settle()
        entry = _HEAD.pack(Kind.CALL, status, len(answer), self.asked) + answer
        return Journal(bytes(self._data) + entry, most=self._most)

    def approved(self, approved: Approved = True) -> Journal:
        """Return a journal for going through the run again, and making its open call."""
        self._settle()
        return Journal(bytes(self._data), let=self.asked, approved=approved, most=self._most)

    def _next(self) -> Entry:
        if self._fault is not None:  # guest code may have seen that already
            raise SnapshotError(f"the run cannot be gone through again: {self._fault}")
        kind, status, length, asked = _HEAD.unpack_from(self._data, self._at)
        self._at += _HEAD.size + length
        return Entry(kind, status, asked, bytes(self._data[self._at - length : self._at]))

    def _matching(self, entry: Entry, kind: Kind, asked: bytes) -> tuple[int, bytes]:
        if (entry.kind, entry.asked) != (kind, asked):
            self._at -= _HEAD.size + len(entry.answer)  # that has not been given
            raise self._stray(kind)
        return entry.status, entry.answer

    def _stray(self, kind: Kind) -> SnapshotError:
        return SnapshotError(
            "the run took another way when it was gone through again: it asked for "
            f"{_WORDS[kind]} that it had not asked for there before"
        )

    def _spoil(self, fault: str) -> None:
        self._fault = self._fault or fault
        self._late, self._late_size = [], 0
        del self._data[self._end :]  # of no use without the rest; what is repeated still is

    def to_bytes(self) -> bytes:
        """Return it as data: the digest of the call that is open, and the entries."""
        self._settle()
        return self.asked + bytes(self._data)

    @classmethod
    def from_bytes(cls, data: bytes) -> Journal:
        """Return the journal that `to_bytes` made *data* of.

        Raises:
            SnapshotError: The data is not that.
        """
        for _ in _walk(data):
            pass
        journal = cls(data[ASKED_BYTES:])
        journal._asked = data[:ASKED_BYTES]
        return journal

    def __iter__(self) -> Iterator[Entry]:
        return _walk(self.to_bytes())


def cannot_wait(name: str, why: str | None = None) -> HostFunctionError:
    """Return the error of a run whose call of host function *name* cannot be left open.

    Args:
        why: Default: there is no state to go back to.
    """
    why = why or "the session keeps no checkpoints, or none as large as its state"
    error = HostFunctionError(name)
    error.__cause__ = SnapshotError(f"the run cannot be suspended: {why}")
    return error


def digest(question: bytes) -> bytes:
    """Return what stands for a question."""
    return hashlib.blake2b(question, digest_size=ASKED_BYTES).digest()


def _digest_call(name: bytes, args: bytes) -> bytes:
    return digest(len(name).to_bytes(2, "little") + name + args)


def _walk(data: bytes) -> Iterator[Entry]:
    at = ASKED_BYTES
    if not at <= len(data) <= at + MAX_BYTES:
        raise SnapshotError("the journal of the run is cut short, or too long")
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise SnapshotError("the journal of the run is cut short")
        kind, status, length, asked = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if kind not in _WORDS or status > _STATUSES.get(kind, 0) or length > len(data) - at:
            raise SnapshotError("the journal of the run is damaged")
        yield Entry(kind, status, asked, data[at : at + length])
        at += length
