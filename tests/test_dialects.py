"""How a run gives its value: what frameworks that run code expect."""

import asyncio
import threading

import pytest

from sandbox_wasm import (
    AsyncSession,
    ConfigError,
    Continuation,
    GuestError,
    HostCallsExceeded,
    Limits,
    Mount,
    Suspended,
)


@pytest.fixture
def answering(make_session):
    """Runs code that may call ``final_answer``."""

    def make(**arguments):
        session = make_session(**arguments)
        return lambda code, **options: session.run(code, dialect="final_answer", **options)

    return make


def test_final_answer_ends_the_run(make_session):
    """
    Nothing after it runs, the value is the answer, and variables stay.
    """
    session = make_session()
    code = "x = 1\ndef deep(n):\n    return deep(n - 1) if n else final_answer({'n': (x, b'b')})\n"
    result = session.run(code + "deep(20)\nx = 2\n'last'", dialect="final_answer")

    assert ({"n": (1, b"b")}, True, None) == (result.value, result.is_final, result.error)
    assert 1 == session.run("x").value


def test_guest_code_cannot_go_on_after_it(make_session):
    """
    No handler, ``finally`` or context manager of guest code sees it.
    """
    session = make_session()
    code = """
seen = []
class Manager:
    def __enter__(self): pass
    def __exit__(self, *args): seen.append('exit')
try:
    with Manager():
        try:
            final_answer(answer=7)
        except BaseException:
            seen.append('except')
finally:
    seen.append('finally')
while True:
    seen.append('loop')
"""

    assert 7 == session.run(code, dialect="final_answer").value
    assert [] == session.run("seen").value


def test_without_an_answer_the_last_expression_counts(answering):
    """
    Whoever asks can tell the two apart.
    """
    run = answering()

    for code, value, is_final in (("2 + 3", 5, False), ("final_answer(None)", None, True)):
        result = run(code)

        assert (value, is_final) == (result.value, result.is_final)


def test_only_where_it_was_asked_for(make_session):
    """
    Another run of the session knows no such name, and cannot end itself by it.
    """
    session = make_session(functions={"f": lambda: 3})
    session.run("final_answer(1)", dialect="final_answer")

    for code in ("final_answer(2)", "g = f\ng.__class__\nfinal_answer"):
        with pytest.raises(GuestError, match="NameError"):
            session.run(code)
    session.run("kept = final_answer", dialect="final_answer")
    with pytest.raises(GuestError, match="no such host function"):
        session.run("kept(3)")
    assert 3 == session.run("f()").value


def test_what_is_no_answer(answering):
    """
    It is an error in guest code, which may then give another one.
    """
    run = answering(limits=Limits(result_bytes=1000))

    for code in ("lambda: 0", "1, 2", "", "'x' * 2000", "answer=1, more=2"):
        result = run(f"try:\n    final_answer({code})\nexcept Exception as e:\n    pass")
        assert (None, False) == (result.value, result.is_final)
        code = f"try:\n    final_answer({code})\nexcept Exception as e:\n    final_answer(str(e))"

        assert "" != run(code).value


def test_names_and_dialects_that_are_not_there(make_session):
    """
    The caller's own function of that name is not taken from it.
    """
    session = make_session(functions={"final_answer": lambda value: value})

    assert (4, False) == ((r := session.run("final_answer(4)")).value, r.is_final)
    with pytest.raises(ConfigError, match="register it under another name"):
        session.run("1", dialect="final_answer")
    for dialect in ("last", None, ["expression"]):
        with pytest.raises(ConfigError, match="dialect"):
            session.run("1", dialect=dialect)


def test_it_counts_as_a_host_call(answering):
    """
    The limit comes first.
    """
    run = answering(limits=Limits(host_calls=1), functions={"f": lambda: 1})

    assert 1 == run("final_answer(1)").usage.host_calls
    with pytest.raises(HostCallsExceeded):
        run("f()\nfinal_answer(1)")


@pytest.mark.parametrize("isolation", ["thread"])
def test_changes_of_a_mount_are_stored(make_session, tmp_path):
    """
    A run that gives its answer has succeeded.
    """
    session = make_session(mounts=[Mount(tmp_path, "/m", mode="rw", commit="on_success")])
    code = "with open('/m/f', 'w') as f:\n    f.write('x')\nfinal_answer(1)"

    assert 1 == session.run(code, dialect="final_answer").value
    assert "x" == (tmp_path / "f").read_text()


def test_a_suspended_run_keeps_its_dialect(make_session):
    """
    Also in another session, from bytes.
    """
    code = "x = ask()\ntry:\n    final_answer(x + 1)\nexcept BaseException:\n    pass"
    session = make_session()
    session.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        session.run(code, dialect="final_answer")
    stored = info.value.continuation.to_bytes()

    assert (42, True) == ((r := info.value.continuation.resume(41)).value, r.is_final)
    other = make_session()
    other.function(name="ask", suspends=True)(lambda: 0)
    result = Continuation.from_bytes(stored).resume(1, session=other)
    assert (2, True) == (result.value, result.is_final)


def test_snapshots_and_forks_know_their_own_names(make_session):
    """
    The name is the run's and not the state's.
    """
    session = make_session()
    session.run("final_answer(1)", dialect="final_answer")

    with session.fork() as fork:
        assert fork.run("final_answer(2)", dialect="final_answer").is_final
        with pytest.raises(GuestError, match="NameError"):
            fork.run("final_answer")


def test_asyncio(interpreter):
    """
    The option is the same there.
    """

    async def main():
        async with AsyncSession(interpreter) as session:
            return await session.run("final_answer(5)", dialect="final_answer")

    assert asyncio.run(main()).is_final


@pytest.mark.parametrize("isolation", ["thread"])
def test_runs_of_many_threads(make_session):
    """
    Each gets its own answer, whatever the dialect of the run before.
    """
    session = make_session()
    found = {}

    def work(n):
        dialect = "final_answer" if n % 2 else "expression"
        code = f"final_answer({n})" if n % 2 else str(n)
        found[n] = session.run(code, dialect=dialect).value

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {n: n for n in range(16)} == found


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("return 5", 5),
        ("return", None),
        ("x = 1\nreturn x, 2\nx = 3", (1, 2)),
        ("x = 1", None),
        ("1\n2 + 3", 5),
        ("if True:\n    return 'a'\n'b'", "a"),
        ("for n in range(9):\n    while True:\n        if n > 3: return n\n        break", 4),
        ("def f():\n    return 1\nreturn f() + 1", 2),
        ("def f():\n    return 1\nf()", 1),
        ("try:\n    return 1\nfinally:\n    y = 2", 1),
        ("try:\n    return 1\nexcept BaseException:\n    return 2", 1),
        ("try:\n    1 / 0\nexcept ZeroDivisionError:\n    return 3", 3),
        ("return [n for n in range(3)]", [0, 1, 2]),
        ("return 1 if False else 2", 2),
    ],
)
def test_return(make_session, code, value):
    """
    It ends the run as it ends a function; without one the last expression counts.
    """
    assert value == make_session().run(code, dialect="return").value


def test_variables_after_a_return(make_session):
    """
    They are global, ``finally`` has run, and nothing after the return has.
    """
    session = make_session()
    session.run(
        "x = 1\ntry:\n    return x\nfinally:\n    x = 2\n    y = 3\nx = 4", dialect="return"
    )

    assert [2, 3] == session.run("[x, y]").value


@pytest.mark.parametrize(
    "code", ["class A:\n    return 1", "exec('return 1')", "eval('return 1')", "return 1 +"]
)
def test_return_elsewhere(make_session, code):
    """
    Only the lines of the run itself may return, and only where that was asked for: also if
    the same code was run before.
    """
    session = make_session()

    with pytest.raises(GuestError, match="SyntaxError"):
        session.run(code, dialect="return")
    for _ in range(3):
        assert 1 == session.run("return 1", dialect="return").value
        with pytest.raises(GuestError, match="SyntaxError"):
            session.run("return 1")


def test_a_suspended_run_may_return(make_session):
    """
    The dialect is stored with it.
    """
    session = make_session()
    session.function(name="ask", suspends=True)(lambda: 0)
    with pytest.raises(Suspended) as info:
        session.run("return ask() + 1", dialect="return")
    stored = info.value.continuation.to_bytes()
    other = make_session()
    other.function(name="ask", suspends=True)(lambda: 0)

    assert 42 == info.value.continuation.resume(41).value
    assert 2 == Continuation.from_bytes(stored).resume(1, session=other).value
