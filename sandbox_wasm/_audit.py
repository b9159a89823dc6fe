"""What guest code reached for, and whether it was let.

Noting costs a host call less than 0.3 µs: the notes are plain tuples, and become
records when somebody reads them.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Kind = Literal["file", "network", "host_call"]

# Each kind has a ring of its own: many host calls do not push out what was sent to
# the network.
_KINDS: tuple[Kind, ...] = ("file", "network", "host_call")
KEPT = 1000
_TARGET = 500  # characters

_now = time.time


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One access that guest code was granted or denied.

    Args:
        time: When, in seconds since the epoch.

        kind: ``"file"``, ``"network"`` or ``"host_call"``.

        action: What it wanted to do: ``"open"``, ``"GET"``, ``"call"``...

        target: With what: a path, a URL, the name of a host function. Chosen by
            guest code, and cut off after 500 characters: show it as untrusted text.

        granted: Whether it was let.

        reason: Why not; or what came of it, where there is more to say.
    """

    time: float
    kind: Kind
    action: str
    target: str
    granted: bool
    reason: str = ""


class Audit:
    """The accesses of one session, the last 1000 of each kind.

    Args:
        tracer: Makes an OpenTelemetry span of each access. Default: one of the
            program's, if it has imported ``opentelemetry.trace``.
    """

    def __init__(self, tracer: Any = None) -> None:
        self._rings: Mapping[Kind, deque[tuple[float, str, Any, bool, str]]] = MappingProxyType(
            {kind: deque(maxlen=KEPT) for kind in _KINDS}
        )
        self._note_call = self._rings["host_call"].append
        self._note_file = self._rings["file"].append
        # Nobody exports spans who has not imported this, so that it is not searched for.
        module = sys.modules.get("opentelemetry.trace")
        if tracer is None and module is not None:
            tracer = module.get_tracer("sandbox_wasm")
        self._tracer = tracer
        self._context: Any = None

    def begin(self) -> None:
        """Take the caller's span, if any, as the parent of those to come."""
        if self._tracer is not None:
            module = sys.modules.get("opentelemetry.context")
            self._context = None if module is None else module.get_current()

    def note(
        self,
        kind: Kind,
        action: str,
        target: str,
        granted: bool,
        reason: str = "",
        began: float | None = None,
    ) -> None:
        """Note an access.

        Args:
            began: `time.time` when it began, for one that took its time.
        """
        target = _text(target)
        began = _now() if began is None else began
        self._rings[kind].append((began, action, target, granted, reason))
        if self._tracer is not None:
            self._span(kind, action, target, granted, reason, began)

    def note_call(self, name: bytes, granted: bool) -> None:
        """Note a host call; *name* is what the guest sent."""
        self._note_call((_now(), "call", name, granted, ""))
        if self._tracer is not None:
            self._span("host_call", "call", _text(name), granted, "", _now())

    def note_file(self, action: str, base: Sequence[str], path: str, refused: str = "") -> None:
        """Note that guest code got at *path*, seen from the directory *base*; or why not."""
        target = (base, path if len(path) <= _TARGET else path[: _TARGET + 1])
        self._note_file((_now(), action, target, not refused, refused))
        if self._tracer is not None:
            self._span("file", action, _text(target), not refused, refused, _now())

    def records(self) -> tuple[AuditRecord, ...]:
        """Return what was noted, in order of time."""
        found = [
            AuditRecord(
                time=when,
                kind=kind,
                action=action,
                target=_text(target),
                granted=granted,
                reason=reason,
            )
            for kind, ring in self._rings.items()
            for when, action, target, granted, reason in ring.copy()
            # A grant's own host calls are noted as what they were for.
            if not (granted and target[:1] == b"_")
        ]
        return tuple(sorted(found, key=lambda record: record.time))

    def _span(
        self, kind: str, action: str, target: str, granted: bool, reason: str, began: float
    ) -> None:
        # An exporter that fails is the program's own affair, and no reason to end a run.
        with contextlib.suppress(Exception):
            self._tracer.start_span(
                f"sandbox_wasm {kind} {action}",
                context=self._context,
                start_time=int(began * 1e9),
                attributes={
                    "sandbox_wasm.kind": kind,
                    "sandbox_wasm.action": action,
                    "sandbox_wasm.target": target,
                    "sandbox_wasm.granted": granted,
                    "sandbox_wasm.reason": reason,
                },
            ).end()


def _text(target: str | bytes | tuple[Sequence[str], str]) -> str:
    if isinstance(target, bytes):
        return target.decode("utf-8", "replace")
    if isinstance(target, tuple):
        base, path = target
        target = "/" + "/".join((*base, path))
    return target if len(target) <= _TARGET else target[:_TARGET] + "…"
