"""A call that a person must approve, then a fork, through an MCP client.

Prints::

    asked: Code in the sandbox session 'main' wants to call: send('total: 6')
    => 'sent'
    => 6
"""

import asyncio

from mcp import Client
from mcp_types import ElicitResult

from sandbox_wasm.integrations.mcp import Settings, make_server


async def person(context, params):
    print("asked:", " ".join(params.message.split()))
    return ElicitResult(action="accept", content={"approve": True})


async def main():
    settings = Settings(functions={"send": lambda text: "sent"}, approve={"send"})
    async with Client(make_server(settings), elicitation_callback=person) as client:
        code = "total = sum([1, 2, 3])\nsend(f'total: {total}')"
        print((await client.call_tool("run_python", {"code": code})).content[0].text)
        await client.call_tool("fork_session", {"into": "second"})
        again = {"code": "total", "session": "second"}
        print((await client.call_tool("run_python", again)).content[0].text)


asyncio.run(main())
