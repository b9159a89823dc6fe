"""A report as SVG, drawn by hand: dots on a logarithmic scale, in light and in dark.

A picture brings its own ground, so that it is legible on whatever page it stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ._report import LITTLE, PROGRAM_ROWS, TIMES, Column, Report, Row, short

_WIDTH = 820
_LABELS = 270  # where the names end
_SCALE = 400  # how wide the scale is; the figure stands behind it
_LINE = 24
_STYLE = """
  .ground { fill: #ffffff; stroke: #d6dae0 }
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .axis { font-size: 11px; fill: #59626c }
  .grid { stroke: #d6dae0 }
  .peer { fill: #6b7683; stroke: #6b7683 }
  .ours { fill: #0b62c4; stroke: #0b62c4 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #16191d; stroke: #3a424c }
    text { fill: #e6e9ed }
    .axis { fill: #a4adb8 }
    .grid { stroke: #3a424c }
    .peer { fill: #98a3b0; stroke: #98a3b0 }
    .ours { fill: #6cb0ff; stroke: #6cb0ff }
  }
"""


@dataclass(frozen=True)
class Mark:
    """One figure of a panel.

    Attributes:
        low, value, high: A line from low to high, and a dot at the value; all above zero.

        text: What stands behind it.
    """

    name: str
    low: float
    value: float
    high: float
    text: str
    ours: bool


@dataclass(frozen=True)
class Panel:
    """Figures on one scale."""

    title: str
    marks: Sequence[Mark]


def charts(report: Report) -> dict[str, str]:
    """Return the pictures of a report, by file name."""
    rows = {row.key: row for row in TIMES}
    return {
        "latency.svg": draw([_panel(report, rows[k]) for k in ("cold", "fresh", "exec", "host")]),
        "footprint.svg": draw([_panel(report, rows[k]) for k in ("memory", "installed", "rate1")]),
        "processor.svg": draw([*(_panel(report, row) for row in LITTLE), _programs(report)]),
    }


def draw(panels: Sequence[Panel]) -> str:
    """Return a picture of panels, one below the other; those without marks are left out."""
    body: list[str] = []
    top = 12
    for panel in panels:
        if panel.marks:
            body += _drawn(panel, top)
            top += _height(panel)
    names = ", ".join(panel.title for panel in panels if panel.marks)
    size = f'width="{_WIDTH}" height="{top}" viewBox="0 0 {_WIDTH} {top}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(names)}">'
    )
    ground = f'<rect class="ground" x="1" y="1" width="{_WIDTH - 2}" height="{top - 2}" rx="6"/>'
    return "\n".join([head, f"<style>{_STYLE}</style>", ground, *body, "</svg>\n"])


def _height(panel: Panel) -> int:
    return 60 + _LINE * len(panel.marks)


def scale(low: float, high: float) -> list[float]:
    """Return the marks of a logarithmic axis: two at least, the ends of it among them."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    for digits in ((1, 2, 5), (1,)):
        fine = [digit * 10.0**decade for decade in decades for digit in digits]
        first = max(index for index, tick in enumerate(fine) if tick <= low)
        last = min(index for index, tick in enumerate(fine) if tick >= high)
        found = fine[first : max(last, first + 1) + 1]
        if len(found) <= 10:
            break
    return found


def _drawn(panel: Panel, top: int) -> Iterator[str]:
    ticks = scale(min(m.low for m in panel.marks), max(m.high for m in panel.marks))
    width = math.log(ticks[-1] / ticks[0])

    def x(value: float) -> float:
        return round(_LABELS + _SCALE * math.log(value / ticks[0]) / width, 1)

    base = top + 30 + _LINE * len(panel.marks)
    yield f'<text class="title" x="16" y="{top + 14}">{escape(panel.title)}</text>'
    for tick in ticks:
        at = x(tick)
        yield f'<line class="grid" x1="{at}" y1="{top + 24}" x2="{at}" y2="{base}"/>'
        yield (f'<text class="axis" x="{at}" y="{base + 14}" text-anchor="middle">{tick:,g}</text>')
    for number, mark in enumerate(panel.marks):
        y = top + 40 + _LINE * number
        kind = "ours" if mark.ours else "peer"
        yield (f'<text x="{_LABELS - 12}" y="{y + 4}" text-anchor="end">{escape(mark.name)}</text>')
        yield (
            f'<line class="{kind}" stroke-width="2" x1="{x(mark.low)}" y1="{y}" '
            f'x2="{x(mark.high)}" y2="{y}"/>'
        )
        yield f'<circle class="{kind}" cx="{x(mark.value)}" cy="{y}" r="4.5"/>'
        yield f'<text x="{_LABELS + _SCALE + 14}" y="{y + 4}">{escape(mark.text)}</text>'


def _panel(report: Report, row: Row) -> Panel:
    marks = []
    for column in report.columns:
        found = column.summary(row)
        if found is not None and found.low > 0:
            text = short(found.median, row.unit)
            marks.append(Mark(column.name, found.low, found.median, found.high, text, column.ours))
    best = "more is better" if row.more else "less is better"
    title = f"{row.title}, {row.unit}" if row.unit not in ("", "×") else row.title
    title += ": processor time against native CPython" if row.unit == "×" else ""
    marks.sort(key=lambda mark: -mark.value if row.more else mark.value)
    return Panel(f"{title} ({best})", marks)


def _programs(report: Report) -> Panel:
    """The mean over the programs that a contestant runs, and the least and the most of them."""
    marks = [mark for column in report.columns if (mark := _over_programs(column)) is not None]
    title = "pyperformance: geometric mean of what runs, least and most (less is better)"
    return Panel(title, sorted(marks, key=lambda mark: mark.value))


def _over_programs(column: Column) -> Mark | None:
    ran = [row for row in PROGRAM_ROWS if column.summary(row) is not None]
    medians = [found.median for row in ran if (found := column.summary(row)) is not None]
    mean = column.mean(ran) if ran else None
    if mean is None:
        return None
    text = f"{mean:.3g} ×, runs {len(ran)}"
    return Mark(column.name, min(medians), mean, max(medians), text, column.ours)
