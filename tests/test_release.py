"""What a release consists of: one version, every notice, and files that are what they should be."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

import sandbox_wasm

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "scripts"
PLUGINS = sorted((ROOT / "plugins").glob("*/pyproject.toml"))
SETTINGS = (ROOT / "pyproject.toml").read_text("utf-8")


def load(name: str) -> ModuleType:
    """A module of the scripts, which find one another beside them."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec = importlib.util.spec_from_file_location(f"scripts_{name}", SCRIPTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SCRIPTS))
    return module


check_release = load("check_release")
manifest = load("manifest")

Files = dict[str, bytes]

# ---- the version


def test_version_stands_in_one_place() -> None:
    """
    The build reads it from the package, and so does whoever tells it.
    """
    assert 'dynamic = ["version"]' in SETTINGS
    assert '[tool.hatch.version]\npath = "sandbox_wasm/__init__.py"\n' in SETTINGS

    package = Path(sandbox_wasm.__file__).parent
    literal = f'"{sandbox_wasm.__version__}"'
    places = [path for path in package.rglob("*.py") if literal in path.read_text("utf-8")]
    assert [package / "__init__.py"] == places


def test_command_tells_the_version() -> None:
    """
    It is the package's.
    """
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_wasm", "--version"], capture_output=True, text=True
    )

    assert f"sandbox-wasm, version {sandbox_wasm.__version__}\n" == done.stdout


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.parent.name)
def test_plugins_are_released_together(path: Path) -> None:
    """
    A plugin has the version of the package, and asks for no older one, nor for one whose names
    may be others; its licence is the same.
    """
    text = path.read_text("utf-8")
    version = sandbox_wasm.__version__
    major, minor = map(int, version.split(".")[:2])
    changed = f"0.{minor + 1}" if major == 0 else f"{major + 1}"

    assert f'\nversion = "{version}"\n' in text
    assert f'"sandbox-wasm>={version},<{changed}"' in text
    assert (ROOT / "LICENSE").read_bytes() == (path.parent / "LICENSE").read_bytes()


def test_there_are_plugins() -> None:
    """
    The test above has something to look at.
    """
    assert len(PLUGINS) == 3


# ---- the changelog

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_changelog() -> None:
    """
    The newest release comes first and is this one; its kinds of change have a fixed order.
    """
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    releases = re.findall(r"^## (.+)$", text, re.MULTILINE)
    version = re.escape(sandbox_wasm.__version__)

    assert re.fullmatch(rf"Unreleased \({version}\)|{version} \(\d{{4}}-\d\d-\d\d\)", releases[0])
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
        assert kinds == sorted(set(kinds), key=KINDS.index)


# ---- the notices


def components() -> list[str]:
    """What the artifacts contain by their manifest: "name (where): licence"."""
    tables = manifest.loads((ROOT / "artifacts" / "manifest.toml").read_text("utf-8"))
    return sorted({line for entry in tables.values() for line in entry["contains"]})


@pytest.mark.parametrize("component", components())
def test_component_has_a_notice(component: str) -> None:
    """
    NOTICE names what an artifact contains in the opening of a section.
    """
    name = component.partition(":")[0].partition(" (")[0].removeprefix("LLVM ")
    sections = re.split(r"^-{70,}\n", (ROOT / "NOTICE").read_text("utf-8"), flags=re.MULTILINE)
    openings = [section.partition("\n\n")[0].lower() for section in sections]

    for word in name.lower().split(" and "):
        assert any(word in opening for opening in openings), word


def test_notice_has_the_licence_texts() -> None:
    """
    Of each licence of the manifest that asks for it, some words that are its own stand there.
    """
    words = {
        "0BSD": "BSD Zero Clause",
        "Apache-2.0 OR MIT": "HACL*",
        "Apache-2.0 WITH LLVM-exception": "LLVM Exceptions",
        "BSD-2-Clause": "Redistributions in binary form must reproduce",
        "MIT": "The above copyright notice and this permission notice shall be included in",
        "PSF-2.0": "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2",
        "Zlib": "This software is provided 'as-is'",
        "blessing": "SQLite",
        "bzip2-1.0.6": "Julian R Seward",
        "public domain": "public domain",
    }
    notice = (ROOT / "NOTICE").read_text("utf-8")
    licences = {component.rpartition(": ")[2] for component in components()}

    assert licences <= words.keys()
    for licence in licences:
        assert words[licence] in notice, licence


# ---- the files of a release

NAME = "sandbox_wasm-1.0-py3-none-any.whl"
INFO = "sandbox_wasm-1.0.dist-info"
DIGEST = hashlib.sha256(b"\0asm").hexdigest()
INSTALLS: Files = {
    "sandbox_wasm/__init__.py": b'__version__ = "1.0"\n',
    "sandbox_wasm/py.typed": b"",
    "sandbox_wasm/.agents/llms.txt": b"words",
    "sandbox_wasm/.agents/skills/sandbox-wasm/SKILL.md": b"words",
    "sandbox_wasm/artifacts/tiny.wasm": b"\0asm",
    "sandbox_wasm/artifacts/manifest.toml": (
        f'# Words.\n\n[tiny]\nfile = "tiny.wasm"\nsha256 = "{DIGEST}"\n'.encode()
    ),
}
METADATA = (
    """\
Metadata-Version: 2.4
Name: sandbox-wasm
Version: 1.0
Summary: words
Author: somebody
License-Expression: Apache-2.0
License-File: LICENSE
License-File: NOTICE
Keywords: words
Classifier: Typing :: Typed
Requires-Python: >=3.10
Requires-Dist: click
Description-Content-Type: text/markdown

"""
    + "Words. " * 100
)
PROJECT = check_release.Project(
    name="sandbox_wasm",
    version="1.0",
    installs=INSTALLS,
    sources=frozenset({"pyproject.toml", "tests/test_x.py"}),
    licences=frozenset({"LICENSE", "NOTICE"}),
)


def wheel() -> Files:
    """The members of a wheel that is as it should be, without its record."""
    return INSTALLS | {
        f"{INFO}/METADATA": METADATA.encode(),
        f"{INFO}/licenses/LICENSE": b"words",
        f"{INFO}/licenses/NOTICE": b"words",
    }


def record(files: Files) -> Files:
    """The members with a record of them."""
    rows = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(data)}\n")
    return files | {f"{INFO}/RECORD": "".join([*rows, f"{INFO}/RECORD,,\n"]).encode()}


def in_wheel(files: Files, name: str = NAME) -> list[str]:
    return list(check_release.wheel_problems(name, files, PROJECT))


def test_good_wheel() -> None:
    """
    Nothing is wrong with it, for any platform or with compiled modules for one.
    """
    compiled = {"sandbox_wasm/compiled/tiny.cwasm": b"code"}

    assert [] == in_wheel(record(wheel()))
    assert [] == in_wheel(record(wheel() | compiled), NAME.replace("-any", "-win_amd64"))


@pytest.mark.parametrize(
    "extra",
    [
        "tests/test_x.py",
        "sandbox_wasm/scratch.py",
        "sandbox_wasm/__pycache__/_x.cpython-311.pyc",
        "../evil.py",
        "/etc/evil.py",
        "sandbox_wasm-1.0.data/scripts/run",
        "sandbox_wasm/compiled/tiny.cwasm",
    ],
)
def test_wheel_with_more(extra: str) -> None:
    """
    What the project does not install is named; compiled code is for one platform.
    """
    found = in_wheel(record(wheel() | {extra: b"x"}))

    assert found
    assert all(extra in text or "compiled for one platform" in text for text in found)


@pytest.mark.parametrize("missing", [*wheel()])
def test_wheel_with_less(missing: str) -> None:
    """
    What is missing is noticed, be it code, an artifact, a licence or the metadata.
    """
    files = wheel()
    del files[missing]

    assert in_wheel(record(files))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("Version: 1.0", "Version: 2.0"), "the metadata has version 2.0"),
        (("Keywords: words\n", ""), "the metadata has no Keywords"),
        (("License-File: NOTICE\n", ""), "the metadata names other licence files"),
        (("Words. " * 100, "Words."), "the metadata has no description"),
        (("Keywords", "Project-URL: Home, https://example.com\nKeywords"), "leads nowhere"),
    ],
)
def test_wheel_with_other_metadata(change: tuple[str, str], told: str) -> None:
    """
    A package index would show it.
    """
    files = wheel() | {f"{INFO}/METADATA": METADATA.replace(*change).encode()}
    (found,) = in_wheel(record(files))

    assert told in found


def test_wheel_with_another_artifact() -> None:
    """
    It is neither what the source has nor what the manifest vouches for.
    """
    found = in_wheel(record(wheel() | {"sandbox_wasm/artifacts/tiny.wasm": b"\1asm"}))

    assert [
        "sandbox_wasm/artifacts/tiny.wasm is not what the source has",
        "the artifact tiny is not the one of the manifest",
    ] == found


def test_wheel_with_another_record() -> None:
    """
    A member that the record does not know, or knows with other bytes.
    """
    unlisted = record(wheel()) | {f"{INFO}/more": b"x"}
    altered = record(wheel()) | {f"{INFO}/licenses/NOTICE": b"other words"}

    assert f"{INFO}/RECORD does not list the files that there are" in in_wheel(unlisted)
    assert [f"{INFO}/RECORD has another digest or size of {INFO}/licenses/NOTICE"] == in_wheel(
        altered
    )


def test_wheel_of_another_version() -> None:
    """
    The name of the file counts as well.
    """
    assert "the project is sandbox_wasm-1.0" in in_wheel(
        record(wheel()), "sandbox_wasm-0.9-py3-none-any.whl"
    )


def members(*names: str, kind: bytes = tarfile.REGTYPE) -> list[tarfile.TarInfo]:
    found = []
    for name in names:
        member = tarfile.TarInfo(name)
        member.type = kind
        member.size = 1
        found.append(member)
    return found


TARBALL = "sandbox_wasm-1.0.tar.gz"
TOP = "sandbox_wasm-1.0"
GOOD = [f"{TOP}/{name}" for name in ("pyproject.toml", "tests/test_x.py", "PKG-INFO")]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (members(*GOOD), None),
        (members(*GOOD[1:]), f"{GOOD[0]} is missing"),
        (members(*GOOD[:2]), f"{GOOD[2]} is missing"),
        (members(*GOOD, f"{TOP}/notes.txt"), f"{TOP}/notes.txt is no file of the project"),
        (members(*GOOD, "../x"), "../x is no file of the project"),
        (members(*GOOD[:2]) + members(GOOD[2], kind=tarfile.SYMTYPE), f"{GOOD[2]} is no plain"),
        (members(*GOOD[:2]) + [tarfile.TarInfo(GOOD[2])], f"{GOOD[2]} is empty"),
    ],
)
def test_source_distribution(found: list[tarfile.TarInfo], told: str | None) -> None:
    """
    Every file of the project, plain, in its place, and nothing else.
    """
    problems = list(check_release.sdist_problems(TARBALL, found, PROJECT))

    assert (told is None) == (problems == [])
    assert told is None or problems[0].startswith(told)


def test_another_build_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A difference is told, and so is a file that has become large.
    """
    again = tmp_path / "again"
    again.mkdir()
    path = tmp_path / TARBALL
    with tarfile.open(path, "w:gz") as file:
        for member in members(*GOOD):
            file.addfile(member, io.BytesIO(b"x"))

    def look() -> list[str]:
        return list(check_release.problems(path, PROJECT, again))

    (again / TARBALL).write_bytes(path.read_bytes())
    assert [] == look()

    (again / TARBALL).write_bytes(path.read_bytes() + b"\0")
    assert look()[0].endswith("does not have the same bytes")

    monkeypatch.setitem(check_release.MOST_BYTES, "source", 10)
    assert "10 is the most" in look()[0]
