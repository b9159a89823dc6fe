"""Some bytes for each way in, in every run; `fuzz.py` searches for more by coverage."""

import random

import pytest
from fuzz_targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_hostile_bytes(name):
    """
    What was made to look right, what was changed in it, and what is nothing at all.
    """
    if name == "urls":
        pytest.importorskip("httpx")
    check, make = TARGETS[name]
    pick = random.Random(name)
    check(b"")
    for number in range(300):
        data = bytearray(make(pick))
        for _ in range(number % 3):
            at = pick.randrange(len(data) + 1)
            data[at : at + pick.randrange(3)] = pick.randbytes(pick.randrange(3))
        check(bytes(data))


def test_what_was_found():
    """
    Inputs on which a target has failed before.
    """
    check, _ = TARGETS["runs"]
    check(bytes(36) + b"\xff\0".join([b"ask", b"/data\x0c\x0c", b"1", b"x", b"", bytes(16)]))
