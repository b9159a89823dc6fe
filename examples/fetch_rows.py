"""Code that you did not write fetches JSON and reshapes it; you store the rows.

It needs the extra: python -m pip install 'sandbox-wasm[fetch]'. The servers are local ones, so
that this runs anywhere; yours would be https.

Prints::

    (1, 'Ada', 'analyst, admin')
    (2, 'Grace', '')
    PermissionError: http://127.0.0.1:B is not an allowed origin
    PermissionError: redirect to http://127.0.0.1:B is not an allowed origin
    PermissionError: intranet.localhost leads to a loopback address, which is not granted
    OSError: the answer is larger than max_bytes=10000
"""

import json
import socket
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox_wasm import GuestError, NetworkPolicy, Session

PEOPLE = [
    {"id": 1, "name": {"first": "Ada"}, "roles": ["analyst", "admin"]},
    {"id": 2, "name": {"first": "Grace"}, "roles": []},
]

# Imagine that a model wrote this.
CODE = """
people = fetch(url + "/people").json()
[(p["id"], p["name"]["first"], ", ".join(p["roles"])) for p in people]
"""


class Handler(BaseHTTPRequestHandler):
    """The API that was approved, and one that was not."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", other)
        self.end_headers()
        self.wfile.write(b"x" * 20_000 if self.path == "/large" else json.dumps(PEOPLE).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def start() -> tuple[ThreadingHTTPServer, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


approved, url = start()
unapproved, other = start()
port = approved.server_port

# A name that leads to this machine, as an attacker's could.
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: look_up("127.0.0.1", *rest, **more)
inside = f"http://intranet.localhost:{port}"

database = sqlite3.connect(":memory:")
database.execute("create table people (id integer, name text, roles text)")

with Session(network=NetworkPolicy(allow=[url, inside], max_bytes=10_000)) as session:
    rows = session.run(CODE, inputs={"url": url}).value
    database.executemany("insert into people values (?, ?, ?)", rows)
    for row in database.execute("select * from people"):
        print(row)
    for bad in (other, url + "/moved", inside, url + "/large"):
        try:
            session.run("fetch(bad)", inputs={"bad": bad})
        except GuestError as error:
            print(str(error).replace(other, "http://127.0.0.1:B"))

socket.getaddrinfo = look_up
database.close()
for server in (approved, unapproved):
    server.shutdown()
    server.server_close()
