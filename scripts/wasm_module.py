"""Read the imports and exports of a wasm module, with nothing but the standard library."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

IMPORTS, GLOBALS, EXPORTS = 2, 6, 7
KINDS = {0: "func", 1: "table", 2: "memory", 3: "global", 4: "tag"}
VALUE_TYPES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64"}


@dataclass
class Module:
    """What a module asks of its host and offers to it.

    Attributes:
        imports: ``module.name kind`` of each import, sorted.

        exports: ``name kind`` of each export, sorted; a global with its type,
            and ``mut`` if it can change.
    """

    imports: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


class Reader:
    """A cursor over the module's bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """Read a LEB128 number; the sign of a signed one does not matter here."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def name(self) -> str:
        return self.take(self.number()).decode()


def read_module(path: Path) -> Module:
    """Return the imports and exports of the module at *path*."""
    reader = Reader(path.read_bytes())
    if reader.take(8) != b"\0asm\1\0\0\0":
        raise ValueError(f"{path} is not a wasm module of version 1")
    module = Module()
    global_types: list[str] = []
    while reader.at < len(reader.data):
        section, size = reader.byte(), reader.number()
        body = Reader(reader.take(size))
        if section == IMPORTS:
            module.imports = sorted(read_import(body) for _ in range(body.number()))
        elif section == GLOBALS:
            global_types = [read_global(body) for _ in range(body.number())]
        elif section == EXPORTS:
            module.exports = sorted(read_export(body, global_types) for _ in range(body.number()))
    return module


def read_import(reader: Reader) -> str:
    where, name, kind = reader.name(), reader.name(), reader.byte()
    if kind != 0:
        raise ValueError(f"{where}.{name}: only functions are imported by our artifacts")
    reader.number()
    return f"{where}.{name} func"


def read_global(reader: Reader) -> str:
    value_type, mutable, opcode = reader.byte(), reader.byte(), reader.byte()
    if opcode not in (0x41, 0x42):
        raise ValueError("only integer constants are globals in our artifacts")
    reader.number()
    reader.byte()  # end
    return f"global {VALUE_TYPES[value_type]}" + (" mut" if mutable else "")


def read_export(reader: Reader, global_types: list[str]) -> str:
    name, kind, index = reader.name(), reader.byte(), reader.number()
    return f"{name} {global_types[index] if kind == 3 else KINDS[kind]}"
