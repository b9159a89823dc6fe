"""Search for bytes of a guest that the host does not stand, guided by coverage.

    python tests/fuzz.py [TARGET ...] [--seconds N]

A target is a way in, see fuzz_targets.py; each gets that many seconds (default 20).
Needs atheris, which the extra ``dev`` has. What is found is printed as Python bytes, and
the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sandbox_wasm"], enable_loader_override=False):
    from fuzz_targets import TARGETS


def fuzz(target: str, seconds: int) -> None:
    """Fuzz one target in this process, which does not come back."""
    function, seed = TARGETS[target]
    pick = random.Random(0)

    def one(data: bytes) -> None:
        try:
            function(data)
        except BaseException:
            print(f"{target}: {data!r}", file=sys.stderr, flush=True)
            raise

    with tempfile.TemporaryDirectory() as folder:
        for number in range(300):
            Path(folder, str(number)).write_bytes(seed(pick))
        options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=4096"]
        options += ["-max_len=4096", "-verbosity=0", "-artifact_prefix=/dev/null"]
        options += ["-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, folder], one)
        atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if options.here:
        fuzz(options.targets[0], options.seconds)
    failed = []
    for target in options.targets or TARGETS:
        print(f"{target}: {options.seconds} s", flush=True)
        command = [sys.executable, __file__, target, "--seconds", str(options.seconds), "--here"]
        if subprocess.run(command, check=False).returncode:
            failed.append(target)
    print(f"failed: {', '.join(failed)}" if failed else "nothing found")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
