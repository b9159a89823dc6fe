"""What interpreters there are, without starting one."""

from __future__ import annotations

from dataclasses import dataclass

from .._wasm import _artifacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterInfo:
    """An interpreter that `Session` can run.

    Args:
        name: As in ``Session(interpreter=...)``.

        title: How it is written: ``"CPython"``.

        version: Version of the interpreter.

        digest: sha256 of its artifact.

        size: Bytes of its artifact.

        modules: Names that guest code can import.
    """

    name: str
    title: str
    version: str
    digest: str
    size: int
    modules: tuple[str, ...]


def available_interpreters() -> list[InterpreterInfo]:
    """Return the interpreters that this installation has.

    Raises:
        ArtifactError: The manifest or an artifact is missing or damaged.
    """
    found = []
    for name in _artifacts.names():
        artifact = _artifacts.load(name)
        size = len(artifact.read())
        found.append(
            InterpreterInfo(
                name=name,
                title=artifact.title,
                version=artifact.version,
                digest=artifact.digest,
                size=size,
                modules=artifact.modules,
            )
        )
    return found
