"""Connections of the host for guest code: to the address that was checked, and in time.

Every wait is cut into short ones, so that a run that is to end does not wait for a
server. Nothing comes from the environment: no proxy, no configuration file.
"""

from __future__ import annotations

import contextlib
import functools
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpcore

from ._addresses import Network, refusal
from ._origins import Target

T = TypeVar("T")

_LOOK_SECONDS = 0.02
_ADDRESSES = 4  # of one name, at most, are tried
_CONNECT_SECONDS = 10.0
# Look-ups that a run did not wait for, and that the system still carries out.
_LEFT = 4


class RunIsOver(Exception):
    """Nobody waits for the answer any more."""


class Clock:
    """How long a request may wait.

    Args:
        seconds: From now on.

        stopped: Says whether the run is to end.
    """

    def __init__(self, seconds: float, stopped: Callable[[], bool]) -> None:
        self._end = time.monotonic() + seconds
        self._stopped = stopped

    def extend(self, seconds: float) -> None:
        """Do not count *seconds* that went by."""
        self._end += seconds

    def turn(self, most: float = _LOOK_SECONDS) -> float:
        """Return the seconds to wait before asking again.

        Raises:
            RunIsOver: The run is to end.
            TimeoutError: The time is over.
        """
        if self._stopped():
            raise RunIsOver
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long")
        return min(left, most)


class Resolver:
    """Finds the addresses of a name, on a thread, because the system cannot be hurried."""

    def __init__(self) -> None:
        self._left = threading.BoundedSemaphore(_LEFT)

    def resolve(self, target: Target, clock: Clock) -> list[tuple[Any, Any]]:
        """Return address family and socket address of each.

        Raises:
            ConnectionError: There is none.
            RunIsOver, TimeoutError: See `Clock`.
        """
        if target.is_address:
            family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
            return [(family, (target.host, target.port))]
        if not self._left.acquire(blocking=False):
            raise ConnectionError(11, "too many names are still being looked up")
        done = threading.Lock()
        done.acquire()
        found: list[tuple[Any, Any]] = []

        def look_up() -> None:
            try:
                with contextlib.suppress(OSError, UnicodeError):
                    found.extend(
                        (family, address)
                        for family, _, _, _, address in socket.getaddrinfo(
                            target.host, target.port, type=socket.SOCK_STREAM
                        )
                    )
            finally:
                self._left.release()
                done.release()

        try:
            threading.Thread(target=look_up, name="sandbox-wasm-resolve", daemon=True).start()
        except RuntimeError:  # there are too many threads
            self._left.release()
            raise ConnectionError(11, "no name can be looked up just now") from None
        while not done.acquire(timeout=clock.turn()):
            pass
        if not found:
            raise ConnectionError(111, f"{target.host} has no address")
        return found


class Backend:
    """An httpcore backend that connects to one target, whatever it is asked for.

    Args:
        target: Where.

        networks, private: See `_addresses.refusal`.

        clock: How long.
    """

    def __init__(
        self,
        target: Target,
        networks: Iterable[Network],
        private: bool,
        resolver: Resolver,
        clock: Clock,
    ) -> None:
        self._target = target
        self._networks = tuple(networks)
        self._private = private
        self._resolver = resolver
        self._clock = clock

    def connect_tcp(self, *args: Any, **kwargs: Any) -> Stream:
        """Connect.

        Raises:
            PermissionError: The name leads only to addresses that are not granted.
            ConnectionError: Nobody answers there.
            RunIsOver, TimeoutError: See `Clock`.
        """
        host = self._target.host
        kinds: dict[str, None] = {}
        addresses = []
        for family, address in self._resolver.resolve(self._target, self._clock):
            kind = refusal(address[0], self._networks, self._private)
            if kind is None:
                addresses.append((family, address))
            else:
                kinds[kind] = None
        if not addresses:
            raise PermissionError(
                13, f"{host} leads to a {'/'.join(kinds)} address, which is not granted"
            )
        for family, address in addresses[:_ADDRESSES]:
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                if self._connected(sock, address):
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return Stream(sock, self._clock)
            except BaseException:
                sock.close()
                raise
            sock.close()
        raise ConnectionError(111, f"{self._target.origin} does not take the connection")

    def _connected(self, sock: socket.socket, address: Any) -> bool:
        sock.setblocking(False)
        give_up = time.monotonic() + _CONNECT_SECONDS
        try:
            sock.connect(address)
        except BlockingIOError:
            pass
        except OSError:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_WRITE)
            while not selector.select(self._clock.turn()):
                if time.monotonic() > give_up:
                    return False
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


class Stream:
    """An httpcore stream over a socket, whose waits are cut short when the run is to end."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock

    def _patient(self, act: Callable[[], T]) -> T:
        # An ssl socket can be asked again after a time-out; it goes on where it was.
        while True:
            self._sock.settimeout(self._clock.turn())
            try:
                return act()
            except (TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                continue

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._patient(lambda: self._sock.recv(max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        try:
            while left:
                left = left[self._patient(functools.partial(self._sock.send, left)) :]
        except TimeoutError:
            raise
        except OSError as error:  # the answer, if there is one, is read all the same
            raise httpcore.WriteError from error

    def get_extra_info(self, info: str) -> None:
        """Know nothing more: httpcore asks for the outcome of ALPN, which is HTTP/1.1."""

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Stream:
        try:
            sock = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._sock = sock
            self._patient(sock.do_handshake)
        except BaseException:
            self._sock.close()
            raise
        return self


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return the rules by which certificates are checked.

    Raises:
        OSError: *ca_file* cannot be read, or holds no certificate.
    """
    return _usual_context() if ca_file is None else ssl.create_default_context(cafile=ca_file)


@functools.cache
def _usual_context() -> ssl.SSLContext:
    # Reading the usual certificates takes 20 ms, which would be the run's.
    context: ssl.SSLContext = httpcore.default_ssl_context()
    return context
