"""Values that take the host far longer than they took the guest, in C, while no thread of it runs:
keys whose places in a dict guest code has worked out, and data that could be many things (a
neighbour of CPU-10, on the host)."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from pydantic import BaseModel

from sandbox_wasm import GuestError, Limits

BOUND = 10  # elapsed, on a machine that is busy with other tests

# Multiples of this have one hash on the host, and others in the guest.
MODULUS = 2**61 - 1
NUMBERS = f"[n * {MODULUS} for n in range(20_000)]"


def total(numbers: set[int]) -> int:
    """A host function that takes a set, or a list for one."""
    return len(numbers)


def names(of: dict[int, str]) -> int:
    """A host function whose keys are numbers, or texts of such."""
    return len(of)


class Plus(BaseModel):
    """One of two classes that data may be, and both hold more of either."""

    left: Plus | Minus | None = None


class Minus(BaseModel):
    """The other."""

    left: Plus | Minus | None = None


def value_of(tree: Plus | Minus) -> int:
    """A host function for trees: each level of one may be either class."""
    return 0 if tree.left is None else 1 + value_of(tree.left)


def price(of: Decimal) -> int:
    """A host function that takes a decimal to be one that can be an int."""
    return int(of)


ATTACKS = {
    "a set for a value": f"set({NUMBERS})",
    "a dict for a value": f"dict.fromkeys({NUMBERS})",
    "tuples for a value": f"set([(n,) for n in {NUMBERS}])",
    "a set for an argument": f"total(set({NUMBERS}))",
    "a list for a set": f"total({NUMBERS})",
    "texts for keys": f"names({{str(n): '' for n in {NUMBERS}}})",
    "a tree of choices": "t = {}\nfor _ in range(50): t = {'left': t}\nvalue_of(t)",
    "a text for a decimal": "price('1e999999999')",
}


@pytest.mark.parametrize("code", ATTACKS.values(), ids=ATTACKS)
def test_keys_that_meet(make_session, assert_healthy, code):
    """
    They are refused soon, by an error that guest code gets, and the session goes on.
    """
    session = make_session(
        limits=Limits(wall_seconds=30), functions=[total, names, value_of, price]
    )
    session.run("kept = 1")
    began = time.perf_counter()

    with pytest.raises(GuestError) as caught:
        session.run(code)

    assert time.perf_counter() - began < BOUND
    assert ("ValueError", "kept") == (caught.value.type_name, caught.value.state)
    assert [1, 20_000, 20_000, 2, 12] == session.run(
        "[kept, total([n * 1000 for n in range(20_000)]), len(set(range(20_000))),"
        " value_of({'left': {'left': {}}}), price('12.5')]"
    ).value
    assert_healthy()
