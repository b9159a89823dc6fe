"""Compiled modules on disk, so that an interpreter is compiled once per machine.

A compiled module is machine code that runs with all the rights of this process,
so an entry is used only if nobody else could have written it: the folder belongs
to this user and to nobody else, and beside the module lies its seal, the keyed hash
of its content. Where that does not hold, the module is compiled anew; that is never
an error, and the old one is never loaded. An entry is checked once for each engine
configuration of a process.

Reading and hashing 40 MB takes 60 ms, so a full check leaves a second keyed hash in the
seal, of the file's identity: device, inode, owner, mode, size, and the times of its last
change. While that holds, the content is not read. It is as good as the full check against
everybody but this user, because only the kernel sets the time of change (ctime), every
write and every change of owner or mode sets it, and a file that was put in its place has
another inode. A clock has its grain, though: a write within the same tick would leave
ctime as it was. So an identity is noted only of a file that had not changed for two
seconds, by the clock of the same file system, before the check began.

What neither check stops is code that runs as this user already, and, as with any program
or library of the system, a disk that gives back other bytes than it was given.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

from ._lock import locked
from ._prune import entries, note_use, prune

_log = logging.getLogger("sandbox_wasm")

_SEAL_BYTES = 32
_SETTLED_NS = 2_000_000_000
# How file systems say that they have no hard links: FAT, and many that others are mounted by.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}

# Seconds to wait for another process that compiles the same; then this one compiles, too.
_PATIENCE = 120.0


class ModuleCache:
    """Compiled modules in one folder.

    Args:
        folder: Where; made with mode 0700 if it is missing. None keeps nothing
            on disk.

        suffix: Of the files' names.
    """

    def __init__(self, folder: Path | None, suffix: str = "cwasm") -> None:
        self._folder = folder
        self._suffix = suffix

    def get(self, key: str, compile: Callable[[], bytes]) -> Path | bytes:
        """Return the compiled module of *key*, compiling it if need be.

        A path is better, because the engine maps the file and shares its pages;
        the module itself comes back where nothing can be kept on disk.
        """
        folder = self._usable_folder()
        secret = self._secret(folder) if folder else None
        if folder is None or secret is None:
            return compile()
        path, seal = self._files(folder, key)
        if self._is_sound(folder, secret, key):
            note_use(seal)
            return path
        with locked(path.with_suffix(".lock"), _PATIENCE):
            # Another process may have compiled it meanwhile.
            if self._is_sound(folder, secret, key):
                return path
            if path.exists():
                _log.warning("%s was altered or cut short: compiling anew", path)
            module = compile()
            try:
                # A seal that does not belong to its module is one that does not hold.
                _write_new(path, module)
                _write_new(seal, _seal(secret, key, module))
            except OSError as error:
                _log.info("%s cannot be written (%s)", path, error.strerror)
                return module
        prune(folder)
        return path

    def is_usable(self) -> bool:
        """Return whether modules can be kept."""
        folder = self._usable_folder()
        return folder is not None and self._secret(folder) is not None

    def size(self) -> tuple[int, int]:
        """Return how many modules are kept, and their bytes."""
        kept = entries(self._folder) if self._folder else []
        return len(kept), sum(entry.size for entry in kept)

    def has(self, key: str) -> bool:
        """Return whether the compiled module of *key* is there and can be trusted."""
        folder = self._usable_folder()
        secret = self._secret(folder) if folder else None
        return folder is not None and secret is not None and self._is_sound(folder, secret, key)

    def _usable_folder(self) -> Path | None:
        return private_folder(self._folder)

    def _secret(self, folder: Path) -> bytes | None:
        """Return this folder's key, making one the first time."""
        path = folder / "key"
        try:
            if not path.exists():
                _write_new(path, os.urandom(32), keep=True)
            if not _is_private(path, stat.S_ISREG):
                _log.warning("%s is not private to this user: compiled modules are not kept", path)
                return None
            secret = path.read_bytes()
        except OSError as error:
            _log.info("%s cannot be used (%s): compiled modules are not kept", path, error.strerror)
            return None
        return secret if len(secret) == 32 else None

    def _files(self, folder: Path, key: str) -> tuple[Path, Path]:
        """Return the module of *key*, and its seal."""
        name = hashlib.sha256(key.encode()).hexdigest()
        return folder / f"{name}.{self._suffix}", folder / f"{name}.seal"

    def _is_sound(self, folder: Path, secret: bytes, key: str) -> bool:
        path, seal = self._files(folder, key)
        try:
            if not (_is_private(path, stat.S_ISREG) and _is_private(seal, stat.S_ISREG)):
                return False
            sealed = seal.read_bytes()
            content, identity = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
            now = _identity(secret, key, path, content)
            if now and hmac.compare_digest(identity, now):
                return True
            clock = _clock(path.parent) if now else None
            if not hmac.compare_digest(content, _seal(secret, key, path.read_bytes())):
                return False
            if clock is not None and clock - path.lstat().st_ctime_ns >= _SETTLED_NS:
                # The identity from before it was read: a change since then must show.
                with contextlib.suppress(OSError):
                    _write_new(seal, content + now)
        except OSError:
            return False
        return True


def private_folder(folder: Path | None) -> Path | None:
    """Return *folder*, made if it is missing; None if it is not this user's alone."""
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(folder, stat.S_ISDIR):
            _log.warning("%s is not private to this user: nothing is kept in it", folder)
            return None
    except OSError as error:
        _log.info("%s cannot be used (%s): nothing is kept in it", folder, error.strerror)
        return None
    return folder


def _seal(secret: bytes, key: str, data: bytes) -> bytes:
    return hashlib.blake2b(
        data, key=secret, digest_size=_SEAL_BYTES, person=_digest16(key)
    ).digest()


def _identity(secret: bytes, key: str, path: Path, content: bytes) -> bytes:
    """Return the keyed hash of which file this is and when it changed; empty if no time tells."""
    if os.name != "posix":  # there ctime is the time of making
        return b""
    info = path.lstat()
    facts = (
        *(info.st_dev, info.st_ino, info.st_mode, info.st_uid, info.st_size),
        *(info.st_mtime_ns, info.st_ctime_ns, content.hex()),
    )
    return _seal(secret, f"identity of {key}", repr(facts).encode())


def _clock(folder: Path) -> int | None:
    """Return the time by the clock of *folder*'s file system, in nanoseconds; None if read-only."""
    import tempfile  # which imports a good deal, and is rarely needed

    try:
        handle, name = tempfile.mkstemp(prefix=".new-", dir=folder)
    except OSError:
        return None
    try:
        return os.fstat(handle).st_ctime_ns
    finally:
        os.close(handle)
        os.unlink(name)


def _digest16(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]


def _is_private(path: Path, kind: Callable[[int], bool]) -> bool:
    """Return whether *path* is of that kind, no link, and this user's alone."""
    info = path.lstat()
    if not kind(info.st_mode):
        return False
    if os.name != "posix":  # the user's profile folder is private by its own rules
        return True
    return info.st_uid == os.geteuid() and not info.st_mode & 0o022


def _write_new(path: Path, data: bytes, keep: bool = False) -> None:
    """Write a file whole or not at all, also beside others that do the same.

    With *keep*, a file that another has written meanwhile stays.
    """
    import tempfile  # which imports a good deal, and is rarely needed

    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if not keep:
            os.replace(name, path)
            return
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.replace(name, path)  # the last one stays, as whole as any
            return
        os.unlink(name)
    except BaseException:
        if os.path.exists(name):
            os.unlink(name)
        raise


def default_folder() -> Path | None:
    """Return the folder that this user's caches lie in, or None without one.

    ``SANDBOX_WASM_CACHE`` names another; empty, it keeps nothing on disk.
    """
    named = os.environ.get("SANDBOX_WASM_CACHE")
    if named is not None:
        return Path(named).absolute() if named else None
    import platformdirs

    return platformdirs.user_cache_path("sandbox-wasm", appauthor=False)
