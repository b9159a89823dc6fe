"""The packages of a session: wheels as one read-only tree, shared by all that ask for them.

The tree is built once for a set of wheels. What CPython would compile at each import in
each session is compiled once in a session of its own, and kept: importing sympy takes
1.3 s with it and 8 without. The host's Python has no part in it: it is another version,
and what it is given comes from strangers.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from . import _resolve, _wheels
from ._checks import listed, shown
from ._errors import ConfigError, SandboxError
from ._limits import Limits
from ._nodes import TreeState, build
from ._wasm import _artifacts
from ._wasm._cache import ModuleCache, default_folder

Parts = tuple[str, ...]
# Takes sources by guest path; returns bytecode for those that are Python.
Compiler = Callable[[dict[str, bytes]], dict[str, bytes]]

PLACE = "/packages"
_LANGUAGE = "3.13"  # what wheels are chosen for; MicroPython has no wheels of its own
_TAG = "cpython-313"
_BATCH = 1 << 20  # bytes of source that are compiled at once


def trees(
    packages: Iterable[object], interpreter: str, make_session: Callable[..., Any]
) -> tuple[tuple[Path, ...], dict[str, TreeState]]:
    """Return the wheels of *packages*, and their tree at its guest path.

    Args:
        packages: Paths of wheels, and names with version specifiers, which bring all that
            they need.

        interpreter: The session's.

        make_session: The class `Session`; bytecode is made in one.

    Raises:
        ConfigError: One is not there, damaged, or has native code.
    """
    paths = tuple(_paths(packages))
    state = _tree(tuple(map(_identify, paths)), interpreter, _compiler(make_session))
    return paths, {PLACE: state}


def _paths(packages: Iterable[object]) -> list[Path]:
    """Return the wheels of *packages*."""
    paths: list[Path] = []
    names: list[str] = []
    for package in listed(packages, "packages"):
        if isinstance(package, os.PathLike) or (
            isinstance(package, str) and package.endswith(".whl")
        ):
            paths.append(Path(package).absolute())
        elif isinstance(package, str):
            names.append(package)
        else:
            kind = type(package).__name__
            raise ConfigError(f"a package is a path or a name, got {kind}")
    ours = {_wheels.tags(path.name)[0] for path in paths}
    if names:
        found = _resolve.resolve(names, _LANGUAGE)
        # A wheel that was given itself stands for the one of that name.
        paths += [path for path in found if _wheels.tags(path.name)[0] not in ours]
    return paths


def _identify(path: Path) -> tuple[Path, int, int, int]:
    try:
        info = path.stat()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise ConfigError(f"package {shown(path.name)} cannot be read: {why}") from error
    return path, info.st_ino, info.st_size, info.st_mtime_ns


@functools.lru_cache(maxsize=8)
def _tree(
    wheels: tuple[tuple[Path, int, int, int], ...], interpreter: str, compiler: Compiler
) -> TreeState:
    files: dict[Parts, bytes] = {}
    names: set[str] = set()
    size = 0
    for path, *_ in wheels:
        wheel = _wheels.read(path)
        if wheel.name in names:
            raise ConfigError(f"package {shown(wheel.name)} is there twice")
        names.add(wheel.name)
        for parts, data in wheel.files.items():
            if files.setdefault(parts, data) != data:
                both = shown("/".join(parts))
                raise ConfigError(f"package {shown(wheel.name)} and another have {both}")
        size += sum(map(len, wheel.files.values()))
        if size > _wheels.MAX_BYTES or len(files) > _wheels.MAX_FILES:
            raise ConfigError(
                f"packages are more than {_wheels.MAX_BYTES} bytes or {_wheels.MAX_FILES} files"
            )
        if interpreter == "cpython":
            for parts, data in _bytecode(wheel, interpreter, compiler).items():
                files.setdefault(parts, data)
    try:
        return build(files)
    except ValueError as error:
        raise ConfigError(f"packages do not fit together: {error}") from error


def _bytecode(wheel: _wheels.Wheel, interpreter: str, compiler: Compiler) -> dict[Parts, bytes]:
    """Return the bytecode of a wheel's modules, made before or now."""
    sources = {
        f"{PLACE}/{'/'.join(parts)}": data
        for parts, data in sorted(wheel.files.items())
        if parts[-1].endswith(".py") and not {"tests", "test", "testing"} & set(parts)
    }
    if not sources:
        return {}
    digest = hashlib.sha256()
    for path, data in sources.items():
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    key = repr(("bytecode", _artifacts.load(interpreter).digest, digest.hexdigest()))

    def make() -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for batch in _batches(sources):
                for path, code in compiler(batch).items():
                    if path in batch and isinstance(code, bytes):
                        archive.writestr(path, code)
        return packed.getvalue()

    folder = default_folder()
    try:
        kept = ModuleCache(folder and folder / "bytecode", "zip").get(key, make)
        with zipfile.ZipFile(kept if isinstance(kept, Path) else io.BytesIO(kept)) as archive:
            made = {name: archive.read(name) for name in archive.namelist()}
    except (SandboxError, OSError, zipfile.BadZipFile):
        return {}  # imports take longer
    return {_cached_name(path): code for path, code in made.items()}


def _batches(sources: dict[str, bytes]) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for path, data in sources.items():
        if size + len(data) > _BATCH and batch:
            yield batch
            batch, size = {}, 0
        batch[path] = data
        size += len(data)
    yield batch


def _cached_name(path: str) -> Parts:
    """Return where import looks for the bytecode of the module at *path*."""
    *folders, name = path.removeprefix(f"{PLACE}/").split("/")
    return (*folders, "__pycache__", f"{name.removesuffix('.py')}.{_TAG}.pyc")


@functools.cache
def _compiler(make_session: Callable[..., Any]) -> Compiler:
    """Return a compiler that runs in a session of CPython of its own for each batch."""
    source = Path(__file__).with_name("_guest").joinpath("bytecode.py").read_text("utf-8")
    limits = Limits(
        wall_seconds=600, memory_bytes=1 << 30, input_bytes=128 << 20, result_bytes=256 << 20
    )

    def compiler(sources: dict[str, bytes]) -> dict[str, bytes]:
        with make_session("cpython", limits=limits) as session:
            session.run(source)
            made: dict[str, bytes] = session.call("_sandbox_bytecode", sources)
            return made

    return compiler
