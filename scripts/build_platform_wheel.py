#!/usr/bin/env python3
"""Make a wheel for this platform that carries the compiled interpreters.

    python -m build --wheel
    python scripts/build_platform_wheel.py dist/sandbox_wasm-*-py3-none-any.whl

writes ``dist/sandbox_wasm-...-py3-none-<platform>.whl`` beside it: the same files and, in
``sandbox_wasm/compiled``, the modules of each interpreter, compiled by the wasmtime that is
installed here for any processor of this kind. A first run from it compiles nothing, as
long as exactly this wasmtime is installed; with another it compiles as ever. The platform
is that of the installed wasmtime's own wheel, because it runs where that runs.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from sandbox_wasm._wasm import _artifacts
from sandbox_wasm._wasm._compile import compile_module
from sandbox_wasm._wasm._config import Variant, is_portable, module_key

FOLDER = "sandbox_wasm/compiled"
# A wheel's members get this time, so that the same input makes the same bytes.
TIME = (1980, 1, 1, 0, 0, 0)


def platform() -> str:
    """Return the platform tag of the installed wasmtime."""
    text = distribution("wasmtime").read_text("WHEEL") or ""
    (tag,) = [line.rpartition("-")[2] for line in text.splitlines() if line.startswith("Tag: ")]
    if tag == "any":
        sys.exit("the installed wasmtime is for any platform: there is nothing to compile for")
    return tag


def check_host() -> None:
    """Refuse to compile what would serve on this machine alone."""
    if not is_portable():
        sys.exit("modules that are compiled here fit this machine only: the wheel would not serve")


def compiled(wheel: zipfile.ZipFile, names: list[str]) -> dict[str, bytes]:
    """Return the files to add: one for each interpreter of *wheel*, and the index."""
    files, index = {}, {}
    for name in names:
        artifact = _artifacts.load(name)
        data = artifact.read()
        if wheel.read(f"sandbox_wasm/artifacts/{artifact.path.name}") != data:
            sys.exit(f"{name} in the wheel is not the one of this checkout")
        module = compile_module(name, data, Variant())
        entry = {"file": f"{name}.cwasm", "bytes": len(module)}
        index[module_key(artifact.digest, Variant())] = entry
        files[f"{FOLDER}/{name}.cwasm"] = module
    files[f"{FOLDER}/index.json"] = json.dumps(index, indent=1).encode()
    return files


def repack(source: Path, names: list[str]) -> Path:
    """Write the wheel for this platform beside *source*; return where."""
    tag = platform()
    target = source.with_name(source.name.replace("-py3-none-any", f"-py3-none-{tag}"))
    if target == source:
        sys.exit(f"{source.name} is no wheel for any platform")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        files = {info.filename: old.read(info) for info in old.infolist()}
        files |= compiled(old, names)
        (info,) = [name for name in files if name.endswith(".dist-info/WHEEL")]
        record = info.replace("/WHEEL", "/RECORD")
        files[info] = (
            files[info]
            .replace(b"Tag: py3-none-any", f"Tag: py3-none-{tag}".encode())
            .replace(b"Root-Is-Purelib: true", b"Root-Is-Purelib: false")
        )
        del files[record]
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        for name, data in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            writer.writerow([name, f"sha256={digest.decode()}", len(data)])
        writer.writerow([record, "", ""])
        files[record] = rows.getvalue().encode()
        for name, data in files.items():
            member = zipfile.ZipInfo(name, TIME)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, data)
    return target


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--interpreter", action="append", help="only this one; may be repeated")
    options = parser.parse_args()
    check_host()
    print(repack(options.wheel, options.interpreter or _artifacts.names()))


if __name__ == "__main__":
    main()
