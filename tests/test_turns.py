"""Whose turn it is: places, order, fairness, room in the queue."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sandbox_wasm import PoolClosed, PoolFull, _turns
from sandbox_wasm._turns import Turn, Turns, TurnState

BOUND = 20


def take(turns, submitter=None, wants=True):
    """A turn that notes when it gets a place."""
    turn = Turn(submitter, lambda: wants)
    turns.ask(turn)
    return turn


def test_first_come_first_served():
    turns = Turns(2, 10)
    all_turns = [take(turns) for _ in range(5)]
    order = []
    for turn in all_turns[2:]:
        turn.ready = lambda turn=turn: order.append(turn) is None

    assert [True, True, False, False, False] == [t.state is TurnState.HELD for t in all_turns]
    for turn in all_turns:
        turn.end()
        turn.end()
    assert all_turns[2:] == order
    assert 0 == turns.counts().held


def test_who_gets_a_place_while_others_are_sent_away():
    """
    Closing sends away those who waited, and nobody who has a place by then.
    """
    turns = Turns(1, 10)
    running, told = take(turns), []
    late = Turn(None, lambda: told.append(late.state) is None, awaited=True)

    def make_way():
        running.end()
        return True

    turns.ask(Turn(None, make_way, awaited=True))
    turns.ask(late)
    turns.close()

    assert [TurnState.OVER] == told
    assert (0, 0) == (turns.counts().held, turns.counts().waiting)


def test_who_makes_way_and_is_interrupted(monkeypatch):
    """
    Whoever waits for the place looks for itself, a moment later.
    """
    turns = Turns(1, 10)
    running, waiting = take(turns), Turn()

    def interrupted(bell):
        raise KeyboardInterrupt

    monkeypatch.setattr(_turns, "_ring", interrupted)
    thread = threading.Thread(target=turns.wait, args=(waiting, None), daemon=True)
    thread.start()
    while not turns.counts().waiting:
        threading.Event().wait(0.001)
    with pytest.raises(KeyboardInterrupt):
        running.end()
    thread.join(BOUND)

    assert not thread.is_alive()
    assert TurnState.HELD is waiting.state


def test_submitters_take_turns():
    """
    Who asks often does not hold up who asks seldom.
    """
    turns = Turns(1, 100)
    running = take(turns, "busy")
    order = []

    def ask(name):
        turn = Turn(name)
        turn.ready = lambda: order.append((name, turn)) is None
        turns.ask(turn)

    for name in ["busy"] * 4 + ["seldom"] + ["other"] * 2:
        ask(name)
    running.end()
    while turns.counts().held:
        order[-1][1].end()

    assert ["busy", "seldom", "other", "busy", "other", "busy", "busy"] == [n for n, _ in order]


def test_nobody_fills_the_queue_alone():
    """
    A named submitter leaves as much room as it takes; those without a name are the owner's.
    """
    turns = Turns(1, 12)
    take(turns)
    waiting = []
    for name, most in [("a", 6), ("b", 3), ("c", 2), ("d", 1)]:
        for _ in range(most):
            waiting.append(take(turns, name))
        if turns.counts().waiting < 12:
            with pytest.raises(PoolFull, match="of this submitter"):
                take(turns, name)
    with pytest.raises(PoolFull):
        take(turns)
    assert 12 == turns.counts().waiting
    waiting[0].end()
    assert TurnState.WAITING is take(turns).state  # there is room again


def test_who_does_not_want_its_place_passes_it_on():
    turns = Turns(1, 3000)
    first = take(turns)
    for _ in range(2000):
        take(turns, wants=False)
    last = take(turns)
    first.end()

    assert TurnState.HELD is last.state
    assert (1, 0) == (turns.counts().held, turns.counts().waiting)


def test_waiting_has_an_end():
    turns = Turns(1, 10)
    take(turns)
    turn = Turn()

    with pytest.raises(PoolFull, match=r"within 0.01 seconds"):
        turns.wait(turn, 0.01)
    turn.end()
    assert 0 == turns.counts().waiting


def test_closing_sends_away_who_waits():
    turns = Turns(1, 10)
    held = take(turns)
    submitted = take(turns)
    errors = []

    def wait():
        try:
            turns.wait(Turn(), None)
        except PoolClosed as error:
            errors.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    while turns.counts().waiting < 4:
        pass
    turns.close()
    for thread in threads:
        thread.join(BOUND)

    assert 3 == len(errors)
    with pytest.raises(PoolClosed):
        take(turns)
    held.end()  # what was submitted goes on
    assert TurnState.HELD is submitted.state
    assert not turns.drain(0.01)
    submitted.end()
    assert turns.drain(BOUND)


def test_a_task_that_is_cancelled_does_not_keep_its_place():
    """
    Neither one that waits, nor one that has got its place and does not know yet.
    """

    async def main():
        turns = Turns(1, 10)
        held = take(turns)

        async def wait():
            turn = Turn()
            try:
                await turns.wait_async(turn, None)
            finally:
                turn.end()

        tasks = [asyncio.ensure_future(wait()) for _ in range(3)]
        await asyncio.sleep(0)
        assert 3 == turns.counts().waiting
        tasks[0].cancel()
        await asyncio.sleep(0)
        assert 2 == turns.counts().waiting
        held.end()
        tasks[1].cancel()  # the word that it may is on its way
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [True, True] == [isinstance(r, asyncio.CancelledError) for r in results[:2]]
        assert results[2] is None
        assert 0 == turns.counts().held

    asyncio.run(main())


def test_a_loop_that_is_gone_gets_no_place():
    turns = Turns(1, 10)
    held = take(turns)

    async def leave():
        turn = Turn()
        task = asyncio.ensure_future(turns.wait_async(turn, None))
        await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(leave())
    task._log_destroy_pending = False
    loop.close()
    held.end()

    assert TurnState.HELD is take(turns).state


class Machine(RuleBasedStateMachine):
    """Any sequence of asking and ending, beside a model that is a list for each submitter."""

    def __init__(self):
        super().__init__()
        self.turns = Turns(3, 8)
        self.given = []
        self.open = []

    @rule(submitter=st.sampled_from([None, "a", "b"]))
    def ask(self, submitter):
        turn = Turn(submitter)
        turn.ready = lambda: self.given.append(turn) is None
        before = self.turns.counts()
        try:
            self.turns.ask(turn)
        except PoolFull:
            assert before.held == 3
            assert before.waiting >= (8 if submitter is None else 4)
        else:
            self.open.append(turn)

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def end(self, data):
        turn = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        turn.end()

    @invariant()
    def counts_are_right(self):
        counts = self.turns.counts()
        assert counts.held == min(3, len(self.open))
        assert counts.held + counts.waiting == len(self.open)
        assert counts.granted == len(self.given) == len(set(map(id, self.given)))
        held = [turn for turn in self.open if turn.state is TurnState.HELD]
        assert set(map(id, held)) <= set(map(id, self.given))
        for name in (None, "a", "b"):  # in the order in which they asked
            mine = [turn for turn in self.open if turn.submitter == name]
            states = [turn.state is TurnState.HELD for turn in mine]
            assert states == sorted(states, reverse=True)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=30)


@settings(max_examples=15)
@given(st.integers(1, 4), st.integers(1, 30))
def test_threads_share_places(places, count):
    """
    However they race, not more have a place than there are.
    """
    turns = Turns(places, 100)
    lock = threading.Lock()
    now, most = [0], [0]

    def work():
        turn = Turn()
        turns.wait(turn, None)
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        with lock:
            now[0] -= 1
        turn.end()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)

    assert turns.drain(BOUND)
    assert 1 <= most[0] <= places
    assert count == turns.counts().granted
