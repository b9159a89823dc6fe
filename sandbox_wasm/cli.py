"""The command ``sandbox-wasm``: public API only.

Exit status: 0 success, 1 the program raised, 2 usage, 3 a limit was exceeded, 4 our
fault, and by the shell's convention 130 after Ctrl-C and 141 when nobody reads the output.

What a command does not need is imported by no other: ``--version`` starts no engine.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click
from click.shell_completion import CompletionItem

from . import (
    Limits,
    __version__,
    _cli_files,
    _cli_limits,
    _cli_network,
    _cli_place,
    _cli_snapshots,
    _cli_source,
)
from ._cli_exit import Exit, status
from ._terminal import Streams, inert, is_clean_exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import Session


# The module of each command, and its name there: the first word says which of them is imported.
_COMMANDS = {
    "check": ("_cli_commands", "check_file"),
    "compile": ("_cli_commands", "compile_ahead"),
    "doctor": ("_cli_commands", "doctor"),
    "interpreters": ("_cli_commands", "interpreters"),
    "map": ("_cli_map", "map_command"),
    "mcp": ("_cli_mcp", "mcp"),
    "serve": ("_cli_serve", "serve"),
    "snapshot": ("_cli_snapshots", "snapshot"),
    "wheel": ("_cli_commands", "wheel"),
}


class Options(NamedTuple):
    """What stands before FILE on the command line."""

    interpreter: str
    isolation: Any
    limits: Limits
    as_json: bool
    network: _cli_network.Network
    files: _cli_files.Directories
    snapshots: _cli_snapshots.Snapshots
    packages: tuple[str, ...]


class Main(click.Group):
    """A group whose first word is a program's file unless it is a command's name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name; None if there is none."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is not None:
            return super().resolve_command(ctx, args)
        return _file.name, _file, args

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return ["[OPTIONS]", "[FILE | - | COMMAND]"]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer files, too."""
        found = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            found.append(CompletionItem(incomplete, type="file"))
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Map what no command expects to an exit status."""
        from . import ConfigError, SandboxError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.UsageError(str(error), ctx) from None
        except SandboxError as error:
            click.echo(f"sandbox-wasm: {type(error).__name__}: {inert(str(error))}", err=True)
            ctx.exit(Exit.FAULT)
        except KeyboardInterrupt:
            click.echo("KeyboardInterrupt", err=True)
            ctx.exit(Exit.INTERRUPTED)
        except BrokenPipeError:
            _discard_output()
            ctx.exit(Exit.NO_READER)
        except OSError as error:  # a full disk
            _discard_output()
            click.echo(f"sandbox-wasm: {error.strerror or error}", err=True)
            ctx.exit(Exit.FAULT)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            import traceback

            # Status 1 would blame the guest.
            click.echo(inert(traceback.format_exc()), err=True)
            click.echo("sandbox-wasm: this is a fault of sandbox-wasm", err=True)
            ctx.exit(Exit.FAULT)


@click.group(cls=Main, invoke_without_command=True, no_args_is_help=False)
@click.option("-c", "code", metavar="CODE", help="Run CODE instead of a file.")
@_cli_place.place_options("the program")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object that tells the result."
)
@click.version_option(__version__, "--version", prog_name="sandbox-wasm")
@click.pass_context
def main(
    ctx: click.Context,
    /,
    code: str | None,
    interpreter: str,
    isolation: str,
    packages: tuple[str, ...],
    as_json: bool,
    origins: tuple[str, ...],
    ask: bool,
    ro: tuple[str, ...],
    rw: tuple[str, ...],
    load: str | None,
    save: str | None,
    **limits: float | None,
) -> None:
    """Run untrusted Python in a WebAssembly sandbox.

    The program is CODE, or FILE, or for "-" standard input. With neither, a terminal gets
    a dialogue, and anything else on standard input is the program. Options go before FILE.

    The program has no arguments and no environment, no files but its own and those in
    directories that --ro and --rw grant, and no network but what --allow-origin and --ask
    grant.

    \b
    Exit status: 0 success; 1 the program raised; 2 usage; 3 a limit was
    exceeded; 4 our fault; 130 after Ctrl-C.
    """
    if ctx.invoked_subcommand not in {None, _file.name}:
        _refuse_options(ctx)
        return
    options = Options(
        interpreter,
        isolation,
        _cli_limits.chosen(limits),
        as_json,
        _cli_network.Network(origins, ask),
        _cli_files.Directories(ro, rw),
        _cli_snapshots.Snapshots(load, save),
        packages,
    )
    if ctx.invoked_subcommand == _file.name:
        if code is not None:
            raise click.UsageError("give either -c CODE or a FILE, not both", ctx)
        ctx.obj = options
    elif code is not None:
        _run(ctx, options, _cli_source.argument(ctx, code))
    elif sys.stdin is not None and sys.stdin.isatty():
        _talk(ctx, options)
    else:
        _run(ctx, options, _cli_source.read(ctx, "-", options.limits.input_bytes))


_cli_limits.add_options(main)
_cli_network.add_options(main)
_cli_files.add_options(main)
_cli_snapshots.add_options(main)


def _refuse_options(ctx: click.Context) -> None:
    for name in ctx.params:
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"{ctx.invoked_subcommand!r} takes its options after its name; "
                f"a file of that name is ./{ctx.invoked_subcommand}",
                ctx,
            )


@click.command(
    "FILE", hidden=True, add_help_option=False, context_settings={"ignore_unknown_options": True}
)
@click.argument("file", metavar="FILE")
@click.argument("rest", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def _file(ctx: click.Context, file: str, rest: tuple[str, ...]) -> None:
    """Run a file."""
    if rest:
        raise click.UsageError(
            f"unexpected {rest[0]!r} after FILE: options go before it, and a program "
            "gets no arguments",
            ctx.find_root(),
        )
    options = ctx.find_object(Options)
    assert options is not None  # noqa: S101  the group has set it
    _run(ctx, options, _cli_source.read(ctx.find_root(), file, options.limits.input_bytes))


def _opener(
    ctx: click.Context, options: Options, streams: Streams, checkpoints: bool
) -> Callable[[], Session]:
    from . import Session

    network, mounts = options.network.policy(streams), options.files.mounts()
    origin = options.snapshots.origin(ctx.find_root(), options.interpreter)
    return lambda: Session(
        options.interpreter if origin is None else origin.interpreter,
        limits=options.limits,
        isolation=options.isolation,
        network=network,
        mounts=mounts,
        checkpoints=checkpoints,
        snapshot=origin,
        packages=options.packages or None,
    )


def _run(ctx: click.Context, options: Options, code: str) -> NoReturn:
    streams = Streams(sys.stdout, sys.stderr)
    with _opener(ctx, options, streams, checkpoints=False)() as session:
        result = streams.run(session, code, show=not options.as_json)
        if options.as_json:
            from ._json import as_json

            streams.out.line(as_json(result))
        else:
            streams.report(result, options.limits.output_bytes)
        was_kept = options.snapshots.keep(session, streams)
    error = result.error
    ended = Exit.OK if error is None or is_clean_exit(error) else status(error)
    ctx.exit(ended if was_kept else ended or Exit.FAULT)


def _talk(ctx: click.Context, options: Options) -> NoReturn:
    from ._repl import Repl, history_path

    if options.as_json:
        raise click.UsageError("--json needs a program: -c CODE, FILE or -", ctx)
    streams = Streams(sys.stdout, sys.stderr)
    opener = _opener(ctx, options, streams, checkpoints=True)
    kept: list[bool] = []
    repl = Repl(
        opener, streams, history_path(), lambda s: kept.append(options.snapshots.keep(s, streams))
    )
    left_well = repl.loop()
    ctx.exit(Exit.GUEST if not left_well else Exit.OK if all(kept) else Exit.FAULT)


def _discard_output() -> None:
    # What is still buffered must not raise again at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
