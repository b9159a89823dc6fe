"""What a peer does where the others fail: found by trying, each in a process of its own.

Every function returns something short that can be said in a table. A probe that does not come
back is ended by who started the driver, and so is its guest.
"""

from __future__ import annotations

import time
from typing import Any

from _driver import Peer

LIMIT = 1.0  # seconds
FAR = 3.0  # what is still running after so many seconds has not been stopped by that limit


def timeout(peer: Peer) -> str:
    """An endless loop against a limit of a second: does it end, and is the state kept?"""
    live = peer.once(lambda: peer.open(LIMIT))
    peer.once(lambda: live.run("kept = 41"))
    began = time.perf_counter()
    try:
        peer.once(lambda: live.run("while True: pass"))
    except Exception:
        pass
    else:
        return "the loop ended by itself"
    if time.perf_counter() - began > FAR:
        return "late"
    return _still(peer, live)


def sleep(peer: Peer) -> str:
    """A sleep of four seconds against a limit of a second."""
    live = peer.once(lambda: peer.open(LIMIT))
    # Imported beforehand, so that it is the sleep that is measured.
    peer.once(lambda: live.run("import time\nkept = 41"))
    began = time.perf_counter()
    try:
        peer.once(lambda: live.run("time.sleep(4)"))
    except Exception:
        if time.perf_counter() - began > FAR:
            return "not bounded"
        return f"bounded, {_still(peer, live)}"
    return "bounded by itself" if time.perf_counter() - began < FAR else "not bounded"


def memory(peer: Peer) -> str:
    """How much a guest gets where nobody has set a limit, up to 600 MB."""
    live = peer.once(peer.default)
    peer.once(lambda: live.run("held = []\ngot = 0"))
    code = """
try:
    for i in range(300):
        held.append("x" * 2000000 + str(i))
        got += 2
except MemoryError:
    pass
"""
    try:
        peer.once(lambda: live.run(code))
    except Exception as failed:
        return f"{type(failed).__name__}, {_still(peer, live, 'len(held) and 42')}"
    got = peer.once(lambda: live.value("got"))
    return "not bounded at 600 MB" if got == 600 else f"{got} MB, kept"


def output(peer: Peer) -> str:
    """How much of 64 MB that a guest prints the host keeps, where nobody has set a limit."""
    live = peer.once(peer.default)
    peer.once(lambda: live.run("kept = 41"))
    code = "line = 'x' * 999\nfor _ in range(64000): print(line)"
    try:
        kept = len(peer.once(lambda: live.run(code)))
    except Exception as failed:
        return f"{type(failed).__name__}, {_still(peer, live)}"
    return "not bounded at 64 MB" if kept >= 60_000_000 else f"{kept / 1e6:.3g} MB"


def error(peer: Peer) -> str:
    """Is a session kept when guest code raises?"""
    live = peer.once(peer.default)
    peer.once(lambda: live.run("kept = 41"))
    try:
        peer.once(lambda: live.run("1 / 0"))
    except Exception:
        return _still(peer, live)
    return "no error seen"


def calls(peer: Peer) -> str:
    """How many host calls a session survives, up to 5,000, where limits are set high."""
    live = peer.once(peer.open)
    step, done = 250, 0
    while done < 5000:
        try:
            peer.once(lambda: live.calls(step))
        except Exception as failed:
            return f"{done:,}, then {type(failed).__name__}"
        done += step
    return f"{done:,} and more"


def garbage(peer: Peer) -> str:
    """Does a session live on while a guest makes 20 MB of garbage, 1 KB at a time?"""
    live = peer.once(peer.open)
    peer.once(lambda: live.run("kept = 41"))
    try:
        peer.once(lambda: live.run("for i in range(20000): s = 'y' * 1000 + str(i)"))
    except Exception as failed:
        return f"{type(failed).__name__}, {_still(peer, live)}"
    return _still(peer, live)


def _still(peer: Peer, live: Any, expression: str = "kept + 1") -> str:
    try:
        return "kept" if peer.once(lambda: live.value(expression)) == 42 else "state lost"
    except Exception:
        return "session lost"
