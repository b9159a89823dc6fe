"""Which pages of linear memory may differ from the image that the instance began with.

Copying a whole memory takes longer than most runs. On Linux the kernel knows better: the
image is a private mapping of a file, and memory beyond it is anonymous, so a page that
was written to is one of the process's own. Which those are is asked by ``PAGEMAP_SCAN``
(Linux 6.7), else read from ``/proc/self/pagemap``, both open to every user. Elsewhere
memory is compared with that of an instance which nobody has used.

What is found may be more than what differs, and is never less.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import os
import re
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from .._state import PAGE, Ranges
from .._thread import current

_BLOCK = 65_536


class Finder(Protocol):
    """Finds the pages of one instance, on the thread that runs it."""

    def find(self, base: int, view: memoryview, again: bool) -> Ranges:
        """Return begin and end, in bytes from the start, of what may differ.

        Args:
            base: Address of memory.

            view: All of it.

            again: Whether another thread may have written to it, too.
        """


class OwnPages:
    """Asks the kernel for the pages that are the process's own (Linux).

    A page becomes that by a fault of the thread that writes to it. So while the count of
    the thread's faults stands still, the answer is the one before. A thread is handed on,
    and what it does for others says nothing of what was done elsewhere meanwhile.
    """

    def __init__(self, table: PageTable) -> None:
        self._table = table
        self._mark: tuple[object, ...] = ()
        self._found: Ranges = ()

    def find(self, base: int, view: memoryview, again: bool) -> Ranges:
        mark = (base, len(view), current(), os.getpid(), _faults())
        if again or mark != self._mark:
            self._mark = mark
            self._found = self._table.own_pages(base, len(view))
        return self._found


class Comparison:
    """Compares memory with that of an unused instance.

    Args:
        pristine: Memory of one, in blocks of 64 KiB.
    """

    def __init__(self, pristine: Sequence[bytearray]) -> None:
        self._pristine = pristine

    def find(self, base: int, view: memoryview, again: bool) -> Ranges:
        found: list[tuple[int, int]] = []
        for at in range(0, len(view), _BLOCK):
            index = at // _BLOCK
            block = self._pristine[index] if index < len(self._pristine) else _ZEROES
            # A bytearray compares with any buffer by memcmp; two views take turns by item.
            if block == view[at : at + _BLOCK]:
                continue
            for page in range(0, _BLOCK, PAGE):
                if block[page : page + PAGE] != view[at + page : at + page + PAGE]:
                    append(found, at + page, at + page + PAGE)
        return found


def union(one: Ranges, other: Ranges) -> Ranges:
    """Return what lies in either."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted([*one, *other]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def blocks(view: memoryview) -> list[bytearray]:
    """Return a copy of memory as `Comparison` takes it."""
    copies = (bytearray(view[at : at + _BLOCK]) for at in range(0, len(view), _BLOCK))
    return [_ZEROES if copy == _ZEROES else copy for copy in copies]


_ZEROES = bytearray(_BLOCK)


def append(found: list[tuple[int, int]], begin: int, end: int) -> None:
    """Add a range to others that lie before it."""
    if found and found[-1][1] == begin:
        found[-1] = (found[-1][0], end)
    else:
        found.append((begin, end))


# ---- Linux

# struct pm_scan_arg: size flags start end walk_end vec vec_len max_pages
# category_inverted category_mask category_anyof_mask return_mask
_SCAN = struct.Struct("<12Q")
_SCAN_REQUEST = 3 << 30 | _SCAN.size << 16 | ord("f") << 8 | 16
_NO_LARGE_PAGES = 15  # MADV_NOHUGEPAGE
_IS_FILE, _IS_PRESENT, _IS_SWAPPED, _IS_ZERO_PAGE = 1 << 2, 1 << 3, 1 << 4, 1 << 5
_REGIONS = 256
_Regions = ctypes.c_char * (24 * _REGIONS)  # of each struct page_region
# The highest byte of an entry of pagemap: present or swapped, and no page of a file.
_OWN = bytes(1 if entry & 0xC0 and not entry & 0x20 else 0 for entry in range(256))


class PageTable:
    """The kernel's record of this process's pages.

    Args:
        scan: Ask by ``PAGEMAP_SCAN``; else read the record itself.

    Raises:
        OSError: There is none.
    """

    def __init__(self, scan: bool) -> None:
        self._scan = scan
        self._pid = 0
        self._file = -1
        self.open()

    def open(self) -> int:
        """Return the descriptor of this process's record."""
        if self._pid != os.getpid():  # in a child of fork the file is still about the parent
            self._file = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
            self._pid = os.getpid()
        return self._file

    def own_pages(self, base: int, size: int) -> Ranges:
        """Return begin and end of the pages that are the process's own, from *base*.

        Raises:
            OSError: The kernel does not tell.
        """
        return self._ask(base, size) if self._scan else self._read(base, size)

    def _ask(self, base: int, size: int) -> Ranges:
        import fcntl

        # Made for each time: kept for each thread, it would be memory of every session.
        regions = _Regions()
        to = ctypes.addressof(regions)
        found: list[tuple[int, int]] = []
        at, end = base, base + size
        inverted = mask = _IS_FILE | _IS_ZERO_PAGE
        own = _IS_PRESENT | _IS_SWAPPED
        while at < end:
            argument = bytearray(
                _SCAN.pack(_SCAN.size, 0, at, end, 0, to, _REGIONS, 0, inverted, mask, own, own)
            )
            count = fcntl.ioctl(self.open(), _SCAN_REQUEST, argument)
            told = struct.unpack_from(f"<{3 * count}Q", regions)
            for i in range(0, len(told), 3):
                append(found, told[i] - base, told[i + 1] - base)
            walked = _SCAN.unpack(argument)[4]
            if walked <= at:
                raise OSError("the page map ends early")
            at = walked
        return found

    def _read(self, base: int, size: int) -> Ranges:
        length = size // PAGE * 8
        entries = os.pread(self.open(), length, base // PAGE * 8)
        if len(entries) != length:
            raise OSError("the page map ends early")
        flags = entries[7::8].translate(_OWN)
        return [(m.start() * PAGE, m.end() * PAGE) for m in re.finditer(b"\1+", flags)]


def _tells_the_truth(table: PageTable) -> bool:
    """Try *table* on pages of which it is known who wrote to them."""
    pages = 4
    with open(sys.executable, "rb") as file:
        # A mapping is private when its pages become the process's own by being written.
        image = mmap.mmap(file.fileno(), pages * PAGE, access=mmap.ACCESS_COPY)
    memory = mmap.mmap(-1, pages * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for mapping in (image, memory):
        first = ctypes.c_char.from_buffer(mapping)
        base = ctypes.addressof(first)
        del first
        _ = mapping[0], mapping[PAGE]
        for page in (1, 3):
            before = _faults()
            mapping[page * PAGE] = 1
            if _faults() <= before:
                return False
        found = table.own_pages(base, pages * PAGE)
        mapping.close()
        for page in (1, 3):
            if not any(begin <= page * PAGE < end for begin, end in found):
                return False
    return True


def _faults() -> int:
    import resource

    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return usage.ru_minflt + usage.ru_majflt


def keep_small(base: int, size: int) -> None:
    """Have no large pages made of that memory.

    The kernel would do so behind our back, and what a guest then writes to for the first time
    would be no page fault of anybody (`OwnPages`).
    """
    if page_table() is not None:
        # What has no large pages at all refuses, and is as good.
        _libc().madvise(ctypes.c_void_p(base), ctypes.c_size_t(size), _NO_LARGE_PAGES)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


@functools.cache
def page_table() -> PageTable | None:
    """Return the best record of pages that this system has, if it has one."""
    if not sys.platform.startswith("linux") or mmap.PAGESIZE != PAGE:
        return None
    for scan in (True, False):
        try:
            table = PageTable(scan)
            if _tells_the_truth(table):
                return table
        except (OSError, ValueError, AttributeError, ImportError):
            continue
    return None


def prepare() -> set[int]:
    """Open what `finder` will need, in a process that cannot open it later.

    Returns:
        Descriptors that are to stay open.
    """
    table = page_table()
    return set() if table is None else {table.open()}


def finder(pristine: Callable[[], Sequence[bytearray]]) -> Finder:
    """Return what finds the pages of an instance.

    Args:
        pristine: Returns memory of an unused one, for `Comparison`.
    """
    table = page_table()
    return Comparison(pristine()) if table is None else OwnPages(table)
