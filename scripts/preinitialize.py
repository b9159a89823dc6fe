"""Run an interpreter's initialisation once, and write what it left in memory as an image.

    preinitialize.py REACTOR IMAGE

REACTOR exports ``_initialize`` and ``sandbox_init``. They run under a host that gives
the same time and the same random bytes to everyone, so the same reactor always gives
the same image; the image has neither of the two, and begins where they ended.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
from pathlib import Path
from typing import Any

import wasmtime
from check_artifacts import EXPORTS
from manifest import ROOT
from wasm_module import Reader

MEMORY, EXPORT, CODE, DATA, DATA_COUNT = 5, 7, 10, 11, 12
KEPT = {line.partition(" ")[0] for line in EXPORTS}
PAGE = 65_536
BLOCK = 4096  # what is all zero for so long is not written
CLOCK = 1_767_225_600_000_000_000  # 2026; the interpreter must not keep it
ENOENT, EBADF = 44, 8


def load_abi() -> Any:
    """Return the host's view of the ABI, without the package it belongs to."""
    path = ROOT / "sandbox_wasm" / "interpreters" / "_abi.py"
    spec = importlib.util.spec_from_file_location("_abi", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


abi = load_abi()


def compile_module(data: bytes) -> tuple[wasmtime.Engine, wasmtime.Module]:
    """Return the module, compiled in a hurry: it runs once or a few times."""
    config = wasmtime.Config()
    config.max_wasm_stack = 2 << 20
    config.cranelift_opt_level = "none"
    engine = wasmtime.Engine(config)
    return engine, wasmtime.Module(engine, data)


class Boot:
    """An instance of a reactor or an image, under a host that is the same for everyone.

    Attributes:
        output, errors: What the guest wrote to its two streams.
    """

    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module) -> None:
        self.store = wasmtime.Store(engine)
        linker = wasmtime.Linker(engine)
        none = wasmtime.FuncType([], [])
        linker.define_func("sandbox", "call", none, self.refuse)
        linker.define_func("sandbox", "sys", none, self.sys)
        instance = linker.instantiate(self.store, module)
        self.exports = instance.exports(self.store)
        self.memory = self.exports["memory"]
        self.exchange = self.exports["sandbox_exchange"].value(self.store) & 0xFFFFFFFF
        self.ticks = 0
        self.drawn = 0
        self.output = b""
        self.errors = b""

    def refuse(self) -> None:
        self.pack(abi.REPLY, abi.REPLY_AT, 0, abi.REPLY_STOP)

    def pack(self, form: struct.Struct, at: int, *values: int) -> None:
        self.memory.write(self.store, form.pack(*values), self.exchange + at)

    def unpack(self, form: struct.Struct, at: int) -> tuple[int, ...]:
        at += self.exchange
        return form.unpack(self.memory.read(self.store, at, at + form.size))

    def sys(self) -> None:
        op, _, _, first, second = self.unpack(abi.SYS, abi.SYS_AT)
        if op == abi.SYS_CLOCK:
            self.ticks += 1
            first = CLOCK + 1000 * self.ticks
        elif op == abi.SYS_RANDOM:
            data = bytes((self.drawn + 7 * at) & 0xFF for at in range(second))
            self.drawn += second
            self.memory.write(self.store, data, first)
        elif op == abi.SYS_OUTPUT:
            self.take_output()
        elif op >= abi.SYS_PATH_CREATE_DIRECTORY:
            first = ENOENT
        elif op >= abi.SYS_FD_ADVISE:
            first = EBADF
        self.pack(abi.SYS_RESULT, abi.SYS_RESULT_AT, abi.SYS_OK, 0, first)

    def take_output(self) -> None:
        stream, length = self.unpack(abi.OUTPUT, abi.OUTPUT_AT)
        _, _, _, buffer = self.unpack(abi.ABOUT, abi.ABOUT_AT)
        text = bytes(self.memory.read(self.store, buffer, buffer + length))
        if stream == 1:
            self.output += text
        else:
            self.errors += text

    def request(self, source: bytes) -> tuple[int, int, bytes]:
        """Run *source*; return status, kind of value, and its text if it has one."""
        address = self.exports["sandbox_alloc"](self.store, len(source))
        self.memory.write(self.store, source, address)
        self.pack(abi.REQUEST, abi.REQUEST_AT, abi.MODE_RUN, 0, address, len(source), 0, 0, 65_535)
        self.exports["sandbox_exec"](self.store)
        self.take_output()
        status, kind, at, length, *_ = self.unpack(abi.ANSWER, abi.ANSWER_AT)
        has_text = kind in (abi.KIND_STR, abi.KIND_JSON)
        text = bytes(self.memory.read(self.store, at, at + length)) if has_text else b""
        return status, kind, text

    def initialize(self) -> tuple[int, bytes]:
        """Initialise; return the stack pointer and all of memory."""
        pointer = self.exports["__stack_pointer"]
        before = pointer.value(self.store)
        self.exports["_initialize"](self.store)
        failed = self.exports["sandbox_init"](self.store)
        if failed:
            sys.stderr.write((self.output + self.errors).decode("utf-8", "replace"))
            raise SystemExit(f"preinitialize: step {failed} of the initialisation failed")
        if pointer.value(self.store) != before:
            raise SystemExit("preinitialize: the shadow stack is not as it was")
        size = self.memory.data_len(self.store)
        return before, bytes(self.memory.read(self.store, 0, size))


def number(value: int) -> bytes:
    """Return an unsigned LEB128 number."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)


def signed(value: int) -> bytes:
    """Return a signed LEB128 number."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if (value == 0 and not low & 0x40) or (value == -1 and low & 0x40):
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def segments(memory: bytes) -> list[bytes]:
    """Return data segments that make up *memory*, without its stretches of zeros."""
    runs: list[list[int]] = []
    for at in range(0, len(memory), BLOCK):
        if memory.count(0, at, at + BLOCK) != BLOCK:
            if runs and runs[-1][1] == at:
                runs[-1][1] = at + BLOCK
            else:
                runs.append([at, at + BLOCK])
    return [
        b"\0\x41" + signed(start) + b"\x0b" + number(end - start) + memory[start:end]
        for start, end in runs
    ]


def kept_exports(body: bytes) -> bytes:
    cursor = Reader(body)
    kept = []
    for _ in range(cursor.number()):
        start = cursor.at
        name = cursor.take(cursor.number()).decode()
        cursor.take(1)
        cursor.number()
        if name in KEPT:
            kept.append(body[start : cursor.at])
    if len(kept) != len(KEPT):
        raise SystemExit("preinitialize: the reactor lacks an export of the ABI")
    return number(len(kept)) + b"".join(kept)


def make_image(reactor: bytes, memory: bytes) -> bytes:
    """Return *reactor* with *memory* in place of its data."""
    data = segments(memory)
    cursor = Reader(reactor, 8)
    out = [reactor[:8]]
    while cursor.at < len(reactor):
        kind = cursor.take(1)[0]
        body = cursor.take(cursor.number())
        if kind == 0:  # names and producers: of no use to anyone here
            continue
        if kind == MEMORY:
            if body[:2] != b"\1\0":
                raise SystemExit("preinitialize: expected one memory without a limit")
            body = b"\1\0" + number(len(memory) // PAGE)
        elif kind == EXPORT:
            body = kept_exports(body)
        elif kind == DATA_COUNT:
            body = number(len(data))
        elif kind == DATA:
            body = number(len(data)) + b"".join(data)
        out.append(bytes([kind]) + number(len(body)) + body)
    return b"".join(out)


def main(source: str, target: str) -> None:
    reactor = Path(source).read_bytes()
    stack_pointer, memory = Boot(*compile_module(reactor)).initialize()
    # The shadow stack grows down from its pointer to 0, and holds nothing any more.
    memory = bytes(stack_pointer) + memory[stack_pointer:]
    image = make_image(reactor, memory)
    wasmtime.Module.validate(wasmtime.Engine(), image)
    Path(target).write_bytes(image)
    print(len(memory) // PAGE, "pages,", len(image), "bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
