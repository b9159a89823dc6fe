"""Measure this library in one run, and print a table.

    python -m benchmarks [--json FILE] [--one-core] [--quick]

Every figure goes through the public API, with the session's thread, the wall
limit and the ledger on, but that workers are killed from outside. Run it on an idle
machine: the figures of a few microseconds are those of two threads handing over to
each other.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import queue
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from sandbox_wasm import Session, available_interpreters

from ._deadlines import deadlines
from ._files import files
from ._measure import Effort, Figure, command, machine, ratio, timed
from ._pools import pools
from ._rows import rows
from ._service import service
from ._states import states
from ._work import WORK, runs
from ._workers import waits, workers

# What is aimed at: a fresh session, a run, a host call (µs), fib(25) and the rest of the work
# against CPython here.
TARGETS = {"cpython": (600, 45, 8, 2.0, 2.0), "micropython": (500, 40, 12, 4.2, None)}


def sessions(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of runs, host calls and computing in a session on a thread."""
    repeat, many, calls = effort.repeat, effort.of(200), effort.of(2000)
    fresh_target, run_target, call_target, fib_target, work_target = TARGETS[interpreter]

    yield handover(effort)
    yield fresh(interpreter, repeat * 20, fresh_target)
    yield waits("run in a session", interpreter, "thread", repeat * 20, run_target)
    with Session(interpreter, functions={"add": lambda a, b: a + b}) as session:
        session.run("x = 0\ndef calls(n):\n    for i in range(n): add(i, 1)")
        name, work = "run after run, with their checkpoints", runs(session, "x += 1", many)
        yield timed(name, "µs", work, per=many, repeat=repeat)
        yield timed(
            "host call without type hints",
            "µs",
            lambda: session.run(f"calls({calls})"),
            per=calls,
            repeat=repeat,
            target=call_target,
        )

        @session.function
        def typed(a: int, b: int) -> int:
            return a + b

        session.run("def typed_calls(n):\n    for i in range(n): typed(i, 1)")
        yield timed(
            "host call with type hints",
            "µs",
            lambda: session.run(f"typed_calls({calls})"),
            per=calls,
            repeat=repeat,
        )
        items = [{"id": i, "name": f"row {i}"} for i in range(effort.of(5000))]
        session.run("def area(row): return row['id'] * 2")
        mapped = partial(session.map, "area", items)
        yield timed("map, for each row", "µs", mapped, per=len(items), repeat=repeat)
        for name, (source, call) in WORK.items():
            space: dict[str, object] = {}
            exec(source, space)  # our own source, on the host, to compare with
            session.run(source)
            yield ratio(
                f"{name}, processor time against CPython here",
                partial(session.run, call),
                partial(eval, compile(call, "<benchmark>", "eval"), space),
                repeat=repeat,
                target=fib_target if name == "fib(25)" else work_target,
            )


def handover(effort: Effort) -> Figure:
    """Time a job's way to another thread and back: what no run can be quicker than."""
    jobs: queue.SimpleQueue[threading.Lock | None] = queue.SimpleQueue()
    many = effort.of(200)

    def work() -> None:
        while (done := jobs.get()) is not None:
            done.release()

    def there_and_back() -> None:
        for _ in range(many):
            done = threading.Lock()
            done.acquire()
            jobs.put(done)
            done.acquire(timeout=0.5)

    thread = threading.Thread(target=work)
    thread.start()
    name = "bare hand-over to a thread and back"
    figure = timed(name, "µs", there_and_back, per=many, repeat=effort.repeat)
    jobs.put(None)
    thread.join()
    return figure


def fresh(interpreter: str, repeat: int, target: float) -> Figure:
    """Time what lies between asking for a session and its first result."""
    taken = []
    for _ in range(repeat):
        began = time.perf_counter()
        session = Session(interpreter)
        session.run("1 + 1")
        taken.append((time.perf_counter() - began) * 1e6)
        session.close()
    return Figure(
        "fresh session and first result", "µs", min(taken), statistics.median(taken), target
    )


def commands(interpreter: str, effort: Effort) -> Iterator[Figure]:
    """Yield the figures of whole commands."""
    python, repeat = [sys.executable, "-c"], effort.repeat
    yield command("python -c 'import wasmtime'", [*python, "import wasmtime"], repeat=repeat)
    yield command(
        "sandbox-wasm -c 'print(1)', warm cache",
        [sys.executable, "-m", "sandbox_wasm", "--interpreter", interpreter, "-c", "print(1)"],
        repeat=repeat,
        target=170,
    )


# What is measured of each interpreter, in the order of the table.
GROUPS: tuple[Callable[[str, Effort], Iterator[Figure]], ...] = (
    sessions,
    rows,
    service,
    states,
    workers,
    files,
    deadlines,
    pools,
    commands,
)


def table(figures: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| figure | best | median | target |", "|---|---:|---:|---:|"]
    for f in figures:
        target = "" if f.target is None else f"≤ {f.target:g} {f.unit}"
        lines.append(f"| {f.name} | {f.best:.3g} {f.unit} | {f.median:.3g} {f.unit} | {target} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures there as well")
    parser.add_argument(
        "--one-core", action="store_true", help="keep to one core: no waking of another (Linux)"
    )
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    options = parser.parse_args()
    if options.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    effort = Effort(repeat=5, live=100) if options.quick else Effort()
    measured: dict[str, list[dict[str, object]]] = {}
    report = {"date": datetime.date.today().isoformat(), "machine": machine(), "figures": measured}
    print(f"{report['date']}, {report['machine']}")
    for info in available_interpreters():
        figures = [figure for group in GROUPS for figure in group(info.name, effort)]
        print(f"\n## {info.name} {info.version}\n\n{table(figures)}", flush=True)
        measured[info.name] = [dataclasses.asdict(figure) for figure in figures]
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()
