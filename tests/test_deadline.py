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


def begin(clock, is_calling=False, started=True):
    """Return a run that was to end just now, who can end it, and its deadline."""
    began = clock.at - 1 if started else 0.0
    job = SimpleNamespace(done=False, ended=0.0, started=began, state="kept")
    ledger = SimpleNamespace(reason=KeyboardInterrupt(), is_calling=is_calling)
    keeper = SimpleNamespace(guest=None, broken=None)
    ends = Ends()
    return job, ends, Deadline(ends, job, keeper, ledger, 1.0)


def stages(clock, deadline, ends):
    """Look whenever that is due until the run is left; return when was what, and the end."""
    told, began, asked = [], clock.at, []
    while (rest := deadline.look()) is not None:
        if ends.asked != asked:
            asked = list(ends.asked)
            told.append((round(clock.at - began, 3), asked[-1]))
        clock.at += rest + 1e-6
    return told, round(clock.at - began, 3)


def test_stages_come_in_time(clock):
    """
    Interrupt at once, unwinding after 35 ms, the trap after 200, and a host function that has
    not returned after 300 is left.
    """
    job, ends, deadline = begin(clock, is_calling=True)

    told, left = stages(clock, deadline, ends)

    assert [(0.0, "interrupt"), (0.035, "abort"), (0.2, "kill")] == told
    assert 0.3 == left
    assert "broken" == job.state
    assert "a host function did not return in time" == deadline._keeper.broken


def test_a_machine_that_is_slow_to_end_the_guest_has_more_time(clock):
    """
    Where no host function is in the way, the guest's end will come.
    """
    job, ends, deadline = begin(clock)

    told, left = stages(clock, deadline, ends)

    assert [(0.0, "interrupt"), (0.035, "abort"), (0.2, "kill")] == told
    assert 2.2 == left
    assert "broken" == job.state
    assert "an earlier run did not end in time" == deadline._keeper.broken


def test_a_host_call_after_the_trap_was_asked_for(clock):
    """
    A host function that is in the way after all gets no more than any other.
    """
    _, ends, deadline = begin(clock)
    while ends.asked[-1:] != ["kill"]:
        clock.at += deadline.look()
    clock.at += 0.5
    assert deadline.look() is not None
    deadline._ledger.is_calling = True
    assert deadline.look() is None


def test_a_run_that_has_not_begun_is_not_worth_a_guest(clock):
    """
    While the guest is only made, or kept, nothing has to be trapped: it comes to its end.
    """
    _, ends, deadline = begin(clock, started=False)
    told, left = stages(clock, deadline, ends)
    assert [(0.0, "interrupt"), (0.035, "abort"), (2.035, "kill")] == told
    assert 4.035 == left

    _, ends, deadline = begin(clock, started=False)
    deadline.look()
    deadline.hurry()
    clock.at += 0.001
    told, left = stages(clock, deadline, ends)
    assert [(0.0, "kill")] == told
    assert 0.1 == left


def test_output_that_nobody_takes_after_the_guest_has_answered(clock):
    """
    What takes the output may not return either, when the guest has.
    """
    job, ends, deadline = begin(clock, is_calling=True)
    job.ended = clock.at
    assert 0.3 == stages(clock, deadline, ends)[1]

    job, ends, deadline = begin(clock)
    job.ended = clock.at
    clock.at += 10
    assert deadline.look() is not None
    assert not ends.asked


def test_who_comes_late_leaves_out_no_stage(clock):
    """
    A machine that has let the watchdog sleep may have let the guest sleep as well.
    """
    job, ends, deadline = begin(clock, is_calling=True)
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
