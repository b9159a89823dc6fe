"""The network's cases of the list, with their own code, against real servers."""

from __future__ import annotations

import logging
import socket
import threading
import time

import pytest

pytest.importorskip("httpx")

from attacks import ATTACKS
from processes import threads
from waiting import until
from web_server import serve

from sandbox_wasm import Approval, Credential, NetworkPolicy, WallTimeExceeded

SECRET = "SK-TEST-SECRET"
BOUND = 10  # elapsed, on a machine that is busy with other tests


@pytest.fixture
def isolation():
    """The host makes the requests, wherever the guest is."""
    return "thread"


@pytest.fixture
def server(unharmed):
    """A server; when it is gone, what was opened for it is, too."""
    with serve() as server:
        yield server


@pytest.fixture
def attack(make_session):
    """Runs the code of a case in a session with a policy, and checks how it ends."""

    def run(name, policy, port=0):
        case = ATTACKS[name]
        session = make_session(limits=case.limits(2.0), network=policy)
        began = time.monotonic()
        result = session.run(case.code.replace("%PORT%", str(port)), check=False)
        assert time.monotonic() - began < BOUND
        kind = getattr(result.error, "type_name", None)
        outcome = "ok" if result.error is None else type(result.error).__name__
        assert {outcome, f"{outcome}:{kind}"} & set(case.outcomes), result.error
        assert 2 == session.run("1 + 1").value
        return session, result

    return run


@pytest.fixture
def look_ups(monkeypatch):
    """Answers of the resolver, one after the other; the last for ever."""
    answers: list[str] = []
    asked: list[str] = []

    def look_up(host, port, **kwargs):
        asked.append(host)
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("sandbox_wasm._connect.socket.getaddrinfo", look_up)
    return answers, asked


@pytest.fixture
def connections(monkeypatch):
    """Where connections were tried; none is made."""
    tried: list[tuple[str, int]] = []

    class Socket(socket.socket):
        def connect(self, address):
            tried.append(address[:2])
            raise ConnectionRefusedError

    monkeypatch.setattr("sandbox_wasm._connect.socket.socket", Socket)
    return tried


def test_spellings_of_an_origin(attack, look_ups, connections, unharmed):
    """
    Nothing but the allowed origin is looked up or connected to (NET-02).
    """
    answers, asked = look_ups
    answers.append("8.8.8.8")

    _, result = attack("NET-02", NetworkPolicy(allow=["https://api.allowed.test"]))

    assert "[]\n" == result.stdout
    assert {"api.allowed.test"} == set(asked)
    assert {("8.8.8.8", 443)} == set(connections)


@pytest.mark.parametrize(
    "answers", [["169.254.169.254"], ["127.0.0.1"], ["::1"], ["127.0.0.1", "8.8.8.8"]]
)
def test_a_name_that_leads_inside(attack, look_ups, connections, unharmed, answers):
    """
    The address that was checked is the one that would be connected to (NET-04).
    """
    look_ups[0].extend(answers)

    attack("NET-04", NetworkPolicy(allow=["http://allowed.test:8080"]), port=8080)

    assert [] == connections
    assert ["allowed.test"] == look_ups[1]


def test_a_name_that_changes_its_mind(attack, look_ups, make_session, connections, unharmed):
    """
    A second look-up, which would lead inside, is not made.
    """
    look_ups[0].extend(["8.8.8.8", "127.0.0.1"])
    session = make_session(network=NetworkPolicy(allow=["http://allowed.test"]))

    session.run("fetch('http://allowed.test/')", check=False)

    assert [("8.8.8.8", 80)] == connections
    assert ["allowed.test"] == look_ups[1]


def test_headers(attack, server):
    """
    None is let through, so that the server sees no request at all (NET-05).
    """
    policy = NetworkPolicy(
        allow=[server.origin],
        credentials=[Credential(server.origin, "Authorization", f"Bearer {SECRET}")],
    )

    session, result = attack("NET-05", policy, server.server_port)

    assert 9 == len(result.stdout.splitlines())
    assert {"ValueError", "PermissionError"} == set(result.stdout.split())
    assert [] == server.seen
    session.run("fetch(u)", inputs={"u": server.origin})
    assert f"Bearer {SECRET}" == server.seen[0][2]["authorization"]
    assert f"127.0.0.1:{server.server_port}" == server.seen[0][2]["host"]


def test_reflection(attack, server, caplog):
    """
    The secret reaches the server, and comes back to nobody (NET-06).
    """
    policy = NetworkPolicy(
        allow=[server.origin],
        credentials=[Credential(server.origin, "Authorization", f"Bearer {SECRET}")],
    )

    with caplog.at_level(logging.INFO):
        session, result = attack("NET-06", policy, server.server_port)
        text = session.run("fetch(u).text", inputs={"u": server.origin + "/reflect"}).value

    assert 3 == len(server.seen)
    assert all(SECRET in headers["authorization"] for _, _, headers, _ in server.seen)
    for each in (result, text, session, policy, session.audit, caplog.text):
        assert SECRET.lower() not in str(each).lower()


def test_what_an_owner_is_shown(attack, server):
    """
    A request that is none is not shown at all (NET-08).
    """
    shown = []

    attack("NET-08", NetworkPolicy(on_blocked=shown.append, allow_private=True), server.server_port)

    assert [] == shown
    assert [] == server.seen


@pytest.mark.parametrize("answer", ["raises", "no", None, 1, True, "allow once"])
def test_answers_that_are_none(attack, server, answer):
    """
    Only an `Approval` approves (NET-09).
    """

    def ask(request):
        if answer == "raises":
            raise RuntimeError
        return answer

    attack("NET-09", NetworkPolicy(on_blocked=ask, allow_private=True), server.server_port)

    assert [] == server.seen


def test_an_owner_who_hangs(attack, server):
    """
    The run goes on without the answer, and the question's thread ends with the question.
    """
    release = threading.Event()

    def ask(request):
        release.wait(30)
        return Approval.ALLOW_SESSION

    policy = NetworkPolicy(on_blocked=ask, allow_private=True, approval_seconds=0.2)
    try:
        attack("NET-09", policy, server.server_port)
    finally:
        release.set()

    assert [] == server.seen
    assert until(lambda: "sandbox-wasm-ask" not in threads())


@pytest.mark.parametrize("path", ["/hang", "/drip", "/big?bytes=10000000000"])
def test_a_server_that_does_not_let_go(make_session, server, path):
    """
    The deadline does, and what was opened is closed.
    """
    policy = NetworkPolicy(allow=[server.origin], max_bytes=1 << 30)
    session = make_session(network=policy)
    session.run("x = 7")
    began = time.monotonic()

    error = session.run(
        "while True:\n    try: fetch(u)\n    except Exception: pass",
        inputs={"u": server.origin + path},
        wall_seconds=0.5,
        check=False,
    ).error

    assert isinstance(error, WallTimeExceeded)
    assert "kept" == error.state
    assert time.monotonic() - began < BOUND
    assert 7 == session.run("x").value
