"""Worker processes, made by forking one that is ready.

A zygote is a process with one thread that has loaded the engine and an interpreter and
has run it once; each worker is a fork of it. The host process itself is never forked:
it has threads. A zygote lives until its host ends, and its workers until it does.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

from .._errors import (
    ArtifactError,
    ConfigError,
    GuestProtocolError,
    HostExhausted,
    SandboxError,
    SessionBroken,
)
from .._locks import RLock
from .._state import PAGE, Ranges
from .._thread import start_thread
from . import _wire as wire

_START_SECONDS = 600.0  # may compile an interpreter on a slow machine
_FORK_SECONDS = 20.0
_END_SECONDS = 5.0
_TEXT = 1 << 16
# Of an unused guest's memory, kept for the next comparison: most states have the same few hundred.
_PAGES = 1 << 10
_ASKED = 1 << 8  # of them at once: others may want to fork meanwhile
_FRAMES = {
    wire.READY: _TEXT,
    wire.FAILED: _TEXT,
    wire.FORKED: 64,
    wire.WAITED: 64,
    wire.PRISTINE: _ASKED * PAGE + 64,
}

# Isolated (-I) and without site (-S): neither the environment nor the working directory
# has a say in what is imported. Where to look is what this process goes by.
_BOOTSTRAP = "import sys; sys.path[:] = sys.argv[2:]; from sandbox_wasm._worker import main; main()"
# Where a Python finds its own shared library, and what sockets need on Windows.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


class Child:
    """One worker process.

    Attributes:
        data: The socket for frames.

        control: The socket for wishes, which the worker always reads.

        pristine: As of its zygote.
    """

    def __init__(self, zygote: Zygote, pid: int, data: socket.socket, control: socket.socket):
        self.pid = pid
        self.data = data
        self.control = control
        self.control.setblocking(False)
        self._zygote = zygote
        self.pristine = zygote.pristine
        self._status: int | None = None
        # A process id stays taken until the zygote has waited for it; the descriptor
        # holds even if the zygote is gone.
        self._process = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        _children.add(self)

    def is_alive(self) -> bool:
        """Whether it has not ended; where the system does not tell, that it has not."""
        if self._process is None:
            return self._status is None
        poll = select.poll()
        poll.register(self._process, select.POLLIN)
        return not poll.poll(0)

    def kill(self) -> None:
        """End it at once; from any thread."""
        if self._status is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._process is not None:
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            elif self._zygote.is_alive():
                os.kill(self.pid, signal.SIGKILL)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used; 0 where the system does not tell."""
        if sys.platform != "linux":
            return 0.0
        try:
            return time.clock_gettime(~self.pid << 3 | 2)  # CPUCLOCK_SCHED of the kernel
        except OSError:
            return 0.0

    def wait(self) -> int:
        """Wait for a process that was killed; return its exit status, negative a signal."""
        if self._status is None:
            self._until_ended()
            self._status = self._zygote.wait(self.pid)
        return self._status

    def _until_ended(self) -> None:
        if self._process is not None:  # else the zygote waits
            poll = select.poll()
            poll.register(self._process, select.POLLIN)
            poll.poll(_END_SECONDS * 1000)

    def close(self) -> None:
        """Wait until a process that was killed has ended, and let go of it."""
        if self._status is None:
            self._until_ended()
            self._zygote.reap(self.pid)
        self.abandon()

    def abandon(self) -> None:
        """Close the descriptors; it is not killed any more, for its number may be another's."""
        _children.discard(self)
        if self._status is None:
            self._status = -signal.SIGKILL
        self.data.close()
        self.control.close()
        process, self._process = self._process, None
        if process is not None:
            os.close(process)


class Zygote:
    """The process that the workers of one interpreter and configuration are forked from.

    Attributes:
        base_bytes: Linear memory that the interpreter begins with.

    Raises:
        ConfigError: The system cannot fork processes.
        ArtifactError: The interpreter is missing or damaged.
        SessionBroken: The process cannot be started.
    """

    def __init__(self, name: str, fuel: bool) -> None:
        from .._wasm._cache import default_folder

        if not hasattr(os, "fork"):
            raise ConfigError("isolation='process' needs a system that can fork processes")
        folder = default_folder()
        self._lock = threading.Lock()
        self._pages: dict[int, bytes] = {}
        try:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                self._process = _start(theirs.fileno())
                _processes.add(self._process)
                self._link = wire.Link(ours.dup(), _FRAMES)
        except OSError as error:
            raise SessionBroken(f"no worker process can be had: {error.strerror}") from error
        try:
            self._link.socket.settimeout(_START_SECONDS)
            self._send(wire.START, name, fuel, None if folder is None else str(folder))
            (self.base_bytes,) = self._receive(wire.READY, ArtifactError)
            self._link.socket.settimeout(_FORK_SECONDS)
        except BaseException:
            self.close()
            raise

    def _send(self, operation: int, *values: Any) -> None:
        try:
            self._link.send(operation, *values)
        except OSError as error:
            raise self._gone() from error
        except BaseException:  # no memory: where the next frame begins is not known any more
            self.close()
            raise

    def _receive(
        self, expected: int, failure: type[SandboxError] = SessionBroken
    ) -> tuple[Any, ...]:
        try:
            answer, values = self._link.receive()
        except (OSError, EOFError, GuestProtocolError) as error:
            raise self._gone() from error
        except BaseException:  # as above
            self.close()
            raise
        if answer == wire.FAILED:
            raise failure(str(values[0]))
        if answer != expected:
            raise self._gone()
        return values

    def _ends(self) -> list[socket.socket]:
        """Take the two sockets that come before an answer; fewer if there is no room for them."""
        try:
            told, handles, _, _ = socket.recv_fds(self._link.socket, 1, 2)
        except OSError as error:
            raise self._gone() from error
        ends = [socket.socket(fileno=handle) for handle in handles]
        for end in ends:
            end.set_inheritable(False)
        if not told:
            raise self._gone()
        return ends

    def _gone(self) -> SessionBroken:
        self.close()
        return SessionBroken("the process that makes workers has ended")

    def is_alive(self) -> bool:
        """Whether it can make workers."""
        return self._link.socket.fileno() >= 0 and self._process.poll() is None

    def fork(self) -> Child:
        """Return a worker, which waits for what its session wishes.

        Raises:
            SessionBroken: The system has no more processes or descriptors; other workers go on.
        """
        ends: list[socket.socket] = []
        try:
            with self._lock:
                self._send(wire.FORK)
                ends = self._ends()
                (pid,) = self._receive(wire.FORKED)
        except BaseException as error:
            for end in ends:
                end.close()
            if not isinstance(error, SandboxError):  # as above
                self.close()
            raise
        try:
            if len(ends) < 2:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return Child(self, pid, *ends)
        except OSError as error:
            for end in ends:
                end.close()
            self.reap(pid)  # it ends when nobody has the other ends of its sockets
            raise SessionBroken(f"no worker process can be had: {error.strerror}") from error

    def pristine(self, ranges: Ranges) -> list[bytes] | None:
        """Return of each of *ranges* what every guest begins with there, as far as memory goes.

        None if they are not by pages, which only a worker says that was taken over, or if it
        cannot be had: the process has ended, or there are no more threads.
        """
        if any((begin | end) % PAGE for begin, end in ranges):
            return None
        wanted = [range(begin, min(end, self.base_bytes), PAGE) for begin, end in ranges]
        known = self._pages
        missing = [at for pages in wanted for at in pages if at not in known]
        if missing:
            # Whoever is interrupted in the middle would leave the answer to who asks next.
            with contextlib.suppress(HostExhausted):
                start_thread(lambda: self._learn(missing, known)).join(_FORK_SECONDS)
        if len(known) > _PAGES:
            self._pages = {}
        try:
            return [b"".join([known[at] for at in pages]) for pages in wanted]
        except KeyError:
            return None

    def _learn(self, pages: list[int], known: dict[int, bytes]) -> None:
        with contextlib.suppress(SessionBroken, MemoryError):
            for first in range(0, len(pages), _ASKED):
                asked = pages[first : first + _ASKED]
                with self._lock:
                    self._send(wire.PRISTINE, wire.packed([(at, at + PAGE) for at in asked]))
                    (data,) = self._receive(wire.PRISTINE)
                known.update((at, data[i * PAGE : (i + 1) * PAGE]) for i, at in enumerate(asked))

    def wait(self, pid: int) -> int:
        """Wait for a worker that was killed; return its exit status, negative a signal."""
        with self._lock:
            try:
                self._send(wire.WAIT, pid)
                (status,) = self._receive(wire.WAITED)
            except SessionBroken:
                return -signal.SIGKILL  # the system ends workers with their zygote
        return os.waitstatus_to_exitcode(status)

    def reap(self, pid: int) -> None:
        """Have the system forget a worker that was killed."""
        with self._lock, contextlib.suppress(SessionBroken):
            self._send(wire.REAP, pid)

    def close(self) -> None:
        """End the process and all workers that were forked from it."""
        self._link.close()
        self._process.kill()  # it has nothing to bring in order
        self._process.wait()

    def abandon(self) -> None:
        """Forget it, in a child of fork: it belongs to the parent."""
        self._lock = threading.Lock()  # another thread of the parent may have had it
        self._link.close()
        self._process.returncode = 0  # not ours to wait for


def _start(handle: int) -> subprocess.Popen[bytes]:
    executable = sys.executable
    if not executable or getattr(sys, "frozen", False):
        raise ConfigError(
            "isolation='process' needs a Python interpreter to start, and sys.executable names none"
        )
    package = str(Path(__file__).resolve().parents[2])
    # Import ignores what is no text.
    paths = [package, *(str(Path(p).absolute()) for p in sys.path if p and isinstance(p, str))]
    return subprocess.Popen(
        [executable, "-I", "-S", "-c", _BOOTSTRAP, str(handle), *dict.fromkeys(paths)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        pass_fds=(handle,),
        start_new_session=True,  # a Ctrl-C on the terminal is for the host
    )


_zygotes: dict[tuple[str, bool], Zygote] = {}
_lock = RLock()  # signal handlers may come back to it
_processes: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()
_children: weakref.WeakSet[Child] = weakref.WeakSet()


def get(name: str, fuel: bool) -> Zygote:
    """Return the zygote of that interpreter and configuration, starting it if need be."""
    with _lock:
        zygote = _zygotes.get((name, fuel))
        if zygote is not None and zygote.is_alive():
            return zygote
        _zygotes.pop((name, fuel), None)
        if zygote is not None:
            zygote.close()
        made = Zygote(name, fuel)
        zygote = _zygotes.setdefault((name, fuel), made)  # a signal handler may have been first
        if zygote is not made:
            made.close()
        return zygote


def _end() -> None:
    # Without the lock: another thread may hold it while an interpreter is compiled.
    for zygote in list(_zygotes.values()):
        zygote.close()
    for process in list(_processes):  # and those that have not started yet
        process.kill()
        process.wait()


def _after_fork() -> None:
    """Let go, in a child of fork, of all that belongs to its parent.

    An end that stays open here would hide the parent's end from the workers.
    """
    global _lock
    _lock = RLock()
    for zygote in _zygotes.values():
        zygote.abandon()
    _zygotes.clear()
    _processes.clear()
    for child in list(_children):
        child.abandon()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
