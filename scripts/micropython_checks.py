"""Run upstream's tests and our own programs on the bytes of a built module.

    micropython_checks.py --module M --tests T --programs P --cache C [--only TEXT]

Each test runs in a fresh instance, twice: as it is, and collecting at every
allocation with swept memory zeroed, so that an object whose only reference was not
in memory is noticed. The output must be what the test's .exp file or CPython says. For
our own programs, which tests/test_programs.py compares with CPython, it must be the
same in both modes. scripts/micropython_expected.txt lists the tests that may fail, each
with a reason; a listed test that passes is an error too.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import wasmtime
from check_artifacts import surface_problems
from manifest import ABI_HEADER, ROOT
from wasm_module import read_module

sys.path.insert(0, str(ROOT))
from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import FileError
from sandbox_wasm._wasi import FUNCTIONS

EXPECTED = ROOT / "scripts" / "micropython_expected.txt"
FOLDERS = ["basics", "float", "stress"]
PROGRAMS = "programs"
TOO_SLOW = "trap: wasm trap: all fuel consumed by WebAssembly"
PROCESSES = 2
FUEL = 200_000_000_000  # about half a minute; few tests take more than a tenth of it
MEMORY_PAGES = 1024
STACK_BYTES = 2 << 20  # more aborts the process
FILE_BYTES, FILE_COUNT = 64 << 20, 10_000


class Outcome(NamedTuple):
    """How one test ended in one mode; *problem* is empty if it passed."""

    name: str
    stress: bool
    problem: str
    seconds: float


def abi() -> tuple[dict[str, int], dict[str, tuple[int, str]]]:
    """Return the header's constants, and the offset and format of each field."""
    text = ABI_HEADER.read_text()
    constants = {k: int(v) for k, v in re.findall(r"^#define SANDBOX_(\w+) (\d+)", text, re.M)}
    body = text[text.index("struct sandbox_exchange {") :]
    fields, at = {}, 0
    for bits, name, count in re.findall(r"^ +uint(\d+)_t (\w+)(?:\[(\d+)\])?;", body, re.M):
        size = int(bits) // 8
        at += -at % size
        fields[name] = (at, "<I" if size == 4 else "<Q")
        at += size * int(count or 1)
    return constants, fields


ABI, FIELDS = abi()
FILE_FUNCTIONS = {
    op: name[4:].lower() for name, op in ABI.items() if name.startswith(("SYS_FD_", "SYS_PATH_"))
}


class Guest:
    """One instance of the module with the least host that its ABI allows."""

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self.output: list[bytes] = []
        self.files = Files(FILE_BYTES, FILE_COUNT)
        store = self.store = wasmtime.Store(engine)
        store.set_fuel(FUEL)
        store.set_limits(
            memory_size=MEMORY_PAGES << 16, table_elements=10000, instances=1, tables=9, memories=1
        )
        linker = wasmtime.Linker(engine)
        nothing = wasmtime.FuncType([], [])
        linker.define(store, "sandbox", "call", wasmtime.Func(store, nothing, self.call))
        linker.define(store, "sandbox", "sys", wasmtime.Func(store, nothing, self.sys))
        self.exports = linker.instantiate(store, module).exports(store)
        self.memory = self.exports["memory"]
        self.base = self.exports["sandbox_exchange"].value(store)
        self.exports["sandbox_start"](store)
        self.put("memory_limit", MEMORY_PAGES)

    def get(self, name: str) -> int:
        offset, form = FIELDS[name]
        at = self.base + offset
        return struct.unpack(form, self.memory.read(self.store, at, at + struct.calcsize(form)))[0]

    def put(self, name: str, value: int) -> None:
        offset, form = FIELDS[name]
        self.memory.write(self.store, struct.pack(form, value), self.base + offset)

    # What file functions ask of memory. The module is ours: there is nothing to check.
    def read(self, address: int, length: int) -> bytes:
        return bytes(self.memory.read(self.store, address, address + length))

    def write(self, address: int, data: bytes) -> None:
        self.memory.write(self.store, data, address)

    def unpack(self, form: struct.Struct, address: int) -> tuple[int, ...]:
        return form.unpack(self.read(address, form.size))

    def pack(self, form: struct.Struct, address: int, *values: int) -> None:
        self.write(address, form.pack(*values))

    def call(self) -> None:
        self.put("reply_status", ABI["REPLY_STOP"])  # no test has a host function

    def sys(self) -> None:
        op = self.get("sys_op")
        if op == ABI["SYS_OUTPUT"]:
            at = self.get("output_buffer")
            self.output.append(self.memory.read(self.store, at, at + self.get("output_len")))
        elif op == ABI["SYS_CLOCK"]:
            monotonic = self.get("sys_args")
            self.put("sys_args", time.monotonic_ns() if monotonic else time.time_ns())
        elif op == ABI["SYS_RANDOM"]:
            at, length = FIELDS["sys_args"][0] + self.base, 0
            where, length = struct.unpack("<QQ", self.memory.read(self.store, at, at + 16))
            self.memory.write(self.store, os.urandom(length), where)
        elif op == ABI["SYS_SLEEP"]:
            time.sleep(self.get("sys_args") / 1e9)
        elif op in FILE_FUNCTIONS:
            at = FIELDS["sys_args"][0] + self.base
            args = struct.unpack("<9Q", self.memory.read(self.store, at, at + 72))
            code, stat = 0, None
            try:
                stat = FUNCTIONS[FILE_FUNCTIONS[op]](self.files, self, args)
            except FileError as error:
                code = int(error.errno)
            self.put("sys_args", code)
            self.put("sys_opened", int(stat is not None))
            if stat is not None:
                self.memory.write(self.store, struct.pack("<8Q", *stat), at + 8)
        self.put("sys_result", ABI["SYS_OK"])

    def run(self, source: bytes, stress: bool) -> bytes:
        """Return what *source* prints, and the text of an exception that it lets out."""
        at = self.exports["sandbox_alloc"](self.store, len(source))
        self.memory.write(self.store, source, at)
        self.put("source_ptr", at)
        self.put("source_len", len(source))
        self.put("mode", ABI["MODE_RUN"])
        self.put("flags", ABI["FLAG_GC_STRESS"] if stress else 0)
        self.exports["sandbox_exec"](self.store)
        if self.get("output_len"):
            self.put("sys_op", ABI["SYS_OUTPUT"])
            self.sys()
        output = b"".join(self.output)
        if self.get("status") != ABI["STATUS_OK"]:
            at = self.get("value_ptr")
            error = self.memory.read(self.store, at, at + self.get("value_len"))
            output += b"\nuncaught: " + bytes(error)
        return output


class Runner:
    """What a worker process keeps between tests."""

    def __init__(self, path: Path, cache: Path) -> None:
        config = wasmtime.Config()
        config.consume_fuel = True
        config.max_wasm_stack = STACK_BYTES
        self.engine = wasmtime.Engine(config)
        self.module = wasmtime.Module.from_file(self.engine, str(path))
        self.cache = cache

    def run(self, path: Path, stress: bool) -> Outcome:
        name, start = f"{path.parent.name}/{path.name}", time.monotonic()
        try:
            output = self.output(path, stress)
            if path.parent.name == PROGRAMS:
                expected = self.output(path, stress=False)
            else:
                expected = expected_output(path, self.cache)
            problem = compare(output, expected)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            problem = "trap: " + str(error).strip().splitlines()[-1].strip()
        return Outcome(name, stress, problem, time.monotonic() - start)

    def output(self, path: Path, stress: bool) -> bytes:
        return Guest(self.engine, self.module).run(path.read_bytes(), stress)


def compare(output: bytes, expected: bytes) -> str:
    """Return how *output* differs from *expected*, or nothing if it does not."""
    got, wanted = (text.replace(b"\r\n", b"\n").strip() for text in (output, expected))
    if got == wanted:
        return ""
    if got.startswith(b"SKIP"):
        return "skips itself"
    lines = [b".*" if line == b"########" else re.escape(line) for line in wanted.split(b"\n")]
    if re.fullmatch(b"\n".join(lines), got, re.S):
        return ""
    pairs = zip(got.split(b"\n"), wanted.split(b"\n") + [b""] * len(got), strict=False)
    for number, (left, right) in enumerate(pairs, 1):
        if left != right:
            return f"line {number} is {left[:120]!r}, expected {right[:120]!r}"
    return "output ends early"


def expected_output(path: Path, cache: Path) -> bytes:
    """Return what the test should print: its .exp file, or what CPython prints."""
    exp = path.with_name(path.name + ".exp")
    if exp.exists():
        return exp.read_bytes()
    key = hashlib.sha256(sys.version.encode() + path.read_bytes()).hexdigest()
    kept = cache / key
    if not kept.exists():
        done = subprocess.run(
            [sys.executable, "-BSW", "ignore", path.name],
            cwd=path.parent,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(path.parents[1])},
            capture_output=True,
            timeout=60,
        )
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_bytes(done.stdout if done.returncode == 0 else b"CPython fails\n" + done.stderr)
        new.rename(kept)
    return kept.read_bytes()


def allowed_failures() -> dict[str, str]:
    """Return the reason of each test that may fail, by its name."""
    lines = EXPECTED.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


runner: Runner


def start_worker(module: Path, cache: Path) -> None:
    global runner
    runner = Runner(module, cache)


def work(job: tuple[Path, bool]) -> Outcome:
    return runner.run(*job)


def report(outcomes: list[Outcome], allowed: dict[str, str], complete: bool) -> list[str]:
    """Print a summary, and return what is wrong."""
    problems, failed = [], set()
    for outcome in sorted(outcomes):
        if not outcome.problem:
            continue
        failed.add(outcome.name)
        if outcome.name not in allowed or (
            outcome.problem.startswith("trap") and outcome.problem != TOO_SLOW
        ):
            mode = "collecting always" if outcome.stress else "normal"
            problems.append(f"{outcome.name} ({mode}): {outcome.problem}")
    if complete:
        problems += [f"{name} passes, but is listed" for name in sorted(set(allowed) - failed)]
    for stress in (False, True):
        mode = [outcome for outcome in outcomes if outcome.stress == stress]
        passed = sum(not outcome.problem for outcome in mode)
        print(
            f"{'collecting always' if stress else 'normal'}: {passed} of {len(mode)} pass, "
            f"{sum(outcome.seconds for outcome in mode):.0f} s; slowest "
            + ", ".join(
                f"{o.name} {o.seconds:.0f} s" for o in sorted(mode, key=lambda o: -o.seconds)[:3]
            )
        )
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("--module", "--tests", "--programs", "--cache"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--only", default="", help="run tests with this text in their path")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    tests = [path for name in FOLDERS for path in sorted((options.tests / name).glob("*.py"))]
    tests += sorted(options.programs.glob("*.py"))
    tests = [path for path in tests if options.only in str(path)]
    # The slow mode first, so that no process ends up alone with it.
    jobs = [(path, stress) for stress in (True, False) for path in tests]
    problems = list(surface_problems(read_module(options.module)))
    context = multiprocessing.get_context("spawn")
    with context.Pool(options.processes, start_worker, (options.module, options.cache)) as pool:
        outcomes = pool.map(work, jobs, chunksize=1)
    problems += report(outcomes, allowed_failures(), complete=not options.only)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
