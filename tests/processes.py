"""Programs of tests in processes of their own, and what the process of the tests holds."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

# From Python 3.12 on, who forks a process with threads is warned; these do so on purpose.
_QUIET = ("-W", "ignore::ResourceWarning", "-W", "ignore:This process:DeprecationWarning")


def python(
    source: str, *arguments: str, timeout: float = 50.0, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run *source* in a Python of its own; return what came of it."""
    return subprocess.run(
        [sys.executable, *_QUIET, "-c", textwrap.dedent(source), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        **options,
    )


def threads() -> set[str]:
    """Names of the threads that belong to sessions."""
    return {t.name for t in threading.enumerate() if t.name.startswith("sandbox-wasm")}


def descriptors() -> int:
    """How many descriptors this process has open; 0 where that cannot be seen."""
    listed = Path("/proc/self/fd")
    return len(os.listdir(listed)) if listed.is_dir() else 0


def resident_bytes() -> int:
    """Memory of this process that is in use; 0 where that cannot be seen."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0
