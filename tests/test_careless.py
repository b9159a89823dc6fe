"""Arguments of the wrong type are refused in words, before anything is begun."""

from __future__ import annotations

import asyncio
import copy
import gc
import io
import pickle

import pytest

from sandbox_wasm import (
    ConfigError,
    HostFunctions,
    NetworkPolicy,
    Session,
    SessionPool,
    Snapshot,
    map_rows,
)


@pytest.mark.parametrize(
    "only",
    [3, True, "read", [1], [None], object()],
    ids=["int", "bool", "text", "ints", "none", "object"],
)
def test_names_of_methods(only):
    """
    A list of names is one.
    """
    for grant in (
        lambda: HostFunctions().namespace("file", io.StringIO(), only=only),
        lambda: HostFunctions().expose(io.StringIO, name="File", only=only),
    ):
        with pytest.raises(ConfigError, match="only must be a list"):
            grant()


@pytest.mark.parametrize(
    "timeout",
    ["5", [], object, float("nan"), 10**400, True],
    ids=["text", "list", "type", "nan", "large", "bool"],
)
def test_times_to_wait(timeout):
    """
    No place is asked for, and none is lost.
    """
    with SessionPool("micropython", size=1) as pool:
        for ask in (
            lambda: pool.lease(timeout=timeout),
            lambda: pool.run("1", timeout=timeout),
            lambda: asyncio.run(pool.alease(timeout=timeout)),
            lambda: asyncio.run(pool.arun("1", timeout=timeout)),
            lambda: pool.map("1", [{}], timeout=timeout),
            lambda: pool.check(timeout),
        ):
            with pytest.raises(ConfigError, match="timeout must be"):
                ask()
        assert (0, 0) == (pool.statistics().leases, pool.statistics().leased)
        with pytest.raises(ConfigError, match="inputs must be an iterable"):
            pool.map("1", 5)
        assert 2 == pool.run("1 + 1", timeout=30).value


def test_stored_sessions(tmp_path):
    """
    A path names a file, and a size is a number.
    """
    with Session("micropython") as session:
        snapshot = session.snapshot()
    for path in ("", "/"):
        with pytest.raises(ConfigError, match="path must name a file"):
            snapshot.save(path)
    snapshot.save(tmp_path / "kept")
    for size in (None, "1", 1.5, 1 << 64):
        with pytest.raises(ConfigError, match="max_bytes must be"):
            Snapshot.load(tmp_path / "kept", max_bytes=size)
    assert Snapshot.load(tmp_path / "kept").interpreter == "micropython"


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_copies(way):
    """
    A copy would end the guest of what it is a copy of; the error says what there is instead.
    """
    with Session("micropython") as session, SessionPool("micropython", size=1) as pool:
        with pytest.raises(TypeError, match="use fork"):
            way(session)
        with pytest.raises(TypeError, match="PoolSpec"):
            way(pool)
        gc.collect()
        assert (2, 2) == (session.run("1 + 1").value, pool.run("1 + 1").value)


def test_what_is_told_and_asked():
    """
    What is called later is looked at now; what is compared may be no text.
    """
    with pytest.raises(ConfigError, match="on_progress must be callable"):
        map_rows("def transform(row): return row", [1], on_progress=5)
    with pytest.raises(ConfigError, match="a method must be"):
        NetworkPolicy(allow=["https://example.com"], methods=[["GET"]])
