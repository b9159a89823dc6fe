"""Answers that guest code reads piece by piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("httpx")

from web_server import Server, serve

from sandbox_wasm import (
    Credential,
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
SECRET = "sk-test-secret"
# Text of /lines without the word between its blocks.
LINES = "".join(f"{n}\n" for n in range(100_000)).encode()


@pytest.fixture
def isolation() -> str:
    """The host makes the requests, wherever the guest is: a few tests prove it for workers."""
    return "thread"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def online(make_session: Make, server: Server) -> Make:
    """Makes sessions that may ask the server, and know where it is."""

    def make(limits: Limits | None = None, **policy: Any) -> Session:
        network = NetworkPolicy(**{"allow": [server.origin], "max_bytes": 1 << 30, **policy})
        session = make_session(network=network, limits=limits)
        session.run("", inputs={"u": server.origin})
        return session

    return make


def refused(session: Session, code: str) -> tuple[str, str]:
    """What guest code gets for *code*, as type and message."""
    error = session.run(code, check=False).error
    assert isinstance(error, GuestError), error
    return error.type_name, error.message


@pytest.mark.parametrize("isolation", BOTH)
def test_more_than_memory_has_room_for(online: Make) -> None:
    """
    Read in pieces, an answer may be larger than the session's memory.
    """
    session = online(limits=Limits(memory_bytes=4 << 20))
    code = """
with fetch(u + '/big?bytes=12582912', stream=True) as r:
    first = r.read(10)
    size = 0
    for piece in r:
        size += len(piece)
first, size, r.read(), r.read(5), r.content
"""
    assert (b"x" * 10, (12 << 20) - 10, b"", b"", b"") == session.run(code).value

    with pytest.raises(GuestError) as info:
        session.run("fetch(u + '/big?bytes=12582912')")
    assert "MemoryError" == info.value.type_name


def test_the_pieces_are_the_whole(online: Make) -> None:
    """
    However it is read; what was read as a whole can be read as a file, too.
    """
    session = online()
    url = "fetch(u + '/lines?blocks=10', stream={})"

    assert LINES == session.run(url.format(False) + ".content").value
    assert LINES == session.run(f"b''.join({url.format(True)})").value
    assert LINES == session.run(f"{url.format(True)}.read()").value
    assert (
        LINES
        == session.run(
            f"r = {url.format(True)}\nx = []\nwhile not x or x[-1]: x.append(r.read(100_001))\n"
            "b''.join(x)"
        ).value
    )
    assert [LINES[:3], LINES] == session.run(
        f"r = {url.format(False)}\n[r.read(3), r.content]"
    ).value
    assert [b"", b"hello", "hello"] == session.run(
        "r = fetch(u, stream=True)\n[r.read(0), r.content, r.text]"
    ).value


@pytest.mark.parametrize("isolation", BOTH)
def test_what_is_open_ends_with_the_run(online: Make, server: Server) -> None:
    """
    The server is left; a later run is told so, and so is a fork.
    """
    session = online()
    session.run("r = fetch(u + '/lines', stream=True)\nr.read(5)")

    assert server.left.wait(30)
    with session.fork() as fork:
        for which in (session, fork):
            kind, text = refused(which, "r.read(10_000_000)")
            assert "ConnectionError" == kind
            assert "the run that asked for it has ended" in text
            assert b"" == which.run("r.read()").value
    assert "hello" == session.run("fetch(u).text").value


def test_closing(online: Make, server: Server) -> None:
    """
    Ends it at once, twice is fine, and nothing of the rest is shown.
    """
    session = online()
    session.run("r = fetch(u + '/lines', stream=True)\nr.close()\nr.close()")

    assert server.left.wait(30)
    assert [b"", b""] == session.run("[r.read(), r.content]").value


def test_how_many_are_read_at_a_time(online: Make) -> None:
    """
    The first makes way for the ninth; the others go on.
    """
    session = online()
    session.run(
        "def ask(n): return [fetch(u + '/big?bytes=327680', stream=True) for _ in range(n)]"
    )

    assert [300_000] * 8 == session.run("[len(r.read(300_000)) for r in ask(8)]").value
    assert [300_000] * 8 == session.run("[len(r.read(300_000)) for r in ask(9)[1:]]").value
    assert "8 others were asked for since" in refused(session, "ask(9)[0].read(300_000)")[1]


def test_the_size_is_counted_over_all_pieces(online: Make) -> None:
    """
    Of what is unpacked, too; what came before can be used.
    """
    session = online(max_bytes=1_000_000)

    for path in ("/big?bytes=10000000000", "/gzip?bytes=10000000"):
        code = f"r = fetch(u + '{path}', stream=True)\nn = 0\nfor p in r: n += len(p)"
        kind, text = refused(session, code)
        assert ("OSError", True) == (kind, "larger than max_bytes=1000000" in text)
        assert 0 < session.run("n").value <= 1_000_000
        assert b"" == session.run("r.read()").value
        assert "larger than max_bytes" in refused(session, f"fetch(u + '{path}')")[1]
    assert any("larger than" in record.reason for record in session.audit)


def test_the_time_is_that_of_the_whole(online: Make) -> None:
    """
    From the request to the last piece, whatever guest code does in between.
    """
    session = online(timeout=0.3)

    begun = time.monotonic()
    kind, _ = refused(
        session,
        "import time\nr = fetch(u + '/lines', stream=True)\n"
        "while True:\n    r.read(10)\n    r.read(300_000)\n    time.sleep(0.05)",
    )
    assert "TimeoutError" == kind
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("how", ["deadline", "interrupt"])
def test_a_run_that_ends_does_not_wait_for_a_piece(online: Make, server: Server, how: str) -> None:
    """
    Neither for a server that sends a byte now and then; the session keeps its state.
    """
    session = online()
    code = "x = 7\nr = fetch(u + '/big?bytes=300000', stream=True)\nfetch(u + '/drip')"
    future = session.submit(code, wall_seconds=0.5 if how == "deadline" else 10)
    assert server.entered.wait(30)
    if how == "interrupt":
        session.interrupt()

    with pytest.raises(WallTimeExceeded if how == "deadline" else Interrupted):
        future.result(30)
    assert [7, "hello"] == session.run("[x, fetch(u).text]").value


def test_a_run_that_was_lost(online: Make, server: Server) -> None:
    """
    What it had open is closed, and what it was told is forgotten with it.
    """
    session = online()
    session.run("r = None")
    lane: Any = session._lane

    session.function(lane._keeper.guest.kill, name="trap")
    error = session.run("r = fetch(u + '/lines', stream=True)\ntrap()", check=False).error

    assert error is not None
    assert "rolled back" == error.state
    assert server.left.wait(30)
    assert [None, "hello"] == session.run("[r, fetch(u).text]").value


def test_a_suspended_run_asks_for_no_piece_twice(make_session: Make, server: Server) -> None:
    """
    What was read before comes from the journal; the rest of that answer is gone, and said so.
    """
    session = make_session(
        network=NetworkPolicy(allow=[server.origin], max_bytes=1 << 30),
    )

    @session.function(suspends=True)
    def ask() -> str:
        return ""

    session.run("", inputs={"u": server.origin})
    code = """
r = fetch(u + '/lines?blocks=100', stream=True)
before = r.read(600_000)
whole = fetch(u + '/lines?blocks=10').content
word = ask()
try:
    r.read(2_000_000)
    after = ''
except ConnectionError as error:
    after = str(error)
before, whole, word, after, fetch(u).text
"""
    with pytest.raises(Suspended) as info:
        session.run(code)
    assert server.left.wait(30)

    before, whole, word, after, text = info.value.continuation.resume("yes").value
    assert (LINES[:100], LINES, "yes", "hello") == (before[:100], whole, word, text)
    assert "the run that asked for it has ended" in after
    assert ["/lines?blocks=100", "/lines?blocks=10", "/"] == [path for _, path, _, _ in server.seen]


def test_secrets_across_pieces(online: Make, server: Server) -> None:
    """
    However small the pieces are that guest code takes.
    """
    session = online(credentials=[Credential(server.origin, "Authorization", SECRET * 40)])

    for code in ("r.read()", "b''.join([r.read(7) for _ in range(60_000)])"):
        found = session.run(f"r = fetch(u + '/lines?blocks=10', stream=True)\n{code}").value
        assert b"secret" not in found
        assert 6 <= found.count(b"[redacted]")
        assert LINES.startswith(found.replace(b"[redacted]", b""))


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_urllib_and_requests_read_in_pieces(online: Make, server: Server) -> None:
    """
    As programs do that were written for large answers.
    """
    session = online(limits=Limits(memory_bytes=12 << 20))
    session.run("import io, requests, shutil, urllib.request\nlines = u + '/lines?blocks=10'")

    assert [b"0\n", b"1\n", 100_000 - 2] == session.run(
        "with urllib.request.urlopen(lines) as f:\n"
        "    x = [f.readline(), next(iter(f)), len(list(f))]\nx"
    ).value
    assert (
        16 << 20
        == session.run(
            "n = 0\n"
            "with urllib.request.urlopen(u + '/big?bytes=16777216') as f:\n"
            "    while piece := f.read(100_000): n += len(piece)\nn"
        ).value
    )
    assert [16 << 20, {1 << 17}] == session.run(
        "with requests.get(u + '/big?bytes=16777216', stream=True) as r:\n"
        "    sizes = [len(p) for p in r.iter_content(1 << 17)]\n[sum(sizes), set(sizes)]"
    ).value
    for how in ("stream=True", "stream=False"):
        assert [str(n) for n in range(100_000)] == session.run(
            f"list(requests.get(lines, {how}).iter_lines(decode_unicode=True))"
        ).value
    assert (
        LINES
        == session.run(
            "b = io.BytesIO()\nr = requests.get(lines, stream=True)\n"
            "shutil.copyfileobj(r.raw, b)\nb.getvalue()"
        ).value
    )
    assert [LINES, LINES[:5]] == session.run(
        "r = requests.get(lines)\n[b''.join(r.iter_content(1000)), next(r.iter_content(5))]"
    ).value
    session.run("f = urllib.request.urlopen(u + '/lines')\ndel f")
    assert server.left.wait(30)
