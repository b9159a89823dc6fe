"""What every driver does: it takes orders, one JSON object a line, and answers each in a line.

A driver runs in the environment of its peer, so this imports the standard library alone. An
order is ``{"do": NAME, ...}`` and its answer ``{"ok": VALUE}`` or ``{"error": TEXT}``. What the
peer or its guests print goes to stderr. See `Peer` for what a driver has to say of its peer.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TextIO

# What a guest may use where nothing else is said: more than any work here takes.
SECONDS = 60.0
MEMORY = 256 << 20
CALLS = 1_000_000

Work = Callable[[], Any]


class Live:
    """A session of a peer. Where its methods are coroutine functions, `Peer.each` awaits them."""

    def run(self, code: str) -> Any:
        """Run code, and return what it printed."""
        raise NotImplementedError

    def value(self, expression: str) -> Any:
        """Return the value of an expression, as Python data."""
        raise NotImplementedError

    def calls(self, count: int) -> Any:
        """Have the guest call the host function ``add(i, 1)`` that often."""
        raise NotImplementedError

    def close(self) -> Any:
        """End the session."""

    # These three only where the peer has them.

    def snapshot(self) -> bytes:
        """Return the session's state."""
        raise NotImplementedError

    def fork(self) -> Live:
        """Return a second session with the same state."""
        raise NotImplementedError


class Peer:
    """One peer.

    Attributes:
        cold: The shortest program that prints ``2``, computed in a sandbox.
    """

    cold: str

    def version(self) -> str:
        """Return the version of the peer."""
        raise NotImplementedError

    def start(self) -> None:
        """Make what is made once in a process."""

    def fresh(self) -> Any:
        """Return 1 + 1 from a fresh sandbox, and what ends that sandbox, or None."""
        raise NotImplementedError

    def sandbox(self) -> Any:
        """Get 1 + 1 from a fresh sandbox, and end it: what `rate` repeats."""
        _, end = self.fresh()
        if end is not None:
            end()

    def open(self, seconds: float = SECONDS) -> Any:
        """Return a session whose runs may take that long, with the host function ``add``."""
        raise NotImplementedError

    def default(self) -> Any:
        """Return a session with no limit named."""
        raise NotImplementedError

    def restore(self, snapshot: bytes) -> Any:
        """Return a session from a snapshot."""
        raise NotImplementedError

    def once(self, work: Work) -> Any:
        """Return what *work* returns."""
        return work()

    def each(
        self,
        work: Work,
        count: int,
        pause: float = 0.0,
        after: Callable[[Any], Any] | None = None,
        budget: float = 60.0,
    ) -> list[float]:
        """Do *work* that often, and return how many seconds each took.

        Args:
            pause: Seconds between one and the next, not counted.

            after: Called with what work returned, not counted either.

            budget: Seconds after which it is done no more, but three times at least.
        """
        taken: list[float] = []
        end = time.perf_counter() + budget
        while len(taken) < count and (len(taken) < 3 or time.perf_counter() < end):
            began = time.perf_counter()
            value = work()
            taken.append(time.perf_counter() - began)
            if after is not None:
                after(value)
            if pause:
                time.sleep(pause)
        return taken

    def rate(self, work: Work, seconds: float, callers: int) -> int:
        """Return how often *callers* at a time get *work* done in that time."""
        end = time.perf_counter() + seconds
        done = [0] * callers

        def call(number: int) -> None:
            while time.perf_counter() < end:
                work()
                done[number] += 1

        threads = [threading.Thread(target=call, args=(n,)) for n in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(done)


class Orders:
    """What a driver can be told to do: one method for each."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._live: Any = None
        self._held: list[Any] = []

    def about(self) -> dict[str, str]:
        peer = self._peer
        return {"version": peer.version(), "cold": peer.cold}

    def start(self) -> None:
        self._peer.start()

    def fresh(self, count: int, pause: float, budget: float) -> list[float]:
        return self._peer.each(self._peer.fresh, count, pause, self._check_fresh, budget)

    def rate(self, seconds: float, callers: int) -> float:
        return self._peer.rate(self._peer.sandbox, seconds, callers) / seconds

    def open(self) -> None:
        if self._live is not None:
            self._peer.once(self._live.close)
        self._live = self._peer.once(self._peer.open)

    def guest(self) -> str:
        """Return what guest code is told of its interpreter."""
        self.open()
        self.run("import sys")
        return str(self.value("sys.version"))

    def run(self, code: str) -> None:
        self._peer.once(lambda: self._live.run(code))

    def value(self, expression: str) -> Any:
        return self._peer.once(lambda: self._live.value(expression))

    def exec(self, count: int, pause: float, budget: float) -> list[float]:
        self.run("x = 0")
        taken = self._peer.each(lambda: self._live.run("x += 1"), count, pause, budget=budget)
        if self.value("x") != len(taken):
            raise RuntimeError("the session lost some of the runs")
        return taken

    def host(self, calls: int, count: int, budget: float) -> list[float]:
        taken = self._peer.each(lambda: self._live.calls(calls), count, budget=budget)
        return [seconds / calls for seconds in taken]

    def hold(self, count: int) -> None:
        """Open so many more sessions, and keep them."""
        for _ in range(count):
            self._held.append(self._peer.once(self._peer.open))
            self._peer.once(lambda: self._held[-1].run("x = 1"))

    def snapshot(self, count: int, budget: float) -> dict[str, Any] | None:
        """Time the ways there are to keep a session's state, see `_STATE`; None without any.

        None is for a `NotImplementedError` of `Live.snapshot` itself. One that comes out of
        anything else is an error, like all that goes wrong.
        """
        peer, live = self._peer, self._live
        peer.once(lambda: live.run(_STATE))
        try:
            kept = peer.once(live.snapshot)
        except NotImplementedError:
            return None
        found: dict[str, Any] = {"taken": peer.each(live.snapshot, count, budget=budget)}

        def restored() -> Any:
            made = peer.restore(kept)
            if made.value("len(data)") != 2000:
                raise RuntimeError("the state did not come back")
            return made

        found["restored"] = peer.each(restored, count, 0.02, _close, budget)
        try:
            peer.once(lambda: live.run("answer = lambda: 42"))
            again = peer.restore(live.snapshot())
            found["lambda"] = again.value("answer()") == 42
            again.close()
        except Exception:
            found["lambda"] = False
        try:
            found["forked"] = peer.each(live.fork, count, 0.02, _close, budget)
        except NotImplementedError:
            found["forked"] = None
        return found

    def probe(self, name: str) -> Any:
        """Find out by trying: see `_probes`."""
        import _probes

        return getattr(_probes, name)(self._peer)

    def _check_fresh(self, found: Any) -> None:
        value, end = found
        if value != 2:
            raise RuntimeError(f"1 + 1 gave {value!r}")
        if end is not None:
            end()


def _close(live: Live) -> None:
    live.close()


# What a session holds that is kept: some data of several types, and a function.
_STATE = """
data = [{"id": i, "name": "row " + str(i)} for i in range(2000)]
def total(): return sum(row["id"] for row in data)
"""


def serve(peer: Peer) -> None:
    """Do as told on stdin until it ends; with ``--once``, run what a cold start runs."""
    if sys.argv[-1] == "--once":
        exec(peer.cold, {})
        return
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a guest prints must not be taken for an answer
    _answer_all(Orders(peer), sys.stdin, out)
    os._exit(0)  # a session that hangs must not keep the process


def _answer_all(orders: Orders, lines: TextIO, out: TextIO) -> None:
    for line in lines:
        order = json.loads(line)
        name = order.pop("do")
        try:
            answer = {"ok": getattr(orders, name)(**order)}
        except BaseException as error:
            text = str(error).strip() or repr(error)
            answer = {"error": f"{type(error).__name__}: {text}"[-2000:]}
        out.write(json.dumps(answer) + "\n")
        out.flush()
