"""Linear memory as the host sees it: every access checked.

Access through wasmtime's own ``Memory.read`` costs 2 µs and takes negative
addresses for offsets from the end; a slice of one view over the whole memory
costs 0.2 µs. The view is over memory that the engine owns, so it must be
released before the store goes, and renewed when the guest has grown its memory
(which never moves: the engine reserves 4 GiB for it).
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable, Iterator

import wasmtime

from .._errors import GuestProtocolError
from .._state import PAGE, Ranges
from ._pages import Finder, append, blocks, keep_small

Pair = tuple[memoryview, memoryview]

_LARGE = 1 << 18  # a copy of more takes longer than giving up the interpreter's lock


class GuestMemory:
    """A bounds-checked view of one instance's linear memory.

    Addresses and lengths come from the guest: anything that does not lie inside
    memory as it is now raises `GuestProtocolError`.

    Attributes:
        size: Bytes of memory at the last look; it only grows.
    """

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._store = store
        self._memory = memory
        self._view = memoryview(b"")
        self._windows: list[memoryview] = []
        self._copied = Copies()
        self._reverted = Copies()
        self._base = 0
        self.size = 0
        self.refresh()

    def refresh(self) -> None:
        """Look at memory again, after guest code may have grown it."""
        if self.size < 0:
            raise ValueError("memory was released")
        size = self._memory.data_len(self._store)
        if size != self.size:
            base = ctypes.addressof(self._memory.data_ptr(self._store).contents)
            if self._windows and base != self._base:
                raise GuestProtocolError("linear memory has moved")
            self._base = base
            keep_small(base, size)
            self._view.release()
            self._view = memoryview((ctypes.c_char * size).from_address(self._base)).cast("B")
            self.size = size

    def _check(self, address: int, length: int) -> None:
        if address < 0 or length < 0 or address + length > self.size:
            self.refresh()
            if address < 0 or length < 0 or address + length > self.size:
                raise GuestProtocolError(
                    f"guest named {length} bytes at {address}, outside its {self.size} bytes"
                )

    # A slice that is cut off at the end of memory, or an address from its end, would be no
    # error of Python's: what is not plainly inside goes to `_check`.

    def read(self, address: int, length: int) -> bytes:
        """Return a copy of *length* bytes at *address*."""
        end = address + length
        if address < 0 or length < 0 or end > self.size:
            self._check(address, length)
        return self._view[address:end].tobytes()

    def write(self, address: int, data: bytes) -> None:
        """Store *data* at *address*."""
        end = address + len(data)
        if address < 0 or end > self.size:
            self._check(address, len(data))
        self._view[address:end] = data

    def unpack(self, form: struct.Struct, address: int) -> tuple[int, ...]:
        """Return the values that *form* describes at *address*."""
        if address < 0 or address + form.size > self.size:
            self._check(address, form.size)
        return form.unpack_from(self._view, address)

    def pack(self, form: struct.Struct, address: int, *values: int) -> None:
        """Store *values* at *address* as *form* describes."""
        if address < 0 or address + form.size > self.size:
            self._check(address, form.size)
        form.pack_into(self._view, address, *values)

    def find(self, finder: Finder, again: bool) -> Ranges:
        """Return the parts that may differ from the image, see `Finder.find`."""
        return finder.find(self._base, self._view, again)

    def gather(self, ranges: Ranges) -> bytes:
        """Return a copy of the parts of memory that *ranges* name, one after another."""
        for begin, end in ranges:
            self._check(begin, end - begin)
        return b"".join([self._view[begin:end] for begin, end in ranges])

    def copy(self, ranges: Ranges, to: bytearray | memoryview) -> None:
        """Copy the parts of memory that *ranges* name to *to*, one after another.

        The same two objects as the last time take half the time.
        """
        if not self._copied.are_of(ranges, to):
            self._copied.prepare(ranges, to, self._one_after_another(ranges, to))
        self._copied.make()

    def _one_after_another(self, ranges: Ranges, to: bytearray | memoryview) -> Iterator[Pair]:
        at = 0
        with memoryview(to) as view:
            for begin, end in ranges:
                self._check(begin, end - begin)
                upto = at + end - begin
                yield view[at:upto], self._view[begin:end]
                at = upto

    def forget_copy(self) -> None:
        """Let go of the two objects of the last `copy`, so that one may be resized."""
        self._copied.forget()

    def paste(self, ranges: Ranges, data: bytes | bytearray | memoryview) -> None:
        """Store at *ranges* what `copy` has copied from there."""
        at = 0
        with memoryview(data) as view:
            for begin, end in ranges:
                self._check(begin, end - begin)
                self._view[begin:end] = view[at : at + end - begin]
                at += end - begin

    def revert(self, ranges: Ranges, reference: GuestMemory) -> None:
        """Make the parts that *ranges* name what they are in *reference*.

        The same two objects as the last time take half the time.
        """
        if not self._reverted.are_of(ranges, reference):
            # The reference lives as long as its parts are here.
            self._reverted.prepare(ranges, reference, self._side_by_side(ranges, reference))
        self._reverted.make()

    def _side_by_side(self, ranges: Ranges, other: GuestMemory) -> Iterator[Pair]:
        for begin, end in ranges:
            self._check(begin, end - begin)
            other._check(begin, end - begin)
            yield self._view[begin:end], other._view[begin:end]

    def touch(self, ranges: Ranges) -> None:
        """Make the pages of *ranges* the process's own now, as writing to them would later."""
        for begin, end in ranges:
            self._check(begin, end - begin)
            for at in range(begin, end, PAGE):
                self._view[at] = self._view[at]

    def differing(self, ranges: Ranges, reference: GuestMemory) -> Ranges:
        """Return of *ranges* the pages that are not what they are in *reference*."""
        found: list[tuple[int, int]] = []
        with memoryview(reference._view) as view:
            for begin, end in ranges:
                for at in range(begin, end, PAGE):
                    # A bytearray compares with any buffer by memcmp; two views take turns by item.
                    if bytearray(self._view[at : at + PAGE]) != view[at : at + PAGE]:
                        append(found, at, at + PAGE)
        return found

    def parts(self, ranges: Ranges) -> list[bytes]:
        """Return a copy of each of *ranges*, as far as memory goes."""
        return [self._view[begin:end].tobytes() for begin, end in ranges]

    def blocks(self) -> list[bytearray]:
        """Return a copy of all of it, as `Comparison` takes it."""
        return blocks(self._view)

    def grow(self, size: int) -> None:
        """Make memory *size* bytes large, if it is smaller."""
        self.refresh()
        pages = (size - self.size) >> 16
        if pages > 0:
            self._memory.grow(self._store, pages)
            self.refresh()

    def window(self, address: int, length: int) -> memoryview:
        """Return a writable view that stays valid while memory grows, until `release`.

        For another thread, which must not ask the store for anything.
        """
        self._check(address, length)
        view = self._view[address : address + length]
        self._windows.append(view)
        return view

    def release(self) -> None:
        """Let go of memory; every later access raises `ValueError`."""
        self.release_windows()
        self._reverted.forget()
        self._view.release()
        self.size = -1  # so that no address passes the check

    def release_windows(self) -> None:
        """Let go of all that `window` has returned, and of what `copy` would need again."""
        self.forget_copy()
        for view in self._windows:
            view.release()
        self._windows.clear()


class Copies:
    """Copies of parts of memory, got ready for being made again."""

    def __init__(self) -> None:
        self._of: tuple[object, object] = (None, None)
        self._small: list[Pair] = []
        self._large: list[Pair] = []

    def are_of(self, ranges: Ranges, other: object) -> bool:
        """Return whether they were prepared for the same two objects."""
        return self._of[0] is ranges and self._of[1] is other

    def prepare(self, ranges: Ranges, other: object, pairs: Iterable[Pair]) -> None:
        """Be copies to the first of each pair of what is in the second."""
        self.forget()
        for pair in pairs:
            (self._large if len(pair[1]) > _LARGE else self._small).append(pair)
        self._of = ranges, other  # now, for pairs may end with an error

    def make(self) -> None:
        """Make them."""
        for target, source in self._small:
            target[:] = source
        for target, source in self._large:
            # Without the interpreter's lock, which others want meanwhile.
            begin, to = map(ctypes.c_char.from_buffer, (source, target))
            ctypes.memmove(ctypes.byref(to), ctypes.byref(begin), len(source))

    def forget(self) -> None:
        """Let go of everything."""
        for pair in (*self._small, *self._large):
            for view in pair:
                view.release()
        self._small.clear()
        self._large.clear()
        self._of = (None, None)
