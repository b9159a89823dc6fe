"""The manifest of the artifacts: what it says, and how it is written and read.

It is TOML, and of TOML only tables, strings, integers and arrays of strings, each
value in its JSON form: Python 3.10 reads it with nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from wasm_module import read_module

ROOT = Path(__file__).resolve().parents[1]
ABI_HEADER = ROOT / "wasm-src" / "include" / "sandbox_abi.h"

Entry = dict[str, "str | int | list[str]"]

ENTRY = re.compile(r"^(\w+) = (.*?)(?=^\w+ = |^\[\w+\]$|\Z)", re.M | re.S)
TABLE = re.compile(r"^\[(\w+)\]$", re.M)


def dumps(tables: dict[str, Entry]) -> str:
    """Return the manifest's text; arrays have one line for each element."""
    lines = ["# Written by the build scripts; scripts/check_artifacts.py compares it."]
    for name, entry in tables.items():
        lines += ["", f"[{name}]"]
        for key, value in entry.items():
            indent = 4 if isinstance(value, list) and value else None
            lines.append(f"{key} = {json.dumps(value, indent=indent)}")
    return "\n".join(lines) + "\n"


def loads(text: str) -> dict[str, Entry]:
    """Return the tables of a manifest's text."""
    _, *parts = TABLE.split(text)
    return {
        name: {key: json.loads(value) for key, value in ENTRY.findall(body)}
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def built(
    artifact: Path, checks: str, about: Entry, port: Path, modules: set[str], flags: list[str]
) -> Entry:
    """Return the entry of an artifact that has just been built.

    Args:
        checks: What became of the build's own checks: "passed" or "skipped".

        about: What cannot be read from the artifact: versions, licences, sources, tools.

        port: The folder whose patches are in it.

        modules: The modules that guest code can import without a file.
    """
    data = artifact.read_bytes()
    module = read_module(artifact)
    return {
        "file": artifact.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "abi": abi_version(),
        "checks": checks,
        **about,
        "patches": sorted(path.name for path in (port / "patches").glob("*.patch")),
        "modules": sorted(modules),
        "imports": module.imports,
        "exports": module.exports,
        "flags": flags,
    }


def abi_version() -> int:
    """Return the ABI version that the header defines."""
    found = re.search(r"^#define SANDBOX_ABI_VERSION (\d+)$", ABI_HEADER.read_text(), re.M)
    if found is None:
        raise ValueError(f"{ABI_HEADER} defines no SANDBOX_ABI_VERSION")
    return int(found[1])


def read_pins() -> dict[str, str]:
    """Return the pins of scripts/pins.env by name."""
    text = (ROOT / "scripts" / "pins.env").read_text()
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
