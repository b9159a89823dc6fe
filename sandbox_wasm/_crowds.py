"""Sets and dicts of keys that guest code chose, built in no more time than their number takes.

Where CPython puts a number or a tuple among others can be worked out by everybody (of texts it
keeps a secret). So keys can be chosen that share a hash, or that go from one taken place to the
next: 170,000 of these in one dict keep the host busy for most of a minute, in C, where nothing
can interrupt it and no other thread runs.

What is built of such values elsewhere, by pydantic for one, is tried with a part of them first.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

# Keys of one set or dict that may share a hash with another.
_MAX_SAME_HASH = 100

# A Decimal that is compared with an int makes one of that in quadratic time, in C: of 500 KB
# it takes half a minute. It is compared with one that has its hash, which is soon found.
_LONG_BITS = 2048

# So many are put in a millisecond, wherever they want to go.
_FEW = 512
_PIECE = 128

# Processor time that may be taken: ten times what the worst of honest keys take.
_SECONDS, _SECONDS_EACH = 0.05, 2e-6
_MOST_SECONDS_EACH = 1e-4  # where what is built may have validators of its own


class Crowded(ValueError):
    """Too many keys want to go to the same places."""


def new_set(items: list[Any]) -> set[Any]:
    """Return a set of *items*.

    Raises:
        Crowded: That takes too long.
        TypeError: Something in it cannot be hashed.
    """
    check_keys(items)
    made: set[Any] = set()
    _put(items, made.update)
    return made


def new_dict(pairs: list[Any]) -> dict[Any, Any]:
    """Return a dict of *pairs*, which are such.

    Raises:
        Crowded: That takes too long.
        TypeError: A key cannot be hashed.
    """
    check_keys([key for key, _ in pairs])
    made: dict[Any, Any] = {}
    _put(pairs, made.update)
    return made


def check_keys(keys: list[Any]) -> None:
    """Raise `Crowded` unless a set or dict of *keys* is soon built."""
    hashes: set[int] | dict[int, None] = {}
    if len(keys) <= _FEW:
        hashes = set(map(hash, keys))
    else:  # a dict: it is moved to twice the room, a set to four times as much
        _put(keys, lambda some: hashes.update(dict.fromkeys(map(hash, some))))
    same = len(keys) - len(hashes)
    if same > _MAX_SAME_HASH:
        raise Crowded("too many elements of a set or dict have the same hash")
    if same and _are_slow(keys):
        raise Crowded("a long int and a decimal in a set or dict have the same hash")


def _are_slow(items: list[Any]) -> bool:
    """Whether a Decimal and a long int are among *items*, or within what they are made of."""
    rest, has_long, has_decimal = items.copy(), False, False
    while rest:
        item = rest.pop()
        kind = type(item)
        if kind is tuple or kind is frozenset:
            rest.extend(item)
        elif kind is int:
            has_long = has_long or item.bit_length() > _LONG_BITS
        elif kind.__name__ == "Decimal":
            has_decimal = True
    return has_long and has_decimal


def _put(items: list[Any], put: Callable[[Iterable[Any]], None]) -> None:
    # What is put in a few at a time meets the others before the whole is moved to more room,
    # which is one operation: with half the room they have met more of them.
    if len(items) <= _FEW:
        put(items)
        return
    end = time.thread_time() + _SECONDS
    for at in range(0, len(items), _PIECE):
        put(items[at : at + _PIECE])
        if time.thread_time() > end + at * _SECONDS_EACH:
            raise Crowded("the elements of a set or dict are too much like each other")


def is_slow(value: Any, build: Callable[[Any], object], *, deepens: bool = False) -> bool:
    """Tell whether *build* would take far more time than *value* has items.

    For what is built by others, in one operation: it is tried with a few levels and items, and
    then with more each time. Which items they are nobody can know before.

    Args:
        value: Lists, tuples and dicts of data.

        build: Called with values that are like it, but have less in them; may raise.

        deepens: Whether each level may take a multiple of the one above it.
    """
    from random import Random

    chance, before = Random(), math.inf  # noqa: S311 - no secret
    depth, largest = _depth(value), _largest(value)
    share = 1.0
    while largest * share > (_PIECE if deepens else _FEW):
        share /= 2
    tries = [(share, level) for level in range(2, depth + 1)] if deepens else []
    while share < 1:
        tries.append((share, depth))
        share *= 2
    for share, level in tries:
        some = _some(value, share, level, chance)
        took = _time_of(build, some)
        if _is_much(took, before, some):
            took = min(took, _time_of(build, some))  # was it the machine?
            if _is_much(took, before, some):
                return True
        before = took
    return False


def _is_much(took: float, before: float, value: Any) -> bool:
    # If all items meet each other, twice as many take four times as long.
    if took > 2 * _SECONDS and took > 3 * before:
        return True
    return took > 3 * _SECONDS and took > _count(value) * _MOST_SECONDS_EACH


def _time_of(build: Callable[[Any], object], value: Any) -> float:
    began = time.thread_time()
    with contextlib.suppress(Exception):
        build(value)
    return time.thread_time() - began


def _inner(value: Any) -> Iterable[Any]:
    kind = type(value)
    return value.values() if kind is dict else value if kind is list or kind is tuple else ()


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, _inner(value)), default=0)


def _count(value: Any) -> int:
    return 1 + sum(map(_count, _inner(value)))


def _largest(value: Any) -> int:
    inner = _inner(value)
    return max([len(value), *map(_largest, inner)]) if inner else 0


def _some(value: Any, share: float, levels: int, chance: Random) -> Any:
    """Return as many levels of *value*, with a share of each part, but not less than a few."""
    kind = type(value)
    if kind is not dict and kind is not list and kind is not tuple:
        return value
    if not levels:
        return None
    items = list(value.items() if kind is dict else value)
    most = max(_PIECE, int(len(items) * share))
    if most < len(items):
        items = chance.sample(items, most)
    if kind is dict:
        return {key: _some(item, share, levels - 1, chance) for key, item in items}
    return [_some(item, share, levels - 1, chance) for item in items]
