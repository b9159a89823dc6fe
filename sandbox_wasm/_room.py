"""Room for the states of guests, in memory that goes back to the system.

A state takes hundreds of kilobytes for as long as its session lives. Freed room of that size
the C library keeps, for each arena of its own: after thousands of sessions on many threads it
held 260 MB, of which 12 MB were in use. A mapping goes back as a whole. Since the first touch
of its pages takes longer than the copy, a few are kept for the next session.
"""

from __future__ import annotations

import contextlib
import mmap
import sys

# Untouched pages are addresses and no memory: with these, a state that grows a little stays.
_USUAL_BYTES = 1 << 20
_MOST_SPARE = 4


class _Mapping(mmap.mmap):
    """Memory of nobody else."""


_spare: list[_Mapping] = []


def room(length: int, instead_of: object = None) -> memoryview:
    """Return *length* bytes to write a state to; what is in them is of no meaning.

    Args:
        instead_of: Data of a state that is not needed any more. If it is a view of a mapping,
            that one is used, unless it is too small, or came from here and is far too large.
    """
    mapping = _mapping(instead_of)
    if mapping is None or not _fits(mapping, length):
        mapping = _new(length)
    return memoryview(mapping)[:length]


def give_back(data: object) -> None:
    """Let others have the room that *data* is in: nobody may look at it or write to it again."""
    mapping = _mapping(data)
    if isinstance(mapping, _Mapping) and len(mapping) == _USUAL_BYTES and len(_spare) < _MOST_SPARE:
        _spare.append(mapping)


def _mapping(data: object) -> mmap.mmap | None:
    mapping = data.obj if isinstance(data, memoryview) else None
    return mapping if isinstance(mapping, mmap.mmap) else None


def _fits(mapping: mmap.mmap, length: int) -> bool:
    most = max(_USUAL_BYTES, 8 * length) if isinstance(mapping, _Mapping) else len(mapping)
    return length <= len(mapping) <= most


def _new(length: int) -> _Mapping:
    if length <= _USUAL_BYTES:
        with contextlib.suppress(IndexError):
            return _spare.pop()
    size = max(_USUAL_BYTES, length + length // 4)
    if sys.platform == "win32":
        return _Mapping(-1, size)
    # Private: what a child of fork writes is its own.
    mapping = _Mapping(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with contextlib.suppress(OSError):  # where there are none
            mapping.madvise(mmap.MADV_NOHUGEPAGE)  # which would fill it at the first touch
    return mapping
