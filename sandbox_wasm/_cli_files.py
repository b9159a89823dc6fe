"""Directories on the command line: ``--ro`` and ``--rw``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from . import Mount


class Directories(NamedTuple):
    """What the options say."""

    ro: tuple[str, ...]
    rw: tuple[str, ...]

    def mounts(self) -> list[Mount]:
        """Return the mounts.

        Raises:
            ConfigError: A guest path is none.
        """
        if not self.ro and not self.rw:
            return []
        from . import Mount

        found = [Mount(*_split(given), "ro") for given in self.ro]
        return found + [Mount(*_split(given), "rw") for given in self.rw]


def _split(given: str) -> tuple[str, str]:
    """Return the host's path and the guest's; without one, the last name of the host's."""
    host, colon, guest = given.rpartition(":")
    if colon and guest.startswith("/"):
        return host, guest
    return given, "/" + os.path.basename(os.path.abspath(given))


def add_options(command: click.Command) -> None:
    """Give *command* the options of directories; they are its last."""
    for name, what in (("ro", "read"), ("rw", "read and change")):
        command.params.append(
            click.Option(
                [f"--{name}"],
                multiple=True,
                metavar="DIR[:GUEST]",
                help=f"Let the program {what} the directory DIR, at the path GUEST, such as "
                "/data. Default: / and its last name. May be given several times.",
            )
        )
