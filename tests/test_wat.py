"""A module written by an attacker in place of the interpreter.

Guest code that has taken over its interpreter can do whatever such a module does,
so the host must stand it: one clean error, of the right class, in time.
"""

import hashlib
import json
import struct
import subprocess
import sys
import time

import pytest
import wasmtime

from sandbox_wasm import (
    ArtifactError,
    FuelExhausted,
    GuestCrash,
    GuestError,
    GuestProtocolError,
    HostCallsExceeded,
    Limits,
    MemoryExceeded,
    OutputExceeded,
    SandboxError,
    Session,
    SessionBroken,
    WallTimeExceeded,
)
from sandbox_wasm._wasm import _artifacts, _engine
from sandbox_wasm.interpreters import _abi as abi

X = 1024  # the exchange struct
SOURCE, OUTPUT, FREE = 4096, 20480, 32768
BREAKER = 2048
BOUND = 15  # seconds, for any attack on a busy machine
SHORT = Limits(wall_seconds=0.5)

EDGES = [0, 1, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF]


def data(address, content):
    """A data segment."""
    text = "".join(f"\\{byte:02x}" for byte in content)
    return f'(data (i32.const {address}) "{text}")'


def put(offset, value):
    """Code that stores a word in the exchange struct."""
    return f"(i32.store (i32.const {X + offset}) (i32.const {value}))"


def put64(offset, value):
    return f"(i64.store (i32.const {X + offset}) (i64.const {value}))"


ABOUT = struct.pack("<4I", abi.ABI_VERSION, abi.EXCHANGE_BYTES, SOURCE, OUTPUT)
LOOP = "(loop $for_ever (br $for_ever))"
# The host makes its functions known by a request of their own.
IF_NAMES_RETURN = (
    f"(if (i32.eq (i32.load (i32.const {X + abi.REQUEST_AT})) (i32.const {abi.MODE_NAMES}))"
    " (then (return)))"
)


def module(
    exec="",
    start="",
    alloc=f"(i32.const {FREE})",
    about=ABOUT,
    breaker=BREAKER,
    exchange=X,
    memory='(memory (export "memory") 2)',
    more="",
    exports=("sandbox_start", "sandbox_exec", "sandbox_alloc"),
):
    """The text of a module that speaks the ABI, but for what is given."""
    bodies = {
        "sandbox_start": ("", start),
        "sandbox_exec": ("", IF_NAMES_RETURN + exec),
        "sandbox_alloc": ("(param i32) (result i32)", alloc),
    }
    functions = "\n".join(
        f'(func (export "{name}") {kind} {body})'
        for name, (kind, body) in bodies.items()
        if name in exports
    )
    return f"""(module
        (import "sandbox" "call" (func $call))
        (import "sandbox" "sys" (func $sys))
        {memory}
        (global (export "sandbox_exchange") i32 (i32.const {exchange}))
        {data(X, about)}
        {data(X + abi.CONTROL_AT + 16, struct.pack("<2I", breaker, 1))}
        {more}
        {functions})"""


@pytest.fixture
def isolation():
    """The modules take the place of an interpreter in this process."""
    return "thread"


@pytest.fixture
def attacker(tmp_path, monkeypatch):
    """Makes a session whose interpreter is the module of a text."""
    sessions = []

    def make(text, **arguments):
        code = text if isinstance(text, bytes) else bytes(wasmtime.wat2wasm(text))
        file = tmp_path / f"{len(sessions)}.wasm"
        file.write_bytes(code)
        digest = hashlib.sha256(code).hexdigest()
        artifact = _artifacts.Artifact("micropython", "", "0", digest, abi.ABI_VERSION, (), file)
        with monkeypatch.context() as patch:
            patch.setenv("SANDBOX_WASM_CACHE", "")
            patch.setattr(_engine, "_families", families := {})
            patch.setattr(_artifacts, "load", lambda name: artifact)
            session = Session("micropython", **{"checkpoints": False, **arguments})
            session.families = families
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        session.close()


def outcome(session, code="1"):
    """Run, in bounded time, and return what came of it: a value or an error."""
    began = time.perf_counter()
    try:
        return session.run(code).value
    except SandboxError as error:
        return error
    finally:
        assert time.perf_counter() - began < BOUND


def answer(kind, pointer=FREE, length=0, status=0):
    """Code that answers a request."""
    return put(44, status) + put(48, kind) + put(52, pointer) + put(56, length)


def host_call(name=(FREE, 4), args=(FREE + 16, 7), reply=(FREE + 1024, 1024), op=0):
    """Code that makes a host call."""
    values = (op, *name, *args, *reply)
    return "".join(put(80 + 4 * i, value) for i, value in enumerate(values)) + "(call $call)"


CALL_DATA = data(FREE, b"echo") + data(FREE + 16, b"[[1],{}]"[:8])


def test_module_that_behaves(attacker, assert_healthy):
    """
    The counter-test: what the attacks change, left as it should be, works.
    """
    text = module(exec=answer(abi.KIND_STR, FREE, 5), more=data(FREE, b"hello"))

    assert "hello" == outcome(attacker(text))
    called = []
    session = attacker(
        module(
            exec=host_call(args=(FREE + 16, 8)) + answer(abi.KIND_JSON, FREE + 1024, 1),
            more=CALL_DATA,
        ),
        functions={"echo": lambda v: called.append(v) or 7},
    )
    assert 7 == outcome(session)
    assert 7 == outcome(session)
    assert called
    assert_healthy()


@pytest.mark.parametrize("length", EDGES)
@pytest.mark.parametrize("address", EDGES)
def test_answer_out_of_bounds(attacker, address, length):
    """
    A value is read only where memory is; anything else is the guest's fault. (EW-01)
    """
    size = 2 * 65536
    for kind in (abi.KIND_STR, abi.KIND_JSON):
        for status in (0, 1):
            session = attacker(module(exec=answer(kind, address, length, status)))
            found = outcome(session)
            if status == 0 and length > Limits().result_bytes:
                assert isinstance(found, OutputExceeded)
            elif address + length > size or kind == abi.KIND_JSON:
                assert isinstance(found, GuestProtocolError), found
            elif isinstance(found, str):  # of whatever lies there, if it is UTF-8
                assert (0, True) == (status, length >= len(found))
            else:
                assert isinstance(found, GuestError | GuestProtocolError)


@pytest.mark.parametrize("where", ["name", "args", "reply"])
def test_host_call_out_of_bounds(attacker, assert_healthy, where):
    """
    No address or length of a host call reaches outside memory, or crashes the host. (EW-01)
    """
    size = 2 * 65536
    for address in EDGES:
        for length in EDGES:
            text = host_call(**{"args": (FREE + 16, 8), where: (address, length)})
            session = attacker(module(exec=text, more=CALL_DATA), functions={"echo": lambda v: v})
            found = outcome(session)
            assert found is None or isinstance(found, GuestProtocolError)
            outside = address + length > size
            if where == "reply":  # one byte is written, if it fits
                outside = length > 0 and address >= size
            elif where == "args":  # what is too long is refused unread
                outside &= length <= session.limits.host_call_bytes
            if outside:
                assert isinstance(found, GuestProtocolError)
                assert "broken" == session.state.value
    assert_healthy()


@pytest.mark.parametrize("op", [2, 7, 0xFFFFFFFF])
def test_unknown_call_operation(attacker, assert_healthy, op):
    """
    What the ABI does not know ends the session.
    """
    session = attacker(module(exec=host_call(op=op) + LOOP), functions={"echo": len}, limits=SHORT)

    assert isinstance(outcome(session), GuestProtocolError)
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


def test_fetch_of_a_reply_that_is_none(attacker):
    """
    There is nothing to fetch before a call, and a forged status is refused.
    """
    for status in (2, 9, 0xFFFFFFFF):
        session = attacker(module(exec=put(112, status) + host_call(op=1) + LOOP), limits=SHORT)
        assert isinstance(outcome(session), GuestProtocolError)
    length = f"(i32.load (i32.const {X + 108}))"
    session = attacker(
        module(
            exec=put(112, 0)
            + host_call(op=1)
            + answer(abi.KIND_INT)
            + f"(i64.store (i32.const {X + 72}) (i64.extend_i32_u {length}))"
        )
    )
    assert 0 == outcome(session)


FRAMES = [
    b"",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"null",
    b"[]",
    b"[1]",
    b"{}",
    b'{"name":5}',
    b"[[],{}",
    b"[[],{}]]",
    b"[{},[]]",
    b"[[],{},[]]",
    b"[[],[]]",
    b"[[],null]",
    b"[[NaN],{}]",
    b"[[Infinity],{}]",
    b'[["\\ud800"],{}]',
    b'[[{"$":"nonsense","v":1}],{}]',
    b'[[{"$":1}],{}]',
    b'[[],{"$":"bytes"}]',
    b"[" * 8000,
    b"9" * 8000,
    b"[[" + b"[]," * 2000 + b"[]],{}",
    b'{"args":[1],"args":[2],"name":"add"}',
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: repr(frame[:20]))
def test_frames_that_are_no_call(attacker, assert_healthy, frame):
    """
    Arguments that are not what the protocol says never reach the host function. (EW-02)
    """
    called = []
    session = attacker(
        module(
            exec=host_call(args=(FREE + 1024, len(frame)), reply=(FREE + 20000, 1024))
            + answer(abi.KIND_JSON, FREE + 1024, len(frame)),
            more=data(FREE, b"echo") + data(FREE + 1024, frame),
        ),
        functions={"echo": lambda *args, **kwargs: called.append((args, kwargs))},
        limits=SHORT,
    )

    assert isinstance(outcome(session), GuestProtocolError | WallTimeExceeded)
    assert [] == called
    assert "broken" == session.state.value
    assert_healthy()


@pytest.mark.parametrize(
    "text",
    [
        answer(abi.KIND_NONE, status=3),
        answer(abi.KIND_NONE, status=0xFFFFFFFF),
        answer(7),
        answer(0xFFFFFFFF),
        answer(abi.KIND_NONE, status=2),
        answer(abi.KIND_JSON, FREE, 2, status=1),
        answer(abi.KIND_JSON, FREE, 2 << 20, status=1),
        answer(abi.KIND_STR, FREE, 0xFFFFFFFF, status=1),
    ],
)
def test_answers_that_make_no_sense(attacker, assert_healthy, text):
    """
    An answer of an unknown form, or of a run that nobody has ended, breaks the session.
    """
    session = attacker(module(exec=text, more=data(FREE, b"[]")))

    assert isinstance(outcome(session), GuestProtocolError)
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


def test_value_lengths_near_the_end(attacker):
    """
    A length near 4 GiB costs the host nothing.
    """
    for length in (1 << 30, 0x7FFFFFFF, 0xFFFFFF00):
        for kind in (abi.KIND_STR, abi.KIND_JSON):
            found = outcome(attacker(module(exec=answer(kind, 0, length))))
            assert isinstance(found, OutputExceeded)


def sys_call(op, first=0, second=0):
    return put(116, op) + put64(128, first) + put64(136, second) + "(call $sys)"


@pytest.mark.parametrize(
    "text",
    [
        sys_call(0),
        sys_call(5),
        sys_call(0xFFFFFFFF),
        sys_call(abi.SYS_RANDOM, 0xFFFFFFF0, 32),
        sys_call(abi.SYS_RANDOM, -1, 32),
        sys_call(abi.SYS_RANDOM, 131072 - 31, 32),
        sys_call(abi.SYS_RANDOM, 1 << 62, 1),
        put(60, 0) + put(64, 5) + sys_call(abi.SYS_OUTPUT),
        put(60, 3) + put(64, 5) + sys_call(abi.SYS_OUTPUT),
        put(60, 1) + put(64, 8193) + sys_call(abi.SYS_OUTPUT),
        put(60, 1) + put(64, 0xFFFFFFFF) + sys_call(abi.SYS_OUTPUT),
        put(60, 0xFFFFFFFF) + put(64, 0) + sys_call(abi.SYS_OUTPUT),
    ],
)
@pytest.mark.parametrize("then", ["", LOOP, "(loop $l (call $sys) (call $call) (br $l))"])
def test_system_functions_that_make_no_sense(attacker, assert_healthy, text, then):
    """
    A wrong request is the guest's fault, whether it then returns, loops, or asks for more.
    """
    session = attacker(module(exec=text + then), limits=SHORT)

    assert isinstance(outcome(session), GuestProtocolError)
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


SYSTEM = {name: value for name, value in vars(abi).items() if name.startswith("SYS_")}
OPERATIONS = sorted(
    value for name, value in SYSTEM.items() if name.startswith(("SYS_FD_", "SYS_PATH_"))
) + [abi.SYS_CLOCK, abi.SYS_RANDOM]
SYS_ARGS_AT = abi.SYS_FILE_AT + 12
ANY_EDGE = [*EDGES, 3, 1 << 32, (1 << 63) - 1, (1 << 64) - 1]
RECORDS = 65536  # where the requests lie, one after another
RECORD = struct.Struct("<I4x9Q")
LENGTH = f"(i32.load (i32.const {X + abi.REQUEST_AT + 12}))"  # of the source: which request
ASK = (
    "(local $at i32) (local.set $at"
    f" (i32.add (i32.const {RECORDS}) (i32.mul (i32.const {RECORD.size}) {LENGTH})))"
) + "".join(
    f"({size}.store (i32.const {X + to}) ({size}.load offset={offset} (local.get $at)))"
    for size, to, offset in [
        ("i32", abi.SYS_AT, 0),
        *(("i64", SYS_ARGS_AT + 8 * i, 8 + 8 * i) for i in range(9)),
    ]
)


@pytest.mark.parametrize("interpreter", ["micropython"])
def test_every_system_function_called_wrongly(attacker, assert_healthy):
    """
    Whatever one is given, there is an errno, or a fault of the guest's, at once. (EW-01)
    """
    cases = [(op, [edge] * 9) for op in OPERATIONS for edge in ANY_EDGE]
    # The root, so that what comes after the descriptor is looked at.
    cases += [(op, [3, *[edge] * 8]) for op in OPERATIONS for edge in ANY_EDGE]
    cases += [(op, [3, 0, edge, 1, edge, edge, 0, 0, edge]) for op in OPERATIONS for edge in EDGES]
    records = b"".join(RECORD.pack(op, *args) for op, args in cases)
    bits = f"(i64.store (i32.const {X + 72}) (i64.load (i32.const {X + SYS_ARGS_AT})))"
    text = module(
        exec="(call $sys)" + answer(abi.KIND_INT) + bits,
        memory='(memory (export "memory") 4)',
        more=data(RECORDS, records),
    ).replace('(func (export "sandbox_exec")', '(func (export "sandbox_exec")' + ASK, 1)
    session = attacker(text, checkpoints=True, limits=Limits(wall_seconds=5, file_bytes=1000))

    kinds = set()
    for number, (op, args) in enumerate(cases):
        found = outcome(session, "#" * number)
        kinds.add(type(found))
        assert isinstance(found, (int, GuestProtocolError)), (op, args, found)
        assert isinstance(found, int) or "rolled back" == found.state
    assert {int, GuestProtocolError} == kinds
    assert session.usage.file_bytes <= 1000
    assert_healthy()


def test_random_is_given_in_small_pieces(attacker):
    """
    A large wish for randomness is refused, which is no fault.
    """
    text = sys_call(abi.SYS_RANDOM, FREE, 1 << 40) + answer(abi.KIND_INT)
    text += f"(i64.store (i32.const {X + 72}) (i64.load32_u (i32.const {X + 120})))"

    assert abi.SYS_REFUSED == outcome(attacker(module(exec=text)))


@pytest.mark.parametrize("nanoseconds", [3_600_000_000_000, (1 << 63) - 1, -1])
def test_sleep_ends_with_the_run(attacker, nanoseconds):
    """
    No sleep of any length, and no number of sleeps, outlives the limit.
    """
    sleep = sys_call(abi.SYS_SLEEP, nanoseconds)
    session = attacker(module(exec=f"(loop $l {sleep} (br $l))"), limits=SHORT)

    assert isinstance(outcome(session), WallTimeExceeded)


@pytest.mark.parametrize("address", [0, 0xFFFFFF00, 0xFFFFFFFF, 131072 - 100])
def test_allocator_that_lies(attacker, assert_healthy, address):
    """
    Room that is not there is no room. (EW-04)
    """
    session = attacker(module(alloc=f"(i32.const {address})"))

    found = outcome(session, "#" * 20_000)
    if address == 0:
        assert isinstance(found, MemoryExceeded)
        assert outcome(session) is None
    else:
        assert isinstance(found, GuestProtocolError)
        assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


@pytest.mark.parametrize("address", [X, X + abi.CONTROL_AT, BREAKER, SOURCE - 20, 1])
def test_allocator_that_lets_the_exchange_be_overwritten(attacker, assert_healthy, address):
    """
    Source text over the exchange struct is the guest's own loss.
    """
    session = attacker(module(exec=LOOP, alloc=f"(i32.const {address})"), limits=SHORT)

    assert isinstance(outcome(session, "#" * 20_000), SandboxError)
    assert_healthy()


@pytest.mark.parametrize("alloc", ["(unreachable)", LOOP + "(i32.const 0)"])
def test_allocator_that_does_not_return(attacker, alloc):
    """
    A trap or an endless loop in it ends like one anywhere else.
    """
    session = attacker(module(alloc=alloc), limits=SHORT)

    assert isinstance(outcome(session, "#" * 20_000), GuestCrash | WallTimeExceeded)
    assert isinstance(outcome(session), SessionBroken)


@pytest.mark.parametrize("address", [0xFFFFFFFF, 0xFFFFFF00, 131072, 131072 - 16, 0x80000000])
def test_exchange_out_of_range(attacker, assert_healthy, address):
    """
    A struct that does not lie in memory is a guest that cannot be used.
    """
    session = attacker(module(exchange=address))

    assert isinstance(outcome(session), GuestProtocolError | ArtifactError)
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


@pytest.mark.parametrize("address", [0xFFFFFFFF, 131072, 0x80000000])
def test_breaker_out_of_range(attacker, address):
    """
    The byte that the host sets must lie in memory.
    """
    assert isinstance(outcome(attacker(module(breaker=address))), GuestProtocolError)


@pytest.mark.parametrize("address", [0, X, X + abi.CONTROL_AT, 131071])
def test_breaker_anywhere_in_memory(attacker, address):
    """
    Where in its own memory it lies is the guest's affair.
    """
    session = attacker(module(exec=LOOP, breaker=address), limits=SHORT)

    assert isinstance(outcome(session), WallTimeExceeded)


@pytest.mark.parametrize(
    "words",
    [(0, 224, SOURCE, OUTPUT), (2, 224, SOURCE, OUTPUT), (1, 220, SOURCE, OUTPUT), (1, 0, 0, 0)],
)
def test_another_abi(attacker, words):
    """
    A guest of another version is refused by name.
    """
    found = outcome(attacker(module(about=struct.pack("<4I", *words))))

    assert isinstance(found, ArtifactError)
    assert "ABI" in str(found)


@pytest.mark.parametrize("where", [2, 3])
@pytest.mark.parametrize("address", [0xFFFFFFFF, 131072 - 2])
def test_buffers_out_of_range(attacker, where, address):
    """
    Source and output buffers must lie in memory too.
    """
    words = [1, 224, SOURCE, OUTPUT]
    words[where] = address
    text = put(60, 1) + put(64, 5) + sys_call(abi.SYS_OUTPUT)

    found = outcome(attacker(module(exec=text, about=struct.pack("<4I", *words))), "1 + 2")
    assert isinstance(found, GuestProtocolError)


def test_memory_that_grows_during_a_call(attacker):
    """
    Memory that came during a host call can be named in it at once. (EW-04)
    """
    grow = "(drop (memory.grow (i32.const 3)))"
    end = 5 * 65536
    text = grow + host_call(args=(FREE + 16, 8), reply=(end - 8, 8))
    session = attacker(
        module(exec=text + answer(abi.KIND_JSON, end - 8, 3), more=CALL_DATA),
        functions={"echo": lambda v: 777},
    )

    assert 777 == outcome(session)
    assert 3 * 65536 == session.run("1").usage.peak_memory_bytes // 2


def test_memory_cannot_grow_beyond_the_limit(attacker):
    """
    The engine keeps the limit, whatever the guest believes.
    """
    text = (
        put(40, 60000)
        + "(drop (memory.grow (i32.const 16)))"
        + f"(i64.store (i32.const {X + 72}) (i64.extend_i32_s (memory.grow (i32.const 1))))"
        + answer(abi.KIND_INT)
    )
    session = attacker(module(exec=text), limits=Limits(memory_bytes=1 << 20))
    result = session.run("1")

    assert (-1, 1 << 20) == (result.value, result.usage.peak_memory_bytes)


@pytest.mark.parametrize("call", ["$call", "$sys"])
def test_guest_that_ignores_the_stop(attacker, assert_healthy, call):
    """
    A guest that goes on calling after it was told to stop is made to.
    """
    text = host_call(args=(FREE + 16, 8)) + f"(loop $l (call {call}) (br $l))"
    session = attacker(
        module(exec=text, more=CALL_DATA),
        functions={"echo": lambda v: v},
        limits=Limits(wall_seconds=5, host_calls=0),
    )

    assert isinstance(outcome(session), HostCallsExceeded | GuestProtocolError)
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


def test_guest_that_ignores_the_deadline(attacker, assert_healthy):
    """
    Interrupts that nothing looks at do not keep the host waiting.
    """
    for text in (LOOP, host_call(args=(FREE + 16, 8)) + LOOP, f"(loop $l {sys_call(2)} (br $l))"):
        session = attacker(module(exec=text, more=CALL_DATA), functions={"echo": len}, limits=SHORT)
        assert isinstance(outcome(session), WallTimeExceeded)
        assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


def test_guest_that_loops_on_names(attacker, assert_healthy):
    """
    Making the host functions known is on the clock too.
    """
    session = attacker(
        module().replace("(then (return))", f"(then {LOOP})"),
        functions={"echo": len},
        limits=SHORT,
    )

    assert isinstance(outcome(session), WallTimeExceeded)
    assert_healthy()


TRAPS = {
    "unreachable code": "(unreachable)",
    "integer division by zero": "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
    "integer overflow": "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
    "integer overflow ": "(drop (i32.trunc_f64_s (f64.const 1e300)))",
    "bad conversion to integer": "(drop (i32.trunc_f64_s (f64.const nan)))",
    "memory access out of bounds": "(drop (i32.load (i32.const 0x7fffffff)))",
    "memory access out of bounds ": "(i32.store (i32.const -4) (i32.const 1))",
    "memory access out of bounds  ": (
        "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 131072))"
    ),
    "table access out of bounds": "(drop (table.get $t (i32.const 99)))",
    "table access out of bounds ": "(call_indirect $t (i32.const 99))",
    "call of a null function": "(call_indirect $t (i32.const 0))",
    "call of a function of another type": "(drop (call_indirect $t (result i32) (i32.const 1)))",
    "stack overflow": "(call $deep)",
}


TRAP_TABLE = "(table $t 3 funcref) (elem (i32.const 1) $deep) (func $deep (call $deep))"


@pytest.mark.parametrize("kind", TRAPS)
def test_every_trap(attacker, assert_healthy, kind):
    """
    A trap is a crash that says its kind and nothing else, and ends the session. (EW-06)
    """
    session = attacker(module(exec=TRAPS[kind], more=TRAP_TABLE))

    found = outcome(session)
    assert isinstance(found, GuestCrash)
    assert kind.strip() == found.trap
    assert "broken" == found.state
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


def test_every_trap_beside_other_fault_handlers(attacker, assert_healthy):
    """
    Once the application's fault handlers have replaced the engine's, traps are traps still. (SD-04)
    """
    modules = [(kind.strip(), module(exec=code, more=TRAP_TABLE)) for kind, code in TRAPS.items()]
    done = subprocess.run(
        [sys.executable, "-c", OTHER_HANDLERS],
        input=json.dumps(modules),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert_healthy()


OTHER_HANDLERS = """
import faulthandler, hashlib, json, os, pathlib, sys, tempfile
import wasmtime
from sandbox_wasm import Session
from sandbox_wasm._wasm import _artifacts
from sandbox_wasm.interpreters import _abi as abi

with Session("micropython") as session:
    session.run("1")
faulthandler.enable()
os.environ["SANDBOX_WASM_CACHE"] = ""
for kind, text in json.load(sys.stdin):
    code = bytes(wasmtime.wat2wasm(text))
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "trap.wasm")
        file.write_bytes(code)
        digest = hashlib.sha256(code).hexdigest()
        artifact = _artifacts.Artifact("micropython", "", "0", digest, abi.ABI_VERSION, (), file)
        _artifacts.load = lambda name: artifact
        with Session("micropython") as session:
            trap = session.run("1", check=False).error.trap
            if trap != kind:
                print(trap, "and not", kind)
"""


def test_table_cannot_grow_without_end(attacker):
    """
    Table entries are host memory, and bounded.
    """
    text = (
        f"(i64.store (i32.const {X + 72}) (i64.extend_i32_s"
        " (table.grow $t (ref.null func) (i32.const 50000000))))"
    ) + answer(abi.KIND_INT)

    assert -1 == outcome(attacker(module(exec=text, more="(table $t 3 funcref)")))


@pytest.mark.parametrize("fuel", [1, 100, 100_000])
def test_fuel_ends_every_loop(attacker, fuel):
    """
    With fuel a loop ends in good time, and says why.
    """
    session = attacker(module(exec=LOOP), limits=Limits(fuel=fuel))

    found = outcome(session)
    assert isinstance(found, FuelExhausted)
    assert fuel == found.allowed


@pytest.mark.parametrize(
    "start",
    [
        "(unreachable)",
        "(call $call)",
        "(call $sys)",
        f"(loop $l {sys_call(3, 1 << 50)} (br $l))",
        host_call(),
        sys_call(99),
        LOOP,
    ],
    ids=["trap", "call", "sys", "sleep", "host call", "unknown", "loop"],
)
def test_start_that_goes_wrong(attacker, assert_healthy, monkeypatch, start):
    """
    A guest that traps, asks for something or loops while it is made is an error in time.
    """
    monkeypatch.setattr("sandbox_wasm._deadline._START_SECONDS", 1.0)
    session = attacker(module(start=start), functions={"echo": len}, limits=SHORT)

    found = outcome(session)
    assert isinstance(found, SandboxError), found
    assert isinstance(outcome(session), SessionBroken)
    assert_healthy()


@pytest.mark.parametrize(
    "text",
    [
        module(start="(unreachable)"),
        module(about=struct.pack("<4I", 99, abi.EXCHANGE_BYTES, SOURCE, OUTPUT)),
        module(exchange=-16),
        module(breaker=0xFFFFFFFF),
    ],
    ids=["trap", "version", "exchange", "breaker"],
)
def test_a_guest_that_cannot_be_made_leaves_nothing(attacker, text):
    """
    Its store and engine are given back, and with them 4 GiB of addresses.
    """
    session = attacker(text)

    assert isinstance(outcome(session), SandboxError)
    session.close()
    (family,) = session.families.values()
    assert {} == family.held


@pytest.mark.parametrize("name", ["sandbox_start", "sandbox_exec", "sandbox_alloc"])
def test_missing_functions(attacker, name):
    """
    A module without what the ABI names is not an interpreter.
    """
    exports = {"sandbox_start", "sandbox_exec", "sandbox_alloc"} - {name}

    with pytest.raises(ArtifactError, match=name):
        attacker(module(exports=exports))


@pytest.mark.parametrize(
    "memory",
    [
        "(memory 2)",
        '(memory 2) (func (export "memory"))',
        '(memory 2) (table (export "memory") 1 funcref)',
        '(memory 2) (global (export "memory") i32 (i32.const 0))',
    ],
)
def test_memory_that_is_none(attacker, memory):
    """
    Likewise one whose memory is missing, or something else. (EW-04)
    """
    with pytest.raises(ArtifactError, match="memory"):
        attacker(module(memory=memory))


@pytest.mark.parametrize(
    "text",
    [
        module().replace('(export "sandbox_exec")', '(export "sandbox_exec") (param i32)'),
        module().replace('(export "sandbox_start")', '(export "sandbox_start") (param i32 i64)'),
        module(alloc="(f32.const 1)").replace("(result i32)", "(result f32)"),
        module().replace("(param i32) (result i32)", "(result i32)"),
        module(alloc="").replace("(param i32) (result i32)", "(param i32)"),
        module().replace(
            f'(global (export "sandbox_exchange") i32 (i32.const {X}))',
            f'(global (export "sandbox_exchange") i64 (i64.const {X}))',
        ),
        module().replace(
            f'(global (export "sandbox_exchange") i32 (i32.const {X}))',
            '(global (export "sandbox_exchange") f32 (f32.const nan))',
        ),
        module().replace(
            f'(global (export "sandbox_exchange") i32 (i32.const {X}))',
            '(global (export "sandbox_exchange") funcref (ref.null func))',
        ),
    ],
    ids="exec start result params nothing exchange-i64 exchange-f32 exchange-func".split(),
)
def test_exports_of_the_wrong_type(attacker, assert_healthy, text):
    """
    An export of another type is found out before it is used.
    """
    with pytest.raises(ArtifactError, match="must export"):
        attacker(text)
    assert_healthy()


@pytest.mark.parametrize(
    "more",
    [
        '(import "sandbox" "other" (func))',
        '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))',
        '(import "sandbox" "call" (func $again (param i32)))',
        '(import "sandbox" "memory" (global i32))',
        '(import "env" "table" (table 1 funcref))',
    ],
)
def test_imports_that_there_are_not(attacker, more):
    """
    A module that wants more than the two imports is refused.
    """
    text = module().replace("(module", "(module " + more, 1)

    with pytest.raises(ArtifactError, match="imports"):
        attacker(text)


PROPOSALS = {
    "memory64": "(module (memory i64 1))",
    "threads": "(module (memory 1 1 shared))",
    "atomics": "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
    "simd": "(module (func (drop (v128.const i32x4 0 0 0 0))))",
    "tail calls": "(module (func $f (return_call $f)))",
    "multi-memory": "(module (memory 1) (memory 1))",
    "wide arithmetic": (
        "(module (func (param i64 i64) (result i64 i64)"
        " (i64.mul_wide_u (local.get 0) (local.get 1))))"
    ),
    "component": "(component)",
    "page size": "(module (memory 1 (pagesize 1)))",
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_proposals_that_widen_the_surface(attacker, name):
    """
    What our artifacts do not use, the engine does not offer. (EW-05)
    """
    with pytest.raises(ArtifactError, match="cannot be compiled"):
        attacker(PROPOSALS[name])


@pytest.mark.parametrize(
    "content", [b"", b"\0asm", b"\0asm\1\0\0\0\xff\xff", b"#!/bin/sh\n", b"(module)"]
)
def test_bytes_that_are_no_module(attacker, content):
    """
    Bytes of any kind, even text that wasmtime would compile, are refused.
    """
    with pytest.raises(ArtifactError):
        attacker(content)


# What an attack does to its own state, which outlives it in the checkpoint.
LIES = (
    "".join(put(offset, 0xFFFFFFF0) for offset in (0, 4, 8, 12))
    + put(abi.CONTROL_AT + 8, 77)
    + put(abi.CONTROL_AT + 16, 0xFFFFFFF0)
    + put(abi.CONTROL_AT + 20, 0xFFFFFFFF)
)
RUNS = "(i32.load (i32.const 3000))"
ENDS = {
    "trap": "(unreachable)",
    "loop": LOOP,
    "protocol": put(44, 99),
    "call": host_call(name=(0xFFFFFFFF, 4)) + LOOP,
}


@pytest.mark.parametrize("end", ENDS)
def test_attacker_is_set_back(attacker, assert_healthy, end):
    """
    A guest that has lied about itself goes on with its lies, which help it to nothing.
    """
    text = module(
        exec=f"(i32.store (i32.const 3000) (i32.add (i32.const 1) {RUNS}))"
        f"(if (i32.gt_u {RUNS} (i32.const 1)) (then {ENDS[end]} (return)))"
        + LIES
        + "(drop (memory.grow (i32.const 3)))"
        + answer(abi.KIND_INT)
        + put(72, 5)
    )
    session = attacker(text, checkpoints=True, limits=SHORT, functions={"echo": len})

    assert 5 == outcome(session)
    first = outcome(session)
    for _ in range(3):
        assert "rolled back" == first.state
        assert "open" == session.state.value
        again = outcome(session)
        assert type(first) is type(again)
        assert first.result.usage.peak_memory_bytes == again.result.usage.peak_memory_bytes
    assert_healthy()
