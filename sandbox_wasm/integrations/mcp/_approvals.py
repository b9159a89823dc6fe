"""Asking a person through the client, in both ways that the protocol has had.

Until 2025-11-25 a server sends a request of its own in the middle of a call and waits for the
answer. From 2026-07-28 on it cannot: the call ends with the question, and the client calls
again with the answer and a state that the SDK has sealed for that very call. The run waits
on its thread meanwhile, so that guest code does not notice which it was.
"""

from __future__ import annotations

import logging
from typing import Any

import anyio
from mcp.server.elicitation import render_elicitation_schema
from mcp.server.mcpserver import Context
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, Field

from ._runs import Answer, Question, Run

_KEY = "approval"
_log = logging.getLogger("sandbox_wasm")


class Decision(BaseModel):
    """What a person fills in."""

    approve: bool = Field(description="Let the code do this?")


class OriginDecision(BaseModel):
    """What a person fills in about a request."""

    approve: bool = Field(description="Let the code send this request?")
    for_session: bool = Field(
        default=False, description="And all others to that origin, while the session lasts?"
    )


def is_modern(context: Context[Any, Any]) -> bool:
    """Whether the client gets questions as the end of its call."""
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def can_ask(context: Context[Any, Any]) -> bool:
    """Whether the client says that it can ask a person."""
    capabilities = context.client_capabilities
    elicitation = None if capabilities is None else capabilities.elicitation
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return is_modern(context) or bool(context.session.can_send_request)


def _form(question: Question) -> type[BaseModel]:
    return OriginDecision if question.offers_session else Decision


def hand_over(run: Run, question: Question) -> InputRequiredResult:
    """Return the question as the end of the call; `taken_up` finds the run again."""
    run.room.parked = run
    request = ElicitRequest(
        params=ElicitRequestFormParams(
            message=question.text, requested_schema=render_elicitation_schema(_form(question))
        )
    )
    return InputRequiredResult(input_requests={_KEY: request}, request_state=question.id)


def taken_up(run: Run | None, context: Context[Any, Any]) -> bool:
    """Give *run* the answer that came with a call; False if it does not wait for it."""
    question = None if run is None else run.question
    if run is None or question is None or question.id != context.request_state:
        return False
    run.room.parked = None
    response = (context.input_responses or {}).get(_KEY)
    question.give(_answer(question, response))
    return True


async def ask_now(run: Run, question: Question, context: Context[Any, Any]) -> None:
    """Ask in the middle of the call."""
    with anyio.move_on_after(run.room.settings.approval_seconds):
        try:
            response = await context.session.elicit_form(
                question.text, render_elicitation_schema(_form(question)), context.request_id
            )
        except MCPError as error:
            _log.warning("the client could not ask for approval: %r", str(error)[:200])
            response = None
        question.give(_answer(question, response))
    question.give(Answer(False))


def _answer(question: Question, response: Any) -> Answer:
    """Read what came; whatever is not plainly a yes is a no."""
    if not isinstance(response, ElicitResult) or response.action != "accept":
        return Answer(False)
    content = response.content if isinstance(response.content, dict) else {}
    if content.get("approve") is not True:
        return Answer(False)
    return Answer(True, question.offers_session and content.get("for_session") is True)
