"""What a caller hands over wrongly is shown in the error briefly, whatever it is."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox_wasm
from sandbox_wasm import (
    ConfigError,
    Credential,
    HostFunctions,
    Limits,
    Mount,
    NetworkPolicy,
    PoolSpec,
    SandboxError,
    Session,
    SessionBroken,
    SessionFiles,
    SessionPool,
    Snapshot,
    _resolve,
)
from sandbox_wasm._checks import shown
from sandbox_wasm._host_function import Options

# What takes arguments, and what calls it with some.
Target = tuple[Callable[..., Any], Callable[..., Any]]

LONGEST = 1000  # characters of an error: whoever logs it, or shows it to a person, can
BOUND = 20


class Rude:
    """What nobody can write down."""

    def __repr__(self) -> str:
        raise LookupError("repr")

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        raise LookupError("format")


class RudeText(str):
    """A text that is one, and none."""

    __slots__ = ()
    __repr__ = Rude.__repr__
    __str__ = Rude.__repr__
    __format__ = Rude.__format__  # type: ignore[assignment]


class RudeNumber(int):
    """A number that nobody can write down."""

    __repr__ = Rude.__repr__
    __str__ = Rude.__repr__
    __format__ = Rude.__format__  # type: ignore[assignment]


class RudeFraction(float):
    """Another one."""

    __repr__ = Rude.__repr__
    __str__ = Rude.__repr__
    __format__ = Rude.__format__  # type: ignore[assignment]


LARGE = 1 << 22
MONSTERS = {
    "text": "x" * LARGE,
    "escapes": "\x1b\n\u202e" * 10_000,
    "slashes": "/" * LARGE,
    "bytes": b"\0" * LARGE,
    "number": 10**10_000,
    "negative": -(10**10_000),
    "list": ["y" * LARGE],
    "mapping": {"z" * LARGE: "z" * LARGE},
    "object": Rude(),
    "objects": [Rude()],
    "named": {"a": Rude()},
    "rude text": RudeText("?" * 200),
    "rude number": RudeNumber(-5),
    "rude fraction": RudeFraction("nan"),
    "function": lambda: None,
    "class": Rude,
}


def in_session(name: str, /, **given: Any) -> Target:
    """Return a method of `Session`, and what calls it in one."""

    def use(**wrong: Any) -> None:
        with Session("micropython") as session:
            session.run("def f(*a, **k): return 1")
            function = session
            for part in name.split("."):
                function = getattr(function, part)
            call(function, **{**given, **wrong})

    owner: Any = SessionFiles if name.startswith("files.") else Session
    return getattr(owner, name.rpartition(".")[2]), use


def in_pool(name: str, /, **given: Any) -> Target:
    """Return a method of `SessionPool`, and what calls it in one."""

    def use(**wrong: Any) -> None:
        with SessionPool("micropython", size=1) as pool:
            call(getattr(pool, name), **{**given, **wrong})

    return getattr(SessionPool, name), use


def of_snapshot(name: str, /, **given: Any) -> Target:
    """Return a method of `Snapshot`, and what calls it of one."""

    def use(**wrong: Any) -> None:
        with Session("micropython") as session:
            call(getattr(session.snapshot(), name), **{**given, **wrong})

    return getattr(Snapshot, name), use


def made(kind: Callable[..., Any], /, **given: Any) -> Target:
    """Return *kind*, and what calls it; what comes of it is closed."""
    return kind, lambda **wrong: call(kind, **{**given, **wrong})


def call(function: Callable[..., Any], /, **given: Any) -> None:
    """Call *function*, and have what it returns do what it does."""
    names = [
        name
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is each.POSITIONAL_ONLY
    ]
    found = function(*[given.pop(name) for name in names if name in given], **given)
    if hasattr(found, "close"):
        found.close()
    elif isinstance(found, Iterator):
        list(islice(found, 3))
    elif isinstance(found, Future):
        found.result(BOUND)


class Busy(Executor):
    """One that takes nothing."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        raise SessionBroken("busy")


def refuse(*args: Any, **kwargs: Any) -> Any:
    """What would ask others."""
    raise ConfigError("not in a test")


def function() -> None:
    """One that guest code may call."""


ORIGIN = "https://example.com"
# What takes arguments, and those that are right.
TARGETS = {
    "Limits": made(Limits),
    "Mount": made(Mount, host_path=".", guest_path="/data"),
    "NetworkPolicy": made(NetworkPolicy, allow=[ORIGIN]),
    "Credential": made(Credential, origin=ORIGIN, header="Authorization", value="Bearer 1234"),
    "HostFunctions": made(HostFunctions),
    "register": made(HostFunctions().register, function=function),
    "namespace": made(HostFunctions().namespace, name="ns", target=Path("."), only=["exists"]),
    "expose": made(HostFunctions().expose, kind=Path, only=["exists"]),
    "exception": made(HostFunctions().exception, kind=LookupError, name="Own"),
    "Options": made(Options),
    "Session": made(Session, interpreter="micropython"),
    "mounted": made(
        lambda **mount: Session("micropython", mounts=[Mount(**mount)]),
        host_path=".",
        guest_path="/data",
    ),
    "run": made(sandbox_wasm.run, code="1", interpreter="micropython"),
    "Session.run": in_session("run", code="1"),
    "Session.check": in_session("check", code="1", types=False),
    "Session.submit": in_session("submit", code="1"),
    "Session.call": in_session("call", name="f"),
    "Session.map": in_session("map", name="f", rows=[1]),
    "files.read": in_session("files.read", path="a"),
    "files.write": in_session("files.write", path="a", data="b"),
    "files.delete": in_session("files.delete", path="a"),
    "files.list": in_session("files.list"),
    "restore": made(Session.restore, snapshot=None),
    "save": of_snapshot("save", path="/nowhere/snapshot"),
    "to_bytes": of_snapshot("to_bytes"),
    "load": made(Snapshot.load, path="/nowhere/snapshot"),
    "from_bytes": made(Snapshot.from_bytes, data=b""),
    "SessionPool": made(SessionPool, interpreter="micropython"),
    "lease": in_pool("lease"),
    "pool.run": in_pool("run", code="1"),
    "pool.submit": in_pool("submit", code="1"),
    "pool.map": in_pool("map", code="1", inputs=[{}]),
    "pool.check": in_pool("check"),
    "PoolSpec": made(PoolSpec, interpreter="micropython"),
    "map_rows": made(sandbox_wasm.map_rows, code="row", rows=[1], interpreter="micropython"),
    "map_tasks": made(
        sandbox_wasm.map_tasks,
        executor=Busy(),
        spec=PoolSpec("micropython"),
        code="1",
        inputs=[],
    ),
    "precompile": made(sandbox_wasm.precompile, interpreter="micropython"),
    "build_wheels": made(sandbox_wasm.build_wheels, names=[]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_wrong_is_shown_briefly(
    target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """
    Every parameter that there is takes what it is given, or refuses it in our words.
    """
    monkeypatch.chdir(tmp_path)  # some of it is a good name for a file
    for name in ("resolve", "_pip"):  # no package index is asked
        monkeypatch.setattr(_resolve, name, refuse)
    function, use = TARGETS[target]
    names = inspect.signature(function).parameters
    if dataclasses.is_dataclass(function):
        names = {field.name: field for field in dataclasses.fields(function) if field.init}
    for name in names.keys() - {"self", "kwargs", "options", "arguments", "args"}:
        for kind, monster in MONSTERS.items():
            began = time.perf_counter()
            try:
                use(**{name: monster})
            except (SandboxError, OSError, TypeError) as error:
                told = f"{error} {error!r}"
                assert len(told) < LONGEST, (name, kind, told[:LONGEST])
            assert time.perf_counter() - began < BOUND, (name, kind)


@given(st.one_of(st.text(), st.binary(), st.integers(), st.floats(), st.none(), st.booleans()))
def test_what_is_short_is_shown_as_it_is(value: object) -> None:
    """
    As Python itself writes it, until it is too long.
    """
    if isinstance(value, (str, bytes)) and len(value) > 80:
        assert shown(value) == f"{value[:80]!r}..."
    elif isinstance(value, int) and value.bit_length() > 200:
        assert shown(value) == f"an int of {value.bit_length()} bits"
    else:
        assert shown(value) == repr(value)
