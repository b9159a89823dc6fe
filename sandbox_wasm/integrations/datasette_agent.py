"""A tool for Datasette Agent: Python over the data that the person who asks may read.

The plugin ``datasette-agent-sandbox-wasm`` registers it. Each conversation has a session of its
own, and code in it may call ``sql(database, query, params)``, which checks the permissions of
the conversation's actor with each call. Where the owner allows writing, ``write_sql`` asks the
person first, and goes through Datasette's own rules.
"""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import json
import re
import time
from typing import Any

try:
    from datasette.resources import DatabaseResource
    from datasette.utils import InvalidSql, sqlite3, validate_sql_select
    from datasette_agent.questions import QuestionPending, QuestionsNotSupported
    from datasette_agent.tools import AgentTool
except ImportError as error:  # pragma: no cover - the environment of a test has it
    raise ImportError("this integration needs the package 'datasette-agent'") from error

from .. import ConfigError, Limits, Result, SandboxError, Suspended
from .._terminal import inert, shown
from ._conversations import Conversation, Conversations
from ._highlight import highlighted
from ._text import explain, refusal, render, unfenced

PLUGIN = "datasette-agent-sandbox-wasm"
NAME = "run_python"
_STORE = "_sandbox_wasm_conversations"
_MOST_QUESTIONS = 8
_MOST_SHOWN = 4000
# What pushes a part of a statement out of a person's sight.
_HIDING = re.compile(r"\n[ \t]*\n|[ \t]{40}|(\n.*){60}")
# So long a run that waits for a person keeps other code out of its session.
_WAITS_SECONDS = 900.0

INPUT_SCHEMA = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "Python source, as many statements as needed."},
        "reset": {
            "type": "boolean",
            "description": "Forget all variables and files of this conversation first.",
        },
    },
    "required": ["code"],
}


@dataclasses.dataclass(frozen=True)
class Options:
    """What ``plugins: datasette-agent-sandbox-wasm:`` may say in Datasette's configuration.

    Args:
        interpreter, isolation: Those of `Session`.

        limits: Those of the field names of `Limits`.

        max_sessions: How many conversations have a session at once; the oldest ends.

        idle_seconds: After which a session that is not used ends.

        write: Offer ``write_sql``.
    """

    interpreter: str = "cpython"
    isolation: str = "thread"
    limits: dict[str, float] = dataclasses.field(default_factory=dict)
    max_sessions: int = 16
    idle_seconds: float = 1800.0
    write: bool = False

    @classmethod
    def of(cls, datasette: Any) -> Options:
        """Return what the configuration of *datasette* says.

        Raises:
            ConfigError: It says what is none of these.
        """
        try:
            options = cls(**(datasette.plugin_config(PLUGIN) or {}))
        except TypeError as error:
            raise ConfigError(f"{PLUGIN}: {error}") from None
        options.store()
        return options

    def session(self) -> dict[str, Any]:
        """Return the arguments of `Session`."""
        try:
            limits = Limits(**self.limits)  # type: ignore[arg-type]
        except TypeError as error:
            raise ConfigError(f"{PLUGIN}: limits: {error}") from None
        return {
            "interpreter": self.interpreter,
            "isolation": self.isolation,
            "limits": limits,
        }

    def store(self) -> Conversations:
        """Return a store for conversations, with none in it.

        Raises:
            ConfigError: A value is wrong.
        """
        asked = {"write_sql": write_sql} if self.write else {}
        return Conversations(
            self.session(), {"sql": sql}, asked, self.max_sessions, self.idle_seconds
        )


def agent_tools(datasette: Any) -> list[AgentTool]:
    """Return the tools for ``register_agent_tools``.

    Raises:
        ConfigError: The plugin's configuration is wrong.
    """
    options = Options.of(datasette)
    about = f"""\
Run Python code in a sandbox ({options.interpreter}, standard library). Variables and files stay
during this conversation. The value of the last expression is shown; print what else you want to
see. There is no network.

await or import nothing to query: sql(database: str, query: str, params: dict | None = None)
returns {{"columns": [...], "rows": [[...], ...], "truncated": bool}} for a read-only query, under
the user's permissions. It raises PermissionError or ValueError.
"""
    if options.write:
        about += """
write_sql(database: str, query: str, params: dict | None = None) runs one writing statement; the
user is asked each time, and the call returns or raises when they have decided.
"""
    return [AgentTool(name=NAME, description=about, input_schema=INPUT_SCHEMA, fn=run_python)]


async def run_python(
    datasette: Any, actor: Any, context: Any, code: object, reset: bool = False
) -> str:
    """Run what a model sent, in the session of the conversation."""
    if (refused := refusal(code)) is not None:
        return json.dumps({"error": refused})
    source = unfenced(str(code))
    try:
        conversation = await asyncio.to_thread(
            _conversation, _store(datasette), actor, context, reset
        )
        async with conversation.turn:
            conversation.caller = (datasette, actor)
            result = await _result(conversation, context, source)
    except SandboxError as error:
        return json.dumps({"error": inert(explain(error))})
    except _Refused as error:
        return json.dumps({"error": str(error)})
    text = inert(render(result))
    told = {"error" if result.error is not None else "output": text}
    return json.dumps({**told, "_html": highlighted(source, text)})


class _Refused(Exception):
    """The call cannot be made; the text says what to do."""


@dataclasses.dataclass
class _Waiting:
    """A run that was suspended, and what its person was asked so far."""

    result: Result
    asked: list[str]
    since: float


async def _result(conversation: Conversation, context: Any, source: str) -> Result:
    """Run *source*, or go on with the run that this very call had begun."""
    waiting: _Waiting | None = None
    if conversation.waiting is not None:
        key, kept = conversation.waiting
        if key == context.call_key:
            waiting, conversation.waiting = kept, None
        elif time.monotonic() - kept.since < _WAITS_SECONDS:
            raise _Refused(
                "an earlier call of this conversation waits for the user's approval; call again "
                "when it has ended, or with reset=true to give it up"
            )
        else:
            conversation.waiting = None
    asked = list(waiting.asked) if waiting is not None else []
    for text in asked[:-1]:
        await _ask(context, text)  # answered before; the answer to the last one is new
    if waiting is None:
        result = await conversation.work(lambda: conversation.session.run(source, check=False))
    else:
        result = waiting.result
    # An answer from the store is good for the question that is held here, and for no other:
    # after a restart of the server code could ask something else under the same number.
    is_live = context.auto_approve or context.ask_user_callback is not None
    held = asked[-1] if asked else None
    while isinstance(result.error, Suspended):
        suspended = result.error
        text = _shown(suspended)
        if held is None and len(asked) >= _MOST_QUESTIONS:
            raise _Refused("the code asked for approval too often, and was ended")
        if held is None:
            asked.append(text)
        yes, reason = False, "not approved"
        if len(text) > _MOST_SHOWN or _HIDING.search(text):
            reason = "a person could not read this: write a short statement, without empty lines"
        else:
            try:
                yes = await _ask(context, text)
            except QuestionsNotSupported:
                reason = "this needs the user's approval, and nobody can be asked here"
            except QuestionPending:
                kept = _Waiting(result, asked, time.monotonic())
                conversation.waiting = (context.call_key, kept)
                raise
            if yes and not is_live and held != text:
                raise _Refused("the run that was approved is lost; run the code again")
        held = None
        goes_on = suspended.continuation
        if yes:
            result = await conversation.work(lambda go=goes_on: go.approve(check=False))  # type: ignore[misc]
        else:
            result = await conversation.work(
                lambda go=goes_on, why=reason: go.deny(why, check=False)  # type: ignore[misc]
            )
    return result


async def _ask(context: Any, text: str) -> bool:
    answer = await context.ask_user("Let the code in the sandbox do this?", text=text)
    return answer is True


def _shown(suspended: Suspended) -> str:
    payload = suspended.payload
    database, query, params = [*payload["args"], None, None, None][:3]
    named = {"database": database, "query": query, "params": params, **payload["kwargs"]}
    lines = [f"Write to the database {named['database']!r}:", str(named["query"])]
    if named["params"]:
        lines.append(f"with {shown(named['params'])}")
    return inert("\n".join(lines))


def _store(datasette: Any) -> Conversations:
    store: Conversations | None = getattr(datasette, _STORE, None)
    if store is None:
        store = Options.of(datasette).store()
        setattr(datasette, _STORE, store)
    return store


def _conversation(store: Conversations, actor: Any, context: Any, reset: bool) -> Conversation:
    key = (json.dumps(actor, sort_keys=True, default=str), context.conversation_id)
    if reset:
        store.forget(key)
    return store[key]


async def sql(
    caller: tuple[Any, Any], database: str, query: str, params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Run a read-only query; rows are lists of values."""
    datasette, actor = caller
    await _check(datasette, actor, database, "execute-sql")
    try:
        validate_sql_select(query)
        found = await datasette.get_database(database).execute(
            query, params, truncate=True, log_sql_errors=False
        )
    except (InvalidSql, sqlite3.Error) as error:
        raise ValueError(str(error)) from None
    return {
        "columns": list(found.columns),
        "rows": [list(row) for row in found.rows],
        "truncated": bool(found.truncated),
    }


async def write_sql(
    caller: tuple[Any, Any], database: str, query: str, params: dict[str, Any] | None = None
) -> str:
    """Run a writing statement, by Datasette's own rules for that actor."""
    datasette, actor = caller
    await _check(datasette, actor, database, "execute-write-sql")
    path = datasette.urls.database(database) + "/-/execute-write"
    response = await datasette.client.post(
        path, actor=actor, json={"sql": query, "params": params or {}}
    )
    told = response.json()
    if response.status_code != 200 or not told.get("ok"):
        errors = told.get("errors") or [told.get("error") or f"HTTP {response.status_code}"]
        raise ValueError("; ".join(map(str, errors)))
    return str(told.get("message") or "done")


async def _check(datasette: Any, actor: Any, database: str, action: str) -> None:
    """Raise the same for what there is not, and for what is not this actor's."""
    if database not in datasette.databases or not await datasette.allowed(
        action=action, resource=DatabaseResource(database=database), actor=actor
    ):
        text = f"there is no database {database!r}, or it may not be used so"
        raise PermissionError(errno.EACCES, text)
