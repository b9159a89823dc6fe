"""Print the manifest entry of a built micropython.wasm.

    write_micropython_manifest.py MODULE CHECKS OBJECTS NAME=FLAGS...

CHECKS is "passed" or "skipped"; OBJECTS is the folder that make built in.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from manifest import ROOT, Entry, built, dumps, read_pins

PORT = ROOT / "wasm-src" / "micropython"

CONTAINS = [
    "MicroPython: MIT",
    "musl and wasi-libc (libc, by way of zig): MIT",
    "zig (memory allocation, string functions, compiler runtime): MIT",
    "LLVM compiler-rt (ported in zig's runtime): Apache-2.0 WITH LLVM-exception",
]


def builtin_modules(objects: Path) -> set[str]:
    """Return the modules that are compiled in, as the build collected them."""
    text = (objects / "genhdr" / "moduledefs.h").read_text()
    return set(re.findall(r"MP_ROM_QSTR\(MP_QSTR_(\w+)\), MP_ROM_PTR", text))


def frozen_modules(objects: Path) -> set[str]:
    """Return the modules that are frozen, as the table of their names has them."""
    text = (objects / "frozen_content.c").read_text()
    table = re.search(r"mp_frozen_names\[\] = \{(.*?)\n\};", text, re.S)
    if table is None:
        raise ValueError("frozen_content.c has no table of names")
    paths = re.findall(r'"([\w/]+)\.py\\0"', table[1])
    return {path.removesuffix("/__init__").replace("/", ".") for path in paths}


def entry(module: Path, checks: str, objects: Path, flags: list[str]) -> Entry:
    pins = read_pins()
    about: Entry = {
        "interpreter": "MicroPython",
        "version": pins["MICROPYTHON_VERSION"],
        "language": pins["MICROPYTHON_LANGUAGE"],
        "licence": "MIT",
        "contains": CONTAINS,
        "source": f"Debian source package {pins['MICROPYTHON_PACKAGE']} "
        f"{pins['MICROPYTHON_PACKAGE_VERSION']}",
        "source_sha256": pins["MICROPYTHON_SHA256"],
        "tools": [
            f"ziglang {pins['ZIG_VERSION']} sha256:{pins['ZIG_SHA256']}",
            f"binaryen {pins['BINARYEN_VERSION']} sha256:{pins['BINARYEN_SHA256']}",
        ],
    }
    names = builtin_modules(objects) | frozen_modules(objects)
    return built(module, checks, about, PORT, names, flags)


def main(module: str, checks: str, objects: str, *flags: str) -> None:
    print(dumps({"micropython": entry(Path(module), checks, Path(objects), list(flags))}), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
