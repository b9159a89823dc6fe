"""The file functions of WASI preview 1, between a guest's memory and a `FileSystem`.

A guest's libc asks for files by these functions. Arguments come from the guest: numbers
may be anything, addresses are checked by `GuestMemory`, and lengths are bounded here
before anything is made of them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Protocol

from ._filesystem import MAX_IO, MAX_PATH, NOW, Errno, FileError, FileSystem, How, Kind, Stat

Args = tuple[int, ...]  # nine of them; a function looks at as many as it has

_MAX_SPANS = 512  # a page of them
_SPAN = struct.Struct("<2I")
_FDSTAT = struct.Struct("<BxH4xQQ")
_FILESTAT = struct.Struct("<8Q")
_ENTRY = struct.Struct("<QQIB3x")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_ENTRIES = 512  # that are asked for at a time

_RIGHTS = (1 << 30) - 1
_RIGHT_TO_READ = 1 << 1
_RIGHT_TO_WRITE = 1 << 6
_FLAG_APPEND, _FLAGS = 1, 31
_LOOKUP_FOLLOW = 1
_LAST_ADVICE = 5
_LAST_HOW = How.CREATE | How.DIRECTORY | How.EXCLUSIVE | How.TRUNCATE
_ACCESSED, _ACCESSED_NOW, _MODIFIED, _MODIFIED_NOW = 1, 2, 4, 8


class Memory(Protocol):
    """As much of `GuestMemory` as files need."""

    def read(self, address: int, length: int) -> bytes: ...

    def write(self, address: int, data: bytes) -> None: ...

    def unpack(self, form: struct.Struct, address: int) -> tuple[int, ...]: ...

    def pack(self, form: struct.Struct, address: int, *values: int) -> None: ...


FileFunction = Callable[[FileSystem, Memory, Args], "Stat | None"]


def _spans(memory: Memory, at: int, count: int) -> list[tuple[int, int]]:
    """Read where data lies; no more of it than is moved at a time."""
    if count > _MAX_SPANS:
        raise FileError(Errno.INVAL)
    spans, left = [], MAX_IO
    for address, length in _SPAN.iter_unpack(memory.read(at, count * _SPAN.size)):
        spans.append((address, min(length, left)))
        left -= min(length, left)
    return spans


def _path(memory: Memory, at: int, length: int) -> str:
    if length >= MAX_PATH:
        raise FileError(Errno.NAMETOOLONG)
    try:
        path = memory.read(at, length).decode()
    except UnicodeDecodeError:
        raise FileError(Errno.ILSEQ) from None
    if "\0" in path:
        raise FileError(Errno.INVAL)
    return path


def _times(accessed: int, modified: int, flags: int) -> tuple[int | None, int | None]:
    if flags & 3 == 3 or flags & 12 == 12 or flags > 15:
        raise FileError(Errno.INVAL)
    return (
        accessed if flags & _ACCESSED else NOW if flags & _ACCESSED_NOW else None,
        modified if flags & _MODIFIED else NOW if flags & _MODIFIED_NOW else None,
    )


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _position(value: int) -> int:
    if value >> 63:
        raise FileError(Errno.INVAL)
    return value


def _gather(memory: Memory, spans: int, count: int) -> bytes:
    if count == 1:  # as nearly always
        address, length = memory.unpack(_SPAN, spans)
        return memory.read(address, min(length, MAX_IO))
    places = _spans(memory, spans, count)
    return b"".join([memory.read(address, length) for address, length in places])


def _scatter(memory: Memory, places: list[tuple[int, int]], data: bytes) -> None:
    at = 0
    for address, length in places:
        memory.write(address, data[at : at + length])
        at += length


# ---- descriptors


def _fd_advise(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, _, _, advice = args[:4]
    files.describe(fd)
    if advice > _LAST_ADVICE:
        raise FileError(Errno.INVAL)


def _fd_close(files: FileSystem, memory: Memory, args: Args) -> None:
    files.close(args[0])


def _fd_sync(files: FileSystem, memory: Memory, args: Args) -> None:
    files.sync(args[0])


def _fd_fdstat_get(files: FileSystem, memory: Memory, args: Args) -> None:
    kind, how = files.describe(args[0])
    rights = _RIGHTS
    if kind != Kind.DIRECTORY:
        if not how & How.READ:
            rights &= ~_RIGHT_TO_READ
        if not how & How.WRITE:
            rights &= ~_RIGHT_TO_WRITE
    flags = _FLAG_APPEND if how & How.APPEND else 0
    memory.pack(_FDSTAT, args[1], kind, flags, rights, rights)


def _fd_fdstat_set_flags(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, flags = args[:2]
    if flags > _FLAGS:
        raise FileError(Errno.INVAL)
    files.set_append(fd, bool(flags & _FLAG_APPEND))


def _fd_filestat_get(files: FileSystem, memory: Memory, args: Args) -> None:
    memory.pack(_FILESTAT, args[1], *files.stat(args[0]))


def _fd_filestat_set_size(files: FileSystem, memory: Memory, args: Args) -> None:
    files.truncate(args[0], _position(args[1]))


def _fd_filestat_set_times(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, accessed, modified, which = args[:4]
    files.set_times(fd, *_times(accessed, modified, which))


def _fd_read(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, spans, count, to = args[:4]
    if count == 1:  # as nearly always
        address, length = memory.unpack(_SPAN, spans)
        data = files.read(fd, min(length, MAX_IO))
        memory.pack(_U32, to, len(data))
        memory.write(address, data)
        return
    places = _spans(memory, spans, count)
    data = files.read(fd, sum([length for _, length in places]))
    memory.pack(_U32, to, len(data))
    _scatter(memory, places, data)


def _fd_pread(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, spans, count, at, to = args[:5]
    places = _spans(memory, spans, count)
    data = files.pread(fd, sum([length for _, length in places]), _position(at))
    memory.pack(_U32, to, len(data))
    _scatter(memory, places, data)


def _fd_write(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, spans, count, to = args[:4]
    memory.pack(_U32, to, files.write(fd, _gather(memory, spans, count)))


def _fd_pwrite(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, spans, count, at, to = args[:5]
    at = _position(at)
    memory.pack(_U32, to, files.pwrite(fd, _gather(memory, spans, count), at))


def _fd_readdir(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, to, size, cookie, used = args[:5]
    packed = bytearray()
    while len(packed) < size:
        entries = files.list(fd, cookie, _ENTRIES)
        if not entries:
            break
        for name, inode, kind in entries:
            cookie += 1
            text = name.encode()
            packed += _ENTRY.pack(cookie, inode, len(text), kind) + text
            if len(packed) >= size:
                break
    # The last entry may be cut off; that is how a guest sees that there is more.
    memory.write(to, bytes(packed[:size]))
    memory.pack(_U32, used, min(len(packed), size))


def _fd_seek(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, offset, whence, to = args[:4]
    memory.pack(_U64, to, files.seek(fd, _signed(offset), whence))


def _fd_tell(files: FileSystem, memory: Memory, args: Args) -> None:
    memory.pack(_U64, args[1], files.seek(args[0], 0, 1))


# ---- paths


def _path_create_directory(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, path, length = args[:3]
    files.make_directory(fd, _path(memory, path, length))


def _path_filestat_get(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, lookup, path, length, to = args[:5]
    stat = files.stat_path(fd, _path(memory, path, length), bool(lookup & _LOOKUP_FOLLOW))
    memory.pack(_FILESTAT, to, *stat)


def _path_filestat_set_times(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, lookup, path, length, accessed, modified, which = args[:7]
    times = _times(accessed, modified, which)
    follow = bool(lookup & _LOOKUP_FOLLOW)
    files.set_times_path(fd, _path(memory, path, length), follow, *times)


def _path_link(files: FileSystem, memory: Memory, args: Args) -> None:
    _, _, _, _, fd, path, length = args[:7]
    files.make_link(fd, _path(memory, path, length))


def _path_open(files: FileSystem, memory: Memory, args: Args) -> Stat:
    fd, lookup, path, length, how, rights, _, flags, to = args
    if how > _LAST_HOW or flags > _FLAGS:
        raise FileError(Errno.INVAL)
    if not lookup & _LOOKUP_FOLLOW:
        how |= How.NOFOLLOW
    if rights & _RIGHT_TO_READ:
        how |= How.READ
    if rights & _RIGHT_TO_WRITE:
        how |= How.WRITE
    if flags & _FLAG_APPEND:
        how |= How.APPEND
    opened, stat = files.open(fd, _path(memory, path, length), how)
    memory.pack(_U32, to, opened)
    return stat


def _path_readlink(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, path, length, to, size, used = args[:6]
    target = files.read_link(fd, _path(memory, path, length)).encode()[:size]
    memory.write(to, target)
    memory.pack(_U32, used, len(target))


def _path_remove_directory(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, path, length = args[:3]
    files.remove_directory(fd, _path(memory, path, length))


def _path_rename(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, path, length, to, target, target_length = args[:6]
    old, new = _path(memory, path, length), _path(memory, target, target_length)
    files.rename(fd, old, to, new)


def _path_symlink(files: FileSystem, memory: Memory, args: Args) -> None:
    _, _, fd, path, length = args[:5]
    files.make_link(fd, _path(memory, path, length))


def _path_unlink_file(files: FileSystem, memory: Memory, args: Args) -> None:
    fd, path, length = args[:3]
    files.unlink(fd, _path(memory, path, length))


# By name. Each raises `FileError` for WASI's errno; one that opens tells what it has opened.
FUNCTIONS: Mapping[str, FileFunction] = {
    "fd_datasync": _fd_sync,
    **{
        function.__name__[1:]: function
        for function in (
            _fd_advise,
            _fd_close,
            _fd_fdstat_get,
            _fd_fdstat_set_flags,
            _fd_filestat_get,
            _fd_filestat_set_size,
            _fd_filestat_set_times,
            _fd_pread,
            _fd_pwrite,
            _fd_read,
            _fd_readdir,
            _fd_seek,
            _fd_sync,
            _fd_tell,
            _fd_write,
            _path_create_directory,
            _path_filestat_get,
            _path_filestat_set_times,
            _path_link,
            _path_open,
            _path_readlink,
            _path_remove_directory,
            _path_rename,
            _path_symlink,
            _path_unlink_file,
        )
    },
}
