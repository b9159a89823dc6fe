"""Compiled modules that the wheel carries, so that a first run need not compile.

A wheel for one platform has a folder ``compiled`` with modules and an index, which
``scripts/build_platform_wheel.py`` makes. A module of it is used only if all that decides
about machine code is the same: the artifact, the version of wasmtime, the configuration,
the target. What the processor lacks the engine finds itself when it reads the module.
These files are installed with the package and are trusted as its code is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ._config import Variant, module_key

FOLDER = Path(__file__).resolve().parent.parent / "compiled"


def find(digest: str, variant: Variant, folder: Path = FOLDER) -> Path | None:
    """Return the module that was compiled of the artifact *digest*, if the wheel has it."""
    try:
        index = json.loads((folder / "index.json").read_bytes())
        entry = index[module_key(digest, variant)]
        path = folder / os.path.basename(entry["file"])
        return path if path.stat().st_size == entry["bytes"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # as if the wheel had none
