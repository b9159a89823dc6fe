"""The wheel for one platform: its compiled modules serve, and only where they fit."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import sandbox_wasm
from sandbox_wasm._wasm import _artifacts, _shipped
from sandbox_wasm._wasm._config import Variant, is_portable

SCRIPT = Path(__file__).parents[1] / "scripts" / "build_platform_wheel.py"
PACKAGE = Path(sandbox_wasm.__file__).parent
INFO = "sandbox_wasm-0.dist-info"
DIGEST = _artifacts.load("micropython").digest

pytestmark = pytest.mark.skipif(
    not is_portable(), reason="on this system compiled modules fit one machine only"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel for any platform, as the build makes it, made into one for this."""
    folder = tmp_path_factory.mktemp("wheel")
    plain = folder / "sandbox_wasm-0-py3-none-any.whl"
    with zipfile.ZipFile(plain, "w") as file:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                file.write(path, Path("sandbox_wasm") / path.relative_to(PACKAGE))
        if not (PACKAGE / "artifacts").exists():  # a source checkout
            for name in ("micropython.wasm", "manifest.toml"):
                file.write(_artifacts.directory() / name, f"sandbox_wasm/artifacts/{name}")
        file.writestr(f"{INFO}/WHEEL", "Root-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{INFO}/RECORD", "")
    done = subprocess.run(
        [sys.executable, SCRIPT, plain, "--interpreter", "micropython"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return Path(done.stdout.strip())


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The folder that the wheel is unpacked in."""
    with zipfile.ZipFile(wheel) as file:
        file.extractall(tmp_path / "site")
    return tmp_path / "site"


def use(site: Path, cache: Path) -> tuple[int, str, int]:
    """Run the command from *site*; return status, output and how much was compiled."""
    code = "import sys; print(6 * 7)"
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_wasm", "--interpreter", "micropython", "-c", code],
        env={**os.environ, "PYTHONPATH": str(site), "SANDBOX_WASM_CACHE": str(cache)},
        cwd=site,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, len(list(cache.glob("*.cwasm")))


def test_first_run_compiles_nothing(installed: Path, tmp_path: Path) -> None:
    """
    With an empty cache folder, the module of the wheel serves.
    """
    assert (0, "42\n", 0) == use(installed, tmp_path / "cache")


def test_names_and_record(wheel: Path) -> None:
    """
    Name and metadata tell the platform, and every file is in the record with its hash.
    """
    tag = wheel.stem.rpartition("-")[2]
    with zipfile.ZipFile(wheel) as file:
        text = file.read(f"{INFO}/WHEEL").decode()
        rows = list(csv.reader(io.StringIO(file.read(f"{INFO}/RECORD").decode())))
        assert {row[0] for row in rows} == set(file.namelist())
        for name, digest, size in rows[:-1]:
            data = file.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            assert (f"sha256={expected.decode()}", str(len(data))) == (digest, size)

    assert "any" != tag
    assert f"Root-Is-Purelib: false\nTag: py3-none-{tag}\n" == text


def another_key(folder: Path) -> None:
    index = folder / "index.json"
    text = index.read_text()
    assert "wasmtime-" in text
    index.write_text(text.replace("wasmtime-", "wasmtime-9"))


def cut_short(folder: Path) -> None:
    module = folder / "micropython.cwasm"
    module.write_bytes(module.read_bytes()[:-1])


def no_module(folder: Path) -> None:
    (folder / "micropython.cwasm").unlink()


def of_another_engine(folder: Path) -> None:
    module = folder / "micropython.cwasm"
    module.write_bytes(bytes(module.stat().st_size))


@pytest.mark.parametrize("change", [another_key, cut_short, no_module, of_another_engine])
def test_module_that_does_not_fit(installed: Path, tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    """
    Another wasmtime, a damaged installation: the interpreter is compiled as ever.
    """
    change(installed / "sandbox_wasm" / "compiled")

    assert (0, "42\n", 1) == use(installed, tmp_path / "cache")


def test_key_tells_all_that_decides(installed: Path) -> None:
    """
    Another artifact, or another way to compile, is another module.
    """
    folder = installed / "sandbox_wasm" / "compiled"

    assert folder / "micropython.cwasm" == _shipped.find(DIGEST, Variant(), folder)
    assert _shipped.find("0" * 64, Variant(), folder) is None
    assert _shipped.find(DIGEST, Variant(fuel=True), folder) is None
    assert _shipped.find(DIGEST, Variant(signals=False), folder) is None


@pytest.mark.parametrize("index", [b"", b"[]", b"[" * 10**5, b"\xff", b'{"k": {"file": 1}}'])
def test_index_that_is_none(tmp_path: Path, index: bytes) -> None:
    """
    It is as if the wheel had none.
    """
    (tmp_path / "index.json").write_bytes(index)

    assert _shipped.find(DIGEST, Variant(), tmp_path) is None


def test_file_of_an_entry_stays_in_the_folder(installed: Path) -> None:
    """
    A path in the index leads nowhere else.
    """
    folder = installed / "sandbox_wasm" / "compiled"
    index = json.loads((folder / "index.json").read_text())
    for entry in index.values():
        entry["file"] = "../../compiled/micropython.cwasm"
    (folder / "index.json").write_text(json.dumps(index))

    assert folder / "micropython.cwasm" == _shipped.find(DIGEST, Variant(), folder)


def test_machine_that_compiles_for_itself(tmp_path: Path) -> None:
    """
    There is no wheel where modules would fit that one machine.
    """
    code = (
        "import runpy, sys; from sandbox_wasm._wasm import _config; _config._TARGETS.clear();"
        f"sys.argv = ['x', 'sandbox_wasm-0-py3-none-any.whl']; runpy.run_path({str(SCRIPT)!r},"
        " run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert 1 == done.returncode
    assert "fit this machine only" in done.stderr
