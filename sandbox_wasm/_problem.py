"""What is wrong with code that has not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with code, as `Session.check` tells it.

        >>> str(Problem(line=3, column=1, message="Could not find name `x`", kind="unknown-name"))
        'line 3, column 1: Could not find name `x` [unknown-name]'

    Args:
        line, column: Where it begins, from 1; None where nobody knows.

        end_line, end_column: Where it ends; the column is the one after.

        message: In words. It quotes the code, which is untrusted text.

        kind: ``"SyntaxError"`` and its subclasses are the interpreter's, and the code cannot
            run. Lower case is the type checker's.

        severity: ``"warning"`` for what may well be right.
    """

    message: str
    kind: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}"
        place += "" if self.column is None else f", column {self.column}"
        return f"{place}{': ' if place else ''}{self.message} [{self.kind}]"
