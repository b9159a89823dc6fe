"""Measuring one contestant: every figure by a driver, in a time that is bounded."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .._work import WORK
from ._environments import DRIVERS, Contestant, environment, installed
from ._line import Driver, DriverError, DriverLost
from ._programs import PROGRAMS, source
from ._report import NONE, Column
from ._statistics import ratios, same

Say = Callable[[str], None]
Work = tuple[str, str, str]  # name, source, call


@dataclass(frozen=True)
class Plan:
    """How often each thing is done.

    Attributes:
        programs: How many of pyperformance's.

        budget: Seconds after which a row is content with what it has.
    """

    cold: int = 9
    fresh: int = 60
    exec: int = 1000
    paused: int = 200
    host: int = 9
    live: int = 30
    kept: int = 9
    turns: int = 9
    rate_seconds: float = 1.0
    programs: int = len(PROGRAMS)
    budget: float = 4.0
    probes: tuple[str, ...] = (
        "timeout",
        "sleep",
        "memory",
        "output",
        "error",
        "calls",
        "garbage",
    )


QUICK = Plan(3, 10, 200, 40, 3, 8, 3, 3, 0.4, 3, 1.0, ())


def interpreter(version: str) -> str:
    """Return an interpreter's name and version by its ``sys.version``."""
    if found := re.search(r"MicroPython v([\d.]+)", version):
        return f"MicroPython {found[1]}"
    number = version.partition(" ")[0]
    return f"Monty, as Python {number}" if "Monty" in version else f"CPython {number}"


class Measurement:
    """Fills the column of one contestant.

    Args:
        native: Driver of the bare CPython, which takes turns with this one.

        programs: Where pyperformance's programs are.
    """

    def __init__(
        self, contestant: Contestant, native: Driver, programs: Path, plan: Plan, say: Say
    ) -> None:
        self._contestant = contestant
        self._native = native
        self._programs = programs
        self._plan = plan
        self._say = say
        self._driver: Driver | None = None
        self.column = Column(contestant.name, contestant.ours, native=not contestant.pin)

    def run(self) -> Column:
        """Measure everything; what goes wrong is a word in the column."""
        try:
            self._about()
            if self._contestant.pin:  # the bare CPython has no sandbox to measure
                self._times()
                self._ratios()
                self._probes()
        finally:
            self._drop()
        return self.column

    def _ask(self, do: str, *, within: float = 30.0, **fields: Any) -> Any:
        if self._driver is None:
            self._driver = self._started()
        try:
            return self._driver.ask(do, within=within, **fields)
        except DriverLost:
            self._drop()
            raise

    def _started(self) -> Driver:
        script, *arguments = self._contestant.driver
        argv = [str(self._contestant.python), str(DRIVERS / script), *arguments]
        driver = Driver(argv, environment())
        try:
            # The first time some of them compile for minutes; it is kept for the next.
            driver.ask("start", within=900)
        except DriverLost:
            driver.close()
            raise
        return driver

    def _drop(self) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _about(self) -> None:
        about = self._ask("about", within=900)
        self.column.version = about["version"]
        if self._contestant.pin:
            self.column.guest = interpreter(self._ask("guest", within=120))
            size, self.column.dependencies = installed(self._contestant)
            self.column.samples["installed"] = [float(size)]
        self._row("cold", lambda: self._cold(about["cold"]))

    def _cold(self, program: str) -> list[float]:
        argv = [str(self._contestant.python), "-c", program]
        taken, failed = [], 0
        for number in range(self._plan.cold + 1):
            began = time.perf_counter()
            done = subprocess.run(
                argv, env=environment(), capture_output=True, timeout=900, check=False
            )
            if done.stdout.strip() != b"2":
                raise DriverError(f"printed {done.stdout[-80:]!r}, {done.stderr[-300:]!r}")
            failed += done.returncode != 0  # some abort once all is done
            if number:  # what the first one compiles is kept
                taken.append(time.perf_counter() - began)
        self.column.words["end"] = f"{failed} of {self._plan.cold + 1}"
        return taken

    def _row(self, key: str, measure: Callable[[], list[float]]) -> None:
        self._say(f"{self._contestant.name}: {key}")
        try:
            self.column.samples[key] = measure()
        except DriverError as error:
            self.column.words[key] = str(error)
        except subprocess.TimeoutExpired:
            self.column.words[key] = "hangs"

    def _times(self) -> None:
        plan, ask = self._plan, self._ask
        budget = plan.budget
        self._row("fresh", lambda: ask("fresh", count=plan.fresh, pause=0.02, budget=budget))
        for callers in (1, 2):
            self._row(f"rate{callers}", partial(self._rate, callers))
        self._row("exec", lambda: self._in_session("exec", plan.exec, pause=0.0))
        self._row("paused", lambda: self._in_session("exec", plan.paused, pause=0.002))
        self._row("host", lambda: self._in_session("host", plan.host, calls=300))
        self._row("memory", self._memory)
        self._states()
        self._drop()

    def _states(self) -> None:
        samples, words = self.column.samples, self.column.words
        rows = ("snapshot", "restored", "forked")
        try:
            self._ask("open")
            kept = self._ask("snapshot", count=self._plan.kept, budget=self._plan.budget)
        except DriverError as error:
            words.update(dict.fromkeys(rows, str(error)))
            return
        if kept is None:
            words.update(dict.fromkeys(rows, NONE))
            return
        samples["snapshot"], samples["restored"] = kept["taken"], kept["restored"]
        words["lambda"] = "kept" if kept["lambda"] else "lost"
        if kept["forked"] is None:
            words["forked"] = NONE
        else:
            samples["forked"] = kept["forked"]

    def _rate(self, callers: int) -> list[float]:
        return [self._ask("rate", seconds=self._plan.rate_seconds, callers=callers)]

    def _in_session(self, do: str, count: int, **fields: Any) -> list[float]:
        self._ask("open")
        taken: list[float] = self._ask(do, count=count, budget=self._plan.budget, **fields)
        return taken

    def _memory(self) -> list[float]:
        self._drop()
        began = time.monotonic()
        self._ask("hold", count=2)
        assert self._driver is not None
        before = self._driver.memory_bytes()
        # Some take half a second for each.
        slow = time.monotonic() - began > 1
        count = self._plan.live // 3 if slow else self._plan.live
        self._ask("hold", count=count)
        each = (self._driver.memory_bytes() - before) / count
        self._drop()
        return [each]

    def _ratios(self) -> None:
        for name, text, call in self._work():
            self._row(name, partial(self._turns, text, call))
        self._drop()

    def _work(self) -> Sequence[Work]:
        little = [(name, *work) for name, work in WORK.items()]
        programs = PROGRAMS[: self._plan.programs]
        return [*little, *((p.name, source(p, self._programs), p.call) for p in programs)]

    def _turns(self, text: str, call: str) -> list[float]:
        """Return processor time against the bare CPython, a ratio for each pair of turns."""
        for ask in (self._native.ask, self._ask):
            ask("open")
            ask("run", code=text)
        assert self._driver is not None
        pairs: list[tuple[float, float]] = []
        end = time.monotonic() + 1.5 * self._plan.budget
        while len(pairs) <= self._plan.turns:
            values, used = [], []
            for driver in (self._driver, self._native):
                before = driver.processor_seconds()
                try:
                    values.append(driver.ask("value", expression=call, within=12))
                except DriverLost:
                    self._drop()
                    raise
                used.append(driver.processor_seconds() - before)
            if not same(*values):
                raise DriverError(f"WrongResult: {values[0]!r}, and CPython has {values[1]!r}")
            pairs.append((used[0], used[1]))
            if len(pairs) > 3 and time.monotonic() > end:
                break
        return ratios(pairs[1:])  # the first turn is to get warm

    def _probes(self) -> None:
        for name in self._plan.probes:
            self._say(f"{self._contestant.name}: {name}")
            key = "memory_probe" if name == "memory" else name
            try:
                self.column.words[key] = self._ask("probe", name=name, within=25)
            except DriverError as error:
                self.column.words[key] = str(error)
            self._drop()
