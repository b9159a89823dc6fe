"""What holds for every integration, whatever its framework passes, drops or breaks."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings

import pytest
from drivers import CHECKS, DRIVERS, SYNCHRONOUS, TAKE_TEXT, ModelBroke

from sandbox_wasm import Limits, Session
from sandbox_wasm._lifecycle import State

BOUND = 20.0
HUNDRED_MEGABYTES = 100_000_000
# These frameworks go over the arguments a dozen times before any tool has them.
SLOW = {"openai_agents", "pydantic_ai", "pydantic_ai_code"}


def open_sessions():
    """How many there are in this process, whoever holds them."""
    gc.collect()
    found = [each for each in gc.get_objects() if isinstance(each, Session)]
    return sum(each.state is State.OPEN for each in found)


@pytest.fixture(params=sorted(DRIVERS))
def name(request):
    return request.param


@pytest.fixture
def driver(name):
    """A driver, after which no session is left."""
    before = open_sessions()
    limits = Limits(wall_seconds=1)
    with DRIVERS[name](interpreter="micropython", limits=limits) as driver:
        yield driver
        del driver
    assert open_sessions() == before


def code(text):
    return {"code": text}


def test_state_lasts_for_a_run(driver):
    """
    Variables stay in a run, and from run to run only where that is the agreement.
    """
    assert ("=> 3" in driver.run([[code("x = 3")], [code("x")]])[1]) == driver.lasts
    again = driver.run([[code("x")]])[0]
    assert ("=> 3" in again) == driver.keeps
    assert ("NameError" in again) != driver.keeps


@pytest.mark.parametrize(
    "junk", [{}, {"code": None}, {"code": 3}, {"code": ["x"]}, {"text": "1"}], ids=str
)
def test_junk_arguments(name, driver, junk):
    """
    A model that sends what is no code is told so, and goes on.
    """
    if name in TAKE_TEXT:
        junk = {"code": "\x00 \ud800 is no code".encode("utf-8", "replace").decode()}
        expected = "Error"
    else:
        expected = "validation error" if name in CHECKS else "code must be a string, got"
    answers = driver.run([[junk], [code("1 + 1")]])
    assert expected in answers[0]
    assert "=> 2" in answers[1]


def test_a_hundred_megabytes(name, driver):
    """
    Too much is refused with the bound, and the next call is served.
    """
    size = HUNDRED_MEGABYTES // (20 if name in SLOW else 1)
    answers = driver.run([[code("#" * size)], [code("1 + 1")]])
    assert "at most 1048576 characters" in answers[0]
    assert "=> 2" in answers[1]


def test_limits_hold(driver):
    """
    What does not end is ended; the model reads which limit it was, and variables stay.
    """
    began = time.monotonic()
    answers = driver.run([[code("x = 4")], [code("while True: pass")], [code("x")]])
    assert "WallTimeExceeded" in answers[1]
    assert ("still there" in answers[1]) == driver.lasts
    assert ("=> 4" in answers[2]) == driver.lasts
    assert time.monotonic() - began < BOUND


def test_errors_have_lines(driver):
    """
    An exception is an answer with the line that raised it.
    """
    answers = driver.run([[code("a = 1\nb = a / 0")], [code("a")]])
    assert "line 2" in answers[0]
    assert "ZeroDivisionError" in answers[0]
    assert ("=> 1" in answers[1]) == driver.lasts


def test_hostile_output(driver):
    """
    No text that guest code makes breaks the framework: half characters, controls, length.
    """
    answers = driver.run(
        [
            [code(r"print('\x1b]0;t\x07 \x00 \u202e')")],
            [code(r"import sys; sys.stdout.buffer.write(b'\xff\xfe \xed\xa0\x80') and None")],
            [code("print('y' * 900_000)")],
            [code("raise ValueError('z' * 100_000)")],
            [code(r"'\ud800'")],
            [code("10 ** 5000")],
            [code("1 + 1")],
        ]
    )
    assert len(answers) == 7
    assert all(len(answer) < 20_000 for answer in answers)
    for answer in answers:
        answer.encode()
    assert "=> 2" in answers[6]


def test_two_calls_at_once(name, driver):
    """
    Calls of one turn take turns on the session.
    """
    if name in TAKE_TEXT:
        assert len(driver.run([[code("1")], [code("2")]])) == 2
        return
    answers = driver.run([[code("a = 1\na"), code("b = 2\nb"), code("c = 3\nc")], [code("a+b+c")]])
    assert ["=> 1", "=> 2", "=> 3"] == answers[:3]
    assert ("=> 6" == answers[3]) == driver.lasts


@pytest.mark.parametrize("name", sorted(set(DRIVERS) - SYNCHRONOUS))
def test_runs_at_once(name, driver):
    """
    Two runs on one event loop; their variables are apart where each has a session.
    """

    async def main():
        turns = [[code("x = globals().get('x', 0) + 1")], [code("x")]]
        return await asyncio.gather(driver.start(turns), driver.start(turns))

    seen = [answers[1] for answers in asyncio.run(main())]
    if driver.keeps:
        assert any("=> 2" in answer for answer in seen)
    elif driver.lasts:
        assert all("=> 1" in answer for answer in seen)
    else:
        assert all("NameError" in answer for answer in seen)


def test_the_framework_breaks(driver):
    """
    A run that ends by an exception of the framework leaves no code and no session of its own.
    """
    before = open_sessions()
    with pytest.raises(Exception):  # noqa: B017, PT011 - each framework has its own
        driver.run([[code("x = 1")], ModelBroke("the model broke")])
    assert open_sessions() <= before + driver.holds
    assert "=> 2" in driver.run([[code("1 + 1")]])[0]


@pytest.mark.parametrize("name", sorted(set(DRIVERS) - SYNCHRONOUS))
def test_cancelling(name, driver):
    """
    A cancelled run leaves no code running.
    """

    async def main():
        task = asyncio.ensure_future(driver.start([[code("while True: pass")]]))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await driver.start([[code("1 + 1")]])

    began = time.monotonic()
    assert "=> 2" in asyncio.run(main())[0]
    assert time.monotonic() - began < BOUND


def test_dropped_without_closing(name):
    """
    What is dropped is closed by the collector; where somebody should have closed it, it warns.
    """
    before = open_sessions()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        context = DRIVERS[name](interpreter="micropython")
        driver = context.__enter__()
        driver.run([[code("x = 1")]])
        del driver, context
        assert open_sessions() == before


@pytest.mark.parametrize("setting", [{"interpreter": "perl"}, {"limitz": 3}], ids=str)
def test_wrong_options_fail_at_once(name, setting):
    """
    And not with the first call of a model.
    """
    with pytest.raises((ValueError, TypeError)), DRIVERS[name](**setting):
        pass
