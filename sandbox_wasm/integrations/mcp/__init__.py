"""A server of the Model Context Protocol: sandboxed sessions for any agent that speaks it.

`sandbox-wasm mcp` starts it; `make_server` is for programs that add to it or serve it
themselves. Needs the extra ``mcp``.
"""

try:
    import mcp.server.mcpserver  # noqa: F401
except ImportError as error:  # pragma: no cover - the environment of a test has it
    raise ImportError(
        "the MCP server needs the extra 'mcp': python -m pip install 'sandbox-wasm[mcp]'"
    ) from error

from ._http import serve_http
from ._server import make_server
from ._settings import Settings

__all__ = ["Settings", "make_server", "serve_http"]
