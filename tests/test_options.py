"""What may be said of a host function besides what it is called."""

import asyncio
import pickle
import threading
import time

import pytest

from sandbox_wasm import (
    AsyncSession,
    ConfigError,
    EndRun,
    FinalAnswer,
    GuestError,
    HostFunctionError,
    HostFunctions,
    Suspend,
    Suspended,
    WallTimeExceeded,
)

CATCH = "try:\n    r = slow()\nexcept TimeoutError as e:\n    r = str(e)\nr"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": -1.5}, "timeout must be"),
        ({"timeout": float("inf")}, "timeout must be"),
        ({"timeout": float("nan")}, "timeout must be"),
        ({"timeout": True}, "timeout must be"),
        ({"timeout": "1"}, "timeout must be"),
        ({"max_calls": 0}, "max_calls must be"),
        ({"max_calls": 1.0}, "max_calls must be"),
        ({"max_calls": True}, "max_calls must be"),
        ({"approve": 1}, "approve must be a bool"),
        ({"read_only": None}, "read_only must be a bool"),
        ({"approve": True, "suspends": True}, "approve nothing"),
        ({"timeout": 1, "suspends": True}, "needs no timeout"),
        ({"max_call": 1}, "no option max_call"),
    ],
)
def test_options_that_cannot_be(options, text):
    """
    They are an error where the function is registered, and it is not.
    """
    tools = HostFunctions()

    with pytest.raises(ConfigError, match=text):
        tools.register(lambda: 0, name="f", **options)
    assert () == tools.names


# ---- timeout


def test_a_coroutine_that_takes_too_long(make_session):
    """
    It is cancelled, guest code may catch that, and the next call is made.
    """
    cancelled = threading.Event()
    session = make_session()

    @session.function(timeout=0.05)
    async def slow(seconds: float = 60.0) -> str:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "done"

    assert "slow() took longer than 0.05 seconds" == session.run(CATCH).value
    assert cancelled.wait(5)
    assert "done" == session.run("slow(0.0)").value


def test_a_plain_function_that_takes_too_long(make_session):
    """
    It is not waited for, and not called again before it is through.
    """
    go_on, ended, calls = threading.Event(), threading.Event(), []
    session = make_session()

    @session.function(timeout=0.05)
    def slow():
        calls.append(1)
        go_on.wait(30)
        ended.set()
        return len(calls)

    assert "took longer" in session.run(CATCH).value
    assert "busy" in session.run(CATCH).value
    assert [1] == calls
    go_on.set()
    assert ended.wait(5)
    deadline = time.monotonic() + 5
    while "busy" in str(value := session.run(CATCH).value) and time.monotonic() < deadline:
        pass
    assert 2 == value


def test_another_session_is_not_held_up(make_session):
    """
    Who calls what hangs keeps nobody else from it.
    """
    go_on = threading.Event()
    tools = HostFunctions()
    tools.register(lambda wait: go_on.wait(30) if wait else 1, name="f", timeout=0.2)
    first, second = make_session(functions=tools), make_session(functions=tools)
    try:
        with pytest.raises(GuestError, match="TimeoutError"):
            first.run("f(True)")
        with pytest.raises(GuestError, match="busy"):
            first.run("f(False)")

        assert 1 == second.run("f(False)").value
    finally:
        go_on.set()


def test_the_wall_limit_comes_first(make_session):
    """
    A call on a thread of its own can be left: the session keeps its variables.
    """
    go_on = threading.Event()
    session = make_session()
    session.function(lambda: go_on.wait(30), name="slow", timeout=60)
    try:
        with pytest.raises(WallTimeExceeded) as info:
            session.run("x = 1\nslow()", wall_seconds=0.2)

        assert "kept" == info.value.state
        assert 1 == session.run("x").value
    finally:
        go_on.set()


@pytest.mark.parametrize("error", [ValueError("mine"), TimeoutError("mine")])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_raised_in_time(make_session, error, is_async):
    """
    It crosses as from any host function.
    """

    def plain():
        raise error

    async def asynchronous():
        raise error

    session = make_session()
    session.function(asynchronous if is_async else plain, name="f", timeout=60)

    with pytest.raises(GuestError) as info:
        session.run("f()")
    assert (type(error).__name__, "mine") == (info.value.type_name, info.value.message)


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("error", "expected"), [(Suspend("why"), Suspended), (SystemExit(3), HostFunctionError)]
)
def test_what_ends_the_run_in_time(make_session, error, expected, is_async):
    """
    Also from another thread, or a task.
    """

    def plain():
        raise error

    async def asynchronous():
        raise error

    session = make_session()
    session.function(asynchronous if is_async else plain, name="f", timeout=60)

    with pytest.raises(expected):
        session.run("f()")
    assert 1 == session.run("1").value


def test_timeouts_with_an_event_loop_of_the_caller(interpreter):
    """
    There the coroutine is the caller's, and plain functions do not block the loop.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            go_on = threading.Event()

            @session.function(timeout=0.05)
            async def slow():
                await asyncio.sleep(60)

            session.function(lambda: go_on.wait(30), name="slower", timeout=0.05)
            first = (await session.run(CATCH)).value
            second = (await session.run(CATCH.replace("slow", "slower"))).value
            go_on.set()
            return first, second

    assert ["longer", "longer"] == [text.split()[2] for text in asyncio.run(main())]


# ---- max_calls


def test_calls_are_counted(make_session):
    """
    Each run has as many, and those that fail are among them.
    """
    session = make_session()
    session.function(lambda x: 1 // x, name="f", max_calls=3)
    session.function(lambda: 5, name="g")
    code = """
got = []
for x in (1, 0, 1, 1, 1):
    try:
        got.append(f(x))
    except Exception as e:
        got.append(str(e))
got + [g() for _ in range(9)]
"""
    for _ in range(2):
        value = session.run(code).value
        assert [1, "integer division or modulo by zero", 1] == value[:3]
        assert ["f() may be called 3 times in a run, and was"] * 2 == value[3:5]
        assert [5] * 9 == value[5:]


def test_calls_before_a_suspension_count(make_session):
    """
    Those that are answered from the journal are calls of the run, too.
    """
    session = make_session()
    session.function(lambda: 1, name="f", max_calls=2)
    session.function(lambda: 0, name="ask", suspends=True)
    with pytest.raises(Suspended) as info:
        session.run("f()\nask()\nf()\nf()")

    with pytest.raises(GuestError, match="may be called 2 times"):
        info.value.continuation.resume(0)


def test_approved_calls_count_once(make_session):
    """
    Asking for a yes is not a call of its own.
    """
    session = make_session()
    session.function(lambda: 7, name="pay", approve=True, max_calls=1)
    with pytest.raises(Suspended) as info:
        session.run("pay()")

    assert 7 == info.value.continuation.approve().value
    with pytest.raises(Suspended) as info:
        session.run("pay() + pay()")
    with pytest.raises(GuestError, match="may be called 1 times"):
        info.value.continuation.approve()


# ---- read_only


def test_read_only_functions():
    """
    They can be had by themselves, and frameworks are told.
    """
    tools = HostFunctions()
    tools.register(lambda: 1, name="look", read_only=True)
    tools.register(lambda: 2, name="change")

    assert ("look",) == tools.read_only().names
    assert ("look", "change") == tools.names
    hints = [schema.get("annotations") for schema in tools.json_schema()]
    assert [{"readOnlyHint": True}, None] == hints


def test_a_dry_run(make_session):
    """
    A session with these alone cannot change anything.
    """
    tools = HostFunctions()
    tools.register(lambda: 1, name="look", read_only=True)
    tools.register(lambda: 2, name="change")
    session = make_session(functions=tools.read_only())

    assert 1 == session.run("look()").value
    with pytest.raises(GuestError, match="NameError"):
        session.run("change()")


# ---- ending the run


@pytest.mark.parametrize("reason", ["", "the budget is used up"])
def test_a_host_function_ends_the_run(make_session, reason):
    """
    Guest code does not catch it and does not learn why; variables stay.
    """
    session = make_session()

    @session.function
    def stop():
        raise EndRun(reason)

    code = "x = 1\ntry:\n    stop()\nexcept BaseException as e:\n    x = e\nfinally:\n    x = 3"
    with pytest.raises(HostFunctionError) as info:
        session.run(code)

    error = info.value
    assert ("stop", reason, None) == (error.name, error.reason, error.__cause__)
    assert str(error).endswith("ended the run" + (f": {reason}" if reason else ""))
    assert str(error) == str(pickle.loads(pickle.dumps(error)))
    assert 1 == session.run("x").value


def test_a_host_function_gives_the_answer(make_session):
    """
    The run ends well, in any dialect.
    """
    session = make_session()
    value = object()

    @session.function
    def submit(answer: int):
        raise FinalAnswer(value if answer else None)

    result = session.run("submit(1)\n1 / 0")
    assert (value, True, None) == (result.value, result.is_final, result.error)
    with pytest.raises(GuestError, match="TypeError"):
        session.run("submit('x')")


def test_asynchronous_functions_end_runs(make_session):
    """
    Both pass through the event loop without ending it.
    """
    session = make_session()

    @session.function
    async def stop(well: bool):
        raise FinalAnswer(5) if well else EndRun("enough")

    for _ in range(2):
        assert 5 == session.run("stop(True)").value
        with pytest.raises(HostFunctionError, match="enough"):
            session.run("stop(False)")
