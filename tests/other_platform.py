"""Uses the package in a Python that has only what Python has on another system.

    python tests/other_platform.py win32|darwin

Run by test_platforms.py, in a process of its own. What is missing there is taken away: modules,
functions and constants of the standard library, after the packages that we depend on were
imported, which have code of their own for each system. It shows what would fail at import or at
first use for want of something; it cannot show how that system itself behaves. Prints a line of
JSON for each thing that was tried.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import importlib.abc
import json
import mmap
import multiprocessing
import os
import pathlib
import pkgutil
import select
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import tempfile
import types
from collections.abc import Callable
from typing import Any

import click.testing
import platformdirs
import pydantic
import wasmtime

LOADED = (asyncio, ctypes, multiprocessing, platformdirs, pydantic, ssl, subprocess, wasmtime)

MODULES = {"win32": {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "termios"}}
MODULES["win32"].add("tty")
NAMES: dict[str, dict[types.ModuleType, str]] = {
    "win32": {
        os: "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_PATH WEXITSTATUS WIFSIGNALED WNOHANG"
        " WTERMSIG chown fchdir fork geteuid getgid getpgid getuid killpg memfd_create mkfifo"
        " openpty pidfd_open posix_spawn pread pwrite readv register_at_fork sched_getaffinity"
        " sched_setaffinity sendfile setsid statvfs sysconf uname waitid writev",
        signal: "ITIMER_REAL SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGUSR1 SIG_BLOCK"
        " SIG_SETMASK SIG_UNBLOCK alarm pause pidfd_send_signal pthread_kill pthread_sigmask"
        " setitimer siginterrupt sigwait",
        socket: "AF_UNIX SCM_RIGHTS recv_fds send_fds",
        select: "epoll poll",
        mmap: "MAP_ANONYMOUS MAP_PRIVATE MAP_SHARED PROT_READ PROT_WRITE",
    },
    "darwin": {
        os: "O_PATH memfd_create pidfd_open sched_getaffinity sched_setaffinity",
        signal: "pidfd_send_signal sigtimedwait",
        select: "epoll",
    },
}


class Missing(importlib.abc.MetaPathFinder):
    """Has an import of the modules that are not there fail."""

    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def become(system: str) -> None:
    """Take away what *system* does not have, and say that this is it."""
    sys.platform = system
    for name in MODULES.get(system, ()):
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Missing(MODULES.get(system, set())))
    for module, names in NAMES[system].items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    if system == "win32":
        os.name = "nt"
        for paths in (pathlib, sys.modules.get("pathlib._local")):
            if paths is not None:
                paths.WindowsPath = pathlib.PosixPath  # type: ignore[attr-defined]


def imports() -> list[str]:
    """Import every module; return those that failed for another reason than a missing extra."""
    import sandbox_wasm

    failed = []
    for found in pkgutil.walk_packages(sandbox_wasm.__path__, "sandbox_wasm.", lambda name: None):
        if "._guest" in found.name or found.name.endswith(".__main__"):
            continue
        try:
            importlib.import_module(found.name)
        except ImportError as error:
            if "extra" not in str(error) and "needs the package" not in str(error):
                failed.append(f"{found.name}: {error}")
        except Exception as error:
            failed.append(f"{found.name}: {error!r}")
    return failed


def use() -> dict[str, Callable[[], Any]]:
    """What is tried, by name."""
    import sandbox_wasm
    from sandbox_wasm import Limits, Mount, Session, SessionPool

    def session(**options: Any) -> Session:
        return Session("micropython", **options)

    def files() -> Any:
        with session(files={"a": "1"}) as made:
            made.run("open('b', 'w').write(open('a').read() * 2)")
            return made.files.read("/b").decode()

    def limits() -> Any:
        with session(limits=Limits(wall_seconds=0.3)) as made:
            made.run("x = 7")
            error = made.run("while True: pass", check=False).error
            return [type(error).__name__, made.run("x").value, made.fork().run("x").value]

    def stored() -> Any:
        with session() as made:
            made.run("x = 8")
            snapshot = made.snapshot()
        with Session.restore(sandbox_wasm.Snapshot.from_bytes(snapshot.to_bytes())) as again:
            return again.run("x").value

    def process() -> Any:
        with session(isolation="process") as made:
            return made.run("1").value

    def mount() -> Any:
        with session(mounts=[Mount(tempfile.gettempdir(), "/data")]) as made:
            return made.run("import os\nos.listdir('/')").value

    def pool() -> Any:
        with SessionPool("micropython", size=1) as made, made.lease() as lease:
            return lease.run("5").value

    def command() -> Any:
        from sandbox_wasm import cli

        arguments = ["--interpreter", "micropython", "-c", "print(6 * 7)"]
        done = click.testing.CliRunner().invoke(cli.main, arguments)
        return [int(done.exit_code), done.output]

    def functions() -> Any:
        def double(value: int) -> int:
            return 2 * value

        with session(functions={"double": double}) as made:
            return made.run("double(21)").value

    def doctor() -> Any:
        return {found.subject: found.state for found in sandbox_wasm.diagnose()}

    return {
        "imports": imports,
        "files": files,
        "limits": limits,
        "stored": stored,
        "process": process,
        "mount": mount,
        "pool": pool,
        "command": command,
        "functions": functions,
        "doctor": doctor,
    }


def load_extras() -> None:
    """Import what the extras bring, where it is installed: it looks at the system as well."""
    for name in (
        "httpx",
        "opentelemetry.trace",
        "sqlite_utils",
        "starlette.applications",
        "uvicorn",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def main() -> None:
    load_extras()
    sysconfig.get_config_vars()  # of this system, while it is known
    become(sys.argv[1])
    for name, tried in use().items():
        try:
            told = {"value": tried()}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"name": name, **told}), flush=True)


if __name__ == "__main__":
    main()
