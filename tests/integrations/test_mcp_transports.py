"""The command ``sandbox-wasm mcp`` from outside: stdio, HTTP, clients of others, and enemies."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip("mcp", reason="needs the extra 'mcp'")

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

import sandbox_wasm
from sandbox_wasm import ConfigError
from sandbox_wasm.integrations.mcp._http import Guard, http_app, is_loopback, serve_http

TOKEN = "0123456789-a-token-for-tests"
FUNCTIONS = '''
def send(text: str) -> str:
    """Sends the text."""
    return text.upper()
'''


@pytest.fixture
def folder(tmp_path):
    """A folder with a configuration, a module and a directory to mount."""
    (tmp_path / "mytools.py").write_text(FUNCTIONS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.txt").write_text("from the host")
    (tmp_path / "server.toml").write_text(
        'interpreter = "micropython"\nwall-seconds = 3\nmemory-bytes = "16M"\n'
        'ro = ["data"]\nsessions = 2\nfunction = []\napprove = ["mytools:send"]\n'
    )
    return tmp_path


def arguments(folder, *more):
    return ["-m", "sandbox_wasm", "mcp", "--config", str(folder / "server.toml"), *more]


def environment():
    home = str(pathlib.Path(sandbox_wasm.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": home, "SANDBOX_WASM_MCP_TOKEN": TOKEN}


@contextlib.contextmanager
def http_server(folder, *more):
    """The URL of a server that listens, and its process."""
    process = subprocess.Popen(
        [sys.executable, *arguments(folder, "--http", *more)],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        found = re.fullmatch(r"sandbox-wasm: serving at (http://[\d.:]+/mcp)\n", line)
        assert found, line + process.stderr.read()
        yield found[1], process
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


@pytest.fixture
def url(folder):
    with http_server(folder) as (url, _):
        yield url


async def yes(context, params):
    return ElicitResult(action="accept", content={"approve": True})


async def use(client):
    """Drive the server through what a client can do with it."""
    tools = {each.name for each in (await client.list_tools()).tools}
    assert {"run_python", "read_file", "fork_session", "reset_session"} <= tools
    seen = []

    async def progress(done, total, message):
        seen.append(message or "")

    code = "print(open('/data/in.txt').read())\nx = send('a')\nx"
    result = await client.call_tool("run_python", {"code": code}, progress_callback=progress)
    assert "from the host\n=> 'A'" == result.content[0].text
    assert "A" == result.structured_content["value"]
    assert "from the host\n" == "".join(seen)
    failed = await client.call_tool("run_python", {"code": "while True: pass", "wall_seconds": 0.1})
    assert failed.is_error
    assert "WallTimeExceeded" in failed.content[0].text


async def until(client, *, busy):
    """Return when a session runs code, or none does."""
    for _ in range(500):
        listed = await client.call_tool("list_sessions", {})
        if busy == any(each["busy"] for each in listed.structured_content["sessions"]):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to be")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_stdio(folder, mode):
    """
    As MCP clients start it. What code prints does not get between the messages.
    """
    server = StdioServerParameters(
        command=sys.executable, args=arguments(folder), env=environment(), cwd="/"
    )

    async def main():
        async with Client(server, mode=mode, elicitation_callback=yes) as client:
            await use(client)

    asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_http(url, mode):
    """
    With the token; a call that is cancelled leaves its session usable.
    """

    async def main():
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(headers=headers, timeout=20) as http_client:
            transport = streamable_http_client(url, http_client=http_client)
            async with Client(transport, mode=mode, elicitation_callback=yes) as client:
                await use(client)
                call = client.call_tool("run_python", {"code": "print('on')\nwhile True: pass"})
                task = asyncio.ensure_future(call)
                await until(client, busy=True)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await until(client, busy=False)
                result = await client.call_tool("run_python", {"code": "x"})
                assert "=> 'A'" == result.content[0].text

    asyncio.run(asyncio.wait_for(main(), 30))


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "x", "version": "1"},
    },
}


@pytest.mark.parametrize("how", ["end", "SIGINT", "SIGTERM"])
def test_the_end_while_code_runs(folder, how):
    """
    The client goes, or somebody presses Ctrl-C: the server is gone, and its code with it.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments(folder, "--wall-seconds", "1000")],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        code = {"code": "print('begun')\nwhile True: pass"}
        meta = {"progressToken": 7}
        call = {"name": "run_python", "arguments": code, "_meta": meta}
        for message in (
            INITIALIZE,
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
        ):
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        while "begun" not in process.stdout.readline():
            pass
        if how == "end":
            process.stdin.close()
        else:
            process.send_signal(getattr(signal, how))
        assert process.wait(20) in (0, -signal.SIGINT, -signal.SIGTERM)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_client_of_others(folder, transport):
    """
    FastMCP's client drives the server: tools, data, files, approvals, progress.
    """
    fastmcp = pytest.importorskip("fastmcp", reason="needs the package 'fastmcp'")
    from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

    seen = []

    async def approve(message, response_type, params, context):
        seen.append(message)
        return response_type(approve=True)

    async def progress(done, total, message):
        seen.append(message)

    async def main(where):
        async with fastmcp.Client(
            where, elicitation_handler=approve, progress_handler=progress
        ) as client:
            result = await client.call_tool("run_python", {"code": "print(1)\nsend('b')"})
            assert "B" == result.structured_content["value"]
            await client.call_tool("write_file", {"path": "/f", "content": "text"})
            read = await client.call_tool("read_file", {"path": "/f"})
            assert "text" == read.structured_content["content"]
            with pytest.raises(fastmcp.exceptions.ToolError, match="ZeroDivisionError"):
                await client.call_tool("run_python", {"code": "1 / 0"})

    with contextlib.ExitStack() as stack:
        if transport == "http":
            url, _ = stack.enter_context(http_server(folder))
            where = StreamableHttpTransport(url, auth=TOKEN)
        else:
            where = StdioTransport(
                sys.executable, arguments(folder), env=environment(), cwd="/", keep_alive=False
            )
        asyncio.run(asyncio.wait_for(main(where), 30))
    assert "1\n" in seen
    assert any("wants to call:\nsend('b')" in each for each in seen if each)


def post(url, headers, body=b"{}", method="POST"):
    """The status of a request with just these headers."""
    host = url.removeprefix("http://").removesuffix("/mcp")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.putrequest(method, "/mcp", skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        with contextlib.suppress(OSError):
            connection.send(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_enemies(url):
    """
    Who has no token, names another server, or is a web page gets nothing, whatever it sends.
    """
    host = ("Host", url.removeprefix("http://").removesuffix("/mcp"))
    token = ("Authorization", f"Bearer {TOKEN}")
    plain = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ]
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    begin = json.dumps(INITIALIZE).encode()

    assert 200 == post(url, [host, token, *plain], begin)
    assert 401 == post(url, [host, *plain], begin)
    for wrong in ("Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "\xff"):
        assert 401 == post(url, [host, ("Authorization", wrong), *plain], begin), wrong
    assert 401 == post(url, [host, token, ("Authorization", "Bearer x"), *plain], begin)
    for wrong in ("evil.example", "localhost", "127.0.0.1:1", "127.0.0.1:8000@evil.example"):
        assert 421 == post(url, [("Host", wrong), token, *plain], begin), wrong
    assert post(url, [host, ("Host", "evil.example"), token, *plain], begin) in (400, 421)
    assert post(url, [token, *plain], begin) in (400, 421)
    for origin in ("http://evil.example", "null", "http://localhost", host[1]):
        assert 403 == post(url, [host, token, ("Origin", origin), *plain], begin), origin
    assert 413 == post(url, [host, token, *plain], b"x" * (9 << 20))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(begin), begin)
    assert 400 == post(url, [host, token, ("Transfer-Encoding", "chunked"), *plain], chunked)
    for junk in (b"", b"{", b"[]", b"\xff", b"[" * 100_000, json.dumps(call).encode()):
        assert 400 <= post(url, [host, token, *plain], junk) < 500, junk[:20]
    modern = ("MCP-Protocol-Version", "2026-07-28")
    for junk in (b"", b"{", b"[]", b"[" * 100_000, b'{"jsonrpc":"2.0","id":1,"method":"x"}'):
        assert 400 <= post(url, [host, token, modern, *plain], junk) < 500, junk[:20]
    assert 200 == post(url, [host, token, *plain], begin)


def test_many_protocol_sessions(url):
    """
    Who opens one after the other is stopped; who is there goes on.
    """
    host = ("Host", url.removeprefix("http://").removesuffix("/mcp"))
    headers = [host, ("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "application/json")]
    headers.append(("Accept", "application/json, text/event-stream"))
    statuses = {post(url, headers, json.dumps(INITIALIZE).encode()) for _ in range(40)}
    assert {200, 503} == statuses


def test_what_needs_a_token():
    """
    Without one only loopback may be served; a short one is no secret.
    """
    from sandbox_wasm.integrations.mcp import Settings, make_server

    server = make_server(Settings(options={"interpreter": "micropython"}))
    with pytest.raises(ConfigError, match="needs a token"):
        serve_http(server, host="0.0.0.0", token=None)
    for wrong in ("short", "x" * 20 + "ä", "x" * 20 + "\n", "x " * 20):
        with pytest.raises(ConfigError, match="a token must"):
            http_app(server, token=wrong, hosts=["a:1"])
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.com")


def test_websockets_are_not_served():
    """
    Nothing but HTTP gets to what is behind the guard.
    """
    reached = []

    async def app(scope, receive, send):
        reached.append(scope["type"])

    async def main():
        guard = Guard(app, token=None, hosts=["a:1"])
        for kind in ("websocket", "lifespan"):
            await guard({"type": kind, "headers": []}, None, None)

    asyncio.run(main())
    assert ["lifespan"] == reached


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unknown = 1", "no option 'unknown'"),
        ("config = 'x'", "no option 'config'"),
        ("sessions = [1]", "must be a text or a number"),
        ("sessions = 'many'", "not a valid integer"),
        ("ask = 'yes'", "must be true or false"),
        ("ro = [1, {}]", "must be a list of texts"),
        ("ro = ['nowhere']", "cannot mount"),
        ("sessions = ", "cannot read"),
        ("interpreter = 'perl'", "interpreter"),
        ("function = ['os.system']", "write MODULE:NAME"),
        ("function = ['no_such_module:f']", "no_such_module"),
        ("total-bytes = '1M'", "less than one session"),
        ("http = true\ntoken-file = 'missing'", "cannot read"),
        ("http = true\ntoken-file = 'open'", "can be read by others"),
        ("http = true\nhost = '192.0.2.1'\ntoken-file = 'token'", "cannot listen"),
        ("http = true\nhost = '0.0.0.0'\nno-token = true", "needs a token"),
    ],
)
def test_wrong_configurations(tmp_path, text, expected):
    """
    Each is told before anything is served.
    """
    from click.testing import CliRunner

    from sandbox_wasm.cli import main

    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "open").touch(0o644)
    (tmp_path / "server.toml").write_text(text)
    done = CliRunner().invoke(main, ["mcp", "--config", str(tmp_path / "server.toml")])
    assert 2 == done.exit_code, done.output
    assert expected in " ".join(done.output.split())
