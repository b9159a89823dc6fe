"""Namespaces, host objects by reference, and exceptions of the host's own."""

import asyncio
import gc
import pickle
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox_wasm import (
    ConfigError,
    Continuation,
    GuestError,
    GuestObject,
    HostFunctions,
    Limits,
    Session,
    Suspended,
    _objects,
)


class Cursor:
    """Rows, one after the other."""

    def __init__(self, n):
        self.n = n
        self.at = 0

    def fetch(self, count: int = 1) -> list[int]:
        """The next rows."""
        self.at += count
        return list(range(self.at - count, self.at))

    async def afetch(self) -> int:
        return self.fetch()[0]

    def same(self, other: "Cursor | None") -> bool:
        return self is other

    def again(self) -> "Cursor":
        return self

    def _secret(self):
        return "secret"


class Database:
    def __init__(self):
        self.asked = []

    def query(self, sql: str, *, limit: int = 3) -> list[dict]:
        """Rows of a query."""
        self.asked.append(sql)
        return [{"sql": sql, "limit": limit}]

    @staticmethod
    def version() -> str:
        return "1"

    @property
    def password(self):
        raise AssertionError("no property is looked at")

    def _hidden(self):
        return "secret"


class ApiError(Exception):
    """The service said no."""

    status: int

    def __init__(self, status, **more):
        super().__init__(f"status {status}")
        self.status = status
        self.__dict__.update(more)


class NotFound(ApiError, LookupError):
    pass


@pytest.fixture
def tools():
    tools = HostFunctions()
    tools.expose(Cursor)
    tools.exception(ApiError)
    tools.exception(NotFound)
    tools.namespace("db", Database())

    @tools.register(name="db.open")
    def open_cursor(n: int) -> Cursor:
        return Cursor(n)

    @tools.register
    def both(n: int) -> dict[str, list[Cursor]]:
        cursor = Cursor(n)
        return {"cursors": [cursor, cursor]}

    @tools.register
    def use(cursor: Cursor, more: list[Cursor] | None = None) -> int:
        return cursor.n + len(more or ())

    return tools


@pytest.fixture
def session(make_session, tools):
    return make_session(functions=tools)


# ---- namespaces


def test_a_namespace(session):
    """
    Methods of an object, and functions, under one name; nothing else of the object.
    """
    assert [{"sql": "x", "limit": 5}] == session.run("db.query('x', limit=5)").value
    assert ("1", 4) == session.run("db.version(), use(db.open(4))").value
    for code in ("db.password", "db._hidden()", "db.asked", "db.query.__self__", "query('x')"):
        with pytest.raises(GuestError, match=r"AttributeError|NameError"):
            session.run(code)
    with pytest.raises(GuestError, match=r"db\.query\(\) argument 'sql'"):
        session.run("db.query(1)")


def test_namespaces_grow_between_runs(session):
    """
    What is added is there in the next run.
    """
    session.run("before = db")
    session.functions.register(lambda: 7, name="db.seven")
    session.functions.register(lambda: 8, name="other.eight")

    assert [7, 8] == session.run("[db.seven(), other.eight()]").value


@pytest.mark.parametrize("name", ["db.query.x", "db._x", "_db.x", "db.", ".x", "db.if", "len.x",
                                  "a b.x", "x" * 150 + "." + "y" * 150])  # fmt: skip
def test_names_that_are_no_paths(tools, name):
    """
    There is one level, of identifiers that are nobody's.
    """
    with pytest.raises(ConfigError, match="name"):
        tools.register(lambda: 0, name=name)


def test_a_name_is_one_thing(tools):
    """
    A namespace is no function, exception or class, and none of these a namespace.
    """
    for name in ("use.x", "db", "NotFound.x", "Cursor", "db.query"):
        with pytest.raises(ConfigError, match=r"namespace|twice"):
            tools.register(lambda: 0, name=name)
    with pytest.raises(ConfigError, match="twice"):
        tools.expose(Cursor)


def test_what_has_no_methods(tools):
    """
    A module must be told, and a method must be there.
    """
    for target, only, text in (
        (asyncio, None, "only="),
        (object(), None, "no methods"),
        (Database(), ["nope"], "no method 'nope'"),
        (Database(), "query", "list of names"),
        (Database(), ["_hidden"], "identifier"),
    ):
        with pytest.raises(ConfigError, match=text):
            tools.namespace("more", target, only=only)
    tools.namespace("strings", __import__("textwrap"), only=["dedent"])
    assert "strings.dedent" in tools


# ---- references


def test_an_object_by_reference(session):
    """
    It keeps its state on the host; the same object is the same in the guest.
    """
    session.run("c = db.open(3)")

    assert [[0, 1], [2]] == session.run("[c.fetch(2), c.fetch()]").value
    code = "a, b = both(5)['cursors']\n[a == b, a == c, a.same(b), a.same(None), a.again() == a]"
    assert [True, False, True, False, True] == session.run(code).value
    assert [7, 1] == session.run("[use(a, [b, c]), len({a, b})]").value
    assert 3 == session.run("await c.afetch()").value
    assert "<host object Cursor>" == session.run("repr(c)").value


def test_what_a_reference_does_not_give(session):
    """
    Guest code has the methods that were named, and nothing else.
    """
    session.run("c = db.open(3)")
    for code in ("c.n", "c._secret()", "c.__dict__['n']", "c.fetch.__self__.n", "Cursor(3)",
                 "c.nope()", "c.fetch.__wrapped__"):  # fmt: skip
        with pytest.raises(GuestError, match=r"AttributeError|TypeError|KeyError"):
            session.run(code)


def test_the_owner_gets_the_object(session):
    """
    A reference in the value of a run is the object itself.
    """
    cursor, data = session.run("c = db.open(3)\n[c, {'c': (c,)}]").value

    assert 3 == cursor.n
    assert cursor is data["c"][0]


def test_the_owner_hands_out_an_object(session):
    """
    In inputs and arguments, within data; it is the same object that host functions give.
    """
    mine = Cursor(5)
    session.run("def first(c, *, more=()): return [c.fetch(), use(c, list(more)), c]")
    inputs = {"cursors": {"a": (mine,)}}

    assert [0, 1] == session.run("cursors['a'][0].fetch(2)", inputs=inputs).value
    got = session.call("first", mine, more=[mine])
    assert [[2], 6] == got[:2]
    assert mine is got[2]
    other = Cursor(1)
    assert [[[3], 5, mine], [[0], 1, other]] == session.map("first", [mine, other])
    with pytest.raises(ConfigError, match="Database cannot cross at"):
        session.run("1", inputs={"x": Database()})


def test_what_the_owner_hands_out_outlives_a_run_that_is_lost(make_session, tools):
    """
    Another run waited meanwhile for its turn, with a reference in its inputs.
    """
    session = make_session(functions=tools)
    mine = Cursor(5)
    asked = []

    @session.function
    def wait() -> None:
        asked.append(session.submit("use(c)", inputs={"c": mine}))
        deadline = time.monotonic() + 10
        while len(session._lane.ledger.calls.objects._objects) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    result = session.run("c = db.open(1)\nwait()\nuse(type(c)([1]))", check=False)

    assert "rolled back" == result.error.state  # the protocol was broken
    assert 5 == asked[0].result(10).value


@pytest.mark.parametrize("value", ["5", "'x'", "[1]", "{'$': 'host'}", "None", "db", "Cursor"])
def test_what_is_no_reference(session, value):
    """
    It does not fit where an object is wanted.
    """
    with pytest.raises(GuestError, match="TypeError"):
        session.run(f"use({value})")
    with pytest.raises(GuestError, match="TypeError"):
        session.run(f"Cursor.fetch({value})")


def test_references_cannot_be_forged(session):
    """
    A token that was not given stands for nothing, whatever it looks like.
    """
    session.run("c = db.open(3)\nmake = type(c)")
    for token in ("", "0", "0" * 32, "f" * 32, "*", "Cursor", "x" * 100_000):
        with pytest.raises(GuestError, match="gone, or of another session"):
            session.run(f"use(make([{token!r}, 'Cursor']))")
    # The class that guest code says it has is not believed either.
    assert 3 == session.run("use(make([c._told[0], 'Database']))").value
    assert isinstance(session.run("make(['0', 'Cursor'])").value, GuestObject)


class Half:
    def first(self): ...

    def second(self):
        yield 1


def test_what_is_refused_grants_nothing():
    """
    Not the methods before the one that cannot be called either.
    """
    tools = HostFunctions()
    tools.namespace("half", Half(), only=["first"])

    with pytest.raises(ConfigError, match="generator"):
        tools.expose(Half)
    with pytest.raises(ConfigError, match="generator"):
        tools.namespace("other", Half())
    with pytest.raises(ConfigError, match="twice"):
        tools.namespace("half", Half())

    assert ("half.first",) == tools.names
    tools.expose(Half, only=["first"])
    assert ("half.first", "Half.first") == tools.names


def logged(method):
    """A decorator that says nothing of the method's parameters."""

    def call(*args, **kwargs):
        return method(*args, **kwargs)

    return call


class Account:
    @logged
    def close(self):
        return f"closed {type(self).__name__}"

    def drop(self: Any):
        return f"dropped {type(self).__name__}"

    split = str.split  # whose first parameter has no name


def test_a_method_gets_an_object_of_its_class(make_session):
    """
    Whether its parameters are known or not: nothing else is closed by way of it.
    """
    tools = HostFunctions()
    tools.expose(Account)
    tools.expose(Cursor, only=["fetch"])
    tools.register(Account, name="account")
    tools.register(lambda: Cursor(3), name="cursor")
    session = make_session(functions=tools)

    for method, done in (("close", "closed"), ("drop", "dropped")):
        assert f"{done} Account" == session.run(f"account().{method}()").value
        for given in ("cursor()", "5", "{'close': 1}", "None", "", "self=5", "self=cursor()"):
            with pytest.raises(GuestError) as info:
                session.run(f"Account.{method}({given})")
            assert "TypeError" == info.value.type_name
    with pytest.raises(GuestError, match="host object Account"):
        session.run("Account.split('a b')")


@pytest.mark.parametrize("told", ["[]", "['a']", "['a', 'b', 'c']", "[1, 2]", "None", "'ab'"])
def test_malformed_references(session, told):
    """
    They cost their run at most.
    """
    session.run("make = type(db.open(3))")
    result = session.run(f"use(make({told}))", check=False)

    assert result.error is not None
    assert [0] == session.run("db.open(1).fetch()").value


def test_references_of_another_session(session, make_session, tools):
    """
    Neither the text of one, nor a snapshot or a fork, takes it elsewhere.
    """
    session.run("c = db.open(3)\nmake = type(c)")
    told = session.run("c._told").value
    other = make_session(functions=tools)
    with pytest.raises(GuestError, match="gone, or of another session"):
        other.run("use(type(db.open(1))(told))", inputs={"told": told})
    for second in (session.fork(), Session.restore(session.snapshot(), functions=tools)):
        with second:
            for code in ("use(c)", "c.fetch()"):
                with pytest.raises(GuestError, match="gone, or of another session"):
                    second.run(code)
            assert GuestObject("HostObject", "<host object Cursor>") == second.run("c").value
            assert 4 == second.run("use(db.open(4))").value
    assert 3 == session.run("use(c)").value


def test_references_of_a_run_that_was_rolled_back(make_session, tools):
    """
    What it was given is gone with it; what was given before stays.
    """
    session = make_session(functions=tools)
    session.run("c = db.open(3)")
    leaked = []
    session.function(leaked.append, name="leak")
    objects = session._lane.ledger.calls.objects
    held = len(objects._objects)
    code = "d = db.open(4)\nleak(d._told)\n"
    result = session.run(code + "use(type(d)([1]))", check=False)  # the protocol is broken

    assert "rolled back" == result.error.state
    assert held == len(objects._objects) == len(objects._tokens)
    assert 3 == session.run("use(c)").value
    with pytest.raises(GuestError, match="gone"):
        session.run("use(type(c)(told))", inputs={"told": leaked[0]})


def test_references_live_through_a_suspension(session):
    """
    A run that goes on has those that it had.
    """
    session.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        session.run("d = db.open(4)\nuse(d) + ask()")
    stored = info.value.continuation.to_bytes()

    assert 5 == info.value.continuation.resume(1).value
    assert 4 == session.run("use(d)").value
    with session.fork() as fork:  # there what was asked before is answered as it was, and no more
        assert 5 == Continuation.from_bytes(stored).resume(1, session=fork).value
        with pytest.raises(GuestError, match="another session"):
            fork.run("use(d)")


def test_objects_are_let_go(make_session):
    """
    They live as long as their session, and no longer.
    """
    made = []

    def give() -> Cursor:
        cursor = Cursor(1)
        made.append(weakref.ref(cursor))
        return cursor

    tools = HostFunctions()
    tools.expose(Cursor, only=["fetch"])
    tools.register(give)
    session = make_session(functions=tools)
    session.run("c = give()\nc = None")
    gc.collect()
    assert made[0]() is not None
    session.close()
    session._lane._thread.join(5)
    gc.collect()
    assert made[0]() is None


def test_objects_are_bounded(make_session, tools, monkeypatch):
    """
    Guest code that asks for ever more gets an error, and what it has works on.
    """
    monkeypatch.setattr(_objects, "MAX_OBJECTS", 5)
    session = make_session(functions=tools)
    code = """
got = []
try:
    for n in range(100): got.append(db.open(n))
except RuntimeError as e:
    text = str(e)
[len(got), text, use(got[3]), got[0].again() == got[0]]
"""

    assert [5, "the session holds 5 host objects, and no more", 3, True] == session.run(code).value


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_references_are_not_pickled(session):
    """
    Their bytes would be of no use; a copy is the same reference.
    """
    session.run("import copy, pickle\nc = db.open(3)")

    with pytest.raises(GuestError, match="cannot be pickled"):
        session.run("pickle.dumps([c])")
    assert session.run("copy.deepcopy([c])[0] is c").value


@pytest.mark.parametrize("kind", [int, dict, pickle.PickleError, type, type(None), "Cursor"])
def test_what_cannot_be_exposed(kind):
    """
    Data crosses as data.
    """
    with pytest.raises(ConfigError, match=r"data|class|name"):
        HostFunctions().expose(kind, name="Thing")


def test_dataclasses_by_reference(make_session):
    """
    What would be copied is not, once its class is exposed.
    """

    @dataclass(eq=False)
    class Account:
        balance: int

        def pay(self, amount: int) -> int:
            self.balance -= amount
            return self.balance

    account = Account(10)
    tools = HostFunctions({"copied": lambda: account})
    tools.expose(Account)
    tools.register(lambda: account, name="account")
    session = make_session(functions=tools)

    assert [7, 5] == session.run("a = account()\n[a.pay(3), a.pay(2)]").value
    assert 5 == account.balance


def test_many_threads_share_the_tools(make_session, tools):
    """
    The table is the session's, not the functions'.
    """
    found = []

    def work(n):
        with make_session(functions=tools) as session:
            found.append(session.run(f"use(db.open({n}))").value)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(range(8)) == sorted(found)


# ---- exceptions


def test_an_exception_is_caught_by_name(session):
    """
    With its text, its place among the others, and its attributes that are data.
    """

    @session.function
    def fail(status: int):
        raise NotFound(
            status, where=["a", (1, b"b")], _secret=1, handle=object(), many="x" * 9_999_999
        )

    code = """
try:
    fail(404)
except NotFound as e:
    names = ('where', '_secret', 'handle', 'many')
    r = [str(e), e.args, e.status, e.where, [hasattr(e, n) for n in names]]
r
"""
    wanted = ["status 404", ("status 404",), 404, ["a", (1, b"b")], [True, False, False, False]]
    assert wanted == session.run(code).value
    bases = "[issubclass(NotFound, ApiError), issubclass(ApiError, Exception)]"
    assert [True, True] == session.run(bases).value
    with pytest.raises(GuestError) as info:
        session.run("fail(500)")
    assert ("NotFound", "status 500") == (info.value.type_name, info.value.message)


def test_subclasses_cross_as_what_was_declared(session):
    """
    The nearest class that guest code knows, and the text of the instance.
    """

    class Hidden(NotFound):
        def __str__(self):
            return "as the subclass says it"

    @session.function
    def fail():
        raise Hidden(1)

    with pytest.raises(GuestError, match="NotFound: as the subclass says it"):
        session.run("fail()")


def test_exceptions_that_were_not_declared(session):
    """
    Of these guest code learns what it did before.
    """

    class Other(Exception):
        pass

    @session.function
    def fail():
        raise Other("secret")

    with pytest.raises(GuestError) as info:
        session.run("fail()")
    assert ("RuntimeError", False) == (info.value.type_name, "secret" in info.value.traceback)


def test_guest_code_uses_the_class(session):
    """
    It is one like any other, also after more was registered, and in a restored session.
    """
    session.run("E = NotFound\nclass Mine(E):\n    pass")
    session.function(lambda: 1, name="more")
    session.function(lambda: (_ for _ in ()).throw(NotFound(3)), name="fail")
    code = "try:\n    {}\nexcept E as e:\n    r = type(e) is E\nr"

    assert session.run(code.format("fail()")).value
    assert session.run("[more(), issubclass(Mine, E), NotFound is E]").value == [1, True, True]
    with session.fork() as fork:
        assert fork.run(code.format("fail()")).value
    with pytest.raises(GuestError, match="Mine: x"):
        session.run("raise Mine('x')")


def test_a_text_that_fails(session):
    """
    An exception whose text cannot be had crosses without one; a huge one is cut.
    """

    @session.function
    def fail(size: int):
        class Odd(ApiError):
            def __str__(self):
                return "x" * size if size else 1 / 0

        raise Odd(1)

    assert "" == session.run("try:\n    fail(0)\nexcept ApiError as e:\n    r = str(e)\nr").value
    code = "try:\n    fail(9_000_000)\nexcept ApiError as e:\n    r = len(str(e))\nr"
    assert 2000 == session.run(code).value


def test_failing_a_suspended_call(session):
    """
    Whoever answers may raise it, too.
    """
    session.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        session.run("try:\n    ask()\nexcept NotFound as e:\n    r = e.status\nr")

    assert 410 == info.value.continuation.fail(NotFound(410)).value


@pytest.mark.parametrize("kind", [int, KeyboardInterrupt, SystemExit, "NotFound", NotFound(1)])
def test_what_cannot_be_declared(kind):
    """
    What ends a program ends the run, whatever it is called.
    """
    with pytest.raises(ConfigError, match="subclass of Exception"):
        HostFunctions().exception(kind)
    with pytest.raises(ConfigError, match="builtin"):
        HostFunctions().exception(NotFound, name="ValueError")


# ---- what a model is told


def test_stubs_of_all_these(tools):
    """
    Guest code reads them as classes.
    """
    text = tools.stubs()

    for line in (
        "class ApiError(Exception):",
        "class NotFound(ApiError):",
        "    status: Any",
        "class Cursor:",
        "    def fetch(self, count: int = 1) -> list[int]:",
        "    def same(self, other: Cursor | None) -> bool:",
        "class db:",
        "    @staticmethod",
        "    def open(n: int) -> Cursor:",
        "def both(n: int) -> dict[str, list[Cursor]]:",
        "def use(cursor: Cursor, more: list[Cursor] | None = None) -> int:",
    ):
        assert f"{line}\n" in text
    compile(text, "stub.pyi", "exec")
    assert "secret" not in text


def test_limits_hold_for_references(make_session, tools):
    """
    A call of a method is a host call.
    """
    session = make_session(functions=tools, limits=Limits(host_calls=3))

    assert 3 == session.run("c = db.open(1)\nc.fetch()\nc.fetch()").usage.host_calls
    assert (
        "HostCallsExceeded"
        == type(session.run("while True: c.fetch()", check=False).error).__name__
    )


def test_options_of_methods(make_session):
    """
    They hold for each.
    """
    tools = HostFunctions()
    tools.namespace("db", Database(), only=["query", "version"], max_calls=1, read_only=True)
    session = make_session(functions=tools)

    assert ("db.query", "db.version") == tools.read_only().names
    with pytest.raises(GuestError, match=r"db\.version\(\) may be called 1 times"):
        session.run("db.query('x')\ndb.version()\ndb.version()")
