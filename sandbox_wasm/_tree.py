"""A tree of files in memory: what stands at which path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ._content import Content
from ._filesystem import MAX_DEPTH, Entry, Errno, FileError, How, Kind, Stat
from ._nodes import EMPTY, TOP, Node, TreeState
from ._table import Table, TreeHandle
from ._volume import Clock, Parts


class Tree(Table):
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
        super().__init__(state, max_bytes, clock, read_only, device)
        self._max_files = max_files

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

    # ---- Volume

    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        return self.stat_number(self.find(parts))

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

    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        self.set_times_number(self.find(parts), accessed, modified)

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
