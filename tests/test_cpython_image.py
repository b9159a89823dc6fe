"""The image of CPython: initialised once for everyone, and yet each instance is its own."""

import getpass
import re
import socket
from pathlib import Path

import pytest

from sandbox_wasm import Limits, Session
from sandbox_wasm._values import encode
from sandbox_wasm._wasm import _artifacts
from sandbox_wasm.interpreters import make
from sandbox_wasm.interpreters._base import Request

pytestmark = pytest.mark.parametrize("interpreter", ["cpython"])

# Each draws from a source of its own that was made with the image or would be seeded by it.
DRAWN = """
import logging, os, random, secrets, tempfile, uuid
own = random.Random()
names = tempfile._get_candidate_names()
[repr(each) for each in (random.random(), random.getrandbits(64), own.random(), secrets.token_hex(),
    random.SystemRandom().random(), os.urandom(8), uuid.uuid4(), uuid.uuid1(), next(names),
    random.getstate()[1][:9], hash(object()) and random.Random().getstate()[1][5])]
"""


class Host:
    """Enough of a session for a guest that asks for nothing but its time."""

    result_bytes = host_call_bytes = 1 << 20
    files = None  # it opens none
    is_over = False

    def clock(self, monotonic):
        return 0

    def random(self, length):
        return bytes(length)

    def fail(self, error):
        raise AssertionError(error)


def test_sessions_draw_their_own(interpreter):
    """
    Nothing that is random comes out of the image: no two sessions have any of it in common.
    """
    with Session(interpreter) as one, Session(interpreter) as other:
        first, second = one.run(DRAWN).value, other.run(DRAWN).value

    assert all(a != b for a, b in zip(first, second, strict=True))


def test_sets_have_one_order(interpreter):
    """
    Hashes of text are the image's, hence the same everywhere; so is the order of sets.
    """
    found = set()
    for _ in range(3):
        with Session(interpreter) as session:
            found.add(repr(session.run("[*{*'abcdefgh'}], hash('text')").value))
    assert 1 == len(found)


def test_a_session_begins_empty(interpreter):
    """
    What was rehearsed when the image was made has left nothing.
    """
    with Session(interpreter) as session:
        session.run("import re, sys")
        assert session.run("sorted(n for n in globals() if n[0] != '_')").value == ["re", "sys"]
        assert 0 == session.run("len(re._cache)").value
        assert session.run("sys.path_importer_cache == {} and not hasattr(sys, 'last_exc')").value


def test_time_begins_with_the_session(interpreter):
    """
    Not with the image.
    """
    with Session(interpreter) as session:
        code = (
            "import logging, time\n"
            "abs(logging.LogRecord(*'n', 20, 'p', 1, 'm', (), None).relativeCreated)"
        )
        assert session.run(code).value < 600_000
        assert session.run("0 <= time.process_time() < 1e9").value


def test_the_image_names_no_machine(interpreter):
    """
    No folder, user or host of whoever built it.
    """
    data = _artifacts.load(interpreter).read()

    assert [] == re.findall(rb"/(?:root|home|work|build|usr/src)/[\w./-]{3,}", data)
    for word in (str(Path(__file__).parents[1]), f"{getpass.getuser()}@", socket.gethostname()):
        assert len(word) < 6 or word == "localhost" or word.encode() not in data


def test_environment(interpreter):
    """
    What the host gives is in os.environ, also for what has looked at it before.
    """
    guest = make(interpreter, Limits()).start(Host())
    try:
        source = b"import os\nkept = os.environ"
        assert "ok" == guest.request(Request("run", source)).status
        given = encode({"NAME": "value", "EMPTY": "", "ODD": "a=b é"}, max_bytes=999)
        assert "ok" == guest.request(Request("environment", inputs=given)).status
        source = b"kept['NAME'], os.getenv('ODD'), dict(os.environ) == dict(kept), len(kept)"
        answer = guest.request(Request("run", b"repr((%s))" % source))
        assert "('value', 'a=b é', True, 3)" == answer.value
        assert (
            "error" == guest.request(Request("environment", inputs=encode([1], max_bytes=9))).status
        )
    finally:
        guest.close()
