"""Code that awaits: its own coroutines, and what host functions return."""

import asyncio

import pytest

from sandbox_wasm import AsyncSession, GuestError, HostCallsExceeded, Limits, Suspended

GATHER = """
async def main():
    return await asyncio.gather(get(1), aget(2))
asyncio.run(main())
"""
GENERATOR = """
async def numbers():
    for n in range(3):
        yield await get(n)
[n async for n in numbers()]
"""
VALUES = [None, True, 5, 2.5, "text", b"bytes", [1, [2]], {"a": 1}, (1,), {1, 2}]


async def aget(value):
    """A host function that is asynchronous."""
    await asyncio.sleep(0)
    return value


def get(value=3):
    """One that is not."""
    return value


@pytest.fixture
def getting(make_session):
    return make_session(functions=[get, aget])


@pytest.mark.parametrize("name", ["get", "aget"])
def test_a_call_and_an_awaited_call_are_the_same(getting, name):
    """
    Whatever is returned, whichever kind of function it is, and wherever the await is.
    """
    code = f"""
async def awaited(value):
    later = {name}(value)
    return [{name}(value), await {name}(value), await later]
[[{name}(value), await {name}(value), *(await awaited(value))] for value in values]
"""
    value = getting.run(code, inputs={"values": VALUES}).value

    assert [[each] * 5 for each in VALUES] == value


def test_await_outside_functions(getting):
    """
    A run's own lines may await; their variables stay.
    """
    code = "async def f(n):\n    return await get(n)\nx = await f(2)\nx + await f(3)"

    assert (5, 2) == (getting.run(code).value, getting.run("x").value)
    assert 7 == getting.run("return await f(7)", dialect="return").value


def test_errors_pass_through(getting):
    """
    The traceback has the user's lines, and nothing of what drives them.
    """
    with pytest.raises(GuestError) as info:
        getting.run("async def f():\n    return 1 / 0\nawait f()")

    assert "ZeroDivisionError" == info.value.type_name
    lines = [line for line in info.value.traceback.splitlines() if line.startswith("  File")]
    assert [", line 3, in <module>", ", line 2, in f"] == [
        x.partition('"<sandbox>"')[2] for x in lines
    ]


@pytest.mark.parametrize("what", ["get", "len", "iter([1])", "int"])
def test_what_cannot_be_awaited(getting, what):
    """
    A forgotten call is an error still.
    """
    with pytest.raises(GuestError, match="can't be used in 'await' expression"):
        getting.run(f"await {what}")


def test_without_host_functions_only_awaitables(make_session):
    """
    Then await is as strict as Python's own.
    """
    with pytest.raises(GuestError, match="TypeError: object int can't be used in 'await'"):
        make_session().run("await 5")


def test_a_run_that_waits_is_resumed(getting):
    """
    An awaited call may be left open.
    """
    getting.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        getting.run("async def f():\n    return await ask()\n1 + await f()")

    assert 42 == info.value.continuation.resume(41).value


class TestAsyncio:
    """What only the interpreter with that module has."""

    @pytest.fixture
    def interpreter(self):
        return "cpython"

    @pytest.mark.parametrize(
        ("code", "value"),
        [
            ("await asyncio.gather(get(1), get(1), aget([2]), aget([2]))", [1, 1, [2], [2]]),
            ("asyncio.run(get(4))", 4),
            ("t = asyncio.create_task(get(5))\nawait t", 5),
            ("await asyncio.wait_for(aget(6), 5)", 6),
            ("async with asyncio.TaskGroup() as g:\n    t = g.create_task(get(7))\nt.result()", 7),
            (GATHER, [1, 2]),
            (GENERATOR, [0, 1, 2]),
            ("async with asyncio.timeout(5):\n    x = await get(8)\nx", 8),
        ],
    )  # fmt: skip
    def test_answers_are_awaitable_there_too(self, getting, code, value):
        """
        Wherever asyncio takes an awaitable.
        """
        assert value == getting.run(f"import asyncio\n{code}").value

    def test_tasks_stay(self, getting):
        """
        The loop is the session's: what waits in one run goes on in the next.
        """
        getting.run(
            "import asyncio\nq = asyncio.Queue()\nasync def take():\n    return await q.get()\n"
            "t = asyncio.create_task(take())\nawait asyncio.sleep(0)"
        )

        assert 5 == getting.run("q.put_nowait(5)\nawait t").value

    def test_what_is_no_answer(self, make_session):
        """
        Without host functions asyncio is as it was.
        """
        session = make_session()

        for code in ("await asyncio.gather(5)", "asyncio.run(5)"):
            with pytest.raises(GuestError, match=r"required|expected"):
                session.run(f"import asyncio\n{code}")

    @pytest.mark.parametrize("code", ["asyncio.run(main())", "await main()"])
    def test_an_event_loop_that_was_cut_off(self, make_session, code):
        """
        A run that was ended in the middle of one leaves none behind.
        """
        session = make_session(functions=[get], limits=Limits(host_calls=3))
        session.run(
            "import asyncio\nasync def main(n=9):\n    for _ in range(n): get()\n    return n"
        )

        for _ in range(2):
            with pytest.raises(HostCallsExceeded):
                session.run(code)
            assert 2 == session.run(code.replace("main()", "main(2)")).value
        result = session.run(
            "async def end():\n    final_answer(1)\nasyncio.run(end())", dialect="final_answer"
        )
        assert (1, 2) == (result.value, session.run("await main(2)").value)


def test_with_the_caller_of_an_event_loop(interpreter):
    """
    The host's loop and the guest's know nothing of each other.
    """

    async def main():
        async with AsyncSession(interpreter, functions=[aget]) as session:
            return (await session.run("[await aget(n) for n in range(3)]")).value

    assert [0, 1, 2] == asyncio.run(main())
