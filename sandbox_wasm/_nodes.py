"""The nodes of a tree in memory, and the states of files that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._content import Content
from ._volume import Parts

TOP = 1  # the number of the root


class Node:
    """A file or a directory.

    Attributes:
        stamp: The state to which it belongs; another one must copy it to change it.

        linked: Whether it still has a name; an open file may have lost its own.

        content, entries: Of a file or a directory; the other is None.
    """

    __slots__ = ("accessed", "content", "entries", "linked", "modified", "stamp")

    def __init__(
        self, stamp: object, now: int, content: Content | None, entries: dict[str, int] | None
    ) -> None:
        self.stamp = stamp
        self.accessed = self.modified = now
        self.linked = True
        self.content = content
        self.entries = entries

    def copy(self, stamp: object, content: Content | None = None) -> Node:
        """Return another that only the state *stamp* has; of a file, perhaps with other content."""
        if content is None and self.content is not None:
            content = self.content.copy()
        entries = None if self.entries is None else self.entries.copy()
        other = Node(stamp, self.modified, content, entries)
        other.accessed, other.linked = self.accessed, self.linked
        return other


class TreeState(NamedTuple):
    """A tree as it was once. Opaque; trees may share it.

    Args:
        nodes: By number. Never changed.

        used: Bytes of all files.

        next: A number that no node has had.
    """

    nodes: Mapping[int, Node]
    used: int
    next: int


class Descriptor(NamedTuple):
    """A descriptor as part of a state; *number* is its file's in the tree."""

    fd: int
    parts: Parts | None
    number: int | None
    how: int
    kind: int
    at: int


class FilesState(NamedTuple):
    """A session's files and descriptors as they were once. Opaque; sessions may share it."""

    tree: TreeState
    open: tuple[Descriptor, ...]


def build(files: Mapping[Parts, bytes], directories: Iterable[Parts] = ()) -> TreeState:
    """Return a state with these files, the directories that they need, and *directories*.

    Raises:
        ValueError: A file stands where a directory must be.
    """
    nodes = {TOP: Node(None, 0, None, {})}

    def add(parts: Parts, content: Content | None) -> None:
        entries = nodes[TOP].entries
        for name in parts[:-1] if content is not None else parts:
            if entries is None:
                break
            if name not in entries:
                entries[name] = len(nodes) + 1
                nodes[len(nodes) + 1] = Node(None, 0, None, {})
            entries = nodes[entries[name]].entries
        if entries is None or (content is not None and parts[-1] in entries):
            raise ValueError(f"/{'/'.join(parts)} is both a file and a directory")
        if content is not None:
            entries[parts[-1]] = len(nodes) + 1
            nodes[len(nodes) + 1] = Node(None, 0, content, None)

    for parts in directories:
        add(parts, None)
    for parts, data in files.items():
        add(parts, Content(data))
    return TreeState(nodes, sum(map(len, files.values())), len(nodes) + 1)


EMPTY = build({})
