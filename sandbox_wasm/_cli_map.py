"""The command ``sandbox-wasm map``: guest code over the rows of a file or a table."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from . import _cli_limits, _cli_source
from ._cli_exit import Exit
from ._cli_map_plan import DRY_ROWS, Plan
from ._cli_place import place_options
from ._terminal import Streams

_TEXT_FORMATS = ["csv", "tsv", "json", "jsonl"]


@click.command("map")
@click.argument("code", metavar="CODE_OR_FILE.py")
@click.argument("input", metavar="INPUT")
@click.option("-o", "--output", metavar="OUTPUT", help="Write the rows there. Default: standard "
    "output. A file is there when all is done, or it stays as it was.")  # fmt: skip
@click.option("--from", "source_format", type=click.Choice([*_TEXT_FORMATS, "sqlite"]),
    help="What INPUT is. Default: what its name says.")  # fmt: skip
@click.option("--to", "target_format", type=click.Choice([*_TEXT_FORMATS, "sqlite"]),
    help="What OUTPUT shall be. Default: what its name says.")  # fmt: skip
@click.option("--function", default="transform", show_default=True, metavar="NAME",
    help="The function of one row that the code defines.")  # fmt: skip
@click.option("--column", metavar="NAME", help="Keep the rows as they are, but for the column "
    "NAME: that is what the code gives.")  # fmt: skip
@click.option("--table", metavar="NAME", help="Which table of a database to read. Default: the "
    "only one.")  # fmt: skip
@click.option("--update", is_flag=True, help="Change the table in place: the code gives the "
    "columns to change. All rows or none.")  # fmt: skip
@click.option("--into", metavar="NAME", help="Which table of a database to make. Default: rows.")
@click.option("--append", is_flag=True, help="Add to the table if it is there.")
@click.option("--where", metavar="SQL", help="Only the rows of a table for which this is true.")
@click.option("--param", "params", type=(str, str), multiple=True, metavar="NAME VALUE",
    help="What :NAME stands for in --where; may be given several times.")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), metavar="N", help="Only the first N rows.")
@click.option("--dry-run", is_flag=True, help="Write nothing: print what would become of the "
    f"first {DRY_ROWS} rows, or of those of --limit.")  # fmt: skip
@click.option("--on-error", type=click.Choice(["raise", "skip"]), default="raise",
    show_default=True, help="A row that fails ends everything and nothing is written; or it is "
    "left out, and with --update as it is.")  # fmt: skip
@click.option("--errors", metavar="FILE", help="Write rows that fail to FILE, as JSON lines with "
    "their errors, and leave them out.")  # fmt: skip
@click.option("--checkpoint", metavar="FILE", help="Keep in FILE what is done. The same command "
    "goes on from there after an interruption; it is removed in the end.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 64), default=min(4, os.cpu_count() or 1),
    metavar="N", help="Batches that run at a time. Default: as many as there are processors, at "
    "most 4.")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(1), default=1000, show_default=True,
    metavar="N", help="Rows of a batch. Limits are for a batch; what crosses one is then done "
    "row by row.")  # fmt: skip
@click.option("--escape-formulas", is_flag=True, help="Put an apostrophe before texts in CSV "
    "that a spreadsheet would take for a formula.")  # fmt: skip
@place_options("the code")
@click.pass_context
def map_command(ctx: click.Context, /, **given: Any) -> None:
    """Run untrusted code on each row of a table.

    The code is one expression in which row is the row, a dict; or it defines a function
    transform(row). What ends in .py is a file that has it. It gives a dict, which is the
    new row, or None to leave the row out.

    INPUT and OUTPUT are CSV, TSV, JSON (a list of objects), JSON lines or tables of SQLite,
    by their names; - is standard input. The cells of CSV are texts.

    \b
    sandbox-wasm map '{"name": row["name"].title()}' people.csv -o clean.csv
    sandbox-wasm map 'row["a"] * 2' data.db --table t --update --column a
    """
    from ._cli_map_run import Run  # CSV, JSON and all: not for who asks for --version
    from ._tables import TableError

    limits = _cli_limits.chosen(given)
    code = given["code"]
    is_file = code.endswith(".py")
    read, argument = _cli_source.read, _cli_source.argument
    given["code"] = read(ctx, code, limits.input_bytes) if is_file else argument(ctx, code)
    plan = Plan(limits=limits, **given)
    streams = Streams(sys.stdout, sys.stderr)
    with _terminable() as was_terminated:
        try:
            ctx.exit(Run(plan, streams).run())
        except TableError as error:
            raise click.UsageError(f"{plan.input!r}: {error}", ctx) from None
        except KeyboardInterrupt:
            kept = "nothing was written"
            if plan.checkpoint is not None and not plan.dry_run:
                kept += f"; the same command goes on from {plan.checkpoint!r}"
            streams.note(f"interrupted: {kept}")
            if was_terminated():
                ctx.exit(Exit.TERMINATED)
            raise


_cli_limits.add_options(map_command)


@contextlib.contextmanager
def _terminable() -> Iterator[Callable[[], bool]]:
    """Let SIGTERM end everything in good order, as Ctrl-C does."""
    came: list[int] = []

    def end(number: int, frame: object) -> None:
        if not came:  # who asks again gets no less order
            came.append(number)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)
