"""Snapshots on the command line: ``--load``, ``--save`` and ``snapshot inspect``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ._terminal import inert

if TYPE_CHECKING:
    from . import Session, Snapshot
    from ._terminal import Streams


class Snapshots(NamedTuple):
    """What the options say."""

    load: str | None
    save: str | None

    def origin(self, ctx: click.Context, interpreter: str) -> Snapshot | None:
        """Return what the session goes on from, None to begin anew.

        Raises:
            click.UsageError: The file cannot be read or is no snapshot, or is of another
                interpreter than the command line names.
        """
        if self.load is None:
            return None
        snapshot = _load(ctx, self.load)
        named = ctx.get_parameter_source("interpreter") is click.core.ParameterSource.COMMANDLINE
        if named and interpreter != snapshot.interpreter:
            raise click.UsageError(
                f"{inert(self.load)!r} is a session of {snapshot.interpreter!r}, "
                f"not of {interpreter!r}",
                ctx,
            )
        return snapshot

    def keep(self, session: Session, streams: Streams) -> bool:
        """Save what became of *session*; False if that was asked for and is not possible."""
        if self.save is None:
            return True
        from . import SandboxError

        try:
            session.snapshot().save(self.save)
        except SandboxError as error:
            streams.note(f"nothing was saved: {error}")
            return False
        except OSError as error:
            streams.note(f"nothing was saved: {error.strerror}")
            return False
        return True


def add_options(command: click.Command) -> None:
    """Give *command* the options of snapshots; they are its last."""
    command.params += [
        click.Option(
            ["--load"],
            metavar="FILE",
            help="Go on from the session in FILE, which --save has written. Run only what you "
            "wrote, or trust as little as a program.",
        ),
        click.Option(
            ["--save"],
            metavar="FILE",
            help="Write the session to FILE when the program has ended.",
        ),
    ]


@click.group()
def snapshot() -> None:
    """Look at stored sessions."""


@snapshot.command()
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.pass_context
def inspect(ctx: click.Context, file: str, as_json: bool) -> None:
    """Tell what FILE holds, without going on from it."""
    from . import available_interpreters

    found = _load(ctx, file)
    is_ours = found.artifact in {info.digest for info in available_interpreters()}
    about = {
        "interpreter": found.interpreter,
        "artifact": found.artifact,
        "installed": is_ours,
        "memory_bytes": found.memory_bytes,
        "stored_bytes": found.stored_bytes,
    }
    if as_json:
        import json

        click.echo(json.dumps(about, indent=2))
        return
    click.echo(f"interpreter  {found.interpreter}")
    click.echo(f"artifact     {found.artifact}")
    click.echo(f"             {'installed here' if is_ours else 'not the one installed here'}")
    click.echo(f"memory       {found.memory_bytes} bytes, {found.stored_bytes} of them stored")


def _load(ctx: click.Context, path: str) -> Snapshot:
    from . import Snapshot, SnapshotError

    try:
        return Snapshot.load(path)
    except OSError as error:
        raise click.UsageError(f"cannot read {path!r}: {error.strerror}", ctx) from None
    except (SnapshotError, ValueError) as error:
        raise click.UsageError(f"{path!r}: {error}", ctx) from None
