"""The list of attacks, and which test stands for each that is not guest code alone.

``attacks.jsonl`` is data; each line is described by its own keys: who acts, with what
limits, and which outcomes are right.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_wasm import Limits


@dataclass(frozen=True)
class Attack:
    """One line of the list."""

    id: str
    title: str
    actor: str
    code: str
    setup: str
    outcomes: tuple[str, ...]
    numbers: dict[str, int]

    def limits(self, wall_seconds: float) -> Limits:
        """The limits of the case, but for the time: the tests have less of it.

        Metered runs are a test of their own: fuel would end most of these first, and
        what is to be seen is how the others hold.
        """
        return Limits(
            wall_seconds=wall_seconds,
            memory_bytes=self.numbers["memory_mb"] << 20,
            output_bytes=self.numbers["output_bytes"],
            host_call_bytes=self.numbers["hostcall_bytes"],
            host_calls=self.numbers["hostcalls"],
        )


def _attack(line: dict[str, Any]) -> Attack:
    return Attack(
        line["id"],
        line["title"],
        line["actor"],
        line.get("guest_code") or "",
        line.get("setup") or "",
        tuple(line["expected"]["outcome_any_of"]),
        line["limits"],
    )


_TEXT = Path(__file__).with_name("attacks.jsonl").read_text(encoding="utf-8")
ATTACKS = {attack.id: attack for attack in map(_attack, map(json.loads, _TEXT.splitlines()))}
