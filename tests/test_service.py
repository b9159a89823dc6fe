"""``sandbox-wasm serve``: sessions over HTTP."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
httpx = pytest.importorskip("httpx")

import web_server  # noqa: E402

from sandbox_wasm import (  # noqa: E402
    ConfigError,
    HostExhausted,
    HostFunctions,
    Limits,
    NetworkPolicy,
    Session,
)
from sandbox_wasm.integrations import _patience  # noqa: E402
from sandbox_wasm.integrations import service as service_module  # noqa: E402
from sandbox_wasm.integrations.service import (  # noqa: E402
    ServiceLimits,
    _hub,
    _routes,
    create_app,
)
from sandbox_wasm.integrations.service._accounts import Account, Refused  # noqa: E402
from sandbox_wasm.integrations.service._openapi import document  # noqa: E402

TOKEN = "a-token-of-the-tests"
OTHER = "another-token-of-the-tests"
PATIENCE = 30


class Service:
    """A service on a thread, and a client that has the token."""

    def __init__(self, **options: Any) -> None:
        # The server has no handle to stop it by: the module's own class gives it away.
        made: list[Any] = []

        class Server(service_module._Server):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)
                made.append(self)

        ready = threading.Event()
        urls: list[str] = []

        def on_ready(url: str) -> None:
            urls.append(url)
            ready.set()

        tokens = options.pop("tokens", {"ada": TOKEN, "bob": OTHER})
        options.setdefault("interpreter", "micropython")
        options.setdefault("grace_seconds", 1.0)
        real, service_module._Server = service_module._Server, Server  # type: ignore[misc]
        self._thread = threading.Thread(
            target=lambda: service_module.serve(tokens, port=0, on_ready=on_ready, **options)
        )
        self._thread.start()
        assert ready.wait(PATIENCE)
        while not (made and made[0].started):
            time.sleep(0.01)
        service_module._Server = real  # type: ignore[misc]
        self.server = made[0]
        self.hub = self.server._hub
        self.url = urls[0]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self.client = self.connect(TOKEN)

    def connect(self, token: str | None) -> Any:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def open(self, client: Any = None) -> str:
        answer = (client or self.client).post("/v1/sessions", json={})
        assert 201 == answer.status_code, answer.text
        found: str = answer.json()["id"]
        return found

    def run(self, session: str, code: str, **fields: Any) -> dict[str, Any]:
        answer = self.client.post(f"/v1/sessions/{session}/run", json={"code": code, **fields})
        assert 200 == answer.status_code, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def about(self, session: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/sessions/{session}").json()
        return found

    def until(self, check: Callable[[], Any]) -> Any:
        """Wait until *check* gives something true, and return that."""
        end = time.monotonic() + PATIENCE
        while not (found := check()):
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.01)
        return found

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self.client.close()


@contextlib.contextmanager
def served(**options: Any) -> Iterator[Service]:
    found = Service(**options)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A service that the tests of this module share."""
    functions = HostFunctions()
    deleted: list[str] = []

    @functions.register(approve=True)
    def delete(name: str) -> int:
        """Delete something."""
        deleted.append(name)
        return len(deleted)

    @functions.register(approve=True)
    def configure(**settings: object) -> int:
        """Set something."""
        return len(settings)

    @functions.register(suspends=True)
    def ask(question: str) -> str:
        """Ask a person."""
        raise AssertionError

    with served(
        functions=functions,
        limits=Limits(wall_seconds=10, output_bytes=200_000),
        service_limits=ServiceLimits(sessions=200, runs=16, memory_bytes=64 << 30),
    ) as found:
        found.deleted = deleted  # type: ignore[attr-defined]
        yield found


def events_of(answer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a stream."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


# ---- runs


def test_run_once(service: Service) -> None:
    """
    Code runs in a session of its own, which is gone afterwards.
    """
    fields = {"code": "print('hi')\nx * 2", "inputs": {"x": 21}}
    for _ in range(2):
        found = service.client.post("/v1/run", json=fields).json()
        assert (42, "hi\n", None) == (found["value"], found["stdout"], found["error"])
    found = service.client.post("/v1/run", json={"code": "x"}).json()
    assert "NameError" == found["error"]["type_name"]
    cpython = {"code": "import sys; sys.implementation.name", "interpreter": "cpython"}
    assert "cpython" == service.client.post("/v1/run", json=cpython).json()["value"]
    assert not service.hub._passing


def test_sessions(service: Service) -> None:
    """
    A session keeps its state until it is closed, and belongs to who opened it.
    """
    session = service.open()
    service.run(session, "x = 20")
    assert 40 == service.run(session, "x * 2")["value"]
    error = service.run(session, "1 / 0")["error"]
    assert ("GuestError", "ZeroDivisionError", "kept") == (
        error["type"], error["type_name"], error["state"],
    )  # fmt: skip
    error = service.run(session, "while True: pass", wall_seconds=0.2)["error"]
    assert ("WallTimeExceeded", "kept") == (error["type"], error["state"])
    assert session in [s["id"] for s in service.client.get("/v1/sessions").json()["sessions"]]
    with service.connect(OTHER) as other:
        assert [] == other.get("/v1/sessions").json()["sessions"]
        for method, path in (("GET", ""), ("POST", "/run"), ("DELETE", ""), ("GET", "/files")):
            answer = other.request(method, f"/v1/sessions/{session}{path}")
            assert 404 == answer.status_code
    assert 204 == service.client.delete(f"/v1/sessions/{session}").status_code
    assert 404 == service.client.get(f"/v1/sessions/{session}").status_code


def test_output_is_streamed(service: Service) -> None:
    """
    Output comes while the code runs, and the result is the last event.
    """
    session = service.open()
    code = "print('one')\nwhile not flag: pass\nprint('two')\n7"
    service.run(session, "flag = False")
    path = f"/v1/sessions/{session}/run"
    fields = {"code": code, "stream": True}
    with service.client.stream("POST", path, json=fields) as answer:
        assert "text/event-stream" == answer.headers["content-type"]
        events = events_of(answer)
        assert ("output", {"stream": "stdout", "text": "one\n"}) == next(events)
        # It runs: nobody else may, and an interrupt ends it.
        busy = service.client.post(path, json={"code": "1"})
        assert 409 == busy.status_code
        assert service.about(session)["busy"]
        assert {"interrupted": True} == service.client.post(
            f"/v1/sessions/{session}/interrupt", json={}
        ).json()
        rest = list(events)
    assert ["result"] == [name for name, _ in rest]
    assert "Interrupted" == rest[0][1]["error"]["type"]
    assert False is service.run(session, "flag")["value"]


def test_much_output_is_few_events(service: Service) -> None:
    """
    A run that prints a line at a time does not make an event of each, and all of them come.
    """
    session = service.open()
    code = "for i in range(20_000): print(i)"
    fields = {"code": code, "stream": True}
    with service.client.stream("POST", f"/v1/sessions/{session}/run", json=fields) as answer:
        events = list(events_of(answer))
    texts = [data["text"] for name, data in events if name == "output"]

    assert "".join(f"{i}\n" for i in range(20_000)) == "".join(texts)
    assert len(texts) < 20_000


def test_files(service: Service) -> None:
    """
    Files go in and come out as bytes; a path that is none leads nowhere.
    """
    session = service.open()
    path = f"/v1/sessions/{session}/files"
    binary = {"content-type": "application/octet-stream"}
    data = bytes(range(256)) * 100

    assert (
        204 == service.client.put(f"{path}/in/a%20b.bin", content=data, headers=binary).status_code
    )
    service.run(
        session, "data = open('/in/a b.bin', 'rb').read()\nopen('/<b>.html', 'w').write('<b>')"
    )
    assert len(data) == service.run(session, "len(data)")["value"]
    assert ["/<b>.html", "/in/a b.bin"] == service.client.get(path).json()["files"]
    answer = service.client.get(f"{path}/%3Cb%3E.html")
    assert (b"<b>", "application/octet-stream") == (answer.content, answer.headers["content-type"])
    assert "attachment; filename*=UTF-8''%3Cb%3E.html" == answer.headers["content-disposition"]
    assert "nosniff" == answer.headers["x-content-type-options"]
    for wrong in ("none", "..%2f..%2fetc%2fpasswd", "%2e%2e/etc/passwd", "a%00b", "in", "//"):
        found = service.client.get(f"{path}/{wrong}")
        assert found.status_code in (400, 404), (wrong, found.text)
        assert "root:" not in found.text
    assert 415 == service.client.put(f"{path}/x", content=b"").status_code
    assert 204 == service.client.delete(f"{path}/in").status_code
    assert ["/<b>.html"] == service.client.get(path).json()["files"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1]", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"{}", 400),
        (b'{"code": 7}', 400),
        (b'{"code": null}', 400),
        (b'{"code": "1", "nothing": 2}', 400),
        (b'{"code": "1", "inputs": {"1": 2}}', 400),
        (b'{"code": "1", "inputs": []}', 400),
        (b'{"code": "1", "wall_seconds": -1}', 400),
        (b'{"code": "1", "wall_seconds": true}', 400),
        (b'{"code": "1", "wall_seconds": 1e999}', 400),
        (b'{"code": "1", "interpreter": "perl"}', 400),
        (b'{"code": "1", "inputs": {"x": NaN}}', 200),
        (b'{"code": "' + b"x" * 9_000_000 + b'"}', 413),
        (b'{"code": "1", "inputs": {"x": [' + b"[]," * 600_000 + b"[]]}}", 413),
    ],
)
def test_bodies(service: Service, body: bytes, status: int) -> None:
    """
    What is no request is refused with a reason; nothing of it is a fault of the service.
    """
    answer = service.client.post(
        "/v1/run", content=body, headers={"content-type": "application/json"}
    )

    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"])
    if status != 200:
        assert answer.json()["error"]["text"]


# ---- questions


def start(service: Service, session: str, code: str) -> concurrent.futures.Future[dict[str, Any]]:
    """Run *code* on another thread."""
    future: concurrent.futures.Future[dict[str, Any]] = concurrent.futures.Future()

    def work() -> None:
        try:
            future.set_result(service.run(session, code))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work).start()
    return future


def question_of(service: Service, session: str) -> dict[str, Any]:
    (found,) = service.until(lambda: service.about(session)["questions"])
    assert isinstance(found, dict)
    return found


def answer_it(service: Service, session: str, question: dict[str, Any], **fields: Any) -> Any:
    return service.client.post(f"/v1/sessions/{session}/questions/{question['id']}", json=fields)


def test_calls_that_need_approval(service: Service) -> None:
    """
    A call waits for a person, who sees it; a yes makes it, a no is an error inside.
    """
    session = service.open()
    deleted = service.deleted  # type: ignore[attr-defined]
    before = len(deleted)
    code = (
        "def f(name):\n    try: return delete(name)\n    except PermissionError: return 'no'\nf(%r)"
    )

    future = start(service, session, code % "a\u202e.txt")
    question = question_of(service, session)
    assert {"function": "delete", "call": r"delete('a\u202e.txt')"} == question["details"]
    assert before == len(deleted)
    assert 400 == answer_it(service, session, question, answer="allow_session").status_code
    assert 400 == answer_it(service, session, question, answer=True).status_code
    assert {"answered": True} == answer_it(service, session, question, answer="allow").json()
    assert before + 1 == future.result(PATIENCE)["value"]
    assert "a\u202e.txt" == deleted[-1]
    assert 404 == answer_it(service, session, question, answer="allow").status_code
    future = start(service, session, code % "b")
    answer_it(service, session, question_of(service, session), answer="deny")
    assert "no" == future.result(PATIENCE)["value"]
    assert before + 1 == len(deleted)
    future = start(service, session, "ask('who?') + '!'")
    question = question_of(service, session)
    answer_it(service, session, question, answer="value", value="Ada")
    assert "Ada!" == future.result(PATIENCE)["value"]


def test_calls_are_shown_as_they_are(service: Service) -> None:
    """
    A call that is too long to show says so, and a name that is none cannot imitate another.
    """
    session = service.open()
    for code, shown in (
        ("delete('a' * 5000)", r"^delete\('a{1990,} \[and \d+ more characters\]$"),
        ('configure(**{"a=1, b": 2})', r"^configure\(\*\*'a=1, b'=2\)$"),
        ("configure(n=10 ** 5000)", r"^configure\(n=<int that cannot be shown"),
    ):
        future = start(service, session, code)
        question = question_of(service, session)
        assert re.search(shown, question["details"]["call"]), question["details"]["call"]
        answer_it(service, session, question, answer="deny")
        assert "PermissionError" == future.result(PATIENCE)["error"]["type_name"]


def test_questions_that_nobody_answers(service: Service) -> None:
    """
    An interrupt, a client that goes and a deadline are a no, and no question is left.
    """
    session = service.open()
    before = len(service.deleted)  # type: ignore[attr-defined]

    future = start(service, session, "delete('c')")
    question_of(service, session)
    service.client.post(f"/v1/sessions/{session}/interrupt", json={})
    assert "PermissionError" == future.result(PATIENCE)["error"]["type_name"]
    path = f"/v1/sessions/{session}/run"
    with service.connect(TOKEN) as client:
        fields = {"code": "delete('d')", "stream": True}
        with client.stream("POST", path, json=fields) as answer:
            assert "question" == next(events_of(answer))[0]
    service.until(lambda: not service.about(session)["busy"])
    assert [] == service.about(session)["questions"]
    limits = ServiceLimits(approval_seconds=0.2)
    with served(functions={"f": len}, service_limits=limits) as other:
        assert 1 == other.run(other.open(), "f('x')")["value"]
    assert before == len(service.deleted)  # type: ignore[attr-defined]


def test_an_interrupt_before_the_beginning(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A run that has been accepted and has yet to begin is ended as well, and no later one.
    """
    may_begin = threading.Event()
    real = Session.run

    def run(session: Session, *args: Any, **fields: Any) -> Any:
        assert may_begin.wait(PATIENCE)
        return real(session, *args, **fields)

    monkeypatch.setattr(Session, "run", run)
    session = service.open()
    future = start(service, session, "while True: pass")
    service.until(lambda: service.about(session)["busy"])
    path = f"/v1/sessions/{session}/interrupt"
    assert {"interrupted": True} == service.client.post(path, json={}).json()
    may_begin.set()
    assert "Interrupted" == future.result(PATIENCE)["error"]["type"]

    assert {"interrupted": False} == service.client.post(path, json={}).json()
    assert 499_500 == service.run(session, "sum(range(1000))")["value"]


def test_requests_to_other_origins() -> None:
    """
    A person may answer for an origin, once or for the session.
    """
    with (
        web_server.serve() as server,
        served(network=NetworkPolicy(allow_private=True), ask=True) as service,
    ):
        url = server.origin
        session = service.open()
        for word, asked in (("deny", True), ("allow", True), ("allow_session", True), ("", False)):
            future = start(service, session, f"fetch({url + '/hello'!r}).status")
            if asked:
                question = question_of(service, session)
                assert url in question["details"]["origin"]
                answer_it(service, session, question, answer=word)
            found = future.result(PATIENCE)
            if word == "deny":
                assert "PermissionError" == found["error"]["type_name"]
            else:
                assert 200 == found["value"]


# ---- who may ask


def test_a_token_is_needed(service: Service) -> None:
    """
    Without one, or with a wrong one, there is nothing but the page and its like.
    """
    paths = ["/metrics", "/v1/about", "/v1/sessions", "/v1/run", "/V1/about", "//v1/about",
             "/v1/../health", "/health/../v1/about", "/page.js/", "/nothing"]  # fmt: skip
    for header in (None, "", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x",
                   f"Basic {TOKEN}", TOKEN, f"Bearer  {TOKEN}", "Bearer é"):  # fmt: skip
        for path in paths:
            with socket.create_connection(("127.0.0.1", service.port), PATIENCE) as raw:
                extra = b"" if header is None else b"Authorization: " + header.encode() + b"\r\n"
                raw.sendall(
                    b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
                    % (path.encode(), extra)
                )
                status = raw.makefile("rb").readline().split()[1]
            assert status in (b"401", b"400"), (header, path)
    with service.connect(None) as client:
        for path in ("/", "/page.js", "/page.css", "/health", "/openapi.json"):
            assert 200 == client.get(path).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:80"}, 421),
        ({"host": ""}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"host": "127.0.0.1@evil.example"}, 421),
        ({"host": "LOCALHOST"}, 200),
        ({"host": "[::1]:99"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_what_a_browser_is_made_to_send(
    service: Service, headers: dict[str, str], status: int
) -> None:
    """
    Another name that leads here (DNS rebinding) and requests of other sites are refused, even
    with the token.
    """
    assert status == service.client.get("/v1/about", headers=headers).status_code
    own = {"origin": service.url.rstrip("/")}
    assert 200 == service.client.get("/v1/about", headers=own).status_code


def test_forms_of_other_sites(service: Service) -> None:
    """
    What a browser sends without asking first is of no type that is taken.
    """
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = service.client.post(
            "/v1/run", content=b'{"code": "1"}', headers={"content-type": kind}
        )
        assert 415 == answer.status_code


def test_headers_of_every_answer(service: Service) -> None:
    """
    Nothing is cached, framed, sniffed, or run but the page's own script.
    """
    with service.connect(None) as client:
        for path in ("/", "/health", "/v1/about", "/nothing"):
            headers = client.get(path).headers
            assert "no-store" == headers["cache-control"]
            assert "nosniff" == headers["x-content-type-options"]
            assert "DENY" == headers["x-frame-options"]
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "server" not in headers


def test_the_page_has_no_markup_from_elsewhere() -> None:
    """
    The script has no way to make markup or code of text.
    """
    folder = Path(service_module.__file__).parent / "page"
    script = (folder / "page.js").read_text()
    page = (folder / "index.html").read_text()

    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(", script
    )
    assert not re.search(r"https?://|style=|\son\w+=|<script>", page)


def test_wrong_tokens() -> None:
    """
    A token that could be guessed is refused.
    """
    for tokens in (
        "",
        "short",
        "x" * 15,
        "with spaces in the middle",
        {},
        {"a": TOKEN, "b": TOKEN},
    ):
        with pytest.raises(ConfigError):
            create_app(tokens, interpreter="micropython")  # type: ignore[arg-type]


# ---- limits, and many at once


def test_limits_of_a_token() -> None:
    """
    Sessions, runs at once, memory and time are each token's own.
    """
    limits = ServiceLimits(sessions=2, runs=1, seconds=2, memory_bytes=400 << 20)
    options = {"service_limits": limits, "limits": Limits(wall_seconds=1)}
    with served(**options) as service, service.connect(OTHER) as other:
        sessions = [service.open(), service.open()]
        assert 429 == service.client.post("/v1/sessions", json={}).status_code
        service.open(other)
        future = start(service, sessions[0], "while True: pass")
        service.until(lambda: service.about(sessions[0])["busy"])
        answer = service.client.post(f"/v1/sessions/{sessions[1]}/run", json={"code": "1"})
        assert 429 == answer.status_code
        assert "WallTimeExceeded" == future.result(PATIENCE)["error"]["type"]
        # A second is left of two, less what was used; then none.
        service.run(sessions[0], "while True: pass")
        answer = service.client.post("/v1/run", json={"code": "while True: pass"})
        if answer.status_code == 200:
            answer = service.client.post("/v1/run", json={"code": "1"})
        assert 429 == answer.status_code
        assert int(answer.headers["retry-after"]) > 1
        assert 200 == other.post("/v1/run", json={"code": "1"}).status_code
        assert 'refused_total{status="429"} ' in service.client.get("/metrics").text
    with served(service_limits=ServiceLimits(memory_bytes=200 << 20)) as service:
        service.open()
        assert "memory" in service.client.post("/v1/sessions", json={}).json()["error"]["text"]


def test_requests_at_a_time() -> None:
    """
    A token cannot have more requests at a time than it may, of whatever kind.
    """
    with served(service_limits=ServiceLimits(runs=1)) as service, contextlib.ExitStack() as stack:
        head = b"PUT /v1/sessions/x/files/y HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
        for _ in range(17):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", service.port)))
            kind = b"\r\nContent-Type: application/octet-stream\r\nContent-Length: 9\r\n\r\n"
            raw.sendall(head + TOKEN.encode() + kind)
        account = service.hub.accounts["ada"]
        service.until(lambda: account._requests == 17)
        assert 429 == service.client.get("/v1/about").status_code
        with service.connect(OTHER) as other:
            assert 200 == other.get("/v1/about").status_code
        stack.close()
        service.until(lambda: account._requests == 0)
        assert 200 == service.client.get("/v1/about").status_code


def test_files_while_it_runs(service: Service) -> None:
    """
    Looking at files does not wait for a run.
    """
    session = service.open()
    future = start(service, session, "open('/a', 'w').close()\nwhile True: pass")
    service.until(lambda: service.about(session)["busy"])
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        path = f"/v1/sessions/{session}/files"
        found = list(pool.map(lambda _: service.client.get(path).status_code, range(12)))
    assert [200] * 12 == found
    assert time.monotonic() - began < 8  # the run ends after ten
    service.client.post(f"/v1/sessions/{session}/interrupt", json={})
    assert "Interrupted" == future.result(PATIENCE)["error"]["type"]


def test_time_comes_back() -> None:
    """
    What a run does not use is given back, and an hour brings all of it.
    """
    now = [0.0]
    account = Account("a", ServiceLimits(seconds=10, runs=5), 1, lambda: now[0])

    with account.running(6) as first, account.running(6) as second:
        assert (6, 4) == (first.allowed, second.allowed)
        with pytest.raises(Refused), account.running(1):
            pass
        first.used = 6
    with account.running(60) as third:
        assert 4 == third.allowed
        third.used = 4
    with pytest.raises(Refused) as info, account.running(1):
        pass
    assert info.value.retry_seconds == pytest.approx(36)
    now[0] = 3600
    with account.running(60) as fourth:
        assert 10 == fourth.allowed


def test_idle_sessions_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A session that nobody uses is closed; one that runs is not, and one that does not close keeps
    none of the others.
    """
    monkeypatch.setattr(_hub, "_LOOK_SECONDS", 0.02)
    with served(limits=Limits(wall_seconds=PATIENCE)) as service:
        stuck, busy, idle = (service.open() for _ in range(3))
        rooms = service.hub.accounts["ada"].rooms
        seen, close = [], rooms[stuck].close

        async def refuse() -> None:
            seen.append(stuck)
            await close()
            raise RuntimeError("can't start new thread")

        with service.client.stream(
            "POST",
            f"/v1/sessions/{busy}/run",
            json={"code": "print('begun')\nwhile True: pass", "stream": True},
        ) as answer:
            events = events_of(answer)
            assert "output" == next(events)[0]
            monkeypatch.setattr(rooms[stuck], "close", refuse)
            for name in (stuck, busy, idle):
                rooms[name].touched -= 1801
            service.until(lambda: idle not in rooms)
            assert [stuck] == seen
            assert service.about(busy)["busy"]
            service.client.post(f"/v1/sessions/{busy}/interrupt", json={})
            assert "Interrupted" == [*events][-1][1]["error"]["type"]


def test_load(service: Service) -> None:
    """
    Eight clients at once get their own answers, and none an error.
    """

    def work(number: int) -> int:
        with service.connect(TOKEN) as client:
            session = service.open(client)
            for turn in range(25):
                code = f"x = {number * 1000 + turn}\nprint(x)\nx"
                answer = client.post(
                    f"/v1/sessions/{session}/run", json={"code": code, "stream": turn % 2 == 0}
                )
                assert 200 == answer.status_code, answer.text
                found = answer.json() if turn % 2 else list(events_of(answer))[-1][1]
                assert (number * 1000 + turn) == found["value"]
            assert 204 == client.delete(f"/v1/sessions/{session}").status_code
        return turn

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert [24] * 8 == list(pool.map(work, range(8)))


def test_slow_client(service: Service) -> None:
    """
    A client that does not read holds up neither its own run nor anybody else.
    """
    session = service.open()
    body = json.dumps(
        {"code": "print('x' * 150_000)\nopen('/done', 'w').close()", "stream": True}
    ).encode()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with raw:
        raw.connect(("127.0.0.1", service.port))
        raw.sendall(
            b"POST /v1/sessions/%s/run HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (session.encode(), TOKEN.encode(), len(body), body)
        )
        # Not by a run, which could come before the one that is waited for.
        path = f"/v1/sessions/{session}/files"
        service.until(lambda: "/done" in service.client.get(path).json()["files"])
        service.until(lambda: not service.about(session)["busy"])
        taken = []
        for _ in range(20):
            began = time.monotonic()
            service.run(session, "1")
            taken.append(time.monotonic() - began)
        assert statistics.median(taken) < 2


def test_a_client_that_never_reads_is_left() -> None:
    """
    After its time a stream that nobody reads is given up.
    """
    limits = Limits(output_bytes=8 << 20, wall_seconds=20)
    with served(stall_seconds=1.0, limits=limits) as service:
        session = service.open()
        code = "while True: print('x' * 10_000)"
        body = json.dumps({"code": code, "stream": True}).encode()
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with raw:
            raw.connect(("127.0.0.1", service.port))
            raw.sendall(
                b"POST /v1/sessions/%s/run HTTP/1.1\r\nHost: localhost\r\n"
                b"Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s"
                % (session.encode(), TOKEN.encode(), len(body), body)
            )
            began = time.monotonic()
            service.until(lambda: service.about(session)["busy"])
            service.until(lambda: not service.about(session)["busy"])
            assert time.monotonic() - began < 15


TRICKLES = {
    "nothing": (b"", b""),
    "a head": (b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nX: ", b"x"),
    "heads of fields": (b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\n", b"X: x\r\n"),
    "a second head": (
        b"GET /v1/sessions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\nGET "
        % TOKEN.encode(),
        b"/",
    ),
    "a body": (
        b"POST /v1/run HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n" % TOKEN.encode(),
        b" ",
    ),
    "a body after its refusal": (
        b"POST /v1/run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n",
        b" ",
    ),
}


@pytest.mark.parametrize("what", TRICKLES)
def test_clients_that_trickle(service: Service, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whoever sends a byte now and then is left in time; others are served meanwhile, who take
    their time between requests.
    """
    monkeypatch.setattr(_patience, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(_routes, "_BODY_SECONDS", 0.5)
    begin, more = TRICKLES[what]
    with socket.create_connection(("127.0.0.1", service.port), timeout=0.05) as raw:
        raw.sendall(begin)
        began, left = time.monotonic(), False
        while not left and time.monotonic() - began < PATIENCE:
            assert 200 == service.client.get("/v1/sessions").status_code
            try:
                raw.sendall(more)
                left = not raw.recv(65_536)
            except TimeoutError:
                continue
            except OSError:
                left = True
    assert left
    assert time.monotonic() - began < PATIENCE / 2


def test_bodies_with_two_lengths(service: Service) -> None:
    """
    What one server takes for the end of a body is for no other the beginning of a request.
    """
    head = b"Host: localhost\r\nAuthorization: Bearer %s\r\n" % TOKEN.encode()
    hidden = b"DELETE /v1/sessions/%s HTTP/1.1\r\n%s\r\n"
    session = service.open()
    body = b"0\r\n\r\n" + hidden % (session.encode(), head)
    lengths = b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % len(body)
    request = b"POST /v1/run HTTP/1.1\r\n" + head + lengths + b"\r\n" + body
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as raw:
        raw.sendall(request)
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert 1 == answer.count(b"HTTP/1.1 ")
    assert 2 == service.run(session, "1 + 1")["value"]


@pytest.mark.parametrize("stream", [True, False])
def test_clients_that_leave(service: Service, stream: bool) -> None:
    """
    A run whose client goes away is ended, and the session goes on.
    """
    session = service.open()
    service.run(session, "x = 5")
    body = json.dumps({"code": "while True: pass", "stream": stream}).encode()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", service.port)) as raw:
            raw.sendall(
                b"POST /v1/sessions/%s/run HTTP/1.1\r\nHost: localhost\r\n"
                b"Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s"
                % (session.encode(), TOKEN.encode(), len(body), body)
            )
            service.until(lambda: service.about(session)["busy"])
        began = time.monotonic()
        service.until(lambda: not service.about(session)["busy"])
        assert time.monotonic() - began < 8  # not by its deadline, of ten
    assert 5 == service.run(session, "x")["value"]


def test_openapi(service: Service) -> None:
    """
    Every route is described, and nothing else.
    """
    described = {
        (method.upper(), path)
        for path, operations in document()["paths"].items()
        for method in operations
        if method != "parameters"
    }
    from sandbox_wasm.integrations.service._routes import Routes

    app = Routes(service.hub).app()
    routes = {
        (method, route.path.replace(":path", ""))  # type: ignore[attr-defined]
        for route in app.routes
        for method in route.methods - {"HEAD"}  # type: ignore[attr-defined]
    }
    assert routes - {("GET", "/"), ("GET", "/page.js"), ("GET", "/page.css")} == described
    assert document() == service.client.get("/openapi.json").json()


# ---- the end, and the command


def test_graceful_end() -> None:
    """
    What runs gets its time; then it is ended, and its client is told. Nothing new begins.
    """
    with served(grace_seconds=0.5, limits=Limits(wall_seconds=30)) as service:
        session = service.open()
        path = f"/v1/sessions/{session}/run"
        fields = {"code": "print(1)\nwhile True: pass", "stream": True}
        with service.client.stream("POST", path, json=fields) as answer:
            events = events_of(answer)
            assert "output" == next(events)[0]
            began = time.monotonic()
            service.server.should_exit = True
            (last,) = events
        assert "SessionClosed" in json.dumps(last[1])
        assert time.monotonic() - began < 15


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command(tmp_path: Path, number: int) -> None:
    """
    The command tells where it serves, and ends in good order.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox_wasm", "serve", "--port", "0", "--interpreter",
         "micropython", "--wall-seconds", "5"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+/)#token=(\S{40,})$", line)
        assert found is not None, line + process.stderr.read()
        headers = {"authorization": f"Bearer {found[2]}"}
        answer = httpx.post(f"{found[1]}v1/run", json={"code": "6 * 7"}, headers=headers)
        assert 42 == answer.json()["value"]
        process.send_signal(number)
        rest = process.stderr.read()

    assert process.returncode in (-number, 128 + number), rest
    assert "Traceback" not in rest


def test_token_files(tmp_path: Path) -> None:
    """
    Tokens come from a file that nobody else can read.
    """
    from click.testing import CliRunner

    from sandbox_wasm import cli

    path = tmp_path / "tokens"
    for text, mode, expected in (
        (f"ada {TOKEN}\n", 0o644, "chmod 600"),
        (f"ada {TOKEN}\nada {OTHER}\n", 0o600, "line 2"),
        ("ada\n", 0o600, "line 1"),
        ("ada short\n", 0o600, "16 to 512 characters"),
        ("#" * (1 << 20) + f"\nada {TOKEN}\n", 0o600, "larger than 1048576 bytes"),
        ("", 0o600, "needs a token"),
    ):
        path.write_text(text)
        path.chmod(mode)
        result = CliRunner().invoke(
            cli.main, ["serve", "--port", "0", "--interpreter", "micropython",
                       "--token-file", str(path)],
        )  # fmt: skip
        assert 2 == result.exit_code
        assert expected in result.stderr
        assert TOKEN not in result.stderr
    result = CliRunner().invoke(cli.main, ["serve", "--port", "0", "--sessions", "0"])
    assert 2 == result.exit_code


def test_what_the_service_adds(service: Service) -> None:
    """
    A run over HTTP takes some milliseconds more than one here, and not a second.
    """
    session = service.open()
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        service.run(session, "1")
        taken.append(time.perf_counter() - began)

    assert statistics.median(taken) < 1
    with Session("micropython") as here:
        assert 1 == here.run("1").value


def test_a_machine_without_threads():
    """
    That is nobody's mistake and passes, so the client may come again.
    """
    told = []
    hub = SimpleNamespace(accounts=SimpleNamespace(refused=told.append))
    request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(hub=hub)))
    response = asyncio.run(_routes._sandbox_error(request, HostExhausted("no more threads")))

    assert (503, [503]) == (response.status_code, told)
    assert b"HostExhausted: no more threads" in response.body
