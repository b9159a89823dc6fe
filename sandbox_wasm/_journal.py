"""What a run asked of the host and was answered, so that it can be gone through again.

A run that is suspended is not kept as it stands. Its state before it began is, with this
journal: run again from there, the same code asks the same, gets the same answers, and
comes to the same place. A run that asks for anything else is an error, never a guess.
"""

from __future__ import annotations

import enum
import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator

from ._errors import SnapshotError

# What a journal holds at most: runs that ask for more cannot be suspended.
MAX_BYTES = 64 << 20
_ENTRY_BYTES = 100  # of Python's own, about
_HEAD = struct.Struct("<BBI")  # kind, status, length of the answer
_ASKED_BYTES = 16


class Kind(enum.IntEnum):
    """What was asked for."""

    CALL = 0
    CLOCK = 1
    RANDOM = 2
    FILE = 3


# Answers a host call in a run that is over: guest code is about to be unwound, and does not
# see it. No journal keeps it.
OVER = (1, b'["RuntimeError","the run is over"]')

Entry = tuple[int, bytes, int, bytes]  # kind, digest of what was asked, status, answer
Invoke = Callable[[bytes, bytes, bool], tuple[int, bytes]]


class Journal:
    """The answers of one run, first those that are to be given again, then new ones.

    Args:
        entries: Those of the run that is gone through again.

        approved: The host call after them was let, and is made without asking again.

        most: Bytes that it may hold, if that is less than any journal may.
    """

    def __init__(
        self, entries: Iterable[Entry] = (), approved: bool = False, most: int = MAX_BYTES
    ) -> None:
        self._entries = list(entries)
        self._approved = approved
        self._at = 0
        self._most = min(most, MAX_BYTES)
        self._left = self._most - sum(len(e[3]) + _ENTRY_BYTES for e in self._entries)
        self.asked = b""  # in the last host call

    @property
    def is_repeating(self) -> bool:
        """Whether the next answer is known."""
        return self._at < len(self._entries)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked is here."""
        return self._left >= 0

    def call(self, name: bytes, args: bytes, invoke: Invoke) -> tuple[int, bytes]:
        """Answer a host call: as before, or by *invoke*."""
        self.asked = asked = _digest(name + b"\0" + args)
        if self.is_repeating:
            return self._repeat(Kind.CALL, asked)
        approved, self._approved = self._approved, False
        reply = invoke(name, args, approved)
        if reply is not OVER:
            self._note((Kind.CALL, asked, *reply))
        return reply

    def clock(self, monotonic: bool, look: Callable[[bool], int]) -> int:
        """Return the time in nanoseconds, as before or now."""
        asked = bytes([monotonic]).ljust(_ASKED_BYTES)
        if self.is_repeating:
            return int.from_bytes(self._repeat(Kind.CLOCK, asked)[1], "little")
        now = look(monotonic)
        self._note((Kind.CLOCK, asked, 0, now.to_bytes(8, "little")))
        return now

    def random(self, length: int, make: Callable[[int], bytes]) -> bytes:
        """Return random bytes, as before or new ones."""
        asked = length.to_bytes(_ASKED_BYTES, "little")
        if self.is_repeating:
            return self._repeat(Kind.RANDOM, asked)[1]
        data = make(length)
        self._note((Kind.RANDOM, asked, 0, data))
        return data

    def answered(self, status: int, answer: bytes) -> Journal:
        """Return a journal for going through the run again, with its open call answered."""
        entries = [*self._entries, (Kind.CALL, self.asked, status, answer)]
        return Journal(entries, most=self._most)

    def approved(self) -> Journal:
        """Return a journal for going through the run again, and making its open call."""
        return Journal(self._entries, approved=True, most=self._most)

    def _repeat(self, kind: Kind, asked: bytes) -> tuple[int, bytes]:
        then, digest, status, answer = self._entries[self._at]
        if (then, digest) != (kind, asked):
            raise SnapshotError(
                f"the run took another way when it was gone through again: at step {self._at + 1} "
                f"it asked for {_WORDS[kind]} that it had not asked for there before"
            )
        self._at += 1
        return status, answer

    def _note(self, entry: Entry) -> None:
        self._left -= len(entry[3]) + _ENTRY_BYTES
        if self._left >= 0:
            self._entries.append(entry)
            self._at += 1
        else:  # of no use without the rest
            self._entries.clear()
            self._at = 0

    def to_bytes(self) -> bytes:
        """Return it as data: the digest of the call that is open, and the entries."""
        entries = (
            _HEAD.pack(kind, status, len(answer)) + asked + answer
            for kind, asked, status, answer in self._entries
        )
        return b"".join((self.asked.ljust(_ASKED_BYTES, b"\0"), *entries))

    @classmethod
    def from_bytes(cls, data: bytes) -> Journal:
        """Return the journal that `to_bytes` made *data* of.

        Raises:
            SnapshotError: The data is not that.
        """
        journal = cls(_parse(data))
        journal.asked = data[:_ASKED_BYTES]
        return journal


_WORDS = {
    Kind.CALL: "a host call",
    Kind.CLOCK: "the time",
    Kind.RANDOM: "randomness",
    Kind.FILE: "a file",
}


def _digest(question: bytes) -> bytes:
    return hashlib.blake2b(question, digest_size=_ASKED_BYTES).digest()


def _parse(data: bytes) -> Iterator[Entry]:
    at = _ASKED_BYTES
    if len(data) < at:
        raise SnapshotError("the journal of the run is cut short")
    while at < len(data):
        if len(data) - at < _HEAD.size + _ASKED_BYTES:
            raise SnapshotError("the journal of the run is cut short")
        kind, status, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        asked = data[at : at + _ASKED_BYTES]
        at += _ASKED_BYTES
        if kind not in _WORDS or status > 1 or length > len(data) - at:
            raise SnapshotError("the journal of the run is damaged")
        yield kind, asked, status, data[at : at + length]
        at += length
