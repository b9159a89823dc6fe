"""A driver in a process of its own: what it is asked, how long it may take, what it used."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_CHUNK = 1 << 16
_LONGEST = 64 << 20  # of an answer: a driver is no guest, but its peer's output may be in it


class DriverError(Exception):
    """The driver has answered with an error; it can be asked again."""


class DriverLost(DriverError):
    """The driver did not answer in time or has ended. It is gone, and so are its processes."""


class Driver:
    """One driver, started and spoken to. Close it in the end: `contextlib.closing`.

    Args:
        argv: Command that speaks the lines of `drivers/_driver.py`.

        environment: Its environment variables, all of them.

        patience: Seconds that an answer may take where `ask` names no others.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], *, patience: float = 60.0
    ) -> None:
        self.patience = patience
        self._process = subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._rest = b""

    def ask(self, do: str, *, within: float | None = None, **fields: object) -> Any:
        """Give an order and return its answer.

        Raises:
            DriverError: The driver says that it went wrong.

            DriverLost: It took longer than *within* seconds, or it has ended.
        """
        order = json.dumps({"do": do, **fields}).encode() + b"\n"
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(order)
            self._process.stdin.flush()
        except (OSError, ValueError):  # it has ended, or was closed after it hung
            self._lose()
        answer = json.loads(self._line(self.patience if within is None else within))
        if "error" in answer:
            raise DriverError(str(answer["error"]))
        return answer["ok"]

    def _line(self, within: float) -> bytes:
        assert self._process.stdout is not None
        end = time.monotonic() + within
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                left = end - time.monotonic()
                if left <= 0 or not selector.select(left):
                    self.close()
                    raise DriverLost("hangs")
                chunk = os.read(self._process.stdout.fileno(), _CHUNK)
                self._rest += chunk
                if not chunk or len(self._rest) > _LONGEST:
                    self._lose()
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _lose(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        code = self._process.poll()
        self.close()
        how = "" if code is None or code >= 0 else f", {signal.Signals(-code).name}"
        raise DriverLost(f"dies{how}")

    def processor_seconds(self) -> float:
        """Processor time that it and its living processes have used so far."""
        return sum(_processor_seconds(pid) for pid in self._tree())

    def memory_bytes(self) -> int:
        """Memory that it and its processes have: what n processes share counts 1/n for each.

        Processes that were forked from one another have next to nothing of their own, and so
        what each has alone says nothing.
        """
        return sum(_memory_bytes(pid) for pid in self._tree())

    def close(self) -> None:
        """End it and every process that came of it. May be called twice."""
        tree = self._tree() if self._process.poll() is None else []
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        for pid in {*tree, *_session(self._process.pid)}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _tree(self) -> list[int]:
        """It and its processes: its descendants, and who is left of its session."""
        parents = _parents()
        found = {self._process.pid, *_session(self._process.pid)}
        more = True
        while more:
            more_found = {pid for pid, (parent, _) in parents.items() if parent in found}
            more = not more_found <= found
            found |= more_found
        return [pid for pid in found if pid in parents]


def _parents() -> dict[int, tuple[int, int]]:
    """Parent and session of every process that has not ended."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in brackets may hold anything: what follows it cannot.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    found[int(entry.name)] = (int(fields[1]), int(fields[3]))
    return found


def _session(leader: int) -> list[int]:
    return [pid for pid, (_, session) in _parents().items() if session == leader]


def _processor_seconds(pid: int) -> float:
    # The kernel's name for the processor clock of another process, in nanoseconds, where
    # /proc counts hundredths of a second.
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _memory_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * sum(int(n) for n in re.findall(r"^Pss:\s+(\d+)", text, re.M))
    return 0
