"""The world changes between a suspension and what follows: the same comes out, or an error."""

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import os
import threading
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_packages import make_wheel
from test_suspend import ask, waiting

from sandbox_wasm import (
    AsyncSession,
    ConfigError,
    Continuation,
    GuestError,
    HostFunctionError,
    Limits,
    Mount,
    NetworkPolicy,
    SandboxError,
    Session,
    SessionClosed,
    Snapshot,
    SnapshotError,
    Suspend,
    Suspended,
    WallTimeExceeded,
    _journal,
    _sources,
    _stored_run,
)
from sandbox_wasm._files import Files
from sandbox_wasm._functions import HostFunctions
from sandbox_wasm._journal import OVER, Journal, Kind
from sandbox_wasm._ledger import Ledger
from sandbox_wasm.interpreters import digest

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def isolation():
    """What is journaled is on the session's side; the tests of suspension run in workers, too."""
    return "thread"


def add_ask(session):
    session.function(ask, suspends=True)
    return session


def elsewhere(make_session, continuation, value=1, **arguments):
    """Resume a run from its bytes, in a session that knows nothing else."""
    stored = Continuation.from_bytes(continuation.to_bytes())
    return stored.resume(value, session=add_ask(make_session(**arguments)))


# ---- time and randomness


DRAW = """
import os, time, random
def draw(): return [os.urandom(4), time.time(), time.monotonic(), random.random()]
first = draw()
time.sleep(5)
ask(1)
[first, draw()]"""


def test_seed_and_clock_go_on(make_session):
    """
    With a seed and a clock a resumed run draws what it had drawn, and then what comes next.
    """
    sources = {"seed": 3, "clock": 1_000_000}
    straight = make_session(**sources, functions={"ask": ask})
    wanted = [straight.run(DRAW).value, straight.run("draw()").value]
    session = add_ask(make_session(**sources))
    continuation = waiting(session, DRAW)
    other = add_ask(make_session(**sources))
    stored = Continuation.from_bytes(continuation.to_bytes())

    assert wanted == [continuation.resume(None).value, session.run("draw()").value]
    assert wanted == [stored.resume(None, session=other).value, other.run("draw()").value]


def test_the_machines_randomness_is_not_repeated(make_session):
    """
    What was drawn stays as it was, and what comes after is new.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "import os\na = os.urandom(8)\nask(a)\n[a, os.urandom(8)]")
    first, second = elsewhere(make_session, continuation).value

    assert continuation.payload["args"] == [first]
    assert first != second
    assert second != continuation.resume(1).value[1]


def test_monotonic_time_does_not_go_back(make_session, monkeypatch):
    """
    Not even on a machine that was started later.
    """
    session = add_ask(make_session())
    code = "import time\na = time.monotonic()\nask(1)\ntime.monotonic() - a"
    continuation = waiting(session, code)
    snapshot = session.snapshot()
    now = time.monotonic_ns()
    monkeypatch.setattr(_sources.time, "monotonic_ns", lambda: now - 10**12)

    assert 0 <= elsewhere(make_session, continuation).value < 60
    with Session.restore(snapshot) as restored:
        assert now <= restored.run("import time\ntime.monotonic()").value * 1e9 + 10**9


def test_restored_time_and_randomness(make_session):
    """
    A seed and a clock go on where a snapshot was taken, and do not begin again.
    """
    sources = {"seed": 3, "clock": 1_000_000}
    session = make_session(**sources)
    session.run(
        "import os, time\ndef draw(): return [os.urandom(4), time.time(), time.monotonic()]"
    )
    drawn = [session.run("draw()").value]
    snapshot = session.snapshot()
    drawn.append(session.run("draw()").value)
    with Session.restore(snapshot, **sources) as restored:
        assert drawn[1] == restored.run("draw()").value
    with Session.restore(snapshot, seed=3, clock=2_000_000) as restored:
        assert 2_000_000 < restored.run("draw()").value[1] < 2_000_001


def test_what_restored_sessions_draw(make_session):
    """
    Secrets are each session's own; `random` goes on as it was, unless it is to be reseeded.
    """
    session = make_session()
    session.run("import random, os, uuid\nrandom.random()")
    snapshot = session.snapshot()
    found = []
    for reseed in (False, False, True, True):
        with Session.restore(snapshot, reseed=reseed) as each:
            drawn = each.run("[random.random(), os.urandom(8), uuid.uuid4().hex]").value
            found.append(tuple(drawn))

    assert [3, 4, 4] == [len(set(each)) for each in zip(*found, strict=True)]
    assert found[0][0] == found[1][0]


# ---- files


@pytest.mark.parametrize("way", ["here", "elsewhere"])
def test_files_of_the_session(make_session, way):
    """
    What is in them, their times and numbers, and how far open ones were read.
    """
    code = """
import os
def look(): return [[name, os.stat(name)[1], os.stat(name)[8]] for name in sorted(os.listdir('/'))]
open('/new', 'w').write('new')
os.remove('/old')
rest = f.read()
first = look()
ask(first)
[first, look(), rest, f.read()]"""
    session = add_ask(make_session())
    session.run("open('/old', 'w').write('one two')\nf = open('/old')\nf.read(4)")
    continuation = waiting(session, code)
    time.sleep(0.01)  # files that are made again would be younger
    result = continuation.resume(1) if way == "here" else elsewhere(make_session, continuation)

    shown = continuation.payload["args"][0]
    assert [shown, shown, "two", ""] == result.value


@pytest.fixture
def folder(tmp_path):
    """A directory of the host with a file."""
    tmp_path.joinpath("in.txt").write_text("as it was")
    return tmp_path


@pytest.mark.parametrize("way", ["here", "elsewhere"])
@pytest.mark.parametrize("change", ["other", "gone", "more"])
def test_mounted_files_are_answered_as_before(make_session, folder, way, change):
    """
    Whatever has become of them; from the open call on the run sees them as they are.
    """
    code = """
import os
def look():
    try: return [open('/m/in.txt').read(), sorted(os.listdir('/m')), os.stat('/m/in.txt')[6]]
    except OSError as e: return type(e).__name__
first = look()
ask(first)
[first, look()]"""
    mounts = [Mount(folder, "/m")]
    session = add_ask(make_session(mounts=mounts))
    continuation = waiting(session, code)
    file = folder / "in.txt"
    if change == "gone":
        file.unlink()
    elif change == "other":
        file.write_text("another")
    else:
        folder.joinpath("more").write_text("")
    if way == "here":
        first, second = continuation.resume(1).value
    else:
        first, second = elsewhere(make_session, continuation, mounts=mounts).value

    assert ["as it was", ["in.txt"], 9] == first == continuation.payload["args"][0]
    wanted = {
        "gone": "FileNotFoundError",
        "other": ["another", ["in.txt"], 7],
        "more": ["as it was", ["in.txt", "more"], 9],
    }
    assert wanted[change] == second


@pytest.mark.parametrize("commit", ["always", "on_success"])
def test_mounted_files_are_written_once(make_session, folder, commit):
    """
    What was written before a suspension is not written again; what waits, waits on.
    """
    code = """
import os
f = open('/m/log', 'a')
f.write('one')
f.flush()
os.rename('/m/in.txt', '/m/moved.txt')
ask(1)
f.write('two')
f.close()
open('/m/moved.txt').read()"""
    mounts = [Mount(folder, "/m", "rw", commit=commit)]
    session = add_ask(make_session(mounts=mounts))
    continuation = waiting(session, code)
    log = folder / "log"
    assert (commit == "always") == log.exists()
    if commit == "always":
        log.write_text("ONE")  # the host's own change stays

    assert "as it was" == elsewhere(make_session, continuation, mounts=mounts).value
    assert ("ONEtwo" if commit == "always" else "onetwo") == log.read_text()
    assert ["log", "moved.txt"] == sorted(os.listdir(folder))


def test_who_tells_what_changed_under_a_mount(make_session, folder):
    """
    Each change is told once: by the end that came after it.
    """
    session = make_session(mounts=[Mount(folder, "/m", "rw")])
    session.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        session.run(
            "open('/m/new1', 'w').close()\nask()\n"
            "open('/m/new2', 'w').close()\nopen('/m/new1', 'a').write('x')\n1"
        )

    assert ("/m/new1",) == info.value.result.files.mounted.created
    told = info.value.continuation.resume(0).files.mounted
    assert (("/m/new2",), ("/m/new1",), ()) == told


def test_mounted_files_that_are_open(make_session, folder):
    """
    One that was opened in an earlier run goes on; one that has gone is bad, and says so.
    """
    mounts = [Mount(folder, "/m")]
    session = add_ask(make_session(mounts=mounts))
    folder.joinpath("in.txt").write_bytes(bytes(100_000))
    session.run("f = open('/m/in.txt', 'rb')\na = len(f.read(30_000))")
    code = "b = len(f.read(30_000))\nask(1)\n[a, b, len(f.read())]"
    first, second = waiting(session, code), waiting(session, code)
    with pytest.raises(SnapshotError, match="other code"):
        first.resume(1)
    stored = Continuation.from_bytes(second.to_bytes())
    assert [30_000, 30_000, 40_000] == second.resume(1).value
    assert [30_000, 30_000, 40_000] == elsewhere(make_session, stored, mounts=mounts).value
    folder.joinpath("in.txt").unlink()
    with pytest.raises(GuestError, match="OSError"):
        elsewhere(make_session, stored, mounts=mounts)


@pytest.mark.parametrize("mounts", [[], ["/other"], ["/m", "/n"]], ids=str)
def test_other_mounts_are_refused(make_session, folder, mounts):
    """
    A run that is gone through again must find what it had found.
    """
    session = add_ask(make_session(mounts=[Mount(folder, "/m")]))
    continuation = waiting(session, "ask(open('/m/in.txt').read())")
    with pytest.raises(SnapshotError, match=r"/m \(a mount\)"):
        elsewhere(make_session, continuation, mounts=[Mount(folder, at) for at in mounts])
    with pytest.raises(SnapshotError, match="mounts and packages"):
        elsewhere(
            make_session, continuation, mounts=[Mount(folder, "/m", "rw", commit="on_success")]
        )
    assert 1 == elsewhere(make_session, continuation, mounts=[Mount(folder, "/m")]).value


# ---- what the owner does


def test_what_a_host_function_writes_is_part_of_the_run(make_session):
    """
    It is written again, without the function, with the time that it had.
    """
    session = add_ask(make_session())
    calls = []

    def download(name):
        calls.append(name)
        session.files.write(f"/in/{name}", b"data of " + name.encode())
        session.files.delete("/old")

    session.files.write("/old", b"")
    session.function(download)
    code = """
import os
def look(): return [open('/in/a').read(), os.stat('/in/a')[8], sorted(os.listdir('/'))]
download('a')
first = look()
ask(first)
[first, look()]"""
    continuation = waiting(session, code)
    time.sleep(0.01)
    shown = continuation.payload["args"][0]
    for _ in range(2):
        result = elsewhere(make_session, continuation, functions={"download": download})
        assert [shown, shown] == result.value
    assert [shown, shown] == continuation.resume(1).value
    assert ["a"] == calls
    assert b"data of a" == session.files.read("/in/a")


def test_changes_from_outside_while_guest_code_runs(make_session):
    """
    Nobody can say when the run saw them: it cannot be suspended any more, and says why.
    """
    session = add_ask(make_session())
    code = "import os\nprint('go')\nwhile 'go' not in os.listdir('/'): pass\n"
    seen = threading.Event()
    future = session.submit(code + "ask(1)", on_output=lambda *_: seen.set(), check=False)
    assert seen.wait(10)
    session.files.write("/go", b"")
    error = future.result(20).error

    assert isinstance(error, HostFunctionError)
    assert "changed from outside" in str(error.__cause__)
    assert 7 == session.run("7").value


def test_changes_between_suspension_and_resumption(make_session):
    """
    They would be undone: that is said, and the stored run goes on elsewhere.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "ask(1)")
    session.files.write("/later", b"kept")
    with pytest.raises(SnapshotError, match="other files"):
        continuation.resume(1)
    assert b"kept" == session.files.read("/later")
    assert 1 == elsewhere(make_session, continuation).value


def test_the_environment_is_the_runs_own(make_session):
    """
    A run has the variables that it began with; the next has those of the session.
    """
    look = "import os\n[os.getenv('A'), os.getenv('B')]"
    session = add_ask(make_session(env={"A": "1"}))
    continuation = waiting(session, look + "\nx = ask(1)\n" + look)
    other = add_ask(make_session(env={"A": "2", "B": "3"}))
    stored = Continuation.from_bytes(continuation.to_bytes())

    assert ["1", None] == stored.resume(1, session=other).value
    assert ["2", "3"] == other.run(look).value


def test_more_functions_are_known_after_the_run(make_session):
    """
    A session may have more of them than the run knew; the run does not see that.
    """
    session = add_ask(make_session())
    code = "x = []\nask(1)\n['more' in globals(), id(x)]"
    continuation = waiting(session, code)
    other = make_session(functions={"more": lambda: 5})
    add_ask(other)
    stored = Continuation.from_bytes(continuation.to_bytes())

    assert continuation.resume(1).value == stored.resume(1, session=other).value
    assert 5 == other.run("more()").value


@pytest.mark.parametrize("name", ["memory_bytes", "file_bytes", "file_count", "host_call_bytes"])
def test_other_limits_are_refused(make_session, name):
    """
    Guest code may have noticed where they are; those that it cannot see are the session's.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "ask(1)")
    for other in (getattr(Limits(), name) * 2, getattr(Limits(), name) // 2):
        with pytest.raises(SnapshotError, match=rf"{name}=.* {other}"):
            elsewhere(make_session, continuation, limits=Limits(**{name: other}))
    assert 1 == elsewhere(make_session, continuation, limits=Limits(wall_seconds=3)).value


def test_other_packages_are_refused(make_session, tmp_path):
    """
    Code that was imported from them may be another.
    """

    def session(text):
        place = tmp_path / text
        place.mkdir(exist_ok=True)
        wheel = make_wheel(place, {"thing.py": f"which = {text!r}".encode()})
        return add_ask(make_session(packages=[wheel]))

    continuation = waiting(session("one"), "ask(1)\nimport thing\nthing.which")
    data = continuation.to_bytes()
    for other in (session("two"), add_ask(make_session())):
        with pytest.raises(SnapshotError, match="packages"):
            Continuation.from_bytes(data).resume(1, session=other)
    assert "one" == Continuation.from_bytes(data).resume(1, session=session("one")).value


# ---- approval is of what was shown


def test_no_other_call_is_made_than_was_shown(make_session, folder):
    """
    Not when what the arguments were made of has changed, nor when the run asks for another.
    """
    made = []
    session = make_session(mounts=[Mount(folder, "/m")])
    session.function(made.append, name="delete", approve=True)
    continuation = waiting(session, "delete(open('/m/in.txt').read())")
    folder.joinpath("in.txt").write_text("another")
    again = Continuation.from_bytes(continuation.to_bytes())
    again._stored = again._stored._replace(
        request=type(again._stored.request)("run", b"delete('something else')")
    )
    other = make_session(mounts=[Mount(folder, "/m")])
    other.function(made.append, name="delete", approve=True)
    with pytest.raises(SnapshotError, match="another way"):
        again.approve(session=other)
    assert [] == made

    continuation.approve()
    assert ["as it was"] == continuation.payload["args"] == made


def test_what_was_shown_is_not_made_up(make_session):
    """
    Bytes without a key may show another call than the run makes; it is not made.
    """
    made = []

    def pay(name: str, amount: float) -> None:
        made.append((name, amount))

    def other():
        session = make_session()
        session.function(pay, approve=True)
        return session

    continuation = waiting(other(), "pay('Eve', float('nan'))")
    run = _stored_run.unpack(continuation.to_bytes(), None)
    for args in (["Ada", 1.0], ["Eve", 1.0], ["Eve"], None):
        payload = {"function": "pay", "args": args, "kwargs": {}}
        data = _stored_run.pack(run._replace(payload=payload), None)
        with pytest.raises(SnapshotError, match="another call was shown"):
            Continuation.from_bytes(data).approve(session=other())
    for name in ("read", "Pay", "pay ", ""):
        data = _stored_run.pack(run._replace(name=name), None)
        with pytest.raises(SnapshotError, match="another call was shown"):
            Continuation.from_bytes(data).approve(session=other())
    assert [] == made
    Continuation.from_bytes(continuation.to_bytes()).approve(session=other())
    continuation.approve()
    assert ["Eve", "Eve"] == [name for name, _ in made]


def test_a_guest_that_goes_on_after_it_was_left():
    """
    One that has taken over its interpreter makes no call, and does not change which is open.
    """
    made = []
    functions = HostFunctions({"delete": made.append, "log": made.append})
    functions.register(ask, approve=True)
    ledger = Ledger(Limits(), functions, Files(0, 0), lambda: None)
    ledger.record(Journal())
    assert OVER is ledger.call(b"ask", b'[["shown"],{}]')
    open_call = ledger.journal.asked
    before = ledger.journal.to_bytes()

    assert OVER is ledger.call(b"log", b'[["x"],{}]')
    assert OVER is ledger.call(b"ask", b'[["not shown"],{}]')
    ledger.clock(False)
    ledger.random(8)
    assert (open_call, before, []) == (ledger.journal.asked, ledger.journal.to_bytes(), made)
    assert {"function": "ask", "args": ["shown"], "kwargs": {}} == ledger.reason.payload


# What guest code may try to notice that it was left, or to outlive it.
HOOKS = """
import sys, gc
def noticed(*args):
    try: tell(str(args)[:50])
    except BaseException: pass
    try: open('/m/noticed', 'a').write('x')
    except BaseException: pass
    print('noticed')
class Dies:
    def __del__(self): noticed('del')
class Context:
    def __enter__(self): return self
    def __exit__(self, *args): noticed('exit'); return True
    async def __aenter__(self): return self
    async def __aexit__(self, *args): noticed('aexit'); return True
def generator():
    try: yield ask(1)
    except BaseException: noticed('generator'); yield 7
    finally: noticed('finally')
def trace(frame, event, arg):
    if event in ('exception', 'return', 'c_exception') and armed: noticed('trace ' + event)
    return trace
armed = False
"""
TRIES = {
    "a finalizer": "d = Dies()\ndef f():\n    e = Dies()\n    ask(1)\n    armed = e\nf()",
    "every handler": """
try:
    try:
        with Context(): ask(1)
    except BaseException as e: noticed(e)
    else: print('after')
    finally: print('in order')
except BaseException as e: noticed(e)""",
    "a generator": "g = generator()\nx = next(g)\nprint(x)",
    "a loop that does not end": """
while True:
    try: x = ask(1); break
    except BaseException: noticed()""",
    "asyncio": """
import asyncio
async def inner():
    async with Context(): return ask(1)
async def main():
    task = asyncio.create_task(inner())
    try: return await task
    except BaseException as e: noticed(e)
asyncio.run(main())""",
    "a trace": "armed = True\nif hasattr(sys, 'settrace'): sys.settrace(trace)\n"
    "def f(): return ask(1)\ntry: f()\nfinally:\n    armed = False\n"
    "    if hasattr(sys, 'settrace'): sys.settrace(None)",
    "the way an error is shown": """
class E(Exception):
    def __str__(self): noticed('str'); return ''
    __repr__ = __str__
class K:
    def __eq__(self, other): return ask(1) or True
    def __hash__(self): return 1
try: {K(): 1, K(): 2}
except BaseException as e: noticed(e)""",
    "exit handlers": """
try:
    import atexit
    atexit.register(noticed)
except ImportError: pass
ask(1)""",
}


@pytest.mark.parametrize("name", TRIES)
def test_guest_code_has_nothing_to_notice(make_session, folder, name):
    """
    Nothing that it does when it is left reaches the host: no call, no file, no output.
    """
    told = []
    mounts = [Mount(folder, "/m", "rw")]
    session = add_ask(make_session(functions={"tell": told.append}, mounts=mounts))
    session.run(HOOKS)
    with pytest.raises(Suspended) as info:
        session.run("print('before')\n" + TRIES[name])

    assert ([], "before\n") == (told, info.value.stdout)
    assert ["in.txt"] == os.listdir(folder)
    assert info.value.continuation.resume(1, check=False).error is None


# ---- resuming


def test_a_resumption_that_fails_before_the_answer(make_session):
    """
    Nobody was told the answer, so it may be given again: after a deadline, a mistake, an end.
    """
    session = add_ask(make_session())
    session.run("x = [0]")
    code = "x.append(1)\nopen('/f', 'w').write('x')\nfor i in range(3_000_000): pass\nask(1)\nx"
    continuation = waiting(session, code)
    data = continuation.to_bytes()
    for _ in range(2):
        with pytest.raises(WallTimeExceeded) as info:
            continuation.resume(5, wall_seconds=0.01)
        assert "rolled back" == info.value.state
    with pytest.raises(ConfigError):
        continuation.resume(5, on_output=7)
    assert [0, 1] == continuation.resume(5).value
    with pytest.raises(SnapshotError, match="once"):
        continuation.resume(5)

    stored = Continuation.from_bytes(data)
    closed = add_ask(make_session())
    closed.close()
    with pytest.raises(SessionClosed):
        stored.resume(5, session=closed)
    assert [0, 1] == stored.resume(5, session=add_ask(make_session())).value


def test_a_deadline_after_the_answer(make_session):
    """
    Then it was given, and is not given again.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "ask(1)\nwhile True: pass")
    with pytest.raises(WallTimeExceeded):
        continuation.resume(1, wall_seconds=0.2)
    with pytest.raises(SnapshotError, match="once"):
        continuation.resume(1)


def test_run_that_ends_before_its_answer(make_session):
    """
    A run that does not come to the call that was open is an error, not a result.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "ask(1)")
    for code in (b"7", b"1 / 0", b"import time\ntime.time()\nask(1)"):
        stored = Continuation.from_bytes(continuation.to_bytes())
        stored._stored = stored._stored._replace(request=type(stored._stored.request)("run", code))
        other = add_ask(make_session())
        with pytest.raises(SnapshotError, match="another way"):
            stored.resume(1, session=other)
        assert 2 == other.run("1 + 1").value


def test_many_threads_resume_one_run(make_session):
    """
    One of them goes on, and what it does is done once.
    """
    made = []
    session = make_session(functions={"pay": made.append})
    add_ask(session)
    continuation = waiting(session, "x = ask(1)\npay(x)\nx")
    barrier, outcomes = threading.Barrier(8), []

    def resume(value):
        barrier.wait(10)
        try:
            outcomes.append(continuation.resume(value).value)
        except SnapshotError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=resume, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert 1 == len(made)
    assert 7 == sum("once" in str(each) for each in outcomes)
    assert made[0] in outcomes


def test_a_run_that_was_resumed_is_not_stored(make_session):
    """
    Else it could be resumed again; one whose session is closed can be stored.
    """
    session = add_ask(make_session())
    continuation = waiting(session, "ask(1)")
    data = continuation.to_bytes()
    assert 1 == continuation.resume(1).value
    with pytest.raises(SnapshotError, match="before"):
        continuation.to_bytes()
    other = waiting(session, "ask(2)")
    session.close()
    assert (
        3
        == Continuation.from_bytes(other.to_bytes())
        .resume(3, session=add_ask(make_session()))
        .value
    )
    assert 4 == Continuation.from_bytes(data).resume(4, session=add_ask(make_session())).value


def test_other_ways_to_leave_a_call_open(make_session):
    """
    From a coroutine, and in a call or a map of a guest function.
    """

    async def later(n):
        raise Suspend({"n": n})

    session = make_session(functions=[later])
    session.run("def f(n): return later(n) + 1")
    with pytest.raises(Suspended) as info:
        session.call("f", 1)
    assert {"n": 1} == info.value.payload
    assert 11 == info.value.continuation.resume(10).value
    with pytest.raises(Suspended) as info:
        session.map("f", [1, 2])
    with pytest.raises(Suspended) as again:
        info.value.continuation.resume(10)
    assert [11, 21] == again.value.continuation.resume(20).value


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_in_asyncio(interpreter):
    """
    A run that waits goes on on the event loop, here and from its bytes.
    """

    async def main():
        loops = []

        async def told(n):
            loops.append(asyncio.get_running_loop())
            return n

        async with AsyncSession(interpreter) as session:
            session.function(ask, suspends=True)
            session.function(told)
            with pytest.raises(Suspended) as info:
                await session.run("x = ask(1)\ntold(x) + 1")
            stored = Continuation.from_bytes(info.value.continuation.to_bytes())
            first = await session.go_on(info.value.continuation.resume, 5)
            second = await session.go_on(stored.resume, 7)
            assert [asyncio.get_running_loop()] * 2 == loops
            return first.value, second.value

    assert (6, 8) == asyncio.run(main())


def test_many_clicks_at_once(tmp_path, monkeypatch):
    """
    The pattern of the documentation answers a stored run once, however often it is clicked.
    """
    path = Path(__file__).parents[1] / "examples" / "approve_in_browser.py"
    spec = importlib.util.spec_from_file_location("approve_in_browser", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    monkeypatch.setenv("DATABASE", str(tmp_path / "runs.sqlite"))
    monkeypatch.setenv("KEY", "00" * 32)
    number = example.begin(example.PROGRAM).partition('name="id" value="')[2].partition('"')[0]
    barrier = threading.Barrier(4)

    def click(_):
        barrier.wait(10)
        return example.answer(number, True)

    with concurrent.futures.ThreadPoolExecutor(4) as executor:
        shown = list(executor.map(click, range(4)))
    assert 3 == shown.count(None)
    with example.transaction() as database:
        assert [("Ada", 30)] == database.execute("SELECT name, amount FROM payments").fetchall()
        assert [] == database.execute("SELECT id FROM waiting").fetchall()


def test_what_asks_too_much_cannot_be_suspended(make_session, monkeypatch):
    """
    A journal has an end; a run that went beyond it says so when it is left.
    """
    monkeypatch.setattr("sandbox_wasm._journal.MAX_BYTES", 2000)
    session = make_session(functions={"step": lambda n: n})
    add_ask(session)
    waiting(session, "for n in range(20): step(n)\nask(1)")
    result = session.run("for n in range(200): step(n)\nask(1)", check=False)
    assert "more than is kept" in str(result.error.__cause__)


def test_reading_nothing(make_session):
    """
    There is no standard input, before and after.
    """
    session = add_ask(make_session())
    code = "def look():\n  try: return input()\n  except Exception as e: return type(e).__name__\n"
    continuation = waiting(session, code + "a = look()\nask(a)\n[a, look()]")
    a, b = elsewhere(make_session, continuation).value
    assert a == b == continuation.payload["args"][0]


def test_results_tell_all_files(make_session):
    """
    Those of a resumed run tell what it did before, too.
    """
    session = add_ask(make_session())
    continuation = waiting(
        session, "open('/a', 'w').write('1')\nask(1)\nopen('/b', 'w').write('2')"
    )
    assert ("/a", "/b") == continuation.resume(1).files.created


# ---- forms of earlier versions


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.run")), ids=lambda path: path.stem)
def test_golden(path, tmp_path):
    """
    A stored run is read as long as there is its form; it goes on with its artifact alone.
    """
    key = b"golden" if "sealed" in path.stem else None
    data = path.read_bytes()
    run = _stored_run.unpack(data, key)

    assert ("ask", {"function": "ask", "args": ["how many?"], "kwargs": {}}) == run[:2]
    assert (("fetch", "ask"), ("/m (a mount)",)) == (run.snapshot.functions, run.places)
    assert tuple(getattr(Limits(), name) for name in _stored_run.NOTICED) == run.limits
    assert b"fetch('a')" in run.request.source
    assert b'"y"' in run.request.inputs
    kinds = [entry.kind for entry in run.journal]
    assert {Kind.CALL, Kind.CLOCK, Kind.RANDOM, Kind.FILE, Kind.CHANGE} == set(kinds)
    assert b"mounted" in [entry.answer for entry in run.journal if entry.kind == Kind.FILE]
    _, files = run.snapshot.unpack(Limits(), 64 << 20)
    assert 6 == files.tree.used
    again = _stored_run.unpack(_stored_run.pack(run, key), key)
    assert (run[:4], run.told) == (again[:4], again.told)
    for name in type(run.request).__slots__:
        assert getattr(run.request, name) == getattr(again.request, name)
    assert list(run.journal) == list(again.journal)
    assert run.snapshot.to_bytes() == again.snapshot.to_bytes()
    with pytest.raises(SnapshotError):
        Continuation.from_bytes(data, key=None if key else b"golden")

    tmp_path.joinpath("in").write_text("another")
    stored = Continuation.from_bytes(data, key=key)
    with Session(
        "micropython", functions={"fetch": ask}, mounts=[Mount(tmp_path, "/m")]
    ) as session:
        add_ask(session)
        if run.snapshot.artifact == digest("micropython"):
            assert "golden" == stored.resume(1, session=session).value
        else:
            with pytest.raises(SnapshotError, match=run.snapshot.artifact):
                stored.resume(1, session=session)


def test_there_is_a_golden_file_of_each_version():
    """
    Whoever changes the form adds one: python tests/golden/make.py
    """
    found = {path.name.split("-")[0] for path in GOLDEN.glob("*.run")}
    assert {f"v{version}" for version in range(1, _stored_run.VERSION + 1)} == found


# ---- runs that somebody made up


HOSTILE = """
import os, time
time.time(), os.urandom(4), fetch('a'), open('/m/in').read(), os.listdir('/m'), os.stat('/m/in')
f = open('/m/out', 'w')
f.write('x')
f.close()
open('/a').read()
ask('how many?')
x = 1"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run that has asked for everything, as it is stored; and makes sessions for it."""
    folder = tmp_path_factory.mktemp("mounted")
    folder.joinpath("in").write_text("mounted")

    def make():
        session = Session("micropython", mounts=[Mount(folder, "/m", "rw")])
        session.function(lambda name: session.files.write(f"/{name}", b"data"), name="fetch")
        return add_ask(session)

    with make() as session:
        data = waiting(session, HOSTILE).to_bytes()
        return _stored_run.unpack(data, None), make


def play(run, make):
    """Resume it; nothing but the library's own errors may come of it."""
    stored = Continuation.from_bytes(_stored_run.pack(run, None))
    with make() as session:
        result = stored.resume(1, session=session, check=False, wall_seconds=2)
        if session.state.value == "open":
            assert 2 == session.run("1 + 1").value
        return result


@settings(max_examples=60)
@given(data=st.data())
def test_made_up_journals(hostile, data):
    """
    Whatever a journal says, with a seal that holds: a result, or an error that says so.
    """
    run, make = hostile
    entries = list(run.journal)
    assert play(run, make).error is None
    at = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[at]
    answers = st.binary(max_size=100) | st.just(entry.answer)
    answer = data.draw(answers)
    if answer and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(answer) - 1))
        answer = answer[:place] + bytes([data.draw(st.integers(0, 255))]) + answer[place + 1 :]
    how = data.draw(st.sampled_from(["alter", "drop", "double", "swap", "status"]))
    if how == "alter":
        entries[at] = entry._replace(answer=answer)
    elif how == "drop":
        del entries[at]
    elif how == "double":
        entries.insert(at, entry)
    elif how == "swap":
        entries[at - 1], entries[at] = entries[at], entries[at - 1]
    else:
        most = _journal._STATUSES.get(entry.kind, 0)
        entries[at] = entry._replace(status=data.draw(st.integers(0, most)))
    packed = b"".join(
        _journal._HEAD.pack(each.kind, each.status, len(each.answer), each.asked) + each.answer
        for each in entries
    )
    journal = Journal.from_bytes(run.journal.asked + packed)
    with contextlib.suppress(SandboxError):
        play(run._replace(journal=journal), make)


def test_a_run_is_one_of_a_caller(hostile):
    """
    What the library itself asks of a guest, on nobody's fuel, is no run that can be stored.
    """
    run, _ = hostile
    whole = _stored_run.pack(run, None)
    start = _stored_run._OPENING.size
    assert 0 == whole[start + 3]
    for mode in range(len(_stored_run._MODES), 256):
        content = whole[start : start + 3] + bytes([mode]) + whole[start + 4 :]
        seal = _stored_run.seal(_stored_run._FRONT, content, None)
        with pytest.raises(SnapshotError, match="fit"):
            Continuation.from_bytes(whole[:20] + seal + content)
    assert {"run", "call", "map", "final", "return"} == set(_stored_run._MODES)


@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_journal(data):
    """
    They are refused, or are a journal that is stored the same.
    """
    try:
        journal = Journal.from_bytes(data)
    except SnapshotError:
        return
    assert data == journal.to_bytes()


def test_bombs(hostile):
    """
    What a stored run unpacks to is bounded, whatever it says of itself.
    """
    run, _ = hostile
    whole = _stored_run.pack(run, None)
    head = _stored_run._HEAD
    start = _stored_run._OPENING.size
    fields = list(head.unpack_from(whole, start))
    parts, at = [], start + head.size
    for length in fields[-7:]:
        parts.append(whole[at : at + length])
        at += length
    bomb = zlib.compress(bytes(1 << 28))
    tracemalloc.start()
    try:
        for size in (fields[9], 1 << 20, _journal.MAX_BYTES, (1 << 32) - 1):
            altered = [*fields[:9], size, *map(len, parts)]
            altered[-2] = len(bomb)
            content = head.pack(*altered) + b"".join([*parts[:5], bomb, parts[6]])
            sealed = _stored_run.seal(_stored_run._FRONT, content, None)
            data = _stored_run._OPENING.pack(_stored_run.MAGIC, _stored_run.VERSION, sealed)
            with pytest.raises(SnapshotError):
                Continuation.from_bytes(data + content)
        assert tracemalloc.get_traced_memory()[1] < 3 * _journal.MAX_BYTES
    finally:
        tracemalloc.stop()


def test_a_run_is_no_snapshot(hostile, tmp_path):
    """
    Each form says what the other is; a file that is too large is not read.
    """
    run, make = hostile
    data = _stored_run.pack(run, None)
    with pytest.raises(SnapshotError, match=r"Continuation\.from_bytes"):
        Snapshot.from_bytes(data)
    with make() as session:
        snapshot = session.snapshot()
    with pytest.raises(SnapshotError, match="no suspended run"):
        Continuation.from_bytes(snapshot.to_bytes())
    path = tmp_path / "large"
    snapshot.save(path)
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # of nothing, but it could be read
    with pytest.raises(SnapshotError, match="larger"):
        Snapshot.load(path)
    with pytest.raises(SnapshotError, match="larger than 1000 bytes"):
        Snapshot.load(path, max_bytes=1000)
    if os.path.exists("/dev/zero"):
        with pytest.raises(SnapshotError, match="no snapshot"):
            Snapshot.load("/dev/zero")


# ---- the network


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_requests_are_not_made_again(make_session):
    """
    What a run has fetched it knows; without a network it is not gone through again.
    """
    pytest.importorskip("httpx")
    from web_server import serve

    with serve() as server:
        network = NetworkPolicy(allow=[server.origin], allow_private=True)
        session = add_ask(make_session(network=network))
        code = "a = fetch(url).text\nask(a)\n[a, fetch(url).status]"
        continuation = waiting(session, code, inputs={"url": server.origin})
        assert 1 == len(server.seen)
        result = elsewhere(make_session, continuation, network=network)
        assert (["hello", 200], 2) == (result.value, len(server.seen))
    with pytest.raises(SnapshotError, match="does not have: a network"):
        elsewhere(make_session, continuation)


def test_functions_that_came_during_the_run(make_session):
    """
    A run that is stored knows what it was told of, and not what was registered meanwhile.
    """
    session = add_ask(make_session())
    session.function(lambda: session.function(lambda: 1, name="later") and None, name="more")
    session.function(lambda: None, name="use")
    continuation = waiting(session, "use()\nmore()\nask('later' in globals())")
    assert [False] == continuation.payload["args"]
    other = make_session(functions={"more": ask, "use": ask})
    assert (
        1
        == Continuation.from_bytes(continuation.to_bytes()).resume(1, session=add_ask(other)).value
    )


def test_runs_that_end_with_an_answer(make_session):
    """
    The other dialect waits as well, and is unknown to the run after.
    """
    session = add_ask(make_session())
    with pytest.raises(Suspended) as info:
        session.run("final_answer(ask(1) + 1)\nask(2)", dialect="final_answer")
    other = add_ask(make_session())
    stored = Continuation.from_bytes(info.value.continuation.to_bytes())
    assert (session.snapshot().artifact, session.interpreter) == (
        stored.artifact,
        stored.interpreter,
    )
    for result in (stored.resume(4, session=other), info.value.continuation.resume(4)):
        assert (5, True) == (result.value, result.is_final)
    assert "NameError" == other.run("final_answer(1)", check=False).error.type_name


def test_a_dialogue_of_questions(make_session):
    """
    Stored and answered twenty times in a loop, each time in a session of its own.
    """
    session = add_ask(make_session())
    code = "total = 0\nfor n in range(20):\n    total += ask(n)\n    print(n, end=' ')\ntotal"
    data = waiting(session, code).to_bytes()
    for n in range(20):
        stored = Continuation.from_bytes(data)
        assert [n] == stored.payload["args"]
        result = stored.resume(n, session=add_ask(make_session()), check=False)
        if n < 19:
            data = result.error.continuation.to_bytes()
    assert (190, " ".join(map(str, range(20))) + " ") == (result.value, result.stdout)
