"""Values on their way into the guest, and the form they have on the way.

A value crosses as JSON in UTF-8. None, bool, int within signed 64 bit, finite
float, str, list and dict with str keys are plain JSON. All else is an object
whose key ``"$"`` names a tag:

    {"$":"int","v":"-0x1f"}          an int beyond 64 bit, in hexadecimal
    {"$":"float","v":"nan"}          or "inf", "-inf"
    {"$":"complex","v":[re,im]}      two floats, plain or tagged
    {"$":"bytes","v":base64}         the same for "bytearray"
    {"$":"tuple","v":[...]}          the same for "set", "frozenset"
    {"$":"dict","v":[[key,value]]}   a key that is no str, or is "$"
    {"$":"datetime","v":iso}         the same for "date", "time"; no `fold`, and
                                     a time zone as its offset
    {"$":"timedelta","v":[days,seconds,microseconds]}
    {"$":"decimal","v":"1.50"}       {"$":"fraction","v":"3/4"}
    {"$":"uuid","v":32 hex digits}
    {"$":"object","type":str,"repr":str}   from the guest only: a `GuestObject`
    {"$":"host","v":[token,class name]}    a reference to a host object

A subclass crosses as its base: an ``IntEnum`` as int, a namedtuple as tuple. A
plain Enum crosses as its value; a dataclass and a pydantic model as a dict of
their fields. The depth of a value is how many containers are inside each other,
whatever their tags add; both directions allow 64.

`decode` is in `_decode.py`: it trusts nothing, and `encode` may trust its caller.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from binascii import b2a_base64
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from enum import Enum
from itertools import islice
from math import isfinite
from typing import Any

from ._checks import shown
from ._decode import DECIMAL, INT_MAX, INT_MIN, MAX_DIGITS, ValueTooLarge, ValueUnfit, decode
from ._result import GuestObject

__all__ = ["ValueTooLarge", "ValueUnfit", "decode", "encode"]

_to_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode
_CONSTANTS = {None: b"null", True: b"true", False: b"false"}
_NEED_NO_LOOK = {type(None), bool, float}  # NaN and infinity: the JSON encoder refuses them
_CONTAINERS = {list, dict}
_STR = {str}
_INT = {int}


Refer = Callable[[Any], "list[str] | None"]


def encode(value: Any, *, max_bytes: int, max_depth: int = 64, refer: Refer | None = None) -> bytes:
    """Return *value* as the bytes that cross into the guest.

        >>> encode((1, "a"), max_bytes=100)
        b'{"$":"tuple","v":[1,"a"]}'

    Args:
        value: What shall cross. It is copied; the guest never sees the original.

        max_bytes: Size of the result at most. A value that is much too large is
            refused before it is copied.

        max_depth: How many containers may be inside each other.

        refer: Returns a reference for what crosses as one, else None; may raise RuntimeError.

    Raises:
        TypeError: Something in *value* is not data. The text says what and where.

        ValueError: *value* is too large, too deep, refers to itself, or holds
            text with a lone surrogate.
    """
    kind = type(value)
    if kind is int and INT_MIN <= value <= INT_MAX:
        data = b"%d" % value
    elif kind is float and isfinite(value):
        data = repr(value).encode()
    elif value is None or kind is bool:
        data = _CONSTANTS[value]
    else:
        plain = (kind is str and len(value) <= max_bytes) or (
            (kind is list or kind is dict) and _is_plain(value, max_bytes, max_depth)
        )
        text = ""
        if plain:
            try:
                text = _to_json(value)
            except ValueError:  # a NaN or infinity inside needs its tag
                plain = False
        if not plain:
            text = _to_json(_Tagger(max_bytes, max_depth, refer).run(value))
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise ValueError("text with a lone surrogate cannot cross") from None
    if len(data) > max_bytes:
        raise ValueError(_too_large(max_bytes))
    return data


def _too_large(max_bytes: int) -> str:
    return f"the value takes more than {max_bytes} bytes"


def _is_plain(root: list[Any] | dict[Any, Any], left: int, max_depth: int) -> bool:
    """Tell whether the JSON encoder alone does right by *root*.

    It would write a tuple as a list, any key as text and any int in full. This
    looks at the types a container at a time, which for long lists of one type
    happens in C. *left* is what may still be written, and ends the walk through
    a structure that is small in memory but endless in text.
    """
    level: list[Any] = [root]
    depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            return False
        deeper: list[Any] = []
        for box in level:
            left -= 1 + 2 * len(box)
            if left < 0:
                return False
            items: Iterable[Any] = box
            if type(box) is dict:
                if set(map(type, box)) - _STR or "$" in box:
                    return False
                left -= sum(map(len, box))
                items = box.values()
            kinds = set(map(type, items))
            if kinds <= _NEED_NO_LOOK:
                continue
            if kinds == _INT:
                if min(items) < INT_MIN or max(items) > INT_MAX:
                    return False
            elif kinds == _STR:
                left -= sum(map(len, items))
            elif kinds <= _CONTAINERS:
                deeper.extend(items)
            else:
                for item in items:
                    kind = type(item)
                    if kind is str:
                        left -= len(item)
                    elif kind is int:
                        if not INT_MIN <= item <= INT_MAX:
                            return False
                    elif kind in _CONTAINERS:
                        deeper.append(item)
                    elif kind not in _NEED_NO_LOOK:
                        return False
        level = deeper
    return left >= 0


class _Unfit(Exception):
    """Carries the error to raise out of the walk, still without its place."""


class _Tagger:
    """Turns any value into one that the JSON encoder writes rightly."""

    def __init__(self, max_bytes: int, max_depth: int, refer: Refer | None = None) -> None:
        self.refer = refer
        self.max_bytes = max_bytes
        self.max_depth = max_depth
        self.left = max_bytes
        self.depth = 0
        self.path: list[object] = []

    def run(self, value: Any) -> Any:
        try:
            return self.tag(value)
        except _Unfit as unfit:
            error: type[Exception] = unfit.args[0]
            raise error(unfit.args[1] + self.where()) from None
        except (RecursionError, MemoryError):
            raise
        except Exception as failure:  # a property, a time zone, a serialiser of the caller's
            raise TypeError(f"the value could not be read{self.where()}") from failure

    def where(self) -> str:
        path = [f"[{shown(key)}]" for key in self.path]
        if len(path) > 12:
            path[6:-6] = ["..."]
        return " at " + "".join(path) if path else ""

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            self.path.clear()
            raise _Unfit(ValueError, _too_large(self.max_bytes))

    def tag(self, value: Any) -> Any:
        # The base class's own methods throughout: a subclass may do anything in its.
        self.spend(1)
        kind = type(value)
        if kind is tuple:
            self.spend(19)  # what the tag takes at least; so a maze of empty ones ends soon
            return {"$": "tuple", "v": self.tag_items(value)}
        if kind is list:
            return self.tag_items(value)
        if value is None or kind is bool:
            return value
        if isinstance(value, str):
            self.spend(len(value))
            return str.__str__(value)
        if isinstance(value, int):
            number = int.__index__(value)
            if INT_MIN <= number <= INT_MAX:
                return number
            self.spend(number.bit_length() // 4)
            return {"$": "int", "v": hex(number)}
        if isinstance(value, float):
            real = float.__float__(value)
            return real if isfinite(real) else {"$": "float", "v": float.__repr__(real)}
        if isinstance(value, (bytes, bytearray)):
            self.spend(len(value) // 3 * 4)
            name = "bytes" if isinstance(value, bytes) else "bytearray"
            return {"$": name, "v": b2a_base64(value, newline=False).decode()}
        if isinstance(value, dict):
            return self.tag_dict(value)
        for base, name in _SEQUENCES:
            if isinstance(value, base):
                self.spend(0 if base is list else 17)
                items = self.tag_items(value)
                return items if base is list else {"$": name, "v": items}
        return self.tag_rarer(value)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.max_depth:
            del self.path[8:]
            reason = f"the value is deeper than {self.max_depth} levels, or contains itself,"
            raise _Unfit(ValueError, reason)

    def tag_items(self, items: Iterable[Any]) -> list[Any]:
        self.enter()
        done = []
        # A subclass may have more items than it holds, without end.
        for index, item in enumerate(islice(items, self.left + 1)):
            kind = type(item)
            if kind is int and INT_MIN <= item <= INT_MAX:  # most common by far
                self.left -= 1
                done.append(item)
            else:
                self.path.append(index)
                done.append(self.tag(item))
                self.path.pop()
        self.spend(0)
        self.depth -= 1
        return done

    def tag_dict(self, value: dict[Any, Any]) -> Any:
        self.enter()
        pairs = []
        plain = True
        for key, item in value.items():
            self.path.append(key)
            new_key = self.tag(key)
            plain = plain and type(new_key) is str and new_key != "$"
            pairs.append((new_key, self.tag(item)))
            self.path.pop()
        self.depth -= 1
        return dict(pairs) if plain else {"$": "dict", "v": pairs}

    def tag_rarer(self, value: Any) -> Any:
        if self.refer is not None:
            try:
                told = self.refer(value)
            except RuntimeError as error:
                raise _Unfit(RuntimeError, str(error)) from None
            if told is not None:
                self.spend(60)
                return {"$": "host", "v": told}
        if isinstance(value, datetime):
            return {"$": "datetime", "v": datetime.isoformat(value)}
        if isinstance(value, date):
            return {"$": "date", "v": date.isoformat(value)}
        if isinstance(value, time):
            if value.tzinfo is not None and value.utcoffset() is None:
                raise _Unfit(TypeError, "a time whose zone has no fixed offset cannot cross")
            return {"$": "time", "v": time.isoformat(value)}
        if isinstance(value, timedelta):
            return {"$": "timedelta", "v": [value.days, value.seconds, value.microseconds]}
        if isinstance(value, complex):
            return {"$": "complex", "v": [self.tag(value.real), self.tag(value.imag)]}
        if _is_a(value, "decimal", "Decimal"):
            text = str(value)
            if len(text) > MAX_DIGITS or not re.fullmatch(DECIMAL, text):
                raise _Unfit(ValueError, "a decimal of this size or kind cannot cross")
            return {"$": "decimal", "v": text}
        if _is_a(value, "fractions", "Fraction"):
            if max(map(int.bit_length, (value.numerator, value.denominator))) > 3 * MAX_DIGITS:
                raise _Unfit(ValueError, "a fraction of this size cannot cross")
            return {"$": "fraction", "v": f"{value.numerator}/{value.denominator}"}
        if _is_a(value, "uuid", "UUID"):
            return {"$": "uuid", "v": value.hex}
        if isinstance(value, Enum):
            return self.tag(value.value)
        if dataclasses.is_dataclass(value) and not isinstance(value, (type, GuestObject)):
            names = [field.name for field in dataclasses.fields(value)]
            return self.tag_dict({name: getattr(value, name) for name in names})
        if _is_a(value, "pydantic.main", "BaseModel"):
            return self.tag(value.model_dump())
        raise _Unfit(TypeError, f"{type(value).__name__[:80]} cannot cross")


_SEQUENCES: tuple[tuple[Any, str], ...] = (
    (list, "list"),
    (tuple, "tuple"),
    (set, "set"),
    (frozenset, "frozenset"),
)


def _is_a(value: Any, module: str, name: str) -> bool:
    """Tell whether *value* is an instance of a class whose module may not be loaded."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)
