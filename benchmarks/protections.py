"""Measure what each protection costs: the same work with it and without it.

    python -m benchmarks.protections [--interpreter NAME] [--one-core] [--quick]

Some cannot be switched off by anybody who uses the library; those are taken away here from
below, which is what makes these figures ones that no user can get. Pairs take turns, and each
figure is the minimum of its repetitions.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sandbox_wasm import Limits, Session, Snapshot, available_interpreters
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._ledger import Ledger
from sandbox_wasm._thread import start_thread
from sandbox_wasm._values import encode
from sandbox_wasm._wasm import _artifacts
from sandbox_wasm._wasm._config import Variant
from sandbox_wasm._wasm._engine import EngineFamily
from sandbox_wasm._wasm._instance import open_instance
from sandbox_wasm.interpreters._base import Request
from sandbox_wasm.interpreters._reactor import ReactorGuest

from ._measure import machine
from ._work import runs

FIB = b"def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
FUEL = 1 << 40
ADD = {"add": lambda a, b: a + b}
CALLS = "def calls(n):\n    for i in range(n): add(i, 1)"


class Row(NamedTuple):
    """One protection.

    Attributes:
        name, work: What it is, and what was done with it and without.

        unit: Of what follows.

        without, guarded: Minima; None for one that only adds.
    """

    name: str
    work: str
    unit: str
    without: float | None
    guarded: float

    @property
    def cost(self) -> str:
        """The difference in words."""
        if self.without is None:
            return f"+{self.guarded:.3g} {self.unit}"
        more = self.guarded - self.without
        return f"{more:+.3g} {self.unit} ({more / self.without:+.0%})"


Work = Callable[[], object]


def compare(
    name: str, work: str, unit: str, without: Work, guarded: Work, repeat: int, per: int = 1
) -> Row:
    """Time both, taking turns."""
    scale = {"µs": 1e6, "ms": 1e3}[unit] / per
    best = [float("inf"), float("inf")]
    for _ in range(repeat + 1):
        for number, each in enumerate((without, guarded)):
            began = time.perf_counter()
            each()
            best[number] = min(best[number], (time.perf_counter() - began) * scale)
    return Row(name, work, unit, *best)


def variants(interpreter: str, repeat: int) -> Iterator[Row]:
    """Yield the cost of what is compiled into the interpreter, on a computation."""
    rows: list[Row] = []

    def guest(variant: Variant) -> ReactorGuest:
        engine = EngineFamily(_artifacts.load(interpreter), variant).take()
        fuel = FUEL if variant.fuel else None
        limits = Limits(fuel=fuel)
        host = Ledger(limits, HostFunctions(()), Files(0, 0), lambda: None)
        made = ReactorGuest(
            lambda target: open_instance(engine, target, limits.memory_bytes, None), host, fuel
        )
        made.request(Request("run", FIB))
        return made

    def measure() -> None:
        call = Request("call", b"fib", encode([[22], {}], max_bytes=100))
        plain = guest(Variant(epoch=False))
        usual = guest(Variant())
        for name, less, more in (
            ("wall limit: the epoch is looked at", plain, usual),
            ("fuel: instructions are counted", usual, guest(Variant(fuel=True))),
            ("traps without signals", usual, guest(Variant(signals=False))),
        ):
            rows.append(
                compare(
                    name,
                    "fib(22)",
                    "ms",
                    lambda less=less: less.request(call),
                    lambda more=more: more.request(call),
                    repeat,
                )
            )

    start_thread(measure).join(600)
    if len(rows) != 3:
        raise RuntimeError("the variants could not be measured")
    yield from rows


def accounts(interpreter: str, repeat: int) -> Iterator[Row]:
    """Yield the cost of what is kept and noted beside a run."""

    def calls(session: Session) -> Work:
        return lambda: session.run("calls(2000)")

    def opened(**arguments: Any) -> Session:
        session = Session(interpreter, **arguments)
        session.run("x = 0\n" + CALLS)
        return session

    with opened(checkpoints=False) as bare, opened() as usual:
        without, guarded = runs(bare, "x += 1", 100), runs(usual, "x += 1", 100)
        yield compare("checkpoint after each run", "a run", "µs", without, guarded, repeat, 100)
    with opened(checkpoints=False, functions=ADD) as bare, opened(functions=ADD) as usual:
        name = "journal, so that a run can be suspended"
        yield compare(name, "a host call", "µs", calls(bare), calls(usual), repeat, 2000)
    with opened(functions=ADD) as bare, opened(functions=ADD) as usual:
        bare._lane.ledger.audit.note_call = lambda *what: None  # type: ignore[union-attr,method-assign]
        name = "audit of what was granted"
        yield compare(name, "a host call", "µs", calls(bare), calls(usual), repeat, 2000)
    with opened(functions=ADD) as bare, opened(functions={"add": _typed}) as usual:
        name = "arguments checked against type hints"
        yield compare(name, "a host call", "µs", calls(bare), calls(usual), repeat, 2000)


def _typed(a: int, b: int) -> int:
    return a + b


def processes(interpreter: str, repeat: int) -> Iterator[Row]:
    """Yield the cost of a worker process, and of each thing that one gives up."""

    def fresh(isolation: Any) -> Work:
        def work() -> None:
            with Session(interpreter, isolation=isolation) as session:
                session.run("1 + 1")
            time.sleep(0.02)  # the next worker is made ready meanwhile

        return work

    name = "worker process"
    with (
        Session(interpreter, functions=ADD) as thread,
        Session(interpreter, functions=ADD, isolation="process") as worker,
    ):
        for session in (thread, worker):
            session.run("x = 0\n" + CALLS)
            session.run(FIB.decode())

        def each(code: str, count: int = 1) -> tuple[Work, Work]:
            return runs(thread, code, count), runs(worker, code, count)

        yield compare(name, "a run", "µs", *each("x += 1", 100), repeat, 100)
        yield compare(name, "a host call", "µs", *each("calls(500)"), repeat, 500)
        yield compare(name, "fib(22)", "ms", *each("fib(22)"), repeat)
    row = compare(
        name, "session, first result, end", "ms", fresh("thread"), fresh("process"), repeat
    )
    yield row._replace(without=(row.without or 20.0) - 20.0, guarded=row.guarded - 20.0)
    if sys.platform == "linux":
        yield from lockdown(repeat)


# A process of its own does to itself what a worker does, and tells how long each step took.
_STEPS = """
import json, time
from sandbox_wasm import _lockdown, _worker
taken = {}
class Timed(_lockdown.Lockdown):
    def _apply(self, name, step):
        began = time.perf_counter()
        super()._apply(name, step)
        taken[name] = (time.perf_counter() - began) * 1e6
lockdown = Timed()
lockdown.begin()
lockdown.close_others(set())
lockdown.finish(64 << 20)
print(json.dumps([taken, [p.name for p in lockdown.protections if p.applied]]))
"""


def lockdown(repeat: int) -> Iterator[Row]:
    """Yield how long a worker takes for each protection, once in its life."""
    best: dict[str, float] = {}
    for _ in range(max(3, repeat // 3)):
        done = subprocess.run(
            [sys.executable, "-c", _STEPS], capture_output=True, check=True, text=True
        )
        taken, applied = json.loads(done.stdout)
        for name in applied:
            best[name] = min(best.get(name, taken[name]), taken[name])
    for name, taken in best.items():
        yield Row(f"worker: {name}", "once, at its start", "µs", None, taken)


def stored(interpreter: str, repeat: int) -> Iterator[Row]:
    """Yield the cost of sealing a snapshot with a key, in place of a checksum."""
    with Session(interpreter) as session:
        session.run("data = [str(i) for i in range(20000)]")
        snapshot = session.snapshot()
    name, key, plain = "snapshot: HMAC in place of a checksum", b"k" * 32, snapshot.to_bytes()
    sealed = snapshot.to_bytes(key=key)
    yield compare(
        name,
        f"to bytes, {len(plain) >> 10} KiB",
        "ms",
        snapshot.to_bytes,
        lambda: snapshot.to_bytes(key=key),
        repeat,
    )
    yield compare(
        name,
        "from bytes",
        "ms",
        lambda: Snapshot.from_bytes(plain),
        lambda: Snapshot.from_bytes(sealed, key=key),
        repeat,
    )


def main() -> None:
    names = [info.name for info in available_interpreters()]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.protections", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--interpreter", action="append", choices=names)
    parser.add_argument("--one-core", action="store_true", help="keep to one core (Linux)")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    options = parser.parse_args()
    if options.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    repeat = 3 if options.quick else 15
    print(f"{datetime.date.today().isoformat()}, {machine()}")
    for name in options.interpreter or names:
        print(f"\n### {name}\n\n| protection | work | without | with | cost |")
        print("|---|---|---:|---:|---:|")
        for measure in (variants, accounts, processes, stored):
            for row in measure(name, repeat):
                without = "" if row.without is None else f"{row.without:.3g} {row.unit}"
                print(
                    f"| {row.name} | {row.work} | {without} | {row.guarded:.3g} {row.unit} "
                    f"| {row.cost} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
