"""The small commands: ``interpreters``, ``check``, ``compile``, ``wheel`` and ``doctor``."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from . import _cli_source
from ._cli_exit import Exit
from ._cli_place import complete_interpreter, interpreter_option


class Unkept(click.ClickException):
    """There is no folder to keep a compiled interpreter in."""

    exit_code = Exit.FAULT

    def __init__(self) -> None:
        super().__init__(
            "the cache folder cannot be used: let SANDBOX_WASM_CACHE name one that "
            "belongs to this user and that nobody else can write"
        )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def interpreters(as_json: bool) -> None:
    """List the interpreters with version, digest and modules."""
    from . import available_interpreters

    found = available_interpreters()
    if as_json:
        import json

        click.echo(json.dumps([dataclasses.asdict(info) for info in found], indent=2))
        return
    import textwrap

    for info in found:
        click.echo(f"{info.name} {info.version}")
        click.echo(f"  digest   {info.digest}")
        click.echo(f"  size     {info.size} bytes")
        names = " ".join(info.modules)
        click.echo(
            textwrap.fill(
                names,
                width=80,
                initial_indent="  modules  ",
                subsequent_indent=" " * 11,
                break_on_hyphens=False,
            )
        )


@click.command("check")
@click.argument("file", type=click.Path())
@interpreter_option("Which Python the program is for.")
@click.pass_context
def check_file(ctx: click.Context, file: str, interpreter: str) -> None:
    """Tell what is wrong with FILE without running it; - is standard input.

    With the extra `check` also wrong names, arguments and types. The exit status is 1 if
    there is an error, and 0 for warnings.
    """
    from . import Limits, Session
    from ._terminal import inert

    name = "<stdin>" if file == "-" else file
    code = _cli_source.read(ctx, file, Limits().input_bytes)
    with Session(interpreter) as session:
        problems = session.check(code)
    for problem in problems:
        place = ":".join(str(n) for n in (problem.line, problem.column) if n is not None)
        text = f"{problem.severity}: {problem.message} [{problem.kind}]"
        click.echo(inert(":".join(filter(None, [name, place])) + f": {text}"))
    if any(problem.severity == "error" for problem in problems):
        ctx.exit(Exit.GUEST)


@click.command("compile")
@click.argument("names", nargs=-1, metavar="[INTERPRETER]...", shell_complete=complete_interpreter)
@click.option("--fuel", is_flag=True, help="For sessions with a limit on fuel.")
@click.option(
    "--isolation",
    type=click.Choice(["thread", "process"]),
    multiple=True,
    default=["thread"],
    show_default=True,
    help="For sessions in this process, or in workers; may be given several times.",
)
def compile_ahead(names: tuple[str, ...], fuel: bool, isolation: tuple[Any, ...]) -> None:
    """Compile interpreters ahead of time, for an image or a Dockerfile; all by default.

    Prints the file of each, and tells its size on standard error. The first use would do
    the same. The folder is the user's cache folder, or the one that SANDBOX_WASM_CACHE
    names; what was not used there for 60 days is removed when something is compiled.
    """
    from . import available_interpreters, precompile

    for name in names or [info.name for info in available_interpreters()]:
        for place in dict.fromkeys(isolation):
            path = precompile(name, fuel=fuel, isolation=place)
            if path is None:
                raise Unkept
            click.echo(f"{name} {path}")
            click.echo(f"{name}: {path.stat().st_size / 1e6:.0f} MB", err=True)


@click.command()
@click.argument("names", nargs=-1, metavar="NAME...", required=True)
def wheel(names: tuple[str, ...]) -> None:
    """Build pure wheels of packages that are published with native code.

    Packages whose native part is optional, such as markupsafe and pyyaml, are built
    without it, and --with finds them from then on. This runs the packages' own build
    code on this machine, outside the sandbox.
    """
    from . import build_wheels

    for path in build_wheels(names):
        click.echo(path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Tell what works here, and what a worker process gives up.

    Exit status 4 if something does not work.
    """
    from . import diagnose

    found = diagnose()
    if as_json:
        import json

        click.echo(json.dumps([dataclasses.asdict(finding) for finding in found], indent=2))
    else:
        for finding in found:
            click.echo(f"{finding.state:8} {finding.subject}: {finding.text}")
    has_fault = any(finding.state == "fault" for finding in found)
    ctx.exit(Exit.FAULT if has_fault else Exit.OK)
