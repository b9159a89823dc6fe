"""How a run gives its value: what different frameworks expect of a piece of code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from ._checks import check_word
from ._errors import ConfigError, FinalAnswer
from ._functions import HostFunctions

if TYPE_CHECKING:
    from .interpreters._base import Mode

Dialect = Literal["expression", "return", "final_answer"]

_MODES: dict[Dialect, Mode] = {
    "expression": "run",
    "return": "return",
    "final_answer": "final",
}
NAME = "final_answer"


def final_answer(answer: Any) -> Any:
    """End the run; the answer is its value."""
    raise FinalAnswer(answer)


# What guest code may call besides the session's own functions, where its dialect has it.
FINAL = HostFunctions([final_answer])


def mode(dialect: object, functions: HostFunctions) -> Mode:
    """Return how the guest is asked for a run in that dialect.

    Raises:
        ConfigError: There is no such dialect, or a host function has the name that it needs.
    """
    check_word("dialect", dialect, (*_MODES,))
    if dialect == NAME and NAME in functions:
        raise ConfigError(
            f"{NAME!r} is a host function of this session: register it under another name"
        )
    return _MODES[cast("Dialect", dialect)]
