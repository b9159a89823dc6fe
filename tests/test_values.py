"""Values cross unchanged or not at all, and no bytes of a guest do harm."""

import collections
import dataclasses
import enum
import functools
import itertools
import json
import math
import sys
import threading
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from datetime import time as clock
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pydantic
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox_wasm._errors import GuestProtocolError
from sandbox_wasm._result import GuestObject
from sandbox_wasm._values import ValueTooLarge, ValueUnfit, decode, encode

MIB = 1 << 20


def there(value, max_bytes=MIB):
    return encode(value, max_bytes=max_bytes)


def back(data, **bounds):
    return decode(data, **{"max_bytes": MIB, **bounds})


def same(a, b):
    """Tell whether *a* and *b* are equal in value and in every type."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return len(a) == len(b) and all(
            same(k, j) and same(v, w) for (k, v), (j, w) in zip(a.items(), b.items(), strict=True)
        )
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (set, frozenset)):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, float):
        return repr(a) == repr(b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, Decimal):
        return str(a) == str(b)
    return a == b


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["$", "\\", '"$"'])
offsets = st.integers(-86399, 86399).map(lambda s: timezone(timedelta(seconds=s)))
decimals = st.decimals(allow_nan=False).filter(lambda d: abs(d.adjusted()) < 900_000)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**66), 2**66),
    st.integers(2**70, 2**200),
    st.floats(),
    texts,
    st.binary(),
    st.complex_numbers(),
    st.datetimes(timezones=st.none() | offsets).map(lambda it: it.replace(fold=0)),
    st.dates(),
    st.times(timezones=st.none() | offsets).map(lambda it: it.replace(fold=0)),
    st.timedeltas(),
    decimals,
    st.sampled_from([Decimal("NaN"), Decimal("-Infinity"), Decimal("0E-20")]),
    st.fractions(),
    st.uuids(),
)
keys = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)
values = st.recursive(
    scalars | st.binary().map(bytearray),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.sets(keys, max_size=5),
        st.frozensets(keys, max_size=5),
        st.dictionaries(texts, inner),
        st.dictionaries(keys, inner, max_size=5),
    ),
    max_leaves=12,
)


@given(values)
@example([math.nan, -0.0, math.inf, 5e-324, 1.7976931348623157e308, 1e22, 1e100])
@example([2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**18, -(10**18), 10**5000])
@example({"$": 1})
@example({"$": {"$": "$"}, "v": []})
@example({"\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"): "\\ud800"})
@example("12345678901234567890e999")
@example([True, 1, 1.0, "1", b"1"])
@example([[], {}, (), set(), frozenset(), {1: []}])
def test_what_goes_in_comes_out(value):
    """
    Equal in value and in the type of every part.
    """
    data = there(value)

    assert same(value, back(data))
    json.loads(data, parse_constant=pytest.fail)


@given(values)
def test_the_other_spelling_of_json_is_read_too(value):
    """
    A guest may escape every character outside ASCII, and the dollar sign.
    """
    data = json.dumps(json.loads(there(value)), ensure_ascii=True).replace("$", "\\u0024")

    assert same(value, back(data.encode()))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, b"1"),
        (None, b"null"),
        (True, b"true"),
        (1.5, b"1.5"),
        ("é\n", '"é\\n"'.encode()),
        ([1, {"a": 2}], b'[1,{"a":2}]'),
        (2**63, b'{"$":"int","v":"0x8000000000000000"}'),
        (-(2**63) - 1, b'{"$":"int","v":"-0x8000000000000001"}'),
        (math.nan, b'{"$":"float","v":"nan"}'),
        (-math.inf, b'{"$":"float","v":"-inf"}'),
        ([math.inf], b'[{"$":"float","v":"inf"}]'),
        (b"ab", b'{"$":"bytes","v":"YWI="}'),
        (bytearray(1), b'{"$":"bytearray","v":"AA=="}'),
        ((1, 2), b'{"$":"tuple","v":[1,2]}'),
        ({7}, b'{"$":"set","v":[7]}'),
        (frozenset(), b'{"$":"frozenset","v":[]}'),
        ({1: 2}, b'{"$":"dict","v":[[1,2]]}'),
        ({"$": 1}, b'{"$":"dict","v":[["$",1]]}'),
        (1 - 2j, b'{"$":"complex","v":[1.0,-2.0]}'),
        (date(2026, 1, 31), b'{"$":"date","v":"2026-01-31"}'),
        (clock(1, 2), b'{"$":"time","v":"01:02:00"}'),
        (datetime(1, 2, 3), b'{"$":"datetime","v":"0001-02-03T00:00:00"}'),
        (timedelta(seconds=-1), b'{"$":"timedelta","v":[-1,86399,0]}'),
        (Decimal("1.50"), b'{"$":"decimal","v":"1.50"}'),
        (Fraction(-3, 6), b'{"$":"fraction","v":"-1/2"}'),
        (uuid.UUID(int=5), b'{"$":"uuid","v":"00000000000000000000000000000005"}'),
    ],
)
def test_form(value, expected):
    """
    The bytes are those that guests are written for.
    """
    assert expected == there(value)


class Level(enum.IntEnum):
    LOW = 1


class Colour(enum.Enum):
    RED = (255, 0)


class Word(str):
    __slots__ = ()


@dataclasses.dataclass
class Point:
    x: int
    y: object = None


class Model(pydantic.BaseModel):
    when: date


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Level.LOW, 1),
        ([Level.LOW], [1]),
        (Colour.RED, (255, 0)),
        (Word("w"), "w"),
        ({Word("$"): 1}, {"$": 1}),
        (Pair(1, 2), (1, 2)),
        (collections.defaultdict(list, {"a": [1]}), {"a": [1]}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (Point(1, Point(2)), {"x": 1, "y": {"x": 2, "y": None}}),
        ([Model(when=date(2026, 1, 1))], [{"when": date(2026, 1, 1)}]),
    ],
)
def test_subclasses_cross_as_their_base(value, expected):
    """
    What is data in a richer dress crosses as the data.
    """
    assert same(expected, back(there(value)))


def _without_end(base, item, *given):
    """Return a container of a class that has more items than it holds."""
    methods = {name: lambda _: itertools.repeat(item) for name in ("__iter__", "items")}
    return type("Endless", (base,), methods)(*given)


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value]], ids=["", "inside"])
@pytest.mark.parametrize(
    "endless",
    [
        _without_end(list, 1),
        _without_end(list, "x"),
        _without_end(tuple, 1, (1,)),
        _without_end(set, 1),
        _without_end(frozenset, 1),
        _without_end(dict, (1, 1)),
    ],
    ids=lambda value: f"{type(value).__mro__[1].__name__}",
)
def test_items_without_end(endless, wrap):
    """
    A class of the caller's that never stops telling items is too large, soon.
    """
    began = time.perf_counter()
    with pytest.raises(ValueError, match="more than 10000 bytes"):
        encode(wrap(endless), max_bytes=10_000)

    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 12])
def test_items_up_to_the_last_byte(length):
    """
    What just fits crosses whole, and what does not is refused, never cut.
    """
    value = _Many([7] * length)
    size = max(2, 2 * length + 1)
    assert [7] * length == back(encode(value, max_bytes=size))
    with pytest.raises(ValueError, match="more than"):
        encode(value, max_bytes=size - 1)


class _Many(list):
    pass


class Rude:
    def __repr__(self):
        raise SystemExit

    __str__ = __repr__


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Rude(), "Rude cannot cross"),
        ([0, {"a": (1, Rude())}], "Rude cannot cross at [1]['a'][1]"),
        ({3: Rude()}, "Rude cannot cross at [3]"),
        ({Rude: 1}, "type cannot cross at [type]"),
        (Point(print), "builtin_function_or_method cannot cross at ['x']"),
        (Point, "type cannot cross"),
        (range(3), "range cannot cross"),
        (iter([]), "list_iterator cannot cross"),
        (memoryview(b""), "memoryview cannot cross"),
        (GuestObject("a", "b"), "GuestObject cannot cross"),
        (..., "ellipsis cannot cross"),
    ],
)
def test_what_is_not_data_is_refused(value, text):
    """
    The error says which type and where, and runs no code of that type.
    """
    with pytest.raises(TypeError) as info:
        there(value)

    assert text == str(info.value)


def cyclic():
    it = []
    it.append([it])
    return it


def cyclic_dict():
    it = {}
    it["a"] = it, 1
    return it


def nested(depth, make=lambda inner: [inner], value=0):
    for _ in range(depth):
        value = make(value)
    return value


def laughs():
    """A value small in memory that is endless in text."""
    return nested(40, lambda inner: [inner, inner])


@pytest.mark.parametrize(
    "make",
    [
        cyclic,
        cyclic_dict,
        laughs,
        lambda: nested(40, lambda inner: (inner, inner)),
        lambda: nested(65),
        lambda: nested(65, lambda inner: (inner,)),
        lambda: nested(100_000),
        lambda: nested(100_000, lambda inner: {"a": inner}),
        lambda: "\ud800",
        lambda: ["a\udfff"],
        lambda: {"\ud800": 1},
        lambda: Decimal("sNaN"),
        lambda: Decimal("1E+9999999"),
        lambda: Decimal("1" * 5000),
        lambda: Fraction(1, 10**5000),
    ],
    ids=range(15),
)
def test_values_that_would_do_harm_are_refused(make):
    """
    Endless, too deep, or no valid text: a ValueError, at once.
    """
    value = make()
    started = time.monotonic()

    with pytest.raises(ValueError, match=r"cannot cross|deeper than 64|more than"):
        there(value)

    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "value",
    [
        "a" * 200_000_000,
        ["a" * 200_000_000],
        [1, "a" * 200_000_000],
        [bytes(200_000_000)],
        {"a" * 200_000_000: 1},
        [["a" * 1000] * 1000] * 1000,
        1 << 1_600_000_000,
        [1 << 1_600_000_000, "a"],
    ],
    ids=range(8),
)
def test_a_large_value_is_refused_before_it_is_copied(value):
    """
    200 MB of value cost no time and none of them again.
    """
    tracemalloc = pytest.importorskip("tracemalloc")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 1000 bytes"):
            there(value, max_bytes=1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < MIB


@pytest.mark.parametrize(
    "value", [1, "é", [1, 2], {"a": [(), 1.5]}, b"abc", 2**90, (1, "x"), {1: 2}, [math.nan]]
)
def test_max_bytes_is_exact(value):
    """
    What fits exactly crosses, and one byte more does not.
    """
    size = len(there(value))

    assert same(value, back(there(value, max_bytes=size), max_bytes=size))
    with pytest.raises(ValueError, match="more than"):
        there(value, max_bytes=size - 1)
    with pytest.raises(ValueTooLarge):
        back(there(value), max_bytes=size - 1)


def test_a_property_of_the_host_that_fails_is_named_by_its_place():
    """
    Code that runs while a value is read may raise anything.
    """

    class Broken(Point):
        @property
        def x(self):
            raise KeyError("secret")

        @x.setter
        def x(self, value):
            pass

    with pytest.raises(TypeError) as info:
        there([Broken(1)])

    assert "the value could not be read at [0]" == str(info.value)


MALFORMED = [
    b"",
    b" ",
    b"\xff" * 100,
    b"\0" * 100,
    b'"\xed\xa0\x80"',
    b'"\\ud800"',
    b'["\\uDFFF\\ud800"]',
    b'"\\ud83d\\\\\\ude00"',
    b'{"\\ud800":1}',
    b"NaN",
    b"[Infinity]",
    b"-Infinity",
    b"1e999",
    b"-1E+0400",
    b"100000000000000000000000000000e300",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"[1,99999999999999999999]",
    b"1" * 65536,
    b"[" + b"9" * 5000 + b"]",
    b"1 2",
    b"1 ",
    b"[1,]",
    b"[1",
    b"]",
    b"{1:2}",
    b'{"a"}',
    b"tru",
    b"'a'",
    b'"\n"',
    b'"abc',
    b"\xef\xbb\xbf1",
    b'{"$":1}',
    b'{"$":null,"v":1}',
    b'{"$":"$"}',
    b'{"$":"nope","v":1}',
    b'{"$":[],"v":1}',
    b'{"\\u0024":"nope","v":1}',
    b'{"$":"tuple"}',
    b'{"v":[],"$":"tuple","x":1}',
    b'{"$":"tuple","$":"tuple","v":[]}',
    b'{"$":"tuple","v":[],"v":[]}',
    b'{"$":"tuple","v":{}}',
    b'{"$":"tuple","v":"ab"}',
    b'{"$":"tuple","v":{"$":"tuple","v":[]}}',
    b'{"$":"set","v":[[]]}',
    b'{"$":"set","v":[{"$":"tuple","v":[{}]}]}',
    b'{"$":"set","v":1}',
    b'{"$":"dict","v":{}}',
    b'{"$":"dict","v":[[1]]}',
    b'{"$":"dict","v":[[1,2,3]]}',
    b'{"$":"dict","v":["ab"]}',
    b'{"$":"dict","v":[{"a":1,"b":2}]}',
    b'{"$":"dict","v":[[[],1]]}',
    b'{"$":"int","v":5}',
    b'{"$":"int","v":"5"}',
    b'{"$":"int","v":"0x"}',
    b'{"$":"int","v":"0x_1"}',
    b'{"$":"int","v":"+0x1"}',
    b'{"$":"float","v":"1.5"}',
    b'{"$":"float","v":1.5}',
    b'{"$":"float","v":[]}',
    b'{"$":"complex","v":[1,2]}',
    b'{"$":"complex","v":[1.0]}',
    b'{"$":"complex","v":[1.0,true]}',
    b'{"$":"complex","v":"1j"}',
    b'{"$":"bytes","v":"YWJ"}',
    b'{"$":"bytes","v":"YW J"}',
    b'{"$":"bytes","v":"YWJj="}',
    b'{"$":"bytes","v":"YWJ!"}',
    b'{"$":"bytes","v":"YR=="}',
    '{"$":"bytes","v":"é==="}'.encode(),
    b'{"$":"bytes","v":[1]}',
    b'{"$":"datetime","v":"2026-02-30T00:00:00"}',
    b'{"$":"datetime","v":"2026-02-03"}',
    b'{"$":"datetime","v":"10000-01-01T00:00:00"}',
    b'{"$":"datetime","v":"2026-01-01T00:00:00+24:00"}',
    '{"$":"date","v":"\uff12026-01-01"}'.encode(),
    b'{"$":"date","v":"2026-13-01"}',
    b'{"$":"date","v":"0000-01-01"}',
    b'{"$":"date","v":20260101}',
    b'{"$":"time","v":"25:00:00"}',
    b'{"$":"time","v":"1:00"}',
    b'{"$":"timedelta","v":[1]}',
    b'{"$":"timedelta","v":[1,2,3.0]}',
    b'{"$":"timedelta","v":[true,0,0]}',
    b'{"$":"timedelta","v":[0,86400,0]}',
    b'{"$":"timedelta","v":[1000000000,0,0]}',
    b'{"$":"timedelta","v":[-1000000000,0,0]}',
    b'{"$":"decimal","v":" 1"}',
    b'{"$":"decimal","v":"1_0"}',
    b'{"$":"decimal","v":1}',
    b'{"$":"fraction","v":"1/0"}',
    b'{"$":"fraction","v":"1/"}',
    b'{"$":"fraction","v":" 1"}',
    b'{"$":"fraction","v":"1/-2"}',
    b'{"$":"uuid","v":"abc"}',
    b'{"$":"uuid","v":1}',
    b'{"$":"object","type":"a"}',
    b'{"$":"object","type":"a","repr":1}',
    b'{"$":"object","type":"a","repr":"b","v":1}',
    b'{"$":"object","v":{"type":"a","repr":"b"}}',
]


@pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_bytes_are_a_protocol_error(data):
    """
    Alone or inside a list, whatever the malformation: the one error.
    """
    for hostile in (data, b"[1," + data + b"]", b'{"a":' + data + b"}"):
        if hostile != data and data in (b" ", b"1 "):
            continue
        with pytest.raises(GuestProtocolError) as info:
            back(hostile)

        assert type(info.value) is GuestProtocolError
        assert len(str(info.value)) < 100


def test_guest_objects_cross_to_the_host():
    """
    What is not data in the guest is named here.
    """
    data = b'[{"$":"object","type":"O","repr":"<O \\u0041>"}]'

    assert [GuestObject("O", "<O A>")] == back(data)


def test_the_last_of_two_plain_keys_counts():
    """
    As everywhere in Python, with and without tags in the text.
    """
    assert {"a": 2} == back(b'{"a":1,"a":2}')
    assert {"a": (2,)} == back(b'{"a":1,"a":{"$":"tuple","v":[2]}}')


def test_equal_keys_and_elements_become_one():
    """
    A guest may count True and 1 as two; Python does not.
    """
    assert {1} == back(b'{"$":"set","v":[1,1.0,true]}')
    assert {1: "b"} == back(b'{"$":"dict","v":[[1,"a"],[true,"b"]]}')


@pytest.mark.parametrize(
    "make", [lambda n: [n], lambda n: {"a": n}, lambda n: (n,), lambda n: {1: n}]
)
def test_depth_is_that_of_the_value(make):
    """
    64 containers inside each other cross both ways, 65 neither, tagged or not.
    """
    assert same(nested(64, make), back(there(nested(64, make))))

    deeper = encode(nested(65, make), max_bytes=MIB, max_depth=65)
    with pytest.raises(ValueTooLarge):
        back(deeper)
    assert same(nested(65, make), back(deeper, max_depth=65))


BOMBS = {
    "lists": b"[" * 100_000 + b"]" * 100_000,
    "open": b"[" * 1_000_000,
    "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "closed": b"]" * 1_000_000,
    "tuples": b'{"$":"tuple","v":[' * 40_000 + b"]}" * 40_000,
    "mixed": b'[{"a":' * 100_000,
    "behind strings": b'["\\\\","]",' * 100_000,
    "many": b"[" + b"[]," * 300_000 + b"[]]",
    "commas": b"[" + b"," * 1_000_000 + b"]",
    "texts": b"[" + b'"",' * 300_000 + b'""]',
    "quotes": b'"' * 1_000_000,
    "escaped": b'["' + b'\\"' * 400_000 + b'",' + b"[" * 70 + b"]" * 70 + b"]",
    "keys": b"{" + b",".join(b'"%d":{}' % i for i in range(110_000)) + b"}",
    "backslashes": b"\\" * 1_000_000,
    "digits": b"[" + b"1" * 1_000_000 + b"]",
    "fraction": b"[0." + b"1" * 1_000_000 + b"e400]",
    "surrogates": b'"' + b"\\ud83d" * 100_000 + b'"',
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_do_not_go_off(name):
    """
    In little time and memory, in a thread with hardly any recursion left.
    """
    tracemalloc = pytest.importorskip("tracemalloc")
    data = BOMBS[name]
    caught = []

    def run(frames):
        if frames:
            return run(frames - 1)
        try:
            decode(data, max_bytes=4 * MIB)
        except BaseException as error:
            caught.append(error)

    started = time.monotonic()
    tracemalloc.start()
    try:
        thread = threading.Thread(target=run, args=[sys.getrecursionlimit() - 60])
        thread.start()
        thread.join()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [True] == [isinstance(error, GuestProtocolError) for error in caught]
    assert peak < 64 * MIB
    assert time.monotonic() - started < 20


def test_brackets_in_strings_are_no_depth():
    """
    The legal neighbour of the bombs, which needs the exact count.
    """
    value = [["[" * 500, '"[' * 500, "\\" * 501, '\\"{{[' * 300], *([["]"]] * 100)]

    assert value == back(there(value))
    assert tuple(value) == back(there(tuple(value)))


def test_nodes_are_counted_exactly_where_it_matters():
    """
    Commas in texts are no values; 60,000 empty lists are allowed.
    """
    assert "," * 500_000 == back(there("," * 500_000))
    assert [[]] * 60_000 == back(there([[]] * 60_000))
    assert [1, 2] == back(b"[1,2]", max_nodes=3)
    for data in (b"[1,2,3]", b'[[],"a"]', b'["",{"$":"tuple","v":[]}]'):
        with pytest.raises(ValueTooLarge):
            back(data, max_nodes=3)


@pytest.mark.parametrize(
    "data",
    [
        b'{"$":"decimal","v":"sNaN"}',
        b'{"$":"decimal","v":"-NaN1"}',
        b'{"$":"decimal","v":"1E9999999"}',
        b'{"$":"decimal","v":"0E-99999999999999999999"}',
        b'{"$":"decimal","v":"' + b"1" * 5000 + b'"}',
        b'{"$":"fraction","v":"' + b"1" * 5000 + b'/1"}',
    ],
)
def test_what_honest_guests_have_and_no_host_takes(data):
    """
    It is refused by an error of its own, for it breaks no rule of the boundary.
    """
    with pytest.raises(ValueUnfit, match="cannot cross"):
        back(b"[" + data + b"]")


def colliding(count):
    """Distinct elements that all have one hash."""
    modulus = sys.hash_info.modulus
    return [{"$": "int", "v": hex((i + 3) * modulus * 2**64 + 1)} for i in range(count)]


@pytest.mark.parametrize("tag", ["set", "frozenset", "dict"])
def test_elements_of_one_hash_are_refused(tag):
    """
    A set of them takes quadratic time, in C, where nothing can interrupt it.
    """
    elements = colliding(20_000)
    payload = [[it, 0] for it in elements] if tag == "dict" else elements
    data = json.dumps({"$": tag, "v": payload}).encode()
    started = time.monotonic()

    with pytest.raises(ValueUnfit, match="same hash"):
        back(data, max_bytes=8 * MIB)

    assert time.monotonic() - started < 5
    honest = {(i, j): i for i in range(100) for j in range(100)}
    assert honest == back(there(honest))
    assert set(honest) == back(there(set(honest)))


@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: {"$": "tuple", "v": [0, it]}])
@pytest.mark.parametrize("tag", ["set", "frozenset", "dict"])
def test_a_long_int_is_compared_with_no_decimal(tag, wrap):
    """
    Python would make a Decimal of it in quadratic time: 4 MiB take half an hour, in C.
    """
    number = (1 << 4_000_000) * sys.hash_info.modulus + 5
    elements = [wrap({"$": "int", "v": hex(number)}), wrap({"$": "decimal", "v": "5"})]
    payload = [[it, 0] for it in elements] if tag == "dict" else elements
    data = json.dumps({"$": tag, "v": payload}).encode()
    started = time.monotonic()

    with pytest.raises(ValueUnfit, match="same hash"):
        back(data, max_bytes=8 * MIB)

    assert time.monotonic() - started < 5
    for honest in ({number, 5}, {Decimal(5), number + 1}, {Decimal(5), 5 + (1 << 61) - 1}):
        assert honest == back(there(honest, max_bytes=8 * MIB), max_bytes=8 * MIB)


@functools.cache
def meeting(count):
    """Small numbers that a dict of so many leads from one taken place to the next."""
    mask = 0xFFFF
    places = [0]
    while len(places) < count:
        places.append((5 * places[-1] + 1) & mask)
    taken, early = set(places), set(places[: count // 2])

    def meets(number):
        at = number & mask
        rest = number
        while rest and at in taken:  # as CPython goes on
            rest >>= 5
            at = (5 * at + rest + 1) & mask
        return not rest and at in early

    others = filter(meets, itertools.count(mask + 1))
    return places + list(itertools.islice(others, count))


@pytest.mark.parametrize("tag", ["set", "dict"])
def test_elements_that_meet_are_refused(tag):
    """
    No two have one hash, and each new one still has to pass by thousands.
    """
    elements = meeting(21_000)
    payload = [[it, 0] for it in elements] if tag == "dict" else elements
    data = json.dumps({"$": tag, "v": payload}).encode()
    started = time.thread_time()

    with pytest.raises(ValueUnfit, match="too much like each other"):
        back(data, max_bytes=8 * MIB)

    assert time.thread_time() - started < 5
    for honest in (
        range(42_000),
        (i / 1024 for i in range(42_000)),
        (i << 40 for i in range(42_000)),
    ):
        value = dict.fromkeys(honest) if tag == "dict" else set(honest)
        assert value == back(there(value, max_bytes=8 * MIB), max_bytes=8 * MIB)


SEEDS = [
    there(value)
    for value in (
        [1, 2.5, "é", None, True, {"a": []}],
        {"$": (1, 2), 3: {4}, b"x": bytearray(b"y")},
        [2**70, math.nan, 1j, Decimal("1.5"), Fraction(1, 2), uuid.UUID(int=1)],
        [datetime(2026, 1, 2, 3, 4, 5, 6), date(1, 1, 1), clock(1), timedelta(1, 2, 3)],
        {"a": '\\u0024\\ud800 \\ "$" [[[', "b": [[[[1]]]]},
    )
]
TOKENS = [b"$", b'"', b"\\", b"\\u0024", b"\\ud800", b"[", b"]", b"{", b"}", b"e999", b"\xff"]
TOKENS += [b",", b":", b'"v"', b"NaN", b"0" * 20, b"-", b".", b"null", b'{"$":"set","v":[', b"_"]


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 12), st.sampled_from(TOKENS) | st.binary()),
        min_size=1,
        max_size=6,
    ),
)
def test_mutated_values_decode_or_are_refused(data, changes):
    """
    Cut, replaced or filled anywhere: no error but the one.
    """
    for at, cut, new in changes:
        data = data[:at] + new + data[at + cut :]
    try:
        value = back(data)
    except GuestProtocolError:
        return
    hash(repr(value))


@given(st.binary() | st.lists(st.sampled_from(TOKENS)).map(b"".join))
def test_arbitrary_bytes_decode_or_are_refused(data):
    """
    The decoder is total.
    """
    try:
        back(data)
    except GuestProtocolError:
        pass
    else:
        json.loads(data)


def test_the_first_json_reader_is_the_only_one():
    """
    What decodes is what Python's json reads, but for the tags.
    """
    for data in (b"[1,2,3]", b'{"a":[true,null,-0.0,1e5,"\\u00e9\\n"]}', b"-0", b"[ 1 , 2 ]"):
        assert same(json.loads(data), back(data))
