"""Asking the host's owner about a request that the policy does not allow."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from ._network import Approval, BlockedRequest, NetworkPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._connect import Clock
    from ._ledger import Ledger

_log = logging.getLogger("sandbox_wasm")
_SHOWN = 200


class Approver:
    """Asks on behalf of one session, and remembers what was allowed for it.

    Args:
        policy: Whom to ask, how often, and how long to wait.

        ledger: The session's account: waiting for an answer is not the run's time.
    """

    def __init__(self, policy: NetworkPolicy, ledger: Ledger) -> None:
        self._policy = policy
        self._ledger = ledger
        self._allowed: set[str] = set()
        self._asked = 0

    def allows(
        self,
        method: str,
        origin: str,
        url: str,
        redirected_from: str | None,
        make_clock: Callable[[float], Clock],
    ) -> bool:
        """Whether the owner lets a request to *origin* go out. All texts are ASCII.

        Raises:
            RunIsOver: The run is to end.
        """
        if origin in self._allowed:
            return True
        ask = self._policy.on_blocked
        if ask is None or self._asked >= self._policy.max_questions:
            return False
        self._asked += 1
        answers: list[object] = []
        done = threading.Lock()
        done.acquire()
        waiting = True
        request = BlockedRequest(
            method=method,
            origin=origin,
            url=url if len(url) <= _SHOWN else url[:_SHOWN] + "...",
            redirected_from=redirected_from,
            is_open=lambda: waiting,
        )

        def put_question() -> None:
            try:
                answers.append(ask(request))
            except BaseException:
                # Of no consequence to anybody but the owner: it is a no.
                _log.exception("on_blocked raised, which is taken as a no")
            finally:
                done.release()

        clock = make_clock(self._policy.approval_seconds)
        with self._ledger.excused():
            threading.Thread(target=put_question, name="sandbox-wasm-ask", daemon=True).start()
            try:
                while not done.acquire(timeout=clock.turn()):
                    pass
            except TimeoutError:
                # Nobody is there. Each further question would hold the run as long.
                self._asked = self._policy.max_questions
                _log.warning("on_blocked did not answer in time: it is not asked again")
            finally:
                waiting = False
        # By identity: a text, a number or a mistaken True is not consent.
        answer = answers[0] if answers else Approval.DENY
        if answer is Approval.ALLOW_SESSION:
            self._allowed.add(origin)
        return answer is Approval.ALLOW_ONCE or answer is Approval.ALLOW_SESSION
