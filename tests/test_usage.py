"""What a session has used in all its runs: counted on the host, and never taken back."""

import dataclasses
import pickle
import time

import pytest

from sandbox_wasm import (
    ConfigError,
    FuelExhausted,
    GuestCrash,
    GuestError,
    HostCallsExceeded,
    LimitExceeded,
    Limits,
    OutputExceeded,
    Session,
    Suspended,
    Usage,
    WallTimeExceeded,
    _keeper,
)
from sandbox_wasm._account import Account, Charged

FUNCTIONS = {"echo": lambda v: v}


def refused(session, kind, limit):
    """The session runs nothing any more, and says why; what it holds can still be had."""
    before = session.usage
    with pytest.raises(kind) as info:
        session.run("1")
    assert (limit, "kept") == (info.value.limit, info.value.state)
    again = session.run("1", check=False)
    assert isinstance(again.error, kind)
    assert (0, 0.0) == (again.usage.runs, again.usage.seconds)
    with pytest.raises(kind):
        session.call("f")
    assert before == session.usage
    assert "open" == session.state.value
    session.snapshot()
    return info.value


def test_a_run_is_accounted_for(make_session):
    """
    Each run says what it has used, and the session what all have.
    """
    session = make_session(functions=FUNCTIONS)
    assert 0 == session.usage.runs

    used = session.run("for i in range(3): echo('abc')\nprint('hello')\n'x' * 100").usage
    again = session.run("open('/f', 'w').write('x' * 50) and 0").usage

    assert (1, 3, 6) == (used.runs, used.host_calls, used.output_bytes)
    assert used.result_bytes in (100, 102)  # some as text, some as JSON
    assert used.host_call_bytes > 3 * 2 * len('"abc"')
    assert 0 < used.seconds < 5
    assert 0 <= used.cpu_seconds < 5
    assert (0, 0, 50) == (again.host_calls, again.result_bytes, again.file_bytes)
    assert again.file_count == used.file_count + 1
    total = session.usage
    assert (2, 3, 6) == (total.runs, total.host_calls, total.output_bytes)
    assert total.result_bytes == used.result_bytes
    assert total.seconds == used.seconds + again.seconds
    assert total.host_call_bytes == used.host_call_bytes
    assert (50, again.file_count) == (total.file_bytes, total.file_count)
    assert total.peak_memory_bytes == max(used.peak_memory_bytes, again.peak_memory_bytes)
    session.close()
    assert 2 == session.usage.runs


def test_processor_time(make_session):
    """
    Work counts, sleeping does not.
    """
    session = make_session()
    session.run("import time")

    slept = session.run("time.sleep(0.3)").usage
    worked = session.run("i = 0\nwhile i < 300_000: i += 1").usage

    assert slept.seconds >= 0.3 > slept.cpu_seconds
    assert 0 < worked.cpu_seconds <= worked.seconds + 0.1


def test_runs_that_fail_count(make_session):
    """
    An error, a limit and a closed file take nothing back.
    """
    session = make_session(functions=FUNCTIONS, limits=Limits(wall_seconds=0.3, host_calls=5))
    session.run("echo(1)\nprint('a')\n1 / 0", check=False)
    session.run("import time\necho(1)\nprint('b')\ntime.sleep(60)", check=False)
    session.run("for i in range(9): echo(1)", check=False)

    used = session.usage
    assert (3, 7, 4) == (used.runs, used.host_calls, used.output_bytes)
    assert used.seconds >= 0.3


SESSION_LIMITS = [
    ({"session_runs": 3}, "1 + 1", LimitExceeded),
    ({"session_seconds": 0.8}, "import time\ntime.sleep(0.3)", WallTimeExceeded),
    ({"session_host_calls": 5}, "echo(1)\necho(2)", HostCallsExceeded),
    ({"session_host_call_bytes": 2000}, "echo('x' * 400)", HostCallsExceeded),
    ({"session_output_bytes": 100}, "print('x' * 39)", OutputExceeded),
    ({"session_fuel": 30_000_000, "fuel": 20_000_000}, None, FuelExhausted),
]


def test_every_limit_of_a_session_is_tried():
    """
    The table has them all.
    """
    names = [field.name for field in dataclasses.fields(Limits)]

    assert [next(iter(limits)) for limits, *_ in SESSION_LIMITS] == [
        name for name in names if name.startswith("session_")
    ]


@pytest.mark.parametrize(
    ("limits", "code", "kind"),
    SESSION_LIMITS,
    ids=[next(iter(limits)) for limits, *_ in SESSION_LIMITS],
)
def test_a_session_uses_up_what_it_has(make_session, assert_healthy, limits, code, kind):
    """
    Runs that each keep to their limits come to the session's; no run begins after that.
    """
    (name, allowed), *_ = limits.items()
    session = make_session(limits=Limits(**limits), functions=FUNCTIONS)
    code = code or "i = 0\nwhile i < 10_000: i += 1"

    runs = 0
    error = None
    while error is None and runs < 50:
        error = session.run(code, check=False).error
        runs += 1

    assert 1 < runs < 50
    assert isinstance(error, kind)
    assert (name, allowed) == (error.limit, error.allowed)
    assert f"guest exceeded {name}={allowed}" == str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (name, allowed) == (copy.limit, copy.allowed)
    refused(session, kind, name)
    assert_healthy()


@pytest.mark.parametrize("is_fit", [True, False])
def test_reading_a_value_takes_the_sessions_time(make_session, monkeypatch, is_fit):
    """
    Also of a value that is refused in the end: guest code chooses how long it takes.
    """
    read = _keeper.value_of

    def slowly(*args):
        end = time.perf_counter() + 0.05
        while time.perf_counter() < end:
            pass
        if not is_fit:
            raise GuestError("ValueError", "unfit")
        return read(*args)

    session = make_session(limits=Limits(session_seconds=5))
    session.run("x = 1")
    before = session.usage.seconds
    monkeypatch.setattr(_keeper, "value_of", slowly)
    result = session.run("(x, 2)", check=False)

    assert ((1, 2) if is_fit else None) == result.value
    assert result.usage.seconds >= 0.05
    assert session.usage.seconds - before >= 0.05


def test_going_on_is_no_further_run(make_session):
    """
    The last run of a session may wait, and go on; then the session has had its runs.
    """
    session = make_session(limits=Limits(session_runs=2), functions=FUNCTIONS)
    session.function(lambda: None, name="ask", suspends=True)
    session.run("x = 1")

    with pytest.raises(Suspended) as info:
        session.run("x += ask()\nx += ask()\nx")
    waiting = info.value.continuation
    with pytest.raises(Suspended) as info:
        waiting.resume(10)
    assert 111 == info.value.continuation.resume(100).value

    error = refused(session, LimitExceeded, "session_runs")
    assert "guest exceeded session_runs=2" == str(error)


def test_no_limit_hides_another():
    """
    A run that waited may go on after the session's last, but not with nothing left of its time.
    """
    account = Account(Limits(session_runs=1, session_seconds=1))
    account.add(Usage(runs=1, seconds=0.5), Charged())
    assert account.refusal(is_resumed=True) is None
    assert "session_runs" == account.refusal().limit

    account.add(Usage(runs=0, seconds=0.5), Charged())
    for is_resumed in (True, False):
        assert "session_seconds" == account.refusal(is_resumed).limit


def test_output_is_kept_up_to_what_is_left(make_session):
    """
    Not a byte more than the session may print, and all up to there.
    """
    session = make_session(limits=Limits(session_output_bytes=10))
    session.run("print('1234567')")

    result = session.run("print('abcdef')", check=False)

    assert ("ab", True) == (result.stdout, result.truncated)
    assert isinstance(result.error, OutputExceeded)
    refused(session, OutputExceeded, "session_output_bytes")


def test_all_that_is_left_may_be_used(make_session):
    """
    What uses a limit up exactly has not crossed it.
    """
    session = make_session(
        limits=Limits(session_output_bytes=8, session_host_calls=2), functions=FUNCTIONS
    )

    assert "1234567\n" == session.run("print('1234567')\necho(1)\necho(2)").stdout
    assert 2 == session.run("1 + 1").value


def test_the_session_has_less_time_than_the_run(make_session):
    """
    The last run is interrupted when the session's time is up, and its variables stay.
    """
    session = make_session(limits=Limits(session_seconds=0.3))

    began = time.perf_counter()
    with pytest.raises(WallTimeExceeded) as info:
        session.run("x = 5\nwhile True: pass")

    assert ("session_seconds", "kept") == (info.value.limit, info.value.state)
    assert time.perf_counter() - began < 0.3 + 5
    assert 0.3 <= session.usage.seconds
    refused(session, WallTimeExceeded, "session_seconds")
    with session.fork() as fork:
        assert 5 == fork.run("x").value


GETTING_IT_BACK = {
    "exception": "raise MemoryError",
    "exit": "raise SystemExit",
    "deep": "def f(): f()\nf()",
    "catches": "for i in range(50):\n    try: echo(1)\n    except BaseException: pass",
}


@pytest.mark.parametrize("code", GETTING_IT_BACK.values(), ids=GETTING_IT_BACK)
def test_guest_code_gets_nothing_back(make_session, code):
    """
    Whatever a run does, its host calls and those before it stay used.
    """
    session = make_session(limits=Limits(session_host_calls=10), functions=FUNCTIONS)
    session.run("for i in range(4): echo(i)")

    session.run(code, check=False)

    assert 4 <= session.usage.host_calls <= 10
    with pytest.raises(HostCallsExceeded):
        session.run("for i in range(9): echo(i)")
    assert 10 == session.usage.host_calls
    refused(session, HostCallsExceeded, "session_host_calls")


def test_going_back_takes_nothing_back(make_session):
    """
    A run that loses its guest is undone inside, and stays used outside.
    """
    session = make_session(limits=Limits(session_host_calls=5), functions=FUNCTIONS)

    def die():
        session._lane.kill_guest()

    session.function(die)
    session.run("x = 1\necho(x)")
    error = session.run("x = 2\necho(1)\nprint('out')\ndie()\nwhile True: pass", check=False).error

    assert isinstance(error, GuestCrash)
    assert "rolled back" == error.state
    assert (1, 3) == (session.run("x").value, session.usage.host_calls)
    assert 3 == session.usage.runs
    with pytest.raises(HostCallsExceeded):
        session.run("for i in range(9): echo(i)")
    refused(session, HostCallsExceeded, "session_host_calls")


def test_a_fork_and_a_snapshot_begin_anew(make_session):
    """
    They are sessions of their own, and what they use is not their origin's.
    """
    session = make_session(limits=Limits(session_host_calls=3), functions=FUNCTIONS)
    session.run("x = 7\necho(1)\necho(2)")
    snapshot = session.snapshot()

    with session.fork() as fork:
        assert (0, 0) == (fork.usage.runs, fork.usage.host_calls)
        fork.run("echo(x)\necho(x)\necho(x)")
        with pytest.raises(HostCallsExceeded):
            fork.run("echo(x)")
    with Session.restore(snapshot, functions=FUNCTIONS, limits=session.limits) as other:
        other.run("echo(x)")
        assert (1, 1) == (other.usage.runs, other.usage.host_calls)
    assert (1, 2) == (session.usage.runs, session.usage.host_calls)
    session.run("echo(3)")


def test_a_resumed_run_is_charged_once(make_session):
    """
    What is gone through again, and was charged for, is not charged again.
    """
    session = make_session(limits=Limits(session_host_calls=3, session_output_bytes=20))
    session.function(FUNCTIONS["echo"], name="echo")
    session.function(lambda: None, name="ask", suspends=True)

    with pytest.raises(Suspended) as info:
        session.run("print('0123456789')\necho(1)\nask()\nprint('abcdefgh')\necho(2)")
    result = info.value.continuation.resume(1)

    assert "0123456789\nabcdefgh\n" == result.stdout
    assert (2, 3, 20) == (
        session.usage.runs,
        session.usage.host_calls,
        session.usage.output_bytes,
    )
    assert (3, 20) == (result.usage.host_calls, result.usage.output_bytes)
    with pytest.raises(OutputExceeded):
        session.run("print(1)")


def test_a_state_that_is_too_large_to_keep(make_session):
    """
    The host keeps no more of the guest than it was told to; then a trap costs the session.
    """
    session = make_session(limits=Limits(checkpoint_bytes=3_000_000))

    def die():
        session._lane.kill_guest()

    session.function(die)
    session.run("x = 1")
    session.run("x")
    session.snapshot()  # a worker has told what it keeps by then
    small = session.usage.checkpoint_bytes
    assert 0 < small < 3_000_000
    assert "rolled back" == session.run("die()\nwhile True: pass", check=False).error.state
    session.run("data = b'x' * 5_000_000")
    assert session.run("len(data)").value == 5_000_000
    session.run("1")
    assert 0 == session.usage.checkpoint_bytes
    session.run("data = None")
    error = session.run("die()\nwhile True: pass", check=False).error
    assert error.state in ("broken", "rolled back")  # whether the memory was given back
    session = make_session(limits=Limits(checkpoint_bytes=0))
    session.function(die)
    session.run("x = 1")
    assert "broken" == session.run("die()\nwhile True: pass", check=False).error.state


@pytest.mark.parametrize("isolation", ["thread"])
def test_what_is_kept_bounds_what_can_be_suspended(make_session, isolation):
    """
    Answers that are kept for a run that may be suspended count as well.
    """
    limits = Limits(checkpoint_bytes=3_000_000)
    session = make_session(limits=limits, functions=FUNCTIONS)
    session.function(lambda: None, name="ask", suspends=True)

    with pytest.raises(Suspended):
        session.run("for i in range(3): echo('x' * 100_000)\nask()")
    error = session.run("for i in range(30): echo('x' * 200_000)\nask()", check=False).error
    assert not isinstance(error, Suspended)
    assert "more than is kept" in str(error.__cause__)


@pytest.mark.parametrize(
    "limits",
    [
        {"session_seconds": 0},
        {"session_seconds": float("nan")},
        {"session_host_calls": -1},
        {"session_output_bytes": 1.5},
        {"session_fuel": 10},
        {"session_fuel": 0, "fuel": 1},
        {"session_walks": 5},
    ],
)
def test_impossible_limits_of_a_session(limits):
    """
    They are checked as those of a run are.
    """
    with pytest.raises((ConfigError, TypeError)):
        Limits(**limits)


def test_a_limit_of_the_session_cannot_be_imitated(make_session):
    """
    A class of the same name is a guest's exception.
    """
    session = make_session(limits=Limits(session_seconds=60))

    with pytest.raises(GuestError) as info:
        session.run("class WallTimeExceeded(Exception): pass\nraise WallTimeExceeded(60)")

    assert not isinstance(info.value, LimitExceeded)
    assert 2 == session.run("1 + 1").value
