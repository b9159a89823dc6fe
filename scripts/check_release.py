#!/usr/bin/env python3
"""Look at what a release consists of before anybody installs it.

    python -m build --outdir dist
    python scripts/check_release.py dist [--again FOLDER] [--project plugins/NAME]

*dist* has one source distribution and one wheel or more, for any platform and for single ones.
Each wheel must hold what the project installs, all of it and nothing else, as its own record
says; the source distribution every file of the project. With ``--again`` the files of another
build must have the same bytes. Prints what is wrong and exits 1, or one line for each file. Needs
nothing but Python and git.
"""

from __future__ import annotations

import argparse
import base64
import csv
import email
import email.message
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from manifest import ROOT, loads

Files = dict[str, bytes]

PACKAGE = "sandbox_wasm"
# Twice what they take today. A package index has limits too, and users have lines.
MOST_BYTES = {"any": 20 << 20, "platform": 50 << 20, "source": 22 << 20}
SUFFIXES = {".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".typed", ".wasm"}
NEEDED = [
    "py.typed",
    "artifacts/manifest.toml",
    ".agents/llms.txt",
    ".agents/skills/sandbox-wasm/SKILL.md",
]
MAY_BE_EMPTY = {"__init__.py", "py.typed"}
METADATA = ["Name", "Version", "Summary", "Author", "License-Expression", "Requires-Python"]
METADATA += ["Keywords", "Classifier", "Requires-Dist", "Description-Content-Type"]


@dataclass(frozen=True)
class Project:
    """What a release is compared with.

    Attributes:
        name: As it stands in the names of files.
        version: Of the release.
        installs: The contents of what is installed, by the names that it has then.
        sources: The names of all files.
        licences: The names of the files that say what one may do with it.
    """

    name: str
    version: str
    installs: Files
    sources: frozenset[str]
    licences: frozenset[str]


def read_project(root: Path = ROOT) -> Project:
    """Return what is in the folder *root*: the package itself, or a plugin of one module."""
    settings = (root / "pyproject.toml").read_text("utf-8")
    sources = listed(root)
    if (root / PACKAGE).is_dir():
        where = {name: name for name in sources if name.startswith(f"{PACKAGE}/")}
        where |= {f"{PACKAGE}/{name}": name for name in sources if name.startswith("artifacts/")}
        version = only(
            r'^__version__ = "([^"]+)"$', (root / PACKAGE / "__init__.py").read_text("utf-8")
        )
    else:
        where = {name: name for name in sources if re.fullmatch(r"\w+\.py", name)}
        version = only(r'^version = "([^"]+)"$', settings)
    return Project(
        name=only(r'^name = "([^"]+)"$', settings).replace("-", "_"),
        version=version,
        installs={installed: (root / name).read_bytes() for installed, name in where.items()},
        sources=frozenset(sources),
        licences=frozenset(json.loads(only(r"^license-files = (.*)$", settings))),
    )


def only(pattern: str, text: str) -> str:
    """Return what *pattern* finds in *text*, which must be one thing."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return str(found)


def listed(root: Path) -> set[str]:
    """Return the names of the files that git tracks in *root*, or would if it were told to."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others"]
    done = subprocess.run(
        [*command, "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True
    )
    return {name for name in done.stdout.split("\0") if name and (root / name).is_file()}


def wheel_problems(name: str, files: Files, project: Project) -> Iterator[str]:
    """Yield a sentence for whatever is wrong with a wheel.

    Args:
        name: The file's name.
        files: Its members.
        project: What it should be of.
    """
    opening, tag = f"{project.name}-{project.version}", name.removesuffix(".whl").split("-", 2)[2]
    if not name.startswith(f"{opening}-"):
        yield f"the project is {opening}"
    info = f"{opening}.dist-info"
    compiled = {member for member in files if member.startswith(f"{PACKAGE}/compiled/")}
    if compiled and tag.endswith("-any"):
        yield "what is compiled for one platform is in a wheel for any"
    for member, data in files.items():
        if member in compiled or member.startswith(f"{info}/"):
            continue
        if PurePosixPath(member).suffix not in SUFFIXES:
            yield f"{member} is no file of a package"
        if project.installs.get(member) != data:
            yield f"{member} is not what the source has"
    for member in sorted(project.installs.keys() - files.keys()):
        yield f"{member} is missing"
    if project.name == PACKAGE:
        yield from content_problems(files)
    yield from record_problems(files, f"{info}/RECORD")
    metadata = email.message_from_bytes(files.get(f"{info}/METADATA", b""))
    yield from metadata_problems(metadata, project)
    for licence in sorted(project.licences):
        if not files.get(f"{info}/licenses/{licence}"):
            yield f"{info}/licenses/{licence} is missing"


def content_problems(files: Files) -> Iterator[str]:
    """Look for what must not be missing, and compare the artifacts with their manifest."""
    for name in NEEDED:
        if f"{PACKAGE}/{name}" not in files:
            yield f"{PACKAGE}/{name} is missing"
    folder = f"{PACKAGE}/artifacts"
    tables = loads(files.get(f"{folder}/manifest.toml", b"").decode())
    for name, entry in tables.items():
        data = files.get(f"{folder}/{entry['file']}", b"")
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            yield f"the artifact {name} is not the one of the manifest"


def record_problems(files: Files, record: str) -> Iterator[str]:
    """Compare the members with what the record says of them."""
    rows = list(csv.reader(files.get(record, b"").decode().splitlines()))
    told = {row[0]: row[1:] for row in rows}
    if len(told) != len(rows) or told.keys() != files.keys():
        yield f"{record} does not list the files that there are"
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        if name != record and told.get(name) != [f"sha256={digest}", str(len(data))]:
            yield f"{record} has another digest or size of {name}"


def metadata_problems(metadata: email.message.Message, project: Project) -> Iterator[str]:
    """Look at what a package index shows."""
    for field in METADATA:
        if not metadata.get(field):
            yield f"the metadata has no {field}"
    if metadata["Version"] != project.version:
        yield f"the metadata has version {metadata['Version']}"
    if len(str(metadata.get_payload())) < 500:
        yield "the metadata has no description"
    if project.licences != set(metadata.get_all("License-File") or []):
        yield "the metadata names other licence files than the project"
    for url in metadata.get_all("Project-URL") or []:
        if re.search(r"example|localhost|your-|\.invalid", url):
            yield f"the address {url!r} leads nowhere"


def sdist_problems(name: str, members: list[tarfile.TarInfo], project: Project) -> Iterator[str]:
    """Yield a sentence for whatever is wrong with a source distribution."""
    top = f"{project.name}-{project.version}"
    if name != f"{top}.tar.gz":
        yield f"the project is {top}"
    for member in members:
        if not member.isfile():
            yield f"{member.name} is no plain file"
        elif not member.size and PurePosixPath(member.name).name not in MAY_BE_EMPTY:
            yield f"{member.name} is empty"
    found = {member.name for member in members}
    wanted = {f"{top}/{path}" for path in {*project.sources, "PKG-INFO"}}
    for path in sorted(wanted - found):
        yield f"{path} is missing"
    # hatchling adds the one that it went by, be it of a folder above.
    for path in sorted(found - wanted - {f"{top}/.gitignore"}):
        yield f"{path} is no file of the project"


def zip_files(path: Path) -> Files:
    """Return the members of a wheel."""
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        if len(names) != len(set(names)):
            sys.exit(f"{path.name}: two members have one name")
        return {name: file.read(name) for name in names}


def problems(path: Path, project: Project, again: Path | None = None) -> Iterator[str]:
    """Yield a sentence for whatever is wrong with the file *path* of a release."""
    if path.suffix == ".whl":
        kind = "any" if path.stem.endswith("-any") else "platform"
        yield from wheel_problems(path.name, zip_files(path), project)
    else:
        kind = "source"
        with tarfile.open(path) as file:
            yield from sdist_problems(path.name, file.getmembers(), project)
    if path.stat().st_size > MOST_BYTES[kind]:
        yield f"it has {path.stat().st_size} bytes, and {MOST_BYTES[kind]} is the most"
    if again is not None:
        other = again / path.name
        if not other.is_file() or other.read_bytes() != path.read_bytes():
            yield f"{other} does not have the same bytes"


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the files of the release are")
    parser.add_argument("--again", type=Path, help="another build of the same, to compare with")
    parser.add_argument("--project", type=Path, default=ROOT, help="the folder of its sources")
    options = parser.parse_args()
    project = read_project(options.project)
    paths = sorted(options.folder.glob(f"{project.name}-*"))
    if {".gz", ".whl"} != {path.suffix for path in paths}:
        sys.exit(f"{options.folder} has no wheel and source distribution of {project.name}")
    wrong = [
        f"{path.name}: {text}" for path in paths for text in problems(path, project, options.again)
    ]
    if wrong:
        sys.exit("\n".join(wrong))
    for path in paths:
        print(f"{path.name}: {path.stat().st_size} bytes, ok")


if __name__ == "__main__":
    main()
