"""The tests that docs/specification.md names exist."""

import re
from pathlib import Path

import pytest

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
