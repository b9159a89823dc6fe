"""The tool in Datasette Agent itself, with LLM's echo model as the model."""

from __future__ import annotations

import asyncio
import html
import json
import re
import threading
import time

import pytest

pytest.importorskip("datasette_agent", reason="needs the package 'datasette-agent'")
pytest.importorskip("llm_echo", reason="needs the package 'llm-echo'")
pytest.importorskip("datasette_agent_sandbox_wasm", reason="needs the plugin installed")

from datasette.app import Datasette

from sandbox_wasm import ConfigError
from sandbox_wasm.integrations import datasette_agent
from sandbox_wasm.integrations._highlight import coloured

ROOT = {"id": "root"}
ADA = {"id": "ada"}
SCHEMA = """
create table items (id integer primary key, name text, price real);
insert into items values (1, 'tea', 2.5), (2, 'cake', 4.0);
"""

# Datasette's own event loops and connections are closed by nobody in a test.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Chat:
    """A Datasette with two databases, and a conversation of an actor in it."""

    def __init__(self, datasette, actor=ROOT):
        self.datasette = datasette
        self.actor = actor
        self.id = None

    async def begin(self):
        made = await self.post("/-/agent/api/conversations")
        self.id = made.json()["conversation_id"]
        return self

    async def post(self, path, **body):
        return await self.datasette.client.post(path, json=body, actor=self.actor)

    async def stream(self, path, **body):
        """The events that came, as pairs of kind and data."""
        response = await self.post(f"/-/agent/{self.id}/{path}", **body)
        found = re.findall(r"^event: (\w+)\ndata: (.*)$", response.text, re.MULTILINE)
        return [(kind, json.loads(data)) for kind, data in found]

    async def run(self, *codes, **arguments):
        """What the model was told of its runs; a question instead if one was asked."""
        calls = [{"name": "run_python", "arguments": {"code": code, **arguments}} for code in codes]
        message = json.dumps({"prompt": "go on", "tool_calls": calls})
        return self.told(await self.stream("stream", message=message))

    async def answer(self, question, answer):
        events = await self.stream(f"question/{question['id']}", answer=answer)
        return self.told(events)

    def told(self, events):
        for kind, data in events:
            if kind == "question":
                return data
        self.results = [
            json.loads(data["output"]) for kind, data in events if kind == "tool_result"
        ]
        texts = [each.get("output", each.get("error")) for each in self.results]
        return texts[0] if len(texts) == 1 else texts


class Context:
    """Of a tool call by somebody who cannot ask anybody."""

    call_key, auto_approve, ask_user_callback = "key", False, None

    def __init__(self, conversation_id="of a background agent"):
        self.conversation_id = conversation_id

    async def ask_user(self, *args, **kwargs):
        raise datasette_agent.QuestionsNotSupported


def serve(body, actor=ROOT, **plugin):
    """Run *body* with a conversation of *actor*; nothing may be left of it."""

    async def main():
        datasette = Datasette(
            memory=True,
            config={
                "plugins": {
                    "datasette-llm": {"default_model": "echo"},
                    datasette_agent.PLUGIN: {"interpreter": "micropython", **plugin},
                },
                "permissions": {"datasette-agent": True},
                "databases": {"secret": {"allow_sql": {"id": "root"}}},
            },
        )
        datasette.root_enabled = True
        for name in ("shop", "secret"):
            database = datasette.add_memory_database(f"{name}-{time.monotonic_ns()}", name=name)
            await database.execute_write_script(SCHEMA)
        await datasette.invoke_startup()
        try:
            return await body(await Chat(datasette, actor).begin())
        finally:
            store = getattr(datasette, datasette_agent._STORE, None)
            if store is not None:
                store.close()

    result = asyncio.run(asyncio.wait_for(main(), 40))
    end = time.monotonic() + 5
    while left := [name for name in map(str, threading.enumerate()) if "sandbox-wasm-c" in name]:
        assert time.monotonic() < end, left
        time.sleep(0.01)
    return result


def test_a_conversation():
    """
    Variables stay in a conversation, and are of no other.
    """

    async def body(chat):
        assert "=> 3" == await chat.run("x = 3\nx")
        assert ["=> 3", "=> 6"] == await chat.run("x", "x * 2")
        assert "NameError" in await chat.run("y = 1\nx", reset=True)
        other = await Chat(chat.datasette).begin()
        assert "NameError" in await other.run("y")

    serve(body)


def test_queries():
    """
    Code reads what its actor may read, and writes nothing.
    """
    refused = "\ntry:\n    r = sql({}, {})\nexcept Exception as e:\n    r = str(e)\nr"

    async def body(chat):
        text = await chat.run(
            "r = sql('shop', 'select name from items where price > :p', {'p': 3})\nr['rows']"
        )
        assert "=> [['cake']]" == text
        assert "=> [[1]]" == await chat.run("sql('secret', 'select 1')['rows']")
        for query in (
            "delete from items",
            "select 1; delete from items",
            "pragma writable_schema = 1",
            "attach database '/tmp/x' as x",
            "with t as (select 1) delete from items",
            "insert into items values (9, 'x', 1)",
            "select load_extension('x')",
            "no sql at all",
        ):
            assert "[[" not in await chat.run(refused.format("'shop'", repr(query))), query
        assert "may not be used" in await chat.run(refused.format("'nowhere'", "'select 1'"))
        assert "TypeError" in await chat.run("sql('shop', 3)")
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")

    serve(body)


def test_permissions():
    """
    What its actor may not query, code may not, and it does not learn whether it is there.
    """

    async def body(chat):
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")
        text = await chat.run("sql('secret', 'select 1')")
        assert "PermissionError" in text
        assert text.replace("secret", "X") == (
            await chat.run("sql('nowhere', 'select 1')")
        ).replace("nowhere", "X")
        assert "NameError" in await chat.run("write_sql('shop', 'delete from items')")

    serve(body, actor=ADA)


def test_writing_is_asked():
    """
    The person sees the statement; a yes makes it, a no raises in the code, nothing runs twice.
    """
    code = """
print('begun')
try:
    r = write_sql('shop', 'delete from items where id = :id', {'id': 1})
except PermissionError as error:
    r = f'refused: {error}'
r
"""

    async def body(chat):
        rows = "sql('shop', 'select count(*) from items')['rows']"
        question = await chat.run(code)
        assert "delete from items where id = :id" in question["html"]
        assert "&#x27;id&#x27;: 1" in question["html"]
        text = await chat.answer(question, False)
        assert text.startswith("begun\n")
        assert "refused: " in text
        assert "=> [[2]]" == await chat.run(rows)
        question = await chat.run(code)
        text = await chat.answer(question, True)
        assert text.startswith("begun\n=> ")
        assert "refused" not in text
        assert "=> [[1]]" == await chat.run(rows)

    serve(body, write=True)


def test_other_code_while_a_person_thinks():
    """
    It would undo what waits, so it is refused; a reset gives up what waits.
    """

    async def body(chat):
        question = await chat.run("write_sql('shop', 'delete from items')")
        run = datasette_agent.run_python
        context = Context(chat.id)
        told = json.loads(await run(chat.datasette, ROOT, context, "1 + 1"))
        assert "waits for the user" in told["error"]
        told = json.loads(await run(chat.datasette, ROOT, context, "1 + 1", reset=True))
        assert "=> 2" == told["output"]
        assert "is lost" in await chat.answer(question, True)
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")

    serve(body, write=True)


@pytest.mark.parametrize("hidden", ["\\n" * 3, " " * 100, "\\n--" * 100, "/*" + "x" * 5000 + "*/"])
def test_statements_that_hide_something(hidden):
    """
    What a person would not see to the end is not asked about.
    """

    async def body(chat):
        code = f"write_sql('shop', 'delete from items where id = 9{hidden} or 1 = 1')"
        assert "could not read this" in await chat.run(code)
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")

    serve(body, write=True)


def test_two_questions():
    """
    Each call is asked about, in order.
    """
    code = "for n in (1, 2):\n    write_sql('shop', f'delete from items where id = {n}')\n'end'"

    async def body(chat):
        first = await chat.run(code)
        assert "id = 1" in first["html"]
        second = await chat.answer(first, True)
        assert "id = 2" in second["html"]
        assert "=> 'end'" == await chat.answer(second, True)

    serve(body, write=True)


def test_an_answer_to_a_lost_run():
    """
    After a restart a stored yes does not let other code do something else.
    """
    code = "write_sql('shop', 'delete from items')"

    async def body(chat):
        question = await chat.run(code)
        getattr(chat.datasette, datasette_agent._STORE).close()
        delattr(chat.datasette, datasette_agent._STORE)  # as when the server begins anew
        assert "is lost" in await chat.answer(question, True)
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")

    serve(body, write=True)


def test_a_number_that_cannot_be_written():
    """
    Python does not write one of so many digits; the person is told so.
    """
    code = "write_sql('shop', 'delete from items where id = :n', {'n': 10 ** 5000})"

    async def body(chat):
        question = await chat.run(code)
        assert "cannot be shown" in question["html"]
        assert "not approved" in await chat.answer(question, False)

    serve(body, write=True)


def test_where_nobody_can_be_asked():
    """
    A background agent's code gets a refusal, and an end.
    """

    async def body(chat):
        told = await datasette_agent.run_python(
            chat.datasette, ROOT, Context(), "write_sql('shop', 'delete from items')"
        )
        assert "nobody can be asked" in json.loads(told)["error"]
        told = await datasette_agent.run_python(
            chat.datasette,
            ROOT,
            Context(),
            "while True:\n    try: write_sql('shop', 'delete from items')\n"
            "    except PermissionError: pass",
        )
        assert "too often" in json.loads(told)["error"]
        assert "=> [[2]]" == await chat.run("sql('shop', 'select count(*) from items')['rows']")

    serve(body, write=True)


def test_cancelling():
    """
    A call that is cancelled leaves no code running, and the variables stay.
    """

    async def body(chat):
        async def run(code):
            return json.loads(
                await datasette_agent.run_python(chat.datasette, ROOT, Context(), code)
            )

        await run("x = 1")
        task = asyncio.ensure_future(run("while True: sql('shop', 'select 1')"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "=> 1" == (await run("x"))["output"]

    serve(body, limits={"wall_seconds": 30})


ENDLESS_QUERY = """sql('shop', '''with recursive c(x) as (select 1 union all select x from c)
select count(*) from c''')"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (3, "must be a string"),
        ("def (", "SyntaxError"),
        ("while True: pass", "WallTimeExceeded"),
        ("x" * 1_500_000, "at most"),
        ("print('\\x1b[2J')", "\\x1b[2J"),
        ("sql('shop', 'select ' + '1,' * 5000 + '1')", "Error"),
        (
            ENDLESS_QUERY,
            "Error",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bad_input(code, expected):
    """
    Whatever a model sends is answered with what is wrong; the conversation goes on.
    """

    async def body(chat):
        assert expected in await chat.run(code)
        assert "=> 2" == await chat.run("1 + 1")

    serve(body, limits={"wall_seconds": 3})


def test_what_the_person_sees():
    """
    The code is shown, and what it gave; nothing of it is markup.
    """
    evil = "print('</pre><script>alert(1)</script>')  # </code><img src=x onerror=alert(1)>"

    async def body(chat):
        await chat.run(evil)
        (result,) = chat.results
        shown = result["_html"]
        tags = set(re.findall(r"<(/?\w+)", shown))
        assert {"details", "summary", "code", "pre", "span"} == {tag.strip("/") for tag in tags}
        assert html.escape("<script>alert(1)</script>") in shown

    serve(body)


@pytest.mark.parametrize(
    "code",
    ["x = '<b>'\n# <i>", "'''a\n<b>''' \f\n y", "f'{x}' \u2028 if True", "(((", "'\n", "\x00", ""],
)
def test_highlighting_loses_nothing(code):
    """
    Without the tags it is the code.
    """
    assert code == html.unescape(re.sub(r"</?span[^>]*>", "", coloured(code)))


def test_sessions_are_bounded():
    """
    The conversation that was used the longest ago begins anew; the others go on.
    """

    async def body(chat):
        second = await Chat(chat.datasette).begin()
        third = await Chat(chat.datasette).begin()
        for each in (chat, second, third):
            await each.run("x = 1")
        assert "=> 1" == await second.run("x")
        assert "=> 1" == await third.run("x")
        assert "NameError" in await chat.run("x")

    serve(body, max_sessions=2)


@pytest.mark.parametrize(
    "wrong", [{"unknown": 1}, {"limits": {"seconds": 1}}, {"max_sessions": 0}], ids=str
)
def test_wrong_configuration(wrong):
    """
    It is told when the tools are made.
    """

    class Configured:
        def plugin_config(self, name):
            return wrong

    with pytest.raises(ConfigError):
        datasette_agent.agent_tools(Configured())
