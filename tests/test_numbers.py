"""MicroPython's numbers are CPython's: the oracle is the interpreter that runs the tests."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_wasm import Session

# What the C libraries may differ by, in units of the last place.
ULPS = 4
GAMMA_ULPS = 32  # CPython has its own

ONE = (
    "sqrt exp expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh "
    "atanh ceil floor trunc fabs erf erfc gamma degrees radians frexp modf isfinite ulp"
).split()
TWO = "pow atan2 copysign fmod hypot nextafter remainder isclose log".split()
GUEST = """
import math
def ask(row):
    name, *numbers = row
    try: return getattr(math, name)(*numbers)
    except Exception as e: return type(e).__name__
"""

# No sign of a NaN crosses the boundary.
floats = (
    st.floats(allow_nan=False) | st.floats(0, 2.3e-308) | st.floats(-30, 30) | st.just(math.nan)
)
numbers = floats | st.integers(-(10**6), 10**6) | st.integers(-(1 << 1100), 1 << 1100)


@pytest.fixture(scope="module")
def guest() -> Iterator[Session]:
    """One session for all examples, which keep nothing."""
    with Session("micropython") as session:
        session.run(GUEST)
        yield session


def here(name, *numbers):
    """The answer of this interpreter."""
    try:
        return getattr(math, name)(*numbers)
    except Exception as error:
        return type(error).__name__


def alike(wanted, found, ulps):
    """Whether two answers are one, but for what C libraries differ by."""
    if isinstance(wanted, tuple):
        return all(map(alike, wanted, found, [ulps] * len(wanted)))
    if type(wanted) is not type(found):
        return False
    if not isinstance(wanted, float) or not math.isfinite(wanted):
        return wanted == found or (wanted != wanted and found != found)
    if wanted == found:
        return math.copysign(1, wanted) == math.copysign(1, found)
    return abs(wanted - found) <= ulps * math.ulp(wanted)


@given(numbers)
@example(1e-310)
@example(5e-324)
@example(1e-320)
@example(-222203.0349340642)
@example(1 << 1024)
def test_functions_of_one(guest, number):
    """
    Each gives the same number, or raises the same.
    """
    for name, found in zip(ONE, guest.map("ask", [(name, number) for name in ONE]), strict=True):
        wanted = here(name, number)
        ulps = GAMMA_ULPS if name == "gamma" else ULPS
        assert alike(wanted, found, ulps), (name, number, wanted, found)


@given(numbers, numbers)
@example(-5e-324, 1.0)
@example(1e308, 1.7976931348623157e308)
def test_functions_of_two(guest, first, second):
    """
    Each gives the same number, or raises the same.
    """
    asked = [(name, first, second) for name in TWO]
    for name, found in zip(TWO, guest.map("ask", asked), strict=True):
        wanted = here(name, first, second)
        assert alike(wanted, found, ULPS), (name, first, second, wanted, found)
