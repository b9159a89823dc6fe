"""What is said when a framework is not installed."""

from __future__ import annotations


def missing(extra: str, error: ImportError) -> ImportError:
    """Return an error that names the extra to install, for *error* at importing a framework."""
    return ImportError(
        f"this needs the extra {extra!r}: python -m pip install 'sandbox-wasm[{extra}]' ({error})",
        name=error.name,
    )
