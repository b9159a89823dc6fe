"""A tree of files in memory, whose states cost next to nothing to keep.

A state is a table of numbered nodes that never changes again. Marking one takes no
copy; the first change after it copies the table, and each change the node that it
changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import cast

from ._content import Content
from ._filesystem import MAX_DEPTH, Entry, Errno, FileError, How, Kind, Stat
from ._nodes import EMPTY, TOP, Node, TreeState
from ._volume import Clock, Parts


class Tree:
    """A `Volume` in memory.

    Args:
        state: What it begins with.

        max_bytes, max_files: How much it may hold; directories count as files.

        clock: Tells the time.

        read_only: Refuse every change.

        device: Its number.
    """

    def __init__(
        self,
        state: TreeState = EMPTY,
        *,
        max_bytes: int = 0,
        max_files: int = 0,
        clock: Clock = int,
        read_only: bool = False,
        device: int = 1,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_files = max_files
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

    # ---- finding

    def find(self, parts: Parts) -> int:
        """Return the number of what stands at *parts*."""
        nodes, number = self._nodes, TOP
        for name in parts:
            entries = nodes[number].entries
            if entries is None:
                raise FileError(Errno.NOTDIR)
            found = entries.get(name)
            if found is None:
                raise FileError(Errno.NOENT)
            number = found
        return number

    def node(self, parts: Parts) -> Node | None:
        """Return what stands at *parts*, or None."""
        try:
            return self._nodes[self.find(parts)]
        except FileError:
            return None

    def walk(self, parts: Parts = ()) -> Iterator[tuple[Parts, Node]]:
        """Yield what lies below *parts*, a directory before what is in it."""
        rest = [(parts, self.find(parts))]
        while rest:
            at, number = rest.pop()
            node = self._nodes[number]
            if at != parts:
                yield at, node
            if node.entries is not None:
                rest += [((*at, name), kid) for name, kid in sorted(node.entries.items())][::-1]

    def _place(self, parts: Parts) -> tuple[int, int | None]:
        """Return the number of the directory of *parts*, and of what stands there, if any."""
        parent = self.find(parts[:-1])
        entries = self._nodes[parent].entries
        if entries is None:
            raise FileError(Errno.NOTDIR)
        return parent, entries.get(parts[-1])

    def _check_writable(self) -> None:
        if self._read_only:
            raise FileError(Errno.ROFS)

    # ---- Volume

    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        return self.stat_number(self.find(parts))

    def stat_number(self, number: int) -> Stat:
        """Tell of a node."""
        node = self._nodes[number]
        content = node.content
        kind, size = (Kind.DIRECTORY, 0) if content is None else (Kind.FILE, content.size)
        links, modified = int(node.linked), node.modified
        # Half the time of `Stat(...)`, and every file that is opened is told of.
        fields = self._device, number, kind, links, size, node.accessed, modified, modified
        return tuple.__new__(Stat, fields)

    def list(self, parts: Parts) -> list[Entry]:
        number = self.find(parts)
        entries = self._nodes[number].entries
        if entries is None:
            raise FileError(Errno.NOTDIR)
        nodes = self._nodes
        return [
            Entry(name, kid, Kind.DIRECTORY if nodes[kid].content is None else Kind.FILE)
            for name, kid in entries.items()
        ]

    def open(self, parts: Parts, how: int) -> TreeHandle | None:
        if not how & How.CREATE:
            number: int | None = self.find(parts)
        elif not parts:
            number = TOP
        else:
            parent, number = self._place(parts)
        if number is None:
            self._check_writable()
            number = self._add(parent, parts, Content(), None)
        elif how & How.CREATE and how & How.EXCLUSIVE:
            raise FileError(Errno.EXIST)
        else:
            node = self._nodes[number]
            if node.content is None:
                if how & (How.WRITE | How.CREATE | How.TRUNCATE):
                    raise FileError(Errno.ISDIR)
                return None
            if how & How.DIRECTORY:
                raise FileError(Errno.NOTDIR)
            if how & (How.WRITE | How.TRUNCATE):
                self._check_writable()
            if how & How.TRUNCATE and node.content.size:
                self._empty(number)
        return self.open_number(number)

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

    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        self.set_times_number(self.find(parts), accessed, modified)

    def set_times_number(self, number: int, accessed: int | None, modified: int | None) -> None:
        """Set times of a node."""
        self._check_writable()
        node = self._own(number)
        if accessed is not None:
            node.accessed = accessed
        if modified is not None:
            node.modified = modified

    def make_directory(self, parts: Parts) -> None:
        if not parts or self._place(parts)[1] is not None:
            raise FileError(Errno.EXIST)
        self._check_writable()
        self._add(self._place(parts)[0], parts, None, {})

    def remove_directory(self, parts: Parts) -> None:
        parent, number = self._place(parts)
        if number is None:
            raise FileError(Errno.NOENT)
        entries = self._nodes[number].entries
        if entries is None:
            raise FileError(Errno.NOTDIR)
        if entries:
            raise FileError(Errno.NOTEMPTY)
        self._check_writable()
        self._drop(parent, parts[-1], number)

    def unlink(self, parts: Parts) -> None:
        parent, number = self._place(parts)
        if number is None:
            raise FileError(Errno.NOENT)
        if self._nodes[number].content is None:
            raise FileError(Errno.ISDIR)
        self._check_writable()
        self._drop(parent, parts[-1], number)

    def rename(self, old: Parts, new: Parts) -> None:
        parent, number = self._place(old)
        target, replaced = self._place(new)
        if number is None:
            raise FileError(Errno.NOENT)
        if number == replaced:
            return
        self._check_writable()
        is_directory = self._nodes[number].content is None
        if new[: len(old)] == old:
            raise FileError(Errno.INVAL)
        if old[: len(new)] == new:
            raise FileError(Errno.NOTEMPTY)
        if replaced is not None:
            other = self._nodes[replaced]
            if is_directory and other.entries is None:
                raise FileError(Errno.NOTDIR)
            if not is_directory and other.content is None:
                raise FileError(Errno.ISDIR)
            if other.entries:
                raise FileError(Errno.NOTEMPTY)
        if is_directory and len(new) > len(old):
            height = max((len(at) - len(old) for at, _ in self.walk(old)), default=0)
            if len(new) + height > MAX_DEPTH:
                raise FileError(Errno.NAMETOOLONG)
        if replaced is not None:
            self._drop(target, new[-1], replaced)
        del self._own_directory(parent)[old[-1]]
        self._own_directory(target)[new[-1]] = number

    def close(self) -> None:
        """Memory is all there is."""

    def describe(self) -> str:
        whole = hashlib.sha256()
        for parts, node in self.walk():
            content = b"/" if node.content is None else node.content.read(0, node.content.size)
            whole.update(repr((parts, node.modified, len(content))).encode() + content)
        return whole.hexdigest()

    # ---- changing

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

    def _add(
        self, parent: int, parts: Parts, content: Content | None, entries: dict[str, int] | None
    ) -> int:
        if len(parts) > MAX_DEPTH:
            raise FileError(Errno.NAMETOOLONG)
        if len(self._nodes) > self._max_files:  # the root is one of them
            raise FileError(Errno.DQUOT)
        number, self._next = self._next, self._next + 1
        self._own_table()[number] = Node(self._stamp, self._clock(), content, entries)
        self._own_directory(parent)[parts[-1]] = number
        return number

    def _drop(self, parent: int, name: str, number: int) -> None:
        del self._own_directory(parent)[name]
        if number in self._opened:
            self._own(number).linked = False
        else:
            self._free(number)

    def _free(self, number: int) -> None:
        content = self._own_table().pop(number).content
        if content is not None:
            self._used -= content.size


class TreeHandle:
    """An open file of a tree."""

    __slots__ = ("number", "tree")

    def __init__(self, tree: Tree, number: int) -> None:
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
