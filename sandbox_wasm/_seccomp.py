"""A filter of system calls for a worker process on Linux.

The kernel runs the filter, a program of a few dozen instructions, before each system
call. What is not on the list fails with EPERM: a C library that tries something new
goes on without it. A call by another processor's convention ends the process.

Written out here because what packages offer needs libseccomp on the system, and because
a list of numbers and six kinds of instructions are read more quickly than a binding.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

# From linux/bpf_common.h, linux/seccomp.h and linux/audit.h.
_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_END_PROCESS = 0x80000000
_NUMBER_AT, _PROCESSOR_AT, _ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data
_INSTRUCTION = struct.Struct("=HBBI")
_SET_FILTER, _ALL_THREADS = 1, 1
_EXECUTABLE = 4  # PROT_EXEC


class Processor(NamedTuple):
    """How a processor names system calls: its audit number, that of seccomp(2), the list."""

    audit: int
    seccomp: int
    calls: Mapping[str, int]


# What a worker needs once its guest is made: its two sockets, memory that cannot be
# executed, locks, clocks, and its end. No file, process, socket or signal can be made.
# fmt: off
PROCESSORS = {
    "x86_64": Processor(0xC000003E, 317, {
        "read": 0, "write": 1, "close": 3, "poll": 7, "mmap": 9, "mprotect": 10, "munmap": 11,
        "brk": 12, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "pread64": 17,
        "sched_yield": 24, "mremap": 25,
        "madvise": 28, "nanosleep": 35, "getpid": 39, "sendto": 44, "recvfrom": 45, "exit": 60,
        "gettimeofday": 96, "getrusage": 98, "sigaltstack": 131, "gettid": 186, "futex": 202,
        "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228,
        "clock_nanosleep": 230, "exit_group": 231, "ppoll": 271, "getrandom": 318,
        "membarrier": 324, "rseq": 334,
    }),
    "aarch64": Processor(0xC00000B7, 277, {
        "read": 63, "write": 64, "close": 57, "mmap": 222, "mprotect": 226, "munmap": 215,
        "brk": 214, "rt_sigprocmask": 135, "rt_sigreturn": 139, "sched_yield": 124,
        "mremap": 216, "madvise": 233, "nanosleep": 101, "getpid": 172, "sendto": 206,
        "recvfrom": 207, "exit": 93, "gettimeofday": 169, "getrusage": 165, "ioctl": 29,
        "pread64": 67, "sigaltstack": 132, "gettid": 178,
        "futex": 98, "sched_getaffinity": 123, "restart_syscall": 128, "clock_gettime": 113,
        "clock_nanosleep": 115, "exit_group": 94, "ppoll": 73, "getrandom": 278,
        "membarrier": 283, "rseq": 293,
    }),
}
# fmt: on
_NOT_EXECUTABLE = ("mmap", "mprotect")  # their third argument is the protection
# The one request of ioctl that passes, on a file of this process's own: which pages of
# memory were written to (PAGEMAP_SCAN of linux/fs.h).
_SCAN_PAGES = 0xC0606610


def program(processor: Processor) -> bytes:
    """Return the filter for that processor, as the kernel reads it."""
    return b"".join(_INSTRUCTION.pack(*step) for step in _steps(processor))


def _steps(processor: Processor) -> Iterable[tuple[int, int, int, int]]:
    """Yield instructions: operation, steps to skip if so and if not, operand."""
    yield _LOAD, 0, 0, _PROCESSOR_AT
    yield _IF_EQUAL, 1, 0, processor.audit
    yield _RETURN, 0, 0, _END_PROCESS
    yield _LOAD, 0, 0, _NUMBER_AT
    for name, number in processor.calls.items():
        if name in _NOT_EXECUTABLE:
            yield _IF_EQUAL, 0, 4, number
            yield _LOAD, 0, 0, _ARGUMENTS_AT + 2 * 8  # the low half: both are little-endian
            yield _IF_ANY_BIT, 0, 1, _EXECUTABLE
            yield _RETURN, 0, 0, _REFUSE
            yield _RETURN, 0, 0, _ALLOW
        elif name == "ioctl":
            yield _IF_EQUAL, 0, 4, number
            yield _LOAD, 0, 0, _ARGUMENTS_AT + 8
            yield _IF_EQUAL, 1, 0, _SCAN_PAGES
            yield _RETURN, 0, 0, _REFUSE
            yield _RETURN, 0, 0, _ALLOW
        else:
            yield _IF_EQUAL, 0, 1, number
            yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _REFUSE


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))


@functools.cache  # each makes classes of its own, which takes longer than what is called
def libc() -> ctypes.CDLL:
    """Return the C library, which keeps the number of the last error."""
    return ctypes.CDLL(None, use_errno=True)


@functools.cache
def prepare() -> tuple[int, bytes]:
    """Return the number of seccomp(2) and the filter for this machine.

    Raises:
        OSError: There is no list for this processor.
    """
    processor = PROCESSORS.get(platform.machine())
    if processor is None or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    return processor.seccomp, program(processor)


def install() -> None:
    """Filter the system calls of all threads of this process, from now on.

    Raises:
        OSError: The kernel has no such filter, or there is no list for this processor.
    """
    number, code = prepare()
    buffer = ctypes.create_string_buffer(code, len(code))
    filter = _Program(len(code) // _INSTRUCTION.size, ctypes.addressof(buffer))
    result = libc().syscall(
        ctypes.c_long(number),
        ctypes.c_uint(_SET_FILTER),
        ctypes.c_uint(_ALL_THREADS),
        ctypes.byref(filter),
    )
    if result:  # an error, or the thread that could not be filtered
        fault = ctypes.get_errno() or errno.ESRCH
        raise OSError(fault, os.strerror(fault))
