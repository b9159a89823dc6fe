"""Another process that resumes stored runs, one after another: test_generated_programs.py asks it.

Frames on standard input and output: four bytes of length, and a pickle. Both ends are ours.
"""

import pickle
import struct
import sys

from sandbox_wasm import Continuation, Mount, Session, Suspended

_LENGTH = struct.Struct("<I")
SOURCES = {"seed": 7, "clock": 1_000_000}


def answer(n):
    """What the one who is asked says."""
    return n % 5 + 1


def step(n):
    """A host function that is called at once."""
    return -n


def session(interpreter, isolation, ask=None, mounted=None):
    """Return a session whose `ask` waits, or is *ask*, with a mount: a folder, and its commit."""
    mounts = [] if mounted is None else [Mount(mounted[0], "/m", "rw", commit=mounted[1])]
    made = Session(interpreter, isolation=isolation, mounts=mounts, **SOURCES)
    made.function(ask or answer, name="ask", suspends=ask is None)
    made.function(step)
    return made


def seen(result):
    """Return all that a run shows."""
    error = result.error
    return (
        result.value,
        result.stdout,
        result.stderr,
        None if error is None else (error.type_name, error.message, error.traceback),
        dict(result.files),
        result.files.created + result.files.deleted,
    )


def go_on(data, isolation, mounted=None):
    """Answer a stored run in a session of its own: the next run that waits, or what is seen."""
    waiting = Continuation.from_bytes(data)
    with session(waiting.interpreter, isolation, None, mounted) as where:
        value = answer(waiting.payload["args"][0])
        result = waiting.resume(value, session=where, check=False)
        if isinstance(result.error, Suspended):
            return result.error.continuation.to_bytes()
        return seen(result)


def send(stream, value):
    """Write one frame."""
    data = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream):
    """Read one frame; None at the end."""
    head = stream.read(_LENGTH.size)
    return pickle.loads(stream.read(*_LENGTH.unpack(head))) if head else None


if __name__ == "__main__":
    while (question := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, go_on(*question))
