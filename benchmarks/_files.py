"""Figures of files: the session's own, and those of a mounted directory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sandbox_wasm import Limits, Mount, Session

from ._measure import Effort, Figure, timed

LARGE = 10_000_000
SMALL = """
def small(count):
    for i in range(count):
        with open("/tmp/f%d" % i, "w") as f: f.write("hello")
    for i in range(count):
        with open("/tmp/f%d" % i) as f: f.read()
"""


def files(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of one interpreter."""
    data, count = bytes(LARGE), effort.of(10_000)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "large").write_bytes(data)
        with Session(
            interpreter,
            limits=Limits(wall_seconds=60),
            files={"large": data},
            mounts=[Mount(folder, "/data")],
        ) as session:
            session.run("def read(path):\n    with open(path, 'rb') as f: return len(f.read())")
            for name, path, target in (
                ("a file of the session", "/large", 8),
                ("a mounted file", "/data/large", 25),
            ):
                yield timed(
                    f"read 10 MB of {name}",
                    "ms",
                    lambda path=path: session.call("read", path),
                    repeat=effort.repeat,
                    target=target,
                )
            session.run(SMALL)
            yield timed(
                f"write and read {count:,} small files",
                "s",
                lambda: session.call("small", count),
                repeat=effort.fewer(5),
                target=0.8,
            )
