"""Compiled modules on disk: what another could have written is never loaded."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox_wasm._wasm import _cache, _engine, _prune
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


def settle(folder, monkeypatch):
    """Have the identity of what lies in *folder* noted, as it would be after two seconds."""
    (path,) = files(folder, "cwasm")
    with monkeypatch.context() as patch:
        patch.setattr(_cache, "_SETTLED_NS", 1)
        # A tick of the file system's clock, so that a later change shows.
        while _cache._clock(folder) <= path.stat().st_ctime_ns:
            pass
        assert path == ModuleCache(folder).get("k", Compiler())
    while _cache._clock(folder) <= path.stat().st_ctime_ns:
        pass


def readings(monkeypatch):
    """A list that grows with each module that is read whole."""
    read = []
    whole = Path.read_bytes

    def reading(path):
        if path.suffix == ".cwasm":
            read.append(path)
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    return read


@needs_posix
def test_known_file_is_not_read_again(folder, monkeypatch):
    """
    A full check notes the file's identity; while that holds, there is no second one.
    """
    compiler = Compiler()
    ModuleCache(folder).get("k", compiler)
    settle(folder, monkeypatch)
    read = readings(monkeypatch)

    assert isinstance(ModuleCache(folder).get("k", compiler), Path)
    assert ([], 1) == (read, compiler.times)


@needs_posix
def test_identity_of_a_young_file_is_not_noted(folder, monkeypatch):
    """
    Within the grain of the clock a change could leave the times as they are. (CA-01)
    """
    compiler = Compiler()
    ModuleCache(folder).get("k", compiler)
    monkeypatch.setattr(_cache, "_SETTLED_NS", 3600 * 10**9)
    read = readings(monkeypatch)

    for times in (1, 2):
        ModuleCache(folder).get("k", compiler)
        assert times == len(read)
    assert [_cache._SEAL_BYTES] == [path.stat().st_size for path in files(folder, "seal")]


def touched(path, seal, other):
    data = path.read_bytes()
    path.write_bytes(b"m" + b"A" + data[2:])
    os.utime(path, ns=(0, 0))


def same_times(path, seal, other):
    before = path.stat()
    path.write_bytes(b"A" + path.read_bytes()[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_in_its_place(path, seal, other):
    before = path.stat()
    new = path.with_suffix(".x")
    new.write_bytes(b"A" + path.read_bytes()[1:])
    new.chmod(0o600)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.rename(path)


def identity_of_another(path, seal, other):
    path.write_bytes(b"A" + path.read_bytes()[1:])
    seal.write_bytes(seal.read_bytes()[:32] + other[1].read_bytes()[32:].ljust(32))


def identity_alone(path, seal, other):
    path.write_bytes(b"A" + path.read_bytes()[1:])
    seal.write_bytes(b"\0" * 32 + seal.read_bytes()[32:])


@needs_posix
@pytest.mark.parametrize(
    "attack",
    [
        truncate,
        alter,
        another_entry,
        unsealed,
        wrong_seal,
        writable,
        linked,
        pytest.param(given_away, marks=needs_root),
        another_key,
        touched,
        same_times,
        put_in_its_place,
        identity_of_another,
        identity_alone,
    ],
)
def test_entry_of_known_identity_that_was_altered(folder, monkeypatch, attack):
    """
    That an entry was trusted once does not help what takes its place. (CA-01)
    """
    ModuleCache(folder).get("k", Compiler())
    (path,), (seal,) = files(folder, "cwasm"), files(folder, "seal")
    settle(folder, monkeypatch)
    ModuleCache(folder).get("other", Compiler(b"of another key"))
    other = [
        next(p for p in files(folder, kind) if p not in (path, seal)) for kind in ("cwasm", "seal")
    ]
    attack(path, seal, other)

    compiler = Compiler()
    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times


@needs_posix
def test_copied_entry_is_checked_whole(folder, monkeypatch):
    """
    An image or a backup gives files other identities: the content is checked, and serves.
    """
    compiler = Compiler()
    ModuleCache(folder).get("k", compiler)
    settle(folder, monkeypatch)
    (path,) = files(folder, "cwasm")
    path.write_bytes(path.read_bytes())
    read = readings(monkeypatch)

    assert path == ModuleCache(folder).get("k", compiler)
    assert ([path], 1) == (read, compiler.times)


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
    cache.mkdir(mode=0o700, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", source],
        env={**os.environ, "SANDBOX_WASM_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.timeout(180)  # it compiles
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


ONCE = """
import os, pathlib, sys, time
from sandbox_wasm._wasm._cache import ModuleCache
folder = pathlib.Path(os.environ["SANDBOX_WASM_CACHE"])
def compile():
    with open(folder.parent / "compiled", "a") as file:
        file.write("x")
    sys.stdin.readline()  # until the test has seen that all the others are there
    return b"x" * 300_000
print("ready", flush=True)
found = ModuleCache(folder).get("k", compile)
print(found.read_bytes() == b"x" * 300_000)
"""


def test_a_file_system_without_links(tmp_path, monkeypatch):
    """
    Modules are kept there as well, and trusted as everywhere.
    """

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    cache, compiled = ModuleCache(tmp_path / "c"), []
    paths = [cache.get("k", lambda: compiled.append(1) or b"module") for _ in range(2)]

    assert [tmp_path / "c"] * 2 == [path.parent for path in paths]
    assert [1] == compiled
    (tmp_path / "c" / "key").write_bytes(bytes(32))
    cache.get("k", lambda: compiled.append(2) or b"module")
    assert [1, 2] == compiled


@needs_posix
def test_first_use_compiles_once(folder):
    """
    Eight processes that begin at once compile once, and the others wait for that. (CA-04)
    """
    processes = [python(folder, ONCE, stdin=subprocess.PIPE) for _ in range(8)]
    for process in processes:
        assert "ready\n" == process.stdout.readline()
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=50)
        assert ("True\n", "", 0) == (out, err, process.returncode)

    assert "x" == (folder.parent / "compiled").read_text()


@needs_posix
def test_lock_of_a_killed_process(folder):
    """
    Who is killed while it compiles does not keep the others waiting. (CA-04)
    """
    process = python(folder, ONCE, stdin=subprocess.PIPE)
    assert "ready\n" == process.stdout.readline()
    while not (folder.parent / "compiled").exists():
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=20)
    compiler = Compiler()

    assert CODE == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times


@needs_posix
def test_lock_that_is_never_given_back(folder, monkeypatch):
    """
    A process that hangs with the lock costs the others some waiting, and no more. (CA-04)
    """
    monkeypatch.setattr(_cache, "_PATIENCE", 0.2)
    process = python(folder, ONCE, stdin=subprocess.PIPE)
    assert "ready\n" == process.stdout.readline()
    while not (folder.parent / "compiled").exists():
        assert process.poll() is None
    compiler = Compiler(b"x" * 300_000)

    assert compiler.made == content(ModuleCache(folder).get("k", compiler))
    assert 1 == compiler.times
    out, err = process.communicate("\n", timeout=20)
    assert ("True\n", "", 0) == (out, err, process.returncode)


@needs_posix
def test_folder_that_is_read_only(folder, monkeypatch):
    """
    What was compiled into an image serves where nothing can be written.
    """
    compiler = Compiler()
    ModuleCache(folder).get("k", compiler)

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr(_cache, "_SETTLED_NS", 0)
    assert isinstance(ModuleCache(folder).get("k", compiler), Path)
    assert 1 == compiler.times
    assert CODE == ModuleCache(folder).get("new", compiler)


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


DAY = 86_400


def age(folder, key, days):
    """Have an entry as it is when it was used the last time that many days ago."""
    for path in ModuleCache(folder)._files(folder, key):
        used = time.time() - days * DAY
        os.utime(path, (used, used))


def keys(folder, *asked):
    """Those of the keys whose modules are there."""
    return {key for key in asked if ModuleCache(folder).has(key)}


def test_what_nobody_uses_is_removed(folder):
    """
    When another module is compiled; what was used, or is none of ours, stays.
    """
    cache = ModuleCache(folder)
    for key, days in (("old", 61), ("used", 61), ("young", 59)):
        cache.get(key, Compiler())
        age(folder, key, days)
    others = [folder / "notes.txt", folder / f"{'a' * 64}.json", folder / f"{'b' * 64}.zip"]
    for other in others:
        other.write_text("mine")
        os.utime(other, (0, 0))
    left, young = folder / ".new-abc", folder / ".new-def"
    left.write_bytes(CODE)
    os.utime(left, (0, 0))
    young.write_bytes(CODE)
    # A file that has changed is another: it is hashed, and its use is noted.
    assert isinstance(cache.get("used", Compiler()), Path)

    cache.get("new", Compiler())

    assert {"used", "young", "new"} == keys(folder, "old", "used", "young", "new")
    assert not cache._files(folder, "old")[0].exists()
    assert all(other.exists() for other in others)
    assert (False, True) == (left.exists(), young.exists())
    assert (3, 3) == (cache.size()[0], len(files(folder, "cwasm")))


def test_the_folder_does_not_grow_for_ever(folder, monkeypatch):
    """
    Above a size, what was used the longest ago goes; never what was used in the last days.
    """
    cache = ModuleCache(folder)
    monkeypatch.setattr(_prune, "_MOST_BYTES", 3500)
    for key, days in (("c", 5), ("a", 7), ("b", 6), ("recent", 1)):
        cache.get(key, Compiler(bytes(1000)))
        age(folder, key, days)
    cache.get("new", Compiler(bytes(1000)))
    assert {"c", "recent", "new"} == keys(folder, "a", "b", "c", "recent", "new")

    monkeypatch.setattr(_prune, "_MOST_BYTES", 10)
    cache.get("newer", Compiler(bytes(1000)))
    assert {"recent", "new", "newer"} == keys(folder, "c", "recent", "new", "newer")


def test_processes_that_remove_the_same(folder):
    """
    Each has what it asked for, though all find the same old entries to remove.
    """
    cache = ModuleCache(folder)
    for n in range(50):
        cache.get(f"old{n}", Compiler())
        age(folder, f"old{n}", 100)
    program = """
import sys
from pathlib import Path
from sandbox_wasm._wasm._cache import ModuleCache
cache = ModuleCache(Path(sys.argv[1]))
for n in range(20):
    found = cache.get(f"{sys.argv[2]} {n}", lambda: b"code")
    assert b"code" == found.read_bytes()
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(folder), str(n)]) for n in range(3)
    ]

    assert [0, 0, 0] == [process.wait(30) for process in running]
    assert (60, 60) == (cache.size()[0], len(files(folder, "seal")))


@pytest.mark.parametrize("interpreter", ["micropython"])  # which compiles in no time
@pytest.mark.parametrize("isolation", ["thread"])
def test_a_module_that_is_removed_while_it_is_used(folder, make_session, monkeypatch):
    """
    Sessions that have it go on, and the next process compiles it anew.
    """
    monkeypatch.setenv("SANDBOX_WASM_CACHE", str(folder))
    monkeypatch.setattr(_engine, "_families", {})
    session = make_session()
    kept = list(folder.glob("*.*"))
    for path in kept:
        path.unlink()

    assert kept
    assert 42 == session.run("6 * 7").value
    assert 42 == make_session().run("6 * 7").value
