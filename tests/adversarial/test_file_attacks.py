"""Every attack of the list on files, as it stands, against mounts of real directories."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import time

import pytest
from attacks import ATTACKS
from test_guest_attacks import BOUND, word

from sandbox_wasm import Mount

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no mounts on Windows")

# The list has 10 seconds for the one that is about many opens.
SECONDS = {"FS-13": 30.0}
FILES = [attack for attack in ATTACKS.values() if attack.id.startswith("FS-")]


def contents(folder):
    """What a directory holds, by path."""
    found = {}
    for base, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.join(base, name)] = None
        for name in files:
            with open(os.path.join(base, name), "rb") as file:
                found[os.path.join(base, name)] = hashlib.sha256(file.read()).digest()
    return found


@pytest.fixture
def world(tmp_path):
    """The directories of the list: A read-only at /ro, B at /data, secrets beside them."""
    for name, text in (("secret.txt", "TOPSECRET"), ("A/in.txt", "in"), ("B/own", "own")):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    out = tmp_path / "out"
    out.mkdir()
    (out / "s").write_text("SECRET")
    (out / "f").write_text("SECRET")
    return tmp_path


def prepare(attack, world):
    """What the host does first; return what ends it."""
    data = world / "B"
    if attack.id == "FS-02":
        (data / "abs").symlink_to("/etc/passwd")
        (data / "rel").symlink_to("../secret.txt")
        (data / "updir").symlink_to(world)
        (data / "l1").symlink_to("../out/")
        (data / "l3").symlink_to("l1/")
    elif attack.id == "FS-10":
        os.mkfifo(data / "fifo")
    elif attack.id == "FS-13":
        return swapping(data, world / "out")
    return lambda: None


def swapping(data, outside):
    """Swap a directory and a link to *outside* as quickly as can be."""
    (data / "real").mkdir()
    (data / "real" / "f").write_text("inside")
    (data / "ln").symlink_to(outside)
    over = threading.Event()

    def swap():
        while not over.is_set():
            for one, other in (
                ("real", "aside"),
                ("ln", "real"),
                ("real", "ln"),
                ("aside", "real"),
            ):
                os.rename(data / one, data / other)

    thread = threading.Thread(target=swap)
    thread.start()

    def end():
        over.set()
        thread.join(BOUND)

    return end


@pytest.mark.parametrize("attack", FILES, ids=lambda attack: attack.id)
def test_file_attack(make_session, unharmed, world, attack):
    """
    It ends in one of the right ways, and nothing that was not granted is read or changed.
    (FS-01, FS-02, FS-04, FS-05, FS-06, FS-08, FS-09, FS-10, FS-12, FS-13)
    """
    seconds = SECONDS.get(attack.id, 3.0)
    quota = {
        "max_bytes": attack.numbers.get("disk_mb", 64) << 20,
        "max_files": attack.numbers.get("max_files", 5000),
    }
    mounts = [Mount(world / "A", "/ro"), Mount(world / "B", "/data", mode="rw", **quota)]
    session = make_session(limits=attack.limits(seconds), mounts=mounts)
    before = contents(world / "A"), contents(world / "out")
    end = prepare(attack, world)
    began = time.perf_counter()
    try:
        result = session.run(attack.code, check=False)
        with open(os.devnull, "rb"):  # the host can still open files
            pass
    finally:
        end()

    assert time.perf_counter() - began < seconds + BOUND
    assert word(result, result.error) & set(attack.outcomes), result.error
    assert (contents(world / "A"), contents(world / "out")) == before
    for secret in ("TOPSECRET", "SECRET", "root:"):
        assert secret not in result.stdout + str(result.error)
    assert "OPEN" not in result.stdout
    assert "OK" not in result.stdout
    used = sum(path.stat().st_size for path in (world / "B").rglob("*") if path.is_file())
    assert used <= quota["max_bytes"] + (1 << 20)
    assert (world / "B").is_dir()
    assert sum(1 for _ in os.scandir(world / "B")) <= quota["max_files"] + 10
    session.close()
    shutil.rmtree(world / "B")  # what was nested does not hinder the host


def test_legal_neighbours(make_session, unharmed, world):
    """
    What the attacks look like is allowed where it was granted.
    """
    session = make_session(
        mounts=[Mount(world / "A", "/ro"), Mount(world / "B", "/data", mode="rw")]
    )
    code = """
import os
os.mkdir('/data/d')
with open('/data/d/new', 'w') as f: f.write('text')
os.rename('/data/d/new', '/data/moved')
os.rmdir('/data/d')
os.remove('/data/own')
open('/ro/in.txt').read(), open('/data/moved').read(), sorted(os.listdir('/data'))"""

    assert ("in", "text", ["moved"]) == session.run(code).value
    assert "text" == (world / "B" / "moved").read_text()
