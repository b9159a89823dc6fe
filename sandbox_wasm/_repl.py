"""The dialogue that the command line opens on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

from . import GuestError, SessionBroken, SessionClosed, __version__
from ._terminal import Streams, is_clean_exit, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from . import Result, Session

_GONE = (SessionBroken, SessionClosed)
_HISTORY_LINES = 1_000
_HISTORY_BYTES = 1 << 20
# Words that begin a block even where its body stands on the same line.
_COMPOUND = frozenset("@ async class def for if try while with".split())

_PART = re.compile(
    r"""
    (?P<nothing> \# [^\n]* | [^\S\n]+ )
    | (?P<long> \"{3} | '{3} ) (?: \\. | (?! (?P=long) ) . )* (?P<closed> (?P=long) )?
    | (?P<quote> ["'] ) (?: \\. | (?! (?P=quote) ) [^\n] )* (?P=quote)?
    | (?P<open> [(\[{] )
    | (?P<close> [)\]}] )
    | (?P<joined> \\ \n )
    | \w+ | \n | .
    """,
    re.VERBOSE | re.DOTALL,
)


class Repl:
    """Reads a statement, runs it in a session that stays, and shows what it gave.

    Args:
        make_session: Makes a session; its limits hold for each statement.

        streams: Where to show.

        history: The file that keeps what was typed, or None to keep nothing.

        leave: Called with the session at the end, before it is closed.
    """

    def __init__(
        self,
        make_session: Callable[[], Session],
        streams: Streams,
        history: Path | None,
        leave: Callable[[Session], None],
    ) -> None:
        self._leave = leave
        self._make_session = make_session
        self._streams = streams
        self._history = _History(history)
        self._session = make_session()

    def loop(self) -> bool:
        """Talk until the user leaves.

        Returns:
            True, or False if the guest left by ``sys.exit`` of anything but success.
        """
        name = self._session.interpreter
        self._streams.err.line(
            f"sandbox-wasm {__version__}, {name}. exit() or end of input leaves."
        )
        try:
            with self._history:
                return self._loop()
        finally:
            self._leave(self._session)
            self._session.close()

    def _loop(self) -> bool:
        while True:
            try:
                source = self._read()
                if source is None or source.strip() in {"exit", "exit()", "quit", "quit()"}:
                    return True
                if source.strip():
                    error = self._evaluate(source).error
                    if isinstance(error, GuestError) and error.type_name == "SystemExit":
                        return is_clean_exit(error)
            except KeyboardInterrupt:
                self._streams.err.line("\nKeyboardInterrupt")

    def _read(self) -> str | None:
        """Read one statement; None at the end of input."""
        lines: list[str] = []
        while True:
            try:
                lines.append(input("... " if lines else ">>> "))
            except EOFError:
                self._streams.err.line("")
                return None
            except UnicodeDecodeError:
                self._streams.note("the input is not text in the terminal's encoding")
                lines.clear()
                continue
            source = "\n".join(lines)
            if is_complete(source):
                return source

    def _evaluate(self, source: str) -> Result:
        try:
            result = self._streams.run(self._session, source)
        except KeyboardInterrupt:
            if self._streams.abandoned:  # a second one: the guest does not come back
                self._streams.abandoned = False
                self._renew()
            raise
        self._streams.report(result, self._session.limits.output_bytes)
        if result.value is not None:
            self._streams.out.line(shown(result.value))
        if result.error is not None and (
            result.error.state == "broken"
            or (result.error.state is None and isinstance(result.error, _GONE))
        ):
            self._renew()
        elif result.error is not None and result.error.state == "rolled back":
            self._streams.note("the session is as it was before this statement")
        return result

    def _renew(self) -> None:
        self._session.close()
        self._streams.note("the session had to be stopped; a new one begins without its variables")
        self._session = self._make_session()


def is_complete(source: str) -> bool:
    """Whether *source* can run as it is, or its user is still typing.

    A blank line ends a block, as everywhere. This looks only at brackets, strings and the
    ends of lines: `codeop` would ask the host's compiler, which is of another version than
    the guest's, and nothing but the guest should parse what is meant for the guest.
    """
    depth = 0
    in_block = line_goes_on = False
    first = last = ""
    for part in _PART.finditer(source + "\n"):
        text = part[0]
        line_goes_on = False
        if part["long"]:
            if not part["closed"]:
                return False
        elif part["open"]:
            depth += 1
        elif part["close"]:
            depth = max(0, depth - 1)
        elif part["joined"]:
            line_goes_on = True
            continue
        elif text == "\n":
            if not depth:
                in_block = in_block or first in _COMPOUND or last == ":"
                first = last = ""
            continue
        elif part["nothing"]:
            continue
        first, last = first or text, text
    if depth or line_goes_on:
        return False
    return not in_block or source.endswith("\n") or not source.rpartition("\n")[2].strip()


class _History:
    """The lines typed, kept in a file that only its owner can read."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            import readline
        except ImportError:  # Windows has none
            self._path = None
        else:
            self._readline = readline

    def __enter__(self) -> None:
        if self._path is None:
            return
        # Tab indents. Else it would offer the names of the host's files.
        libedit = "libedit" in (self._readline.__doc__ or "")
        self._readline.parse_and_bind("bind ^I ed-insert" if libedit else "tab: self-insert")
        with contextlib.suppress(OSError), self._path.open("rb") as file:
            text = file.read(_HISTORY_BYTES).decode(errors="replace")
            for line in text.splitlines()[-_HISTORY_LINES:]:
                self._readline.add_history(line)

    def __exit__(self, *_: object) -> None:
        if self._path is None:
            return
        count = self._readline.get_current_history_length()
        first = max(1, count - _HISTORY_LINES + 1)
        lines = [self._readline.get_history_item(at) or "" for at in range(first, count + 1)]
        data = "".join(f"{line}\n" for line in lines).encode(errors="replace")
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        # A history that cannot be kept is no reason to fail.
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with open(handle, "wb") as file:
                    file.write(data[-_HISTORY_BYTES:])
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)


def history_path() -> Path:
    """Where the history is kept."""
    from platformdirs import user_state_path

    return user_state_path("sandbox-wasm", appauthor=False) / "history"
