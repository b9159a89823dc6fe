"""Room for states: nobody's but its session's, and gone or handed on with its end."""

import gc
import mmap
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import _room
from sandbox_wasm._room import give_back, room

USUAL = 1 << 20


@pytest.fixture(autouse=True)
def none_spare(monkeypatch):
    """What others have left is not looked at, and neither is what is left here."""
    spare = []
    monkeypatch.setattr(_room, "_spare", spare)
    return spare


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.one_of(st.none(), st.sampled_from([0, 1, 4096, USUAL, USUAL + 1, 9 * USUAL])),
        ),
        max_size=30,
    )
)
def test_each_has_its_own(steps):
    """
    Whatever is taken, replaced and given back, states that are kept stay what they are.
    """
    _room._spare.clear()
    kept = {}
    for number, (who, length) in enumerate(steps):
        before = kept.pop(who, None)
        if length is None:
            if before is not None:
                give_back(before[0])
        else:
            data = room(length, None if before is None else before[0])
            assert length == len(data)
            mark = bytes([number % 251]) * min(length, 100)
            data[: len(mark)] = mark
            kept[who] = data, mark
        for data, mark in kept.values():
            assert mark == data[: len(mark)]
        held = [*(data.obj for data, _ in kept.values()), *_room._spare]
        assert len(held) == len(set(map(id, held)))


def test_the_same_room_again():
    """
    A state that grows or shrinks a little stays where it is.
    """
    data = room(300_000)
    assert room(USUAL, data).obj is data.obj
    assert room(10, data).obj is data.obj


def test_a_state_that_was_large():
    """
    The pages of one that has become small are not kept, nor is large room for others.
    """
    large = room(16 * USUAL)
    small = room(1000, large)
    assert small.obj is not large.obj
    gone = weakref.ref(large.obj)
    give_back(large)
    del large
    gc.collect()
    assert gone() is None


def test_few_are_spare(none_spare):
    """
    What is given back serves the next, and no more than a few wait for that.
    """
    rooms = [room(1000) for _ in range(20)]
    first = rooms[0].obj
    for data in rooms:
        give_back(data)
    assert 4 == len(none_spare)
    assert first in [room(1000).obj for _ in range(4)]
    assert not none_spare


@pytest.mark.parametrize("data", [b"", bytearray(9), memoryview(b"abc"), None])
def test_what_is_no_room(none_spare, data):
    """
    Data that lies elsewhere is neither written to nor handed on.
    """
    assert isinstance(room(3, data).obj, mmap.mmap)
    give_back(data)
    assert not none_spare


def test_the_room_of_a_worker(none_spare):
    """
    A mapping that is shared with the session's process is used however large, and never given.
    """
    with mmap.mmap(-1, 64 * USUAL) as shared, memoryview(shared) as view:
        data = room(10, view)
        assert data.obj is shared
        give_back(data)
        data.release()
    assert not none_spare


def kept_in(session):
    """The mapping with the session's checkpoint: one that a second run finds was taken."""
    session.run("x = 1")
    session.run("x")
    return session._lane._keeper._checkpoint._state.data.obj


@pytest.mark.parametrize("isolation", ["thread"])
def test_sessions_hand_it_on(make_session, none_spare):
    """
    The room of a session that has ended is that of the next, and of no two at once.
    """
    first, second = make_session(), make_session()
    one, other = kept_in(first), kept_in(second)
    assert one is not other
    first.close()
    assert [one] == none_spare
    third = make_session()
    assert kept_in(third) is one
    assert not none_spare
    assert 1 == second.run("x").value


@pytest.mark.parametrize("isolation", ["thread"])
def test_the_room_of_a_large_state_goes(make_session, none_spare):
    """
    What a session with megabytes of state has had goes back to the system when it ends.
    """
    session = make_session()
    session.run("big = bytearray(3 << 20)")
    gone = weakref.ref(kept_in(session))
    assert gone() is not None
    session.close()
    gc.collect()
    assert gone() is None
    assert not none_spare
