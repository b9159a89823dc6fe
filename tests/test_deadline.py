"""The stages in which a run is ended, by a clock of the test's."""

import time
from types import SimpleNamespace

import pytest

from sandbox_wasm._deadline import Deadline


class Ends:
    def __init__(self):
        self.asked = []

    def interrupt_guest(self):
        self.asked.append("interrupt")

    def abort_guest(self):
        self.asked.append("abort")

    def kill_guest(self):
        self.asked.append("kill")


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved on."""
    now = SimpleNamespace(at=1000.0)
    monkeypatch.setattr(time, "perf_counter", lambda: now.at)
    return now


def begin(clock):
    """Return a run that was to end just now, who can end it, and its deadline."""
    job = SimpleNamespace(done=False, ended=0.0, started=clock.at - 1, state="kept")
    ledger = SimpleNamespace(reason=KeyboardInterrupt())
    keeper = SimpleNamespace(guest=None, broken=None)
    ends = Ends()
    return job, ends, Deadline(ends, job, keeper, ledger, 1.0)


def test_stages_come_in_time(clock):
    """
    Interrupt at once, unwinding after 35 ms, the trap after 200, and after 300 it is left.
    """
    job, ends, deadline = begin(clock)
    told = []
    ended = clock.at
    while (rest := deadline.look()) is not None:
        told.append((round(clock.at - ended, 3), list(ends.asked)))
        clock.at += rest + 1e-6

    assert told == [
        (0.0, ["interrupt"]),
        (0.035, ["interrupt", "abort"]),
        (0.2, ["interrupt", "abort", "kill"]),
    ]
    assert 0.3 == round(clock.at - ended, 3)
    assert "broken" == job.state


def test_who_comes_late_leaves_out_no_stage(clock):
    """
    A machine that has let the watchdog sleep may have let the guest sleep as well.
    """
    job, ends, deadline = begin(clock)
    rest = deadline.look()
    for asked, following in (("abort", 0.165), ("kill", 0.1)):
        clock.at += rest + 10
        rest = deadline.look()
        assert asked == ends.asked[-1]
        assert following == round(rest, 3)
    assert "kept" == job.state
    clock.at += rest
    assert deadline.look() is None
    assert "broken" == job.state


def test_no_more_patience(clock):
    """
    The trap comes at once, however often that is wished, and the end after it as well.
    """
    _, ends, deadline = begin(clock)
    began = clock.at
    deadline.look()
    looks = 0
    while True:
        deadline.hurry()
        looks += 1
        if (rest := deadline.look()) is None:
            break
        assert "kill" == ends.asked[-1]
        clock.at += min(rest, 0.01)
    assert looks < 50
    assert clock.at - began < 0.4
