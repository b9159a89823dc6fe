"""Every attack of the list that is guest code, on every interpreter.

Each ends as the list allows, in time, and leaves the host and the next session whole.
What its lines in *invariants* ask for beyond that is a function of this file.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from attacks import ATTACKS, Attack
from processes import resident_bytes

from sandbox_wasm import FuelExhausted, GuestError, Limits, Result, SandboxError, Session

SECONDS = 0.5
BOUND = 10  # elapsed, on a machine that is busy with other tests


class Boom2(BaseException):
    """What is no Exception."""


def _cycle() -> list[Any]:
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


async def _coroutine() -> None: ...


JUNK: dict[str, Callable[[], Any]] = {
    "object": object,
    "nan": lambda: float("nan"),
    "huge": lambda: "x" * 50_000_000,
    "cycle": _cycle,
    "bytes": lambda: b"\0\xff",
    "generator": lambda: (n for n in range(3)),
    "coroutine": _coroutine,
    "surrogate": lambda: "\ud800",
    "deep": _deep,
}
THE_LIST = [1, 2]


def _boom2() -> None:
    raise Boom2("no exception")


def _functions(session: Callable[[], Session]) -> list[Callable[..., Any]]:
    """The host functions that the list speaks of."""

    def echo(x):
        return x

    def add(a, b):
        return a + b

    def slow(s):
        time.sleep(min(s, 2))

    def boom2():
        _boom2()

    def retval(k):
        return JUNK[k]()

    def getlist():
        return THE_LIST

    def reenter(code):
        return session().run(code).value

    return [echo, add, slow, boom2, retval, getlist, reenter]


# What a case leaves for a session's next run to show.
AFTERWARDS = {
    "PR-12": ("'second'", "second"),
    "PR-04": ("1+1", 2),
}
# These need what a session has to be given: files, a network, a moment. Their tests are
# beside those of what is given.
NEED_A_GRANT = ("FS-", "NET-", "SN-")
# The limit here is a quarter of the list's, which this code does not reach in full on a
# slow machine: what it must show needs it to end.
TIME = {
    "HC-04": 5.0,
    "MEM-05": 5.0,
    "CPU-06": 5.0,
    "HC-14": 10.0,
    "SC-01": 10.0,
    "HC-10": 5.0,
    "OUT-06": 5.0,
    "HC-05": 5.0,
}
GUEST = [
    attack
    for attack in ATTACKS.values()
    if attack.actor == "guest" and (attack.id == "NET-01" or not attack.id.startswith(NEED_A_GRANT))
]


def word(result: Result, error: BaseException | None) -> set[str]:
    """What the list calls that outcome."""
    if error is None:
        return {"ok_truncated", "ok"} if result.truncated else {"ok"}
    if isinstance(error, GuestError):
        return {"GuestError", f"GuestError:{error.type_name}"}
    if isinstance(error, SandboxError):
        return {type(error).__name__}
    return {f"raises_to_host:{type(error).__name__}"}


# An algorithm that is not quadratic may come to its end.
HARMLESS = {("CPU-04", "cpython")}


def launch(session: Session, attack: Attack) -> Result:
    """Run the attack, and check how it ends."""
    began = time.perf_counter()
    result = session.run(attack.code, check=False)
    elapsed = time.perf_counter() - began
    assert elapsed < TIME.get(attack.id, SECONDS) + BOUND
    outcomes = {*attack.outcomes}
    if (attack.id, session.interpreter) in HARMLESS:
        outcomes.add("ok")
    assert word(result, result.error) & outcomes, (result.error, outcomes)
    return result


@pytest.mark.parametrize("attack", GUEST, ids=lambda attack: attack.id)
def test_guest_attack(make_session, unharmed, attack, monkeypatch):
    """
    It ends in one of the right ways, and what it was after does not happen.
    """
    monkeypatch.setenv("CANARY", "SK-TEST-ENV")
    made: list[Session] = []
    session = make_session(
        limits=attack.limits(TIME.get(attack.id, SECONDS)),
        functions=_functions(lambda: made[0]),
    )
    made.append(session)
    before = resident_bytes()

    result = launch(session, attack)

    if before:
        grown = resident_bytes() - before
        assert grown <= 2 * session.limits.memory_bytes + (50 << 20), f"{grown >> 20} MiB"
    assert len(result.stdout) <= session.limits.output_bytes
    invariant = globals().get("after_" + attack.id.replace("-", "_"))
    if invariant is not None:
        invariant(session, result)
    if attack.id in AFTERWARDS and session.state.value == "open":
        code, value = AFTERWARDS[attack.id]
        again = session.run(code, check=False)
        assert again.value == value or isinstance(again.error, SandboxError)


# ---- what the list asks for beyond the outcome


def after_WALL_06(session: Session, result: Result) -> None:  # noqa: N802 - the list's name
    assert result.usage.host_calls <= session.limits.host_calls


def after_OUT_04(session: Session, result: Result) -> None:  # noqa: N802
    assert "\x1b]0;pwned\x07\x1b[2J" in result.stdout  # the library changes nothing


def after_NET_01(session: Session, result: Result) -> None:  # noqa: N802
    names = re.findall(r"'(\w+)'", result.stdout)
    for name in names:  # importable, for libraries that do so, and of no use
        for use in USES.get(name, []):
            used = session.run(f"import {name}\n{use}", check=False)
            assert isinstance(used.error, GuestError) or used.value is False, (name, use)
    assert not {"usocket", "network", "ffi"} & set(names)


# How each module would be used by someone who means it; `select` has nothing to wait for.
USES = {
    "socket": [
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 80))",
        "socket.getaddrinfo('localhost', 80)",
    ],
    "ssl": ["ssl.create_default_context()"],
    "_socket": ["_socket.socket()"],
    "ctypes": ["ctypes.CDLL(None)", "ctypes.string_at(0, 10)"],
    "subprocess": ["subprocess.run(['true'])", "subprocess.Popen('true', shell=True)"],
    "multiprocessing": [
        "multiprocessing.Process(target=print).start()",
        "multiprocessing.Pool(1)",
    ],
}


def after_HC_01(session: Session, result: Result) -> None:  # noqa: N802
    assert "[]\n" == result.stdout


def after_HC_02(session: Session, result: Result) -> None:  # noqa: N802
    lines = result.stdout.splitlines()
    assert 5 == len(lines)
    assert all(line.startswith("TypeError") for line in lines[:4]), lines
    assert not re.search(r"[/\\]|sandbox_wasm|\.py", result.stdout)


def after_HC_06(session: Session, result: Result) -> None:  # noqa: N802
    assert "nan inf -inf -0.0 inf".split() == result.stdout.split()


def after_HC_10(session: Session, result: Result) -> None:  # noqa: N802
    assert "False" not in result.stdout
    assert 5 == len(result.stdout.splitlines())


def after_HC_14(session: Session, result: Result) -> None:  # noqa: N802
    lines = result.stdout.splitlines()
    assert len(JUNK) == len(lines)
    for name, line in zip(JUNK, lines, strict=True):
        if name not in ("nan", "bytes"):  # the two that are data
            assert line.endswith("Error"), (name, line)


def after_HC_17(session: Session, result: Result) -> None:  # noqa: N802
    assert "[1, 2]\n" == result.stdout
    assert [1, 2] == THE_LIST


def after_PR_01(session: Session, result: Result) -> None:  # noqa: N802
    assert result.value is None
    assert 4 == result.stdout.count("\n")


def after_PR_09(session: Session, result: Result) -> None:  # noqa: N802
    assert "0" == result.stdout.splitlines()[-1]  # neither module is there


def after_PR_13(session: Session, result: Result) -> None:  # noqa: N802
    import getpass
    import os
    import socket

    secrets = ["SK-TEST-ENV", os.getcwd(), sys.prefix, socket.gethostname(), os.environ["PATH"]]
    if getpass.getuser() not in ("root", "user"):  # words that mean something inside as well
        secrets.append(getpass.getuser())
    for secret in secrets:
        assert secret not in result.stdout


def after_SC_01(session: Session, result: Result) -> None:  # noqa: N802
    assert result.stdout.strip() == "None" or int(result.stdout) >= 1_000_000


def after_PR_05(session: Session, result: Result) -> None:  # noqa: N802
    assert isinstance(result.error, GuestError)
    assert result.value is None


# ---- variants that the list names in words


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nsys.exit(300)",
        "import sys\nsys.exit('x'*10**6)",
        "raise SystemExit([[]])",
        "import os\nos._exit(7)",
        "import os\nos.abort()",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "exit(3)",
    ],
)
def test_exit_paths(make_session, unharmed, code):
    """
    No way out is taken for success, and none ends the host. (PR-05)
    """
    session = make_session(limits=ATTACKS["PR-05"].limits(SECONDS))

    result = session.run(code, check=False)

    assert isinstance(result.error, SandboxError)
    assert result.value is None


def test_metered_loop(unharmed):
    """
    Fuel ends what time would end later. (CPU-01, metered)
    """
    limits = Limits(fuel=20_000_000)
    with Session("micropython", limits=limits) as session, pytest.raises(FuelExhausted):
        session.run(ATTACKS["CPU-01"].code)


def test_cancelled_host_function(make_session, unharmed):
    """
    A cancellation that a host function lets out ends the run, and not the thread. (HC-12)
    """

    def cancelled():
        raise asyncio.CancelledError

    session = make_session(functions=[cancelled])
    assert "HostFunctionError" in word(*_outcome(session, "cancelled()"))


def _outcome(session: Session, code: str) -> tuple[Result, BaseException | None]:
    result = session.run(code, check=False)
    return result, result.error
