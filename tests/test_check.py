"""Code is looked at before it runs."""

import asyncio
import gc
import importlib.util
from decimal import Decimal

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_wasm import (
    AsyncSession,
    ConfigError,
    GuestError,
    HostFunctions,
    Limits,
    Problem,
    Session,
    SessionClosed,
    Suspended,
    _check,
    _typecheck,
    cli,
)
from sandbox_wasm._lifecycle import State

needs_checker = pytest.mark.skipif(
    importlib.util.find_spec("pyrefly") is None, reason="the extra check is not installed"
)
GOOD = [
    "",
    "x = 1\nx",
    "def f():\n    return 1\nf()",
    "class A:\n    def f(self):\n        return [n for n in range(3)]",
    "async def f():\n    return 1\nx = await f()\nx + 1",
    "\ufeffx = 1",
    "é = 'ü'\né",
]
BAD = [
    ("x = 1 +", 1),
    ("x = 1\ny = (\n", None),
    ("def f():\n    return 1\nreturn 2", 3),
    ("x = 1\n    y = 2", 2),
    ("x = 1\nif x\n    y = 2", 2),
    ("break", 1),
    ("class A:\n    return 1", 2),
    ("x = 1\nawait = 2", 2),
]


@pytest.mark.parametrize("code", GOOD)
def test_nothing_is_wrong(session, code):
    """
    What runs has no problem, and is not run.
    """
    assert [] == session.check(code, types=False)


@pytest.mark.parametrize(("code", "line"), BAD)
def test_syntax(session, code, line):
    """
    What the interpreter would refuse it refuses without running anything, and says where.
    """
    (problem,) = session.check(code, types=False)

    assert ("error", True) == (
        problem.severity,
        problem.kind in ("SyntaxError", "IndentationError"),
    )
    assert line is None or line == problem.line
    with pytest.raises(GuestError) as info:
        session.run(code)
    assert (info.value.type_name, info.value.message.partition(" (")[0]) == (
        problem.kind,
        problem.message.partition(" (")[0],
    )


@pytest.mark.parametrize("code", ["x = 1\nreturn x", "if 1:\n    return", "await f()\nreturn 1"])
def test_the_dialect_counts(session, code):
    """
    A return outside functions is right where the run would take it.
    """
    assert [] == session.check(code, dialect="return", types=False)
    with pytest.raises(ConfigError, match="dialect"):
        session.check(code, dialect="nothing")


def test_return_where_none_may_be(session):
    """
    In a class it is wrong in every dialect.
    """
    (problem,) = session.check("x = 1\nclass A:\n    return 1", dialect="return", types=False)

    assert 3 == problem.line


@pytest.mark.parametrize(
    "code",
    ["a\0b", "\ud800", "x = " + "(" * 50_000, "x = " + "-" * 300_000 + "1", "x" + ".a" * 100_000,
     "\n".join("x = [" for _ in range(5000)), "if 1:\n" * 200 + "x"],
    ids=["null", "surrogate", "brackets", "minus", "attributes", "lists", "indents"],
)  # fmt: skip
def test_hostile_code(make_session, code):
    """
    It is a problem at most; the session is as it was.
    """
    session = make_session(limits=Limits(wall_seconds=5))
    session.run("x = 1")

    assert all(isinstance(problem, Problem) for problem in session.check(code, types=False))
    assert 1 == session.run("x").value


@pytest.mark.parametrize("isolation", ["thread"])
@settings(max_examples=20)
@given(code=st.text(max_size=30))
def test_any_text(session, code):
    """
    Text that is no program is told to be none, and nothing else happens.
    """
    for problem in session.check(code, types=False):
        assert (problem.line or 1) >= 1
        assert str(problem)


def test_the_session_is_not_touched(make_session):
    """
    Neither its variables nor what waits in it.
    """
    session = make_session()
    session.function(name="ask", suspends=True)(lambda: 0)
    session.run("x = 1")
    with pytest.raises(Suspended) as info:
        session.run("x = ask()\nx")

    assert [] == session.check("x = 2", types=False)
    assert 41 == info.value.continuation.resume(41).value


def test_code_of_earlier_runs_is_not_run(make_session):
    """
    It may have taken the place of what tells the names: a copy is asked, which may do nothing.
    """
    called = []
    session = make_session(functions={"spend": lambda: called.append(1)})
    session.run("x = 1")
    assert "x" in _check._globals(session, Session)
    assert len(_check._globals(session, Session)) == len(session.run("[*globals()]").value)
    session.run(
        "def globals():\n    global x\n    x += 1\n    open('/f', 'w').close()\n"
        "    try:\n        spend()\n    except Exception: pass\n    return ['y']"
    )
    before = session.usage.seconds

    assert ["y"] == _check._globals(session, Session)

    assert [] == called
    assert before == session.usage.seconds
    assert (1, []) == (session.run("x").value, [*session.files])
    session.run("def globals():\n    while True: pass")
    assert [] == _check._globals(session, Session)
    assert 1 == session.run("x").value


def test_arguments(session):
    """
    What is no code, and a session that is gone, are errors of the caller.
    """
    with pytest.raises(ConfigError, match="code must be a str"):
        session.check(1)
    with pytest.raises(ConfigError, match="input_bytes"):
        session.check("x" * (5 << 20))
    session.close()
    with pytest.raises(SessionClosed):
        session.check("1")


def test_asyncio(interpreter):
    """
    The same, awaited.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            return await session.check("x = (", types=False)

    assert 1 == len(asyncio.run(main()))


def test_without_the_extra(session, monkeypatch):
    """
    Who insists on types is told what is missing; who does not has the syntax.
    """
    monkeypatch.setattr(_typecheck.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"sandbox-wasm\[check\]"):
        session.check("1", types=True)
    assert [] == session.check("nobody_knows")


# ---- names and types


@pytest.fixture
def tools():
    tools = HostFunctions()

    @tools.register
    def search(text: str, limit: int = 10) -> list[str]:
        """Titles of the documents that contain the text."""
        return []

    return tools


@needs_checker
class TestTypes:
    """What only the type checker sees."""

    @pytest.fixture
    def isolation(self):
        return "thread"

    @pytest.fixture
    def interpreter(self):
        return "cpython"

    @pytest.mark.parametrize(
        ("code", "line", "kind"),
        [
            ("x = 1\nserch('a')", 2, "unknown-name"),
            ("search('a', limit='x')", 1, "bad-argument-type"),
            ("\nsearch()", 2, "missing-argument"),
            ("search('a', 1, 2)", 1, "bad-argument-count"),
            ("search('a', most=1)", 1, "unexpected-keyword"),
            ("search('a').push(1)", 1, "missing-attribute"),
            ("import numpy", 1, "missing-import"),
            ("await search(1)", 1, "bad-argument-type"),
        ],
    )
    def test_what_is_wrong(self, make_session, tools, code, line, kind):
        """
        With the line of the code as it was given.
        """
        (problem,) = make_session(functions=tools).check(code, types=True)

        assert (line, kind, "error") == (problem.line, problem.kind, problem.severity)
        assert "/" not in problem.message.replace("`/`", ""), "no path of the host"

    def test_numbers_that_are_no_floats(self, make_session):
        """
        A decimal may be given to a host function that takes one, and is what it returns.
        """

        def price(at: Decimal) -> Decimal:
            return at

        code = "from decimal import Decimal\nprice(Decimal('1.5')).quantize(Decimal(1))\nprice(1.5)"
        session = make_session(functions=[price])

        assert [] == session.check(code, types=True)
        assert Decimal("1.5") == session.run(code).value

    @pytest.mark.parametrize(
        "code",
        [
            "for hit in search('a'):\n    print(hit.upper())",
            "hits = await search('a', limit=3)\nlen(hits)",
            "import json, re\njson.dumps(search('a'))",
            "search = 5\nsearch + 1",
            "from os import path",
            "x = None\nfor n in range(3):\n    x = n\nprint(x)",
            "try:\n    search('a')\nexcept (ValueError, TypeError) as e:\n    print(str(e))",
        ],
    )
    def test_what_is_right(self, make_session, tools, code):
        """
        Ordinary programs have no problems.
        """
        assert [] == make_session(functions=tools).check(code, types=True)

    def test_names_of_earlier_runs(self, make_session):
        """
        What they have defined is there; what comes with the run can be named.
        """
        session = make_session()
        session.run("table = 1\ndef clean(x):\n    return x")

        assert [] == session.check("clean(table)\nrow + 1", names=["row"], types=True)
        assert 1 == len(session.check("clean(table)\nrow + 1", types=True))
        with pytest.raises(ConfigError, match="identifier"):
            session.check("1", names=["no name"], types=True)

    def test_modules_of_its_own(self, make_session):
        """
        A file of the session can be imported.
        """
        session = make_session(files={"mine.py": "x = 1"})

        assert [] == session.check("import mine\nfrom mine import x", types=True)

    def test_final_answer(self, make_session):
        """
        The name is there in its dialect, and ends the code.
        """
        session = make_session()

        assert [] == session.check("final_answer(1)", dialect="final_answer", types=True)
        assert 1 == len(session.check("final_answer(1)", types=True))

    def test_code_that_asks_too_much(self, make_session, monkeypatch):
        """
        The type checker is ended, and that is said.
        """
        monkeypatch.setattr(_typecheck, "_MEMORY_BYTES", 64 << 20)
        (problem,) = make_session().check("x = 1", types=True)

        assert ("unchecked", "warning") == (problem.kind, problem.severity)

    def test_it_reads_nothing_of_the_machine(self, make_session, tmp_path, monkeypatch):
        """
        Neither modules that lie about nor a configuration.
        """
        (tmp_path / "secret_module.py").write_text("password = 1")
        (tmp_path / "pyrefly.toml").write_text("nonsense = {")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("PYREFLY_CONFIG", str(tmp_path / "pyrefly.toml"))
        (problem,) = make_session().check("import secret_module", types=True)

        assert "missing-import" == problem.kind
        assert str(tmp_path) not in problem.message


# ---- the command


def test_the_command(tmp_path):
    """
    One line for each problem, as compilers write them; the status says whether there is one.
    """
    file = tmp_path / "f.py"
    file.write_text("x = 1\ny = (\n")
    done = CliRunner().invoke(cli.main, ["check", str(file)])
    assert (1, f"{file}:2:5: error: '(' was never closed [SyntaxError]\n") == (
        done.exit_code,
        done.output,
    )
    file.write_text("x = 1")
    done = CliRunner().invoke(cli.main, ["check", "--interpreter", "micropython", str(file)])
    assert (0, "") == (done.exit_code, done.output)
    file.write_bytes(b"\xef\xbb\xbfx = 1")  # as other programs write UTF-8
    assert 0 == CliRunner().invoke(cli.main, ["check", str(file)]).exit_code
    file.write_bytes(b"\xff")
    assert 2 == CliRunner().invoke(cli.main, ["check", str(file)]).exit_code


def test_the_command_makes_text_inert():
    """
    Code cannot write to the terminal by what is quoted of it.
    """
    done = CliRunner().invoke(cli.main, ["check", "-"], input="\x1b[2J = 1")

    assert 1 == done.exit_code
    assert "\x1b" not in done.output


def open_sessions():
    found = [each for each in gc.get_objects() if isinstance(each, Session)]
    return {id(each) for each in found if each.state is State.OPEN}


def test_closed_sessions_leave_nothing(interpreter):
    """
    The session that parses ends with the check.
    """
    with Session(interpreter) as session:
        before = open_sessions()
        found = [session.check("x = (", types=False) for _ in range(5)]

        assert all(found)
        assert before == open_sessions()
