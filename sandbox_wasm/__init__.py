"""Runs Python that you do not trust, in WebAssembly, with limits.

>>> from sandbox_wasm import Session
>>> with Session() as session:
...     session.run("6 * 7").value
42
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._audit import AuditRecord
from ._changes import FileChanges
from ._errors import (
    ArtifactError,
    ConfigError,
    EndRun,
    FilesExceeded,
    FinalAnswer,
    FuelExhausted,
    GuestCrash,
    GuestError,
    GuestProtocolError,
    HostCallsExceeded,
    HostExhausted,
    HostFunctionError,
    Interrupted,
    LimitExceeded,
    MemoryExceeded,
    MountError,
    OutputExceeded,
    PoolClosed,
    PoolFull,
    RowError,
    SandboxError,
    SessionBroken,
    SessionClosed,
    SnapshotError,
    Suspend,
    Suspended,
    WallTimeExceeded,
)
from ._limits import Limits
from ._result import GuestObject, Result, Usage

if TYPE_CHECKING:
    from ._async import AsyncSession, arun
    from ._continuation import Continuation
    from ._credentials import Credential
    from ._doctor import Finding, diagnose
    from ._functions import HostFunctions
    from ._mounts import Mount
    from ._network import Approval, BlockedRequest, NetworkPolicy
    from ._pool import SessionPool
    from ._pool_statistics import PoolStatistics
    from ._problem import Problem
    from ._resolve import build_wheels
    from ._rows import MapProgress, map_rows
    from ._run import run
    from ._session import Session
    from ._session_files import SessionFiles
    from ._snapshot import Snapshot
    from ._tasks import PoolSpec, map_tasks, run_task
    from .interpreters._info import InterpreterInfo, available_interpreters
    from .interpreters._precompile import precompile

__version__ = "0.1.0"

__all__ = [
    "Approval",
    "ArtifactError",
    "AsyncSession",
    "AuditRecord",
    "BlockedRequest",
    "ConfigError",
    "Continuation",
    "Credential",
    "EndRun",
    "FileChanges",
    "FilesExceeded",
    "FinalAnswer",
    "Finding",
    "FuelExhausted",
    "GuestCrash",
    "GuestError",
    "GuestObject",
    "GuestProtocolError",
    "HostCallsExceeded",
    "HostExhausted",
    "HostFunctionError",
    "HostFunctions",
    "InterpreterInfo",
    "Interrupted",
    "LimitExceeded",
    "Limits",
    "MapProgress",
    "MemoryExceeded",
    "Mount",
    "MountError",
    "NetworkPolicy",
    "OutputExceeded",
    "PoolClosed",
    "PoolFull",
    "PoolSpec",
    "PoolStatistics",
    "Problem",
    "Result",
    "RowError",
    "SandboxError",
    "Session",
    "SessionBroken",
    "SessionClosed",
    "SessionFiles",
    "SessionPool",
    "Snapshot",
    "SnapshotError",
    "Suspend",
    "Suspended",
    "Usage",
    "WallTimeExceeded",
    "arun",
    "available_interpreters",
    "build_wheels",
    "diagnose",
    "map_rows",
    "map_tasks",
    "precompile",
    "run",
    "run_task",
]

# These bring the engine with them, which takes longer to import than `--version`
# or a typing mistake in a command should.
_LATER = {
    "Continuation": "_continuation",
    "Approval": "_network",
    "AsyncSession": "_async",
    "BlockedRequest": "_network",
    "Credential": "_credentials",
    "Finding": "_doctor",
    "HostFunctions": "_functions",
    "InterpreterInfo": "interpreters._info",
    "MapProgress": "_rows",
    "Mount": "_mounts",
    "NetworkPolicy": "_network",
    "PoolSpec": "_tasks",
    "Problem": "_problem",
    "PoolStatistics": "_pool_statistics",
    "Session": "_session",
    "arun": "_async",
    "SessionFiles": "_session_files",
    "SessionPool": "_pool",
    "Snapshot": "_snapshot",
    "available_interpreters": "interpreters._info",
    "build_wheels": "_resolve",
    "diagnose": "_doctor",
    "map_rows": "_rows",
    "map_tasks": "_tasks",
    "precompile": "interpreters._precompile",
    "run": "_run",
    "run_task": "_tasks",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
