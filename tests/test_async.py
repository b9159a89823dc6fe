"""Sessions that are awaited: the same results, on the caller's event loop."""

import asyncio
import threading
import time

import pytest

from sandbox_wasm import (
    AsyncSession,
    ConfigError,
    GuestError,
    HostFunctionError,
    Interrupted,
    Limits,
    Session,
    SessionClosed,
    WallTimeExceeded,
    arun,
)

BOUND = 20


def test_runs_are_awaited(interpreter):
    """
    Results are those of a `Session`.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            result = await session.run("print('hi')\nx = 20\nx * y", inputs={"y": 2})
            await session.run("def double(a, b=0): return 2 * a + b")
            return (
                result.value,
                result.stdout,
                await session.call("double", 4, b=1),
                await session.map("double", [1, 2]),
                str(session),
            )

    wanted = (40, "hi\n", 9, [2, 4], f"<AsyncSession {interpreter} open>")
    assert wanted == asyncio.run(main())


def test_errors_are_raised(interpreter):
    """
    A run that fails raises what it raises in a `Session`, and output survives.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            with pytest.raises(GuestError) as info:
                await session.run("print(1)\n1/0")
            assert "1\n" == info.value.result.stdout
            assert (await session.run("1/0", check=False)).error.type_name == "ZeroDivisionError"
            with pytest.raises(ConfigError):
                await session.run(3)
            with pytest.raises(ConfigError):
                await session.run("1", on_output=3)
            with pytest.raises(WallTimeExceeded):
                await session.run("while True: pass", wall_seconds=0.1)
        with pytest.raises(SessionClosed):
            await session.run("1")
        with pytest.raises(SessionClosed):
            await session.__aenter__()

    asyncio.run(main())


def test_the_loop_goes_on_meanwhile(interpreter):
    """
    Waiting for a guest does not hold the event loop.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            ticks = 0
            run = asyncio.ensure_future(session.run("import time\ntime.sleep(0.3)"))
            while not run.done():
                ticks += 1
                await asyncio.sleep(0.01)
            return ticks

    assert asyncio.run(main()) > 3


def test_async_host_functions_run_on_the_loop(interpreter):
    """
    An ``async def`` runs where the caller awaits; its value and its exception cross.
    """

    async def main():
        where = []
        loop = asyncio.get_running_loop()

        async def fetch(n: int) -> int:
            where.append(asyncio.get_running_loop() is loop)
            await asyncio.sleep(0)
            if n < 0:
                raise ValueError("negative")
            return n + 1

        async with AsyncSession(interpreter, functions=[fetch]) as session:
            code = "try: fetch(-1)\nexcept ValueError as e: print(e)\nfetch(1) + fetch(n=2)"
            result = await session.run(code)
            return result.value, result.stdout, where

    assert (5, "negative\n", [True] * 3) == asyncio.run(main())


def test_async_host_functions_of_a_plain_session(make_session):
    """
    Without a loop of the caller's they share one, on a thread of its own.
    """
    names = []

    async def name(n):
        names.append(threading.current_thread().name)
        await asyncio.sleep(0.001)
        return n

    first, second = make_session(functions=[name]), make_session(functions=[name])

    assert 3 == first.run("name(1) + name(2)").value
    assert 7 == second.run("name(7)").value
    assert {"sandbox-wasm-loop"} == set(names)


def test_async_host_function_is_cancelled_with_the_run(make_session, assert_healthy):
    """
    A coroutine that the run does not wait for any more is cancelled, and state is kept.
    """
    cancelled = threading.Event()

    async def wait():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    session = make_session(functions=[wait], limits=Limits(wall_seconds=0.2))
    session.run("x = 1")
    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run("wait()")

    assert time.perf_counter() - began < BOUND
    assert cancelled.wait(BOUND)
    assert "kept" == info.value.state
    assert 1 == session.run("x").value
    assert_healthy()


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), GeneratorExit()])
def test_async_host_function_that_raises_no_exception(make_session, error):
    """
    It ends the run, and not the event loop. (HC-12)
    """

    async def fatal():
        raise error

    async def fine():
        return 1

    session = make_session(functions=[fatal, fine])
    with pytest.raises(HostFunctionError) as info:
        session.run("try: fatal()\nexcept BaseException: pass")

    assert type(info.value.__cause__) is type(error)
    assert 1 == session.run("fine()").value


def test_cancelling_interrupts_the_guest(interpreter):
    """
    A task that is cancelled leaves no run behind; variables stay.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            await session.run("x = 5")
            begun = asyncio.Event()
            for code in ("while True: pass", "import time\ntime.sleep(60)"):
                begun.clear()
                run = session.run(f"print(1)\n{code}", on_output=lambda *_: begun.set())
                task = asyncio.ensure_future(run)
                await begun.wait()
                task.cancel()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            return (await session.run("x")).value

    began = time.perf_counter()
    assert 5 == asyncio.run(main())
    assert time.perf_counter() - began < BOUND


def test_cancelling_before_its_turn(interpreter):
    """
    A run that is cancelled before it began does not begin, and the one before it goes on.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            goes_on = threading.Event()
            session.function(goes_on.wait, name="wait")
            first = asyncio.ensure_future(session.run("wait()\n'first'"))
            await asyncio.sleep(0)
            second = asyncio.ensure_future(session.run("y = 1"))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.sleep(0)
            goes_on.set()
            assert "first" == (await first).value
            with pytest.raises(asyncio.CancelledError):
                await second
            return (await session.run("'y' in globals()")).value

    assert asyncio.run(main()) is False


def test_one_session_on_several_loops():
    """
    It belongs to no loop: runs that wait for one another on one do not tie it to that.
    """

    async def two(session):
        return [r.value for r in await asyncio.gather(session.run("1"), session.run("2"))]

    session = AsyncSession("micropython")
    assert [1, 2] == asyncio.run(two(session))
    assert [1, 2] == asyncio.run(two(session))
    asyncio.run(session.close())


def test_interrupt(interpreter):
    """
    Another task may end the run.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            task = asyncio.ensure_future(session.run("while True: pass"))
            while not session.interrupt():  # noqa: ASYNC110 - nothing tells that a run began
                await asyncio.sleep(0.01)
            with pytest.raises(Interrupted):
                await task

    asyncio.run(main())


def test_many_at_once(interpreter):
    """
    Sessions run side by side, each with its own state.
    """

    async def one(n):
        async with AsyncSession(interpreter) as session:
            await session.run(f"x = {n}")
            return (await session.run("x")).value

    async def main():
        return await asyncio.gather(*map(one, range(50)))

    assert list(range(50)) == asyncio.run(main())


def test_output_as_it_comes(interpreter):
    """
    The callback runs on the event loop, and may be a coroutine function.
    """

    async def main():
        seen = []

        async def take(stream, text):
            await asyncio.sleep(0)
            seen.append((stream, text, threading.current_thread() is threading.main_thread()))

        code = "print('a')\nprint('b')\nreturn"
        result = await arun(code, interpreter=interpreter, on_output=take, dialect="return")
        assert "a\nb\n" == result.stdout
        return seen

    seen = asyncio.run(main())
    assert "a\nb\n" == "".join(text for _, text, _ in seen)
    assert all(on_main for _, _, on_main in seen)


def test_arguments_are_those_of_a_session():
    """
    Nothing of `Session` is lost on the way.
    """
    with pytest.raises(ConfigError):
        AsyncSession("perl")
    with pytest.raises(TypeError):
        AsyncSession(speed=3)
    public = {name for name in dir(Session) if not name.startswith("_")}
    own = {name for name in dir(AsyncSession) if not name.startswith("_")}
    assert {"run", "call", "map", "function", "interrupt", "close", "state"} <= own & public
