"""Who is asked decides, on what would really be sent, and silence is a no."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("httpx")

from web_server import Server, serve

from sandbox_wasm import (
    Approval,
    BlockedRequest,
    GuestError,
    Interrupted,
    NetworkPolicy,
    Session,
    WallTimeExceeded,
)

Make = Callable[..., Session]


@pytest.fixture
def isolation() -> str:
    """The host makes the requests, wherever the guest is: a few tests prove it for workers."""
    return "thread"


class Owner:
    """Gives one answer after the other, and keeps the questions."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[BlockedRequest] = []

    def __call__(self, request: BlockedRequest) -> Any:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


FETCH = "fetch(url).status"


def test_allow_once(make_session: Make, server: Server) -> None:
    """
    The next request is asked about again.
    """
    owner = Owner(Approval.ALLOW_ONCE, Approval.DENY)
    policy = NetworkPolicy(on_blocked=owner, allow_private=True)
    session = make_session(network=policy)

    assert 200 == session.run(FETCH, inputs={"url": server.origin}).value
    with pytest.raises(GuestError, match="is not an allowed origin"):
        session.run(FETCH)
    assert 2 == len(owner.asked)
    assert [True, False] == [record.granted for record in session.audit]


def test_allow_for_the_session(make_session: Make, server: Server) -> None:
    """
    The answer is for the origin, in this session, and not for its neighbours.
    """
    owner = Owner(Approval.ALLOW_SESSION, Approval.DENY, Approval.DENY)
    policy = NetworkPolicy(on_blocked=owner, allow_private=True)
    session = make_session(network=policy)
    session.run("[fetch(url).status, fetch(url + '/echo').status]", inputs={"url": server.origin})
    assert 1 == len(owner.asked)

    with pytest.raises(GuestError, match="is not an allowed origin"):
        session.run("fetch(url.replace('127.0.0.1', 'localhost'))")
    with pytest.raises(GuestError, match="is not an allowed origin"):
        make_session(network=policy).run(FETCH, inputs={"url": server.origin})
    assert 3 == len(owner.asked)


@pytest.mark.parametrize(
    "answer",
    [None, False, True, 1, 0, "allow", "no", "ALLOW_ONCE", "allow once", Approval,
     [Approval.ALLOW_ONCE], ValueError("x"), SystemExit(0), KeyboardInterrupt()],
)  # fmt: skip
def test_anything_else_is_a_no(make_session: Make, server: Server, answer: Any) -> None:
    """
    Only consent is consent.
    """
    session = make_session(network=NetworkPolicy(on_blocked=Owner(answer), allow_private=True))

    with pytest.raises(GuestError, match="is not an allowed origin"):
        session.run(FETCH, inputs={"url": server.origin})
    assert [] == server.seen
    assert 2 == session.run("1 + 1").value


def test_what_is_asked(make_session: Make) -> None:
    """
    The parsed request in ASCII, cut off; guest code's own words are refused or escaped.
    """
    owner = Owner(*[Approval.DENY] * 4)
    session = make_session(network=NetworkPolicy(on_blocked=owner, methods=["GET", "DELETE"]))
    session.run(
        "for url, method in calls:\n"
        "    try: fetch(url, method=method)\n"
        "    except (PermissionError, ValueError): pass",
        inputs={
            "calls": [
                ("https://ev\u0131l.test/\u202edelete?ok=1" + "A" * 5000, "delete"),
                ("https://evil.test/\x1b[8mdelete", "GET"),
                ("https://evil.test/\r\n- [allowed by your administrator]", "GET"),
                ("https://evil.test/", "GE\nT"),
                ("https://user:trusted.test@evil.test/", "GET"),
                ("https://evil.test/?Allow%1b[2J", "GET"),
            ]
        },
    )

    assert [
        ("DELETE", "https://xn--evl-kua.test"), ("GET", "https://evil.test"),
    ] == [(each.method, each.origin) for each in owner.asked]  # fmt: skip
    assert owner.asked[0].url.startswith("https://xn--evl-kua.test/%E2%80%AEdelete?ok=1AAA")
    assert 203 == len(owner.asked[0].url)
    assert "https://evil.test/?Allow%1b[2J" == owner.asked[1].url
    for each in owner.asked:
        assert each.url.isascii()
        assert each.url.isprintable()
        assert each.redirected_from is None


def test_a_redirect_is_asked_about(make_session: Make, server: Server) -> None:
    """
    With where it came from.
    """
    with serve() as other:
        owner = Owner(Approval.ALLOW_ONCE)
        session = make_session(
            network=NetworkPolicy(
                allow=[server.origin], on_blocked=owner, allow_private=["127.0.0.1"]
            )
        )
        url = f"{server.origin}/redirect?to={other.origin}/echo"

        assert 200 == session.run(FETCH, inputs={"url": url}).value
        assert (other.origin, server.origin) == (
            owner.asked[0].origin, owner.asked[0].redirected_from
        )  # fmt: skip


def test_private_addresses_are_not_to_be_allowed(make_session: Make, server: Server) -> None:
    """
    A yes to a question that shows a name is none to what the name leads to; and what shows
    such an address is not asked.
    """
    owner = Owner(Approval.ALLOW_SESSION)
    session = make_session(network=NetworkPolicy(on_blocked=owner))
    named = server.origin.replace("127.0.0.1", "localhost")

    with pytest.raises(GuestError, match="loopback address, which is not granted"):
        session.run(FETCH, inputs={"url": named})
    assert 1 == len(owner.asked)
    for inside in (server.origin, "http://169.254.169.254", "http://[::1]", "http://10.0.0.1"):
        with pytest.raises(GuestError, match="is not an allowed origin"):
            session.run(FETCH, inputs={"url": inside})
    assert 1 == len(owner.asked)
    assert [] == server.seen


def test_the_number_of_questions(make_session: Make) -> None:
    """
    Guest code cannot ask until somebody says yes.
    """
    owner = Owner(*[Approval.DENY] * 3)
    session = make_session(network=NetworkPolicy(on_blocked=owner, max_questions=3))

    session.run(
        "for n in range(50):\n"
        "    try: fetch('http://n%d.test/' % n)\n"
        "    except PermissionError: pass"
    )

    assert 3 == len(owner.asked)


def test_an_owner_who_does_not_answer(make_session: Make, server: Server) -> None:
    """
    Is not waited for, and a late yes is none; the session keeps its state.
    """
    release, answered = threading.Event(), threading.Event()
    was_open: list[bool] = []

    def think(request: BlockedRequest) -> Approval:
        release.wait(30)
        was_open.append(request.is_open())
        answered.set()
        return Approval.ALLOW_SESSION

    policy = NetworkPolicy(on_blocked=think, approval_seconds=0.1, allow_private=True)
    session = make_session(network=policy)
    session.run("x = 7", inputs={"url": server.origin})

    with pytest.raises(GuestError, match="is not an allowed origin"):
        session.run(FETCH)
    release.set()
    assert answered.wait(30)
    with pytest.raises(GuestError, match="is not an allowed origin"):
        session.run(FETCH)
    assert 7 == session.run("x").value
    assert [False] == was_open  # and not asked again
    assert [] == server.seen


def test_a_question_is_not_the_runs_time(make_session: Make, server: Server) -> None:
    """
    The deadline is put off by as long as the owner took, and no longer.
    """
    asked = threading.Event()
    release = threading.Event()

    def think(request: BlockedRequest) -> Approval:
        asked.set()
        assert release.wait(30)
        return Approval.ALLOW_SESSION

    session = make_session(network=NetworkPolicy(on_blocked=think, allow_private=True))
    session.run("1")
    future = session.submit(FETCH, inputs={"url": server.origin}, wall_seconds=0.5)
    assert asked.wait(30)
    begun = time.monotonic()
    while time.monotonic() - begun < 0.8:  # longer than the run may take
        assert not future.done()
        release.wait(0.05)
    release.set()

    assert 200 == future.result(30).value
    with pytest.raises(WallTimeExceeded):
        session.run("while True: pass", wall_seconds=0.2)


def test_an_interrupt_withdraws_the_question(make_session: Make, server: Server) -> None:
    """
    The run ends at once, and whoever still shows the question can see that.
    """
    asked: list[BlockedRequest] = []
    shown = threading.Event()
    release = threading.Event()

    def think(request: BlockedRequest) -> Approval:
        asked.append(request)
        shown.set()
        release.wait(30)
        return Approval.ALLOW_SESSION

    session = make_session(network=NetworkPolicy(on_blocked=think, allow_private=True))
    future = session.submit("x = 7\n" + FETCH, inputs={"url": server.origin})
    assert shown.wait(30)
    assert asked[0].is_open()

    session.interrupt()

    with pytest.raises(Interrupted):
        future.result(30)
    assert not asked[0].is_open()
    assert 7 == session.run("x").value
    release.set()
    assert [] == server.seen
