"""What CONTRIBUTING names is there, and what it says is enough to add something is."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import documents
import pytest

import sandbox_wasm
from sandbox_wasm._wasm._artifacts import directory
from sandbox_wasm.interpreters import NAMES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FOLDERS = r"(?:\.ci|\.github|artifacts|benchmarks|docs|plugins|sandbox_wasm|scripts|tests|wasm-src)"
# The package is not beside the tests where these run on what was installed.
HAS_PACKAGE = (ROOT / "sandbox_wasm").is_dir()

PATHS = sorted(set(re.findall(rf"`({FOLDERS}/[\w./-]*)`", TEXT)))
NAMED = re.findall(rf"`({FOLDERS}/[\w./-]+\.py)`\]\([^)]*\)\s+\(((?:`\w+`(?:,\s)?)+)\)", TEXT)


def is_here(path: str) -> bool:
    installed = path == "sandbox_wasm/artifacts/"  # where the artifacts are in a wheel
    return not installed and (HAS_PACKAGE or not path.startswith("sandbox_wasm/"))


def test_there_is_something_to_look_at() -> None:
    """
    The expressions above find what the page names.
    """
    assert len(PATHS) > 30
    assert len(NAMED) >= 9


@pytest.mark.parametrize("path", [path for path in PATHS if is_here(path)])
def test_path(path: str) -> None:
    """
    A file or folder that is named exists.
    """
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "names"), [pair for pair in NAMED if is_here(pair[0])])
def test_names(path: str, names: str) -> None:
    """
    A function, class or table that is named is defined in that file.
    """
    defined = set()
    for node in ast.parse((ROOT / path).read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            defined.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined.add(node.target.id)
        elif isinstance(node, ast.Assign):
            defined |= {target.id for target in node.targets if isinstance(target, ast.Name)}

    assert set(re.findall(r"\w+", names)) <= defined


def test_every_recipe_exists() -> None:
    """
    What the table of commands has is in the justfile.
    """
    recipes = set(
        re.findall(r"^([\w-]+)(?: [^:\n]*)?:(?!=)", (ROOT / "justfile").read_text(), re.M)
    )

    named = set(re.findall(r"`just ([\w-]+)", TEXT))
    assert named
    assert named <= recipes


def patch(tree: Path, diff: str) -> None:
    """Change the files below *tree* as a diff says; each place must be there as it has it, once."""
    for part in re.split(r"^--- ", diff, flags=re.MULTILINE)[1:]:
        names, *hunks = re.split(r"^@@ .*\n", part, flags=re.MULTILINE)
        path = tree / names.split("+++ b/")[1].strip()
        text = path.read_text("utf-8")
        for hunk in hunks:
            lines = hunk.splitlines()
            old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
            new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
            assert 1 == text.count(old), f"{path.name} has no such place any more: {old}"
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


def test_a_limit_is_what_is_shown(tmp_path: Path) -> None:
    """
    The diff of a small limit, and nothing else, makes one that the tests of limits find in order.
    """
    (diff,) = (b.text for b in documents.blocks(ROOT / "CONTRIBUTING.md") if b.language == "diff")
    package = tmp_path / "sandbox_wasm"
    left = shutil.ignore_patterns("__pycache__", "artifacts", "compiled")
    shutil.copytree(Path(sandbox_wasm.__file__).parent, package, ignore=left)
    (package / "artifacts").mkdir()
    for name in ("manifest.toml", "micropython.wasm"):
        shutil.copy(directory() / name, package / "artifacts")
    for folder, names in (
        ("docs", ["limits"]),
        ("tests", ["conftest", "test_usage", "web_server"]),
    ):
        (tmp_path / folder).mkdir()
        for path in (ROOT / folder).glob("*.*"):
            if path.stem in names:
                shutil.copy(path, tmp_path / folder)

    patch(tmp_path, diff)

    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    chosen = "test_every_limit_of_a_session_is_tried or (session_result_bytes and micropython)"
    tests = ["pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, "tests/test_usage.py"]
    for arguments, shown in (
        (tests, "3 passed"),
        (["sandbox_wasm", "--help"], "--session-result-bytes SIZE"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert 0 == done.returncode, done.stdout
        assert shown in done.stdout


def test_an_interpreter_is_an_artifact_and_a_name() -> None:
    """
    The names that the host knows are those of the manifest.
    """
    manifest = (ROOT / "artifacts" / "manifest.toml").read_text("utf-8")

    assert set(NAMES) == set(re.findall(r"^\[(\w+)\]$", manifest, re.MULTILINE))


@pytest.mark.skipif(not HAS_PACKAGE, reason="the sources are not beside the tests")
def test_an_integration_has_all_that_it_needs() -> None:
    """
    Each module has its page, and an extra of its name or a plugin that brings it.
    """
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    plugins = " ".join(path.name for path in (ROOT / "plugins").iterdir())
    modules = [path.stem for path in (ROOT / "sandbox_wasm" / "integrations").glob("[a-z]*.py")]
    table = (ROOT / "docs" / "integrations" / "README.md").read_text("utf-8")
    (together,) = re.findall(r"\nintegrations = \[\n(.*?)\n\]", settings, re.DOTALL)

    assert len(modules) > 8
    for module in modules:
        name = module.replace("_", "-")
        if module in ("dask", "ray", "pydantic_ai_code"):  # on a page of more than one
            continue
        page = "datasette" if module.startswith("datasette") else name
        assert (ROOT / "docs" / "integrations" / f"{page}.md").exists(), page
        assert f"\n{name} = [" in settings or name.split("-")[0] in plugins, name
        assert f"]({page}.md)" in table, page
        if f"\n{name} = [" in settings:
            assert name in together, name
