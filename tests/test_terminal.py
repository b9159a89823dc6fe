"""The command line on a terminal: inert text, Ctrl-C, and the dialogue."""

from __future__ import annotations

import os
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm._repl import is_complete
from sandbox_wasm._terminal import Output, inert, shown

pty = pytest.importorskip("pty", reason="pseudo-terminals are of POSIX")

PATIENCE = 30

# Makes standard input the controlling terminal, so that a ^C typed becomes SIGINT. As a
# preexec_fn it would fork this process, which may have threads.
_WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "sandbox_wasm", *sys.argv[1:]])
"""


class Terminal:
    """A pseudo-terminal with the command at its other end."""

    def __init__(self, *arguments: str, home: Path, **more: str) -> None:
        self._master, slave = pty.openpty()
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(home),
            "TERM": "dumb",
            "PYTHONUTF8": "1",
            "INPUTRC": "/dev/null",
            **more,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WITH_TERMINAL, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.text = ""
        self._seen = 0

    def expect(self, pattern: str) -> str:
        """Read until *pattern* comes after what was expected before; give what stood before it."""
        deadline = time.monotonic() + PATIENCE
        while not (match := re.compile(pattern).search(self.text, self._seen)):
            if not self._read(deadline):
                raise AssertionError(f"no {pattern!r} in {self.text[self._seen :]!r}")
        before = self.text[self._seen : match.start()]
        self._seen = match.end()
        return before

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def say(self, line: str) -> str:
        """Type *line* at the prompt and give what is shown before the next prompt."""
        self.type(line + "\r")
        self.expect(re.escape(line.expandtabs()) + "\r\n")
        return self.expect(r"(?m)^(>>>|\.\.\.) ").replace("\r\n", "\n")

    def interrupt(self) -> None:
        """Press Ctrl-C until it is noticed and the prompt is back.

        Once is not always enough: a signal that comes just before the interpreter waits for
        a key is seen with the next key only, in every Python.
        """
        for _ in range(PATIENCE // 5):
            self.type("\x03")
            deadline = time.monotonic() + 5
            while self._read(deadline):
                if match := re.search(r"KeyboardInterrupt\r\n>>> ", self.text[self._seen :]):
                    self._seen += match.end()
                    return
        raise AssertionError(self.text[self._seen :])

    def ends(self, patience: float = PATIENCE) -> int:
        """Wait for the end and give the exit status."""
        deadline = time.monotonic() + patience
        while self._read(deadline):
            pass
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens terminals, which are closed when the test ends."""
    opened: list[Terminal] = []

    def make(*arguments: str, **environment: str) -> Terminal:
        opened.append(Terminal(*arguments, home=tmp_path, **environment))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def dialogue(terminal: Callable[..., Terminal]) -> Terminal:
    """A dialogue at its first prompt."""
    opened = terminal("--wall-seconds", "20")
    opened.expect(r"(?m)^>>> ")
    return opened


# --- Inert text ---


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb\x08\x00\x7f", "a\\x0db\\x08\\x00\\x7f"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202ecba\u2066\u2069", "abc\\u202ecba\\u2066\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("line\u2028break", "line\\u2028break"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone\ud800", "lone\\ud800"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("\u115f\u1160\u3164\uffa0\u180e", "\\u115f\\u1160\\u3164\\uffa0\\u180e"),
        ("hidden\ufe01\U000e0100", "hidden\\ufe01\\U000e0100"),
        ("a\u200d\ufe0f", "a\\u200d\\ufe0f"),
        ("⚠\ufe0f\ufe0e\u200d\u200d", "⚠\ufe0f\\ufe0e\\u200d\\u200d"),
        ("❤\ufe0f\u200d🔥 \u0915\u094d\u200d", "❤\ufe0f\u200d🔥 \u0915\u094d\u200d"),
        ("é 漢字 🙂 \u05d0\u05d1 👩\u200d🔬", "é 漢字 🙂 \u05d0\u05d1 👩\u200d🔬"),
    ],
)
def test_inert(text: str, safe: str) -> None:
    """
    What a terminal acts on becomes visible; what people write stays.
    """
    assert safe == inert(text)


@given(st.text())
def test_inert_text_is_printable(text: str) -> None:
    """
    Whatever comes in, nothing that a terminal acts on goes out, and nothing is lost.
    """
    safe = inert(text)

    assert not set(safe) & {
        *map(chr, range(9)),
        *map(chr, range(11, 32)),
        "\x7f",
        *map(chr, range(128, 160)),
    }
    safe.encode()  # no lone surrogate is left
    assert safe == inert(safe)
    assert len(safe) >= len(text)


def test_output_without_a_stream() -> None:
    """
    A closed standard stream swallows what it is given.
    """
    Output(None).write("text")


def test_shown_values() -> None:
    """
    Every value can be shown, one that Python refuses to write included.
    """
    assert "[1, 'a']" == shown([1, "a"])
    assert "cannot be shown" in shown([10**5000])


def test_output_on_a_terminal_is_inert(terminal: Callable[..., Terminal]) -> None:
    """
    Neither output nor an exception's text reaches the terminal's controls.
    """
    code = "print('\\x1b[2Jout\\u202e')\nraise ValueError('\\x1b]0;gotcha\\x07')"
    opened = terminal("-c", code)

    assert 1 == opened.ends()
    assert "\\x1b[2Jout\\u202e\r\n" in opened.text
    assert "\\x1b]0;gotcha\\x07" in opened.text
    assert not {"\x1b", "\x07", "\u202e"} & set(opened.text)


def test_output_split_between_writes_is_inert(terminal: Callable[..., Terminal]) -> None:
    """
    A sequence in pieces is no way around.
    """
    opened = terminal("-c", "for c in '\\x1b[2J': print(c, end='')")

    assert 0 == opened.ends()
    assert "\x1b" not in opened.text


@pytest.mark.timeout(180)  # it compiles
@pytest.mark.skipif(sys.platform == "darwin", reason="its cache folder is not to be moved")
def test_compiling_is_told(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """
    The first run on a machine says why it takes long, on a terminal; the next has nothing to say.
    """
    told = "compiling the interpreter cpython"
    first = terminal("-c", "print(1)", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert 0 == first.ends(150)
    second = terminal("-c", "print(1)", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert 0 == second.ends()

    assert told in first.text
    assert told not in second.text


# --- The dialogue ---


def test_dialogue(dialogue: Terminal) -> None:
    """
    State stays, values are shown, None is not, and blocks end with a blank line.
    """
    assert "" == dialogue.say("x = 20")
    assert "40\n" == dialogue.say("x * 2")
    assert "" == dialogue.say("None")
    assert "'caf\\xe9'\n" == dialogue.say("'caf\\xe9'").replace("é", "\\xe9")
    assert "" == dialogue.say("for i in range(2):")
    assert "" == dialogue.say("    print(i)")
    assert "0\n1\n" == dialogue.say("")
    assert "" == dialogue.say("y = [1,")
    assert "" == dialogue.say("2]")
    assert "[1, 2]\n" == dialogue.say("y")
    dialogue.type("exit()\r")
    assert 0 == dialogue.ends()


def test_dialogue_goes_on_after_an_error(dialogue: Terminal) -> None:
    """
    A traceback is shown, and the variables are still there.
    """
    dialogue.say("x = 1")
    assert "ZeroDivisionError" in dialogue.say("x / 0")
    assert "SyntaxError" in dialogue.say("x x")
    assert "1\n" == dialogue.say("x")


def test_dialogue_values_are_inert(dialogue: Terminal) -> None:
    """
    What an object says of itself is guest text.
    """
    dialogue.say("class C:")
    dialogue.say("    def __repr__(self): return chr(27) + '[2J'")
    dialogue.say("")
    dialogue.say("C()")
    dialogue.say("chr(27)")
    dialogue.say("print(chr(0x9b))")

    assert not {"\x1b", "\x9b"} & set(dialogue.text)


def test_dialogue_control_c(dialogue: Terminal) -> None:
    """
    Ctrl-C stops a running statement, drops a half-typed one, and leaves the state alone.
    """
    dialogue.say("x = 5")
    dialogue.say("while True: pass")
    dialogue.type("\r")
    dialogue.expect("\r\n")
    dialogue.interrupt()
    assert "" == dialogue.say("if x:")
    dialogue.interrupt()
    assert "5\n" == dialogue.say("x")


def test_dialogue_ends_with_its_input(dialogue: Terminal) -> None:
    """
    End of input leaves.
    """
    dialogue.type("\x04")
    assert 0 == dialogue.ends()


@pytest.mark.parametrize(
    ("line", "status"), [("quit", 0), ("raise SystemExit(0)", 0), ("raise SystemExit(7)", 1)]
)
def test_dialogue_ends_by_exit(dialogue: Terminal, line: str, status: int) -> None:
    """
    So does the word, and the guest's own exit.
    """
    dialogue.type(line + "\r")
    assert status == dialogue.ends()


def test_dialogue_outlives_a_hard_stop(terminal: Callable[..., Terminal]) -> None:
    """
    A statement that must be stopped is undone, and that is said.
    """
    opened = terminal("--interpreter", "cpython", "--wall-seconds", "0.5")
    opened.expect(r"(?m)^>>> ")
    opened.say("x = 5; import decimal; decimal.getcontext().prec = 10**6")
    text = opened.say("y = decimal.Decimal(2).ln()")
    assert "WallTimeExceeded" in text
    assert "as it was before" in text
    assert "5\n" == opened.say("x")
    assert "2\n" == opened.say("1 + 1")


def test_dialogue_keeps_its_history(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """
    What was typed is there the next time, in a file of its owner alone.
    """
    pytest.importorskip("readline")
    for _ in range(2):
        opened = terminal()
        opened.expect(r"(?m)^>>> ")
        opened.say("remembered = 1")
        opened.type("\x04")
        assert 0 == opened.ends()
    (history,) = tmp_path.rglob("history")

    assert 0o600 == stat.S_IMODE(history.stat().st_mode)
    assert 0o700 == stat.S_IMODE(history.parent.stat().st_mode)
    assert 2 <= history.read_text().count("remembered = 1") + history.read_text().count("\n")
    opened = terminal()
    opened.expect(r"(?m)^>>> ")
    opened.type("\x1b[A\r")
    opened.expect("remembered = 1")
    assert [history] == list(history.parent.iterdir())


def test_dialogue_needs_no_history(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    """
    Where no history can be kept the dialogue works all the same.
    """
    (tmp_path / "sandbox-wasm").write_text("a file where a folder should be")
    opened = terminal()
    opened.expect(r"(?m)^>>> ")
    assert "3\n" == opened.say("1 + 2")
    opened.type("\x04")
    assert 0 == opened.ends()


def test_dialogue_with_an_unknown_interpreter(terminal: Callable[..., Terminal]) -> None:
    """
    What cannot begin says so before the first prompt.
    """
    opened = terminal("--interpreter", "perl")

    assert 2 == opened.ends()
    assert "perl" in opened.text
    assert ">>>" not in opened.text


def test_json_needs_a_program(terminal: Callable[..., Terminal]) -> None:
    """
    There is no object to print at the end of a dialogue.
    """
    opened = terminal("--json")

    assert 2 == opened.ends()
    assert "--json needs a program" in opened.text


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1",
        "x = (1 +\n 2)",
        "'''a\nb'''",
        "'unterminated",
        "x = 'a\\\nb'",
        "# comment (",
        "x = '('  # and [",
        "for i in x:\n    pass\n",
        "for i in x:\n    pass\n   ",
        "@d\ndef f(): pass\n",
        "if x: y\n",
        "x = {'a': 1}",
        "lambda: 0",
        "x: int = 1",
        ")",
        "])}",
        "forward = 1",
        "print('it\\'s')",
        '"\\\\"',
        "x = 1 \\\n + 2",
        "f'{x[\"a\"]}'",
        "if x:\n    y = '''\n\n'''\n",
    ],
)
def test_complete(source: str) -> None:
    """
    The guest gets what is whole, and what is wrong beyond mending.
    """
    assert is_complete(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = (",
        "x = [1,\n\n",
        "'''a",
        '"""a\n\n',
        "x = 1 \\",
        "for i in x:",
        "for i in x:\n    pass",
        "if x: y",
        "@d",
        "@d\ndef f(): pass",
        "async def f():",
        "match x:",
        "with x as y:",
        "x = 1\nif x:\n    y",
        "if x:\n    y = '''\n\n",
        "print('''\\'''",
    ],
)
def test_not_complete(source: str) -> None:
    """
    The user is still typing.
    """
    assert not is_complete(source)


@given(st.text(alphabet="ab '\"\\\n()[]{}:#@"))
def test_completeness_is_total(source: str) -> None:
    """
    Any text has an answer, soon.
    """
    assert is_complete(source) in {True, False}


def test_completeness_of_much_text() -> None:
    """
    A long paste is no trouble.
    """
    began = time.monotonic()
    for piece in ("(", "'", '"""', "\\", "a ", "a\n", "# "):
        is_complete(piece * 100_000)

    assert time.monotonic() - began < 10
