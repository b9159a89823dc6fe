"""What a worker process gives up before guest code runs in it.

Behind the wall of WebAssembly this is a second one: a guest that breaks out by a flaw of
the engine finds a process without files, network, children, rights or secrets. Each
protection is tried by itself, and what could not be applied is reported with the reason
(``sandbox-wasm doctor``); a worker is isolated by being a process in any case.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from . import _seccomp

if sys.platform != "win32":
    import resource  # not later: by then no file can be opened

# From linux/prctl.h, linux/capability.h and linux/landlock.h.
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 1, 4, 38
_CAPABILITY_VERSION = 0x20080522
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_RULESET_VERSION = 1
# Rights to files that each version of Landlock knows, by number of bits.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_MOST_FILE_RIGHTS = 16
_NETWORK_RIGHTS = 0b11  # bind and connect of TCP
_SCOPES = 0b11  # abstract sockets, and signals, of processes outside

# Kept, because a type of an array is made anew for each that is asked for.
_Header, _Sets, _Ruleset = ctypes.c_uint32 * 2, ctypes.c_uint32 * 6, ctypes.c_uint64 * 3

# For the worker's own objects, and for values on their way.
_SLACK_BYTES = 256 << 20
_MOST_DESCRIPTORS = 1 << 20
_LINUX = sys.platform == "linux"


class Protection(NamedTuple):
    """One thing that a worker gives up.

    Attributes:
        name: In a word or two.

        applied: Whether it is in force.

        detail: What it is, or why it is not.
    """

    name: str
    applied: bool
    detail: str


def _must(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _prctl(option: int, value: int) -> None:
    _must(_seccomp.libc().prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3))


def _end_with_parent() -> str:
    _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    return "the system ends the worker with the process that it was forked from"


def _no_new_privileges() -> str:
    _prctl(_SET_NO_NEW_PRIVILEGES, 1)
    return "no program that it starts has more rights"


def _not_dumpable() -> str:
    _prctl(_SET_DUMPABLE, 0)
    return "no other process of this user may look into it, and it writes no core file"


def _no_capabilities() -> str:
    header = _Header(_CAPABILITY_VERSION, 0)
    _must(_seccomp.libc().capset(header, _Sets()))
    return "nothing of what root may do"


def landlock_version() -> int:
    """Return the version of Landlock that the kernel has.

    Raises:
        OSError: It has none, or it is switched off.
    """
    call = ctypes.c_long(_CREATE_RULESET)
    none, size, flags = ctypes.c_void_p(None), ctypes.c_size_t(0), ctypes.c_uint32(_RULESET_VERSION)
    return _must(_seccomp.libc().syscall(call, none, size, flags))


def _no_files() -> str:
    version = landlock_version()
    files = (1 << _FILE_RIGHTS.get(version, _MOST_FILE_RIGHTS)) - 1
    ruleset = _Ruleset(files, _NETWORK_RIGHTS, _SCOPES)
    words = 1 if version < 4 else 2 if version < 6 else 3
    libc = _seccomp.libc()
    size = ctypes.c_size_t(8 * words)
    handle = _must(libc.syscall(ctypes.c_long(_CREATE_RULESET), ruleset, size, ctypes.c_uint32(0)))
    try:
        _must(libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(handle), ctypes.c_uint32(0)))
    finally:
        os.close(handle)
    return f"no file can be opened, no TCP connection made (Landlock {version})"


def _filter_calls() -> str:
    _seccomp.install()
    return "no system calls but a few dozen, and no new executable memory"


def prepare() -> None:
    """Have at hand what takes longer to make than to use, before workers are forked."""
    if _LINUX:
        libc = _seccomp.libc()
        _ = libc.prctl, libc.capset, libc.syscall  # which it keeps
        with contextlib.suppress(OSError):  # which is told when it is to be installed
            _seccomp.prepare()


class Lockdown:
    """A worker's way to fewer rights.

    Attributes:
        protections: What was given up so far, and what could not be.
    """

    def __init__(self) -> None:
        self.protections: list[Protection] = []
        prepare()
        # Files cannot be opened later.
        self._sizes = os.open("/proc/self/statm", os.O_RDONLY) if _LINUX else -1

    def begin(self) -> None:
        """Give up what threads inherit: on the main thread, while it is the only one."""
        if not _LINUX:
            self._apply("Linux", _refuse(f"{sys.platform} has none of its protections"))
            return
        self._apply("end with the host", _end_with_parent)
        self._apply("no new privileges", _no_new_privileges)
        self._apply("not dumpable", _not_dumpable)
        self._apply("no capabilities", _no_capabilities)
        self._apply("no files", _no_files)

    def close_others(self, keep: set[int]) -> None:
        """Close all descriptors but *keep*, and 0 to 2, which lead nowhere."""
        self._apply("no descriptors", lambda: _close_others({*keep, self._sizes} - {-1}))

    def finish(self, memory_bytes: int) -> None:
        """Give up what it takes to make a guest, once that is made; for all threads.

        Args:
            memory_bytes: What the guest may allocate.
        """
        self._apply("resource limits", lambda: self._limit_resources(memory_bytes))
        if _LINUX:
            self._apply("system calls", _filter_calls)

    def _apply(self, name: str, step: Callable[[], str]) -> None:
        try:
            protection = Protection(name, True, step())
        except (OSError, AttributeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            protection = Protection(name, False, reason)
        self.protections.append(protection)

    def _limit_resources(self, memory_bytes: int) -> str:
        if sys.platform == "win32":
            raise OSError(0, "Windows has no such limits")
        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_NOFILE: 1,  # and that one is taken
        }
        if _LINUX:
            # Linear memory is reserved at once; as it grows within that, it counts as data.
            size, _, _, _, _, data, _ = map(int, os.read(self._sizes, 200).split())
            os.close(self._sizes)
            page = resource.getpagesize()
            limits[resource.RLIMIT_AS] = size * page + _SLACK_BYTES
            limits[resource.RLIMIT_DATA] = data * page + memory_bytes + _SLACK_BYTES
        for which, value in limits.items():
            _, hard = resource.getrlimit(which)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (value, value))
        return "no core file, file, child or further descriptor; memory by the session's limit"


def _refuse(reason: str) -> Callable[[], str]:
    def step() -> str:
        raise OSError(0, reason)

    return step


def _close_others(keep: Iterable[int]) -> str:
    low = 3
    for each in sorted(keep):
        os.closerange(low, each)
        low = each + 1
    os.closerange(low, _MOST_DESCRIPTORS)
    return "nothing is open but the session's sockets"
