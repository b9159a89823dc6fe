"""What can be wrong with a benchmark: our own figures, and a comparison's arithmetic and peers."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import math
import os
import statistics
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sandbox_wasm
from benchmarks import protections
from benchmarks.__main__ import GROUPS, table
from benchmarks._measure import Effort, Figure
from benchmarks._service import service
from benchmarks.peers import __main__ as command
from benchmarks.peers._charts import charts, scale
from benchmarks.peers._environments import DRIVERS, Contestant
from benchmarks.peers._line import Driver, DriverError, DriverLost
from benchmarks.peers._measures import QUICK, Measurement
from benchmarks.peers._measures import interpreter as guest_name
from benchmarks.peers._programs import PROGRAMS, strip
from benchmarks.peers._report import PROGRAM_ROWS, RATIOS, TIMES, Column, Report
from benchmarks.peers._statistics import geometric_mean, ratios, same, summarize
from benchmarks.peers._tables import ahead, markdown

SECONDS = st.floats(1e-9, 1e6)

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

LEAST = Effort(repeat=1, live=2, share=0.01)
SERVED = all(importlib.util.find_spec(name) for name in ("starlette", "uvicorn"))


@linux
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_every_figure_can_still_be_taken(
    group: Callable[[str, Effort], Iterator[Figure]], interpreter: str
) -> None:
    """
    Some of them need what is no public name, and that may be renamed.
    """
    figures = list(group(interpreter, LEAST))

    assert (group is not service or SERVED) == bool(figures)
    assert len({figure.name for figure in figures}) == len(figures)
    assert all(math.isfinite(figure.best + figure.median) for figure in figures)
    assert len(table(figures).splitlines()) == 2 + len(figures)


@linux
@pytest.mark.parametrize(
    "group",
    [protections.variants, protections.accounts, protections.processes, protections.stored],
    ids=lambda group: group.__name__,
)
def test_every_protection_can_still_be_taken_away(
    group: Callable[[str, int], Iterator[protections.Row]],
) -> None:
    """
    From below, where nothing is public. One interpreter is enough: both have the same.
    """
    rows = list(group("micropython", 1))

    assert rows
    assert all(row.guarded > 0 and row.unit in row.cost for row in rows)


@given(st.lists(SECONDS, min_size=1, max_size=50))
def test_a_summary_is_in_order(samples: list[float]) -> None:
    """
    The median is the one that everybody knows, and lies between the quartiles.
    """
    found = summarize(samples)

    assert statistics.median(samples) == pytest.approx(found.median)
    assert min(samples) <= found.low <= found.median <= found.high <= max(samples)
    assert len(samples) == found.count


@given(SECONDS, st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_ratios_forget_what_disturbed_both(ratio: float, disturbances: list[float]) -> None:
    """
    When a machine slows both of a pair, their ratio stays.
    """
    pairs = [(ratio * d, d) for d in disturbances]

    assert [pytest.approx(ratio)] * len(pairs) == ratios(pairs)


def test_the_mean_of_ratios_is_geometric() -> None:
    """
    Twice as fast and half as fast is as fast.
    """
    assert pytest.approx(1) == geometric_mean([0.5, 2])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (True, 1, False),
        (None, None, True),
        (None, 0, False),
        ([["a", 1]], [("a", 1)], True),
        ([1, 2], [1], False),
        (2**70, 2**70 + 1, True),
        (4.0, 4.1, False),
    ],
)
def test_results_of_the_same_work_agree(one: object, other: object, expected: bool) -> None:
    """
    Rounding and JSON's lists apart, two interpreters must come to the same.
    """
    assert expected == same(one, other)


def test_a_program_loses_its_clock_and_its_start_alone() -> None:
    """
    What pyperformance's programs do is left as it is.
    """
    text = """
import math
import pyperf

def bench(loops):
    t0 = pyperf.perf_counter()
    found = [math.sqrt(i) for i in range(loops)]
    return pyperf.perf_counter() - t0, found

if __name__ == '__main__':
    runner = pyperf.Runner()
"""
    space: dict[str, object] = {}
    exec(strip(text), space)

    assert (0.0, [0.0, 1.0]) == eval("bench(2)", space)
    assert "pyperf" not in strip(text)


def test_calls_of_programs_are_expressions() -> None:
    """
    A driver evaluates them.
    """
    for program in PROGRAMS:
        ast.parse(program.call, mode="eval")
        ast.parse(program.setup)


def report() -> Report:
    ours = Column("sandbox-wasm CPython", True, "1.0")
    other = Column("sandbox-wasm MicroPython", True, "1.0")
    peer = Column("a <peer> & co", False, "2.0", words={"cold": "hangs", "timeout": "session lost"})
    ours.samples = {row.key: [0.002, 0.001, 0.003] for row in TIMES}
    ours.samples |= {row.key: [2.0, 1.5] for row in RATIOS}
    other.samples = {"fresh": [0.0001], PROGRAM_ROWS[0].key: [4.0]}
    other.words = {PROGRAM_ROWS[1].key: "ImportError: no module named 'dataclasses'"}
    peer.samples = {"fresh": [0.0005], "rate1": [100.0], "host": [0.5], "forked": [1.0]}
    return Report("2026-01-02, 03:04 UTC", "a machine", False, [ours, other, peer])


def test_where_a_peer_is_ahead_is_said() -> None:
    """
    Every row that a peer wins has a line with its figure and ours, and no other row has one.
    """
    lines = list(ahead(report()))

    assert [
        "fresh sandbox and result: a <peer> & co 0.5 ms; here 2 ms, and 0.1 ms on MicroPython.",
        "fresh sandboxes a second, one caller: a <peer> & co 100; here 0.002.",
    ] == lines


def test_a_row_that_we_cannot_do_is_lost() -> None:
    """
    Having no figure is no way to be ahead.
    """
    measured = report()
    del measured.columns[0].samples["forked"]

    assert any(line.startswith("fork") and "a <peer>" in line for line in ahead(measured))


def test_every_contestant_is_in_the_tables() -> None:
    """
    With its figures, or with what went wrong.
    """
    text = markdown(report())

    assert all(column.name in text for column in report().columns)
    assert "| hangs |" in text
    assert "2 ± 0.5" in text
    assert "no module dataclasses" in text
    widths = {line.count("|") for line in text.split("\n\n")[1].splitlines()}
    assert 1 == len(widths)


def test_charts_are_drawn_to_scale() -> None:
    """
    They are well-formed, hold every figure, and a tenth is as far as any other tenth.
    """
    drawn = charts(report())

    for picture in drawn.values():
        ElementTree.fromstring(picture)
    root = ElementTree.fromstring(drawn["latency.svg"])
    circles = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    # One figure of cold and of exec, two of host, three of fresh.
    assert 7 == len(circles)
    texts = {t.text for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a <peer> & co", "0.5 ms", "2 ms"} <= texts
    # 0.1, 0.5 and 2 ms: what lies between them on paper is as their logarithms.
    first, second, third = sorted(float(circle.get("cx") or 0) for circle in circles[1:4])
    assert pytest.approx(math.log(20) / math.log(5), rel=0.01) == (third - first) / (second - first)


@given(SECONDS, st.floats(1, 1e6))
@example(0.1, 1.0)
@example(1000.0000000000001, 1.0)
def test_an_axis_holds_what_is_drawn_on_it(low: float, ratio: float) -> None:
    """
    In order, from at most the least figure to at least the most, and not too crowded to read.
    """
    ticks = scale(low, low * ratio)

    assert ticks[0] <= low <= low * ratio <= ticks[-1]
    assert sorted(set(ticks)) == ticks
    assert 2 <= len(ticks) <= 10


def test_a_readme_keeps_what_is_not_ours() -> None:
    """
    What stands around the section stays, and writing twice is writing once.
    """
    text = f"before\n{command.BEGIN}\nold\n{command.END}\nafter\n"
    once = command.rewrite(text, "new")

    assert f"before\n{command.BEGIN}\n\nnew\n\n{command.END}\nafter\n" == once
    assert command.rewrite(once, "new") == once
    with pytest.raises(SystemExit):
        command.rewrite("no section", "new")


def driver(*arguments: str) -> Driver:
    package = Path(sandbox_wasm.__file__).parents[1]
    return Driver([sys.executable, *arguments], {**os.environ, "PYTHONPATH": str(package)})


@linux
def test_a_driver_that_hangs_is_ended_with_its_processes() -> None:
    """
    The answer is that it hangs, in time, and nobody of it is left.
    """
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()'])"
    program = f"{child}; sys.stdin.read()"
    with contextlib.closing(driver("-c", program)) as hanging:
        began = time.monotonic()
        with pytest.raises(DriverLost, match="hangs"):
            hanging.ask("about", within=1)

        assert time.monotonic() - began < 20
        assert [] == hanging._tree()


@linux
def test_a_driver_that_dies_says_how() -> None:
    """
    By a signal, or by ending.
    """
    dying = driver("-c", "import os; os.kill(os.getpid(), 11)")

    with contextlib.closing(dying), pytest.raises(DriverLost, match="dies, SIGSEGV"):
        dying.ask("about")


@linux
def test_an_error_leaves_a_driver_usable() -> None:
    """
    And what a guest prints is not taken for an answer.
    """
    with contextlib.closing(driver(str(DRIVERS / "native_driver.py"))) as native:
        with pytest.raises(DriverError, match="AttributeError"):
            native.ask("no_such_order")
        native.ask("open")
        native.ask("run", code="print('{}')")

        assert 42 == native.ask("value", expression="6 * 7")
        assert native.processor_seconds() > 0
        assert native.memory_bytes() > 1_000_000


# A peer whose sessions are those of the bare CPython, and what it makes of keeping them.
KEEPING = """
import sys
sys.path.insert(0, {drivers!r})
from _driver import Peer, serve
from native_driver import NativeLive

class Kept(NativeLive):
    {live}

class Keeping(Peer):
    def open(self, seconds=0):
        return Kept()
    def restore(self, snapshot):
        {restore}

serve(Keeping())
"""
SNAPSHOT = "def snapshot(self): return b'kept'"
RESTORE = "made = Kept(); made.run('data = [0] * 2000; answer = lambda: 42'); return made"
MISSING = "raise NotImplementedError('restore')"


@linux
@pytest.mark.parametrize(
    ("live", "restore", "words", "samples"),
    [
        ("pass", MISSING, dict.fromkeys(("snapshot", "restored", "forked"), "—"), set()),
        (
            SNAPSHOT,
            MISSING,
            dict.fromkeys(("snapshot", "restored", "forked"), "NotImplementedError: restore"),
            set(),
        ),
        (
            "def snapshot(self): raise ValueError('NotImplementedError is a word')",
            RESTORE,
            dict.fromkeys(
                ("snapshot", "restored", "forked"), "ValueError: NotImplementedError is a word"
            ),
            set(),
        ),
        (SNAPSHOT, RESTORE, {"lambda": "kept", "forked": "—"}, {"snapshot", "restored"}),
    ],
    ids=["without", "restore fails", "snapshot fails", "without forks"],
)
def test_what_a_peer_lacks_is_told_from_what_fails(
    tmp_path: Path, live: str, restore: str, words: dict[str, str], samples: set[str]
) -> None:
    """
    A dash for a peer that has no snapshots; the error as it is if those that it has go wrong.
    """
    script = tmp_path / "driver.py"
    script.write_text(KEEPING.format(drivers=str(DRIVERS), live=live, restore=restore))

    class Here(Contestant):
        python = Path(sys.executable)

    with contextlib.closing(driver(str(DRIVERS / "native_driver.py"))) as native:
        contestant = Here("a peer", (str(script),), "peer==1")
        measurement = Measurement(contestant, native, tmp_path, QUICK, lambda text: None)
        try:
            measurement._states()
        finally:
            measurement._drop()

    assert words == measurement.column.words
    assert samples == measurement.column.samples.keys()


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.14.0 (Monty)", "Monty, as Python 3.14.0"),
        ("3.4.0; MicroPython v1.26.1 on 2026-01-01", "MicroPython 1.26.1"),
        ("3.14.0 (main, Sep 11 2026) [Clang]", "CPython 3.14.0"),
    ],
)
def test_interpreters_are_told_apart(version: str, expected: str) -> None:
    """
    By what guest code is told.
    """
    assert expected == guest_name(version)


@linux
def test_our_own_driver_does_what_is_asked(interpreter: str, isolation: str) -> None:
    """
    The orders that every peer is given, by the library that is tested here.
    """
    with contextlib.closing(
        driver(str(DRIVERS / "sandbox_wasm_driver.py"), interpreter, isolation)
    ) as ours:
        ours.ask("start")
        assert interpreter == guest_name(ours.ask("guest")).split()[0].lower()
        assert len(ours.ask("fresh", count=2, pause=0, budget=9)) == 2
        ours.ask("open")
        assert len(ours.ask("exec", count=5, pause=0, budget=9)) == 5
        assert len(ours.ask("host", calls=3, count=2, budget=9)) == 2
        kept = ours.ask("snapshot", count=1, budget=9)
        assert kept["lambda"]
        assert len(kept["forked"]) == 1
        assert "kept" == ours.ask("probe", name="error")
