"""The interpreters, behind one seam (`_base`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, get_args

from .._checks import check_word
from .._errors import ArtifactError, ConfigError, SessionBroken
from .._limits import Limits
from .._state import GuestState
from .._thread import is_main_interpreter
from ._abi import ABI_VERSION
from ._base import Guest, HostSide

if TYPE_CHECKING:
    from .._wasm._mould import Mould
    from ._store import Original

NAMES = ("cpython", "micropython")
Isolation = Literal["thread", "process"]
_ISOLATIONS = get_args(Isolation)


class Interpreter(Protocol):
    """Makes the guests of one session, one after another."""

    def start(self, host: HostSide, state: GuestState | None = None) -> Guest:
        """Return a new guest, on the thread that is to own it.

        The one before must be closed. With a *state* it goes on from there, whatever
        guest of the same artifact that was captured from.

        Raises:
            SnapshotError: The state does not fit the limits, or not together.
        """

    def kill(self) -> None:
        """Make a guest that is being made trap; from any thread."""

    def discard(self) -> None:
        """Let go of what a guest would have been made of; none will be."""


def digest(name: str) -> str:
    """Return the sha256 of an interpreter's artifact.

    Raises:
        ConfigError: There is no such interpreter.
        ArtifactError: It is missing, or of another version of the ABI.
    """
    check_word("interpreter", name, NAMES)
    from .._wasm import _artifacts

    artifact = _artifacts.load(name)
    if artifact.abi != ABI_VERSION:  # before it is compiled, which takes long
        raise ArtifactError(
            f"interpreter {name!r} speaks ABI {artifact.abi}, and this version of sandbox-wasm "
            f"speaks {ABI_VERSION}: reinstall sandbox-wasm"
        )
    return artifact.digest


def make_mould(state: GuestState, isolation: Isolation) -> Mould | Original:
    """Return what many guests are to begin with, for `make`.

    Raises:
        SessionBroken: There is no room for it.
    """
    if isolation == "process":
        from ._store import Original

        try:
            return Original(state)
        except OSError as error:
            raise SessionBroken(f"no worker process can be had: {error.strerror}") from error
    from .._wasm._mould import Mould

    return Mould(state)


def make(
    name: str,
    limits: Limits,
    isolation: Isolation = "thread",
    mould: Mould | Original | None = None,
) -> Interpreter:
    """Return what makes a guest of the interpreter of that name, here or in a worker process.

    Args:
        mould: Of the state that its guests go on from, if others do as well: one of `make_mould`
            for the same isolation.

    Raises:
        ConfigError: There is no such interpreter.
        ArtifactError: It is missing or damaged, or of another version of the ABI.
    """
    digest(name)
    check_word("isolation", isolation, _ISOLATIONS)
    if not is_main_interpreter():
        raise ConfigError("a session needs the main interpreter of its process, not one within it")
    if isolation == "process":
        from ._remote_maker import RemoteMaker
        from ._store import Original

        return RemoteMaker(name, limits, mould if isinstance(mould, Original) else None)
    from .._wasm._mould import Mould
    from ._maker import Maker  # brings the engine with it

    return Maker(name, limits, mould=mould if isinstance(mould, Mould) else None)
