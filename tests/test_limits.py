"""Limits hold, are errors of their own, and cannot be imitated."""

import codecs
import threading
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_wasm import (
    ConfigError,
    FuelExhausted,
    GuestError,
    HostCallsExceeded,
    Interrupted,
    LimitExceeded,
    Limits,
    OutputExceeded,
    SessionBroken,
    SessionClosed,
    WallTimeExceeded,
)
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger

SHORT = Limits(wall_seconds=0.3)
BOUND = 8.0
_decoder = codecs.getincrementaldecoder("utf-8")

# What runs for ever, and gives in to an exception or to unwinding.
ENDLESS = {
    "loop": "while True: pass",
    "except": "while True:\n    try:\n        while True: pass\n    except Exception: pass",
    "except all": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "bare except": "while True:\n    try:\n        while True: pass\n    except: pass",
    "finally": "try:\n    while True: pass\nfinally:\n    while True: pass",
    "sleep": "import time\ntime.sleep(3600)",
    "many sleeps": "import time\nwhile True: time.sleep(0.001)",
    "generator": "def g():\n    while True: yield\nfor _ in g(): pass",
    "comprehension": "[n for n in iter(int, 1) if n]",
    "repr": "class R:\n    def __repr__(self):\n        while True: pass\nR()",
    "exception text": (
        "class X(Exception):\n    def __str__(self):\n        while True: pass\nraise X"
    ),
    "host calls": "while True: nothing()",
    "asyncio": "import asyncio\nasync def main(): await asyncio.sleep(3600)\nasyncio.run(main())",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS)
def test_wall_time_stops_what_does_not_end(make_session, assert_healthy, code):
    """
    At the deadline the run ends, soon, and variables stay.
    """
    session = make_session(limits=SHORT, functions={"nothing": lambda: None})
    session.run("x = 1")

    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run(code)

    assert time.perf_counter() - began < BOUND
    assert ("wall_seconds", 0.3, "kept") == (info.value.limit, info.value.allowed, info.value.state)
    assert 1 == session.run("x").value
    assert_healthy()


@pytest.mark.parametrize("code", ["[[x] for x in range(10**9)]", "x, xs = 1, [[], {}] * 10**9"])
def test_what_is_held_is_freed_first(make_session, assert_healthy, code):
    """
    A run that ends with all the memory it may have in small objects is late, and keeps its state.
    """
    session = make_session(limits=Limits(wall_seconds=0.2))
    session.run("x = 1")

    began = time.perf_counter()
    result = session.run(code, check=False)

    assert time.perf_counter() - began < BOUND
    assert result.error is not None
    assert "kept" == result.error.state
    assert 1 == session.run("x").value
    assert_healthy()


# One long computation in C, which looks at nothing meanwhile. MicroPython has none that is
# known: tests/test_long_operations.py.
DEAF = "import decimal\ndecimal.getcontext().prec = 10**6\ndecimal.Decimal(2).ln()"


@pytest.mark.parametrize("interpreter", ["cpython"])
@pytest.mark.parametrize("checkpoints", [True, False])
def test_what_cannot_be_unwound(make_session, assert_healthy, checkpoints):
    """
    A computation that looks at nothing is stopped by a trap. The session goes on as it was
    before, or says that it is broken.
    """
    session = make_session(limits=SHORT, checkpoints=checkpoints)
    session.run("x = 1")

    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run("x = 2\n" + DEAF)

    assert time.perf_counter() - began < BOUND
    if checkpoints:
        assert "rolled back" == info.value.state
        assert 1 == session.run("x").value
    else:
        assert "broken" == info.value.state
        with pytest.raises(SessionBroken, match="wall_seconds"):
            session.run("x")
    assert_healthy()


@given(st.binary(max_size=60), st.lists(st.integers(0, 60)), st.integers(0, 60))
@example(b"\xc3", [], 60)
@example("é€😀".encode(), [1, 2, 4, 6], 60)
def test_output_is_the_same_in_any_pieces(data, cuts, most):
    """
    However it is cut on its way, it is the text of its bytes; at the cap without half a character.
    """
    told = []
    ledger = Ledger(Limits(output_bytes=most), HostFunctions(()), Files(0, 0), lambda: None)
    ledger.begin(lambda stream, text: told.append(text))
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        ledger.output(1, data[at:cut])
        at = max(at, cut)
    ledger.finish()

    whole = len(data) <= most
    expected = data if whole else _decoder("replace").decode(data[:most]).encode()
    assert ledger.text(1) == "".join(told) == expected.decode(errors="replace")
    assert ledger.truncated is not whole


def test_small_pieces_of_output_take_no_more():
    """
    Guest code chooses the pieces, and the host holds their bytes and not a million objects.
    """
    ledger = Ledger(Limits(output_bytes=1 << 20), HostFunctions(()), Files(0, 0), lambda: None)
    tracemalloc.start()
    try:
        while ledger.output(1, b"xy"):
            pass
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 1 << 20 == len(ledger.text(1))
    assert held < 3 << 20


def test_handled_interrupt_is_still_over_time(make_session):
    """
    Catching the interrupt and ending in good order does not hide the limit.
    """
    session = make_session(limits=SHORT)

    with pytest.raises(WallTimeExceeded):
        session.run(
            "done = False\ntry:\n    while True: pass\nexcept BaseException:\n    done = True"
        )

    assert session.run("done").value is True


def test_wall_time_of_one_run(make_session):
    """
    A run can be given less time than the session allows, and not more.
    """
    session = make_session(limits=SHORT)

    with pytest.raises(WallTimeExceeded) as info:
        session.run("while True: pass", wall_seconds=0.1)
    assert 0.1 == info.value.allowed
    with pytest.raises(WallTimeExceeded) as info:
        session.run("while True: pass", wall_seconds=100)
    assert 0.3 == info.value.allowed
    with pytest.raises(ConfigError):
        session.run("1", wall_seconds=-1)


def test_fuel(make_session, assert_healthy):
    """
    Fuel ends a run that no handler can keep alive.
    """
    session = make_session(limits=Limits(fuel=1_000_000))

    with pytest.raises(FuelExhausted) as info:
        session.run(ENDLESS["except all"])

    assert "guest exceeded fuel=1000000" == str(info.value)
    assert 1_000_000 == info.value.result.usage.fuel
    assert "rolled back" == info.value.state
    assert 0 < session.run("1").usage.fuel < 1_000_000
    assert_healthy()


@pytest.mark.parametrize(
    "code",
    [
        "x = bytearray(1 << 30)",
        "l = []\nwhile True: l.append(bytearray(100000))",
        "l = []\nwhile True: l.append([0] * 1000)",
        "s = 'x'\nwhile True: s += s",
        "d = {}\nwhile True: d[len(d)] = str(len(d))",
        "x = 1 << (1 << 30)",
    ],
)
def test_memory(make_session, assert_healthy, code):
    """
    Beyond the limit there is a MemoryError, and the session goes on.
    """
    session = make_session(limits=Limits(memory_bytes=16 << 20, wall_seconds=30))

    with pytest.raises(GuestError) as info:
        session.run(code)

    assert info.value.type_name in ("MemoryError", "OverflowError")
    assert info.value.result.usage.peak_memory_bytes <= 16 << 20
    session.run("l = s = d = x = None")
    assert 1000 == session.run("len([0] * 1000)").value
    assert_healthy()


def test_heap_grows_to_the_limit(make_session):
    """
    Nearly all of what the limit says can be used, in one piece or in many.
    """
    session = make_session(limits=Limits(memory_bytes=64 << 20))

    assert 48 << 20 == session.run("x = bytearray(48 << 20)\nlen(x)").value
    session.run("x = None")
    assert 4000 == session.run("x = [bytearray(10_000) for _ in range(4000)]\nlen(x)").value


def test_garbage_is_collected(make_session):
    """
    A session outlives any amount of garbage.
    """
    session = make_session(limits=Limits(memory_bytes=1 << 20, wall_seconds=60))

    session.run("for i in range(3000): a = [i] * 100")
    session.run("for i in range(300): a = [str(i)] * 5000")
    assert session.run("1").usage.peak_memory_bytes <= 1 << 20


def test_output_is_cut_at_its_cap(make_session):
    """
    What is kept is exactly the first bytes, of both streams together.
    """
    session = make_session(limits=Limits(output_bytes=10_000))
    result = session.run("import sys\nfor i in range(900): print('ab' * 8)\n'end'")

    assert (10_000, True, "end") == (len(result.stdout), result.truncated, result.value)
    assert (("ab" * 8 + "\n") * 900).startswith(result.stdout)
    assert not session.run("print('x')").truncated
    assert not session.run("print('x' * 9999)").truncated
    both = session.run("print('x' * 9000)\nprint('y' * 9000, file=sys.stderr)")
    assert (9001, 999, True) == (len(both.stdout), len(both.stderr), both.truncated)


def test_output_is_not_cut_within_a_character(make_session):
    """
    A character that does not fit whole is left out.
    """
    result = make_session(limits=Limits(output_bytes=5)).run("print('ééé')")

    assert ("éé", True) == (result.stdout, result.truncated)


def test_flood_of_output_ends_with_the_time(make_session):
    """
    Output without end costs the host no more than its cap.
    """
    session = make_session(limits=Limits(output_bytes=5000, wall_seconds=0.3))

    with pytest.raises(WallTimeExceeded) as info:
        session.run("while True: print('A' * 5000)")

    assert 5000 == len(info.value.stdout)
    assert info.value.result.truncated


def test_value_that_is_too_large(make_session):
    """
    A value beyond its limit is an error, and the session goes on.
    """
    session = make_session(limits=Limits(result_bytes=10_000))

    assert 9_000 == len(session.run("'x' * 9000").value)
    for code in ("'x' * 20000", "[0] * 20000", "[[]] * 5000"):
        with pytest.raises(OutputExceeded) as info:
            session.run(code)
        assert ("result_bytes", "kept") == (info.value.limit, info.value.state)
    assert 1 == session.run("1").value


def test_number_of_host_calls(make_session):
    """
    One call too many ends the run, whatever handles exceptions.
    """
    seen = []
    session = make_session(
        limits=Limits(host_calls=5, wall_seconds=5), functions={"note": seen.append}
    )
    session.run("x = 1")

    with pytest.raises(HostCallsExceeded) as info:
        session.run(
            "i = 0\n"
            "while True:\n    try:\n        note(i)\n    except BaseException: pass\n    i += 1"
        )

    assert ([0, 1, 2, 3, 4], 5, "kept") == (seen, info.value.allowed, info.value.state)
    assert 1 == session.run("x").value
    session.run("note(9)")
    assert 9 == seen[-1]


def test_size_of_a_host_call(make_session):
    """
    Arguments or a return value that are too large are an error inside.
    """
    session = make_session(
        limits=Limits(host_call_bytes=1000),
        functions={"echo": lambda v: v, "large": lambda: "x" * 5000},
    )

    assert "x" * 900 == session.run("echo('x' * 900)").value
    for code in ("echo('x' * 5000)", "large()"):
        with pytest.raises(GuestError):
            session.run(code)
    assert 1 == session.run("echo(1)").value


def test_input_that_is_too_large(make_session):
    """
    Code and inputs beyond their limit never reach the guest.
    """
    session = make_session(limits=Limits(input_bytes=1000))

    with pytest.raises(ConfigError, match="input_bytes"):
        session.run("#" * 2000)
    with pytest.raises(ConfigError):
        session.run("1", inputs={"x": "y" * 2000})
    assert 1 == session.run("1").value


def test_large_input_arrives(make_session):
    """
    Source and inputs larger than the buffer go in whole.
    """
    session = make_session()
    text = "é" * 100_000

    assert text == session.run("t", inputs={"t": text}).value
    assert 30_000 == session.run("x = 0\n" + "x += 1\n" * 30_000 + "x").value


@pytest.mark.parametrize(
    "name", ["MemoryError", "TimeoutError", "RuntimeError", "KeyboardInterrupt"]
)
def test_a_limit_cannot_be_imitated(session, name):
    """
    Raising the exception that a limit resembles is only a guest error.
    """
    with pytest.raises(GuestError) as info:
        session.run(f"raise {name}('guest exceeded fuel=1')")

    assert name == info.value.type_name
    assert not isinstance(info.value, LimitExceeded)


def test_interrupt(session):
    """
    A run can be ended from another thread, and variables stay.
    """
    running = threading.Event()
    session.function(running.set, name="ready")
    future = session.submit("x = 1\nready()\nwhile True: pass")
    assert running.wait(10)
    assert session.interrupt()

    error = future.exception(10)
    assert isinstance(error, Interrupted)
    assert "kept" == error.state
    assert 1 == session.run("x").value
    assert not session.interrupt()


def test_close_ends_a_run(make_session, assert_healthy):
    """
    Closing a session stops what runs in it, at once. (CC-02)
    """
    session = make_session()
    running = threading.Event()
    session.function(running.set, name="ready")
    future = session.submit(
        "ready()\nwhile True:\n    try:\n        while True: pass\n    except: pass"
    )
    assert running.wait(10)

    began = time.perf_counter()
    session.close()

    assert isinstance(future.exception(10), SessionClosed)
    assert time.perf_counter() - began < BOUND  # not by its deadline
    assert_healthy()


def test_host_function_that_outlives_the_limit(make_session, assert_healthy):
    """
    The caller is free at the limit, though the host function is not done.
    """
    release = threading.Event()
    session = make_session(limits=SHORT, functions={"slow": lambda: release.wait(30)})

    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run("slow()")

    assert time.perf_counter() - began < BOUND
    assert "broken" == info.value.state
    with pytest.raises(SessionBroken):
        session.run("1")
    release.set()
    assert_healthy()


@pytest.mark.parametrize(
    "code",
    ["print('x')\nwhile True: pass", "print('x')", "import sys\nsys.stdout.buffer.write(b'\\xe2')"],
    ids=["in the run", "at its end", "after it"],
)
def test_output_that_is_not_taken_before_the_limit(make_session, assert_healthy, code):
    """
    The caller is free at the limit as well; also if the guest has answered, and what is told is
    only what its output ends with.
    """
    release = threading.Event()
    session = make_session(limits=SHORT)

    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run(code, on_output=lambda stream, text: release.wait(30))

    assert time.perf_counter() - began < BOUND
    assert "broken" == info.value.state
    with pytest.raises(SessionBroken):
        session.run("1")
    release.set()
    assert_healthy()


@pytest.mark.timeout(180)  # which takes its time where other tests run
def test_compilation_is_not_on_the_clock(make_session, tmp_path, monkeypatch):
    """
    The first run of a new machine has all its time.
    """
    from sandbox_wasm._wasm import _engine

    monkeypatch.setenv("SANDBOX_WASM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_engine, "_families", {})

    assert 2 == make_session(limits=Limits(wall_seconds=0.2)).run("1 + 1").value


@pytest.mark.parametrize(
    "arguments",
    [
        {"wall_seconds": 0},
        {"wall_seconds": -1},
        {"wall_seconds": float("nan")},
        {"wall_seconds": float("inf")},
        {"wall_seconds": "2"},
        {"wall_seconds": True},
        {"memory_bytes": 0},
        {"memory_bytes": 1.5e9},
        {"memory_bytes": 1 << 40},
        {"fuel": 0},
        {"fuel": -1},
        {"fuel": 2**64},
        {"output_bytes": -1},
        {"host_calls": None},
        pytest.param({"wall_seconds": 10**5000}, id="wall_seconds without end"),
        pytest.param({"memory_bytes": 10**5000}, id="memory_bytes without end"),
        pytest.param({"session_seconds": -(10**5000)}, id="session_seconds without end"),
    ],
    ids=repr,
)
def test_impossible_limits(arguments):
    """
    A limit that cannot be is a `ConfigError` that names it.
    """
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        Limits(**arguments)


def test_misspelt_limit():
    """
    An unknown limit is a TypeError, as for any function.
    """
    with pytest.raises(TypeError, match="wall_second"):
        Limits(wall_second=1)


@pytest.mark.parametrize(
    "source",
    ["lambda:" * 100_000 + "1", "\n".join(f"v{i} = 1" for i in range(200_000))],
    ids=["nested", "names"],
)
def test_parsing_is_on_the_clock(make_session, source):
    """
    A source that takes long to compile is interrupted like any code, and variables stay.
    """
    session = make_session(limits=Limits(wall_seconds=0.3, memory_bytes=256 << 20))
    session.run("x = 1")

    error = session.run(source, check=False).error

    assert isinstance(error, WallTimeExceeded | GuestError)
    assert "kept" == error.state
    assert 1 == session.run("x").value
