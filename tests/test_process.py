"""Sessions in a process that forks, exits, is interrupted, and has many threads."""

import gc
import os
import sys
import threading
import time
import weakref

import pytest
from processes import descriptors, python

from sandbox_wasm import (
    GuestError,
    HostFunctionError,
    Interrupted,
    Limits,
    SandboxError,
    Session,
    SessionBroken,
    SessionClosed,
    WallTimeExceeded,
)

BOUND = 50
SHORT = Limits(wall_seconds=0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="addresses are limited as Linux does it")
def test_no_room_for_another_session(interpreter):
    """
    Whoever asks for one session too many is told in the library's words, and the others go on.
    """
    done = python(
        """
        import resource, sys
        from pathlib import Path
        from sandbox_wasm import Session, SessionBroken
        with Session(sys.argv[1]) as session:
            session.run("1")
        size = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (size + (40 << 30),) * 2)
        for _ in range(2):
            sessions, refused = [Session(sys.argv[1]) for _ in range(20)], 0
            for session in sessions:
                try:
                    assert session.run("1 + 1").value == 2
                except SessionBroken as error:
                    assert "no memory" in str(error), error
                    refused += 1
            assert 0 < refused < 20, refused
            for session in sessions:
                session.close()
        with Session(sys.argv[1]) as session:
            print(session.run("6 * 7").value)
        """,
        interpreter,
    )

    assert (0, "42\n") == (done.returncode, done.stdout), done.stderr[-2000:]
    assert "Traceback" not in done.stderr


WITHIN = """
from sandbox_wasm import ConfigError, Session, SessionPool
for isolation in ("thread", "process"):
    for kind in (Session, SessionPool):
        try:
            kind("micropython", isolation=isolation)
        except ConfigError as error:
            print("main interpreter" in str(error), flush=True)
"""


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info[:2] == (3, 12),
    reason="there the library cannot be imported",
)
def test_interpreters_within_a_process():
    """
    They are told that there are no sessions for them, and end.
    """
    done = python(
        """
        import sys
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        one = interpreters.create()
        interpreters.run_string(one, f"import sys; sys.path[:] = {sys.path!r}\\n" + sys.argv[1])
        interpreters.destroy(one)
        from sandbox_wasm import run
        print(run("6 * 7", interpreter="micropython").value)
        """,
        WITHIN,
    )

    assert (0, "True\n" * 4 + "42\n") == (done.returncode, done.stdout), done.stderr[-2000:]


@pytest.mark.skipif(sys.platform == "win32", reason="open files are limited as POSIX does it")
@pytest.mark.parametrize("left", [0, 1, 3])
def test_no_open_files_left(interpreter, left):
    """
    What needs another is told so, and compiles nothing in vain; all goes on once there are some.
    """
    done = python(
        """
        import os, resource, sys
        from sandbox_wasm import HostExhausted, Session, SessionPool
        def use():
            with Session(sys.argv[1]) as other:
                return other.run("6 * 7").value
        session = Session(sys.argv[1])
        session.run("x = 7")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        highest = max(map(int, os.listdir("/dev/fd")[:-1]))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + int(sys.argv[2]), hard))
        held, refused = [], 0
        for _ in range(12):
            try:
                held.append(Session(sys.argv[1]))
            except HostExhausted as error:
                assert "open files" in str(error)
                refused += 1
        assert refused > 3 and session.run("x").value == 7
        for each in held:
            assert each.run("6 * 7").value == 42
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        with SessionPool(sys.argv[1], size=1) as pool:
            print(use(), session.run("x").value, pool.run("1 + 1").value)
        session.close()
        """,
        interpreter,
        str(left),
    )

    assert (0, "42 7 2\n") == (done.returncode, done.stdout), done.stderr[-2000:]
    assert "a compiled module" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork(isolation):
    """
    A child has not its parent's sessions, can make its own, and ends well.
    """
    done = python(
        """
        import gc, os, sys, warnings
        from sandbox_wasm import Session, SessionBroken
        session = Session(isolation=sys.argv[1])
        session.run("x = 1")
        left = Session(isolation=sys.argv[1])
        for _ in range(3):
            child = os.fork()
            if child == 0:
                try:
                    session.run("x")
                except SessionBroken as error:
                    assert "process" in str(error)
                else:
                    os._exit(3)
                assert session.state.value == "broken"
                for use in (lambda: session.submit("1"), session.__enter__):
                    try:
                        use()
                    except SessionBroken:
                        pass
                    else:
                        os._exit(4)
                session.close()
                with warnings.catch_warnings(record=True) as told:
                    warnings.simplefilter("always")
                    del left
                    gc.collect()
                    assert not told, told[0]  # it is its parent's to close
                with Session(isolation=sys.argv[1]) as own:
                    assert own.run("6 * 7").value == 42
                sys.exit(7)
            _, status = os.waitpid(child, 0)
            assert os.WEXITSTATUS(status) == 7, status
            assert session.run("x").value == 1
        session.close()
        left.close()
        print("parent")
        """,
        isolation,
    )

    assert (0, "parent\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork_while_a_session_is_busy(isolation):
    """
    What runs in the parent does not hold the child.
    """
    done = python(
        """
        import os, sys, threading
        from sandbox_wasm import Limits, Session
        ready = threading.Event()
        limits, functions = Limits(wall_seconds=20), {"ready": ready.set}
        session = Session(isolation=sys.argv[1], limits=limits, functions=functions)
        future = session.submit("ready()\\nwhile True: pass")
        ready.wait(20)
        child = os.fork()
        if child == 0:
            with Session(isolation=sys.argv[1]) as own:
                assert own.run("6 * 7").value == 42
            sys.exit(7)
        assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 7
        session.interrupt()
        print(type(future.exception(20)).__name__, session.run("5").value)
        session.close()
        """,
        isolation,
    )

    assert (0, "Interrupted 5\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.parametrize("interpreter", ["micropython"])
def test_fork_while_sessions_come_and_go(interpreter, isolation):
    """
    Threads, instances and workers that are just being handed on stay the parent's, and no
    lock of theirs stays locked in the child.
    """
    done = python(
        """
        import os, signal, sys, threading
        from sandbox_wasm import Session

        def use():
            with Session(sys.argv[1], isolation=sys.argv[2]) as session:
                session.run("x = 6")
                return session.run("x * 7").value

        def work():
            while not over.is_set():
                use()

        over = threading.Event()
        use()  # a fork in the middle of an import is Python's own affair
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        ends = []
        for _ in range(8):
            child = os.fork()
            if child == 0:
                signal.alarm(30)
                os._exit(0 if [use(), use()] == [42, 42] else 1)
            ends.append(os.waitpid(child, 0)[1])
        over.set()
        for thread in threads:
            thread.join()
        print(ends, use())
        """,
        interpreter,
        isolation,
    )

    assert (0, f"{[0] * 8} 42\n", "") == (done.returncode, done.stdout, done.stderr)


BUSY = {
    "loop": "while True: pass",
    "sleep": "import time\ntime.sleep(60)",
    "host call": "block()",
    "host calls": "while True: echo(1)",
}


@pytest.mark.parametrize("code", BUSY.values(), ids=BUSY)
@pytest.mark.parametrize(
    ("ending", "status"), [("", 0), ("sys.exit(5)", 5), ("raise LookupError", 1)], ids=str
)
def test_exit_with_a_busy_session(isolation, code, ending, status):
    """
    The end of the process waits for no guest, and keeps its exit status. (SD-01)
    """
    began = time.perf_counter()
    done = python(
        f"""
        import sys, threading
        from sandbox_wasm import Session, Limits
        ready = threading.Event()
        functions = {{
            "ready": ready.set, "block": lambda: threading.Event().wait(60), "echo": lambda v: v
        }}
        limits = Limits(wall_seconds=60, host_calls=10**9)
        session = Session(isolation=sys.argv[1], limits=limits, functions=functions)
        session.submit("ready()\\n" + {code!r})
        assert ready.wait(20)
        {ending}
        """,
        isolation,
    )

    assert status == done.returncode, done.stderr
    assert time.perf_counter() - began < 10
    assert ("LookupError" in ending) == ("LookupError" in done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
@pytest.mark.parametrize("code", ["while True: pass", "while True: echo(1)", "sleep(60)"])
def test_ctrl_c_while_waiting(isolation, code):
    """
    Each Ctrl-C ends the run as KeyboardInterrupt, and the session goes on.
    """
    done = python(
        f"""
        import os, signal, sys, threading
        from sandbox_wasm import Limits, Session
        code = {code!r}
        ready = threading.Event()
        def stop():
            while True:
                ready.wait()
                ready.clear()
                os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=stop, daemon=True).start()
        limits = Limits(wall_seconds=20, host_calls=10**9)
        functions = {{"echo": lambda v: v, "ready": ready.set}}
        with Session(isolation=sys.argv[1], limits=limits, functions=functions) as session:
            session.run("x = 1\\nfrom time import sleep")
            for _ in range(10):
                try:
                    session.run("ready()\\n" + code)
                except KeyboardInterrupt:
                    continue
                print("went on")
            print(session.run("x").value)
        """,
        isolation,
    )

    assert (0, "1\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_ctrl_c_at_any_moment(isolation):
    """
    Wherever in a call it lands, the session goes on or says that it is broken. (SD-02)
    """
    done = python(
        """
        import random, signal, sys
        from sandbox_wasm import Session, SessionBroken
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        random.seed(5)
        lost = 0
        session = Session(isolation=sys.argv[1])
        session.run("1")
        for _ in range(400):
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 3e-4))
                    for _ in range(20):
                        session.run("2")
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            except (KeyboardInterrupt, SessionBroken):
                pass
            try:
                assert session.run("3").value == 3
            except SessionBroken:
                lost += 1
                session.close()
                session = Session(isolation=sys.argv[1])
            except KeyboardInterrupt:
                pass
        session.close()
        print("end", lost < 200)
        """,
        isolation,
    )

    assert (0, "end True\n", "") == (done.returncode, done.stdout, done.stderr)


def test_exceptions_sent_to_the_caller(isolation):
    """
    What sends exceptions to threads may send them to one that waits for a run, at any moment.
    """
    done = python(
        """
        import ctypes, random, sys, threading, time
        from sandbox_wasm import Session, SessionBroken
        class Sent(BaseException): pass
        def hammer():
            while True:
                time.sleep(random.uniform(1e-6, 3e-4))
                with lock:
                    if target:
                        tid, sent = ctypes.c_ulong(target[0]), ctypes.py_object(Sent)
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(tid, sent)
                        target.clear()
        def work():
            session = Session("micropython", isolation=sys.argv[1], functions={"echo": lambda v: v})
            lost = 0
            for n in range(150):
                session.run(f"x = {n}")
                try:
                    with lock:
                        target.append(threading.get_ident())
                    while True:
                        session.run("echo(1)")
                except (Sent, SessionBroken):
                    pass
                try:
                    assert session.run("echo(x)").value == n
                except SessionBroken:
                    lost += 1
                    session.close()
                    session = Session("micropython", isolation=sys.argv[1])
                    session.function(lambda v: v, name="echo")
            session.close()
            print("end", lost < 30)
        random.seed(5)
        lock, target = threading.Lock(), []
        threading.Thread(target=hammer, daemon=True).start()
        caller = threading.Thread(target=work)
        caller.start()
        caller.join()
        """,
        isolation,
    )

    assert (0, "end True\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("left", [12, 20, 40, 80, 200])
def test_little_recursion_left(make_session, left):
    """
    A caller deep in its own recursion gets a result, or the RecursionError that is its own. (SD-05)
    """
    session = make_session(functions={"echo": lambda v: v})
    session.run("x = 4")
    found = []

    def deep(levels):
        if levels:
            deep(levels - 1)
            return
        try:
            found.append(session.run("echo(x)").value)
        except (RecursionError, SandboxError) as error:
            found.append(type(error))

    frame, depth = sys._getframe(), 0
    while frame:
        frame, depth = frame.f_back, depth + 1
    began = time.perf_counter()
    deep(sys.getrecursionlimit() - depth - left)

    assert time.perf_counter() - began < BOUND
    assert 1 == len(found)
    try:
        assert 4 == session.run("echo(x)").value
    except SessionBroken:
        assert found != [4]


def test_low_recursion_limit():
    """
    A process with hardly any recursion still has working sessions. (SD-05)
    """
    done = python(
        """
        import sys
        from sandbox_wasm import Session
        with Session(functions={"echo": lambda v: v}) as session:
            session.run("1")
            sys.setrecursionlimit(100)
            print(session.run("echo(1)").value)
            print(session.run("echo([[[[1]]]])").value)
        """
    )

    assert (0, "1\n[[[[1]]]]\n", "") == (done.returncode, done.stdout, done.stderr)


def test_two_threads_on_one_session(session):
    """
    Runs of two threads take turns and do not mix. (CC-01)
    """
    wrong = []

    def work(mine):
        for i in range(30):
            code = f"a = {mine}\nfor _ in range(500): pass\nprint(a)\n(a, {i})"
            result = session.run(code)
            if (result.value, result.stdout) != ((mine, i), f"{mine}\n"):
                wrong.append(result)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
        assert not thread.is_alive()
    assert [] == wrong


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
def test_dropped_while_it_runs(interpreter, assert_healthy):
    """
    A session that nobody but its run refers to ends with its limit. (CC-02)
    """
    ready = threading.Event()
    ended = []

    def work():
        session = Session(interpreter, limits=SHORT, functions={"ready": ready.set})
        dropped.append(weakref.ref(session))
        run = session.run
        del session
        try:
            run("ready()\nwhile True: pass")
        except WallTimeExceeded:
            ended.append(True)

    dropped = []
    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(BOUND)
    thread.join(BOUND)
    assert [True] == ended
    gc.collect()  # an error and its result refer to each other
    left = dropped[0]()
    if left is not None:
        left.close()
    assert_healthy()


@pytest.mark.filterwarnings("ignore:.*never closed:ResourceWarning")
def test_dropped_after_a_submitted_run(interpreter):
    """
    A session that nobody has any more ends, also if its last run was submitted.
    """
    session = Session(interpreter)
    session.submit("1 + 1").result(BOUND)
    lane = session._lane
    gone = weakref.ref(session)
    del session
    end = time.monotonic() + BOUND
    while gone() is not None and time.monotonic() < end:
        gc.collect()

    assert gone() is None
    lane._thread.join(BOUND)
    assert not lane._thread.is_alive()


def test_late_answer_is_not_the_next_ones(make_session):
    """
    What a run returns after it was given up is nobody's result.
    """
    release = threading.Event()
    limits = Limits(wall_seconds=0.3)
    session = make_session(limits=limits, functions={"slow": lambda: release.wait(BOUND)})

    with pytest.raises(WallTimeExceeded):
        session.run("slow()\n'first'")
    release.set()
    with pytest.raises(SessionBroken):
        session.run("'second'")


def counts():
    """Threads, open descriptors and pages of address space of this process."""
    size = 0
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0])
    return threading.active_count(), descriptors(), size


def test_storm_of_sessions(interpreter, assert_healthy):
    """
    Two hundred sessions that are cancelled at once leave nothing behind. (CC-05)
    """
    assert_healthy()
    limits = Limits(wall_seconds=20)

    def work(n):
        for i in range(25):
            ready = threading.Event()
            session = Session(interpreter, limits=limits, functions={"ready": ready.set})
            future = session.submit("ready()\nwhile True: pass")
            if (i + n) % 3:
                ready.wait(BOUND)
            if (i + n) % 2:
                session.interrupt()
            session.close()
            errors.append(future.exception(BOUND))

    def storm():
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(BOUND)
            assert not thread.is_alive()

    errors = []
    others = set(threading.enumerate())
    storm()  # fills the list of spare engines, and malloc's arenas
    settle(others)
    threads, fds, size = counts()
    storm()
    settle(others)

    assert 400 == len(errors)
    assert {type(error) for error in errors} <= {SessionClosed, Interrupted, SessionBroken}
    after = counts()
    assert after[0] <= threads
    assert after[1] <= fds + 16  # engines that are kept for the next sessions
    # One leaked session would hold 4 GiB of addresses.
    assert after[2] - size < (17 * 4 << 30) // os.sysconf("SC_PAGE_SIZE")
    assert_healthy()


def settle(others):
    """Wait until the threads of closed sessions have ended."""
    end = time.perf_counter() + BOUND
    for thread in set(threading.enumerate()) - others:
        thread.join(max(0, end - time.perf_counter()))


def test_exceptions_reach_their_own_session(interpreter):
    """
    Of many sessions at once, each sees what its own host function raised. (CC-04)
    """
    wrong = []

    def work(n):
        def boom():
            raise (KeyError, IndexError, TypeError, ValueError)[n % 4](f"session {n}")

        def fatal():
            raise SystemExit(n)

        with Session(interpreter, functions={"boom": boom, "fatal": fatal}) as session:
            for i in range(200):
                try:
                    session.run("fatal()" if i % 10 == 9 else "boom()")
                except GuestError as error:
                    if f"session {n}" not in error.message:
                        wrong.append(error)
                except HostFunctionError as error:
                    if n != error.__cause__.code:
                        wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
        assert not thread.is_alive()
    assert [] == wrong


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("name", "count"), [("cpython", 500), ("micropython", 1000)])
def test_many_sessions_at_once(record_property, name, count):
    """
    Hundreds of live sessions fit one process, at little memory of their own each.
    """
    done = python(
        f"""
        from sandbox_wasm import Session
        def private():
            with open("/proc/self/smaps_rollup") as file:
                return sum(int(line.split()[1]) << 10 for line in file if "Private" in line)
        Session("{name}").run("1")
        before = private()
        sessions = [Session("{name}") for _ in range({count})]
        for n, session in enumerate(sessions):
            session.run(f"x = {{n}}")
        print((private() - before) // {count})
        for n, session in enumerate(sessions):
            assert session.run("x").value == n
        for session in sessions:
            session.close()
        """
    )

    assert (0, "") == (done.returncode, done.stderr)
    record_property("bytes per session", int(done.stdout))
    print(f"{int(done.stdout)} bytes per session")
    # The figure is the benchmark's; this is for what has gone wrong.
    assert int(done.stdout) < 1_400_000


def test_the_engines_handlers_are_known_again():
    """
    Where nobody has touched the handlers, sessions go on with the faster code.
    """
    done = python(
        """
        from sandbox_wasm import Session
        from sandbox_wasm._wasm import _engine
        for _ in range(3):
            with Session("micropython") as session:
                session.run("1")
        print([family.variant.signals for family in _engine._families.values()])
        """
    )

    assert ("[True]\n", "", 0) == (done.stdout, done.stderr, done.returncode)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("isolation", ["thread"])
def test_slow_a_hundred_thousand_of_each(make_session):
    """
    One session serves 100,000 runs and 100,000 host calls.
    """
    session = make_session(
        limits=Limits(host_calls=200_000, wall_seconds=BOUND), functions={"echo": lambda v: v}
    )
    session.run("n = 0")
    for _ in range(100_000):
        session.run("n += 1")

    assert 100_000 == session.run("n").value
    code = "t = 0\nfor i in range(100000): t += echo(i)\nt"
    assert sum(range(100_000)) == session.run(code).value
    session.run("for i in range(3000): a = [i] * 100")


HANDLERS = {
    "faulthandler": "import faulthandler; faulthandler.enable()",
    "default": "signal.signal(signal.SIGSEGV, signal.SIG_DFL)",
    "ignored": "signal.signal(signal.SIGSEGV, signal.SIG_IGN)",
    "handler": "signal.signal(signal.SIGSEGV, lambda *a: None)",
}


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_fault_handlers_before_the_first_session(handler):
    """
    A process with fault handlers of its own survives the traps of guests. (SD-04)
    """
    done = python(
        f"""
        import signal
        {handler}
        from sandbox_wasm import Session
        with Session() as session:
            print(type(session.run("def f(n): return f(n + 1)\\nf(0)", check=False).error).__name__)
        with Session() as session:
            print(session.run("1 + 1").value)
        """
    )

    assert (0, "GuestError\n2\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_fault_handlers_after_the_first_session(handler):
    """
    Fault handlers that come later do not make the traps of guests deadly. (SD-04)
    """
    done = python(
        f"""
        import signal
        from sandbox_wasm import Session
        old = Session("cpython")
        old.run("x = 1")
        {handler}
        with Session("cpython") as session:  # whose abort is a trap
            print(session.run("import os; os.abort()", check=False).error)
        with Session("cpython") as session:
            print(session.run("1 + 1").value)
        print(old.run("x + 1").value)
        error = old.run("import os; x = 5; os.abort()", check=False).error
        print(error, error.state, old.run("x").value)
        old.close()
        """,
        timeout=250,  # it may be the first to compile that way
    )

    crash = "the guest crashed: unreachable code"
    wanted = f"{crash}\n2\n2\n{crash} rolled back 1\n"
    assert (0, wanted, "") == (done.returncode, done.stdout, done.stderr)
