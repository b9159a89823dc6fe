"""The command ``serve``: sessions over HTTP, and a page to use them."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from . import _cli_files, _cli_limits, _cli_network, _cli_tokens
from ._cli_place import place_options
from ._terminal import inert

_TOKEN = "SANDBOX_WASM_SERVE_TOKEN"  # noqa: S105 - the name of a variable


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8321, show_default=True,
    help="0 is any that is free.")  # fmt: skip
@click.option("--allow-host", "hosts", multiple=True, metavar="NAME",
    help="A name by which the service is called beside those of this machine; may be given "
    "several times.")  # fmt: skip
@click.option("--token-file", metavar="FILE", help="A line for each account: its name, a space, "
    f"its token. Default: the token in {_TOKEN}, or a new one.")  # fmt: skip
@place_options("the code")
@click.option("--sessions", type=click.IntRange(1), metavar="N", help="Sessions of a token, at a "
    "time.  [default: 16]")  # fmt: skip
@click.option("--runs", type=click.IntRange(1), metavar="N", help="Runs of a token, at a time.  "
    "[default: 4]")  # fmt: skip
@click.option("--run-seconds", type=float, metavar="SECONDS", help="Time of a token's runs in an "
    "hour.  [default: 3600]")  # fmt: skip
@click.option("--total-memory", type=_cli_limits.size, metavar="SIZE", help="Memory and files that "
    "a token's sessions may have, together.  [default: 2G]")  # fmt: skip
@click.option("--idle-seconds", type=float, metavar="SECONDS", help="After which an unused session "
    "is closed.  [default: 1800]")  # fmt: skip
@click.option("--approval-seconds", type=float, metavar="SECONDS", help="How long a question "
    "waits.  [default: 300]")  # fmt: skip
@click.pass_context
def serve(ctx: click.Context, /, **given: Any) -> None:
    """Serve sessions over HTTP, with a page to use them.

    Listens on this machine alone unless told otherwise. Each request needs the token. The
    address that is printed opens the page with it: whoever has the address has the token.
    Ctrl-C and SIGTERM end it; what runs gets ten seconds.
    """
    from . import Mount, NetworkPolicy

    limits = _cli_limits.chosen(given)
    try:
        from .integrations.service import ServiceLimits
        from .integrations.service import serve as run
    except ImportError as error:
        raise click.UsageError(str(error), ctx) from None
    tokens, shown = _tokens(ctx, given["token_file"])
    names = {"sessions": "sessions", "runs": "runs", "run_seconds": "seconds",
             "total_memory": "memory_bytes", "idle_seconds": "idle_seconds",
             "approval_seconds": "approval_seconds"}  # fmt: skip
    service_limits = {names[key]: given[key] for key in names if given[key] is not None}
    mounts: list[Mount] = _cli_files.Directories(given["ro"], given["rw"]).mounts()
    network = NetworkPolicy(allow=given["origins"]) if given["origins"] else None

    def on_ready(url: str) -> None:
        where = f"{url}#token={shown}" if shown else url
        click.echo(f"sandbox-wasm: serving at {inert(where)}", err=True)
        sys.stderr.flush()

    run(
        tokens,
        host=given["host"],
        port=given["port"],
        hosts=given["hosts"],
        on_ready=on_ready,
        interpreter=given["interpreter"],
        limits=limits,
        service_limits=ServiceLimits(**service_limits),
        network=network,
        ask=given["ask"],
        isolation=given["isolation"],
        packages=given["packages"] or None,
        mounts=mounts or None,
    )


_cli_limits.add_options(serve)
_cli_network.add_options(serve, "Ask on the page about requests to other origins.")
_cli_files.add_options(serve)


def _tokens(ctx: click.Context, path: str | None) -> tuple[dict[str, str], str | None]:
    """Return the tokens by account, and the one that is to be shown."""
    if path is not None:
        return _accounts(ctx, path), None
    given = os.environ.get(_TOKEN)
    if given:
        return {"default": given}, None
    token = _cli_tokens.made()
    return {"default": token}, token


def _accounts(ctx: click.Context, path: str) -> dict[str, str]:
    """Return the tokens of a file, by account."""
    tokens: dict[str, str] = {}
    for number, line in enumerate(_cli_tokens.read_private(ctx, path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, token = line.strip().partition(" ")
        if not token.strip() or name in tokens:
            raise click.UsageError(
                f"{path!r}, line {number}: a line has the name of an account, a space and its "
                "token, and each account one line",
                ctx,
            )
        tokens[name] = token.strip()
    return tokens
