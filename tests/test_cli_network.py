"""The command line grants origins, and asks a person about others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx")

from test_terminal import Terminal
from web_server import Server

FETCH = "print(fetch({url!r}).text)"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens terminals, which are closed when the test ends."""
    opened: list[Terminal] = []

    def make(*arguments: str) -> Terminal:
        opened.append(Terminal(*arguments, home=tmp_path))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def command(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_wasm", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # no terminal to ask on
    )
    return done.returncode, done.stdout, done.stderr


def test_an_allowed_origin(server: Server) -> None:
    """
    It is reached; another is not.
    """
    code = FETCH.format(url=server.origin)

    assert (0, "hello\n", "") == command("--allow-origin", server.origin, "-c", code)
    status, out, err = command("--allow-origin", "https://example.com", "-c", code)
    assert (1, "") == (status, out)
    assert err.endswith(f"PermissionError: {server.origin} is not an allowed origin\n")


def test_nothing_by_default(server: Server) -> None:
    """
    Without an option there is no such function.
    """
    assert "NameError" in command("-c", FETCH.format(url=server.origin))[2]


def test_an_origin_that_is_none() -> None:
    """
    Is a mistake in usage.
    """
    status, _, err = command("--allow-origin", "example.com", "-c", "1")

    assert 2 == status
    assert "'example.com' is not an origin" in err


def test_asking_without_a_terminal(server: Server) -> None:
    """
    Is a no.
    """
    status, out, err = command("--ask", "-c", FETCH.format(url=server.origin))

    assert (1, "") == (status, out)
    assert "is not an allowed origin" in err
    assert [] == server.seen


TWICE = """
for n in range(2):
    try: fetch(url + '/?a=%1b[2J')
    except PermissionError as e: print(n, 'inside' if 'loopback' in str(e) else 'refused')
"""


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["n"], ["0 refused", "1 refused"]),
        ([""], ["0 refused", "1 refused"]),
        (["yes please"], ["0 refused", "1 refused"]),
        (["\x04"], ["0 refused", "1 refused"]),
        (["s"], ["0 inside", "1 inside"]),
        (["Y", "n"], ["0 inside", "1 refused"]),
    ],
)
def test_asking(
    terminal: Callable[..., Terminal], server: Server, answers: list[str], expected: list[str]
) -> None:
    """
    What is shown is inert; a refusal is remembered. (A consent gets as far as the address.)
    """
    url = server.origin.replace("127.0.0.1", "localhost")
    opened = terminal("--ask", "-c", f"url = {url!r}{TWICE}")

    for word, line in zip([*answers, None], expected, strict=False):
        if word is not None:
            before = opened.expect(r"Allow\? \[y\] this once, \[s\] .* \[n\] no \(the default\): ")
            assert f"wants to connect to {url}\r\n  GET {url}/?a=%1b[2J" in before
            opened.type(word if word == "\x04" else f"{word}\r")
        assert "Allow" not in opened.expect(line)

    assert 0 == opened.ends()


def test_what_was_typed_before_the_question(terminal: Callable[..., Terminal]) -> None:
    """
    Is no answer to it.
    """
    opened = terminal("--ask", "-c", "url = 'http://localhost:9'" + TWICE)
    opened.type("y\r")
    opened.expect("the default.: ")
    opened.type("n\r")

    opened.expect("0 refused")
    assert 0 == opened.ends()


def test_an_interrupt_while_asking(terminal: Callable[..., Terminal], server: Server) -> None:
    """
    Ctrl-C ends the run, and the next line typed is not its answer.
    """
    opened = terminal("--ask", "--wall-seconds", "20")
    opened.expect(r"(?m)^>>> ")
    opened.type("fetch('http://example.test/')\r")
    opened.expect("Allow. .y. this once")
    opened.interrupt()

    assert "7\n" in opened.say("3 + 4")
    assert [] == server.seen
