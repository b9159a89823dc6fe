"""Compare the artifacts with artifacts/manifest.toml, and both with the ABI header.

    check_artifacts.py [FOLDER]

Prints what is wrong and exits 1, or prints one line for each artifact.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from manifest import ROOT, Entry, abi_version, loads
from wasm_module import Module, read_module

IMPORTS = ["sandbox.call func", "sandbox.sys func"]
EXPORTS = [
    "__stack_pointer global i32 mut",
    "memory memory",
    "sandbox_alloc func",
    "sandbox_exchange global i32",
    "sandbox_exec func",
    "sandbox_start func",
]


def problems(folder: Path) -> Iterator[str]:
    """Yield a sentence for each disagreement in *folder*."""
    tables = loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    files = {str(entry["file"]) for entry in tables.values()}
    for path in sorted(folder.glob("*.wasm")):
        if path.name not in files:
            yield f"{path.name} is not in the manifest"
    for name, entry in tables.items():
        for problem in entry_problems(folder, entry):
            yield f"{name}: {problem}"


def entry_problems(folder: Path, entry: Entry) -> Iterator[str]:
    path = folder / str(entry["file"])
    if not path.is_file():
        yield f"{path.name} is missing"
        return
    data = path.read_bytes()
    module = read_module(path)
    found: Entry = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "abi": abi_version(),
        "imports": module.imports,
        "exports": module.exports,
        "checks": "passed",
    }
    for key, value in found.items():
        if entry[key] != value:
            yield f"{key} is {value!r}, the manifest has {entry[key]!r}"
    yield from surface_problems(module)


def surface_problems(module: Module) -> Iterator[str]:
    """Yield a sentence where a module asks for or offers something else than the ABI says."""
    if module.imports != IMPORTS:
        yield f"the ABI has the imports {IMPORTS}, the module {module.imports}"
    if module.exports != EXPORTS:
        yield f"the ABI has the exports {EXPORTS}, the module {module.exports}"


def main(folder: Path) -> int:
    found = list(problems(folder))
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        for name, entry in loads((folder / "manifest.toml").read_text(encoding="utf-8")).items():
            print(f"{name} {entry['version']}: {entry['bytes']} bytes, sha256 {entry['sha256']}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "artifacts"))
