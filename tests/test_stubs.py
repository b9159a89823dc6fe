"""What a model is told of host functions is what they accept."""

import dataclasses
import datetime
import enum
import inspect
import sys
import types
import typing
import uuid
from decimal import Decimal
from fractions import Fraction
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import (
    NotRequired,
    TypedDict,
)  # that of typing has too little before Python 3.12

from sandbox_wasm import HostFunctions
from sandbox_wasm._values import decode, encode

MAX = 1 << 20


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Row(TypedDict):
    id: int
    tags: list[str]


@dataclasses.dataclass
class Part:
    name: str
    weight: float = 1.0
    parts: "list[Part]" = dataclasses.field(default_factory=list)


class Order(BaseModel):
    number: int
    when: datetime.datetime
    color: Color = Color.RED
    lines: list[Part] = []


def no_hints(a, b=1, *rest, c, d=None, **more):
    return None


def scalars(a: int, b: float = 1.5, *, c: str = "x", d: bool | None = None, e: bytes = b"") -> str:
    """Say it in a word."""
    return "word"


def containers(
    a: list[int], b: dict[str, float], c: tuple[int, str], d: set[int], *more: list[str]
) -> dict[str, list[int]]:
    """Hold things.

    In more than "one" line, with a \\ and \"\"\".
    """
    return {}


def classes(order: Order, part: Part, row: Row, /, color: Color, **more: Part) -> Order:
    return order


def rest(
    a: Literal["x", 3],
    b: datetime.date,
    c: datetime.timedelta,
    d: uuid.UUID,
    e: Annotated[int, Field(description="any")],
    f: Any,
) -> None: ...


def numbers(
    a: Decimal, b: Fraction, c: complex, d: Annotated[Decimal, Field(gt=0)], e: list[Decimal | None]
) -> dict[str, Decimal]:
    return {"a": a}


FUNCTIONS = [no_hints, scalars, containers, classes, rest, numbers]
TEXT = """\
import datetime
import decimal
import fractions
import uuid
from typing import Any, Literal, NotRequired, TypedDict

class Part(TypedDict):
    name: str
    weight: NotRequired[float]
    parts: NotRequired[list[Part]]


class Order(TypedDict):
    number: int
    when: datetime.datetime
    color: NotRequired[Literal['red', 'blue']]
    lines: NotRequired[list[Part]]


class Row(TypedDict):
    id: int
    tags: list[str]


def no_hints(a, b=1, *rest, c, d=None, **more):
    ...


def scalars(a: int, b: float = 1.5, *, c: str = 'x', d: bool | None = None, e: bytes = ...) -> str:
    \"\"\"Say it in a word.\"\"\"


def containers(a: list[int], b: dict[str, float], c: tuple[int, str], d: set[int], \
*more: list[str]) -> dict[str, list[int]]:
    \"\"\"Hold things.

    In more than "one" line, with a \\\\ and \\"\\"\\".
    \"\"\"


def classes(order: Order, part: Part, row: Row, /, color: Literal['red', 'blue'], \
**more: Part) -> Order:
    ...


def rest(a: Literal['x', 3], b: datetime.date, c: datetime.timedelta, d: uuid.UUID, e: int, \
f: Any) -> None:
    ...


def numbers(a: decimal.Decimal | float | str, b: fractions.Fraction | float, c: complex, \
d: decimal.Decimal | float | str, e: list[decimal.Decimal | float | str | None]) -> \
dict[str, decimal.Decimal]:
    ...
"""


def test_values_that_no_literal_can_name():
    """
    An enum's value may be a tuple; a bytearray is one.
    """

    class Corner(enum.Enum):
        FIRST = (0, 0)

    def place(at: Corner, word: Literal[Color.RED], data: bytearray) -> bytearray: ...

    text = HostFunctions([place]).stubs()

    assert "def place(at: Any, word: Literal['red'], data: bytearray) -> bytearray:" in text


def test_stubs():
    """
    The text is a stub file, in the order of the functions, each class before its use.
    """
    assert TEXT == HostFunctions(FUNCTIONS).stubs()
    compile(TEXT, "stubs", "exec")
    assert "" == HostFunctions().stubs()


def test_two_classes_of_one_name():
    """
    Classes that share a name are told apart.
    """
    other = dataclasses.make_dataclass("Part", [("size", int)])

    def one(part: Part) -> None: ...

    def two(part: other) -> None: ...  # type: ignore[valid-type]

    text = HostFunctions([one, two]).stubs()
    names = [line for line in text.splitlines() if line.startswith("class ")]
    assert 2 == len(set(names)) == len(names)
    assert "size: int" in text
    assert "weight: NotRequired[float]" in text


def test_builtin_that_does_not_tell():
    """
    A function without a signature takes whatever it takes.
    """
    tools = HostFunctions({"highest": max})

    assert "def highest(*args, **kwargs):\n" in tools.stubs()
    assert tools.json_schema()[0]["parameters"]["additionalProperties"] is True


def test_json_schema():
    """
    Each function is a tool with the schemas of its arguments and of what it returns.
    """
    tools = {tool["name"]: tool for tool in HostFunctions(FUNCTIONS).json_schema()}

    assert [f.__name__ for f in FUNCTIONS] == list(tools)
    assert "Say it in a word." == tools["scalars"]["description"]
    schema = tools["scalars"]["parameters"]
    assert ["a"] == schema["required"]
    assert schema["additionalProperties"] is False
    assert {"type": "number", "default": 1.5} == schema["properties"]["b"]
    assert {"type": "string"} == tools["scalars"]["returns"]
    assert {"Part", "Order", "Color", "Row"} == set(tools["classes"]["parameters"]["$defs"])
    assert {"Part", "Order", "Color"} == set(tools["classes"]["returns"]["$defs"])
    assert {} == tools["no_hints"]["returns"]


def stub_hints(name):
    """The type hints of a stub, with its classes made."""
    text = TEXT
    if sys.version_info < (3, 12):
        text = text.replace("from typing import", "from typing_extensions import")
    module = types.ModuleType("the_stubs")
    sys.modules[module.__name__] = module  # where typing looks for what a hint names
    exec("from __future__ import annotations\n" + text, vars(module))
    return typing.get_type_hints(vars(module)[name], include_extras=True)


@pytest.mark.parametrize("function", [scalars, containers, classes, rest])
@given(data=st.data())
def test_what_the_stub_says_is_accepted(function, data):
    """
    Arguments of the types in the stub pass the function's validation.
    """
    hints = stub_hints(function.__name__)
    parameters = HostFunctions([function])._described()[0][2]
    args = [data.draw(of(hints[name])) for name in parameters.positional]
    kwargs = {
        name: data.draw(of(hints[name]))
        for name in sorted(parameters.by_name - set(parameters.positional))
    }
    taken = []
    tools = HostFunctions()
    tools._add(function, "f")
    host = tools._table[b"f"]
    host.function = lambda *args, **kwargs: taken.append(True)
    host.validators.accepts_result = lambda result: True

    payload = encode([args, kwargs], max_bytes=MAX)
    _, reply = tools.invoke(b"f", payload, max_bytes=MAX, wait_for=lambda coroutine: None)
    assert taken, reply


HINTS = st.recursive(
    st.sampled_from([int, float, str, bool, bytes, None, Any, Color, Row, Part, datetime.date,
                     datetime.datetime, datetime.timedelta, uuid.UUID, Literal["a", 2]]),
    lambda inner: st.one_of(
        inner.map(lambda hint: list[hint]),
        inner.map(lambda hint: dict[str, hint]),
        st.tuples(inner, inner).map(lambda pair: tuple[pair]),
        st.tuples(inner, inner).map(lambda pair: typing.Union[pair]),  # noqa: UP007
    ),
    max_leaves=4,
)  # fmt: skip
KINDS = [Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD, Parameter.VAR_POSITIONAL,
         Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD]  # fmt: skip


@st.composite
def signatures(draw):
    """Any function that could be registered: its parameters in an order that Python allows."""
    kinds = sorted(draw(st.lists(st.sampled_from(KINDS), max_size=5)))
    listed, stars, has_default = [], set(), False
    for number, kind in enumerate(kinds):
        is_star = kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        if is_star and kind in stars:
            continue
        stars.add(kind)
        default = Parameter.empty
        if not is_star and (draw(st.booleans()) or (has_default and kind < KINDS[2])):
            default, has_default = None, has_default or kind < KINDS[2]
        hint = draw(HINTS)
        if default is None:
            hint = typing.Optional[hint]  # noqa: UP045
        listed.append(Parameter(f"p{number}", kind, default=default, annotation=hint))
    return Signature(listed, return_annotation=draw(HINTS))


@settings(max_examples=30)
@given(signature=signatures(), data=st.data())
def test_stubs_of_any_signature(signature, data):
    """
    What is generated from the stub alone is accepted, in every way that the stub allows it
    to be passed, and what the stub does not allow is not.
    """
    taken = []

    def f(*args, **kwargs):
        taken.append((args, kwargs))

    f.__signature__ = signature
    f.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    tools = HostFunctions({"f": f})
    text = tools.stubs()
    if sys.version_info < (3, 12):
        text = text.replace("from typing import", "from typing_extensions import")
    module = types.ModuleType("the_stubs")
    sys.modules[module.__name__] = module
    exec("from __future__ import annotations\n" + text, vars(module))
    stub, hints = vars(module)["f"], typing.get_type_hints(vars(module)["f"], include_extras=True)
    args, kwargs, by_place = [], {}, True
    for parameter in inspect.signature(stub).parameters.values():
        values, kind = of(hints[parameter.name]), parameter.kind
        is_left_out = parameter.default is not Parameter.empty and data.draw(st.booleans())
        if kind is Parameter.VAR_POSITIONAL:
            args += data.draw(st.lists(values, max_size=2)) if by_place else []
        elif kind is Parameter.VAR_KEYWORD:
            kwargs |= data.draw(st.dictionaries(st.sampled_from(["x", "y"]), values, max_size=2))
        elif kind is Parameter.POSITIONAL_ONLY:
            by_place = by_place and not is_left_out
            args += [data.draw(values)] if by_place else []
        elif not is_left_out and by_place and kind is not KINDS[3] and data.draw(st.booleans()):
            args.append(data.draw(values))
        else:  # what comes after it has its place no more
            by_place = False
            kwargs |= {} if is_left_out else {parameter.name: data.draw(values)}
    try:
        inspect.signature(stub).bind(*args, **kwargs)
        fits = True
    except TypeError:
        fits = False
    payload = encode([args, kwargs], max_bytes=MAX)
    _, reply = tools.invoke(b"f", payload, max_bytes=MAX, wait_for=lambda coroutine: None)

    assert fits == bool(taken), (text, args, kwargs, reply)
    (schema,) = tools.json_schema()
    listed = {p.name for p in signature.parameters.values() if p.kind is not KINDS[4]}
    assert listed == set(schema["parameters"]["properties"])


def of(hint):
    """Values of *hint* that a guest has."""
    if hint is float:  # no NaN: that is refused nowhere, and JSON has no word for it
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is None or hint is type(None):
        return st.none()
    if hint is bytes:  # beside an enum or within a dataclass others are refused: see the docs
        return st.text(st.characters(codec="utf-8")).map(str.encode)
    if getattr(hint, "_name", getattr(hint, "__name__", "")) == "Any":  # typing_extensions has one
        return st.none() | st.integers() | st.text(st.characters(codec="utf-8"))
    if hasattr(hint, "__total__"):  # a TypedDict, of which hypothesis does not see the half
        fields = typing.get_type_hints(hint, include_extras=True)
        needed = {k: h for k, h in fields.items() if typing.get_origin(h) is not NotRequired}
        others = {k: typing.get_args(h)[0] for k, h in fields.items() if k not in needed}
        return st.fixed_dictionaries(
            {k: of(h) for k, h in needed.items()},
            optional={k: st.deferred(lambda h=h: of(h)) for k, h in others.items()},
        )
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return st.lists(of(parts[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(of(parts[0]), of(parts[1]), max_size=2)
    if origin is tuple:
        return st.tuples(*map(of, parts))
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*map(of, parts))
    return st.from_type(hint).filter(crosses)


def crosses(value):
    try:
        decode(encode(value, max_bytes=MAX), max_bytes=MAX)
    except (TypeError, ValueError):
        return False
    return True


def test_schema_accepts_what_the_function_accepts():
    """
    An object that fits the schema is validated the same by a model made of the function.
    """
    tool = HostFunctions([classes]).json_schema()[0]
    part = {"name": "n", "parts": [{"name": "m", "weight": 2.0}]}
    order = {"number": 1, "when": "2026-11-22T01:02:03Z", "lines": [part]}
    assert isinstance(TypeAdapter(Order).validate_python(order), Order)
    properties = tool["parameters"]["properties"]
    assert {"$ref": "#/$defs/Order"} == properties["order"]
    assert ["order", "part", "row", "color"] == tool["parameters"]["required"]
