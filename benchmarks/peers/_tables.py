"""A report as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._report import (
    LITTLE,
    NONE,
    PROBES,
    PROGRAM_ROWS,
    RATIOS,
    TIMES,
    Column,
    Report,
    Row,
    short,
)
from ._statistics import Summary

_BY_KEY = {row.key: row for row in (*TIMES, *RATIOS)}
_GLANCE = (
    ("installed, MB", "installed"),
    ("cold start, ms", "cold"),
    ("fresh sandbox and result, ms", "fresh"),
    ("exec in a session, µs", "exec"),
    ("host call, µs", "host"),
    ("MB for each live session", "memory"),
)


def markdown(report: Report) -> str:
    """Return all tables of a report, and where another is ahead."""
    kind = ", a short trial with few repetitions" if report.quick else ""
    parts = [
        f"{report.date}, {report.machine}{kind}.",
        glance(report),
        "**Where a peer is ahead** of a CPython session on a thread, the default here:",
        "\n".join(f"- {line}" for line in ahead(report)) or "- Nowhere in this run.",
        "All times and sizes, this library first; ± is half of what lies between the quartiles:",
        figures(report, TIMES),
        "Processor time of the whole process tree over that of the native CPython:",
        figures(report, RATIOS),
        _refusals(report),
        "What breaks, each tried in a session of its own:",
        words(report),
    ]
    return "\n\n".join(part for part in parts if part)


def glance(report: Report) -> str:
    """Return the small table: a line for each contestant."""
    head = ["", *(title for title, _ in _GLANCE), "CPU × fib / loop / strings", "CPU × programs"]
    rows = []
    for column in _sandboxes(report):
        cells = [_named(column)]
        cells += [_number(column, _BY_KEY[key]) for _, key in _GLANCE]
        cells.append(" / ".join(_number(column, row) for row in LITTLE))
        ran = [row for row in PROGRAM_ROWS if column.summary(row)]
        mean = column.mean(ran) if ran else None
        cells.append(f"{mean:.3g} ({len(ran)})" if mean else NONE)
        rows.append(cells)
    return _table(head, rows)


def ahead(report: Report) -> Iterator[str]:
    """Yield a line for each row in which some peer beats our default."""
    ours = [column for column in report.columns if column.ours]
    peers = [column for column in _sandboxes(report) if not column.ours]
    for row in (*TIMES, *RATIOS):
        default = ours[0].summary(row) if ours else None
        if default is None:
            if better := [p.name for p in peers if p.summary(row)]:
                yield f"{row.title}: {', '.join(better)} can, CPython here cannot."
            continue
        sign = -1 if row.more else 1
        faster = []
        for peer in peers:
            found = peer.summary(row)
            if found is not None and sign * found.median < sign * default.median:
                faster.append(f"{peer.name} {short(found.median, row.unit)}")
        if faster:
            own = short(default.median, row.unit)
            yield f"{row.title}: {', '.join(faster)}; here {own}{_best(ours, row, sign)}."


def _best(ours: Sequence[Column], row: Row, sign: int) -> str:
    """The best of our other ways, if it is better than the default."""
    found = {c.name: summary.median for c in ours if (summary := c.summary(row)) is not None}
    name = min(found, key=lambda name: sign * found[name])
    if name == ours[0].name:
        return ""
    return f", and {short(found[name], row.unit)} on {_brief(name)}"


def figures(report: Report, rows: Sequence[Row]) -> str:
    """Return rows of figures with their spread, a column for each contestant."""
    columns = _sandboxes(report)
    lines = []
    for row in rows:
        title = f"{row.title}, {row.unit}" if row.unit not in ("", "×") else row.title
        if any(row.key in column.samples or row.key in column.words for column in columns):
            lines.append([title, *(_spread(column, row) for column in columns)])
    return _table(["", *(_brief(column.name) for column in columns)], lines)


def words(report: Report) -> str:
    """Return what the probes found."""
    columns = _sandboxes(report)
    lines = [
        [row.title, *(_word(column.words.get(row.key, NONE)) for column in columns)]
        for row in PROBES
        if any(row.key in column.words for column in columns)
    ]
    return _table(["", *(_brief(column.name) for column in columns)], lines) if lines else ""


def _refusals(report: Report) -> str:
    lines = []
    for column in report.columns:
        reasons: dict[str, list[str]] = {}
        for row in RATIOS:
            if row.key in column.words:
                reasons.setdefault(_word(column.words[row.key], 80), []).append(row.title)
        found = "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items())
        if found:
            lines.append(f"- {column.name}: {found}.")
    return "Programs that do not run, and why:\n\n" + "\n".join(lines) if lines else ""


def _sandboxes(report: Report) -> list[Column]:
    return [column for column in report.columns if not column.native]


def _brief(name: str) -> str:
    return name.removeprefix("sandbox-wasm ")


def _named(column: Column) -> str:
    guest = f" ({column.guest})" if column.guest else ""
    return f"{column.name} {column.version}{guest}"


def _number(column: Column, row: Row) -> str:
    found = column.summary(row)
    if found is None:
        return _word(column.words.get(row.key, NONE))
    return short(found.median)


def _spread(column: Column, row: Row) -> str:
    found = column.summary(row)
    if found is None:
        return _word(column.words.get(row.key, NONE)) if row not in RATIOS else NONE
    if found.count == 1:
        return short(found.median)
    return f"{short(found.median)} ± {_spread_of(found)}"


def _spread_of(found: Summary) -> str:
    spread = (found.high - found.low) / 2
    return f"{spread:,.0f}" if spread >= 10 else f"{spread:.2g}"


def _word(text: str, most: int = 40) -> str:
    """What a cell has room for: of an error the innermost reason."""
    last = text.strip().splitlines()[-1].strip().replace("|", "/")
    reason = re.sub(r"^(\d+: |\w+(Error|Exception): )+", "", last)
    if missing := re.search(r"no module named '?([\w.]+)", reason, re.IGNORECASE):
        return f"no module {missing[1]}"
    return reason if len(reason) <= most else reason[: most - 1].rstrip() + "…"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
