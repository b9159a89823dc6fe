"""The command ``mcp``: sessions for agents that speak the Model Context Protocol."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from . import _cli_files, _cli_limits, _cli_network, _cli_place, _cli_tokens
from ._terminal import inert

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = "SANDBOX_WASM_MCP_TOKEN"  # noqa: S105 - the name of a variable
_FOLDER = "sandbox_wasm.folder"
_MOST_CONFIGURATION = 1 << 20


def _configure(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """Let the options' defaults be what the file says."""
    if path is not None:
        ctx.default_map = {**(ctx.default_map or {}), **_read(ctx, path)}
    return path


@click.command()
@click.option(
    "--config",
    metavar="FILE",
    is_eager=True,
    callback=_configure,
    expose_value=False,
    help="Read options from FILE, in TOML: their names without the dashes before them. Options "
    "on the command line win. Paths in it are relative to its folder, modules are found there.",
)
@_cli_place.place_options("the code")
@click.option(
    "--function",
    "functions",
    multiple=True,
    metavar="MODULE:NAME",
    help="Let the code call that function of yours; may be given several times.",
)
@click.option(
    "--approve",
    multiple=True,
    metavar="MODULE:NAME",
    help="As --function, but each call waits until a person has agreed.",
)
@click.option(
    "--sessions",
    "max_sessions",
    type=int,
    metavar="N",
    default=8,
    show_default=True,
    help="How many sessions there are at once.",
)
@click.option(
    "--snapshots",
    "max_snapshots",
    type=int,
    metavar="N",
    default=16,
    show_default=True,
    help="How many snapshots are kept.",
)
@click.option(
    "--idle-seconds",
    type=float,
    metavar="SECONDS",
    default=1800,
    show_default=True,
    help="After which a session that nobody has used is closed.",
)
@click.option(
    "--total-bytes",
    type=_cli_limits.size,
    metavar="SIZE",
    default="4G",
    show_default=True,
    help="What all sessions and snapshots may hold; a session counts with what it may have "
    "of memory, checkpoint and files.",
)
@click.option(
    "--approval-seconds",
    type=float,
    metavar="SECONDS",
    default=300,
    show_default=True,
    help="How long a question is open; no answer is a no.",
)
@click.option("--http", is_flag=True, help="Serve over HTTP instead of standard input and output.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="With --http: the address to listen on.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    metavar="N",
    help="With --http: the port.  [default: one that is free]",
)
@click.option(
    "--token-file",
    metavar="FILE",
    help=f"With --http: the file with the token that clients must have. Default: the variable "
    f"{_TOKEN}, and without it one is made and printed.",
)
@click.option(
    "--no-token",
    is_flag=True,
    help="With --http: let every program on this machine use the server.",
)
@click.option(
    "--http-host",
    "hosts",
    multiple=True,
    metavar="NAME:PORT",
    help="With --http: another name by which clients know this server.",
)
@click.option(
    "--http-origin",
    "http_origins",
    multiple=True,
    metavar="ORIGIN",
    help="With --http: an origin whose web pages may use this server.",
)
@click.pass_context
def mcp(
    ctx: click.Context,
    /,
    interpreter: str,
    isolation: str,
    packages: tuple[str, ...],
    functions: tuple[str, ...],
    approve: tuple[str, ...],
    origins: tuple[str, ...],
    ask: bool,
    ro: tuple[str, ...],
    rw: tuple[str, ...],
    max_sessions: int,
    max_snapshots: int,
    idle_seconds: float,
    total_bytes: int,
    approval_seconds: float,
    http: bool,
    host: str,
    port: int,
    token_file: str | None,
    no_token: bool,
    hosts: tuple[str, ...],
    http_origins: tuple[str, ...],
    **limits: float | None,
) -> None:
    """Serve sandboxed Python sessions to agents, by the Model Context Protocol.

    Over standard input and output, as MCP clients start it, or with --http over streamable
    HTTP on this machine, to who has the token. Nothing is granted to the code but what these
    options name. Needs the extra 'mcp'.
    """
    from . import NetworkPolicy

    try:
        from .integrations.mcp import Settings, make_server, serve_http
    except ImportError as error:
        raise click.UsageError(str(error), ctx) from None
    options = {
        "interpreter": interpreter,
        "isolation": isolation,
        "limits": _cli_limits.chosen(limits),
        "mounts": _cli_files.Directories(ro, rw).mounts() or None,
        "packages": packages or None,
        "network": NetworkPolicy(allow=origins) if origins else None,
    }
    asked = _imported(ctx, approve)
    settings = Settings(
        options={name: value for name, value in options.items() if value is not None},
        functions={**_imported(ctx, functions), **asked},
        approve=frozenset(asked),
        ask=ask,
        max_sessions=max_sessions,
        max_snapshots=max_snapshots,
        idle_seconds=idle_seconds,
        total_bytes=total_bytes,
        approval_seconds=approval_seconds,
    )
    server = make_server(settings)
    if not http:
        # Whoever reads standard input cannot be interrupted: Ctrl-C would wait for its end. What
        # there is dies with the process, worker processes included.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        server.run("stdio")
        return
    token = None if no_token else _token(ctx, token_file)
    serve_http(
        server,
        host=host,
        port=port,
        token=token,
        hosts=hosts,
        origins=http_origins,
        ready=lambda url: click.echo(f"sandbox-wasm: serving at {url}", err=True),
    )


_cli_limits.add_options(mcp)
_cli_network.add_options(mcp, "Ask a person, through the client, about requests to other origins.")
_cli_files.add_options(mcp)


def _token(ctx: click.Context, path: str | None) -> str:
    """Return the token that clients must have."""
    if path is not None:
        return _cli_tokens.read_private(ctx, path).strip()
    if token := os.environ.get(_TOKEN):
        return token
    token = _cli_tokens.made()
    click.echo(f"sandbox-wasm: the token is {token}", err=True)
    return token


def _imported(ctx: click.Context, names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """Return the functions that MODULE:NAME says, by name."""
    import importlib

    found: dict[str, Callable[..., Any]] = {}
    if names:
        sys.path.insert(0, ctx.meta.get(_FOLDER, ""))  # the current folder, as for python -m
    for given in names:
        module, colon, name = given.partition(":")
        if not colon or not name.isidentifier() or name in found:
            raise click.UsageError(f"{given!r}: write MODULE:NAME, each name once", ctx)
        try:
            found[name] = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise click.UsageError(f"{given!r}: {error}", ctx) from None
    return found


def _read(ctx: click.Context, path: str) -> dict[str, Any]:
    """Return what a file says, by the names of parameters."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with open(path, "rb") as file:
            text = file.read(_MOST_CONFIGURATION).decode()
        told: Mapping[str, Any] = tomllib.loads(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else inert(str(error))
        raise click.UsageError(f"cannot read {path!r}: {reason}", ctx) from None
    known = {
        option.removeprefix("--"): param
        for param in ctx.command.params
        for option in param.opts
        if param.name != "config"
    }
    folder = ctx.meta[_FOLDER] = os.path.dirname(os.path.abspath(path))
    found: dict[str, Any] = {}
    for name, value in told.items():
        param = known.get(name)
        if param is None or param.name is None:
            raise click.UsageError(f"{path!r}: there is no option {name!r}", ctx)
        found[param.name] = _option(ctx, f"{path!r}: {name}", param, value, folder)
    return found


def _option(ctx: click.Context, where: str, param: click.Parameter, value: Any, folder: str) -> Any:
    """Return *value* as click takes it from a command line."""
    if getattr(param, "is_flag", False):
        if not isinstance(value, bool):
            raise click.UsageError(f"{where} must be true or false", ctx)
        return value
    values = value if param.multiple and isinstance(value, list) else [value]
    if not all(type(each) in (str, int, float) for each in values):
        wanted = "a list of texts" if param.multiple else "a text or a number"
        raise click.UsageError(f"{where} must be {wanted}", ctx)
    texts = [str(each) for each in values]
    if param.name in ("ro", "rw", "token_file"):
        texts = [os.path.join(folder, each) for each in texts]
    return texts if param.multiple else texts[0]
