"""Attacks of the list that are about what the host does with its sessions."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest
from attacks import ATTACKS
from processes import resident_bytes

from sandbox_wasm import GuestError, Session


def address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("isolation", ["thread"])
def test_memory_is_returned(interpreter, unharmed):
    """
    Sessions that were filled to their limit leave no memory behind. (MEM-06)
    """
    attack = ATTACKS["MEM-06"]

    def fill() -> None:
        with Session(interpreter, limits=attack.limits(20)) as session:
            result = session.run(attack.code, check=False)
            assert result.error is None or isinstance(result.error, GuestError)

    for _ in range(3):
        fill()
    resident, addresses = resident_bytes(), address_space()
    for _ in range(30):
        fill()

    assert resident_bytes() - resident <= 30 << 20
    # One store that stayed would hold 4 GiB of addresses.
    assert address_space() - addresses < 4 << 30


def test_host_calls_do_not_starve_the_host(make_session, unharmed):
    """
    While a guest does nothing but host calls, other threads get their turn. (CC-06)
    """
    attack = ATTACKS["CC-06"]
    session = make_session(limits=attack.limits(1.0), functions={"echo": lambda v: v})
    future = session.submit("for i in range(900): echo(i)\n" * 1, check=False)
    delays = []
    pause = threading.Event()
    while not future.done():
        began = time.perf_counter()
        pause.wait(0.001)
        delays.append(time.perf_counter() - began)

    # The median: one delay may be any other program's doing.
    assert not delays or sorted(delays)[len(delays) // 2] < 0.05
