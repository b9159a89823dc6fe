"""Where the interpreters lie, and what the manifest says of them."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from .._errors import ArtifactError

_PACKAGE = Path(__file__).resolve().parent.parent


class Artifact(NamedTuple):
    """One interpreter as it was built.

    Attributes:
        name: ``"cpython"``, as in ``Session(interpreter=...)``.

        title: How it is written: ``"CPython"``.

        version: Version of the interpreter.

        digest: sha256 of the file, as the manifest gives it.

        abi: Version of the guest ABI that it speaks.

        modules: Names that guest code can import.

        path: The file.
    """

    name: str
    title: str
    version: str
    digest: str
    abi: int
    modules: tuple[str, ...]
    path: Path

    def read(self) -> bytes:
        """Return the file's bytes, after checking them against the manifest.

        Raises:
            ArtifactError: The file is missing, unreadable or not the one that
                the manifest describes.
        """
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise ArtifactError(
                f"interpreter {self.name!r} cannot be read: reinstall sandbox-wasm "
                f"({error.strerror})"
            ) from error
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise ArtifactError(
                f"interpreter {self.name!r} is not the one in the manifest "
                f"(sha256 differs): reinstall sandbox-wasm"
            )
        return data


def directory() -> Path:
    """Return the folder of the artifacts: in the wheel, or in a source checkout."""
    inside = _PACKAGE / "artifacts"
    return inside if inside.is_dir() else _PACKAGE.parent / "artifacts"


@functools.cache
def load(name: str, folder: Path | None = None) -> Artifact:
    """Return the artifact of that name.

    Raises:
        ArtifactError: There is no manifest, or it does not describe *name*.
    """
    folder = folder or directory()
    entries = _manifest(folder)
    if name not in entries:
        raise ArtifactError(f"the manifest has no interpreter {name!r}: reinstall sandbox-wasm")
    entry = entries[name]
    try:
        file = str(entry["file"])
        if not re.fullmatch(r"[\w.-]+", file):
            raise ValueError("file is not a plain name")
        return Artifact(
            name=name,
            title=str(entry["interpreter"]),
            version=str(entry["version"]),
            digest=str(entry["sha256"]),
            abi=int(entry["abi"]),
            modules=tuple(entry["modules"]),
            path=folder / file,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the manifest's entry of {name!r} is damaged: reinstall sandbox-wasm ({error})"
        ) from error


def names(folder: Path | None = None) -> list[str]:
    """Return the names of all artifacts."""
    return sorted(_manifest(folder or directory()))


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "manifest.toml"
    try:
        text = path.read_text(encoding="utf-8")
        _, *parts = _TABLE.split(text)
        return {
            name: {key: json.loads(value) for key, value in _ENTRY.findall(body)}
            for name, body in zip(parts[::2], parts[1::2], strict=True)
        }
    except NotADirectoryError as error:
        raise ArtifactError(
            "sandbox-wasm is imported from an archive, and its interpreters are files: install it "
            "in a folder"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(
            f"the manifest of interpreters cannot be read: reinstall sandbox-wasm ({error})"
        ) from error


# The build scripts write every value in its JSON form, which is TOML as well, so
# that Python 3.10 needs no TOML reader.
_TABLE = re.compile(r"^\[(\w+)\]$", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+) = (.*?)(?=^\w+ = |^\[\w+\]$|\Z)", re.MULTILINE | re.DOTALL)
