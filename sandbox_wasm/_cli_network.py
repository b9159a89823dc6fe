"""The network on the command line: ``--allow-origin`` and ``--ask``."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from ._terminal import inert

if TYPE_CHECKING:
    from . import Approval, BlockedRequest, NetworkPolicy
    from ._terminal import Streams

_QUESTIONS = 10
_LOOK_SECONDS = 0.1


class Network(NamedTuple):
    """What the options say."""

    origins: tuple[str, ...]
    ask: bool

    def policy(self, streams: Streams) -> NetworkPolicy | None:
        """Return the policy, None for no network.

        Raises:
            ConfigError: An origin is none, or the extra is not installed.
        """
        if not self.origins and not self.ask:
            return None
        from . import NetworkPolicy

        return NetworkPolicy(
            allow=self.origins,
            on_blocked=Asker(streams) if self.ask else None,
            max_questions=_QUESTIONS,
        )


_ASK = "Ask on the terminal about requests to other origins; without a terminal, refuse them."


def add_options(command: click.Command, ask: str = _ASK) -> None:
    """Give *command* the options of the network; they are its last. *ask* is the help of one."""
    command.params += [
        click.Option(
            ["--allow-origin", "origins"],
            multiple=True,
            metavar="ORIGIN",
            help="Let the program send GET requests to ORIGIN, such as https://example.com; "
            "may be given several times.",
        ),
        click.Option(
            ["--ask"],
            is_flag=True,
            help=ask,
        ),
    ]


class Asker:
    """Asks the person at the terminal, and no origin twice once that was refused."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._refused: set[str] = set()

    def __call__(self, request: BlockedRequest) -> Approval:
        from . import Approval

        if request.origin in self._refused or not self._streams.err.is_terminal:
            return Approval.DENY
        answer = Approval.DENY
        try:
            with _Terminal() as terminal:
                came = f" (redirected from {request.redirected_from})"
                self._streams.err.write(
                    f"\nsandbox-wasm: the program wants to connect to {inert(request.origin)}"
                    f"{inert(came) if request.redirected_from else ''}\n"
                    f"  {request.method} {inert(request.url)}\n"
                    "Allow? [y] this once, [s] for the session, [n] no (the default): "
                )
                word = terminal.read_line(request)
        except OSError:
            word = None
        if word is None:
            self._streams.err.write("\n")
        elif word.strip().lower() in {"y", "yes"}:
            answer = Approval.ALLOW_ONCE
        elif word.strip().lower() in {"s", "session"}:
            answer = Approval.ALLOW_SESSION
        if answer is Approval.DENY and request.is_open():
            self._refused.add(request.origin)
        return answer


class _Terminal:
    """The keyboard, also while standard input is something else."""

    def __enter__(self) -> _Terminal:  # noqa: PYI034 - Self needs Python 3.11
        if os.name == "nt" or not os.path.exists("/dev/tty"):
            raise OSError("no terminal to ask on")
        self._fd = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            # What was typed before the question is no answer to it.
            _discard_input(self._fd)
        except BaseException:
            os.close(self._fd)
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._fd)

    def read_line(self, request: BlockedRequest) -> str | None:
        """Return what was typed; None if nobody waits for it any more, or at its end."""
        typed = b""
        while request.is_open():
            if select.select([self._fd], [], [], _LOOK_SECONDS)[0] and request.is_open():
                piece = os.read(self._fd, 100)
                typed += piece
                if not piece or len(typed) > 100:
                    return None
                if b"\n" in typed:
                    return typed.decode("ascii", "replace")
        return None


def _discard_input(fd: int) -> None:
    if sys.platform != "win32":
        import termios

        try:
            termios.tcflush(fd, termios.TCIFLUSH)
        except termios.error as error:
            raise OSError(*error.args) from None
