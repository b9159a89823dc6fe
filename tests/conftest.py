"""What the tests share: sessions that are closed, on every interpreter."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from web_server import Server, serve

from sandbox_wasm import Session
from sandbox_wasm.interpreters import NAMES

INTERPRETERS = list(NAMES)
ISOLATIONS = ["thread", "process"]

# What a shell without job control starts in the background ignores Ctrl-C, and so would all that
# the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline per example: the first may compile an interpreter, and machines of CI pause.
# A fixture that makes a session is shared by the examples on purpose.
settings.register_profile(
    "sandbox-wasm",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("sandbox-wasm")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse names that differ from process to process: tests run in several at once."""
    if " at 0x" in item.nodeid:
        raise pytest.UsageError(f"{item.nodeid}: give the parameter an id")


@pytest.fixture(params=INTERPRETERS)
def interpreter(request: pytest.FixtureRequest) -> str:
    """The name of an interpreter; a test that uses it runs once for each."""
    name: str = request.param
    return name


@pytest.fixture(params=ISOLATIONS)
def isolation(request: pytest.FixtureRequest) -> str:
    """How sessions are isolated; a test that makes some runs once for each.

    One that is about threads says so: ``parametrize("isolation", ["thread"])``.
    """
    name: str = request.param
    return name


@pytest.fixture
def make_session(interpreter: str, isolation: str) -> Iterator[Callable[..., Session]]:
    """Makes sessions of the interpreter, which are closed when the test ends."""
    with ExitStack() as stack:

        def make(**arguments: Any) -> Session:
            arguments.setdefault("isolation", isolation)
            return stack.enter_context(Session(interpreter, **arguments))

        yield make


@pytest.fixture
def session(make_session: Callable[..., Session]) -> Session:
    """One session with everything as it is by default."""
    return make_session()


@pytest.fixture
def assert_healthy(make_session: Callable[..., Session]) -> Callable[[], None]:
    """Proves that what happened to one session has not hurt the next."""

    def check() -> None:
        session = make_session()
        result = session.run("print('fresh')\n'x' in globals(), sum(range(10))")
        assert ("fresh\n", (False, 45)) == (result.stdout, result.value)

    return check


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    """The web server of a module's tests; they ask for `server`."""
    with serve() as server:
        yield server


@pytest.fixture
def server(shared_server: Server) -> Server:
    """A web server that has seen nothing."""
    shared_server.seen.clear()
    return shared_server
