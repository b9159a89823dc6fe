"""On other systems the package is imported, serves, and refuses in words what they cannot do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sandbox_wasm
from sandbox_wasm._wasm._config import Variant, config

SCRIPT = Path(__file__).with_name("other_platform.py")
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems are played on Linux"
)
SERVES = {
    "imports": [],
    "files": "11",
    "limits": ["WallTimeExceeded", 7, 7],
    "stored": 8,
    "pool": 5,
    "command": [0, "42\n"],
    "functions": 42,
}


def tried(system: str) -> dict[str, dict[str, Any]]:
    """What came of each thing that was tried where only what *system* has is there."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), system],
        env={**os.environ, "PYTHONPATH": str(Path(sandbox_wasm.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}


def test_windows() -> None:
    """
    Sessions on threads serve; worker processes and mounts are refused, and the doctor says so.
    """
    found = tried("win32")

    assert SERVES == {name: found[name].get("value", found[name]) for name in SERVES}
    assert (
        "ConfigError: isolation='process' needs a system that can fork processes"
        == found["process"]["error"]
    )
    assert found["mount"]["error"].startswith("ConfigError: mounts need directory handles")
    doctor = found["doctor"]["value"]
    assert "missing" == doctor["workers"]
    assert "fault" not in doctor.values()


@pytest.mark.parametrize("is_killable", [True, False])
def test_what_is_forked_on_macos(monkeypatch: pytest.MonkeyPatch, is_killable: bool) -> None:
    """
    Worker processes have signals for the faults of a guest: Mach ports do not outlive a fork.
    """
    told = []
    bindings = sys.modules["wasmtime._config"].ffi
    monkeypatch.setattr(
        bindings, "wasmtime_config_macos_use_mach_ports_set", lambda _, value: told.append(value)
    )
    config(Variant(epoch=not is_killable))

    assert [not is_killable] == told


def test_macos() -> None:
    """
    All of it serves; workers have fewer protections, and the doctor says so.
    """
    found = tried("darwin")

    assert SERVES == {name: found[name].get("value", found[name]) for name in SERVES}
    assert 1 == found["process"]["value"]
    assert "value" in found["mount"]
    assert "missing" == found["doctor"]["value"]["kernel"]
    assert "fault" not in found["doctor"]["value"].values()
