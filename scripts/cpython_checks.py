"""Check a CPython image by itself.

    cpython_checks.py IMAGE PYTHON [REACTOR]

Every program of tests/programs must print the same in the image as on PYTHON, which is
the same version for this machine; and the image must hold nothing that differs between
machines or that sessions must not share. With REACTOR, from which the image was made, an
interpreter that has just initialised itself must be like one that began from the image:
in what the programs print, and in all of its state that Python code can name.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from check_artifacts import surface_problems
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

# All that Python code can name of an interpreter's state, as text.
STATE = """
import gc, os, sys, types, warnings
def shown(value):
    if isinstance(value, (int, float, complex, str, bytes, type(None))):
        return repr(value)
    if isinstance(value, (list, tuple)) and len(value) < 200:
        return type(value).__name__ + str([shown(each) for each in value])
    if isinstance(value, (dict, set, frozenset, types.MappingProxyType)):
        return type(value).__name__ + str(len(value))
    return type(value).__qualname__ + " " + str(getattr(value, "__qualname__", ""))
lines = [f"{name} {shown(getattr(sys, name))}" for name in sorted(dir(sys))]
lines += [f"{call.__name__} {call()}" for call in (
    os.getcwd, sys.getrecursionlimit, gc.get_threshold, gc.isenabled, gc.get_freeze_count,
    sys.getswitchinterval, sys.get_int_max_str_digits, sys.getfilesystemencoding)]
lines += [f"{dict(os.environ)} {hash('a text')} {list({'a', 'b', 'c'})} {warnings.filters}"]
for name, module in sorted(sys.modules.items()):
    for key, value in sorted(vars(module).items()):
        lines.append(f"{name}.{key} {shown(value)}")
kinds = [each for each in gc.get_objects() + list(sys.modules) if isinstance(each, type)]
kinds += [value for module in sys.modules.values() for value in vars(module).values()
          if isinstance(value, type)]
seen = set()
for kind in kinds:
    if kind not in seen:
        seen.add(kind)
        for key, value in vars(kind).items():
            lines.append(f"{kind.__module__}.{kind.__qualname__}.{key} {shown(value)}")
"\\n".join(sorted(lines))
""".lstrip()


class Checks:
    """The checks, each a generator of what is wrong."""

    def __init__(self, image: Path, python: str, reactor: Path | None) -> None:
        self.image = image
        self.python = python
        self.data = image.read_bytes()
        self.compiled = compile_module(self.data)
        self.reactor = compile_module(reactor.read_bytes()) if reactor else None

    def boot(self) -> Boot:
        """Return an interpreter that begins from the image."""
        instance = Boot(*self.compiled)
        instance.exports["sandbox_start"](instance.store)
        return instance

    def boot_afresh(self) -> Boot:
        """Return an interpreter that has initialised itself."""
        assert self.reactor is not None
        instance = Boot(*self.reactor)
        instance.initialize()
        instance.ticks = instance.drawn = 0  # its time and its chance begin now
        return instance

    def surface(self) -> Iterator[str]:
        yield from surface_problems(read_module(self.image))

    def nothing_foreign(self) -> Iterator[str]:
        for found in sorted(set(FOREIGN.findall(self.data))):
            yield f"the image names {found.decode()}"
        for word in words_of_this_machine():
            if word in self.data:
                yield f"the image names {word.decode()}"

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
            if path.stem in DIFFERENT or path.stem.startswith("files_"):  # none are served here
                continue
            command = [self.python, "-I", "-X", "utf8", str(path)]
            expected = subprocess.run(command, capture_output=True, timeout=60).stdout
            boot = self.boot()
            boot.request(path.read_bytes())
            if boot.output != expected:
                yield f"{path.stem} prints something else"

    def image_is_like_a_fresh_boot(self) -> Iterator[str]:
        if self.reactor is None:
            return
        states = []
        for boot in (self.boot(), self.boot_afresh()):
            status, _, text = boot.request(STATE.encode())
            if status != abi.STATUS_OK:
                yield f"the state cannot be read: {text.decode()}"
            states.append(set(text.decode().splitlines()))
        for line in sorted(states[0] ^ states[1])[:20]:
            yield f"only {'the image' if line in states[0] else 'a fresh boot'} has {line}"
        fresh = self.boot_afresh()
        for path in sorted(PROGRAMS.glob("*.py")):
            answers = []
            for boot in (self.boot(), fresh):
                boot.output = boot.errors = b""
                answers.append((boot.request(path.read_bytes()), boot.output, boot.errors))
            if answers[0] != answers[1]:
                yield f"{path.stem} ends otherwise in the image than after a fresh boot"

    def all(self) -> Iterator[str]:
        for check in (
            self.surface,
            self.nothing_foreign,
            self.sessions_are_apart,
            self.memory_is_kept,
            self.programs,
            self.image_is_like_a_fresh_boot,
        ):
            yield from check()


def words_of_this_machine() -> Iterator[bytes]:
    """Yield what would tell who built the image, where and in what surroundings."""
    user, host = getpass.getuser(), socket.gethostname()
    yield from (f"/home/{user}".encode(), f"{user}@".encode(), str(ROOT).encode())
    if host != "localhost" and len(host) > 5:
        yield host.encode()
    for value in os.environ.values():
        # A value that is one common word says nothing, and may well occur.
        if len(value) >= 8 and re.search(r"[/:@\d]", value) and value != "C.UTF-8":
            yield value.encode()


def main(image: str, python: str, reactor: str | None = None) -> int:
    wrong = list(Checks(Path(image), python, Path(reactor) if reactor else None).all())
    for sentence in wrong:
        print(f"cpython_checks: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
