"""What the service adds to a run, measured from another process."""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from sandbox_wasm import Session

from ._measure import Effort, Figure


def service(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield how much longer a run over HTTP takes than one here; nothing without the extra."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        return
    command = [sys.executable, "-m", "sandbox_wasm", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--interpreter", interpreter], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        url, _, token = process.stderr.readline().split()[-1].partition("#token=")
        client = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"))
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

        def post(path: str, **fields: object) -> dict[str, object]:
            client.request("POST", path, json.dumps(fields), headers)
            found: dict[str, object] = json.loads(client.getresponse().read())
            return found

        path = f"/v1/sessions/{post('/v1/sessions')['id']}/run"
        there, here = [], []
        with Session(interpreter) as session:
            for turn in range(effort.repeat * 20 + 20):
                began = time.perf_counter()
                post(path, code="x = 1")
                between = time.perf_counter()
                session.run("x = 1")
                if turn >= 20:
                    there.append((between - began) * 1e3)
                    here.append((time.perf_counter() - between) * 1e3)
        client.close()
    finally:
        process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
    yield Figure(
        "what the service adds to a run",
        "ms",
        min(there) - min(here),
        statistics.median(there) - statistics.median(here),
        1.5,
    )
