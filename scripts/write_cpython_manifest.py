"""Print the manifest entry of a built cpython.wasm.

    write_cpython_manifest.py IMAGE CHECKS MODULES CONFIG NAME=FLAGS...

CHECKS is "passed" or "skipped"; MODULES lists the frozen modules, and CONFIG is the
config.c that names the built-in ones.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from manifest import ROOT, Entry, built, dumps, read_pins

PORT = ROOT / "wasm-src" / "cpython"

CONTAINS = [
    "CPython: PSF-2.0",
    "bzip2: bzip2-1.0.6",
    "expat (in CPython): MIT",
    "HACL* (in CPython): Apache-2.0 OR MIT",
    "LLVM compiler-rt (ported in zig's runtime): Apache-2.0 WITH LLVM-exception",
    "liblzma: 0BSD",
    "libmpdec (in CPython): BSD-2-Clause",
    "musl and wasi-libc (libc, by way of zig): MIT",
    "sqlite: blessing",
    "time zone database: public domain",
    "zig (memory allocation, string functions, compiler runtime): MIT",
    "zlib: Zlib",
]


def builtin_modules(config: Path) -> set[str]:
    """Return the modules that are compiled in."""
    return set(re.findall(r'^\s*\{"(\w+)", ', config.read_text(), re.M))


def entry(image: Path, checks: str, modules: Path, config: Path, flags: list[str]) -> Entry:
    pins = read_pins()
    about: Entry = {
        "interpreter": "CPython",
        "version": pins["CPYTHON_VERSION"],
        "language": ".".join(pins["CPYTHON_VERSION"].split(".")[:2]),
        "licence": "PSF-2.0",
        "contains": CONTAINS,
        "source": f"Debian source package {pins['CPYTHON_PACKAGE']} "
        f"{pins['CPYTHON_PACKAGE_VERSION']}",
        "source_sha256": pins["CPYTHON_SHA256"],
        "libraries": [
            f"zlib {pins['ZLIB_PACKAGE_VERSION']} sha256:{pins['ZLIB_SUM']}",
            f"bzip2 {pins['BZIP2_PACKAGE_VERSION']} sha256:{pins['BZIP2_SUM']}",
            f"xz-utils {pins['XZ_PACKAGE_VERSION']} sha256:{pins['XZ_SUM']}",
            f"sqlite3 {pins['SQLITE_PACKAGE_VERSION']} sha256:{pins['SQLITE_SUM']}",
            f"tzdata {pins['TZDATA_VERSION']} sha256:{pins['TZDATA_SUM']}",
        ],
        "tools": [f"ziglang {pins['ZIG_VERSION']} sha256:{pins['ZIG_SHA256']}"],
    }
    names = set(modules.read_text().split()) | builtin_modules(config)
    return built(image, checks, about, PORT, names, flags)


def main(image: str, checks: str, modules: str, config: str, *flags: str) -> None:
    made = entry(Path(image), checks, Path(modules), Path(config), list(flags))
    print(dumps({"cpython": made}), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
