"""FastMCP: code that calls the tools of a server."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("fastmcp", reason="needs the extra fastmcp")

from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.experimental.transforms.code_mode import CodeMode
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import ConfigError, GuestObject, Limits
from sandbox_wasm.integrations.fastmcp import WasmSandboxProvider, plain

FINE = 'return (await call_tool("add", {"a": 1, "b": 2}))["result"]'


@pytest.fixture(scope="module")
def provider():
    return WasmSandboxProvider(limits=Limits(wall_seconds=5))


def run(provider, *codes, **options):
    server = FastMCP("tools", transforms=[CodeMode(sandbox_provider=provider, **options)])

    @server.tool
    async def add(a: int, b: int) -> int:
        await asyncio.sleep(0)
        return a + b

    async def main():
        async with Client(server) as client:
            calls = [
                client.call_tool("execute", {"code": code}, raise_on_error=False) for code in codes
            ]
            return [await call for call in calls]

    return [
        (answer.is_error, "\n".join(block.text for block in answer.content))
        for answer in asyncio.run(main())
    ]


def test_code_may_await_and_return(provider):
    """
    In any form that models write.
    """
    both = "import asyncio\nreturn await asyncio.gather(*[call_tool('add', {'a': n, 'b': 1}) "
    found = run(
        provider,
        FINE,
        FINE.removeprefix("return "),
        both + "for n in range(2)])",
        "async def twice(n):\n    return (await call_tool('add', {'a': n, 'b': n}))['result']\n"
        "return [await twice(n) for n in range(3)]",
        "print('only', 'printed')",
        "```python\nreturn 5\n```",
        "",
    )
    assert not any(failed for failed, _ in found)
    assert ["3", "3", '[{"result":1},{"result":2}]', "[0,2,4]", "only printed\n", "5", ""] == [
        text for _, text in found
    ]


def test_errors_have_the_lines_of_the_code(provider):
    """
    And nothing of what runs it; what FastMCP tells a model is there.
    """
    found = run(
        provider,
        "x = 1\nreturn x / 0",
        "x = (",
        "await call_tool('nope', {})",
        "await call_tool('add', {'a': 'x'})",
        "try:\n    await call_tool('nope', {})\nexcept RuntimeError as e:\n    return 'caught'",
    )
    for (failed, text), expected in zip(
        found,
        ("line 2", "SyntaxError", "Unknown tool: nope", "Valid parameters for add"),
        strict=False,
    ):
        assert failed
        assert expected in text
        assert "asyncio" not in text
    assert (False, "caught") == found[4]


def test_codes_share_nothing(provider):
    """
    Each begins anew, also when one has meddled with its interpreter.
    """
    meddle = "import builtins, asyncio\nbuiltins.x = 5\nasyncio.run = None\nreturn 1"
    assert [(False, "1"), (True, "NameError: name 'x' is not defined"), (False, "3")] == [
        (failed, text.splitlines()[-1]) for failed, text in run(provider, meddle, "return x", FINE)
    ]


def test_the_number_of_calls(provider):
    """
    FastMCP's own bound holds, too.
    """
    code = "for n in range(9): await call_tool('add', {'a': 1, 'b': 2})"
    ((failed, text),) = run(provider, code, max_tool_calls=3)
    assert failed
    assert "Tool call limit exceeded" in text


def test_inputs_and_functions(provider):
    """
    The protocol's own arguments; a function of any other error tells code nothing of it.
    """

    class Own(Exception):
        pass

    def broken():
        raise Own("/home/secret")

    async def main():
        return await provider.run("return x + f(1)", inputs={"x": 1}, external_functions=None)

    with pytest.raises(ToolError, match="NameError"):
        asyncio.run(main())
    code = "return x + await f(1)"
    given_f = {"f": lambda n: n + 40}
    assert 42 == asyncio.run(provider.run(code, inputs={"x": 1}, external_functions=given_f))
    with pytest.raises(ToolError) as info:
        asyncio.run(provider.run("await f()", external_functions={"f": broken}))
    assert "secret" not in str(info.value)
    with pytest.raises(ToolError, match="builtin"):
        asyncio.run(provider.run("1", external_functions={"print": broken}))
    with pytest.raises(ToolError, match="ConfigError"):
        asyncio.run(provider.run("1", inputs={"x": object()}))


DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.datetimes()
    | st.just(GuestObject("Odd", "\ud800"))
    | st.builds(lambda: 10**5000),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(st.characters(), max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(DATA)
def test_any_value_is_json(value):
    """
    Whatever guest code returns can be sent.
    """
    from pydantic_core import to_json

    to_json(plain(value))


def test_micropython():
    """
    Code awaits and returns on the other interpreter as well.
    """
    small = WasmSandboxProvider(interpreter="micropython", limits=Limits(wall_seconds=5))
    assert [(False, "3")] == run(small, FINE)
    with pytest.raises(ConfigError):
        WasmSandboxProvider(interpreter="perl")
