"""The file functions of WASI preview 1, over a root that is empty and read-only.

A guest's libc asks for files by these functions. Nothing was granted, so nothing is
there; what it gets is the error that a real system would give. Arguments come from the
guest: numbers may be anything, and addresses are checked by `GuestMemory`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Protocol

OK = 0
BADF, EXIST, INVAL, ISDIR, MFILE, NAMETOOLONG = 8, 20, 28, 31, 33, 37
NOENT, NOTDIR, PERM, ROFS, NOTCAPABLE = 44, 54, 63, 69, 76

ROOT = 3  # the descriptor of "/", which the guest knows from the start
_DIRECTORY = 3
_MAX_OPEN = 64
_MAX_PATH = 4096
_FDSTAT = struct.Struct("<BxH4xQQ")
_FILESTAT = struct.Struct("<8Q")
_ENTRY = struct.Struct("<QQIB3x")
_U32 = struct.Struct("<I")
_READ_DIRECTORY = 1 << 14 | 1 << 18 | 1 << 21  # rights: readdir and the two filestat_get
_CREATE, _ONLY_DIRECTORY, _EXCLUSIVE, _TRUNCATE = 1, 2, 4, 8
_RIGHT_TO_WRITE = 1 << 6


class Memory(Protocol):
    """As much of `GuestMemory` as files need."""

    def read(self, address: int, length: int) -> bytes: ...

    def write(self, address: int, data: bytes) -> None: ...


class Files:
    """What a guest's libc finds in place of a file system."""

    def __init__(self) -> None:
        self._open = {ROOT}

    def serve(self, name: str, memory: Memory, args: tuple[int, ...]) -> int:
        """Perform the function *name* with *args*; return WASI's errno."""
        function = _FUNCTIONS.get(name)
        if function is None:  # it would change something, and nothing can be changed
            return ROFS
        return function(self, memory, *args)

    def _has(self, memory: Memory, fd: int, *_: int) -> int:
        return OK if fd in self._open else BADF

    def _is_directory(self, memory: Memory, fd: int, *_: int) -> int:
        return ISDIR if fd in self._open else BADF

    def _invalid(self, memory: Memory, fd: int, *_: int) -> int:
        return INVAL if fd in self._open else BADF

    def _close(self, memory: Memory, fd: int, *_: int) -> int:
        if fd not in self._open:
            return BADF
        if fd != ROOT:
            self._open.remove(fd)
        return OK

    def _fdstat(self, memory: Memory, fd: int, to: int, *_: int) -> int:
        if fd not in self._open:
            return BADF
        memory.write(to, _FDSTAT.pack(_DIRECTORY, 0, _READ_DIRECTORY, _READ_DIRECTORY))
        return OK

    def _filestat(self, memory: Memory, fd: int, to: int, *_: int) -> int:
        if fd not in self._open:
            return BADF
        memory.write(to, _FILESTAT.pack(1, 1, _DIRECTORY, 1, 0, 0, 0, 0))
        return OK

    def _readdir(
        self, memory: Memory, fd: int, to: int, size: int, cookie: int, used: int, *_: int
    ) -> int:
        if fd not in self._open:
            return BADF
        entries = b"".join(
            _ENTRY.pack(at, 1, len(name), _DIRECTORY) + name
            for at, name in ((1, b"."), (2, b".."))
            if at > cookie
        )[:size]
        memory.write(to, entries)
        memory.write(used, _U32.pack(len(entries)))
        return OK

    def _find(self, memory: Memory, fd: int, path: int, length: int) -> int:
        """Return OK for the root itself by any of its names, or why nothing is there."""
        if fd not in self._open:
            return BADF
        if length > _MAX_PATH:
            return NAMETOOLONG
        text = memory.read(path, length)
        if text.startswith(b"/"):
            return NOTCAPABLE
        parts = [part for part in text.split(b"/") if part not in (b"", b".")]
        if not parts:
            return OK if text else NOENT
        return NOTCAPABLE if parts[0] == b".." else NOENT

    def _path_filestat(
        self, memory: Memory, fd: int, flags: int, path: int, length: int, to: int, *_: int
    ) -> int:
        return self._find(memory, fd, path, length) or self._filestat(memory, fd, to)

    def _path_readlink(self, memory: Memory, fd: int, path: int, length: int, *_: int) -> int:
        return self._find(memory, fd, path, length) or INVAL

    def _path_open(
        self,
        memory: Memory,
        fd: int,
        lookup: int,
        path: int,
        length: int,
        how: int,
        rights: int,
        inherited: int,
        flags: int,
        to: int,
    ) -> int:
        found = self._find(memory, fd, path, length)
        if found != OK:
            return ROFS if found == NOENT and how & _CREATE else found
        if how & _EXCLUSIVE:
            return EXIST
        if rights & _RIGHT_TO_WRITE or how & _TRUNCATE:
            return ISDIR
        free = next((n for n in range(ROOT + 1, ROOT + _MAX_OPEN) if n not in self._open), None)
        if free is None:
            return MFILE
        self._open.add(free)
        memory.write(to, _U32.pack(free))
        return OK


_FUNCTIONS: Mapping[str, Callable[..., int]] = {
    "fd_advise": Files._is_directory,
    "fd_close": Files._close,
    "fd_datasync": Files._has,
    "fd_fdstat_get": Files._fdstat,
    "fd_fdstat_set_flags": Files._invalid,
    "fd_filestat_get": Files._filestat,
    "fd_filestat_set_size": Files._invalid,
    "fd_pread": Files._is_directory,
    "fd_pwrite": Files._is_directory,
    "fd_read": Files._is_directory,
    "fd_readdir": Files._readdir,
    "fd_seek": Files._is_directory,
    "fd_sync": Files._has,
    "fd_tell": Files._is_directory,
    "fd_write": Files._is_directory,
    "path_filestat_get": Files._path_filestat,
    "path_open": Files._path_open,
    "path_readlink": Files._path_readlink,
}
