"""Compiling an interpreter, told on a terminal and on all processors.

The engine compiles in parallel only in a process of its own: in a child of fork, which
any caller may be, it would hang. Such a process also keeps the 300 MB that compiling
CPython takes out of the caller's. Where there is none to be had, the caller compiles.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
from typing import TextIO

import wasmtime

from ._config import Variant, config

_log = logging.getLogger("sandbox_wasm")

# Below this, starting a process takes as long as it saves.
_WORTH_BYTES = 4 << 20

# Longer than any machine takes. One that takes longer still compiles in the caller.
_PATIENCE = 300.0

# Isolated from the environment and the current folder, in which anything may lie; the
# modules come from where the caller's came from.
_PROGRAM = """
import json, sys
path, variant = json.loads(sys.argv[1])
sys.path[:] = path
from sandbox_wasm._wasm._compile import serve
serve(variant)
"""


def compile_module(name: str, data: bytes, variant: Variant) -> bytes:
    """Return *data*, WebAssembly, as machine code for this machine.

    Args:
        name: Of the interpreter, for who waits.

    Raises:
        wasmtime.WasmtimeError: It cannot be compiled.
    """
    with _Progress(name) as progress:
        if len(data) >= _WORTH_BYTES and _processors() > 1 and _is_python(sys.executable):
            made = _in_process(data, variant, progress)
            if made is not None:
                return made
        return _here(data, variant, parallel=False)


def _here(data: bytes, variant: Variant, parallel: bool) -> bytes:
    engine = wasmtime.Engine(config(variant, compiling=True, parallel=parallel))
    return bytes(wasmtime.Module(engine, data).serialize())


def serve(variant: list[bool]) -> None:
    """Compile standard input to standard output: the process of its own."""
    made = _here(sys.stdin.buffer.read(), Variant(*variant), parallel=True)
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()


def _in_process(data: bytes, variant: Variant, progress: _Progress) -> bytes | None:
    import subprocess  # not where nothing is to be compiled

    given: list[object] = [*sys.path]
    paths = [path for path in given if isinstance(path, str)]  # import ignores the rest
    command = [sys.executable, "-I", "-c", _PROGRAM, json.dumps([paths, variant])]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    except (OSError, ValueError) as error:
        _log.info("no process to compile in (%s)", error)
        return None
    with process:
        try:
            # It reads all before it writes. (`communicate` would not go on sending after a
            # timeout.)
            assert process.stdin is not None  # noqa: S101
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(data)
            process.stdin = None
            while True:
                try:
                    made, _ = process.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    if progress.seconds > _PATIENCE:
                        process.kill()
                    progress.show()
        except BaseException:  # Ctrl-C
            process.kill()
            raise
    if process.returncode != 0 or not made:
        _log.info("the process that was to compile ended with status %d", process.returncode)
        return None
    return made


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_python(executable: str | None) -> bool:
    """Whether *executable* runs Python, and not an application that embeds or froze it."""
    name = os.path.basename(executable or "").lower()
    return name.startswith("python") and not hasattr(sys, "frozen")


class _Progress:
    """Tells on a terminal, and nowhere else, why the caller waits."""

    def __init__(self, name: str) -> None:
        self._text = f"sandbox-wasm: compiling the interpreter {name}, once for this machine"
        self._began = time.monotonic()
        self._stream: TextIO | None = sys.stderr
        try:
            if self._stream is None or not self._stream.isatty():
                self._stream = None
        except ValueError:  # closed
            self._stream = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def show(self, end: str = "") -> None:
        if self._stream is not None:
            try:
                self._stream.write(f"\r{self._text}: {self.seconds:.0f} s{end}")
                self._stream.flush()
            except (OSError, ValueError):  # the terminal is gone
                self._stream = None

    def __enter__(self) -> _Progress:  # noqa: PYI034 - Self needs Python 3.11
        _log.debug("%s", self._text)
        self.show()
        return self

    def __exit__(self, *exc: object) -> None:
        self.show("\n")
