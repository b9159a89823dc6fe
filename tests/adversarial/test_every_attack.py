"""No attack of the list is without a test.

What is guest code alone is run as it stands. For the others a test says in its docstring,
in parentheses, which attacks it stands for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import ATTACKS
from test_guest_attacks import GUEST

NAMED = re.compile(r"\(([A-Z]{2,4}-\d\d(?:, [A-Z]{2,4}-\d\d)*)\)")


def _named() -> Iterator[str]:
    for path in Path(__file__).parent.parent.rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for names in NAMED.findall(ast.get_docstring(node) or ""):
                    yield from names.split(", ")


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_attack_has_its_test(attack):
    """
    It is run as the list has it, or a test says that it stands for it.
    """
    covered = attack in {each.id for each in GUEST} | set(_named())

    assert covered, ATTACKS[attack].title


def test_no_other_attack_is_named():
    """
    A name in a docstring is that of an attack.
    """
    assert set(_named()) <= set(ATTACKS)
