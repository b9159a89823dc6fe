"""Fuel that guest code would burn where none is charged: while it is told of host functions, and
in what is ours and begins a session that goes on from a state of the guest's."""

from __future__ import annotations

import time

import pytest

from sandbox_wasm import FuelExhausted, Limits, NetworkPolicy, SandboxError, Session

BOUND = 10  # elapsed, on a machine that is busy with other tests
FUEL = 30_000_000
LIMITS = Limits(fuel=FUEL, session_fuel=3 * FUEL, wall_seconds=30)

BURN = """
import builtins
class Burn:
    def __del__(self):
        for _ in range(10_000_000): pass
builtins.later = Burn()
del Burn
"""

# Whatever a prelude does first.
TRAP = """
import os
def trap(*args, **options): os.abort()
try:
    import builtins
except ImportError:
    pass
else:
    builtins.__import__ = builtins.__build_class__ = trap
"""


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_finalizer_in_the_place_of_a_host_function(make_session, assert_healthy):
    """
    It runs while the guest is told of the function, and has next to nothing to burn.
    """
    session = make_session(limits=LIMITS)
    session.run(BURN)
    used = session.usage.fuel
    session.function(name="later")(lambda: 5)
    began = time.perf_counter()

    result = session.run("later()", check=False)

    assert time.perf_counter() - began < BOUND
    if session.interpreter == "cpython":  # MicroPython has no finalizers
        assert isinstance(result.error, FuelExhausted)
        assert f"guest exceeded fuel={FUEL}" == str(result.error)
    else:
        assert 5 == result.value
    assert 0 < session.usage.fuel - used <= FUEL
    assert_healthy()


def test_prelude_that_traps(interpreter, isolation, assert_healthy):
    """
    What it had been given is not credited to the session.
    """
    with Session(interpreter, isolation=isolation) as session:
        session.run(TRAP)
        snapshot = session.snapshot()
    with Session.restore(
        snapshot,
        isolation=isolation,
        limits=LIMITS,
        network=NetworkPolicy(allow=["https://example.com"]),
    ) as session:
        for _ in range(2):
            result = session.run("1", check=False)
            assert 1 == result.value or isinstance(result.error, SandboxError)
            assert 0 <= (session.usage.fuel or 0)
    assert_healthy()


def test_little_fuel_is_enough_to_be_told_of_functions(make_session, assert_healthy):
    """
    That is not what the limit is for.
    """
    functions = {f"f{n}": lambda n=n: n for n in range(300)}
    session = make_session(limits=Limits(fuel=300_000), functions=functions)

    assert 7 == session.run("f7()").value
    session.function(name="later")(lambda: 5)
    assert 5 == session.run("later()").value
    assert_healthy()
