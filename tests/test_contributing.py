"""What CONTRIBUTING names is there, and what it says is enough to add something is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

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
