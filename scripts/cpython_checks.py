"""Check a CPython image by itself.

    cpython_checks.py IMAGE PYTHON

Every program of tests/programs must print the same in the image as on PYTHON, which is
the same version for this machine; and the image must hold nothing that differs between
machines or that sessions must not share.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from check_artifacts import EXPORTS, IMPORTS
from preinitialize import ROOT, Boot, abi, compile_module
from wasm_module import read_module

PROGRAMS = ROOT / "tests" / "programs"

# Programs that print what differs between platforms, and what that is.
DIFFERENT = {
    "core_error_texts": "numbers of operating system errors",
    "core_exceptions": "numbers of operating system errors",
    "core_sets": "the order in sets, by hashes that have 32 bits here",
}
# What no file on a machine that builds this may leave in the image.
FOREIGN = re.compile(rb"/(?:root|home|tmp|work|build|usr/src)/[\w./-]*(?:zig|wasm|cpython|pyenv)")


class Checks:
    """The checks, each a generator of what is wrong."""

    def __init__(self, image: Path, python: str) -> None:
        self.image = image
        self.python = python
        self.data = image.read_bytes()
        self.compiled = compile_module(self.data)

    def boot(self) -> Boot:
        instance = Boot(*self.compiled)
        instance.exports["sandbox_start"](instance.store)
        return instance

    def shape(self) -> Iterator[str]:
        module = read_module(self.image)
        if module.imports != IMPORTS or module.exports != EXPORTS:
            yield f"the boundary is {module.imports} and {module.exports}"

    def nothing_foreign(self) -> Iterator[str]:
        for found in sorted(set(FOREIGN.findall(self.data))):
            yield f"the image names {found.decode()}"

    def sessions_are_apart(self) -> Iterator[str]:
        """What is drawn depends on the host, from the first draw on."""
        source = b"import random, uuid\nrepr((random.random(), uuid.uuid4(), random.getstate()))"
        one, same, other = self.boot(), self.boot(), self.boot()
        other.drawn = 101
        first, second, third = (boot.request(source) for boot in (one, same, other))
        if first[0] != abi.STATUS_OK or first != second:
            yield "the same randomness gives different sessions"
        if first == third:
            yield "random numbers come out of the image"

    def memory_is_kept(self) -> Iterator[str]:
        """Many runs take no more memory than a few."""
        boot = self.boot()
        source = b"def f(x):\n    return [x] * 100\nlen(f(1)), {'a': f(2)}"
        for _ in range(200):
            boot.request(source)
        before = boot.memory.data_len(boot.store)
        for _ in range(3000):
            boot.request(source)
        if boot.memory.data_len(boot.store) > before:
            yield "memory grows with the number of runs"

    def programs(self) -> Iterator[str]:
        for path in sorted(PROGRAMS.glob("*.py")):
            if path.stem in DIFFERENT:
                continue
            command = [self.python, "-I", "-X", "utf8", str(path)]
            expected = subprocess.run(command, capture_output=True, timeout=60).stdout
            boot = self.boot()
            boot.request(path.read_bytes())
            if boot.output != expected:
                yield f"{path.stem} prints something else"

    def all(self) -> Iterator[str]:
        for check in (
            self.shape,
            self.nothing_foreign,
            self.sessions_are_apart,
            self.memory_is_kept,
            self.programs,
        ):
            yield from check()


def main(image: str, python: str) -> int:
    wrong = list(Checks(Path(image), python).all())
    for sentence in wrong:
        print(f"cpython_checks: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
