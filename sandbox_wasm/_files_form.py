"""A session's files as bytes, for snapshots; whoever wrote those is not trusted."""

from __future__ import annotations

import struct

from ._content import Content
from ._errors import SnapshotError
from ._filesystem import MAX_DEPTH, MAX_NAME, MAX_OPEN, ROOT, How, Kind
from ._nodes import TOP, Descriptor, FilesState, Node, TreeState
from ._volume import Parts

_TREE = struct.Struct("<QI")  # a number that no node has had, and how many nodes there are
_NODE = struct.Struct("<QBBqqQ")  # number, is a file, is linked, accessed, modified, length
_ENTRY = struct.Struct("<HQ")  # length of the name, and number
_OPEN = struct.Struct("<IIIQqB")  # fd, how, kind, at, number or -1, has a path
_COUNT = struct.Struct("<I")
_LENGTH = struct.Struct("<H")
_HOW = How.CREATE | How.DIRECTORY | How.EXCLUSIVE | How.TRUNCATE | How.READ | How.WRITE | How.APPEND
_HOW |= How.NOFOLLOW
_LAST = (1 << 62) - 1  # more numbers than any session comes to; each fits where it is told
# What a node and its names take at most besides the bytes of files.
_NODE_BYTES = 2 * (_NODE.size + _ENTRY.size + MAX_NAME)
_OPEN_BYTES = 1 << 20


def most_bytes(max_bytes: int, max_files: int) -> int:
    """Return what no files within these limits need more of."""
    return max_bytes + (max_files + MAX_OPEN + 1) * _NODE_BYTES + _OPEN_BYTES


def encode(state: FilesState) -> bytes:
    """Return *state* as bytes."""
    tree = state.tree
    parts = [_TREE.pack(tree.next, len(tree.nodes))]
    for number, node in tree.nodes.items():
        content, entries = node.content, node.entries or {}
        length = len(entries) if content is None else content.size
        parts.append(
            _NODE.pack(
                number, content is not None, node.linked, node.accessed, node.modified, length
            )
        )
        if content is not None:
            parts.append(content.read(0, content.size))
        for name, at in entries.items():
            raw = name.encode()
            parts += (_ENTRY.pack(len(raw), at), raw)
    parts.append(_COUNT.pack(len(state.open)))
    for was in state.open:
        number = -1 if was.number is None else was.number
        has_path = was.parts is not None
        parts.append(_OPEN.pack(was.fd, was.how, was.kind, was.at, number, has_path))
        if was.parts is not None:
            parts.append(_COUNT.pack(len(was.parts)))
            for name in was.parts:
                raw = name.encode()
                parts += (_LENGTH.pack(len(raw)), raw)
    return b"".join(parts)


def decode(data: bytes, max_bytes: int, max_files: int) -> FilesState:
    """Return the state that `encode` made *data* of.

    Raises:
        SnapshotError: It is none, or has more files or bytes than it may.
    """
    try:
        reader = _Reader(data)
        state = FilesState(_tree(reader, max_bytes, max_files), ())
        return FilesState(state.tree, _opened(reader, state.tree))
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise SnapshotError(f"the files of the snapshot are damaged ({error})") from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, form: struct.Struct) -> tuple[int, ...]:
        values = form.unpack_from(self._data, self.at)
        self.at += form.size
        return values

    def bytes(self, length: int) -> bytes:
        if length > len(self._data) - self.at:
            raise ValueError("cut short")
        self.at += length
        return self._data[self.at - length : self.at]

    def name(self, length: int) -> str:
        name = self.bytes(length).decode()
        if not 0 < length <= MAX_NAME or name in (".", "..") or "/" in name or "\0" in name:
            raise ValueError("a name that is none")
        return name

    @property
    def is_at_end(self) -> bool:
        return self.at == len(self._data)


def _tree(reader: _Reader, max_bytes: int, max_files: int) -> TreeState:
    next_number, count = reader.take(_TREE)
    # Files that have lost their names while they were open do not count.
    if count > max_files + MAX_OPEN + 1:
        raise SnapshotError(f"the snapshot has more files than Limits.file_count={max_files}")
    if next_number > _LAST:
        raise ValueError("numbers that come to an end")
    nodes: dict[int, Node] = {}
    used = 0
    for _ in range(count):
        number, is_file, linked, accessed, modified, length = reader.take(_NODE)
        if number in nodes or not TOP <= number < next_number or max(is_file, linked) > 1:
            raise ValueError("a node that makes no sense")
        if accessed < 0 or modified < 0:
            raise ValueError("a time that no guest can be told")
        if is_file:
            used += length
            if used > max_bytes:
                raise SnapshotError(
                    f"the snapshot's files have more bytes than Limits.file_bytes={max_bytes}"
                )
            node = Node(None, 0, Content(reader.bytes(length)), None)
        else:
            entries: dict[str, int] = {}
            for _ in range(length):
                size, at = reader.take(_ENTRY)
                entries[reader.name(size)] = at
            if len(entries) != length:
                raise ValueError("a name that is there twice")
            node = Node(None, 0, None, entries)
        node.accessed, node.modified, node.linked = accessed, modified, bool(linked)
        nodes[number] = node
    _check(nodes)
    return TreeState(nodes, used, next_number)


def _check(nodes: dict[int, Node]) -> None:
    """Raise `ValueError` if the nodes are no tree."""
    seen = {TOP}
    level = [TOP]
    if TOP not in nodes:
        raise ValueError("there is no root")
    for _ in range(MAX_DEPTH + 2):
        level = [at for number in level for at in (nodes[number].entries or {}).values()]
        found = set(level)
        if len(found) != len(level) or not seen.isdisjoint(found) or found.difference(nodes):
            raise ValueError("a node that has two places, or none")
        seen |= found
    if any(not nodes[n].linked for n in seen):
        raise ValueError("a node that has a name, and has none")
    if level:
        raise ValueError("directories that are too deep")
    if nodes[TOP].content is not None or any(n not in seen and nodes[n].linked for n in nodes):
        raise ValueError("a node that nothing leads to")
    if any(nodes[n].entries for n in nodes if n not in seen):
        raise ValueError("a directory that nothing leads to")


def _opened(reader: _Reader, tree: TreeState) -> tuple[Descriptor, ...]:
    found: dict[int, Descriptor] = {}
    (count,) = reader.take(_COUNT)
    if count > MAX_OPEN:
        raise ValueError("too many descriptors")
    for _ in range(count):
        fd, how, kind, at, number, has_path = reader.take(_OPEN)
        parts: Parts | None = None
        if has_path:
            (names,) = reader.take(_COUNT)
            if names > 2 * MAX_DEPTH:
                raise ValueError("a path that is too long")
            parts = tuple(reader.name(*reader.take(_LENGTH)) for _ in range(names))
        is_file = kind == Kind.FILE
        node = tree.nodes.get(number)
        if (
            not ROOT < fd <= ROOT + MAX_OPEN + 1
            or fd in found
            or how & ~_HOW
            or not (is_file or kind == Kind.DIRECTORY)
            or at >= 1 << 63
            or (number != -1 and (not is_file or node is None or node.content is None))
        ):
            raise ValueError("a descriptor that makes no sense")
        found[fd] = Descriptor(fd, parts, None if number == -1 else number, how, kind, at)
    if not reader.is_at_end:
        raise ValueError("something comes after the end")
    return tuple(found.values())
