"""Linear memory: any address and length reads what is there, or is refused."""

import struct

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import GuestProtocolError
from sandbox_wasm._wasm._memory import GuestMemory

PAGE = 65536
WORD = struct.Struct("<I")
EDGES = [-(2**40), -16, -1, 0, 1, PAGE - 1, PAGE, PAGE + 1, 2**31, 2**32 - 1, 2**32, 2**64, 2**70]
ANY = st.integers(-(2**70), 2**70) | st.sampled_from(EDGES) | st.integers(0, 2 * PAGE)


def make(pages=1):
    store = wasmtime.Store(wasmtime.Engine())
    memory = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(pages, 10)))
    return store, memory, GuestMemory(store, memory)


@pytest.fixture(scope="module")
def filled():
    """A memory with a pattern, and the pattern."""
    store, raw, memory = make(2)
    pattern = bytes(i * 7 % 251 for i in range(2 * PAGE))
    raw.write(store, pattern, 0)
    return memory, pattern


@given(ANY, ANY)
def test_read(filled, address, length):
    """
    A read is exact, or refused; it never counts from the end.
    """
    memory, pattern = filled
    if address >= 0 and length >= 0 and address + length <= len(pattern):
        assert pattern[address : address + length] == memory.read(address, length)
    else:
        with pytest.raises(GuestProtocolError):
            memory.read(address, length)


@given(ANY)
def test_words(filled, address):
    """
    Likewise for structs and words.
    """
    memory, pattern = filled
    if 0 <= address <= len(pattern) - 4:
        expected = WORD.unpack_from(pattern, address)
        assert expected == memory.unpack(WORD, address)
    else:
        for use in (
            lambda: memory.unpack(WORD, address),
            lambda: memory.pack(WORD, address, 5),
            lambda: memory.window(address, 4),
            lambda: memory.write(address, b"1234"),
        ):
            with pytest.raises(GuestProtocolError):
                use()
        assert pattern == memory.read(0, len(pattern))


@given(st.integers(0, PAGE), st.binary(max_size=300))
def test_what_is_written_is_read(address, data):
    """
    A write changes just what it names, or nothing.
    """
    store, raw, memory = make()
    if address + len(data) <= PAGE:
        memory.write(address, data)
        expected = bytearray(PAGE)
        expected[address : address + len(data)] = data
        assert expected == raw.read(store, 0, PAGE)
    else:
        with pytest.raises(GuestProtocolError):
            memory.write(address, data)
        assert bytes(PAGE) == raw.read(store, 0, PAGE)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=12, unique=True), st.booleans())
def test_copies(filled, cuts, again):
    """
    Parts are copied one after another, and what they are by then, also the second time.
    """
    memory, pattern = filled
    ends = [cut * (len(pattern) // 40) for cut in sorted(cuts)]
    ranges = list(zip(ends[::2], ends[1::2], strict=False))
    room = bytearray(sum(end - begin for begin, end in ranges))
    memory.copy(ranges, room)
    assert b"".join(pattern[begin:end] for begin, end in ranges) == room
    if again and ranges:
        begin = ranges[0][0]
        memory.write(begin, b"!")
        memory.copy(ranges, room)
        assert b"!" == room[:1]
        memory.write(begin, pattern[begin : begin + 1])


@pytest.mark.parametrize(
    "ranges", [[(0, PAGE + 1)], [(-1, 5)], [(5, 1)], [(0, 4), (PAGE, 2 * PAGE)]]
)
def test_copies_of_what_there_is_not(ranges):
    """
    Nothing outside of memory is copied, and what was not copied can be tried again.
    """
    store, _, memory = make()
    for _ in range(2):
        with pytest.raises((GuestProtocolError, ValueError)):
            memory.copy(ranges, bytearray(PAGE + 1))
    memory.copy([(0, 8)], bytearray(8))
    memory.release()
    store.close()


def test_growth():
    """
    New memory can be named at once, old windows stay good, and the end is the new end.
    """
    store, raw, memory = make()
    window = memory.window(PAGE - 4, 4)
    with pytest.raises(GuestProtocolError):
        memory.read(PAGE, 1)
    raw.grow(store, 2)

    assert bytes(8) == memory.read(PAGE - 4, 8)
    window[0] = 9
    assert b"\x09\0\0\0\0" == memory.read(PAGE - 4, 5)
    memory.refresh()
    assert 3 * PAGE == memory.size
    with pytest.raises(GuestProtocolError):
        memory.read(3 * PAGE - 1, 2)


def test_after_release():
    """
    Memory that was let go of cannot be touched, by any way.
    """
    store, _, memory = make()
    window = memory.window(0, 4)
    memory.release()
    store.close()

    for use in (
        lambda: memory.read(0, 1),
        lambda: memory.read(0, 0),
        lambda: memory.write(0, b"1"),
        lambda: memory.unpack(WORD, 0),
        lambda: memory.pack(WORD, 0, 1),
        lambda: memory.window(0, 4),
        lambda: memory.read(PAGE, 1),
        lambda: window[0],
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - that it is one is all we say
            use()
