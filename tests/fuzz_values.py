"""What the decoder of values is fuzzed with, and what it must hold; see fuzz.py.

Valid values are cut, spliced and filled with the tokens of the format; what decodes must
encode, and decode again to the same.
"""

from __future__ import annotations

import random

from sandbox_wasm._errors import GuestProtocolError
from sandbox_wasm._result import GuestObject
from sandbox_wasm._values import ValueTooLarge, decode, encode

MAX = 1 << 16
TAGS = (
    "int float bytes bytearray tuple set frozenset dict complex datetime date time timedelta "
    "decimal fraction uuid object nan inf -inf"
).split()
TEXTS = [
    "-0x1f", "0x" + "f" * 40, "YWI=", "2026-01-31", "01:02:03.000004+05:30", "1E+5", "sNaN",
    "3/4", "2026-01-31T01:02:03", "0" * 32, "$", "v", "type", "repr", "\\u0024", "\\ud83d\\ude00",
    "\\ud83d", "\\\\", '\\"', "[[{", "é",
]  # fmt: skip
SCALARS = ["0", "-1", "9223372036854775807", "9223372036854775808", "1.5", "-0.0", "1e22", "1e999"]
SCALARS += ["null", "true", "false", "NaN", "-Infinity", "1" * 5000]
MARKS = [b'"', b"\\", b"[", b"]", b"{", b"}", b",", b":", b" ", b"\n", b"\0", b"\xff"]
MARKS += [b"\xed\xa0\x80", b"\\u0024"]


def text(pick: random.Random) -> str:
    return '"' + "".join(pick.choices(TEXTS + TAGS, k=pick.choice([0, 1, 1, 1, 2]))) + '"'


def value(pick: random.Random, depth: int = 0) -> str:
    kind = pick.randrange(3 if depth > 5 else 8)
    if kind == 0:
        return pick.choice(SCALARS)
    if kind <= 2:
        return text(pick)
    items = [value(pick, depth + 1) for _ in range(pick.choice([0, 1, 2, 2, 3]))]
    if kind <= 4:
        return "[" + ",".join(items) + "]"
    if kind == 5:
        return "{" + ",".join(f"{text(pick)}:{item}" for item in items) + "}"
    payload = items[0] if items and pick.randrange(3) == 0 else "[" + ",".join(items) + "]"
    return '{"$":"' + pick.choice(TAGS) + '","v":' + payload + "}"


def hostile(pick: random.Random) -> bytes:
    data = value(pick).encode()
    for _ in range(pick.choice([0, 0, 1, 1, 2, 5])):
        at = pick.randrange(len(data) + 1)
        cut = pick.choice([0, 0, 1, 2, 10])
        new = pick.choice([b"", pick.choice(MARKS), value(pick).encode(), pick.randbytes(3)])
        data = data[:at] + new + data[at + cut :]
    if pick.randrange(50) == 0:
        data = b"[" * pick.randrange(70) + data + b"]" * pick.randrange(70)
    return data


def contains(found: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(found, kinds):
        return True
    if isinstance(found, dict):
        return any(contains(item, kinds) for pair in found.items() for item in pair)
    if isinstance(found, (list, tuple, set, frozenset)):
        return any(contains(item, kinds) for item in found)
    return False


def check(data: bytes) -> bool:
    """Return whether *data* decodes; raise if anything is wrong with how."""
    try:
        found = decode(data, max_bytes=MAX, max_nodes=500)
    except GuestProtocolError:
        return False
    if contains(found, (GuestObject,)):
        return True
    try:
        again = encode(found, max_bytes=100 * MAX)
    except ValueError as error:
        if "lone surrogate" in str(error) or "deeper" in str(error):
            raise AssertionError("decoded what cannot be encoded") from error
        raise
    try:
        back = decode(again, max_bytes=100 * MAX)
    except ValueTooLarge:
        return True
    # By repr, because NaN differs from itself; but that of a set has no order.
    if not contains(found, (set, frozenset)) and repr(back) != repr(found):
        raise AssertionError("decoded to another value")
    return True
