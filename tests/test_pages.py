"""Which pages differ from the image: never fewer than do."""

import ctypes
import itertools
import mmap
import os
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_wasm._state import PAGE
from sandbox_wasm._wasm import _pages
from sandbox_wasm._wasm._pages import Comparison, OwnPages, PageTable

PAGES = 64


def tables():
    """The ways of this system to ask for pages."""
    found = []
    if sys.platform.startswith("linux"):
        for scan in (True, False):
            try:
                PageTable(scan).own_pages(0, PAGE)
            except OSError:
                continue
            found.append(scan)
    return found


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A file to map, as an interpreter's image is."""
    path = tmp_path_factory.mktemp("pages") / "image"
    path.write_bytes(os.urandom(PAGES * PAGE // 2) + bytes(PAGES * PAGE // 2))
    return path


def memories(path):
    """Memory over the image, and memory over nothing."""
    with open(path, "rb") as file:
        yield mmap.mmap(file.fileno(), PAGES * PAGE, access=mmap.ACCESS_COPY)
    yield mmap.mmap(-1, PAGES * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def address(memory):
    first = ctypes.c_char.from_buffer(memory)
    try:
        return ctypes.addressof(first)
    finally:
        del first


def pages(ranges):
    assert all(a < b for a, b in ranges)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))
    return {at for begin, end in ranges for at in range(begin // PAGE, end // PAGE)}


writes = st.lists(st.tuples(st.integers(0, PAGES - 1), st.integers(0, 255)), max_size=20)
rounds = st.lists(writes, min_size=1, max_size=4)


@pytest.mark.parametrize("scan", tables())
@settings(max_examples=40)
@given(rounds=rounds, reads=st.sets(st.integers(0, PAGES - 1)))
def test_own_pages(image, scan, rounds, reads):
    """
    Every page that was written to is found, round by round; what was not touched is not.
    """
    for memory in memories(image):
        with memory, memoryview(memory) as view:
            finder, base = OwnPages(PageTable(scan)), address(memory)
            for at in reads:
                view[at * PAGE]
            written = set()
            for one in rounds:
                for at, value in one:
                    view[at * PAGE] = value
                    written.add(at)
                found = pages(finder.find(base, view, again=False))
                assert written <= found <= written | reads


@settings(max_examples=40)
@given(rounds=rounds)
def test_comparison(image, rounds):
    """
    Exactly the pages whose content differs are found.
    """
    for memory in memories(image):
        with memory, memoryview(memory) as view:
            before = bytes(view)
            finder = Comparison(_pages.blocks(view))
            for one in rounds:
                for at, value in one:
                    view[at * PAGE] = value
                differ = {
                    at // PAGE
                    for at in range(0, len(before), PAGE)
                    if before[at : at + PAGE] != view[at : at + PAGE]
                }
                assert differ == pages(finder.find(address(memory), view, again=False))


def test_comparison_of_memory_that_grew(image):
    """
    Beyond the image there was nothing, which is zeroes.
    """
    for memory in memories(image):
        with memory, memoryview(memory) as view:
            finder = Comparison(_pages.blocks(view[: PAGES // 2 * PAGE]))
            view[:] = bytes(len(view))
            view[-1] = 1
            found = pages(finder.find(address(memory), view, again=False))
            assert PAGES - 1 in found
            assert not found & set(range(PAGES // 2, PAGES - 1))


@pytest.mark.parametrize("scan", tables())
def test_pages_that_another_thread_wrote_to(image, scan):
    """
    The count of faults is of one thread: who knows of others says so.
    """
    for memory in memories(image):
        with memory, memoryview(memory) as view:
            finder, base = OwnPages(PageTable(scan)), address(memory)
            view[0] = 1
            assert 0 in pages(finder.find(base, view, again=False))
            other = threading.Thread(target=view.__setitem__, args=(5 * PAGE, 1))
            other.start()
            other.join()
            assert {0, 5} <= pages(finder.find(base, view, again=True))


@pytest.mark.skipif(not tables(), reason="this system has no page map")
def test_what_this_system_uses():
    """
    Where there is a page map, it is used, and it passes its trial.
    """
    assert _pages.page_table() is not None


class Liar(PageTable):
    def own_pages(self, base, size):
        return [(0, PAGE)]


@pytest.mark.skipif(not tables(), reason="this system has no page map")
def test_page_map_that_lies(monkeypatch):
    """
    One that does not tell of pages known to be written is not believed.
    """
    assert not _pages._tells_the_truth(Liar(False))
    monkeypatch.setattr(_pages, "PageTable", Liar)
    assert _pages.page_table.__wrapped__() is None


@pytest.mark.skipif(not tables(), reason="this system has no page map")
def test_faults_that_nobody_counts(monkeypatch):
    """
    Nor is a system that does not count the faults of a thread.
    """
    monkeypatch.setattr(_pages, "_faults", lambda: 0)
    assert _pages.page_table.__wrapped__() is None
