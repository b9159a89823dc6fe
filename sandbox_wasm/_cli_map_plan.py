"""What the command line of ``sandbox-wasm map`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import Limits

DRY_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The options; see the help of each."""

    code: str
    input: str
    output: str | None
    source_format: str | None
    target_format: str | None
    function: str
    column: str | None
    update: bool
    table: str | None
    into: str | None
    append: bool
    where: str | None
    params: tuple[tuple[str, str], ...]
    limit: int | None
    dry_run: bool
    on_error: str
    errors: str | None
    checkpoint: str | None
    jobs: int
    batch_size: int
    escape_formulas: bool
    interpreter: str
    isolation: str
    packages: tuple[str, ...]
    limits: Limits
