"""Host directories that are granted at guest paths."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ._checks import check_number, check_word, host_path, shown
from ._errors import ConfigError
from ._files import Files
from ._host import HostVolume
from ._host_directory import is_supported
from ._host_file import Quota
from ._limits import MIB, Limits
from ._nodes import FilesState, TreeState
from ._overlay import Overlay
from ._recorded import Recorded
from ._session_files import SessionFiles, fill, parse
from ._sources import Sources
from ._tree import Tree
from ._volume import Parts, Volume

_OVERLAY_DEVICE = 500  # and what is changed in mounts, those from here on
_TREE_DEVICE = 1000  # the first number of a shared tree; mounts have those from 2 on


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory of the host that guest code finds at a path of its own.

    Only regular files and directories can be opened. Links are not followed, wherever
    they lead; nothing outside of the directory can be reached, whatever the host's own
    programs move meanwhile. Needs Linux or macOS.

    Args:
        host_path: The directory.

        guest_path: Where guest code finds it, such as ``"/data"``.

        mode: ``"ro"``: guest code cannot change anything there. ``"rw"``: it can.

        max_bytes: By how much guest code may let the files in it grow, in all. Default
            64 MiB.

        max_files: How many files and directories it may add. Default 10,000.

        commit: ``"always"``: what guest code changes is on the host at once.
            ``"on_success"``: it waits in memory until the run has succeeded, and is
            forgotten if it does not. The two limits are for each run then, and count
            all of a file that is changed.

    Raises:
        ConfigError: An argument is of the wrong type, or out of range.
    """

    host_path: str | os.PathLike[str]
    guest_path: str
    mode: Literal["ro", "rw"] = "ro"
    max_bytes: int = 64 * MIB
    max_files: int = 10_000
    commit: Literal["always", "on_success"] = "always"

    def __post_init__(self) -> None:
        host_path(self.host_path, "host_path")
        if not parse(self.guest_path):
            raise ConfigError("guest_path must not be the root, which is the session's own")
        check_word("mode", self.mode, ("ro", "rw"))
        check_word("commit", self.commit, ("always", "on_success"))
        if self.commit == "on_success" and self.mode == "ro":
            raise ConfigError("commit='on_success' is for mode='rw'")
        for name in ("max_bytes", "max_files"):
            check_number(name, getattr(self, name), 0, (1 << 62) - 1)


def open_mounts(
    mounts: Iterable[Mount], sources: Sources, taken: Iterable[Parts] = ()
) -> dict[Parts, Volume]:
    """Return the volumes of *mounts*, by path; *taken* are paths that others have.

    Raises:
        ConfigError: What is given are no mounts, they do not go together, a directory
            cannot be opened, or this system has not what they need.
    """
    given: dict[Parts, Mount] = {}
    places = list(taken)
    for mount in mounts:
        if not isinstance(mount, Mount):
            raise ConfigError(f"mounts must be of Mount, got {type(mount).__name__}")
        parts = parse(mount.guest_path)
        for other in places:
            if parts[: len(other)] == other[: len(parts)]:
                here = shown("/" + "/".join(other))
                raise ConfigError(f"mounts at {here} and {shown(mount.guest_path)} overlap")
        given[parts] = mount
        places.append(parts)
    if given and not is_supported():
        raise ConfigError("mounts need directory handles, which this system does not have")
    found: dict[Parts, Volume] = {}
    salt = sources.salt() if given else 0
    try:
        for device, (parts, mount) in enumerate(given.items(), 2):
            is_direct = mount.mode == "rw" and mount.commit == "always"
            quota = Quota(mount.max_bytes, mount.max_files) if is_direct else None
            volume = HostVolume(host_path(mount.host_path, "host_path"), quota, device, salt)
            recorded = found[parts] = Recorded(volume, lambda: sources.journal)
            if mount.commit == "on_success":
                found[parts] = Overlay(
                    recorded,
                    mount.max_bytes,
                    mount.max_files,
                    lambda: sources.clock(False),
                    _OVERLAY_DEVICE + device,
                )
    except (OSError, ValueError) as error:
        for opened in found.values():
            opened.close()
        path = shown(host_path(mount.host_path, "host_path"))
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot mount {path}: {why}") from error
    return found


def make_files(
    limits: Limits,
    sources: Sources,
    given: object,
    mounts: Iterable[Mount] | None = None,
    held: FilesState | None = None,
    trees: Mapping[str, TreeState] | None = None,
) -> SessionFiles:
    """Return the files of a new session.

    Args:
        limits: Of the session.

        sources: Tell the time.

        given: What was given as ``Session(files=...)``.

        mounts: Directories of the host.

        held: What an earlier session had, which this one goes on from.

        trees: Read-only trees by guest path, each made once by `_nodes.build` and shared
            by all sessions that have it, at no cost for any of them.

    Raises:
        ConfigError: *given* is no mapping of paths to bytes or text, or see `open_mounts`.
        FilesExceeded: It does not fit *limits*.
    """
    volumes: dict[Parts, Volume] = {
        parse(path): Tree(state, read_only=True, device=_TREE_DEVICE + n)
        for n, (path, state) in enumerate((trees or {}).items())
    }

    volumes.update(open_mounts(() if mounts is None else mounts, sources, volumes))
    kept = Files(
        limits.file_bytes,
        limits.file_count,
        volumes=volumes,
        clock=functools.partial(sources.clock, False),
        owner_clock=lambda: sources.look(False),
    )
    files = SessionFiles(kept, limits)
    try:
        if held is not None:
            kept.reset(held)
        if given is not None:
            fill(files, given)
    except BaseException:
        kept.release()
        raise
    return files
