"""Names that guest code calls the tools of others by."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .. import ConfigError, HostFunctions

_MAX_TRIES = 100


def register(functions: HostFunctions, function: Callable[..., Any], name: str) -> str:
    """Register *function* under a name that guest code can write; return which it is.

    Tools may be called what Python cannot name, or what is Python's own, and two names may
    come to the same: ``get-user`` and ``get_user``.
    """
    base = re.sub(r"\W", "_", name, flags=re.ASCII)[:100]
    numbered = (f"tool_{base}_{number}" for number in range(2, _MAX_TRIES))
    for candidate in (base, f"tool_{base}", *numbered):
        try:
            functions.register(function, name=candidate)
        except ConfigError:
            continue
        return candidate
    raise ConfigError(f"there is no name left for the tool {name!r}")
