"""What guest code may call on the host, and what it learns by trying."""

import asyncio
import builtins
import dataclasses
import errno
import functools
import gc
import json
import logging
import subprocess
import sys
import threading
import time
import typing
import warnings
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import pydantic
import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import NotRequired, Required

from sandbox_wasm import _coroutines
from sandbox_wasm._builtins import BUILTINS, CROSSING
from sandbox_wasm._errors import ConfigError, GuestProtocolError
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._values import decode, encode

MAX = 65536


def invoke(functions, name, *args, **kwargs):
    """Call *name* as the guest would; return the status and what it gets."""
    payload = encode([list(args), kwargs], max_bytes=MAX, max_depth=66)
    status, reply = functions.invoke(name.encode(), payload, max_bytes=MAX, wait_for=asyncio.run)
    return status, decode(reply, max_bytes=MAX)


def only(function, name="f"):
    return HostFunctions({name: function})


def add(a, b=10, *, c=0):
    return a + b + c


def test_a_function_is_called_with_its_arguments():
    """
    By position, by keyword and with defaults, as in Python.
    """
    functions = HostFunctions([add])

    assert (0, 3) == invoke(functions, "add", 1, 2)
    assert (0, 11) == invoke(functions, "add", 1)
    assert (0, 6) == invoke(functions, "add", b=2, a=1, c=3)
    assert (0, (1, {"$": b"x"})) == invoke(only(lambda x: x), "f", (1, {"$": b"x"}))


def test_registering():
    """
    The decorator forms, the constructor's forms, and the container.
    """
    functions = HostFunctions()

    @functions.register
    def one():
        return 1

    @functions.register(name="deux")
    def two():
        return 2

    @functions.register()
    def three():
        return 3

    assert functions.register(add) is add
    assert 2 == two()
    assert ("one", "deux", "three", "add") == functions.names == tuple(functions)
    assert 4 == len(functions)
    assert "deux" in functions
    assert "two" not in functions
    assert (0, 2) == invoke(functions, "deux")
    assert ("a", "b") == HostFunctions({"a": add, "b": add}).names


def test_a_copy_goes_its_own_way():
    """
    What is registered later on one is not on the other.
    """
    first = HostFunctions([add])
    second = first.copy()
    third = HostFunctions(first)
    second.register(add, name="more")

    assert ("add",) == first.names == third.names
    assert ("add", "more") == second.names


def test_builtin_and_partial_callables():
    """
    Whatever can be called with data can be registered under a name.
    """

    class Counter:
        def __init__(self):
            self.count = 0

        def __call__(self, step: int):
            self.count += step
            return self.count

        def method(self, x: int) -> int:
            return x

        @classmethod
        def made(cls, x: int) -> int:
            return x

    counter = Counter()
    functions = HostFunctions(
        {
            "count": counter,
            "method": counter.method,
            "made": Counter.made,
            "plus": functools.partial(add, 5),
            "get": {"a": 1}.get,
            "biggest": max,
        }
    )

    assert (0, 2) == invoke(functions, "count", 2)
    assert "TypeError" == invoke(functions, "count", "2")[1][0]
    assert (0, 1) == invoke(functions, "method", 1)
    assert "TypeError" == invoke(functions, "made", "1")[1][0]
    assert (0, 6) == invoke(functions, "plus", 1)
    assert (0, 1) == invoke(functions, "get", "a")
    assert (0, 7) == invoke(functions, "biggest", 3, 7)


async def asynchronous():
    pass


def test_asynchronous_callables():
    """
    Whatever makes a coroutine is awaited.
    """
    functions = HostFunctions(
        {"a": asynchronous, "b": AsyncCallable(), "c": functools.partial(asynchronous)}
    )

    assert [(0, None)] * 3 == [invoke(functions, name) for name in "abc"]


def test_no_thread_for_coroutines(monkeypatch):
    """
    The call fails, and later ones find a loop that somebody runs.
    """

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_coroutines, "_shared", None)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        coroutine = asynchronous()
        with pytest.raises(RuntimeError):
            _coroutines.start(coroutine, None)
        coroutine.close()

    assert _coroutines.start(asynchronous(), None).result(20) is None
    loop = _coroutines._shared
    loop.call_soon_threadsafe(loop.stop)
    for _ in range(2000):
        if not loop.is_running():
            break
        threading.Event().wait(0.005)
    loop.close()


async def asynchronous_generator():
    yield


def generator():
    yield


class AsyncCallable:
    async def __call__(self):
        pass


def unknown_hint(a: "Nowhere"):  # noqa: F821
    pass


def unknown_inner_hint(a: list["Nowhere"]):  # noqa: F821
    pass


def broken_hint(a: "list["):  # noqa: F722
    pass


class Opaque:
    pass


def opaque_hint(a: Opaque):
    pass


@pytest.mark.parametrize(
    ("functions", "text"),
    [
        ([1], "must be callable, got int"),
        ([None], "must be callable, got NoneType"),
        ({"f": None}, "must be callable, got NoneType"),
        ([lambda: 1], "without a name"),
        ([functools.partial(add)], "without a name"),
        ({"": add}, "identifier"),
        ({"a b": add}, "identifier"),
        ({"os.path.join": add}, "identifier"),
        ({"a\0": add}, "identifier"),
        ({"1a": add}, "identifier"),
        ({"class": add}, "identifier"),
        ({"a" * 500: add}, "identifier"),
        ({1: add}, "must be a str, got int"),
        ({None: add}, "must be a str, got NoneType"),
        ({"_f": add}, "begin with '_'"),
        ({"__class__": add}, "begin with '_'"),
        ({"print": add}, "builtin"),
        ({"eval": add}, "builtin"),
        ({"ValueError": add}, "builtin"),
        ([len], "builtin"),
        ([add, add], "twice"),
        ([asynchronous_generator], "generator"),
        ([generator], "generator"),
        ([unknown_hint], "Nowhere"),
        ([unknown_inner_hint], "Nowhere|'a' cannot be validated"),
        ([broken_hint], "unusable"),
        ([opaque_hint], "'a' cannot be validated"),
        ("add", "got str"),
        (5, "got int"),
        (None, "got NoneType"),
        (add, "got function"),
    ],
)
def test_unfit_functions_are_refused(functions, text):
    """
    When they are registered, not when guest code calls them.
    """
    with pytest.raises(ConfigError, match=text):
        HostFunctions(functions)


def test_all_builtins_of_this_python_are_known():
    """
    The list is frozen; a Python with a new builtin shows here.
    """
    here = {name for name in dir(builtins) if not name.startswith("_")}
    from_site = {"copyright", "credits", "exit", "help", "license", "quit"}

    assert set() == here - BUILTINS - from_site


@pytest.mark.parametrize(
    "name",
    [
        b"nope",
        b"__class__",
        b"add.__globals__",
        b"os.system",
        b"",
        b"add\0",
        b"\xff" * 9,
        b"ad",
        "é".encode() * 1000,
        b"eval",
        b"names",
        b"_table",
        b" add",
        b"'\"\n",
    ],
)
def test_unknown_names_are_only_unknown(name):
    """
    The look-up is exact, and the answer short and plain.
    """
    functions = HostFunctions([add])
    status, reply = functions.invoke(name, b"[[],{}]", max_bytes=MAX, wait_for=asyncio.run)
    type_name, message = json.loads(reply)

    assert (1, "NameError") == (status, type_name)
    assert message.startswith("no such host function: ")
    assert len(message) < 200
    assert reply.isascii()


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ([], {}, "add() is missing 'a'"),
        ([1, 2, 3], {}, "add() takes at most 2 positional arguments, got 3"),
        ([1], {"zzz": 1}, "add() got an unexpected argument 'zzz'"),
        ([1], {"self": 1}, "add() got an unexpected argument 'self'"),
        ([1], {"a": 1}, "add() got two values for argument 'a'"),
        ([1], {"": 1}, "add() got an unexpected argument ''"),
        ([1], {"é\n\x1b[31m": 1}, r"add() got an unexpected argument '\xe9\n\x1b[31m'"),
        ([1], {"__class__": 1}, "add() got an unexpected argument '__class__'"),
        ([1], {"x" * 10000: 1}, f"add() got an unexpected argument '{'x' * 40}'"),
    ],
)
def test_arguments_that_do_not_fit(args, kwargs, text):
    """
    The text names the function as the guest knows it, and its parameters.
    """
    status, answer = invoke(HostFunctions([add]), "add", *args, **kwargs)

    assert (1, ["TypeError", text + "; parameters: a, b, c"]) == (status, answer)


def with_everything(a, /, b, *rest, c, d=4, **options):
    return [a, b, list(rest), c, d, options]


@given(
    st.lists(st.integers(), max_size=4),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "rest", "options"]), st.integers()),
    st.sampled_from(
        [add, with_everything, lambda: 0, lambda *a: list(a), lambda a, *, b: [a, b], lambda a=1: a]
    ),
)
def test_binding_is_that_of_python(args, kwargs, function):
    """
    The same calls are accepted, with the same arguments, as by Python itself.
    """
    try:
        expected = 0, function(*args, **kwargs)
    except TypeError:
        expected = 1, "TypeError"
    status, answer = invoke(only(function), "f", *args, **kwargs)

    assert expected == (status, answer[0] if status else answer)


class Suit(Enum):
    HEARTS = "h"


class Corner(Enum):
    FIRST = (0, 0)
    LAST = b"\xff"
    DAY = date(2026, 1, 1)


@dataclasses.dataclass
class Part:
    suit: Suit
    data: bytes
    more: "tuple[Part, ...]" = ()  # whole in quotes: within them Python 3.10 does not look


@dataclasses.dataclass
class Checked:
    data: Annotated[bytes, pydantic.Field(max_length=2)]
    size: int = 1

    def __post_init__(self):
        if self.size < 0:
            raise ValueError("negative")


@dataclasses.dataclass(slots=True)
class Constrained:
    suit: Suit
    size: int = pydantic.Field(gt=3, default=4)


@dataclasses.dataclass
class Validated:
    suit: Suit
    size: int = 4

    @pydantic.field_validator("size")
    @classmethod
    def large(cls, size):
        if size <= 3:
            raise ValueError("small")
        return size


@dataclasses.dataclass
class Peculiar:
    suit: Suit

    def __init__(self, other=None):
        raise AssertionError


class Piece(TypedDict):
    suit: Suit
    data: NotRequired[bytes]


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.0


class Row(TypedDict):
    id: int
    when: NotRequired[date]


class Card(TypedDict, total=False):
    suit: Required[Suit]
    others: NotRequired[list[Suit]]


class Order(pydantic.BaseModel):
    items: list[str]
    when: date


@pytest.mark.parametrize(
    ("hint", "value", "expected"),
    [
        (int, 1, 1),
        (int, "1", "TypeError"),
        (int, True, "TypeError"),
        (int, 1.0, "TypeError"),
        (float, 1, 1.0),
        (float, "1", "TypeError"),
        (bool, 1, "TypeError"),
        (str, b"a", "TypeError"),
        (str, None, "TypeError"),
        (str | None, None, None),
        (bytes, b"a", b"a"),
        (date, "2026-01-31", date(2026, 1, 31)),
        (date, date(2026, 1, 31), date(2026, 1, 31)),
        (date, "2026-02-31", "ValueError"),
        (date, 5, "TypeError"),
        (list[int], (1, 2), [1, 2]),
        (list[int], ["1"], "TypeError"),
        (list[int], {1}, "TypeError"),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 1], {1}),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict[int, int], {1: 2}, {1: 2}),
        (Suit, "h", Suit.HEARTS),
        (Suit, "x", "ValueError"),
        (Literal["a"], "b", "ValueError"),
        (Corner, (0, 0), Corner.FIRST),
        (Corner, b"\xff", Corner.LAST),
        (Corner, date(2026, 1, 1), Corner.DAY),
        (Corner, (0, 1), "ValueError"),
        (Literal[Suit.HEARTS, 3], "h", Suit.HEARTS),
        (Literal[Suit.HEARTS, 3], 3, 3),
        (Literal[Suit.HEARTS, 3], 4, "ValueError"),
        (dict[int, Suit], {1: "h"}, {1: Suit.HEARTS}),
        (tuple[Suit, bytes], ("h", b"\xff"), (Suit.HEARTS, b"\xff")),
        (bytearray, bytearray(b"\xff"), bytearray(b"\xff")),
        (bytearray, b"a", "TypeError"),
        (Part, {"suit": "h", "data": b"\xff"}, Part(Suit.HEARTS, b"\xff")),
        (Part, {"suit": "h", "data": 1}, "TypeError"),
        (Part, {"suit": "h", "data": b"\xff", "x": 1}, Part(Suit.HEARTS, b"\xff")),
        (Part, {"suit": "h", "data": b"a", "x": 1}, Part(Suit.HEARTS, b"a")),
        (Suit | str, "h", Suit.HEARTS),
        (str | Suit, "h", "h"),
        (Suit | str, "x", "x"),
        (set[Suit], {"h"}, {Suit.HEARTS}),
        (
            list[Part],
            [{"suit": "h", "data": b"a", "more": ({"suit": "h", "data": b"b"},)}],
            [Part(Suit.HEARTS, b"a", (Part(Suit.HEARTS, b"b"),))],
        ),
        (Piece, {"suit": "h", "data": b"\xff"}, {"suit": Suit.HEARTS, "data": b"\xff"}),
        (Checked, {"data": b"\xff"}, Checked(b"\xff")),
        (Checked, {"data": b"\xff\xff\xff"}, "ValueError"),
        (Checked, {"data": b"\xff", "size": -1}, "ValueError"),
        (Constrained, {"suit": "h", "size": 3}, "ValueError"),
        (Validated, {"suit": "h", "size": 3}, "ValueError"),
        (Annotated[int, pydantic.Field(gt=3)], 3, "ValueError"),
        (Annotated[int, pydantic.Field(gt=3)], 4, 4),
        (Point, {"x": 1, "y": 2}, Point(1, 2.0)),
        (Point, {"y": 2}, "TypeError"),
        (Order, {"items": ["a"], "when": date(2026, 1, 1)}, Order(items=["a"], when="2026-01-01")),
        (list[Point], [{"x": 1}], [Point(1)]),
        (Row, {"id": 1}, {"id": 1}),
        (Row, {"id": 1, "when": date(2026, 1, 1)}, {"id": 1, "when": date(2026, 1, 1)}),
        (Row, {"when": date(2026, 1, 1)}, "TypeError"),
        (list[Row] | None, [{"id": "1"}], "TypeError"),
        (Point | Row, {"id": 1}, {"id": 1}),
        (datetime, "2026-01-31T01:02:03Z", datetime(2026, 1, 31, 1, 2, 3, tzinfo=timezone.utc)),
        (datetime, date(2026, 1, 31), "TypeError"),
        (timedelta, timedelta(1), timedelta(1)),
        (UUID, UUID(int=5), UUID(int=5)),
        (UUID, str(UUID(int=5)), UUID(int=5)),
        (Decimal, Decimal("1.50"), Decimal("1.50")),
        (list[bytes], [b"\xff"], [b"\xff"]),
        (dict[str, bytes], {"a": b"\xff"}, {"a": b"\xff"}),
        (Literal[1, "a"], "a", "a"),
        (int | str, 2.5, "TypeError"),
        (Annotated[Row, pydantic.Field()], {"id": 1}, {"id": 1}),
        (Card, {"suit": "h"}, {"suit": Suit.HEARTS}),
        (Card, {"suit": "h", "others": ["h"]}, {"suit": Suit.HEARTS, "others": [Suit.HEARTS]}),
        (Card, {}, "TypeError"),
        (Any, {"a": 1}, {"a": 1}),
        (typing.Sequence[float], [1, 2.5], [1.0, 2.5]),
        (int, 10**400, 10**400),
        (float, 10**300, 1e300),
        (float, 10**400, "TypeError"),
        (list[float], [10**5000], "TypeError"),
        (Literal[1, 2], 10**400, "ValueError"),
    ],
)
def test_arguments_are_validated_from_hints(hint, value, expected):
    """
    Strictly, as the Python value that came or as the JSON that it would be.
    """
    seen = []

    def take(a):
        seen.append(a)

    take.__annotations__["a"] = hint
    status, answer = invoke(HostFunctions([take]), "take", value)

    if expected in ("TypeError", "ValueError"):
        assert (1, expected) == (status, answer[0])
        assert "take() argument 'a'" in answer[1]
        assert [] == seen
    else:
        assert (0, None) == (status, answer)
        assert expected == seen[0]
        assert type(expected) is type(seen[0])


class Key(pydantic.BaseModel, frozen=True):
    a: int


class Keys(pydantic.BaseModel):
    keys: set[int]


@pytest.mark.parametrize(
    ("hint", "make"),
    [
        (set[int], list),
        (frozenset[Decimal], lambda numbers: list(map(str, numbers))),
        (set[Key], lambda numbers: [{"a": number} for number in numbers]),
        (dict[int, Any], lambda numbers: {str(number): 0 for number in numbers}),
        (Keys, lambda numbers: {"keys": list(numbers)}),
    ],
    ids=["set", "frozenset", "models", "dict", "field"],
)
def test_what_becomes_a_set_is_soon_one(hint, make):
    """
    A list holds no keys on its way, and pydantic makes it a set in one operation of C.
    """
    seen = []

    def take(a):
        seen.append(a)

    take.__annotations__["a"] = hint
    functions = HostFunctions([take])

    def told(numbers):
        payload = encode([[make(numbers)], {}], max_bytes=MAX * 100, max_depth=66)
        return functions.invoke(b"take", payload, max_bytes=MAX * 100, wait_for=asyncio.run)

    began = time.thread_time()
    status, answer = told([number * sys.hash_info.modulus for number in range(16_000)])

    assert time.thread_time() - began < 5
    assert (1, "ValueError") == (status, decode(answer, max_bytes=MAX)[0])
    assert [] == seen
    assert 0 == told([number * 1000 for number in range(16_000)])[0]
    assert 1 == len(seen)


class Price(pydantic.BaseModel):
    amount: Decimal
    unit: str = ""


@pytest.mark.parametrize("hint", [Decimal, list[Decimal], Price, dict[Decimal, int], int | Decimal])
@pytest.mark.parametrize(
    "text",
    ["1e999999999", "-1E+1_000_000\n", "1e٩٩٩٩٩٩٩", "1e-9999999", "1" * 5000, "1." + "0" * 5000],
)
def test_a_text_becomes_no_decimal_that_would_do_harm(hint, text):
    """
    What the host would make an int of, and fill its memory, is no argument, spelled as it may be.
    """
    seen = []

    def take(a):
        seen.append(a)

    take.__annotations__["a"] = hint
    functions = HostFunctions([take])
    wrap = {list[Decimal]: lambda it: [it], Price: lambda it: {"amount": it}}
    wrap[dict[Decimal, int]] = lambda it: {it: 1}
    make = wrap.get(hint, lambda it: it)

    status, answer = invoke(functions, "take", make(text))

    assert (1, "ValueError") == (status, answer[0])
    assert "cannot cross" in answer[1]
    assert [] == seen
    for honest in ("1.50", "-1e999999", "1" * 100):
        assert 0 == invoke(functions, "take", make(honest))[0]


class Plus(pydantic.BaseModel):
    name: Literal["plus"] = "plus"
    left: "Plus | Minus | int" = 0
    more: "list[Plus | Minus | int]" = []


class Minus(pydantic.BaseModel):
    name: Literal["minus"] = "minus"
    left: "Plus | Minus | int" = 0
    more: "list[Plus | Minus | int]" = []


class Left(typing_extensions.TypedDict):
    left: NotRequired["Left | Right"]


class Right(typing_extensions.TypedDict):
    left: NotRequired["Left | Right"]


def tree(depth, leaf):
    """A tree of that depth with a *leaf* at its end."""
    for _ in range(depth):
        leaf = {"left": leaf}
    return leaf


@pytest.mark.parametrize(
    ("hint", "make"),
    [
        (Plus | Minus, lambda depth: tree(depth, 1)),
        (Plus | Minus, lambda depth: tree(depth // 3 + 3, {"more": [1] * 8000})),
        (list[Plus | Minus], lambda depth: [tree(depth, 1)] * 3),
        (Left | Right, lambda depth: tree(depth, {})),
    ],
    ids=["deep", "wide", "list", "TypedDict"],
)
def test_what_is_tried_as_one_thing_after_the_other_is_bounded(hint, make):
    """
    On each level both classes are tried with all below it: 2**40 times for the last.
    """

    def take(a):
        pass

    take.__annotations__["a"] = hint
    functions = HostFunctions([take])
    payload = encode([[make(40)], {}], max_bytes=MAX, max_depth=66)
    began = time.thread_time()

    status, answer = functions.invoke(b"take", payload, max_bytes=MAX, wait_for=asyncio.run)

    assert time.thread_time() - began < 10
    assert (1, "ValueError") == (status, decode(answer, max_bytes=MAX)[0])
    assert 0 == invoke(functions, "take", make(6))[0]
    assert 1 == invoke(functions, "take", {"left": "x"})[0]


class Text(pydantic.BaseModel):
    keys: pydantic.Json[list[set[int]]]


@pytest.mark.parametrize("hint", [pydantic.Json[set[int]], pydantic.Json[Decimal], Text])
def test_what_nothing_bounds_is_not_registered(hint):
    """
    A hint that reads JSON out of a text is one for texts and numbers.
    """

    def take(a):
        pass

    take.__annotations__["a"] = hint

    with pytest.raises(ConfigError, match="take the data itself"):
        HostFunctions([take])
    take.__annotations__["a"] = pydantic.Json[dict[str, list[float]]]
    assert 0 == invoke(HostFunctions([take]), "take", '{"a": [1.5]}')[0]


def test_a_dataclass_with_a_constructor_of_its_own_is_left_to_pydantic():
    """
    Which sets its fields, and never calls that.
    """
    seen = []

    def take(a: Peculiar):
        seen.append(a.suit)

    assert (0, None) == invoke(only(take), "f", {"suit": "h"})
    assert [Suit.HEARTS] == seen


def test_the_text_of_a_validation_error():
    """
    Parameter, place and expectation; no link, no object of the host.
    """

    def plot(points: list[Point], *more: int, **named: int):
        pass

    functions = HostFunctions([plot])

    assert [
        "TypeError",
        "plot() argument 'points'[0]['x']: Input should be a valid integer",
    ] == invoke(functions, "plot", [{"x": "1"}])[1]
    assert "plot() argument 'more': Input should be a valid integer" in str(
        invoke(functions, "plot", [], "x")
    )
    assert "plot() argument 'size': Input should be a valid integer" in str(
        invoke(functions, "plot", [], size="x")
    )
    status, (_, message) = invoke(functions, "plot", [{"x": "y" * 400}] * 100)
    assert (1, True) == (status, len(message) < 1500)
    assert "and 97 more" in message


def test_a_validator_of_the_host_may_fail():
    """
    Its ValueError is told like pydantic's own; another error stays here.
    """

    def even(value):
        if value % 2:
            raise ValueError("must be even")
        if value == 4:
            raise KeyError("/secret/path")
        return value

    def take(a: Annotated[int, pydantic.AfterValidator(even)]):
        return a

    functions = HostFunctions([take])

    assert (0, 2) == invoke(functions, "take", 2)
    assert "ValueError" == invoke(functions, "take", 1)[1][0]
    assert "must be even" in invoke(functions, "take", 1)[1][1]
    assert 1 == invoke(functions, "take", 4)[0]


def test_the_result_must_match_its_hint(caplog):
    """
    A wrong result is the host's fault: logged here, not shown there.
    """

    def price(item) -> float:
        return {"tea": 2.5, "milk": 1, "secret": "hidden"}[item]

    def made() -> Point:
        return Point(1)

    functions = HostFunctions([price, made])

    assert (0, 2.5) == invoke(functions, "price", "tea")
    assert (0, 1) == invoke(functions, "price", "milk")
    assert (0, {"x": 1, "y": 0.0}) == invoke(functions, "made")
    assert (
        1,
        ["RuntimeError", "host function 'price' returned something of the wrong type"],
    ) == invoke(functions, "price", "secret")
    assert "str is not what its hint says" in caplog.text


def test_pydantic_is_imported_for_hints_only():
    """
    It takes longer to import than a session takes to start.
    """
    program = """if True:
        import sys
        from sandbox_wasm._functions import HostFunctions
        def plain(a, b=1): return a
        functions = HostFunctions([plain])
        assert functions.invoke(b"plain", b"[[1],{}]", max_bytes=99, wait_for=None) == (0, b"1")
        assert "pydantic" not in sys.modules
        assert "decimal" not in sys.modules
        def hinted(a: int): return a
        functions.register(hinted)
        assert "pydantic" in sys.modules
    """
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


class NotFound(KeyError):
    pass


class Own(Exception):
    pass


class OwnOs(PermissionError):
    pass


class Text(str):
    def __str__(self):
        raise SystemExit


GENERIC = "host function 'f' failed"


def unicode_error():
    b"\xffsecret".decode()


def file_error():
    open("/nowhere/secret.txt")  # noqa: SIM115


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad"), ["ValueError", "bad"]),
        (ValueError(), ["ValueError", ""]),
        (ValueError("a", 5, "b", object()), ["ValueError", "a, b"]),
        (ValueError(Text("x")), ["ValueError", "x"]),
        (KeyError("k"), ["KeyError", "k"]),
        (KeyError(5), ["KeyError", ""]),
        (IndexError("i"), ["IndexError", "i"]),
        (ZeroDivisionError("z"), ["ZeroDivisionError", "z"]),
        (NotImplementedError("n"), ["NotImplementedError", "n"]),
        (TimeoutError("slow"), ["TimeoutError", "slow"]),
        (ValueError("é\ud800\n"), ["ValueError", "é\\ud800\n"]),
        (ValueError("x" * 5000), ["ValueError", "x" * 2000]),
        (FileNotFoundError(2, "No such file", "/a"), ["FileNotFoundError", "No such file"]),
        (OSError(errno.EIO, "broken", "/a", None, "/b"), ["OSError", "broken"]),
        (OSError("/secret"), ["OSError", ""]),
        (ConnectionError("/secret"), ["ConnectionError", ""]),
        (UnicodeError("u"), ["UnicodeError", "u"]),
        (NotFound("/secret"), ["KeyError", GENERIC]),
        (OwnOs(13, "secret", "/secret"), ["PermissionError", GENERIC]),
        (Own("/secret"), ["RuntimeError", GENERIC]),
        (MemoryError("secret"), ["RuntimeError", GENERIC]),
        (RecursionError("secret"), ["RuntimeError", GENERIC]),
        (StopIteration("secret"), ["RuntimeError", GENERIC]),
        (StopAsyncIteration("secret"), ["RuntimeError", GENERIC]),
        (SystemError("secret"), ["RuntimeError", GENERIC]),
        (ImportError("secret"), ["RuntimeError", GENERIC]),
        (ConfigError("secret"), ["ValueError", GENERIC]),
        (GuestProtocolError("secret"), ["RuntimeError", GENERIC]),
    ],
)
def test_exceptions_cross_by_builtin_type(error, expected, caplog):
    """
    Common builtins with their words, all else without; and that is logged.
    """

    def f():
        raise error

    assert (1, expected) == invoke(HostFunctions([f]), "f")
    assert (expected[1] == GENERIC) == ("test_functions.py" in caplog.text)


def test_real_errors_of_files_and_decoding():
    """
    As the interpreter raises them, with file names and data in their arguments.
    """
    assert (1, ["FileNotFoundError", "No such file or directory"]) == invoke(only(file_error), "f")
    assert (1, ["UnicodeError", "invalid start byte"]) == invoke(only(unicode_error), "f")


def test_what_crosses_is_builtin():
    """
    Guest code can name every class that reaches it.
    """
    assert {kind.__name__ for kind in CROSSING} <= BUILTINS


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(0), GeneratorExit(), asyncio.CancelledError()]
)
def test_base_exceptions_reach_the_caller(error):
    """
    They are not for guest code, and end the run.
    """

    def f():
        raise error

    with pytest.raises(type(error)) as info:
        invoke(HostFunctions([f]), "f")

    assert error is info.value


def coroutine_value():
    return asynchronous()


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def cycle():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("make", "type_name"),
    [
        (object, "TypeError"),
        (lambda: "x" * MAX, "ValueError"),
        (lambda: "x" * 50_000_000, "ValueError"),
        (cycle, "ValueError"),
        (deep, "ValueError"),
        (lambda: "\ud800", "ValueError"),
        (lambda: (i for i in "ab"), "TypeError"),
        (coroutine_value, "TypeError"),
        (lambda: [print], "TypeError"),
    ],
)
def test_results_that_cannot_cross(make, type_name, caplog):
    """
    Guest code learns which function it was, and nothing of the value.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        status, answer = invoke(only(make), "f")
        gc.collect()

    assert (1, type_name) == (status, answer[0])
    assert answer[1].startswith("host function 'f' returned a value that")
    assert "returned what cannot cross" in caplog.text


def test_a_coroutine_of_the_wrong_type_is_closed_too():
    """
    The hint is not met; nor is a warning left behind.
    """

    def f() -> int:
        return asynchronous()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "RuntimeError" == invoke(HostFunctions([f]), "f")[1][0]
        gc.collect()


def test_results_are_copies():
    """
    What guest code does to a list is not done to the host's.
    """
    shared = [1]
    functions = only(lambda: shared)
    invoke(functions, "f")[1].append(2)

    assert (0, [1]) == invoke(functions, "f")


def test_guest_code_cannot_flood_the_log(caplog):
    """
    A function that fails on each call is logged some times a minute.
    """

    def f():
        raise Own

    functions = HostFunctions([f])
    for _ in range(1000):
        invoke(functions, "f")

    assert 11 == len(caplog.records)
    assert {"sandbox_wasm"} == {record.name for record in caplog.records}
    assert {logging.ERROR} == {record.levelno for record in caplog.records}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[[]]",
        b"[[],{},1]",
        b"[{},[]]",
        b"[1,2]",
        b"\xff" * 64,
        b'{"name":5}',
        b"9" * 65536,
        b"[[],[]]",
        b'[[],{"$":"dict","v":[[1,2]]}]',
        b'["ab",{}]',
        b'{"args":[1],"args":[2],"name":"add"}',
        b'[{"$":"tuple","v":[1]},{}]',
    ],
)
def test_malformed_payloads_are_a_protocol_error(payload):
    """
    Only a guest that has lost its own C code sends such.
    """
    with pytest.raises(GuestProtocolError):
        HostFunctions([add]).invoke(b"add", payload, max_bytes=MAX + 1, wait_for=asyncio.run)


def test_too_many_arguments_are_an_error_of_the_guest():
    """
    Honest guest code may pass a list that is too long; its session goes on.
    """
    functions = only(len)
    payload = encode([[[0] * 250_000], {}], max_bytes=10 * MAX)
    status, reply = functions.invoke(b"f", payload, max_bytes=10 * MAX, wait_for=asyncio.run)

    assert (1, "ValueError") == (status, json.loads(reply)[0])
    assert 1 == functions.invoke(b"f", payload, max_bytes=100, wait_for=asyncio.run)[0]
    assert (0, 1000) == invoke(functions, "f", [0] * 1000)


def test_registering_from_many_threads():
    """
    None is lost, and a name is given once.
    """
    functions = HostFunctions()
    refused = []

    def register(prefix):
        for i in range(200):
            functions.register(add, name=f"{prefix}{i}")
            try:
                functions.register(add, name=f"shared{i}")
            except ConfigError:
                refused.append(i)

    threads = [threading.Thread(target=register, args=[prefix]) for prefix in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 5 * 200 == len(functions) == len(set(functions.names))
    assert 3 * 200 == len(refused)
