"""The committed artifacts are what their manifest says, and the check of it works."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ARTIFACTS = ROOT / "artifacts"
CHECK = ROOT / "scripts" / "check_artifacts.py"

pytestmark = pytest.mark.skipif(
    not CHECK.exists(), reason="the scripts are part of the repository, not of the wheel"
)


def check(folder):
    return subprocess.run(
        [sys.executable, str(CHECK), str(folder)], capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def copy(tmp_path):
    """A copy of the artifacts that a test may damage."""
    return Path(shutil.copytree(ARTIFACTS, tmp_path / "artifacts"))


def test_artifacts_match_their_manifest():
    """
    The committed files pass.
    """
    done = check(ARTIFACTS)

    assert "" == done.stderr
    assert 0 == done.returncode


def test_an_altered_module_is_found(copy):
    """
    One changed byte in the data is named as a wrong digest.
    """
    module = copy / "micropython.wasm"
    data = bytearray(module.read_bytes())
    data[-1] ^= 1
    module.write_bytes(data)

    done = check(copy)

    assert 1 == done.returncode
    assert "micropython: sha256 is" in done.stderr


def test_a_module_without_an_entry_is_found(copy):
    """
    What is shipped is in the manifest.
    """
    shutil.copy(copy / "micropython.wasm", copy / "other.wasm")

    assert "other.wasm is not in the manifest" in check(copy).stderr


def test_a_missing_module_is_found(copy):
    """
    What is in the manifest is shipped.
    """
    (copy / "micropython.wasm").unlink()

    assert "micropython: micropython.wasm is missing" in check(copy).stderr


def test_an_unchecked_build_is_found(copy):
    """
    A build whose own checks were skipped is not to be committed.
    """
    manifest = copy / "manifest.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace('checks = "passed"', 'checks = "skipped"'))

    assert "checks is 'passed', the manifest has 'skipped'" in check(copy).stderr


def test_manifest_is_toml():
    """
    The subset that the scripts read by themselves means the same to a TOML parser.
    """
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11")
    path = ARTIFACTS / "manifest.toml"
    program = (
        f"import sys, json; sys.path.insert(0, {str(CHECK.parent)!r}); import manifest;"
        f"print(json.dumps(manifest.loads(open({str(path)!r}).read())))"
    )

    ours = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert tomllib.loads(path.read_text()) == json.loads(ours.stdout)
