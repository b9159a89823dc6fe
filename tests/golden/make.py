"""Write the golden files of the present forms: python tests/golden/make.py

Once for each version of a form. What is there stays, for ever: files of earlier versions
must be read as long as the form is.
"""

import tempfile
from pathlib import Path

from sandbox_wasm import Mount, Session, Suspended, _snapshot, _stored_run

HERE = Path(__file__).parent
KEY = b"golden"
CODE = """
import os, time
time.time(), os.urandom(4), fetch('a'), open('/m/in').read()
ask('how many?')
x"""


def make_snapshot(session: Session) -> None:
    """Write a snapshot."""
    session.run("x = 'golden'")
    session.files.write("/data", b"golden")
    path = HERE / f"v{_snapshot.VERSION}-{session.interpreter}.snapshot"
    if not path.exists():
        session.snapshot().save(path)


def make_runs(session: Session) -> None:
    """Write a suspended run that has asked for everything there is, with a key and without."""

    def fetch(name: str) -> str:
        session.files.write(f"/{name}", b"fetched")
        return "fetched"

    def ask(question: str) -> int:
        raise NotImplementedError

    session.function(fetch)
    session.function(ask, suspends=True)
    try:
        session.run(CODE, inputs={"y": [1, 2]})
    except Suspended as waiting:
        start = f"v{_stored_run.VERSION}-{session.interpreter}"
        for path, key in ((f"{start}.run", None), (f"{start}-sealed.run", KEY)):
            if not HERE.joinpath(path).exists():
                HERE.joinpath(path).write_bytes(waiting.continuation.to_bytes(key=key))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in").write_text("mounted")
        with Session("micropython", seed=1, clock=1e9, mounts=[Mount(folder, "/m")]) as session:
            make_snapshot(session)
            make_runs(session)
