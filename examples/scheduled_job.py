"""A job that runs again and again: fetch what is new, reshape it, insert it into SQLite.

The code of the job was approved once and runs by itself from then on, in a fresh session each
time, with one origin granted and nothing else. What it gives is checked and stored by you, in one
transaction: a run that fails changes nothing, and the next begins where the last good one ended.

It needs the extra: python -m pip install 'sandbox-wasm[fetch]'. The server is a local one and the
schedule takes no time, so that this runs anywhere; yours would be cron, or a loop with a sleep.

Prints::

    run 1: 2 rows, up to 2
    run 2: nothing new
    run 3: failed: KeyError: 'magnitude'
    run 4: failed: the code gave no list of rows
    run 5: 2 rows, up to 4
    (1, 'Lima', 4.1)
    (2, 'Oslo', 2.0)
    (3, 'Rome', 3.3)
    (4, 'Wien', 2.7)
"""

import json
import sched
import sqlite3
import tempfile
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from sandbox_wasm import Limits, NetworkPolicy, SandboxError, Session

# Imagine that a model wrote this, and that somebody read it.
CODE = """
def job(url, after):
    events = fetch(url + "/events?after=" + str(after)).json()["events"]
    return [
        {"id": e["id"], "place": e["place"]["city"].title(), "magnitude": float(e["magnitude"])}
        for e in events
    ]
job(url, after)
"""


def event(number: int, city: str, magnitude: str) -> dict[str, object]:
    return {"id": number, "place": {"city": city}, "magnitude": magnitude}


FIRST = [event(1, "lima", "4.1"), event(2, "OSLO", "2")]
MORE = [*FIRST, event(3, "rome", "3.3"), event(4, "wien", "2.7")]
DIRTY = [*FIRST, {"id": 3, "place": {"city": "rome"}}]
# What there is at the server each time: nothing new, once an event without a magnitude.
DAYS = [FIRST, FIRST, DIRTY, MORE, MORE]


class Handler(BaseHTTPRequestHandler):
    """The API that was approved."""

    events: ClassVar[list[dict[str, object]]] = []

    def do_GET(self) -> None:
        after = int(parse_qs(urlsplit(self.path).query)["after"][0])
        found = [e for e in self.events if int(str(e["id"])) > after]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"events": found}).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def checked(value: object) -> list[tuple[int, str, float]]:
    """Return the rows, if the code has given rows: what comes out is untrusted data."""
    rows = []
    for row in value if isinstance(value, list) else [None]:
        match row:
            case {"id": int(number), "place": str(place), "magnitude": float(magnitude)}:
                rows.append((number, place[:100], magnitude))
            case _:
                raise ValueError("the code gave no list of rows")
    return rows


def run(number: int, code: str, path: Path, url: str) -> None:
    """One run of the job."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "create table if not exists events (id integer primary key, place text, magnitude real)"
        )
        (after,) = database.execute("select coalesce(max(id), 0) from events").fetchone()
        try:
            with Session(
                network=NetworkPolicy(allow=[url], max_bytes=1_000_000),
                limits=Limits(wall_seconds=5),
            ) as session:
                rows = checked(session.run(code, inputs={"url": url, "after": after}).value)
            with database:  # all of the rows, or none
                database.executemany("insert into events values (?, ?, ?)", rows)
        except (SandboxError, ValueError, OverflowError, sqlite3.Error) as error:
            print(f"run {number}: failed: {error}")
            return
    last = max((row[0] for row in rows), default=None)
    print(f"run {number}:", f"{len(rows)} rows, up to {last}" if rows else "nothing new")


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    # A scheduler whose days take no time; `sched.scheduler()` alone would wait for them.
    now = 0.0

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    schedule = sched.scheduler(lambda: now, wait)

    def day(number: int, path: Path) -> None:
        Handler.events = DAYS[number - 1]
        # On the fourth day somebody has changed the code, and not for the better.
        run(number, CODE if number != 4 else "'no rows'", path, url)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.db"
        for number in range(1, len(DAYS) + 1):
            schedule.enterabs(number * 86_400, 1, day, (number, path))
        schedule.run()
        with closing(sqlite3.connect(path)) as database:
            for row in database.execute("select * from events"):
                print(row)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
