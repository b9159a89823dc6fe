"""What this installation can do on this machine, found out by trying."""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ._errors import SandboxError
from ._limits import Limits
from ._lockdown import Protection, landlock_version
from .interpreters import NAMES
from .interpreters._zygote import Zygote


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that `diagnose` has looked at.

    Args:
        subject: What.

        state: ``"ok"``; ``"missing"``: it works without, and less is protected or it takes
            longer; ``"fault"``: it does not work.

        text: What was found.
    """

    subject: str
    state: Literal["ok", "missing", "fault"]
    text: str


def diagnose() -> list[Finding]:
    """Return what works here and what does not.

    Looks at the engine, the interpreters, the cache of compiled modules and the kernel,
    and starts a worker process to see what that gives up. Compiles an interpreter for
    it if that was never done.
    """
    worker = list(_worker())  # first, because it may compile what _modules looks for
    return [*_versions(), *_modules(), *_kernel(), *worker]


def _versions() -> Iterator[Finding]:
    from ._wasm._config import wasmtime_version
    from ._wasm._faults import handlers

    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding(subject="python", state="ok", text=f"{python} on {system}")
    yield Finding(subject="engine", state="ok", text=wasmtime_version().removesuffix(".dist-info"))
    if handlers.are_ours():
        yield Finding(subject="fault handlers", state="ok", text="the engine's own")
    else:
        text = "another's: guests on threads run on slower code"
        yield Finding(subject="fault handlers", state="missing", text=text)


def _modules() -> Iterator[Finding]:
    from ._wasm import _artifacts, _engine
    from ._wasm._cache import ModuleCache, default_folder

    cache = ModuleCache(default_folder())
    if cache.is_usable():
        count, size = cache.size()
        text = f"kept in {default_folder()}: {count}, with {size / 1e6:.0f} MB"
        yield Finding(subject="compiled modules", state="ok", text=text)
    else:
        text = "kept nowhere: every process compiles its interpreter anew"
        yield Finding(subject="compiled modules", state="missing", text=text)
    for name in NAMES:
        try:
            artifact = _artifacts.load(name)
            artifact.read()
        except SandboxError as error:
            yield Finding(subject=name, state="fault", text=str(error))
            continue
        compiled = [
            word
            for word, epoch in (("threads", True), ("workers", False))
            if _engine.family(artifact, fuel=False, epoch=epoch).is_compiled()
        ]
        text = f"version {artifact.version}, compiled for {' and '.join(compiled) or 'nothing yet'}"
        yield Finding(subject=name, state="ok", text=text)


def _kernel() -> Iterator[Finding]:
    if sys.platform != "linux":
        text = f"{sys.platform} offers workers fewer protections than Linux"
        yield Finding(subject="kernel", state="missing", text=text)
        return
    features = {
        "Landlock": _has_landlock(),
        "seccomp": os.path.exists("/proc/sys/kernel/seccomp/actions_avail"),
        "/proc": os.path.exists("/proc/self/statm"),  # which workers read their size from
        "pidfd": hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal"),
    }
    lacking = [name for name, there in features.items() if not there]
    yield Finding(
        subject="kernel",
        state="missing" if lacking else "ok",
        text=f"lacks {', '.join(lacking)}" if lacking else f"has {', '.join(features)}",
    )


def _has_landlock() -> bool:
    try:
        return landlock_version() > 0
    except OSError:
        return False


def _worker() -> Iterator[Finding]:
    try:
        protections = _protections()
    except SandboxError as error:
        # A system that cannot fork is as it is.
        state: Literal["ok", "missing", "fault"] = "fault" if hasattr(os, "fork") else "missing"
        yield Finding(subject="workers", state=state, text=str(error))
        return
    yield Finding(subject="workers", state="ok", text="a worker process starts and answers")
    for name, applied, detail in protections:
        state = "ok" if applied else "missing"
        yield Finding(subject=f"worker: {name}", state=state, text=detail)


def _protections() -> tuple[Protection, ...]:
    """Start a worker of the smaller interpreter, and have it serve a request."""
    from ._files import Files
    from ._functions import HostFunctions
    from ._ledger import Ledger
    from .interpreters._base import Request
    from .interpreters._remote import RemoteGuest
    from .interpreters._store import Store

    zygote = Zygote(NAMES[-1], fuel=False)
    try:
        limits = Limits()
        ledger = Ledger(limits, HostFunctions(()), Files(0, 0), lambda: None)
        store = Store(1 << 20)
        guest = RemoteGuest(zygote.fork(), ledger, limits, store)
        try:
            guest.request(Request("run", b"6 * 7"))
            return guest.protections
        finally:
            guest.close()
            store.close()
    finally:
        zygote.close()
