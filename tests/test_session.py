"""What a session does, on every interpreter."""

import dataclasses
import datetime
import decimal
import fractions
import inspect
import math
import pickle
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_wasm import (
    ConfigError,
    GuestError,
    GuestObject,
    Limits,
    Result,
    SandboxError,
    Session,
    SessionClosed,
    build_wheels,
    run,
)


def test_state_is_kept(session):
    """
    Variables, functions, classes and imports stay from run to run.
    """
    session.run("import math\nx = 20\ndef f(n): return n + x\nclass C: y = 2\ng = lambda: x * 2")

    assert 62 == session.run("f(C.y) + g()").value
    assert 3 == session.run("math.floor(math.pi)").value


def test_sessions_are_apart(make_session):
    """
    What one session has, another has not.
    """
    make_session().run("x = 1")

    with pytest.raises(GuestError) as info:
        make_session().run("x")

    assert "NameError" == info.value.type_name


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("", None),
        ("   \n\n", None),
        ("# only a comment", None),
        ("1 + 1", 2),
        ("x = 1", None),
        ("x = 1; x", 1),
        ("5\nx = 1", None),
        ("'a' 'b'", "ab"),
        ("if True:\n    7", None),
        ("1, 2", (1, 2)),
        ("def f():\n    return 3\nf()", 3),
        ("3\n\n# a comment\n", 3),
        ("3;", 3),
        ("(1\n + 2)", 3),
        ("[i for i in range(3)]", [0, 1, 2]),
        ("print('x')", None),
        ("'\\x00\\u2028é😀'", "\x00\u2028é😀"),
    ],
)
def test_value_is_the_last_expression(session, code, value):
    """
    The value of a run is that of its last statement, if it is an expression.
    """
    assert value == session.run(code).value


VALUES = [
    None,
    True,
    0,
    -1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**64,
    -(2**200),
    10**400,
    0.0,
    -0.0,
    1.5,
    -2.25e-9,
    1e300,
    5e-324,
    0.1,
    math.inf,
    -math.inf,
    "",
    "text",
    'quotes " and \\ and \n and \x00',
    "é😀\u2028",
    b"",
    b"\x00\xff",
    bytearray(b"ab"),
    [],
    [1, [2, [3]]],
    (),
    (1, "a", None),
    {},
    {"a": 1, "b": [2]},
    {1: 2, (3, 4): "x", None: True},
    {"$": 1},
    {"$": "tuple", "v": [1]},
    set(),
    {1, 2, 3},
    frozenset({"a"}),
    1 + 2j,
    datetime.date(2024, 2, 29),
    datetime.datetime(2024, 2, 29, 12, 30, 1, 5),
    datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc),
    datetime.time(1, 2, 3),
    datetime.timedelta(days=-1, seconds=5, microseconds=7),
    decimal.Decimal("1.10"),
    fractions.Fraction(-3, 4),
    fractions.Fraction(6, 3),  # whose text is 2
    uuid.UUID(int=5),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_cross_both_ways(session, value):
    """
    A value that goes in comes out equal and of the same type.
    """
    found = session.run("v", inputs={"v": value}).value

    assert (type(value), value) == (type(found), found)
    assert repr(value) == repr(found) or isinstance(value, set | frozenset)


def test_nan_crosses(session):
    """
    NaN goes in and comes out.
    """
    found = session.run("[v, v != v]", inputs={"v": math.nan}).value

    assert math.isnan(found[0])
    assert found[1] is True


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(st.characters(exclude_categories=["Cs"]))
        | st.binary(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
            | st.tuples(inner, inner)
        ),
        max_leaves=20,
    )
)
def test_any_data_crosses(session, value):
    """
    Whatever hypothesis thinks of comes back as it was.
    """
    assert value == session.run("v", inputs={"v": value}).value


def test_what_is_not_data_is_described(session):
    """
    A function or an instance comes as a `GuestObject`, also inside a list.
    """
    function, (one, instance) = session.run(
        "class Point:\n    def __repr__(self): return 'P!'\n(f := lambda: 0), (1, Point())"
    ).value

    assert isinstance(function, GuestObject)
    assert (1, GuestObject("Point", "P!")) == (one, instance)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("Decimal('1e9999999')", "decimal"),
        ("[Decimal('-1e-9999999')]", "decimal"),
        ("Decimal('NaN123')", "decimal"),
        ("Decimal((0, (1,) * 5000, 0))", r"decimal|\(4300 digits\)"),
        ("{i * (2**61 - 1) * 2**64 for i in range(500)}", "hash"),
    ],
)
def test_data_that_no_host_takes_is_a_guest_error(make_session, interpreter, code, text):
    """
    It is honest guest code that has such values, and its session goes on; a host function
    that is called with one is an error as well.
    """
    seen: list[object] = []
    session = make_session(functions={"tell": seen.append})
    session.run("from decimal import Decimal, getcontext\nkept = 1")
    if interpreter == "cpython":
        session.run("getcontext().Emax, getcontext().Emin = 10**8, -10**8")

    for asked in (code, f"tell({code})"):
        with pytest.raises(GuestError, match=text) as info:
            session.run(asked)
        assert "ValueError" == info.value.type_name

    assert (1, []) == (session.run("kept").value, seen)


def test_failing_repr_is_a_guest_error(session):
    """
    A result that cannot be described is the guest's error, and state is kept.
    """
    with pytest.raises(GuestError) as info:
        session.run("x = 1\nclass R:\n    def __repr__(self): raise ValueError('no')\nR()")

    assert ("ValueError", "no", "kept") == (
        info.value.type_name,
        info.value.message,
        info.value.state,
    )
    assert 1 == session.run("x").value


def test_output(session):
    """
    The two streams are apart, and survive an error.
    """
    code = "import sys\nprint('a', 1)\nprint('b', file=sys.stderr)\nprint('c', end='')"
    result = session.run(code)

    assert ("a 1\nc", "b\n", False, 7) == (
        result.stdout,
        result.stderr,
        result.truncated,
        result.usage.output_bytes,
    )
    with pytest.raises(GuestError) as info:
        session.run(code + "\n1/0")
    assert ("a 1\nc", "b\n") == (info.value.stdout, info.value.stderr)


def test_output_of_any_length_arrives_in_order(session):
    """
    Text longer than every buffer on the way is whole and in order.
    """
    result = session.run(
        "import sys\n"
        "for i in range(9000):\n"
        "    print(i)\n"
        "    if i % 3000 == 0: print(i, file=sys.stderr)\n"
        "print('é' * 20000)"
    )

    assert "".join(f"{i}\n" for i in range(9000)) + "é" * 20000 + "\n" == result.stdout
    assert "0\n3000\n6000\n" == result.stderr


def test_output_as_it_comes(session):
    """
    With on_output text arrives at each newline, and is in the result as well.
    """
    seen = []
    result = session.run(
        "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c', end='')",
        on_output=lambda stream, text: seen.append((stream, text)),
    )

    assert [("stdout", "a\n"), ("stderr", "b\n"), ("stdout", "c")] == seen
    assert ("a\nc", "b\n") == (result.stdout, result.stderr)


def test_output_callback_that_raises_ends_the_run(session):
    """
    What the callback raises reaches the caller as it is, and state is kept.
    """

    def refuse(stream, text):
        raise LookupError(text)

    with pytest.raises(LookupError, match="now"):
        session.run("x = 1\nprint('now')\nx = 2\nwhile True: pass", on_output=refuse)
    assert session.run("x").value in (1, 2)


def test_guest_error(session):
    """
    An exception says its type, message, and the lines of user code.
    """
    session.run("def inner(n):\n    return 1 // n")

    with pytest.raises(GuestError) as info:
        session.run("x = 0\n\ndef outer():\n    return inner(x)\n\nouter()")

    error = info.value
    assert "ZeroDivisionError" == error.type_name
    assert "kept" == error.state
    lines = [line.strip() for line in error.traceback.splitlines()]
    places = [line for line in lines if line.startswith("File")]
    assert [
        'File "<sandbox>", line 6, in <module>',
        'File "<sandbox>", line 4, in outer',
        'File "<sandbox>", line 2, in inner',
    ] == places
    assert str(error) == f"ZeroDivisionError: {error.message}"


def test_syntax_error(session):
    """
    What is not Python is a SyntaxError with its line.
    """
    with pytest.raises(GuestError) as info:
        session.run("x = 1\nif x\n    pass")

    assert "SyntaxError" == info.value.type_name
    assert "line 2" in info.value.traceback


@pytest.mark.parametrize(
    ("code", "message"),
    [("0", "0"), ("300", "300"), ("'bye'", "bye"), ("", ""), ("None", "")],
)
def test_exit_is_an_error_of_its_own_type(session, code, message):
    """
    sys.exit ends the run and nothing else, and is never taken for success.
    """
    with pytest.raises(GuestError) as info:
        session.run(f"x = 5\nimport sys\nsys.exit({code})")

    assert "SystemExit" == info.value.type_name
    assert info.value.message in (message, "None")
    assert 5 == session.run("x").value


def test_check_false_returns_the_error(session):
    """
    With check=False an error of the run is in the result.
    """
    result = session.run("print('before')\n1/0", check=False)

    assert isinstance(result, Result)
    assert isinstance(result.error, GuestError)
    assert result == dataclasses.replace(result.error.result, error=result.error)
    assert ("before\n", None) == (result.stdout, result.value)


def test_errors_survive_pickling(session):
    """
    An error can be sent to another process with all that it says.
    """
    error = session.run("print('a')\n1/0", check=False).error
    copy = pickle.loads(pickle.dumps(error))

    assert (error.type_name, error.traceback, "a\n", "kept") == (
        copy.type_name,
        copy.traceback,
        copy.stdout,
        copy.state,
    )


def test_inputs_are_set_first(session):
    """
    Inputs are global variables of the run and of those after it.
    """
    assert 7 == session.run("a + b", inputs={"a": 3, "b": 4}).value
    assert 3 == session.run("a").value


@pytest.mark.parametrize(
    "inputs",
    [
        {"a b": 1},
        {"if": 1},
        {1: 1},
        ["a"],
        {"a": object()},
        {"a": "\ud800"},
        {"a": lambda: 0},
    ],
)
def test_inputs_that_cannot_go_in(session, inputs):
    """
    A bad input is the caller's error, and the session is unharmed.
    """
    with pytest.raises(ConfigError):
        session.run("1", inputs=inputs)
    assert 2 == session.run("1 + 1").value


@pytest.mark.parametrize("code", [None, b"1", 1, ["1"]])
def test_code_must_be_text(session, code):
    """
    Anything but a str is the caller's error.
    """
    with pytest.raises(ConfigError):
        session.run(code)


def test_call_and_map(session):
    """
    Functions that guest code defined can be called, also for many rows.
    """
    session.run("def area(w, h=2, *more, **named):\n    return w * h + len(more) + len(named)")

    assert 6 == session.call("area", 3)
    assert 12 == session.call("area", 3, h=4)
    assert 9 == session.call("area", 2, 3, 4, 5, z=1)
    assert [2, 4, 6] == session.map("area", [1, 2, 3])
    assert [] == session.map("area", iter(()))
    rows = [{"w": i} for i in range(2000)]
    session.run("def pick(row): return row['w'] * 2")
    assert [2 * i for i in range(2000)] == session.map("pick", rows)


def test_call_errors(session):
    """
    What goes wrong in a call is said as in a run.
    """
    session.run("def f(x): return 1 // x")

    for name, args, wanted in [
        ("absent", (), "NameError"),
        ("f", (0,), "ZeroDivisionError"),
        ("f", (), "TypeError"),
    ]:
        with pytest.raises(GuestError) as info:
            session.call(name, *args)
        assert wanted == info.value.type_name
    with pytest.raises(GuestError):
        session.map("f", [1, 0])
    for name in ("f.g", "", "f()", 5):
        with pytest.raises(ConfigError):
            session.call(name)
    with pytest.raises(ConfigError):
        session.call("f", object())


def test_submit(session):
    """
    Submitted runs happen one after another and answer futures.
    """
    first = session.submit("x = 1\nx")
    second = session.submit("x += 1\nx")
    third = session.submit("1/0")

    assert (1, 2) == (first.result(10).value, second.result(10).value)
    assert isinstance(third.exception(10), GuestError)


def test_usage(session):
    """
    A run says what it has used.
    """
    session.function(lambda: None, name="nothing")
    usage = session.run("for i in range(10): nothing()\nx = [0] * 200000").usage

    assert 10 == usage.host_calls
    assert 0 < usage.seconds < 30
    assert usage.peak_memory_bytes >= 200_000
    assert usage.fuel is None


def test_fuel_is_deterministic(make_session):
    """
    The same run uses the same fuel in every session.
    """
    limits = Limits(fuel=50_000_000)
    used = {make_session(limits=limits).run("sum(range(10000))").usage.fuel for _ in range(3)}

    assert 1 == len(used)
    assert 0 < used.pop() < 50_000_000


def test_threads_take_turns(session):
    """
    Several threads on one session are served one at a time.
    """
    session.run("n = 0")
    code = "m = n\nfor i in range(300): pass\nn = m + 1"
    threads = [
        threading.Thread(target=lambda: [session.run(code) for _ in range(20)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)

    assert 80 == session.run("n").value


def test_run_in_a_session_of_its_own(interpreter):
    """
    The function `run` needs no session.
    """
    assert 5 == run("add(a, 3)", interpreter=interpreter, functions=[add], inputs={"a": 2}).value


def test_run_takes_what_a_session_and_its_runs_take(interpreter):
    """
    With the same defaults; but for what is about other runs than the one.
    """
    taken = inspect.signature(run).parameters
    session = inspect.signature(Session).parameters
    its_run = inspect.signature(Session.run).parameters

    assert taken.keys() == (session.keys() - {"checkpoints", "snapshot"}) | (
        its_run.keys() - {"self", "wall_seconds"}
    )
    for name, parameter in taken.items():
        assert parameter.default == (its_run.get(name) or session[name]).default
    code = "import random\nreturn random.random()"
    first, second = (
        run(code, interpreter=interpreter, seed=7, clock=0, dialect="return").value
        for _ in range(2)
    )
    assert first == second


def add(a, b):
    return a + b


def test_closed_session(make_session):
    """
    A closed session says so; closing again is fine.
    """
    session = make_session()
    session.run("1")
    session.close()
    session.close()

    assert "closed" == session.state.value
    for use in (lambda: session.run("1"), lambda: session.submit("1"), session.__enter__):
        with pytest.raises(SessionClosed):
            use()


def test_leaked_session_warns(interpreter):
    """
    A session that is dropped without closing warns and is closed.
    """
    session = Session(interpreter)
    session.run("1")

    with pytest.warns(ResourceWarning, match="never closed"):
        del session


@pytest.mark.parametrize(
    "arguments",
    [
        {"interpreter": "perl"},
        {"limits": {"fuel": 3}},
        {"functions": 5},
        {"functions": [len, len]},
        {"functions": {"print": len}},
        {"mounts": 1},
        {"mounts": "/tmp"},
        {"mounts": [1]},
        {"packages": 1},
        {"packages": "attrs"},
        {"packages": [1]},
        {"snapshot": b"x"},
        {"clock": "now"},
        {"seed": 1.5},
    ],
    ids=repr,
)
def test_bad_arguments(arguments):
    """
    What a session cannot be made of is a `ConfigError`.
    """
    with pytest.raises(ConfigError):
        Session(**arguments)


@pytest.mark.parametrize("value", [None, 1, len, "abc", b"abc"], ids=repr)
def test_what_is_no_list(session, value):
    """
    Where a list is wanted, anything else is a `ConfigError`, and one text is no list of them.
    """
    with pytest.raises(ConfigError, match="rows must be a list"):
        session.map("f", value)
    with pytest.raises(ConfigError, match="names must be a list"):
        session.check("1", names=value)
    with pytest.raises(ConfigError, match="names must be a list"):
        build_wheels(value)


def test_every_error_has_one_root():
    """
    One except clause catches whatever a run may end with.
    """
    import sandbox_wasm

    for name in sandbox_wasm.__all__:
        value = getattr(sandbox_wasm, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, SandboxError)


@pytest.mark.parametrize("count", [255, 256, 1000])
def test_number_of_arguments(session, count):
    """
    As many arguments as there are arrive, or the source is refused.
    """
    call = "f(" + ",".join(["1"] * count) + ")"
    result = session.run(f"def f(*args): return len(args)\n{call}", check=False)

    assert count == result.value or "SyntaxError" == result.error.type_name


def test_text_that_is_not_utf8_is_the_guests_error(session):
    """
    Bytes that were made into text by force do not cross, and break nothing.
    """
    session.run("x = 1")

    for code in ("eval(b'\"\\xff\"')", "raise type('\\ud800', (Exception,), {})"):
        result = session.run(code, check=False)
        assert isinstance(result.error, GuestError)
    assert 1 == session.run("x").value


def test_names_are_measured_in_bytes(make_session):
    """
    A name that no interpreter takes is the caller's error.
    """
    session = make_session()

    with pytest.raises(ConfigError, match="bytes"):
        session.run("1", inputs={"é" * 150: 1})
    with pytest.raises(ConfigError):
        session.function(lambda: None, name="é" * 150)


def test_closed_comes_first(session):
    """
    A closed session says so whatever it is given.
    """
    session.close()

    for code in ("\0", "\ud800", 5):
        with pytest.raises(SessionClosed):
            session.run(code)


def test_environment(make_session, monkeypatch):
    """
    Guest code finds the variables that it was given, and none of the host's.
    """
    monkeypatch.setenv("CANARY", "of the host")
    session = make_session(env={"NAME": "Ada", "EMPTY": "", "Ä": "ü=1"})

    found = session.run(
        "import os\n{k: os.environ.get(k) for k in ('NAME', 'EMPTY', 'Ä', 'CANARY')}"
    )
    assert {"NAME": "Ada", "EMPTY": "", "Ä": "ü=1", "CANARY": None} == found.value
    assert "Ada" == session.run("os.getenv('NAME')").value
    assert make_session().run("import os\nos.getenv('NAME')").value is None


@pytest.mark.parametrize(
    "env", ["A=1", ["A"], {"A": 1}, {1: "A"}, {"": "x"}, {"A=": "x"}, {"A": "\0"}], ids=repr
)
def test_environments_that_are_none(env):
    """
    Variables that no system has are refused.
    """
    with pytest.raises(ConfigError, match="env"):
        Session("micropython", env=env)
