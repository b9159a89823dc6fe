"""Approve what guest code does in the browser, days later and in another process.

A web server runs programs. `pay` needs a person's yes: the run is left, stored in SQLite, and the
browser gets a page that asks. The click comes to a second server process, as after a restart, which
goes on with the run; a second click finds that it was answered. Only the standard library serves.

Before the world sees such a page it needs a login, a token against forged forms, and TLS.

Prints::

    The run waits: pay('Ada', amount=30)
    paid so far: []
    Approved in another process: receipt 1 for Ada, done
    Clicked again: it was answered before
    paid so far: [('Ada', 30)]
"""

from __future__ import annotations

import html
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox_wasm import Continuation, Result, Session, Suspended

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
receipt = pay("Ada", amount=30)
receipt + ", done"
"""
TABLES = """
CREATE TABLE IF NOT EXISTS payments (number INTEGER PRIMARY KEY, name TEXT, amount INTEGER);
CREATE TABLE IF NOT EXISTS waiting (
    id TEXT PRIMARY KEY, question TEXT NOT NULL, run BLOB NOT NULL, taken INTEGER NOT NULL DEFAULT 0
);
"""
LARGEST = 1 << 16


@contextmanager
def transaction() -> Iterator[sqlite3.Connection]:
    """Open the database, and store everything or nothing."""
    with closing(sqlite3.connect(os.environ["DATABASE"])) as database:
        database.executescript(TABLES)
        with database:
            yield database


def pay(name: str, amount: int) -> str:
    """What must not happen without a yes, nor twice."""
    with transaction() as database:
        sql = "INSERT INTO payments (name, amount) VALUES (?, ?)"
        return f"receipt {database.execute(sql, (name, amount)).lastrowid} for {name}"


def open_session() -> Session:
    """A session for each request: nothing stays in memory while a run waits."""
    session = Session("micropython")
    session.function(pay, approve=True)
    return session


def key() -> bytes:
    """What shows that a stored run is ours; without it the table's writers could make one."""
    return bytes.fromhex(os.environ["KEY"])


def begin(code: str) -> str:
    """Run a program; return the page with what came of it."""
    with open_session() as session:
        return page(session.run(code, check=False))


def answer(number: str, is_approved: bool) -> str | None:
    """Go on with a run that waits; None for one that was answered before."""
    with transaction() as database:  # committed before anything is done: so it is done once
        sql = "UPDATE waiting SET taken = 1 WHERE id = ? AND NOT taken"
        if not database.execute(sql, (number,)).rowcount:
            return None
        (data,) = database.execute("SELECT run FROM waiting WHERE id = ?", (number,)).fetchone()
    waiting = Continuation.from_bytes(data, key=key())
    with open_session() as session:
        act = waiting.approve if is_approved else waiting.deny
        return page(act(session=session, check=False), number)


def page(result: Result, answered: str = "") -> str:
    """Store a run that waits, in place of what was answered; return what the browser shows."""
    with transaction() as database:
        database.execute("DELETE FROM waiting WHERE id = ?", (answered,))
        if not isinstance(result.error, Suspended):
            # All of it comes from guest code: text, never markup.
            return f"<p>{html.escape(str(result.error or result.value))}</p>"
        asked, number = result.error.payload, secrets.token_urlsafe()
        named = [f"{name}={value!r}" for name, value in asked["kwargs"].items()]
        question = f"{asked['function']}({', '.join([*map(repr, asked['args']), *named])})"
        run = result.error.continuation.to_bytes(key=key())
        sql = "INSERT INTO waiting (id, question, run) VALUES (?, ?, ?)"
        database.execute(sql, (number, question, run))
    return f"""<p>{html.escape(question)}</p>
<form method="post" action="/answers"><input type="hidden" name="id" value="{number}">
<button name="do" value="approve">Approve</button>
<button name="do" value="deny">Deny</button></form>"""


class Handler(BaseHTTPRequestHandler):
    """Takes programs at ``/runs`` and clicks at ``/answers``."""

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", 0)), LARGEST)
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        if self.path == "/runs":
            self.show(200, begin(form["code"]))
        else:
            shown = answer(form["id"], form["do"] == "approve")
            self.show(409 if shown is None else 200, shown or "<p>it was answered before</p>")

    def show(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: object) -> None:
        """Print nothing."""


def serve() -> None:
    """Serve on a free port of this machine until standard input ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(server.server_port, flush=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        sys.stdin.read()
        server.shutdown()
        thread.join()


@contextmanager
def process(**settings: str) -> Iterator[str]:
    """Another process that serves; its address."""
    command = [sys.executable, __file__, "serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **settings}
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


def post(address: str, **form: str) -> str:
    """Do what a browser does; return the text of the page."""
    try:
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(address, data) as response:  # noqa: S310 - our own server
            return str(response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def text(shown: str) -> str:
    """Return what a person reads of a page."""
    return html.unescape(re.sub("<[^>]*>", "", shown.partition("<form")[0])).strip()


def main() -> None:
    """Ask in one process, and click in another."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DATABASE": str(Path(folder, "runs.sqlite")), "KEY": secrets.token_hex(32)}
        with process(**settings) as address:
            shown = post(f"{address}/runs", code=PROGRAM)
        print("The run waits:", text(shown))
        click = {"id": shown.partition('name="id" value="')[2].partition('"')[0], "do": "approve"}

        def paid() -> list[tuple[str, int]]:
            with closing(sqlite3.connect(settings["DATABASE"])) as database:
                return database.execute("SELECT name, amount FROM payments").fetchall()

        print("paid so far:", paid())
        with process(**settings) as address:
            print("Approved in another process:", text(post(f"{address}/answers", **click)))
            print("Clicked again:", text(post(f"{address}/answers", **click)))
        print("paid so far:", paid())


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
