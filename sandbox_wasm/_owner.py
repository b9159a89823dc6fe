"""What a session's owner does to its files, now and when a run is gone through again."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from ._errors import SnapshotError
from ._files import Files
from ._filesystem import Errno, FileError, How
from ._volume import Parts

_HEAD = struct.Struct("<?QI")  # whether something is removed, the time, length of the path


def put(files: Files, parts: Parts, content: bytes) -> None:
    """Make a file hold *content*, and make the directories that it needs.

    Raises:
        FileError: There is no room, or something else in the way.
    """
    with _changing(files, False, parts, content):
        _put(files, parts, content)


def remove(files: Files, parts: Parts) -> None:
    """Remove a file, or a directory with all that is in it.

    Raises:
        FileError: There is no such thing; `Errno.BUSY` for a mount, the root, and what
            such a thing is in.
    """
    with _changing(files, True, parts, b""):
        _remove(files, parts)


def repeat(files: Files, data: bytes) -> None:
    """Do again what a journal has noted. What failed then, fails now, and as far.

    Raises:
        SnapshotError: That is nothing.
    """
    try:
        is_removed, now, length = _HEAD.unpack_from(data)
        path = data[_HEAD.size : _HEAD.size + length].decode()
    except (struct.error, UnicodeDecodeError):
        raise SnapshotError("the journal of the run is damaged") from None
    parts = tuple(path.split("/")) if path else ()
    if now >> 63 or any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise SnapshotError("the journal of the run is damaged")
    with files.lock, contextlib.suppress(FileError):
        files.owner_clock()
        files.time.now = now
        try:
            if is_removed:
                _remove(files, parts)
            else:
                _put(files, parts, data[_HEAD.size + length :])
        finally:
            files.time.now = None


@contextlib.contextmanager
def _changing(files: Files, is_removed: bool, parts: Parts, content: bytes) -> Iterator[None]:
    """Change files at one moment, and tell the journal of the run that goes on, if any."""
    with files.lock:
        now = files.time.now = files.owner_clock()
        try:
            yield
        finally:
            files.time.now = None
            if files.journal is not None:
                path = "/".join(parts).encode()
                files.journal.change(_HEAD.pack(is_removed, now, len(path)) + path + content)


def _put(files: Files, parts: Parts, content: bytes) -> None:
    tree = files.tree
    for end in range(1, len(parts)):
        if tree.node(parts[:end]) is None:
            tree.make_directory(parts[:end])
    is_new = tree.node(parts) is None
    handle = tree.open(parts, How.CREATE | How.WRITE)
    if handle is None:
        raise FileError(Errno.ISDIR)
    try:
        handle.truncate(len(content))  # first of all: it tells whether there is room
        handle.write(0, content)
    except FileError:
        if is_new:
            tree.unlink(parts)
        raise
    finally:
        handle.close()


def _remove(files: Files, parts: Parts) -> None:
    tree = files.tree
    below = [(at, node.content is None) for at, node in tree.walk(parts)]
    node = tree.node(parts)
    below.insert(0, (parts, node is not None and node.content is None))
    if any(files.is_volume(at) for at, _ in below) or not parts:
        raise FileError(Errno.BUSY)
    for at, is_directory in reversed(below):
        (tree.remove_directory if is_directory else tree.unlink)(at)
