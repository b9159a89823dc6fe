"""Guest code reaches what it was granted, and nothing else, on real servers."""

from __future__ import annotations

import pickle
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx")

from web_server import Server, serve

from sandbox_wasm import (
    ConfigError,
    GuestCrash,
    GuestError,
    Interrupted,
    Limits,
    NetworkPolicy,
    Session,
    Suspended,
    WallTimeExceeded,
)

Make = Callable[..., Session]
BOTH = ["thread", "process"]


@pytest.fixture
def isolation() -> str:
    """The host makes the requests, wherever the guest is: a few tests prove it for workers."""
    return "thread"


@pytest.fixture
def stuck() -> Iterator[Server]:
    """A server of its own for requests that do not end by themselves."""
    with serve() as server:
        yield server


def refused(session: Session, code: str, **arguments: Any) -> tuple[str, str]:
    """What guest code gets for *code*, as type and message."""
    error = session.run(code, check=False, inputs=arguments or None).error
    assert isinstance(error, GuestError), error
    return error.type_name, error.message


# ---- what works


@pytest.mark.parametrize("isolation", BOTH)
def test_an_answer(make_session: Make, server: Server) -> None:
    """
    Guest code sees status, headers, text, bytes and JSON.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin]))

    value = session.run(
        "r = fetch(url)\n"
        "[r.status, r.ok, r.reason, r.text, r.content, r.headers['CONTENT-type'],"
        " 'content-type' in r.headers, r.headers.get('x'), r.url, repr(r)]",
        inputs={"url": server.origin},
    ).value

    assert [
        200, True, "OK", "hello", b"hello", "text/plain; charset=utf-8", True, None,
        server.origin + "/", "<Response 200>",
    ] == value  # fmt: skip
    assert 3 == len(session.run("fetch(url + '/rows').json()").value)
    assert [404, False] == session.run("r = fetch(url + '/no')\n[r.status, r.ok]").value


def test_a_request(make_session: Make, server: Server) -> None:
    """
    Method, headers, body and JSON arrive; Host and the like are the host's.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], methods=["POST", "PUT"]))
    session.run("u = url + '/echo?q=1#f'", inputs={"url": server.origin})

    got = session.run("fetch(u, method='POST', headers={'X-A': 'b'}, json={'k': [1]}).json()").value

    assert ("POST", "/echo?q=1", '{"k": [1]}') == (got["method"], got["path"], got["body"])
    assert server.origin == "http://" + got["headers"]["host"]
    assert ("b", "application/json") == (got["headers"]["x-a"], got["headers"]["content-type"])
    assert "10" == got["headers"]["content-length"]
    got = session.run("fetch(u, method='put', body=b'\\0\\xff').json()").value
    assert ("PUT", "\0\xff") == (got["method"], got["body"])


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_urllib(make_session: Make, server: Server) -> None:
    """
    On CPython urllib.request goes through the same policy.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], methods=["GET", "POST"]))
    session.run("import urllib.request, urllib.error, json", inputs={"url": server.origin})

    assert [b"hello", 200, "text/plain"] == session.run(
        "with urllib.request.urlopen(url, timeout=5) as f:\n"
        "    x = [f.read(), f.status, f.headers.get_content_type()]\nx"
    ).value
    assert ["POST", "a=1", "c"] == session.run(
        "q = urllib.request.Request(url + '/echo', data=b'a=1', headers={'X-B': 'c'})\n"
        "d = json.load(urllib.request.urlopen(q))\n"
        "[d['method'], d['body'], d['headers']['x-b']]"
    ).value
    assert [404, b"not here"] == session.run(
        "try: urllib.request.urlopen(url + '/no')\n"
        "except urllib.error.HTTPError as e: x = [e.code, e.read()]\nx"
    ).value
    assert ("URLError", "<urlopen error http://evil.test is not an allowed origin>") == refused(
        session, "urllib.request.urlopen('http://evil.test/')"
    )
    assert "URLError" == refused(session, "urllib.request.urlopen('ftp://evil.test/')")[0]


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_requests(make_session: Make, server: Server) -> None:
    """
    Code written for Requests finds what it uses most.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], methods=["GET", "POST"]))
    session.run("import requests", inputs={"url": server.origin})

    assert [200, True, "/echo?a=1&b=x+y", "t"] == session.run(
        "r = requests.get(url + '/echo', params={'a': 1, 'b': 'x y'}, headers={'X-T': 't'},"
        " timeout=(3, 5))\n"
        "[r.status_code, r.ok, r.json()['path'], r.json()['headers']['x-t']]"
    ).value
    assert ["k=v", "application/x-www-form-urlencoded"] == session.run(
        "d = requests.Session().post(url + '/echo', data={'k': 'v'}).json()\n"
        "[d['body'], d['headers']['content-type']]"
    ).value
    assert "HTTPError" == refused(session, "requests.get(url + '/no').raise_for_status()")[0]
    assert "JSONDecodeError" == refused(session, "requests.get(url).json()")[0]
    assert [True, True] == session.run(
        "x = []\n"
        "try: requests.get('http://evil.test/')\n"
        "except requests.exceptions.ConnectionError: x.append(True)\n"
        "try: requests.get('nonsense')\n"
        "except requests.RequestException: x.append(True)\nx"
    ).value


@pytest.mark.parametrize("isolation", BOTH)
def test_without_a_network(session: Session) -> None:
    """
    A session that was granted none has no function of that name, and no socket.
    """
    assert "NameError" == refused(session, "fetch('http://127.0.0.1/')")[0]
    assert (
        []
        == session.run(
            "r = []\n"
            "for m in ('usocket', 'network', '_ssl', 'ffi', 'requests'):\n"
            "    try:\n        __import__(m)\n        r.append(m)\n"
            "    except ImportError: pass\nr"
        ).value
    )


@pytest.mark.parametrize("isolation", BOTH)
def test_the_real_case(make_session: Make, server: Server) -> None:
    """
    Code fetches JSON from an approved origin and reshapes it; the host stores the rows.
    """
    policy = NetworkPolicy(allow=[server.origin], max_bytes=100_000)
    with serve() as other, closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table people (id integer, name text, tags text)")
        session = make_session(network=policy)
        rows = session.run(
            "[(r['id'], r['name']['first'], ','.join(r['tags'])) for r in fetch(url).json()]",
            inputs={"url": server.origin + "/rows"},
        ).value
        database.executemany("insert into people values (?, ?, ?)", rows)

        assert [(0, "n0", "a,b"), (1, "n1", "a,b"), (2, "n2", "a,b")] == (
            database.execute("select * from people").fetchall()
        )
        kind, text = refused(session, "fetch(other)", other=other.origin)
        assert ("PermissionError", f"{other.origin} is not an allowed origin") == (kind, text)
        kind, text = refused(session, "fetch(u)", u=f"{server.origin}/redirect?to={other.origin}")
        assert f"redirect to {other.origin} is not an allowed origin" == text
        kind, text = refused(session, "fetch(u)", u=server.origin + "/big?bytes=1000000")
        assert ("OSError", "the answer is larger than max_bytes=100000") == (kind, text)
        assert [] == other.seen
    assert [
        (server.origin + "/rows", True),
        (other.origin + "/", False),
        (f"{server.origin}/redirect?to={other.origin}", True),
        (other.origin + "/", False),
        (server.origin + "/big?bytes=1000000", True),
    ] == [(record.target, record.granted) for record in session.audit]


# ---- origins


BYPASSES = [
    "http://evil.test/",
    "https://api.allowed.test.evil.test/",
    "https://api.allowed.test@evil.test/",
    "https://evil.test#@api.allowed.test/",
    "https://evil.test\\@api.allowed.test/",
    "https://api.allowed.test:8443/",
    "http://api.allowed.test/",
    "https://api.allowed.test./",
    "https://api.allowed.test%2eevil.test/",
    "https://api.allowed.test\n.evil.test/",
    "https://[::ffff:127.0.0.1]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "//evil.test/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "http+unix:///run/x",
    "https:api.allowed.test",
    "https://api.allowed.test:443@evil.test/",
    "https://\u0430pi.allowed.test/",
    None,
    ["https://api.allowed.test/"],
]


class Names:
    """Stands in for the system's resolver, and counts what it is asked."""

    def __init__(self, **names: list[str]) -> None:
        self.names = names
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int, **kwargs: Any) -> list[Any]:
        self.asked.append((host, port))
        addresses = self.names[host.replace(".", "_")]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        found: list[Any] = []
        for each in address.split():
            family = socket.AF_INET6 if ":" in each else socket.AF_INET
            sockaddr = (each, port, 0, 0) if ":" in each else (each, port)
            found.append((family, socket.SOCK_STREAM, 6, "", sockaddr))
        return found


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Names]:
    """Sets what names mean on this machine."""

    def put(**given: list[str]) -> Names:
        stub = Names(**given)
        monkeypatch.setattr("sandbox_wasm._connect.socket.getaddrinfo", stub)
        return stub

    return put


def test_no_spelling_gets_around_the_list(
    make_session: Make, names: Callable[..., Names], assert_healthy: Callable[[], None]
) -> None:
    """
    Only the origin itself is even looked up; the rest is refused before.
    """
    resolver = names(api_allowed_test=["127.0.0.1"])
    session = make_session(network=NetworkPolicy(allow=["https://api.allowed.test"]))

    done = session.run(
        "done = []\n"
        "for u in urls:\n"
        "    try:\n        fetch(u)\n        done.append(u)\n"
        "    except (PermissionError, ValueError): pass\n"
        "done",
        inputs={"urls": BYPASSES},
    ).value

    assert [] == done
    assert [] == resolver.asked
    assert len(BYPASSES) == len(session.audit)
    assert not any(record.granted for record in session.audit)
    assert "PermissionError" == refused(session, "fetch('HTTPS://API.ALLOWED.TEST/')")[0]
    assert [("api.allowed.test", 443)] == resolver.asked
    assert_healthy()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0",
     "64:ff9b::7f00:1", "100.64.0.1", "192.168.0.1 ::1"],
)  # fmt: skip
def test_an_allowed_name_that_leads_inside(
    make_session: Make, names: Callable[..., Names], address: str
) -> None:
    """
    The address counts, not the name; guest code is not told the address.
    """
    names(allowed_test=[address])
    session = make_session(network=NetworkPolicy(allow=["http://allowed.test"]))

    kind, text = refused(session, "fetch('http://allowed.test/')")

    assert "PermissionError" == kind
    assert "allowed.test leads to a" in text
    assert "which is not granted" in text
    assert not any(part in text for part in address.split())


def test_the_address_that_was_checked_is_connected_to(
    make_session: Make, names: Callable[..., Names], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A name is looked up once for each connection: a second answer would come too late.
    """
    port = server.server_port
    resolver = names(allowed_test=["8.8.8.8 127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError

    monkeypatch.setattr("sandbox_wasm._connect.socket.socket", Socket)
    session = make_session(network=NetworkPolicy(allow=[f"http://allowed.test:{port}"]))

    assert "ConnectionError" == refused(session, "fetch(u)", u=f"http://allowed.test:{port}/")[0]
    assert [("8.8.8.8", port)] == connected
    assert 1 == len(resolver.asked)


def test_granted_private_addresses(
    make_session: Make, names: Callable[..., Names], server: Server
) -> None:
    """
    As a whole, by network, or by the origin's own name; Host is what was asked for.
    """
    port = server.server_port
    names(intranet_test=["127.0.0.1"], localhost=["::1 127.0.0.1"])
    url = f"http://intranet.test:{port}/echo"

    for private in (True, ["127.0.0.0/8"]):
        session = make_session(network=NetworkPolicy(allow=[url], allow_private=private))
        assert (
            f"intranet.test:{port}"
            == session.run("fetch(url).json()['headers']['host']", inputs={"url": url}).value
        )
    session = make_session(network=NetworkPolicy(allow=[url], allow_private=["10.0.0.0/8"]))
    assert "PermissionError" == refused(session, "fetch(url)", url=url)[0]
    local = f"http://localhost:{port}"
    session = make_session(network=NetworkPolicy(allow=[local]))
    assert "hello" == session.run("fetch(url).text", inputs={"url": local}).value


def test_the_environment_has_no_say(
    make_session: Make, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """
    Neither proxies nor .netrc of the host are used.
    """
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password secret")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    session = make_session(network=NetworkPolicy(allow=[server.origin]))

    headers = session.run("fetch(u).json()['headers']", inputs={"u": server.origin + "/echo"}).value

    assert {"host", "accept", "user-agent", "accept-encoding", "connection"} == set(headers)


# ---- redirects


def test_redirects(make_session: Make, server: Server) -> None:
    """
    They are followed where the policy allows; a POST that is redirected becomes a GET.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], methods=["GET", "POST"]))
    session.run("e = url + '/redirect?to=/echo&status='", inputs={"url": server.origin})

    assert ["GET", server.origin + "/echo"] == session.run(
        "r = fetch(e + '302')\n[r.json()['method'], r.url]"
    ).value
    for status, method, body in (
        (302, "GET", ""),
        (303, "GET", ""),
        (307, "POST", "b"),
        (308, "POST", "b"),
    ):
        got = session.run(
            "fetch(e + status, method='POST', body='b', headers={'Content-Type': 'x/y'}).json()",
            inputs={"status": str(status)},
        ).value
        assert (method, body, bool(body)) == (
            got["method"], got["body"], "content-type" in got["headers"]
        )  # fmt: skip
    assert ("OSError", "more redirects than max_redirects=5") == refused(
        session, "fetch(url + '/loop')"
    )
    assert 6 == sum(path == "/loop" for _, path, _, _ in server.seen)


@pytest.mark.parametrize(
    "to", ["http://evil.test/", "//evil.test/", "https://127.0.0.1:1/", "http://user@127.0.0.1/",
           "file:///etc/passwd", "http://2130706433/", "/\\evil.test", "%01"],
)  # fmt: skip
def test_redirects_that_lead_out(
    make_session: Make, server: Server, names: Callable[..., Names], to: str
) -> None:
    """
    Each hop is checked like a request of guest code.
    """
    from urllib.parse import quote

    resolver = names()
    session = make_session(network=NetworkPolicy(allow=[server.origin]))

    kind, text = refused(
        session, "fetch(u)", u=f"{server.origin}/redirect?to={quote(to, safe='%')}"
    )

    assert kind in {"PermissionError", "ConnectionError"}
    assert "redirect" in text
    assert [] == resolver.asked


def test_a_redirect_to_another_origin_takes_no_identity_along(
    make_session: Make, server: Server
) -> None:
    """
    Authorization and Cookie, where guest code may send them at all, are for one origin.
    """
    with serve() as other:
        session = make_session(
            network=NetworkPolicy(allow=[server.origin, other.origin], own_credentials=True)
        )
        headers = session.run(
            "fetch(u, headers={'Authorization': 'mine', 'Cookie': 'a=b', 'X-C': 'd'})"
            ".json()['headers']",
            inputs={"u": f"{server.origin}/redirect?to={other.origin}/echo"},
        ).value

    assert "d" == headers["x-c"]
    assert not {"authorization", "cookie"} & set(headers)
    assert "mine" == server.seen[0][2]["authorization"]


# ---- requests that are none


HEADERS = [
    {"X": "a\r\nEvil: 1"}, {"X": "a\nEvil: 1"}, {"X": "a\0"}, {"X": "\u20ac"}, {"a\nb": "c"},
    {"a b": "c"}, {"": "c"}, {"a:": "c"}, {"a_b": "c"}, {"Authorization": "Bearer guest"},
    {"authorization ": "x"}, {"COOKIE": "a=b"}, {"Host": "evil.test"}, {"Content-Length": "1"},
    {"Transfer-Encoding": "chunked"}, {"Connection": "x"}, {"Proxy-Authorization": "x"},
    {"TE": "trailers"}, {"Upgrade": "h2c"}, {"Expect": "100-continue"}, {"X-Forwarded-For": "::1"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Original-URL": "/admin"}, {"Accept-Encoding": "br"},
    {"A": "1", "a": "2"}, {"X": 1}, {"X": None}, {"X": "y" * 9000}, {"X" * 65: "y"},
    {f"X{n}": "y" for n in range(100)}, {f"X{n}": "y" * 8000 for n in range(5)},
]  # fmt: skip


def test_headers_that_are_refused(make_session: Make, server: Server) -> None:
    """
    Nothing in a header makes another request of it, and who asks is the host's to say.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin]))

    sent = session.run(
        "sent = []\n"
        "for h in headers:\n"
        "    try:\n        fetch(url, headers=h)\n        sent.append(h)\n"
        "    except (PermissionError, ValueError, TypeError): pass\n"
        "sent",
        inputs={"url": server.origin + "/echo", "headers": HEADERS},
    ).value

    assert [] == sent
    assert [] == server.seen


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        ("fetch(url, method='POST')", "PermissionError", "methods: GET, PUT"),
        ("fetch(url, method='GE\\nT')", "PermissionError", "methods"),
        ("fetch(url, method='CONNECT')", "PermissionError", "methods"),
        ("fetch(url, method=None)", "PermissionError", "methods"),
        ("fetch(url, body=b'x')", "ValueError", "no body"),
        ("fetch(url, method='PUT', body=b'x' * 2000)", "ValueError", "max_request_bytes=1000"),
        ("fetch(url, method='PUT', body=[1])", "TypeError", "bytes or str"),
        ("fetch(url, method='PUT', body=b'', json=1)", "TypeError", "not both"),
        ("fetch(url, timeout=0)", "ValueError", "timeout"),
        ("fetch(url, timeout='1')", "ValueError", "timeout"),
        ("fetch(url, timeout=float('nan'))", "ValueError", "timeout"),
    ],
)
def test_requests_that_are_refused(
    make_session: Make, server: Server, call: str, kind: str, text: str
) -> None:
    """
    Each says what is wrong.
    """
    policy = NetworkPolicy(allow=[server.origin], methods=["GET", "PUT"], max_request_bytes=1000)
    session = make_session(network=policy)

    found = refused(session, call, url=server.origin)

    assert kind == found[0]
    assert text in found[1]
    assert [] == server.seen


# ---- answers that are too much


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/big?bytes=10000000000", "OSError", "larger than max_bytes=100000"),
        ("/gzip?bytes=100000000", "OSError", "larger than max_bytes=100000"),
        ("/gzip?bytes=10000&times=11", "OSError", "larger than max_bytes=100000"),
        ("/gzip?bytes=10000&less=4", "ConnectionError", "ends in the middle"),
        ("/gzip?bytes=10000&times=2&less=20", "ConnectionError", "ends in the middle"),
        ("/coded?as=br", "ConnectionError", "compressed in a way"),
        ("/coded?as=gzip,gzip", "ConnectionError", "compressed in a way"),
        ("/coded?as=gzip", "ConnectionError", "not the gzip"),
        ("/fail", "ConnectionError", "not proper HTTP"),
        ("/garbage", "ConnectionError", "not proper HTTP"),
        ("/heads?count=90", "ConnectionError", "headers exceed"),
        ("/heads?count=200", "ConnectionError", "not proper HTTP"),
    ],
)
def test_answers_that_are_refused(
    make_session: Make, server: Server, path: str, kind: str, text: str
) -> None:
    """
    Guest code is told why, and goes on.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], max_bytes=100_000))

    found = refused(session, "fetch(url)", url=server.origin + path)

    assert kind == found[0]
    assert text in found[1]
    assert "hello" == session.run("fetch(url).text", inputs={"url": server.origin}).value


def test_answers_that_just_fit(make_session: Make, server: Server) -> None:
    """
    The limit counts what guest code gets.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], max_bytes=131_072))

    assert [131_072, 131_072, 131_072] == session.run(
        "[len(fetch(url + p).content) for p in"
        " ('/big?bytes=131072', '/gzip?bytes=131072', '/gzip?bytes=32768&times=4')]",
        inputs={"url": server.origin},
    ).value


def test_an_answer_larger_than_a_host_call(make_session: Make, server: Server) -> None:
    """
    It comes in pieces that fit; where not even a small one does, the message says so.
    """
    session = make_session(
        network=NetworkPolicy(allow=[server.origin]), limits=Limits(host_call_bytes=8192)
    )
    assert (1 << 20, b"x") == session.run(
        "c = fetch(url).content\nlen(c), c[-1:]",
        inputs={"url": server.origin + "/big?bytes=1048576"},
    ).value

    session = make_session(
        network=NetworkPolicy(allow=[server.origin]), limits=Limits(host_call_bytes=1000)
    )
    assert ("OSError", "host_call_bytes=1000 has no room for an answer") == refused(
        session, "fetch(url)", url=server.origin + "/big?bytes=65536"
    )


def test_the_number_of_requests(make_session: Make, server: Server) -> None:
    """
    Redirects count.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin], max_requests=3))
    session.run("fetch(url); fetch(url + '/redirect?to=/')", inputs={"url": server.origin})

    assert ("PermissionError", "more requests than max_requests=3") == refused(
        session, "fetch(url)"
    )
    assert 3 == len(server.seen)


# ---- time


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_request_that_takes_too_long(make_session: Make, stuck: Server, path: str) -> None:
    """
    The limit is on the whole request, not on each wait; guest code goes on.
    """
    session = make_session(network=NetworkPolicy(allow=[stuck.origin], timeout=0.2))

    begun = time.monotonic()
    assert "TimeoutError" == refused(session, "fetch(url)", url=stuck.origin + path)[0]
    assert "TimeoutError" == refused(session, "fetch(url, timeout=0.1)")[0]
    assert time.monotonic() - begun < 10
    assert "hello" == session.run("fetch(url).text", inputs={"url": stuck.origin}).value


@pytest.mark.parametrize("isolation", BOTH)
@pytest.mark.parametrize("path", ["/hang", "/drip", "/crumbs"])
def test_the_deadline_ends_a_request(make_session: Make, stuck: Server, path: str) -> None:
    """
    At once, and the session keeps its state.
    """
    session = make_session(network=NetworkPolicy(allow=[stuck.origin], max_bytes=1 << 30))
    session.run("x = 7", inputs={"url": stuck.origin})

    with pytest.raises(WallTimeExceeded) as info:
        session.run(f"try:\n    fetch(url + '{path}')\nexcept Exception: x = 8", wall_seconds=0.3)

    assert "kept" == info.value.state
    assert [7, "hello"] == session.run("[x, fetch(url).text]").value


@pytest.mark.parametrize("isolation", BOTH)
def test_an_interrupt_ends_a_request(make_session: Make, stuck: Server) -> None:
    """
    Likewise; closing does not wait for a server either.
    """
    session = make_session(network=NetworkPolicy(allow=[stuck.origin]))
    future = session.submit("x = 7\nfetch(url)", inputs={"url": stuck.origin + "/hang"})
    assert stuck.entered.wait(30)

    session.interrupt()

    with pytest.raises(Interrupted):
        future.result(30)
    assert 7 == session.run("x").value
    session.close()


def test_a_name_that_is_never_found(make_session: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The system's resolver cannot be hurried, so it is left; but not too often.
    """
    release = threading.Event()

    def look_up(*args: Any, **kwargs: Any) -> Any:
        release.wait(30)
        raise OSError("no such name")

    monkeypatch.setattr("sandbox_wasm._connect.socket.getaddrinfo", look_up)
    session = make_session(network=NetworkPolicy(allow=["http://slow.test"], timeout=0.05))
    try:
        kinds = [refused(session, "fetch('http://slow.test/')") for _ in range(6)]
    finally:
        release.set()

    assert ["TimeoutError"] * 4 + ["ConnectionError"] * 2 == [kind for kind, _ in kinds]
    assert "too many names" in kinds[-1][1]


def test_nobody_listens(make_session: Make) -> None:
    """
    A connection that is refused, and a name without an address.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
        session = make_session(network=NetworkPolicy(allow=[origin]))
        kind, text = refused(session, "fetch(url)", url=origin)

    assert ("ConnectionError", f"{origin} does not take the connection") == (kind, text)


# ---- the policy


async def _answer_later(request: object) -> None:
    pass


@pytest.mark.parametrize(
    "arguments",
    [
        {"allow": "https://h.test"}, {"allow": ["h.test"]}, {"allow": None}, {"methods": ["get"]},
        {"methods": ["CONNECT"]}, {"methods": "GET"}, {"max_bytes": -1}, {"max_bytes": 1.5},
        {"max_bytes": True}, {"max_requests": None}, {"timeout": 0}, {"timeout": float("nan")},
        {"timeout": "1"}, {"max_redirects": 21}, {"allow_private": "10.0.0.0/8"},
        {"allow_private": ["10.0.0.1/8"]}, {"allow_private": None}, {"credentials": ["x"]},
        {"on_blocked": 1}, {"own_credentials": 1}, {"ca_file": 1},
        pytest.param({"on_blocked": _answer_later}, id="asynchronous"),
    ],
)  # fmt: skip
def test_policies_that_are_none(arguments: dict[str, Any]) -> None:
    """
    A mistake is an error of the caller.
    """
    with pytest.raises(ConfigError):
        NetworkPolicy(**arguments)


def test_sessions_that_cannot_be_connected(
    make_session: Make, tmp_path: Path, interpreter: str
) -> None:
    """
    They are refused as a whole: none goes on without its policy.
    """
    with pytest.raises(ConfigError, match="NetworkPolicy"):
        make_session(network={"allow": []})
    with pytest.raises(ConfigError, match="ca_file"):
        make_session(network=NetworkPolicy(ca_file=str(tmp_path / "none")))
    with pytest.raises(ConfigError, match="'fetch'"):
        make_session(network=NetworkPolicy(), functions={"fetch": lambda: 1})
    session = make_session(network=NetworkPolicy())
    with pytest.raises(ConfigError, match="'fetch'"):
        session.function(lambda: 1, name="fetch")


def test_a_policy_is_frozen() -> None:
    """
    And its lists are copied: what the caller does with them later changes nothing.
    """
    allow = ["https://h.test"]
    policy = NetworkPolicy(allow=allow)
    allow.append("https://evil.test")

    assert ("https://h.test",) == policy.allow
    with pytest.raises(AttributeError):
        policy.max_bytes = 1  # type: ignore[misc]


def test_a_policy_can_be_sent_to_another_process() -> None:
    """
    With what was read from its entries.
    """
    policy = NetworkPolicy(allow=["https://h.test/v1"], allow_private=["10.0.0.0/8"])
    copied = pickle.loads(pickle.dumps(policy))

    assert (policy, policy.grants, policy.private) == (copied, copied.grants, copied.private)


@pytest.mark.parametrize("missing", ["httpx", "httpcore"])
def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """
    Who grants something is told what to install; a policy that grants nothing needs nothing.
    """
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(ConfigError, match=r"python -m pip install 'sandbox-wasm\[fetch\]'"):
        NetworkPolicy(allow=["https://h.test"])


def test_a_run_that_waits_fetches_once(make_session: Make, server: Server) -> None:
    """
    When it is gone through again, it gets the answer that it had.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin]))
    session.function(lambda: None, name="ask", suspends=True)

    with pytest.raises(Suspended) as info:
        session.run("x = fetch(u).text\n(x, ask())", inputs={"u": server.origin})

    assert ("hello", "yes") == info.value.continuation.resume("yes").value
    assert 1 == len(server.seen)
    assert "hello" == session.run("fetch(u).text").value


def test_going_back_to_before_a_trap(make_session: Make, server: Server) -> None:
    """
    A session that lost its guest in its first run, or later, has its network still.
    """
    made: list[Session] = []

    def die() -> None:
        lane: Any = made[0]._lane
        lane._keeper.guest.kill()

    made.append(make_session(network=NetworkPolicy(allow=[server.origin]), functions=[die]))

    for _ in range(2):
        with pytest.raises(GuestCrash):
            made[0].run("fetch(u)\ndie()\nwhile True: pass", inputs={"u": server.origin})
        assert "hello" == made[0].run("fetch(u).text", inputs={"u": server.origin}).value


def test_snapshots_and_forks(make_session: Make, server: Server) -> None:
    """
    A fork has its parent's network; who restores a snapshot grants one, or none.
    """
    policy = NetworkPolicy(allow=[server.origin])
    session = make_session(network=policy)
    session.run("get = fetch", inputs={"u": server.origin})
    snapshot = session.snapshot()

    with session.fork() as fork:
        assert "hello" == fork.run("get(u).text").value
    with Session.restore(snapshot, network=policy) as restored:
        assert ["hello", "hello"] == restored.run("[get(u).text, fetch(u).text]").value
    with Session.restore(snapshot) as alone:
        assert "NameError" == refused(alone, "get(u)")[0]
    assert 3 == len(server.seen)


def test_later_host_functions(make_session: Make, server: Server) -> None:
    """
    A function that is added later does not take `fetch` away.
    """
    session = make_session(network=NetworkPolicy(allow=[server.origin]))
    session.run("1")
    session.function(lambda: 5, name="five")

    assert [5, 200] == session.run("[five(), fetch(u).status]", inputs={"u": server.origin}).value


def test_fuel_is_not_spent_on_what_is_ours(make_session: Make) -> None:
    """
    A session with little fuel has as much as one without a network.
    """
    plain, connected = (
        make_session(limits=Limits(fuel=5_000_000), network=network)
        for network in (None, NetworkPolicy())
    )

    assert 3 == connected.run("1 + 2").value
    plain.run("1 + 2")
    spent = [session.run("sum(range(1000))").usage.fuel for session in (plain, connected)]
    assert None not in spent
    assert spent[1] <= spent[0] * 1.5  # type: ignore[operator]
