"""Bytes from the guest become values; the bytes are hostile.

Everything is bounded before anything is built: bytes, depth and number of
values are counted on the raw text with operations that run in C, so a million
brackets cost a millisecond and no recursion. Then the json module parses; only
a text that may hold a tag or an unusual number is looked at in Python.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, NoReturn

from ._crowds import Crowded, new_dict, new_set
from ._errors import GuestProtocolError
from ._result import GuestObject

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

# Python refuses to read longer ints from decimal text, because that takes
# quadratic time; this is its default.
MAX_DIGITS = 4300

# Patterns of what few guests send are texts, which `re` compiles when they are first used.

# No signalling NaN (comparing it raises) and no exponent of more than six
# digits: int(Decimal("1e999999999")) would fill the memory of an unwary host.
DECIMAL = r"-?(?:[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]{1,6})?|Infinity|NaN)"
# Whatever else a guest's Decimal and Fraction may be.
_ANY_DECIMAL = r"-?(?:[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?|Infinity|s?NaN[0-9]*)"
_ANY_FRACTION = r"-?[0-9]+(?:/[0-9]+)?"  # as str() writes one: without a denominator of 1
_OFFSET = r"(?:[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{6})?)?)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?" + _OFFSET
_ISO = {date: _DATE, time: _TIME, datetime: f"{_DATE}[T ]{_TIME}"}
_FRACTION = rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:/[0-9]{{1,{MAX_DIGITS}}})?"
_HEX_INT = r"-?0x[0-9a-f]+"
_HEX_UUID = r"[0-9a-f]{32}"

_ALL_BYTES = bytes(range(256))
_BRACKETS = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKETS = _ALL_BYTES.translate(None, b"[]{}")
_NUMBERS = bytes.maketrans(b"123456789+E", b"0000000000e")
_BACKSLASH, _DOLLAR, _E = b"\\$e"
_SURROGATE_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class ValueTooLarge(GuestProtocolError):
    """A value has more bytes, values or depth than the host takes.

    Unlike other breaches of the protocol this happens to honest guest code.
    """


class ValueUnfit(GuestProtocolError):
    """A value is what a guest may well have, and nothing that the host takes.

    This happens to honest guest code, too.
    """


class StaleReference(Exception):
    """Guest code refers to a host object that its session does not have."""


def decode(
    data: bytes,
    *,
    max_bytes: int,
    max_depth: int = 64,
    max_nodes: int = 200_000,
    resolve: Callable[[list[Any]], Any] | None = None,
) -> Any:
    """Return the value that the guest sent as *data*.

    A key that comes twice in a plain object counts with its last value. Equal
    elements of a set, or keys of a tagged dict, become one.

    Args:
        max_bytes, max_depth: As in `encode`.

        max_nodes: How many values the whole may have, as JSON, where an empty
            container counts twice. Each takes at most some 250 bytes of the
            host's memory, beside its text.

        resolve: Returns what a reference to a host object stands for: a list of two texts.
            None: there are none.

    Raises:
        StaleReference: As *resolve* does.

        ValueTooLarge: One of the three bounds is crossed.

        ValueUnfit: The value holds a decimal or fraction of a size or kind that would do
            harm, or keys of one hash that are too many or take long to be told apart.

        GuestProtocolError: *data* is malformed in any way.
    """
    size = len(data)
    if size > max_bytes:
        raise ValueTooLarge(f"a value takes more than {max_bytes} bytes")
    # One byte, as a number, is looked for in half the time: most values have none of these.
    escapes = _BACKSLASH in data
    # A key may be spelled with escapes, and "$" has one such spelling.
    tagged = (_DOLLAR in data and b'"$"' in data) or (escapes and b"\\u0024" in data)
    depth = size
    if size > max_depth or size > max_nodes:
        # Each level of a value takes up to three in JSON, and a tagged scalar three more.
        depth = _measure(data, 3 * max_depth + 3 if tagged else max_depth, max_nodes)
    # A number of 19 digits may be beyond 64 bit, one with three in its exponent infinite.
    numbers = data.translate(_NUMBERS)
    unusual = (_E in numbers and b"e000" in numbers) or (
        size >= 19 and b"0000000000000000000" in numbers
    )
    if escapes and (b"\\ud" in data or b"\\uD" in data):
        _refuse_lone_surrogates(data)
    try:
        text = data.decode()
        # Each look at a number or an object is a call, which takes longer than to parse it.
        read = (_READ_TAGGED if tagged else _READ_PLAIN)[unusual]
        if resolve is not None and tagged and b'"host"' in data:
            read = _reader(resolve)
        value, end = read(text, 0)
    except (ValueError, RecursionError, StopIteration):
        raise GuestProtocolError("a value is not valid JSON") from None
    if end != len(text):
        raise GuestProtocolError("a value is followed by other text")
    if tagged and depth > max_depth:
        _check_depth(value, max_depth)
    return value


def _measure(data: bytes, max_depth: int, max_nodes: int) -> int:
    """Return a bound on the depth of *data* as JSON, or refuse it.

    Neither needs *data* to be JSON: no reader can get deeper into it, or find
    more values in it, than this says.
    """
    opens = data.count(b"[") + data.count(b"{")
    if opens <= max_depth and opens + data.count(b",") < max_nodes:
        return opens
    # Without strings the rest is exact. Escapes go first, so that each quote left is a real one;
    # something must stay in their place, or what is around them would form new escapes.
    if b"\\" in data:
        data = data.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    too_many = f"a value consists of more than {max_nodes} values"
    if data.count(b'"') > 4 * max_nodes:  # a key and a value, two quotes each
        raise ValueTooLarge(too_many)
    bare = b"".join(data.split(b'"')[::2])
    if bare.count(b"[") + bare.count(b"{") + bare.count(b",") >= max_nodes:
        raise ValueTooLarge(too_many)
    # Removing all innermost pairs takes one level off everything.
    brackets = bare.translate(_BRACKETS, _NO_BRACKETS)
    depth = 0
    while brackets:
        if depth == max_depth:
            raise ValueTooLarge("a value is nested too deeply")
        depth += 1
        before = len(brackets)
        brackets = brackets.replace(b"()", b"")
        if len(brackets) == before:
            raise GuestProtocolError("a value is not valid JSON")
    return depth


def _check_depth(value: Any, max_depth: int) -> None:
    """Refuse *value* if its containers, without the tags of their JSON, are too deep."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(max_depth):
        deeper: list[Any] = []
        for box in level:
            deeper.extend(item for item in box if type(item) in _CONTAINERS)
            if type(box) is dict:
                deeper.extend(item for item in box.values() if type(item) in _CONTAINERS)
        level = deeper
    if level:
        raise ValueTooLarge("a value is nested too deeply")


def _refuse_lone_surrogates(data: bytes) -> None:
    rest = _SURROGATE_PAIR.sub(b"_", data.replace(b"\\\\", b"__"))
    if _SURROGATE.search(rest):
        raise GuestProtocolError("a text holds half of a surrogate pair")


def _refuse(_: object = None) -> NoReturn:
    raise GuestProtocolError("a value has a malformed number or tag")


def _int(digits: str) -> int:
    if len(digits) > 20 or not INT_MIN <= (number := int(digits)) <= INT_MAX:
        _refuse()
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        _refuse()
    return number


def _object(pairs: list[tuple[str, Any]]) -> Any:
    if len(pairs) == 2 and pairs[0][0] == "$" and pairs[1][0] == "v":  # as most that have a tag
        (_, tag), (_, value) = pairs
    else:
        found = dict(pairs)
        if "$" not in found:
            return found
        tag, value = found["$"], found.get("v")
        if len(found) != len(pairs):
            _refuse()
        if tag == "object":
            name, shown = found.get("type"), found.get("repr")
            if len(found) != 3 or type(name) is not str or type(shown) is not str:
                _refuse()
            return GuestObject(name, shown)
        if len(found) != 2 or "v" not in found:
            _refuse()
    make = _MAKERS.get(tag) if type(tag) is str else None
    if make is None:
        _refuse()
    try:
        return make(value)
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        _refuse()


def _scanner(**hooks: Any) -> Callable[[str, int], tuple[Any, int]]:
    """Return what `JSONDecoder.raw_decode` calls: StopIteration is a text that is no value."""
    decoder: Any = json.JSONDecoder(parse_constant=_refuse, **hooks)
    scan: Callable[[str, int], tuple[Any, int]] = decoder.scan_once
    return scan


# For text without unusual numbers, and with.
_READ_PLAIN = _scanner(), _scanner(parse_int=_int, parse_float=_float)
_READ_TAGGED = (
    _scanner(object_pairs_hook=_object),
    _scanner(parse_int=_int, parse_float=_float, object_pairs_hook=_object),
)


def _reader(resolve: Callable[[list[Any]], Any]) -> Callable[[str, int], tuple[Any, int]]:
    """Return a reader that knows references to host objects."""

    def read(pairs: list[tuple[str, Any]]) -> Any:
        if len(pairs) == 2 and pairs[0] == ("$", "host") and pairs[1][0] == "v":
            told = _list(pairs[1][1])
            if len(told) != 2 or any(type(text) is not str for text in told):
                _refuse()
            return resolve([told[0], told[1][:_NAME_LENGTH]])
        return _object(pairs)

    return _scanner(parse_int=_int, parse_float=_float, object_pairs_hook=read)


# One function a tag. Each takes a payload of any type; what it does not raise by
# itself as ValueError, TypeError or ArithmeticError it refuses.


_compiled = functools.cache(re.compile)  # `re` looks at more than the pattern each time


def _text(value: Any, pattern: str | None = None) -> str:
    if type(value) is not str or (pattern is not None and not _compiled(pattern).fullmatch(value)):
        _refuse()
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        _refuse()
    return value


def _make_float(value: Any) -> float:
    return _FLOATS[_text(value)] if value in _FLOATS else _refuse()


def _make_complex(value: Any) -> complex:
    real, imag = _list(value)
    if type(real) is not float or type(imag) is not float:
        _refuse()
    return complex(real, imag)


def _make_bytes(value: Any) -> bytes:
    raw = a2b_base64(_text(value))
    if b2a_base64(raw, newline=False).decode() != value:  # a2b skips what is not base64
        _refuse()
    return raw


def _make_set(value: Any) -> set[Any]:
    try:
        return new_set(_list(value))
    except Crowded as error:
        raise ValueUnfit(str(error)) from None


def _make_dict(value: Any) -> dict[Any, Any]:
    pairs = _list(value)
    for pair in pairs:
        if len(_list(pair)) != 2:
            _refuse()
    try:
        return new_dict(pairs)
    except Crowded as error:
        raise ValueUnfit(str(error)) from None


def _make_iso(kind: type[date | time]) -> Callable[[Any], Any]:
    return lambda value: kind.fromisoformat(_text(value, _ISO[kind]))


def _make_timedelta(value: Any) -> timedelta:
    for number in _list(value):
        if type(number) is not int:
            _refuse()
    days, seconds, microseconds = value
    if not (0 <= seconds < 86_400 and 0 <= microseconds < 1_000_000):
        _refuse()
    return timedelta(days, seconds, microseconds)


@functools.cache
def _class(module: str, name: str) -> Any:
    # These modules take milliseconds to import, and few guests send such values.
    return getattr(importlib.import_module(module), name)


def _make_decimal(value: Any) -> Any:
    text = _text(value)
    if len(text) > MAX_DIGITS or not _compiled(DECIMAL).fullmatch(text):
        _text(value, _ANY_DECIMAL)
        raise ValueUnfit("a decimal of this size or kind cannot cross")
    return _class("decimal", "Decimal")(text)


def _make_fraction(value: Any) -> Any:
    text = _text(value)
    if not _compiled(_FRACTION).fullmatch(text):
        _text(value, _ANY_FRACTION)
        raise ValueUnfit("a fraction of this size cannot cross")
    numerator, _, denominator = text.partition("/")
    return _class("fractions", "Fraction")(int(numerator), int(denominator or 1))


def _make_uuid(value: Any) -> Any:
    return _class("uuid", "UUID")(_text(value, _HEX_UUID))


_NAME_LENGTH = 200
_CONTAINERS = {dict, list, tuple, set, frozenset}
_FLOATS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "int": lambda value: int(_text(value, _HEX_INT), 16),
    "float": _make_float,
    "complex": _make_complex,
    "bytes": _make_bytes,
    "bytearray": lambda value: bytearray(_make_bytes(value)),
    "tuple": lambda value: tuple(_list(value)),
    "set": _make_set,
    "frozenset": lambda value: frozenset(_make_set(value)),
    "dict": _make_dict,
    "datetime": _make_iso(datetime),
    "date": _make_iso(date),
    "time": _make_iso(time),
    "timedelta": _make_timedelta,
    "decimal": _make_decimal,
    "fraction": _make_fraction,
    "uuid": _make_uuid,
}
