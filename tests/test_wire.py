"""Frames between a session and its worker: what goes in comes out, and nothing else gets in."""

import math
import socket
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_wasm import GuestProtocolError
from sandbox_wasm.interpreters import _wire as wire

atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=300)
    | st.text(st.characters(), max_size=100)
)
values = atoms | st.lists(atoms | st.lists(atoms, max_size=3).map(tuple), max_size=5).map(tuple)


@given(st.lists(values, max_size=6).map(tuple))
@example((math.inf, -0.0, "\ud800", 1 << 63, ((), b"", "")))
def test_values_come_back(given):
    """
    decode(encode(x)) is x, in value and in every type.
    """
    found = wire.decode(wire.encode(given), max_nodes=1000)

    assert repr(given) == repr(found)


@given(st.binary(max_size=200))
@example(b"b\xff\xff\xff\xff")
@example(b"l\xff\xff\xff\xff")
@example(b"s\x01\x00\x00\x00\xff")
@example(b"i\x00")
@example(b"l\x01\x00\x00\x00" * 40)
def test_any_bytes_are_refused_or_read(data):
    """
    The decoder is total: values, or the one error.
    """
    try:
        found = wire.decode(data)
    except GuestProtocolError:
        return
    assert found == wire.decode(wire.encode(found)) or repr(math.nan) in repr(found)


@pytest.mark.parametrize("body", [b"n" * 65, b"l\x41\x00\x00\x00" + b"n" * 65])
def test_too_many_values(body):
    """
    A frame of many small values would take far more memory than it has bytes.
    """
    with pytest.raises(GuestProtocolError, match="too many"):
        wire.decode(body)


@pytest.mark.parametrize("value", [{}, [1], object(), 1j, bytearray(b"x")])
def test_no_other_values_go_in(value):
    """
    Nothing but plain data has a form.
    """
    with pytest.raises(TypeError):
        wire.encode((value,))


@pytest.fixture
def ends():
    """Two sockets: one for a link, one to say anything on."""
    pair = socket.socketpair()
    yield pair
    for end in pair:
        end.close()


def test_frames_arrive_in_order(ends):
    """
    Held frames go first; large ones are put together again.
    """
    sender, receiver = wire.Link(ends[0], {}), wire.Link(ends[1], {4: 1 << 20, 5: 10})
    large = b"x" * 150_000  # fits the socket's buffer, and takes more than one look

    assert 9 == sender.hold(5, 7)
    sender.send(4, large)
    sender.send(5)

    assert (5, (7,)) == receiver.receive()
    assert (4, (large,)) == receiver.receive()
    assert (5, ()) == receiver.receive()


@pytest.mark.parametrize(
    ("operation", "length"), [(4, 101), (4, 0xFFFFFFFF), (9, 0), (0, 1)], ids=str
)
def test_a_frame_is_bounded_before_it_is_read(ends, operation, length):
    """
    Too long, or of an operation that has no place here: refused with nothing read.
    """
    link = wire.Link(ends[0], {4: 100})
    ends[1].sendall(struct.pack("<BI", operation, length))

    with pytest.raises(GuestProtocolError):
        link.receive()


def test_an_end_in_the_middle_of_a_frame(ends):
    """
    A worker that dies while it speaks is one that is gone.
    """
    for size in (50, 90_000):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(struct.pack("<BI", 4, 2 * size) + b"n" * size)
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(EOFError):
                wire.Link(ours, {4: 1 << 20}).receive()
