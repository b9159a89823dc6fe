"""With a seed and a clock of the caller's, the same code does the same everywhere."""

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import ConfigError, Limits, Mount, Session, _sources
from sandbox_wasm._sources import Sources

# What would differ from run to run: time, randomness, hashes, addresses, order.
CODE = """
import time, random, os, uuid, secrets
print(time.time(), time.monotonic(), time.time_ns())
print(random.random(), random.getrandbits(70), random.choice("abcdef"), random.sample(range(99), 5))
print(os.urandom(8), secrets.token_hex(4), uuid.uuid4())
print(hash("a"), hash(b"a"), hash((1, "x")), id([]), id("some text"), object())
print({"one", "two", "three", "four", b"five", 6.5})
print(list({str(i): i for i in range(20)}))
class C: pass
print([hash(C()) for _ in range(3)], repr(C()))
time.sleep(3600)
print(time.time())
x = [C() for _ in range(1000)]
del x[::2]
print(id(C()))
"""
MORE = "print(random.random(), time.time(), os.urandom(3))"
SCRIPT = """
import sys
from sandbox_wasm import Session
with Session(sys.argv[1], seed="s", clock=1e9) as session:
    sys.stdout.write(session.run(sys.argv[2]).stdout + session.run(sys.argv[3]).stdout)
"""


def transcript(interpreter, **arguments):
    with Session(interpreter, **arguments) as session:
        return session.run(CODE).stdout + session.run(MORE).stdout


def test_two_processes_give_the_same(interpreter):
    """
    Byte for byte, in two processes with other environments. (SC-02)
    """
    done = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT, interpreter, CODE, MORE],
            env={**os.environ, "PYTHONHASHSEED": seed, "PADDING": "x" * length},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed, length in (("1", 10), ("2", 3000))
    ]

    assert done[0] == done[1]
    assert done[0] == transcript(interpreter, seed="s", clock=1e9)


def test_another_seed_gives_another(interpreter):
    """
    What is random follows from the seed, and without one from the machine.
    """
    seeds = (1, 2, "1", b"1", None, None)
    found = {transcript(interpreter, seed=seed, clock=0) for seed in seeds}
    assert len(seeds) == len(found)


def test_clock(interpreter):
    """
    Time begins where the caller says, goes on with each look, and a sleep does not wait.
    """
    with Session(interpreter, clock=1_000_000_000.5, limits=Limits(wall_seconds=5)) as session:
        code = "import time\na = time.time()\ntime.sleep(86400)\na, time.time() - a"
        began = time.monotonic()
        start, passed = session.run(code).value

    assert time.monotonic() - began < 5
    assert 1_000_000_000 <= start < 1_000_000_010
    assert 86_400 <= passed < 86_410


def test_monotonic_clocks(interpreter):
    """
    They begin at nothing, whatever the date, and go on by what a sleep takes.
    """
    names = ("monotonic", "perf_counter", "process_time")
    with Session(interpreter, clock=1_000_000_000) as session:
        session.run(
            "import time\ndef look(names): return [getattr(time, name)() for name in names]"
        )
        first = session.call("look", names)
        session.run("time.sleep(86400)")
        later = session.call("look", names)
        whole = session.call("look", [f"{name}_ns" for name in names])
        by_id = session.run("[time.clock_gettime(time.CLOCK_MONOTONIC), time.monotonic()]").value

    assert all(0 < each < 1 for each in first)
    assert all(86_400 < each < 86_401 for each in later)
    assert all(86_400 * 10**9 < each < 86_401 * 10**9 for each in whole)
    assert 0 < by_id[1] - by_id[0] < 1


def test_date_that_goes_back(interpreter, monkeypatch):
    """
    The machine's date may be set meanwhile: how long something took is not measured by it.
    """
    now = time.time_ns()
    with Session(interpreter) as session:
        session.run("import time\ndate, begun = time.time(), time.monotonic()")
        monkeypatch.setattr(_sources.time, "time_ns", lambda: now - 3600 * 10**9)
        date, took = session.run("[time.time() - date, time.monotonic() - begun]").value

    assert -3700 < date < -3500
    assert 0 <= took < 60


def test_dates_follow_the_clock(interpreter):
    """
    The library's other ways to ask for the time agree.
    """
    with Session(interpreter, clock=1_700_000_000) as session:
        code = "import datetime\ndatetime.datetime.now(datetime.timezone.utc).isoformat()[:13]"
        assert "2023-11-14T22" == session.run(code).value


def test_loop_that_waits_for_time_ends(interpreter):
    """
    Code that looks until it is late enough gets there.
    """
    with Session(interpreter, clock=0) as session:
        code = "import time\nend = time.monotonic() + 2\nn = 0\n"
        assert session.run(code + "while time.monotonic() < end: n += 1\nn").value > 100


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": 1.5},
        {"seed": True},
        {"seed": []},
        {"clock": "now"},
        {"clock": True},
        {"clock": -1},
        {"clock": float("nan")},
        {"clock": 1e10},
    ],
    ids=repr,
)
def test_bad_arguments(arguments):
    """
    A seed or a time that is none is refused.
    """
    with pytest.raises(ConfigError):
        Session("micropython", **arguments)


@given(st.integers() | st.text() | st.binary(), st.lists(st.integers(0, 200), max_size=5))
def test_random_bytes_follow_from_the_seed(seed, lengths):
    """
    Two sources of one seed give the same, whatever it is and however much is asked for.
    """
    first, second = Sources(seed), Sources(seed)

    given = [first.random(length) for length in lengths]
    assert given == [second.random(length) for length in lengths]
    assert lengths == [len(data) for data in given]
    long = [data for data in given if len(data) > 8]
    assert len(set(long)) == len(long)


LOOK = """
import os
def look(folder):
    found = []
    for name in os.listdir(folder):
        stat = os.stat(folder + '/' + name)
        found.append((name, stat[1], stat[6], stat[8]))
    return found
for name in ('b', 'a', 'c'): open('/tmp/' + name, 'w').write(name)
os.remove('/tmp/a')
open('/tmp/a', 'w').close()
print(os.listdir('/tmp'), os.listdir('/m'), look('/tmp'), look('/m'))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no mounts")
def test_files_are_found_in_the_same_order(interpreter, tmp_path):
    """
    With numbers and times of their own: what was made in which order by whom is not seen.
    """
    printed = []
    for names in ("xyzabc", "cbazyx"):
        folder = tmp_path / names
        folder.mkdir()
        for name in names:
            folder.joinpath(name).write_text(name)
            os.utime(folder / name, (1000, 1000))
        with Session(interpreter, seed=1, clock=5, mounts=[Mount(folder, "/m")]) as session:
            printed.append(session.run(LOOK.replace("look('/m')", "[]")).stdout)
    assert printed[0] == printed[1]

    for _ in range(2):
        with Session(interpreter, seed=1, clock=5, mounts=[Mount(folder, "/m")]) as session:
            printed.append(session.run(LOOK).stdout)
    assert printed[2] == printed[3]
    with Session(interpreter, mounts=[Mount(folder, "/m")]) as session:
        assert printed[3] != session.run(LOOK).stdout
