"""Guest text on the user's streams, and a run in front of a user."""

from __future__ import annotations

import logging
import re
import signal
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from concurrent.futures import Future

    from . import Result, Session

# What a terminal acts on or hides: the control characters but newline and tab, what
# reorders or breaks lines unseen, what is no character at all, and all that Unicode
# calls default ignorable, in which text can be hidden from who reads it.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Some scripts and most emoji need a joiner or a choice of presentation, one of each
# after a character that is seen.
_JOINED = f"[^\x00-\x7f{_HIDDEN}](?:[\ufe0e\ufe0f][\u200c\u200d]?|[\u200c\u200d])"
_SPECIAL = f"{_JOINED}|[{_HIDDEN}]"  # `re` compiles it when it is first used


def inert(text: str) -> str:
    r"""Make *text* safe to show: what a terminal would act on becomes an escape.

    >>> inert("\x1b[2J")
    '\\x1b[2J'
    """
    return re.sub(_SPECIAL, _escape, text)


def _escape(match: re.Match[str]) -> str:
    if len(match[0]) > 1:
        return match[0]
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Output:
    """A stream of ours that shows guest text.

    On a terminal the text is made inert. Elsewhere it goes out as it came, as UTF-8,
    whatever the locale says: a program's output is data there.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.is_terminal = stream is not None and stream.isatty()

    def write(self, text: str) -> None:
        """Write and flush *text*.

        Raises:
            OSError: Nobody reads the other end, or the disk is full.
        """
        if self._stream is None:
            return
        encoding = "utf-8"
        if self.is_terminal:
            text, encoding = inert(text), self._stream.encoding
        self._stream.flush()
        self._stream.buffer.write(text.encode(encoding, "backslashreplace"))
        self._stream.buffer.flush()

    def line(self, text: str) -> None:
        """Write *text* as a line, or as lines if it ends with a newline of its own."""
        self.write(text if text.endswith("\n") else text + "\n")


class _Notes(logging.Handler):
    """Tells the user what the library logs."""

    def __init__(self, streams: Streams) -> None:
        super().__init__()
        self._streams = streams

    def emit(self, record: logging.LogRecord) -> None:
        self._streams.note(record.getMessage())


class Streams:
    """Standard output and standard error, and what a user is told on them.

    Attributes:
        abandoned: True once a second Ctrl-C has left a run that may still go on.
    """

    def __init__(self, stdout: TextIO | None, stderr: TextIO | None) -> None:
        self.abandoned = False
        self.out = Output(stdout)
        self.err = Output(stderr)
        if self.err.is_terminal:
            # The library logs what takes long: compiling an interpreter.
            logger = logging.getLogger("sandbox_wasm")
            logger.addHandler(_Notes(self))
            logger.setLevel(logging.INFO)

    def note(self, text: str) -> None:
        """Say *text* on standard error, as ours and not the guest's."""
        self.err.line(f"sandbox-wasm: {text}")

    def run(self, session: Session, code: str, *, show: bool = True) -> Result:
        """Run *code*, its output shown as it comes; Ctrl-C interrupts it.

        Returns:
            The result. Whatever ended the run is its ``error``.

        Raises:
            KeyboardInterrupt: At a second Ctrl-C, while the first is being obeyed.
            OSError: The output cannot be written, which has ended the run.
        """
        from . import Interrupted, Result, SandboxError

        def on_output(stream: str, text: str) -> None:
            (self.err if stream == "stderr" else self.out).write(text)

        future: Future[Result] | None = None
        try:
            try:
                with _held_back():
                    future = session.submit(
                        code, check=False, on_output=on_output if show else None
                    )
                _wait(future)
            except KeyboardInterrupt:
                if future is None:
                    return Result(error=Interrupted())  # nothing had begun
                try:
                    while not session.interrupt() and not future.done():
                        wait([future], timeout=0.01)  # it had not begun yet
                    _wait(future)
                except KeyboardInterrupt:
                    self.abandoned = True
                    raise
            return future.result()
        except SandboxError as error:
            return error.result or Result(error=error)

    def report(self, result: Result, output_bytes: int) -> None:
        """Say on standard error what ended the run, and what was dropped."""
        from . import GuestError, Interrupted

        if result.truncated:
            self.note(f"output beyond {output_bytes} bytes was dropped (see --output-bytes)")
        error = result.error
        if isinstance(error, Interrupted):
            self.err.line("KeyboardInterrupt")
        elif not isinstance(error, GuestError):
            if error is not None:
                self.note(f"{type(error).__name__}: {error}")
        elif error.type_name != "SystemExit":
            self.err.line(error.traceback or str(error))
        elif not is_clean_exit(error) and not re.fullmatch(r"-?[0-9]+", error.message):
            self.err.line(error.message)


@contextmanager
def _held_back() -> Iterator[None]:
    """Put Ctrl-C off while it would leave a run that nobody knows of."""
    came: list[object] = []
    before = signal.signal(signal.SIGINT, lambda *what: came.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def is_clean_exit(error: Exception | None) -> bool:
    """Whether guest code ended by ``sys.exit()`` and meant success."""
    from . import GuestError

    return (
        isinstance(error, GuestError)
        and error.type_name == "SystemExit"
        and error.message in {"", "0", "None", "False"}
    )


def shown(value: object) -> str:
    """The ``repr`` of a run's value, whatever the value is."""
    from . import GuestObject

    if isinstance(value, GuestObject):
        return value.repr
    try:
        return repr(value)
    except (ValueError, RecursionError, MemoryError) as error:
        # An int of more digits than Python agrees to write, for one.
        return f"<{type(value).__name__} that cannot be shown: {error}>"


def _wait(future: Future[Result]) -> None:
    # In short turns: on Windows a wait without end does not see Ctrl-C.
    while not future.done():
        wait([future], timeout=0.5)
