"""A FastMCP server in code mode, and a client that sends it code as a model would.

Prints::

    tools: ['search', 'get_schema', 'execute']
    {'Oslo': 12.0, 'Bergen': 9.5}
"""

import asyncio

from fastmcp import Client, FastMCP
from fastmcp.experimental.transforms.code_mode import CodeMode

from sandbox_wasm.integrations.fastmcp import WasmSandboxProvider

mcp = FastMCP("weather", transforms=[CodeMode(sandbox_provider=WasmSandboxProvider())])


@mcp.tool
async def temperatures(city: str) -> list[float]:
    """The latest readings of a city."""
    return {"Oslo": [11.0, 13.0], "Bergen": [9.5]}[city]


CODE = """
rows = {c: (await call_tool("temperatures", {"city": c}))["result"] for c in ("Oslo", "Bergen")}
return {city: sum(values) / len(values) for city, values in rows.items()}
"""


async def main():
    async with Client(mcp) as client:
        print("tools:", [tool.name for tool in await client.list_tools()])
        print((await client.call_tool("execute", {"code": CODE})).data)


asyncio.run(main())
