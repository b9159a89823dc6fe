"""The command as a process: ``sandbox-wasm``, or ``python -m sandbox_wasm``."""

from __future__ import annotations

import gc

# Of a short command, a fifth of the time would go into looking for garbage among what it has
# imported, while it does so and once more when it ends. Neither finds any worth having.
_BEFORE_A_LOOK = 50_000  # more objects than all imports make


def main(prog_name: str | None = None) -> None:
    """Run the command line, and leave with its exit status."""
    gc.set_threshold(_BEFORE_A_LOOK)
    from .cli import main as command

    try:
        command(prog_name=prog_name)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main("python -m sandbox_wasm")
