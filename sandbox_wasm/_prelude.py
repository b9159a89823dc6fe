"""What a guest runs before its first run, so that a grant can be used comfortably.

It costs a session with such a grant some milliseconds once, and others nothing.
"""

from __future__ import annotations

import functools
from pathlib import Path

from ._values import encode

_SOURCES = Path(__file__).with_name("_guest")


@functools.cache
def network(interpreter: str) -> tuple[bytes, bytes | None]:
    """Return source and encoded globals of what defines ``fetch``, for *interpreter*."""
    source = _read("fetch.py")
    if interpreter != "cpython":
        return source.encode(), None
    inputs = {"_sandbox_requests": _read("requests.py")}
    return (source + _read("urls.py")).encode(), encode(inputs, max_bytes=1 << 20)


def rows() -> bytes:
    """Return the source of what maps rows."""
    return _read("rows.py").encode()


def _read(name: str) -> str:
    return (_SOURCES / name).read_text("utf-8")
