"""Guest code uses a credential that it never has."""

from __future__ import annotations

import copy
import itertools
import logging
import pickle
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("httpx")

from web_server import Server, reflections, serve

from sandbox_wasm import ConfigError, Credential, NetworkPolicy, Session
from sandbox_wasm._credentials import REDACTED, Redactor

Make = Callable[..., Session]

SECRET = "SK-TEST/SECRET+1=7&<x>"
VALUE = f"Bearer {SECRET}"


@pytest.fixture
def isolation() -> str:
    """The host makes the requests, wherever the guest is: a few tests prove it for workers."""
    return "thread"


@pytest.fixture
def policy(server: Server) -> Callable[..., NetworkPolicy]:
    """Makes policies that allow the server and have a credential for it."""

    def make(**arguments: Any) -> NetworkPolicy:
        credential = Credential(server.origin, "Authorization", VALUE)
        return NetworkPolicy(**{"allow": [server.origin], "credentials": [credential], **arguments})

    return make


def contains_secret(text: object) -> bool:
    """Whether a form of the secret, or of most of it, is in *text*."""
    lowered = str(text).lower()
    words = [line for line in reflections(SECRET).decode().lower().splitlines() if line]
    return any(word in lowered for word in [*words, SECRET[:12].lower()])


def test_the_server_gets_it_and_the_guest_does_not(
    make_session: Make,
    server: Server,
    policy: Callable[..., NetworkPolicy],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """
    Reflected in body and headers, in many forms and in pieces, it is redacted.
    """
    session = make_session(network=policy())

    with caplog.at_level(logging.INFO):
        result = session.run(
            "r = fetch(url)\nprint(r.text, list(r.headers.items()))\n[r.content, r.pairs]",
            inputs={"url": server.origin + "/reflect"},
        )

    assert VALUE == server.seen[0][2]["authorization"]
    assert result.stdout.count("[redacted]") > 20
    for text in (result, repr(result.value), session, policy(), session.audit, caplog.text):
        assert not contains_secret(text)
    assert "set-cookie" not in str(result.value)


def test_it_is_found_in_what_was_compressed(
    make_session: Make, policy: Callable[..., NetworkPolicy], server: Server
) -> None:
    """
    By the server, on the way; read as a whole or by a few bytes.
    """
    session = make_session(network=policy())
    session.run("", inputs={"u": server.origin + "/reflect?zip=1"})

    for code in (
        "fetch(u).text",
        "r = fetch(u, stream=True)\nb''.join([r.read(5) for _ in range(1000)]).decode()",
    ):
        text = session.run(code).value
        assert text.count("[redacted]") > 10
        assert not contains_secret(text)


def test_the_guests_memory_does_not_have_it(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy], tmp_path: Path
) -> None:
    """
    All that a snapshot could hold, and all that a guest which has taken over its interpreter
    could read (SN-06).
    """
    session = make_session(network=policy())
    session.run("r = fetch(u + '/reflect')\nx = r.text", inputs={"u": server.origin})

    lane: Any = session._lane
    linear = lane._keeper.guest._memory
    memory = linear.read(0, linear.size).lower()
    assert b"[redacted]" in memory
    session.snapshot().save(tmp_path / "snapshot")
    for kept in (memory, (tmp_path / "snapshot").read_bytes().lower()):
        assert SECRET.lower().encode() not in kept
    assert not any(form in memory for form in Redactor([SECRET])._forms)


def test_names_errors_and_the_audit_do_not_have_it(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy]
) -> None:
    """
    Neither when the connection breaks, nor when the server puts it into a redirect.
    """
    session = make_session(
        network=policy(
            credentials=[Credential(server.origin, "Authorization", "Bearer sk-test-secret")]
        )
    )

    headers = session.run("fetch(u).pairs", inputs={"u": server.origin + "/reflect?name=1"}).value
    assert ["x-[redacted]", "y"] in [list(pair) for pair in headers]
    for path in ("/fail", "/garbage", "/leak"):
        error = session.run("fetch(url)", inputs={"url": server.origin + path}, check=False).error
        assert error is not None
        assert "sk-test-secret" not in f"{error!r} {getattr(error, 'traceback', '')}".lower()
    assert "the answer redirects a credential to another origin" in str(error)
    assert "sk-test-secret" not in str(session.audit)


def test_a_redirect_that_carries_it_away(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy]
) -> None:
    """
    Is refused before anybody is asked, and also where the other origin is allowed.
    """
    asked: list[Any] = []
    with serve() as other:
        session = make_session(
            network=policy(
                allow=[server.origin, other.origin],
                credentials=[Credential(server.origin, "Authorization", "Bearer sk-test-secret")],
                on_blocked=asked.append,
            )
        )
        for to in ("http://evil.test/?k=", "http://sk-test-secret.test/", other.origin + "/"):
            url = f"{server.origin}/redirect?to={to}sk-test-secret"
            error = session.run("fetch(u)", inputs={"u": url}, check=False).error
            assert "redirects a credential to another origin" in str(error)
        assert [] == other.seen
    assert [] == asked


def test_guessing_is_not_answered(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy]
) -> None:
    """
    Guest code that writes the secret by chance does not learn that it has.
    """
    session = make_session(
        network=policy(credentials=[Credential(server.origin, "Authorization", "sk-test-secret")])
    )

    error = session.run("fetch('http://sk-test-secret.test/')", check=False).error
    url = session.run("fetch(u + '/?sk-test-secret').url", inputs={"u": server.origin}).value

    assert "http://sk-test-secret.test is not an allowed origin" in str(error)
    assert f"{server.origin}/?sk-test-secret" == url
    assert "sk-test-secret" not in str(session.audit)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer guest"}, {"AUTHORIZATION": "x"}, {"Cookie": "a=b"},
        {"Range": "bytes=0-3"}, {"If-Range": "x"},
    ],
)  # fmt: skip
def test_guest_code_cannot_set_it(
    make_session: Make,
    server: Server,
    policy: Callable[..., NetworkPolicy],
    headers: dict[str, str],
) -> None:
    """
    Nor ask for the answer in pieces that are too small to find a secret in.
    """
    session = make_session(network=policy(own_credentials=True))

    error = session.run(
        "fetch(url, headers=h)", inputs={"url": server.origin, "h": headers}, check=False
    ).error

    assert "PermissionError" == getattr(error, "type_name", None)
    assert [] == server.seen


def test_it_does_not_follow_a_redirect(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy]
) -> None:
    """
    Another origin gets its own credential, or none.
    """
    with serve() as other:
        session = make_session(network=policy(allow=[server.origin, other.origin]))
        url = f"{server.origin}/redirect?to={other.origin}/echo"
        assert not contains_secret(session.run("fetch(u).text", inputs={"u": url}).value)
        assert "authorization" not in other.seen[0][2]

        both = [
            Credential(server.origin, "Authorization", VALUE),
            Credential(other.origin, "X-Api-Key", "another secret"),
        ]
        session = make_session(
            network=policy(allow=[server.origin, other.origin], credentials=both)
        )
        # What guest code has set for the first origin gives way at the second.
        session.run("fetch(u, headers={'X-Api-Key': 'guest'})", inputs={"u": url})
        assert "another secret" == other.seen[1][2]["x-api-key"]
        assert "authorization" not in other.seen[1][2]


def test_it_is_for_one_origin(
    make_session: Make, server: Server, policy: Callable[..., NetworkPolicy]
) -> None:
    """
    Another port of the same host is another origin.
    """
    with serve() as other:
        session = make_session(network=policy(allow=[server.origin, other.origin]))
        session.run("fetch(u)", inputs={"u": other.origin})

        assert "authorization" not in other.seen[0][2]


@pytest.mark.parametrize(
    ("origin", "header", "value"),
    [
        ("http://api.example.com", "Authorization", VALUE),
        ("https://*.example.com", "Authorization", VALUE),
        ("https://api.example.com/v1", "Authorization", VALUE),
        ("api.example.com", "Authorization", VALUE),
        ("https://api.example.com", "Host", VALUE),
        ("https://api.example.com", "Content-Length", VALUE),
        ("https://api.example.com", "A B", VALUE),
        ("https://api.example.com", "X_Key", VALUE),
        ("https://api.example.com", "X-Key", "short"),
        ("https://api.example.com", "X-Key", "two\r\nlines"),
        ("https://api.example.com", "X-Key", "schlüssel"),
        ("https://api.example.com", "X-Key", None),
        ("https://api.example.com", None, VALUE),
    ],
)
def test_credentials_that_are_none(origin: Any, header: Any, value: Any) -> None:
    """
    The error does not repeat the value.
    """
    with pytest.raises(ConfigError) as info:
        Credential(origin, header, value)

    assert "SECRET" not in str(info.value)


def test_a_credential_does_not_show_itself() -> None:
    """
    Printing or logging a policy tells nobody.
    """
    credential = Credential("https://api.example.com", "Authorization", VALUE)
    policy = NetworkPolicy(credentials=[credential])

    assert "SECRET" not in repr(credential) + repr(policy) + str(policy)
    assert credential == pickle.loads(pickle.dumps(credential)) == copy.copy(credential)


def test_basic_authentication() -> None:
    """
    The password is secret, and not only the line that it is packed in.
    """
    import base64

    packed = base64.b64encode(b"user:correct horse").decode()
    redactor = Redactor([f"Basic {packed}"])

    for text in (
        f"Basic {packed}",
        packed,
        "user:correct horse",
        "correct horse",
        "correct%20horse",
    ):
        assert b"<[redacted]>" == redactor.clean(f"<{text}>".encode())


SECRETS = st.from_regex(r"[!-~]{8,40}", fullmatch=True)


@given(SECRETS, st.binary(max_size=20), st.binary(max_size=20))
def test_no_form_survives(secret: str, before: bytes, after: bytes) -> None:
    """
    Amid whatever bytes, each form of a secret is taken out.
    """
    redactor = Redactor([secret])

    for line in reflections(secret).splitlines():
        clean = redactor.clean(before + line + after)
        assert REDACTED in clean
        assert secret.lower().encode() not in clean.lower().replace(REDACTED, b"\0")


@given(st.binary(max_size=200))
def test_other_text_stays(data: bytes) -> None:
    """
    Nothing is taken out where there is no secret.
    """
    assert data == Redactor(["no such secret anywhere"]).clean(data)
    assert data == Redactor([]).clean(data)


# ---- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A certificate authority, its file, and a context for servers."""
    trustme = pytest.importorskip("trustme")
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))

    def context(*names: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(*names).configure_cert(made)
        return made

    return str(path), context


def test_tls(make_session: Make, authority: Any) -> None:
    """
    The certificate is for the name that was asked for, whatever the address.
    """
    path, context = authority
    with serve(context("127.0.0.1")) as server:
        credential = Credential(server.origin, "Authorization", VALUE)
        session = make_session(
            network=NetworkPolicy(allow=[server.origin], ca_file=path, credentials=[credential])
        )

        assert 3 == session.run("len(fetch(u).json())", inputs={"u": server.origin + "/rows"}).value
        assert VALUE == server.seen[0][2]["authorization"]
        big = session.run(
            "len(fetch(u + '/big?bytes=1048576').content)", inputs={"u": server.origin}
        )
        assert 1 << 20 == big.value


def test_tls_is_with_the_name(
    make_session: Make, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The server is told the name, and its certificate must be for the name, not the address.
    """
    path, context = authority
    told: list[str | None] = []
    real = socket.getaddrinfo
    monkeypatch.setattr(
        "sandbox_wasm._connect.socket.getaddrinfo",
        lambda host, *rest, **more: real("127.0.0.1", *rest, **more),
    )
    tls = context("api.allowed.test")
    tls.sni_callback = lambda connection, name, _: told.append(name)
    with serve(tls) as server:
        origin = f"https://api.allowed.test:{server.server_port}"
        wrong = f"https://other.test:{server.server_port}"
        session = make_session(
            network=NetworkPolicy(allow=[origin, wrong], ca_file=path, allow_private=True)
        )
        host = session.run("fetch(u).json()['headers']['host']", inputs={"u": origin + "/echo"})
        error = session.run("fetch(u)", inputs={"u": wrong}, check=False).error

        assert f"api.allowed.test:{server.server_port}" == host.value
        assert ["api.allowed.test", "other.test"] == told
        assert "the certificate of https://other.test" in str(error)
        assert 1 == len(server.seen)


@pytest.mark.parametrize("names", [["other.test"], ["127.0.0.2"]])
def test_a_certificate_for_somebody_else(
    make_session: Make, authority: Any, names: list[str]
) -> None:
    """
    Nothing is sent to a server that is not the one that was meant.
    """
    path, context = authority
    with serve(context(*names)) as server:
        session = make_session(network=NetworkPolicy(allow=[server.origin], ca_file=path))
        error = session.run("fetch(u)", inputs={"u": server.origin}, check=False).error
        strict = make_session(network=NetworkPolicy(allow=[server.origin]))
        unknown = strict.run("fetch(u)", inputs={"u": server.origin}, check=False).error

        for each in (error, unknown):
            assert "ConnectionError" == getattr(each, "type_name", None)
            assert re.search("the certificate of .* is not valid", str(each))
        assert [] == server.seen


def test_a_server_that_never_shakes_hands(make_session: Make, tmp_path: Path) -> None:
    """
    The time for TLS is part of the request's.
    """
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"https://127.0.0.1:{silent.getsockname()[1]}"
        session = make_session(network=NetworkPolicy(allow=[origin], timeout=0.2))
        error = session.run("fetch(u)", inputs={"u": origin}, check=False).error

    assert "TimeoutError" == getattr(error, "type_name", None)


@given(
    st.lists(
        st.sampled_from([b"abababab", b"ABAB", b"ab", b"b", b"x", b"YWJhYmFiYWI", b"%61%62", b""]),
        max_size=20,
    ),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_where_an_answer_is_cut_does_not_matter(words: list[bytes], cuts: list[int]) -> None:
    """
    What lies across pieces is found as in one, also where one secret runs into the next.
    """
    redactor = Redactor(["abababab", "xababx78"])
    data = b"".join(words)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    stream = redactor.stream()

    told = [stream.feed(data[begin:end], False) for begin, end in itertools.pairwise(places)]
    told.append(stream.feed(b"", True))

    assert redactor.clean(data) == b"".join(told)
    assert b"abababab" not in b"".join(told).lower()
