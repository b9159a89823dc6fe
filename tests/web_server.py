"""Real servers for tests of the network, on threads of this process."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Server(ThreadingHTTPServer):
    """Answers as the path says, and remembers what it was asked.

    Attributes:
        seen: Method, path, headers and body of each request.

        entered: Set once a request is being answered that will not end by itself.

        released: Set when the test is over, for those.

        left: Set once a client has gone in the middle of an answer.
    """

    daemon_threads = True
    scheme = "http"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.entered = threading.Event()
        self.released = threading.Event()
        self.left = threading.Event()

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes is no error here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(
        self, body: bytes = b"", status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunks(self, pieces: Iterator[bytes] | list[bytes], **headers: str) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers.items()), body))
        url = urlsplit(self.path)
        given = {name: values[-1] for name, values in parse_qs(url.query).items()}
        name = url.path.strip("/").partition("/")[0]
        getattr(self, f"on_{name or 'hello'}", self.on_missing)(given, body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - by protocol

    def on_hello(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"hello", headers={"Content-Type": "text/plain; charset=utf-8"})

    def on_missing(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"not here", 404)

    def on_rows(self, given: dict[str, str], body: bytes) -> None:
        rows = [{"id": n, "name": {"first": f"n{n}"}, "tags": ["a", "b"]} for n in range(3)]
        self.answer(json.dumps(rows).encode(), headers={"Content-Type": "application/json"})

    def on_echo(self, given: dict[str, str], body: bytes) -> None:
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("latin-1"),
        }
        self.answer(json.dumps(told).encode(), headers={"Content-Type": "application/json"})

    def on_redirect(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"", int(given.get("status", 302)), {"Location": given["to"]})

    def on_loop(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"", 302, {"Location": "/loop"})

    def on_big(self, given: dict[str, str], body: bytes) -> None:
        self.chunks(b"x" * 65_536 for _ in range(int(given["bytes"]) >> 16))

    def on_crumbs(self, given: dict[str, str], body: bytes) -> None:
        """Chunks of one byte, as fast as they go."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.released.is_set():
            self.wfile.write(b"1\r\nx\r\n" * 50_000)

    def on_lines(self, given: dict[str, str], body: bytes) -> None:
        """Numbered lines, for ever or that many; with a word in the middle of them."""
        secret = (self.headers.get("Authorization") or "").encode()

        def blocks() -> Iterator[bytes]:
            for n in range(int(given.get("blocks", 1 << 30))):
                lines = [b"%d\n" % line for line in range(n * 10_000, (n + 1) * 10_000)]
                yield b"".join([*lines, secret])

        try:
            self.chunks(blocks())
        except OSError:
            self.server.left.set()

    def on_gzip(self, given: dict[str, str], body: bytes) -> None:
        data = gzip.compress(b"x" * int(given["bytes"])) * int(given.get("times", 1))
        data = data[: len(data) - int(given.get("less", 0))]
        self.answer(data, headers={"Content-Encoding": "gzip"})

    def on_coded(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"not so", headers={"Content-Encoding": given["as"]})

    def on_hang(self, given: dict[str, str], body: bytes) -> None:
        self.server.entered.set()
        self.server.released.wait()
        self.close_connection = True

    def on_drip(self, given: dict[str, str], body: bytes) -> None:
        """One byte from time to time: no single wait of the client is long."""

        def drops() -> Iterator[bytes]:
            self.server.entered.set()
            while not self.server.released.wait(0.01):
                yield b"."

        self.chunks(drops())

    def on_fail(self, given: dict[str, str], body: bytes) -> None:
        self.close_connection = True

    def on_garbage(self, given: dict[str, str], body: bytes) -> None:
        self.wfile.write(b"\x00\xff not HTTP\r\n\r\n")
        self.close_connection = True

    def on_heads(self, given: dict[str, str], body: bytes) -> None:
        self.answer(b"", headers={f"X-{n}": "y" * 1000 for n in range(int(given["count"]))})

    def on_reflect(self, given: dict[str, str], body: bytes) -> None:
        """The value of a header, in many forms, the body in pieces of a few bytes."""
        secret = self.headers.get(given.get("header", "Authorization")) or ""
        made = reflections(secret)
        if "zip" in given:
            self.answer(gzip.compress(made), headers={"Content-Encoding": "gzip"})
            return
        pieces = [made[at : at + 3] for at in range(0, len(made), 3)]
        named = {f"X-{secret.split()[-1]}": "y"} if "name" in given else {}
        self.chunks(pieces, X_Echo=secret, Set_Cookie="sid=1", **named)

    def on_leak(self, given: dict[str, str], body: bytes) -> None:
        word = self.headers["Authorization"].split()[-1]
        self.answer(b"", 302, {"Location": f"http://{word}.test/{word}"})


def reflections(secret: str) -> bytes:
    """What servers make of *secret*, one form a line."""
    import base64
    import html
    from urllib.parse import quote, quote_plus

    raw = secret.encode()
    forms = [
        secret,
        secret.upper(),
        quote(secret),
        quote_plus(secret),
        json.dumps({"header": secret}),
        json.dumps(secret).replace("/", "\\/"),
        "".join(f"\\u{byte:04X}" for byte in raw),
        json.dumps(secret).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        html.escape(secret),
        raw.hex(),
        raw.hex().upper(),
        *(base64.b64encode(b"x" * n + raw + b"y").decode() for n in range(5)),
        *(base64.urlsafe_b64encode(b"x" * n + raw + b"y").decode() for n in range(5)),
        repr([secret]),
        secret * 2,
    ]
    return "\n".join(forms).encode()


@contextmanager
def serve(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server; one that speaks TLS if given a context."""
    server = Server()
    if tls is not None:
        server.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
