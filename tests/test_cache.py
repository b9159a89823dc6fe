"""Compiled modules on disk: what another could have written is never loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_wasm._wasm import _cache, _engine
from sandbox_wasm._wasm._cache import ModuleCache, default_folder

CODE = b"machine code"

needs_posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)


class Compiler:
    """Counts how often it had to compile."""

    def __init__(self, made=CODE):
        self.made = made
        self.times = 0

    def __call__(self):
        self.times += 1
        return self.made


def content(found):
    return found.read_bytes() if isinstance(found, Path) else found


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def files(folder, suffix):
    return sorted(folder.glob(f"*.{suffix}"))


@needs_posix
def test_made_private_and_used_again(folder):
    """
    The counter-test: a missing folder is made, and its entry serves the next process.
    """
    compiler = Compiler()
    first = ModuleCache(folder).get("k", compiler)

    assert isinstance(first, Path)
    assert 0o700 == folder.stat().st_mode & 0o777
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times
    assert CODE == content(ModuleCache(folder).get("another", compiler))
    assert 2 == compiler.times


def link_folder(folder):
    real = folder.parent / "real"
    real.mkdir(mode=0o700)
    folder.symlink_to(real)


def dangling(folder):
    folder.symlink_to(folder.parent / "nowhere")


def a_file(folder):
    folder.write_text("no folder")


def give_away(path):
    os.chown(path, 12345, 12345)


def foreign(folder):
    folder.mkdir(mode=0o700)
    give_away(folder)


def open_to_all(folder):
    folder.mkdir()
    folder.chmod(0o777)


def open_to_group(folder):
    folder.mkdir()
    folder.chmod(0o770)


def foreign_key(folder):
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(b"k" * 32)
    give_away(folder / "key")


def open_key(folder):
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(b"k" * 32)
    (folder / "key").chmod(0o666)


def link_key(folder):
    folder.mkdir(mode=0o700)
    (folder.parent / "key").write_bytes(b"k" * 32)
    (folder / "key").symlink_to(folder.parent / "key")


def short_key(folder):
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(b"")


def long_key(folder):
    folder.mkdir(mode=0o700)
    (folder / "key").write_bytes(b"k" * 100)


def key_folder(folder):
    (folder / "key").mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)


@needs_posix
@pytest.mark.parametrize(
    "setup",
    [
        link_folder,
        dangling,
        a_file,
        pytest.param(foreign, marks=needs_root),
        open_to_all,
        open_to_group,
        pytest.param(foreign_key, marks=needs_root),
        open_key,
        link_key,
        short_key,
        long_key,
        key_folder,
    ],
)
def test_folder_that_others_could_write(folder, setup):
    """
    Nothing is kept in it or read from it, and that is no error. (CA-02)
    """
    setup(folder)
    compiler = Compiler()

    for times in (1, 2):
        assert CODE == ModuleCache(folder).get("k", compiler)
        assert times == compiler.times
    if folder.is_dir():
        assert [] == files(folder, "cwasm")


def truncate(path, seal, other):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path, seal, other):
    path.write_bytes(b"")


def alter(path, seal, other):
    path.write_bytes(b"m" + b"A" + path.read_bytes()[2:])


def another_entry(path, seal, other):
    path.write_bytes(other[0].read_bytes())
    seal.write_bytes(other[1].read_bytes())


def unsealed(path, seal, other):
    seal.unlink()


def empty_seal(path, seal, other):
    seal.write_bytes(b"")


def wrong_seal(path, seal, other):
    seal.write_bytes(b"s" * 32)


def writable(path, seal, other):
    path.chmod(0o666)


def writable_seal(path, seal, other):
    seal.chmod(0o622)


def linked(path, seal, other):
    copy = path.with_name("copy")
    path.rename(copy)
    path.symlink_to(copy)


def given_away(path, seal, other):
    give_away(path)


def another_key(path, seal, other):
    path.with_name("key").write_bytes(b"x" * 32)


@needs_posix
@pytest.mark.parametrize(
    "attack",
    [
        truncate,
        empty,
        alter,
        another_entry,
        unsealed,
        empty_seal,
        wrong_seal,
        writable,
        writable_seal,
        linked,
        pytest.param(given_away, marks=needs_root),
        another_key,
    ],
)
def test_entry_that_cannot_be_trusted(folder, attack):
    """
    It is compiled anew, and the good one takes its place. (CA-01)
    """
    ModuleCache(folder).get("k", Compiler())
    (path,), (seal,) = files(folder, "cwasm"), files(folder, "seal")
    ModuleCache(folder).get("other", Compiler(b"of another key"))
    other = [
        next(p for p in files(folder, kind) if p not in (path, seal)) for kind in ("cwasm", "seal")
    ]
    attack(path, seal, other)

    compiler = Compiler()
    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times
    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times


@pytest.mark.parametrize("function", ["replace", "link", "fdopen"])
def test_disk_that_is_full(folder, monkeypatch, function):
    """
    What cannot be written is used all the same, and leaves no half entry.
    """

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_cache.os, function, fail)
        assert CODE == content(ModuleCache(folder).get("k", Compiler()))
    assert not list(folder.glob(".new-*"))
    compiler = Compiler()
    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times


@pytest.mark.parametrize("value", ["", "relative/cache"])
def test_folder_of_the_environment(monkeypatch, tmp_path, value):
    """
    Empty keeps nothing on disk; a relative one stays where it was first meant.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SANDBOX_WASM_CACHE", value)
    found = default_folder()

    assert found is None if not value else found == tmp_path / value
    assert CODE == content(ModuleCache(found).get("k", Compiler()))


def python(cache, source, **options):
    return subprocess.Popen(
        [sys.executable, "-c", source],
        env={**os.environ, "SANDBOX_WASM_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize("isolation", ["thread"])
def test_altered_machine_code_is_never_run(folder, make_session, monkeypatch):
    """
    A constant changed in the real entry of the interpreter does not reach a result. (CA-01)
    """
    monkeypatch.setenv("SANDBOX_WASM_CACHE", str(folder))
    monkeypatch.setattr(_engine, "_families", {})
    assert 2 == make_session().run("1 + 1").value
    (path,) = files(folder, "cwasm")
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 5)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        # As a new process would see it, but without compiling anew each time.
        found = ModuleCache(folder).get(_key(), Compiler(whole))
        assert whole == content(found)


def _key():
    (family,) = _engine._families.values()
    return family._key()


RACE = """
import time
from sandbox_wasm._wasm._cache import ModuleCache
from pathlib import Path
import os
folder = Path(os.environ["SANDBOX_WASM_CACHE"])
for i in range(50):
    found = ModuleCache(folder).get(f"k{i}", lambda: b"x" * 300_000)
    data = found if isinstance(found, bytes) else found.read_bytes()
    assert data == b"x" * 300_000
print("ok")
"""


def test_race_for_the_first_use(folder):
    """
    Processes that begin at once all get a whole module, and leave one of each. (CA-04)
    """
    processes = [python(folder, RACE) for _ in range(8)]
    for process in processes:
        out, err = process.communicate(timeout=50)
        assert ("ok\n", "", 0) == (out, err, process.returncode)

    assert (50, 50) == (len(files(folder, "cwasm")), len(files(folder, "seal")))
    assert not list(folder.glob(".new-*"))


KILLED = """
import os
from sandbox_wasm._wasm import _cache
from pathlib import Path
folder = Path(os.environ["SANDBOX_WASM_CACHE"])
print("ready", flush=True)
i = 0
while True:
    i += 1
    _cache.ModuleCache(folder).get("k", lambda: os.urandom(16) * 100_000)
    for path in folder.glob("*.seal"):
        path.unlink()
"""


@needs_posix
def test_killed_while_it_writes(folder):
    """
    Whatever a killed process leaves is not taken for an entry unless it is whole. (CA-04)
    """
    for _ in range(5):
        process = python(folder, KILLED)
        process.stdout.readline()
        process.stdout.close()
        process.kill()
        process.wait(20)
        process.stderr.close()
        compiler = Compiler(b"anew")
        found = content(ModuleCache(folder).get("k", compiler))
        assert found == b"anew" if compiler.times else found == found[:16] * 100_000
        for path in files(folder, "seal"):
            path.unlink()
