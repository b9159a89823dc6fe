"""The tests that docs/specification.md names exist."""

import re
from pathlib import Path

import pytest

import sandbox_wasm

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "docs" / "specification.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
PROMISES = [row.split(" | ")[0].strip("| ") for row in ROWS if not row.startswith("| promise")]


@pytest.mark.parametrize("promise", PROMISES)
def test_promise_has_its_test(promise):
    """
    A promise names a test that there is, or says that it is pending.
    """
    (row,) = (row for row in ROWS if row.startswith(f"| {promise} |"))
    named = re.findall(r"`([\w/.-]+\.py)::(\w+)`", row)

    assert named or row.endswith("| *pending* |")
    for file, name in named:
        assert f"\ndef {name}(" in (TESTS / file).read_text(encoding="utf-8"), (file, name)


MODEL = (TESTS.parent / "docs" / "threat-model.md").read_text(encoding="utf-8")
BASE = re.findall(r"^\| (`[^|]+`) \| ([0-9,]+) \|", MODEL, re.MULTILINE)


@pytest.mark.parametrize(("files", "lines"), BASE)
def test_trusted_base_is_as_large_as_it_says(files, lines):
    """
    The threat model names the files that have to be right, and about how much that is.
    """
    package = Path(sandbox_wasm.__file__).parent
    paths = [path for name in re.findall(r"`([^`]+)`", files) for path in package.glob(name)]
    found = sum(len(path.read_text("utf-8").splitlines()) for path in paths)

    assert len(paths) >= len(re.findall("`", files)) // 2
    assert abs(found - int(lines.replace(",", ""))) <= 0.2 * found, found
