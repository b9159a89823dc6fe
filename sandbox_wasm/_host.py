"""A directory of the host as a volume: what guest code may do there, and what it has used.

Nothing but regular files and directories is ever opened.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import stat
from collections.abc import Iterable

from ._filesystem import MAX_DEPTH, Entry, Errno, FileError, How, Kind, Stat
from ._host_directory import SAFE, HostDirectory, check_kind, kind_of_entry, kind_of_mode, one_name
from ._host_file import HostHandle, Quota, times, translated
from ._volume import Parts
from ._watch import Key, Watch, key_of

_MAX_ENTRIES = 100_000  # of one directory, held for a listing
_TICK_NS = 1_000_000  # no finer than the guest's clock


class HostVolume(HostDirectory):
    """A `Volume` over a directory of the host.

    Args:
        path: The directory; links in the path itself are its owner's affair.

        quota: What may be added; None for a volume that refuses every change.

        device: Its number.

        salt: Of the numbers of files.

    Raises:
        OSError: It cannot be opened, or is no directory.

    Attributes:
        watch: What the run has changed.
    """

    def __init__(self, path: str, quota: Quota | None, device: int, salt: int = 0) -> None:
        super().__init__(path)
        self.quota = quota
        self.watch = Watch()
        self._device = device
        self._salt = salt
        self._opened: dict[tuple[int, int], int] = {}

    def begin(self, writing: Iterable[Parts]) -> None:
        """Begin a run, with these paths open to be written to: `changes` are its."""
        self.watch.begin()
        for parts in writing:
            with contextlib.suppress(FileError, OSError), self.enter(parts[:-1]) as at:
                self.watch.note(parts, key_of(self.look(at, parts[-1])))

    def changes(self) -> dict[Parts, str]:
        """Return what the run has left otherwise than it was, see `Watch.told`."""
        return self.watch.told(self._key)

    def _key(self, parts: Parts) -> Key | None:
        with contextlib.suppress(FileError, OSError), self.enter(parts[:-1]) as at:
            return key_of(self.look(at, parts[-1]))
        return None

    def _check_writable(self) -> Quota:
        if self.quota is None:
            raise FileError(Errno.ROFS)
        return self.quota

    def tell(self, found: os.stat_result) -> Stat:
        """Tell of something as a guest may know it."""
        kind = kind_of_mode(found.st_mode)
        accessed, modified = (
            max(0, when - when % _TICK_NS) for when in (found.st_atime_ns, found.st_mtime_ns)
        )
        return Stat(
            self._device,
            self._number(found.st_dev, found.st_ino),
            kind,
            found.st_nlink,
            found.st_size if kind == Kind.FILE else 0,
            accessed,
            modified,
            modified,
        )

    def _number(self, device: int, inode: int) -> int:
        """Return a number by which guest code can tell files apart, and learn nothing else."""
        return hash((self._salt, device, inode)) & ((1 << 62) - 1) | 1

    @translated
    def stat(self, parts: Parts, follow: bool = True) -> Stat:
        if not parts:
            return self.tell(os.fstat(self._root))
        with self.enter(parts[:-1]) as at:
            found = self.look(at, parts[-1])
        if follow and stat.S_ISLNK(found.st_mode):
            raise FileError(Errno.LOOP)
        return self.tell(found)

    @translated
    def list(self, parts: Parts) -> list[Entry]:
        found: list[Entry] = []
        with self.enter(parts) as at, os.scandir(at) as entries:
            device = os.fstat(at).st_dev
            for entry in entries:
                with contextlib.suppress(UnicodeDecodeError):  # no guest can name it
                    name = os.fsencode(entry.name).decode()
                    if len(found) >= _MAX_ENTRIES:
                        raise FileError(Errno.NOMEM)
                    found.append(
                        Entry(name, self._number(device, entry.inode()), kind_of_entry(entry))
                    )
        found.sort()  # a host's order is any
        return found

    # ---- files

    @translated
    def open(self, parts: Parts, how: int) -> HostHandle | None:
        if not parts:
            if how & How.CREATE and how & How.EXCLUSIVE:
                raise FileError(Errno.EXIST)
            return self._directory(how)
        with self.enter(parts[:-1]) as at:
            found = self.find(at, parts[-1])
            if found is None and how & How.CREATE:
                return self._create(at, parts, how)
            if found is None:
                raise FileError(Errno.NOENT)
            if how & How.CREATE and how & How.EXCLUSIVE:
                raise FileError(Errno.EXIST)
            check_kind(found)
            if stat.S_ISDIR(found.st_mode):
                return self._directory(how)
            if how & How.DIRECTORY:
                raise FileError(Errno.NOTDIR)
            if how & (How.WRITE | How.TRUNCATE):
                self._check_writable()
            handle = self._handle(os.open(one_name(parts[-1]), _flags(how), dir_fd=at))
        if how & (How.WRITE | How.TRUNCATE):
            self.watch.note(parts, key_of(found))
        if how & How.TRUNCATE:
            try:
                handle.truncate(0)
            except BaseException:
                handle.close()
                raise
        return handle

    @staticmethod
    def _directory(how: int) -> None:
        if how & (How.WRITE | How.CREATE | How.TRUNCATE):
            raise FileError(Errno.ISDIR)

    def _create(self, at: int, parts: Parts, how: int) -> HostHandle:
        quota = self._check_writable()
        quota.add(1)
        try:
            flags = _flags(how) | os.O_CREAT | os.O_EXCL
            handle = self._handle(os.open(one_name(parts[-1]), flags, 0o666, dir_fd=at))
        except BaseException:
            quota.add(-1)
            raise
        self.watch.note(parts, None)
        self.watch.written.add(handle.key)  # its number may be one that another had
        return handle

    def _handle(self, fd: int) -> HostHandle:
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):  # it was replaced since it was looked at
                raise FileError(Errno.ACCES)
            key = found.st_dev, found.st_ino
            self._opened[key] = self._opened.get(key, 0) + 1
            return HostHandle(self, fd, key)
        except BaseException:
            os.close(fd)
            raise

    def closed(self, key: tuple[int, int], last: os.stat_result) -> None:
        """Count a handle that is about to be closed."""
        self._opened[key] -= 1
        if not self._opened[key]:
            del self._opened[key]
            if not last.st_nlink and self.quota is not None:
                self.quota.grow(-last.st_size)
                self.watch.written.discard(key)

    def _count_removed(self, found: os.stat_result) -> None:
        """Give back what a name took that is gone; an open file is held until it is closed."""
        quota = self._check_writable()
        quota.add(-1)
        if (
            stat.S_ISREG(found.st_mode)
            and found.st_nlink == 1
            and (found.st_dev, found.st_ino) not in self._opened
        ):
            quota.grow(-found.st_size)

    @translated
    def set_times(
        self, parts: Parts, follow: bool, accessed: int | None, modified: int | None
    ) -> None:
        self._check_writable()
        if not parts:
            os.utime(self._root, ns=times(os.fstat(self._root), accessed, modified))
            return
        with self.enter(parts[:-1]) as at:
            found = self.look(at, parts[-1])
            check_kind(found)
            when = times(found, accessed, modified)
            os.utime(one_name(parts[-1]), ns=when, dir_fd=at, follow_symlinks=False)

    # ---- names

    @translated
    def make_directory(self, parts: Parts) -> None:
        with self.enter(parts[:-1]) as at:
            if self.find(at, parts[-1]) is not None:
                raise FileError(Errno.EXIST)
            quota = self._check_writable()
            if len(parts) > MAX_DEPTH:
                raise FileError(Errno.NAMETOOLONG)
            quota.add(1)
            try:
                os.mkdir(one_name(parts[-1]), 0o777, dir_fd=at)
            except BaseException:
                quota.add(-1)
                raise

    @translated
    def remove_directory(self, parts: Parts) -> None:
        with self.enter(parts[:-1]) as at:
            self.look(at, parts[-1])
            quota = self._check_writable()
            os.rmdir(one_name(parts[-1]), dir_fd=at)
            quota.add(-1)

    @translated
    def unlink(self, parts: Parts) -> None:
        with self.enter(parts[:-1]) as at:
            found = self.look(at, parts[-1])
            if stat.S_ISDIR(found.st_mode):
                raise FileError(Errno.ISDIR)
            self._check_writable()
            os.unlink(one_name(parts[-1]), dir_fd=at)
            self.watch.note(parts, key_of(found))
            self.watch.unlinked(parts, found)
            self._count_removed(found)

    @translated
    def rename(self, old: Parts, new: Parts) -> None:
        with self.enter(old[:-1]) as source, self.enter(new[:-1]) as target:
            found = self.look(source, old[-1])
            replaced = self.find(target, new[-1])
            self._check_writable()
            if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
                # A relative link leads elsewhere from elsewhere, perhaps out of the mount.
                raise FileError(Errno.PERM)
            moved: dict[Parts, Key | None] = {(): key_of(found)}
            if stat.S_ISDIR(found.st_mode) and new[: len(old)] != old:
                moved = self._below(old, len(new))
            os.rename(one_name(old[-1]), one_name(new[-1]), src_dir_fd=source, dst_dir_fd=target)
            if replaced is not None and os.path.samestat(found, replaced):
                return  # two names of one file, of which the system leaves both
            for below, key in moved.items():
                self.watch.note((*old, *below), key)
                self.watch.note((*new, *below), None if below else key_of(replaced))
                self.watch.moved((*old, *below))
            if replaced is not None:
                self._count_removed(replaced)

    def _below(self, parts: Parts, depth: int) -> dict[Parts, Key | None]:
        """Return the files below a directory that is to be moved, by their paths from there.

        Refuses what would be too deep then, or has links that would lead elsewhere.
        """
        found: dict[Parts, Key | None] = {}
        rest: builtins.list[Parts] = [()]
        seen, is_same_depth = 0, depth == len(parts)
        while rest:
            below = rest.pop()
            with self.enter((*parts, *below)) as at, os.scandir(at) as entries:
                device = os.fstat(at).st_dev
                for entry in entries:
                    kind, seen = kind_of_entry(entry), seen + 1
                    is_plain = kind in (Kind.FILE, Kind.DIRECTORY)
                    if seen > _MAX_ENTRIES or not (is_plain or is_same_depth):
                        raise FileError(Errno.PERM)
                    if depth + len(below) + 1 > MAX_DEPTH and not is_same_depth:
                        raise FileError(Errno.NAMETOOLONG)
                    with contextlib.suppress(UnicodeDecodeError):  # no guest can name it
                        place = (*below, os.fsencode(entry.name).decode())
                        if kind == Kind.DIRECTORY:
                            rest.append(place)
                        elif kind == Kind.FILE:
                            found[place] = (device, entry.inode())
        return found


def _flags(how: int) -> int:
    if how & How.WRITE or how & How.TRUNCATE:
        return SAFE | (os.O_RDWR if how & How.READ or not how & How.WRITE else os.O_WRONLY)
    return SAFE | os.O_RDONLY
