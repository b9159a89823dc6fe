"""Search for bytes of a guest that the host does not stand, guided by coverage.

    python tests/fuzz.py [TARGET ...] [--seconds N]

A target is a way in from the guest; each gets that many seconds (default 20; CI's share).
Needs atheris, which the extra ``dev`` has. What is found is printed as Python bytes, and
the exit status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sandbox_wasm"], enable_loader_override=False):
    import fuzz_values

    from sandbox_wasm._errors import GuestProtocolError
    from sandbox_wasm._functions import HostFunctions


def values(data: bytes) -> None:
    """A run's value."""
    fuzz_values.check(data)


def _typed(a: int, b: list[str] | None = None, *c: float, d: dict[str, bool] | None = None) -> int:
    return a


FUNCTIONS = HostFunctions({"f": lambda *args, **kwargs: [args, kwargs], "typed": _typed})


def calls(data: bytes) -> None:
    """A host call: a name, a null, the arguments."""
    name, _, payload = data.partition(b"\0")
    try:
        status, reply = FUNCTIONS.invoke(
            name, payload, max_bytes=fuzz_values.MAX, wait_for=asyncio.run
        )
    except GuestProtocolError:
        return
    if status not in (0, 1) or not isinstance(reply, bytes):
        raise AssertionError("a host call must be answered")


def _call(pick: random.Random) -> bytes:
    name = pick.choice([b"f", b"typed", b"nope", b"__class__"])
    return name + b"\0[[" + fuzz_values.hostile(pick) + b"],{}]"


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[random.Random], bytes]]] = {
    "values": (values, fuzz_values.hostile),
    "calls": (calls, _call),
}


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
