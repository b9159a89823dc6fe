"""Compiling an interpreter before the first session needs it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from .._checks import check_word
from .._wasm import _artifacts, _engine
from . import Isolation


def precompile(
    interpreter: str = "cpython", *, fuel: bool = False, isolation: Isolation = "thread"
) -> Path | None:
    """Compile an interpreter now, so that the first session need not wait for it.

    Args:
        interpreter: Its name.

        fuel: For sessions with `Limits.fuel`, which run other code.

        isolation: For sessions with this isolation: those in workers run other code, too.

    Returns:
        The file, in the wheel or in the user's cache folder; None if it is kept in the
        memory of this process only, because there is no folder that nobody else can write.

    Raises:
        ConfigError: There is no such interpreter or isolation.
        ArtifactError: It is missing or damaged, or cannot be compiled.
    """
    known = _artifacts.names()
    check_word("interpreter", interpreter, known)
    check_word("isolation", isolation, get_args(Isolation))
    epoch = isolation == "thread"  # a worker is killed instead
    engine = _engine.family(_artifacts.load(interpreter), fuel=fuel, epoch=epoch).take()
    engine.release()
    return engine.family.compiled_file
