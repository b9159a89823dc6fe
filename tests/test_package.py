"""What is installed, and what it exports."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import sandbox_wasm

PUBLIC = {
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
    "__version__",
    "arun",
    "available_interpreters",
    "build_wheels",
    "diagnose",
    "map_rows",
    "map_tasks",
    "precompile",
    "run",
    "run_task",
}


def test_public_names() -> None:
    """
    A name is added or dropped on purpose.
    """
    assert PUBLIC == {*sandbox_wasm.__all__, "__version__"}
    assert len(sandbox_wasm.__all__) == len(set(sandbox_wasm.__all__))


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_public_names_are_documented(name: str) -> None:
    """
    Each exists, says what it is, and lets its annotations be read.
    """
    found = getattr(sandbox_wasm, name)

    assert (found.__doc__ or "").strip()
    assert not found.__doc__.startswith(f"{name}("), "that is the doc of dataclass, not ours"
    if not isinstance(found, type):
        assert "return" in typing.get_type_hints(found)


def test_errors_are_named_as_they_are_imported() -> None:
    """
    In tracebacks and in what pickle writes, so that a module inside may be moved.
    """
    found = {name: getattr(sandbox_wasm, name) for name in sandbox_wasm.__all__}
    errors = {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }

    assert {"ConfigError", "Suspended", "FinalAnswer"} <= errors.keys()
    for name, kind in errors.items():
        assert f"sandbox_wasm.{name}" == f"{kind.__module__}.{kind.__qualname__}"


def test_annotations_of_a_session_can_be_read() -> None:
    """
    Although most of what it can be given is imported by whoever gives it.
    """
    assert "network" in typing.get_type_hints(sandbox_wasm.Session.__init__)


def test_dir_lists_the_public_names() -> None:
    """
    Completion in an editor or a shell finds them, loaded or not.
    """
    assert PUBLIC <= set(dir(sandbox_wasm))


def test_unknown_name() -> None:
    """
    A misspelt name is an AttributeError like in any module.
    """
    with pytest.raises(AttributeError, match="Sesion"):
        sandbox_wasm.Sesion  # noqa: B018
    with pytest.raises(ImportError, match="Sesion"):
        from sandbox_wasm import Sesion  # noqa: F401


def test_version() -> None:
    """
    The module and the distribution agree.
    """
    assert importlib.metadata.version("sandbox-wasm") == sandbox_wasm.__version__


def installed_files() -> set[str]:
    """The files of the distribution, or of the checkout that an editable install points to."""
    distribution = importlib.metadata.distribution("sandbox-wasm")
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        package = Path(sandbox_wasm.__file__).parent
        found = [*package.rglob("*"), *(package.parent / "artifacts").rglob("*")]
        names = {path.relative_to(package.parent).as_posix() for path in found if path.is_file()}
        return {name.replace("artifacts/", "sandbox_wasm/artifacts/", 1) for name in names}
    return {path.as_posix() for path in distribution.files or []}


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "cli.py",
        "integrations/service/page/page.js",
        "_guest/fetch.py",
        "artifacts/manifest.toml",
        ".agents/llms.txt",
        ".agents/skills/sandbox-wasm/SKILL.md",
    ],
)
def test_package_has(name: str) -> None:
    """
    What the package needs beside its modules is installed with it.
    """
    assert f"sandbox_wasm/{name}" in installed_files()


def test_package_has_its_interpreters() -> None:
    """
    Every interpreter of the manifest is there, MicroPython among them.
    """
    names = {info.name for info in sandbox_wasm.available_interpreters()}

    assert "micropython" in names
    assert {f"sandbox_wasm/artifacts/{name}.wasm" for name in names} <= installed_files()


def test_package_has_nothing_else() -> None:
    """
    No test, source of a guest or scratch file slips into the wheel.
    """
    allowed = {".md", ".py", ".pyc", ".toml", ".txt", ".typed", ".wasm", ".html", ".css", ".js"}
    strange = {
        name
        for name in installed_files()
        if not name.startswith(("sandbox_wasm/", "sandbox_wasm-", "../"))
        or (name.startswith("sandbox_wasm/") and Path(name).suffix not in allowed)
    }

    assert set() == strange


def test_distribution_tells_its_licence() -> None:
    """
    The licence and the notices of what the artifacts contain are installed.
    """
    distribution = importlib.metadata.distribution("sandbox-wasm")

    assert "Apache-2.0" == distribution.metadata["License-Expression"]
    assert ["LICENSE", "NOTICE"] == sorted(distribution.metadata.get_all("License-File") or [])


# What takes long to import, or brings much with it, and is for a few programs only.
SELDOM = {"asyncio", "decimal", "email", "fractions", "http", "httpcore", "httpx", "pydantic"}
SELDOM |= {"importlib.metadata", "multiprocessing", "secrets", "sqlite3", "ssl", "zipfile"}
# What is for putting a compiled module into the cache, and brings more.
TO_COMPILE = {"random", "shutil", "subprocess", "tempfile"}
# The same of ours: what a session has for a grant, a pool, a worker process.
OURS = "_async _check _continuation _credentials _doctor _fetch _origins _packages _pool"
OURS += " _prelude _request _resolve _rows _stored_run _tasks _tables _typecheck _worker"
SELDOM |= {f"sandbox_wasm.{name}" for name in OURS.split()}
SELDOM |= {f"sandbox_wasm.interpreters.{name}" for name in ("_remote", "_zygote")}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after *code*."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(told.stderr.split())


def test_importing_the_package_starts_nothing() -> None:
    """
    The engine and the validator are loaded by what uses them, not by the import.
    """
    assert set() == {"wasmtime", "pydantic", "click"} & loaded_by("import sandbox_wasm")


def test_a_run_without_type_hints_needs_no_validator() -> None:
    """
    pydantic takes longer to import than a first run takes; only host functions with type
    hints wait for it. What a session was not granted is not imported either.
    """
    loaded = loaded_by("import sandbox_wasm\nassert sandbox_wasm.run('1 + 1').value == 2")

    assert "wasmtime" in loaded
    assert set() == SELDOM & loaded


def test_modules_of_a_session_import_nothing_to_compile() -> None:
    """
    Nearly all sessions find their interpreter compiled.
    """
    loaded = loaded_by("import sandbox_wasm._session, sandbox_wasm.interpreters._maker")

    assert "wasmtime" in loaded
    assert set() == (SELDOM | TO_COMPILE) & loaded


def test_a_command_imports_no_other() -> None:
    """
    A start is mostly imports, so a program waits for none that is for the commands beside it.
    """
    loaded = loaded_by(
        "import sys\n"
        "from sandbox_wasm.__main__ import main\n"
        "sys.argv = ['sandbox-wasm', '-c', 'print(1)']\n"
        "try:\n    main()\n"
        "except SystemExit as left:\n    assert not left.code"
    )
    others = {"_cli_commands", "_cli_map", "_cli_map_run", "_cli_mcp", "_cli_serve", "_repl"}

    assert "wasmtime" in loaded
    assert set() == (SELDOM | {f"sandbox_wasm.{name}" for name in others}) & loaded


def test_only_the_command_changes_when_garbage_is_looked_for() -> None:
    """
    That is the program's to say, and the library is not the program.
    """
    loaded_by(
        "import gc\nbefore = gc.get_threshold()\n"
        "import sandbox_wasm.cli\nsandbox_wasm.run('1 + 1')\n"
        "assert (before, 0) == (gc.get_threshold(), gc.get_freeze_count())"
    )
