"""An artifact that is missing, damaged or forged is an error that says what to do."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from sandbox_wasm import ArtifactError, Session
from sandbox_wasm._wasm import _artifacts
from sandbox_wasm.interpreters._abi import ABI_VERSION

WASM = "micropython.wasm"


@pytest.fixture
def folder(tmp_path):
    """A copy of the artifacts."""
    for name in (WASM, "manifest.toml"):
        shutil.copy(_artifacts.directory() / name, tmp_path / name)
    return tmp_path


def test_whole(folder):
    """
    The counter-test: what is whole is read.
    """
    assert _artifacts.load("micropython", folder).read().startswith(b"\0asm")
    assert ["micropython"] == _artifacts.names(folder)[-1:]


def missing(path):
    path.unlink()


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def altered(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [missing, truncated, empty, altered, a_folder])
def test_damaged_module(folder, damage):
    """
    A module that is not the manifest's own is refused before wasmtime sees it.
    """
    damage(folder / WASM)

    with pytest.raises(ArtifactError, match="reinstall sandbox-wasm"):
        _artifacts.load("micropython", folder).read()


@pytest.mark.parametrize("damage", [missing, empty, a_folder])
def test_damaged_manifest(folder, damage):
    """
    Without a manifest there is no interpreter.
    """
    damage(folder / "manifest.toml")

    with pytest.raises(ArtifactError, match="reinstall sandbox-wasm"):
        _artifacts.load("micropython", folder)


def test_imported_from_an_archive(folder):
    """
    The error says what is to be done: the engine maps files.
    """
    archive = folder / "app.pyz"
    archive.write_bytes(b"PK")
    with pytest.raises(ArtifactError, match="install it in a folder"):
        _artifacts.load("micropython", archive / "artifacts")


GOOD = {"file": WASM, "sha256": "0" * 64, "abi": 1, "version": "1", "modules": ["re"]}


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"not TOML at all",
        b"[micropython",
        b"[micropython]\n",
        b"[micropython]\nfile = [\n",
        b"[micropython]\nfile = " + b"[" * 100_000 + b"\n",
        b"[micropython]\nabi = " + b"9" * 100_000 + b"\n",
        b"[micropython]\n\0\n",
        *(
            "\n".join(
                ["[micropython]", *(f"{k} = {json.dumps(v)}" for k, v in entry.items()), ""]
            ).encode()
            for entry in [
                *({k: v for k, v in GOOD.items() if k != gone} for gone in GOOD),
                {**GOOD, "file": "../micropython.wasm"},
                {**GOOD, "file": "/etc/passwd"},
                {**GOOD, "file": "a/b.wasm"},
                {**GOOD, "file": ""},
                {**GOOD, "file": ".."},
                {**GOOD, "file": None},
                {**GOOD, "file": "nul\0byte"},
                {**GOOD, "abi": None},
                {**GOOD, "abi": []},
                {**GOOD, "abi": "one"},
                {**GOOD, "modules": 5},
                {**GOOD, "modules": None},
                {**GOOD, "sha256": 5},
            ]
        ),
    ],
)
def test_hostile_manifest(folder, text):
    """
    A manifest that says nonsense, or names another file, is refused.
    """
    (folder / "manifest.toml").write_bytes(text)

    with pytest.raises(ArtifactError, match="reinstall sandbox-wasm"):
        _artifacts.load("micropython", folder).read()


@pytest.mark.parametrize("abi", [ABI_VERSION - 1, ABI_VERSION + 1])
def test_another_abi(isolation, monkeypatch, abi):
    """
    An interpreter that speaks otherwise than the host is refused before anything is made of it.
    """
    other = _artifacts.load("micropython")._replace(abi=abi)
    with monkeypatch.context() as patched:
        patched.setattr(_artifacts, "load", lambda name, folder=None: other)
        patched.setattr(_artifacts.Artifact, "read", pytest.fail)
        with pytest.raises(ArtifactError, match=f"speaks ABI {abi}, .*: reinstall"):
            Session("micropython", isolation=isolation)

    with Session("micropython", isolation=isolation) as session:
        assert 2 == session.run("1 + 1").value


# The process may never make memory executable again, as in a unit with MemoryDenyWriteExecute.
DENIED = """
import ctypes, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit(77)
from sandbox_wasm import ArtifactError, run
try:
    run("1", interpreter="micropython")
except ArtifactError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that is asked")
@pytest.mark.parametrize("cache", ["", "kept"])
def test_memory_that_cannot_be_made_executable(tmp_path, cache):
    """
    The error says what the engine was refused, whether it compiles or reads.
    """
    folder = str(tmp_path / cache) if cache else ""
    environment = {**os.environ, "SANDBOX_WASM_CACHE": folder}
    if cache:
        command = [sys.executable, "-m", "sandbox_wasm", "compile", "micropython"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-c", DENIED], env=environment, stdout=subprocess.PIPE, text=True
    )

    if done.returncode == 77:
        pytest.skip("this kernel cannot deny it")
    assert "make memory executable: Permission denied" in done.stdout
