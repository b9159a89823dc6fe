"""What a run did to its session's files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ._content import Content
from ._nodes import TOP, TreeState
from ._volume import Parts
from ._watch import MountedChanges


class FileChanges(Mapping[str, bytes]):
    """The files that a run left created or changed: paths, and what they hold then.

    A mapping of absolute paths to bytes, which are put together when they are asked
    for. Later runs do not change it.

    Attributes:
        created, changed, deleted: Paths, sorted. Only files that were there before the
            run can be deleted.

        mounted: The same three for mounted directories. What those files hold is on the
            host, and not in the mapping. Of a run that was suspended: what it has done
            since; what it did before is told by the result of its `Suspended`.
    """

    def __init__(
        self,
        created: Mapping[str, Content],
        changed: Mapping[str, Content],
        deleted: Iterable[str],
        mounted: MountedChanges = MountedChanges(),  # noqa: B008 - it never changes
    ) -> None:
        contents = {**created, **changed}
        self._contents = {path: contents[path] for path in sorted(contents)}
        self.created: tuple[str, ...] = tuple(p for p in self._contents if p in created)
        self.changed: tuple[str, ...] = tuple(p for p in self._contents if p in changed)
        self.deleted: tuple[str, ...] = tuple(sorted(deleted))
        self.mounted = mounted

    def __getitem__(self, path: str) -> bytes:
        content = self._contents[path]
        return content.read(0, content.size)

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)

    def __bool__(self) -> bool:
        return bool(self._contents or self.deleted or any(self.mounted))

    def __repr__(self) -> str:
        told = f"created={self.created} changed={self.changed} deleted={self.deleted}"
        return f"<FileChanges {told}{f' {self.mounted}' if any(self.mounted) else ''}>"


NO_CHANGES = FileChanges({}, {}, ())


def compare(
    before: TreeState, after: TreeState, touched: Iterable[Parts], mounted: MountedChanges
) -> FileChanges:
    """Return what is different at the paths *touched*, and in mounts."""
    created, changed, deleted = {}, {}, []
    for parts in touched:
        path = "/" + "/".join(parts)
        old, new = find(before, parts), find(after, parts)
        if new is None:
            if old is not None:
                deleted.append(path)
        elif old is None:
            created[path] = new
        elif old is not new and not old.same(new):
            changed[path] = new
    if not (created or changed or deleted or any(mounted)):
        return NO_CHANGES
    return FileChanges(created, changed, deleted, mounted)


def find(state: TreeState, parts: Parts) -> Content | None:
    """Return what a file holds; None if there is no file."""
    number = TOP
    for name in parts:
        entries = state.nodes[number].entries
        found = None if entries is None else entries.get(name)
        if found is None:
            return None
        number = found
    return state.nodes[number].content
