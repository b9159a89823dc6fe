"""The host's side of a request, against servers that mean no good. No guest is needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("httpx")

from sandbox_wasm import Credential, Limits, NetworkPolicy
from sandbox_wasm._connect import Clock, Resolver
from sandbox_wasm._fetch import Fetch
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._origins import parse

SECRET = "sk-test-secret"
# What guest code can be given: each crosses the boundary with a text of ours.
EXPECTED = (PermissionError, ValueError, TimeoutError, ConnectionError, OSError)


class Raw:
    """A server that answers each connection with the same bytes, whatever it is asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answer = b""
        self.asked = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    self.asked = connection.recv(65_536)
                    connection.sendall(self.answer)
                except OSError:
                    continue

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    with closing(Raw()) as server:
        yield server


def make(**policy: Any) -> Fetch:
    limits = Limits(host_call_bytes=1 << 26)
    return Fetch(
        NetworkPolicy(**policy), Ledger(limits, HostFunctions(), Files(0, 0), lambda: None)
    )


def outcome(fetch: Fetch, *arguments: Any) -> Any:
    """What guest code gets: data or an exception. Fails if that tells of host or secret."""
    try:
        return fetch(*arguments)
    except EXPECTED as error:
        found = error
    assert type(found).__module__ == "builtins"
    assert SECRET not in str(found).lower()
    assert not isinstance(found, OSError) or found.strerror or isinstance(found, TimeoutError)
    return found


def test_no_thread_to_look_up_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However often that is so, names are looked up when there is one again.
    """

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver = Resolver()
    target, clock = parse("http://localhost:1"), Clock(20, lambda: False)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        for _ in range(6):
            with pytest.raises(ConnectionError, match="just now"):
                resolver.resolve(target, clock)
    assert resolver.resolve(target, clock)


HEAD = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 302 Moved\r\n", b"HTTP/2 2\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 101 Up\r\n", b"HTTP/1.1 204 No\r\n",
        b"HTTP/1.1 999 \xff\r\n", b"HTTP/1.1 -1 x\r\n", b"",
    ]
)  # fmt: skip
LINE = st.sampled_from(
    [
        b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 5, 6\r\n",
        b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n", b"Content-Encoding: gzip\r\n",
        b"Content-Encoding: \xff\r\n", b"Location: /\r\n", b"Location: //[::1\r\n",
        b"Location: http://\xe4\r\n", b"Location: sk-test-secret\r\n", b"X: sk-test-secret\r\n",
        b"sk-test-secret: x\r\n", b"X: a\r\n b\r\n", b"\x00: x\r\n", b"X\r\n", b"\r\n",
        b"Connection: upgrade\r\n", b"Set-Cookie: a=b\r\n",
    ]
)  # fmt: skip
BODY = st.one_of(
    st.binary(max_size=50),
    st.sampled_from(
        [
            b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"5;" + b"x" * 200_000, b"-1\r\n",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", b"x" * 5000, b"0\r\nX: y\r\n\r\n",
            b"a sk-test-secret b",
        ]
    ),
)  # fmt: skip
ANSWER = st.builds(
    lambda head, lines, body: head + b"".join(lines) + b"\r\n" + body,
    HEAD,
    st.lists(LINE, max_size=4),
    BODY,
)


@settings(max_examples=300)
@given(st.one_of(ANSWER, st.binary(max_size=100)))
def test_any_answer_is_an_answer_or_an_error(raw: Raw, answer: bytes) -> None:
    """
    Whatever a server sends, guest code gets data within the bounds, or a builtin exception.
    """
    raw.answer = answer
    fetch = make(
        allow=[raw.origin],
        max_bytes=1000,
        timeout=5,
        credentials=[Credential(raw.origin, "Authorization", f"Bearer {SECRET}")],
    )

    got = outcome(fetch, raw.origin + "/")

    if not isinstance(got, Exception):
        assert {"url", "status", "reason", "headers", "body", "more"} == set(got)
        assert type(got["body"]) is bytes
        assert got["more"] is None  # all of it fits into the first piece
        assert len(got["body"]) <= 1000 * 10 // 8
        assert type(got["status"]) is int
        assert SECRET not in str(got).lower()
    assert b"Bearer " + SECRET.encode() in raw.asked


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@given(st.text(max_size=20) | ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_any_request_is_refused_in_words(
    url: Any, method: Any, headers: Any, body: Any, timeout: Any
) -> None:
    """
    Data of any shape is a request, or a `TypeError`, `ValueError` or `PermissionError`.
    """
    fetch = make(allow=["https://api.example.com"])

    for arguments in ((url, method, headers, body, timeout), (url, "GET", headers, body, timeout)):
        with pytest.raises((TypeError, ValueError, PermissionError)) as info:
            fetch(*arguments)
        assert type(info.value).__module__ == "builtins"


HEADERS = st.dictionaries(
    st.text("AaZz09-_: \r\n\0é", max_size=6) | st.sampled_from(["X-Y", "Accept", "Content-Type"]),
    st.text("aZ09 \t\r\n\0é:,", max_size=8),
    max_size=4,
)


@settings(max_examples=200)
@given(HEADERS, st.text("aé/?#%&=.;\\ \r\n", max_size=12))
def test_no_request_is_two(raw: Raw, headers: dict[str, str], path: str) -> None:
    """
    What goes out is one request, with the headers that were given and the host's own.
    """
    raw.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    raw.asked = b""
    got = outcome(make(allow=[raw.origin]), f"{raw.origin}/{path}", "GET", headers)
    if isinstance(got, Exception):
        assert isinstance(got, (ValueError, TypeError, PermissionError))
        assert raw.asked == b""
        return

    head, _, rest = raw.asked.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    assert b"" == rest
    assert line.startswith(b"GET /")
    assert line.endswith(b" HTTP/1.1")
    assert 3 == len(line.split(b" "))
    names = [each.partition(b":")[0].decode() for each in lines]
    own = {"host", "accept", "user-agent", "accept-encoding", "connection"}
    assert own | {name.lower() for name in headers} == set(names)
    assert len(names) == len(set(names))
    assert b"\n" not in head.replace(b"\r\n", b"")


def test_a_server_that_does_not_read() -> None:
    """
    Sending is waited for no longer than anything else.
    """
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        origin = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        fetch = make(allow=[origin], methods=["POST"], max_request_bytes=1 << 26, timeout=0.2)

        with pytest.raises(TimeoutError):
            fetch(origin, "POST", None, b"x" * (1 << 25))


def test_a_server_that_answers_before_it_has_read(raw: Raw) -> None:
    """
    A refusal that comes early is an answer.
    """
    raw.answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    fetch = make(allow=[raw.origin], methods=["POST"], max_request_bytes=1 << 26)

    got = outcome(fetch, raw.origin, "POST", None, b"x" * (1 << 25))

    # The system may have thrown the answer away, with what was not read.
    assert "broke" in str(got) if isinstance(got, Exception) else (413, b"no") == (
        got["status"], got["body"]
    )  # fmt: skip
