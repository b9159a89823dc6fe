"""The host's view of the ABI is the header's."""

import inspect
import re
from pathlib import Path

import pytest

from sandbox_wasm import _answering, _values
from sandbox_wasm.interpreters import _abi

HEADER = Path(__file__).parents[1] / "wasm-src" / "include" / "sandbox_abi.h"
SIZES = {"uint32_t": 4, "uint64_t": 8}


def constants():
    """Every numeric #define of the header, by name without its prefix."""
    found = re.findall(r"^#define SANDBOX_(\w+) (\d+)", HEADER.read_text(), re.M)
    return {name: int(value) for name, value in found}


def offsets():
    """Where each field of the struct lies, by the rules of C."""
    body = re.search(r"struct sandbox_exchange \{(.*?)\n\};", HEADER.read_text(), re.S)[1]
    at, found = 0, {}
    for kind, name, count in re.findall(r"^\s*(uint\d+_t) (\w+)(?:\[(\d+)\])?;", body, re.M):
        size = SIZES[kind]
        at = -(-at // size) * size
        found[name] = at
        at += size * int(count or 1)
    return found, -(-at // 8) * 8


@pytest.mark.parametrize("name", [n for n in constants() if hasattr(_abi, n)])
def test_constants_agree(name):
    """
    A number that both sides know is the same on both.
    """
    assert constants()[name] == getattr(_abi, name)


def test_values_are_as_deep_on_both_sides():
    """
    A header that lets them be deeper is known to whoever reads and writes them.
    """
    depth = constants()["VALUE_DEPTH"]
    for function in (_values.encode, _values.decode):
        assert depth == inspect.signature(function).parameters["max_depth"].default
    assert depth + 2 == _answering._CALL_DEPTH  # [args, kwargs]


def test_every_number_of_the_host_is_in_the_header():
    """
    The host knows no mode, kind, status or operation that the header does not.
    """
    families = ("MODE_", "FLAG_", "STATUS_", "KIND_", "CALL_", "REPLY_", "SYS_", "REQUEST_")
    known = constants()

    for name, value in vars(_abi).items():
        if name.startswith(families) and isinstance(value, int) and not name.endswith("_AT"):
            assert known[name] == value, name


@pytest.mark.parametrize(
    ("group", "first", "fields"),
    [
        ("ABOUT", "abi_version", 4),
        ("REQUEST", "mode", 7),
        ("ANSWER", "status", 8),
        ("OUTPUT", "output_stream", 2),
        ("BITS", "value_bits", 1),
        ("CALL", "call_op", 7),
        ("REPLY", "reply_len", 2),
        ("SYS", "sys_op", 5),
        ("SYS_FILE", "sys_op", 4),
        ("SYS_RESULT", "sys_result", 3),
        ("SYS_OPENED", "sys_result", 3),
        ("CONTROL", "control_request", 6),
    ],
)
def test_groups_lie_where_the_struct_has_them(group, first, fields):
    """
    Each group of fields begins at its first field and ends before the next.
    """
    at, end = offsets()
    names = sorted(at, key=at.__getitem__)
    form = getattr(_abi, group)
    start = names.index(first)
    after = at[names[start + fields]] if start + fields < len(names) else end

    assert at[first] == getattr(_abi, f"{group}_AT")
    arguments = 8 if form.format.endswith("9Q") else 0  # one field of the struct
    assert len(form.unpack(bytes(form.size))) == fields + arguments
    assert form.size <= after - at[first]


def test_size():
    """
    The struct is as large as the host takes it to be.
    """
    assert offsets()[1] == _abi.EXCHANGE_BYTES
    assert offsets()[0]["control_kind"] == _abi.CONTROL_AT + _abi.CONTROL_KIND
    assert offsets()[0]["flags"] == _abi.FLAGS_AT
