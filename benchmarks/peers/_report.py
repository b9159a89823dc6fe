"""What was measured: rows of figures, one column for each contestant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ._programs import PROGRAMS
from ._statistics import Summary, geometric_mean, summarize

# What stands where a contestant has no such thing.
NONE = "—"


@dataclass(frozen=True)
class Row:
    """One thing that is measured.

    Attributes:
        key: In the JSON.

        title, unit: In the tables.

        scale: What a sample is multiplied by for that unit.

        more: Whether more is better.
    """

    key: str
    title: str
    unit: str
    scale: float = 1.0
    more: bool = False


TIMES = (
    Row("installed", "installed", "MB", 1e-6),
    Row("cold", "cold start: a process that prints 1 + 1", "ms", 1e3),
    Row("fresh", "fresh sandbox and result", "ms", 1e3),
    Row("exec", "exec in a session, one after another", "µs", 1e6),
    Row("paused", "exec in a session, 2 ms after the last", "µs", 1e6),
    Row("host", "host call", "µs", 1e6),
    Row("rate1", "fresh sandboxes a second, one caller", "", more=True),
    Row("rate2", "fresh sandboxes a second, two callers", "", more=True),
    Row("memory", "memory of each live session", "MB", 1e-6),
    Row("snapshot", "snapshot to bytes", "ms", 1e3),
    Row("restored", "session from those bytes, and result", "ms", 1e3),
    Row("forked", "fork, and result", "ms", 1e3),
)
LITTLE = (
    Row("fib(25)", "fib(25)", "×"),
    Row("loop", "loop", "×"),
    Row("strings and dicts", "strings and dicts", "×"),
)
PROGRAM_ROWS = tuple(Row(program.name, program.name, "×") for program in PROGRAMS)
RATIOS = (*LITTLE, *PROGRAM_ROWS)
PROBES = (
    Row("timeout", "endless loop, limit 1 s: the session is then", ""),
    Row("sleep", "`time.sleep(4)`, limit 1 s", ""),
    Row("memory_probe", "memory by default, 600 MB asked for", ""),
    Row("output", "output by default, 64 MB printed", ""),
    Row("error", "after an exception the session is", ""),
    Row("calls", "host calls survived of 5,000, limits high", ""),
    Row("garbage", "after 20 MB of garbage the session is", ""),
    Row("end", "processes of the cold start that fail at their end", ""),
    Row("lambda", "a `lambda` in a snapshot is", ""),
)


def short(value: float, unit: str = "") -> str:
    """Return a figure with what digits mean something, and its unit."""
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


@dataclass
class Column:
    """All that was found of one contestant.

    Attributes:
        samples: By row: times in seconds, sizes in bytes, ratios.

        words: By row: what a probe found, or why there are no samples.

        native: Whether this is what the others are compared with, and no sandbox.
    """

    name: str
    ours: bool
    version: str = ""
    guest: str = ""
    dependencies: int = 0
    samples: dict[str, list[float]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    native: bool = False

    def summary(self, row: Row) -> Summary | None:
        """Return a row in its unit; None where there is none."""
        samples = self.samples.get(row.key)
        return summarize([s * row.scale for s in samples]) if samples else None

    def mean(self, rows: Sequence[Row]) -> float | None:
        """Return the geometric mean of the medians; None unless every row has one."""
        found = [summary.median for row in rows if (summary := self.summary(row))]
        return geometric_mean(found) if len(found) == len(rows) else None


@dataclass
class Report:
    """A run of the benchmark.

    Attributes:
        date: When it began, UTC.

        machine: Processor, cores, system and the CPython that all ran on.

        quick: Whether it was a trial with few repetitions.
    """

    date: str
    machine: str
    quick: bool
    columns: list[Column]

    @staticmethod
    def of(data: dict[str, Any]) -> Report:
        """Return a report from its JSON."""
        columns = [Column(**column) for column in data["columns"]]
        return Report(data["date"], data["machine"], data["quick"], columns)
