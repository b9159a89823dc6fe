"""Files in memory by number: a table whose states cost next to nothing to keep.

A state is a table of numbered nodes that never changes again. Marking one takes no
copy; the first change after it copies the table, and each change the node that it
changes.
"""

from __future__ import annotations

from typing import cast

from ._content import Content
from ._filesystem import Errno, FileError, Kind, Stat
from ._nodes import Node, TreeState
from ._volume import Clock


class Table:
    """The nodes of a tree, by number: what they hold, and who has them open.

    Args:
        state: What it begins with.

        max_bytes: How much all files together may hold.

        clock: Tells the time.

        read_only: Refuse every change.

        device: The number of the volume.
    """

    def __init__(
        self, state: TreeState, max_bytes: int, clock: Clock, read_only: bool, device: int
    ) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._read_only = read_only
        self._device = device
        self._next = 0
        self._state: TreeState | None = None  # what was marked, as long as nothing changed
        self.reset(state)

    @property
    def used(self) -> int:
        """Bytes that its files hold."""
        return self._used

    @property
    def count(self) -> int:
        """How many files and directories there are, but for the root."""
        return len(self._nodes) - 1

    # ---- states

    def mark(self) -> TreeState:
        """Return the state as it is; it will never change."""
        if self._state is None:
            self._state = TreeState(self._nodes, self._used, self._next)
            self._stamp = object()
        return self._state

    def reset(self, state: TreeState) -> None:
        """Be as *state* says. All handles are invalid from now on."""
        self._state = state
        self._nodes = cast("dict[int, Node]", state.nodes)
        self._used = state.used
        # Whoever knew of later numbers has gone back as well.
        self._next = state.next
        self._stamp = object()
        self._opened: dict[int, int] = {}

    def _own_table(self) -> dict[int, Node]:
        if self._state is not None:
            self._nodes = self._nodes.copy()
            self._state = None
        return self._nodes

    def _own(self, number: int) -> Node:
        node = self._nodes[number]
        if node.stamp is not self._stamp:
            node = self._own_table()[number] = node.copy(self._stamp)
        return node

    def _own_directory(self, number: int) -> dict[str, int]:
        node = self._own(number)
        node.modified = self._clock()
        return cast("dict[str, int]", node.entries)

    # ---- nodes

    def _check_writable(self) -> None:
        if self._read_only:
            raise FileError(Errno.ROFS)

    def stat_number(self, number: int) -> Stat:
        """Tell of a node."""
        node = self._nodes[number]
        content = node.content
        kind, size = (Kind.DIRECTORY, 0) if content is None else (Kind.FILE, content.size)
        links, modified = int(node.linked), node.modified
        # Half the time of `Stat(...)`, and every file that is opened is told of.
        fields = self._device, number, kind, links, size, node.accessed, modified, modified
        return tuple.__new__(Stat, fields)

    def open_number(self, number: int) -> TreeHandle:
        """Open a node by its number."""
        self._opened[number] = self._opened.get(number, 0) + 1
        return TreeHandle(self, number)

    def close_number(self, number: int) -> None:
        """Close it; without a name, it is gone once nobody has it open."""
        left = self._opened[number] = self._opened[number] - 1
        if not left:
            del self._opened[number]
            if not self._nodes[number].linked:
                self._free(number)

    def set_times_number(self, number: int, accessed: int | None, modified: int | None) -> None:
        """Set times of a node."""
        self._check_writable()
        node = self._own(number)
        if accessed is not None:
            node.accessed = accessed
        if modified is not None:
            node.modified = modified

    def write(self, number: int, at: int | None, data: bytes) -> int:
        """Store bytes in a file, at its end if *at* is None; return where they end."""
        content = self._own(number).content
        if content is None:
            raise FileError(Errno.ISDIR)
        at = content.size if at is None else at
        end = at + len(data)
        self._grow(max(0, end - content.size))
        content.write(at, data)
        self._nodes[number].modified = self._clock()
        return end

    def truncate(self, number: int, size: int) -> None:
        """Give a file another size."""
        content = self._own(number).content
        if content is None:
            raise FileError(Errno.ISDIR)
        self._grow(size - content.size)
        content.truncate(size)
        self._nodes[number].modified = self._clock()

    def _empty(self, number: int) -> None:
        """Cut a file to nothing: what it held need not be copied for that."""
        nodes = self._own_table()
        node = nodes[number]
        if node.content is not None:
            self._used -= node.content.size
        if node.stamp is not self._stamp:
            node = nodes[number] = node.copy(self._stamp, Content())
        else:
            node.content = Content()
        node.modified = self._clock()

    def content(self, number: int) -> Content:
        """Return what a file holds, to be read."""
        content = self._nodes[number].content
        if content is None:
            raise FileError(Errno.ISDIR)
        return content

    def _grow(self, by: int) -> None:
        if by > 0 and self._used + by > self._max_bytes:
            raise FileError(Errno.NOSPC)
        self._own_table()
        self._used += by

    def _free(self, number: int) -> None:
        content = self._own_table().pop(number).content
        if content is not None:
            self._used -= content.size


class TreeHandle:
    """An open file of a tree."""

    __slots__ = ("number", "tree")

    def __init__(self, tree: Table, number: int) -> None:
        self.tree = tree
        self.number = number

    def read(self, at: int, size: int) -> bytes:
        return self.tree.content(self.number).read(at, size)

    def write(self, at: int | None, data: bytes) -> int:
        return self.tree.write(self.number, at, data)

    def size(self) -> int:
        return self.tree.content(self.number).size

    def truncate(self, size: int) -> None:
        self.tree.truncate(self.number, size)

    def stat(self) -> Stat:
        return self.tree.stat_number(self.number)

    def set_times(self, accessed: int | None, modified: int | None) -> None:
        self.tree.set_times_number(self.number, accessed, modified)

    def sync(self) -> None:
        """Memory is all there is."""

    def close(self) -> None:
        self.tree.close_number(self.number)
