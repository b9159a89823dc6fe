"""What a worker has given up: each thing is tried, by a process that has done the same."""

import json
import platform
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox_wasm import Session, _seccomp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux has these protections")

BEFORE = """
import ctypes, gc, json, mmap, os, resource, signal, socket, sys, threading, time
from sandbox_wasm._lockdown import Lockdown
secret = os.open(sys.argv[1], os.O_RDONLY)
ours, theirs = socket.socketpair()
libc = ctypes.CDLL(None, use_errno=True)
began = threading.Event()
go = threading.Event()
box = {}
def other():
    began.set()
    go.wait()
    box["thread"] = attempt(lambda: os.open("/etc/passwd", os.O_RDONLY))
def attempt(action):
    try:
        result = action()
    except BaseException as error:
        return type(error).__name__
    return repr(result)
def syscall(number, *args):
    result = libc.syscall(ctypes.c_long(number), *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
lockdown = Lockdown()
lockdown.begin()
thread = threading.Thread(target=other)
thread.start()
began.wait()
lockdown.close_others({1, 2, ours.fileno(), theirs.fileno()})
lockdown.finish(1 << 20)
"""
AFTER = """
go.set()
thread.join()
print(json.dumps([[list(p) for p in lockdown.protections], box]))
sys.stdout.flush()
os._exit(0)
"""

REFUSED = {
    "open a file": "os.open('/etc/passwd', os.O_RDONLY)",
    "open its own memory": "os.open('/proc/self/mem', os.O_RDWR)",
    "read what was open": "os.read(secret, 10)",
    "list a folder": "os.listdir('/')",
    "look at a file": "os.stat('/etc/passwd')",
    "make a folder": "os.mkdir('/tmp/made')",
    "remove a file": "os.unlink(sys.argv[1])",
    "change the folder": "os.chdir('/tmp')",
    "TCP": "socket.socket()",
    "UDP": "socket.socket(type=socket.SOCK_DGRAM)",
    "Unix socket": "socket.socket(socket.AF_UNIX)",
    "pair of sockets": "socket.socketpair()",
    "pipe": "os.pipe()",
    "duplicate": "os.dup(ours.fileno())",
    "fork": "os.fork()",
    "thread": "threading.Thread(target=print).start()",
    "program": "os.execv('/bin/true', ['true'])",
    "signal to its parent": "os.kill(os.getppid(), 0)",
    "signal to itself": "os.kill(os.getpid(), 0)",
    "executable memory": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "limits of its own": "resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))",
    "user": "os.setuid(65534)",
    "look into its parent": "os.pidfd_open(os.getppid())",
    "anonymous file": "os.memfd_create('x')",
    "trace": "syscall({'x86_64': 101, 'aarch64': 117}[os.uname().machine], 0, 0, 0, 0)",
    "io_uring": "syscall(425, 4, ctypes.create_string_buffer(256))",
    "bpf": "syscall({'x86_64': 321, 'aarch64': 280}[os.uname().machine], 0, 0, 0)",
    "new namespace": "syscall({'x86_64': 272, 'aarch64': 97}[os.uname().machine], 0x10000000)",
    "much memory": "bytearray(1 << 30)",
}
ALLOWED = {
    "speak": "ours.send(b'x') and theirs.recv(1)",
    "know the time": "time.time() > 0 and time.monotonic() > 0",
    "allocate": "len(bytearray(10_000_000))",
    "draw randomness": "len(os.urandom(8))",
    "wait": "threading.Event().wait(0.01)",
    "collect garbage": "gc.collect() >= 0",
    "map memory": "len(mmap.mmap(-1, 1 << 20))",
}


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """What came of all attempts, of the protections, and of another thread's attempt."""
    file = tmp_path_factory.mktemp("lockdown") / "secret"
    file.write_text("secret")
    attempts = {**REFUSED, **ALLOWED}
    lines = [f"box[{name!r}] = attempt(lambda: {code})" for name, code in attempts.items()]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([textwrap.dedent(BEFORE), *lines, AFTER]), str(file)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert 0 == done.returncode, done.stderr
    assert "secret" == file.read_text()
    protections, results = json.loads(done.stdout)
    missing = [name for name, applied, detail in protections if not applied]
    if missing:
        pytest.skip(f"this kernel does not offer: {', '.join(missing)}")
    return results


# setrlimit has an error of its own for it.
ERRORS = {"PermissionError", "OSError", "MemoryError", "RuntimeError", "ValueError"}


@pytest.mark.parametrize("name", [*REFUSED, "thread"])
def test_what_a_worker_cannot_do(tried, name):
    """
    Files, network, processes, signals, new code and more memory are out of reach.
    """
    assert tried[name] in ERRORS


@pytest.mark.parametrize("name", ALLOWED)
def test_what_a_worker_can_do(tried, name):
    """
    The legal neighbours: what serving a session takes.
    """
    assert tried[name] not in ERRORS


def test_a_real_worker_is_locked_down(interpreter, monkeypatch):
    """
    As the kernel sees it: no environment, no rights, no descriptors but its sockets.
    """
    with Session(interpreter, isolation="process") as session:
        session.run("x = 1")
        guest = session._lane._keeper.guest
        found = Path(f"/proc/{guest._child.pid}")
        lines = (found / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        limits = (found / "limits").read_text()

        applied = {each.name for each in guest.protections if each.applied}
        if "no new privileges" in applied:
            assert "1" == status["NoNewPrivs"].strip()
        if "system calls" in applied:
            assert "2" == status["Seccomp"].strip()
        assert 0 == int(status["CapEff"], 16) == int(status["CapPrm"], 16)
        assert "2" == status["Threads"].strip()
        for name in ("Max core file size", "Max file size", "Max processes"):
            (line,) = [line for line in limits.splitlines() if line.startswith(name)]
            assert ["0", "0"] == line.removeprefix(name).split()[:2]
        names = {part.split(b"=")[0] for part in (found / "environ").read_bytes().split(b"\0")}
        assert names <= {b"", b"LD_LIBRARY_PATH", b"LC_CTYPE"}
        # The last one tells which pages of its memory were written to.
        assert 6 >= len(list((found / "fd").iterdir()))


def run_filter(processor, number, *args, machine=None):
    """Run the filter program as the kernel would, on one system call."""
    data = struct.pack(
        "<iIQ6Q", number, machine or processor.audit, 0, *(*args, 0, 0, 0, 0, 0, 0)[:6]
    )
    steps = list(struct.iter_unpack("=HBBI", _seccomp.program(processor)))
    at, register = 0, 0
    while True:
        operation, then, otherwise, operand = steps[at]
        at += 1
        if operation == 0x20:
            (register,) = struct.unpack_from("<I", data, operand)
        elif operation == 0x15:
            at += then if register == operand else otherwise
        elif operation == 0x45:
            at += then if register & operand else otherwise
        else:
            assert 0x06 == operation
            return operand


@pytest.mark.parametrize("name", _seccomp.PROCESSORS)
def test_filter_program(name):
    """
    On every processor: what is listed passes, all else does not, and code cannot be made.
    """
    processor = _seccomp.PROCESSORS[name]
    listed = set(processor.calls.values())
    allow, refuse, end = 0x7FFF0000, 0x00050001, 0x80000000

    for number in range(600):
        if number != processor.calls["ioctl"]:
            assert (allow if number in listed else refuse) == run_filter(processor, number)
    for request, expected in [(0xC0606610, allow), (0x5401, refuse), (0, refuse)]:
        assert expected == run_filter(processor, processor.calls["ioctl"], 3, request)
    assert refuse == run_filter(processor, 0x40000000 + processor.calls["read"])
    for call in ("mmap", "mprotect"):
        for protection in range(8):
            expected = refuse if protection & 4 else allow
            assert expected == run_filter(processor, processor.calls[call], 0, 4096, protection)
    for machine in (0x40000003, 0xC0000015, 0x40000028):
        assert end == run_filter(processor, processor.calls["read"], machine=machine)


def test_processor_without_a_list(monkeypatch):
    """
    It is an error, which is reported, and no empty filter.
    """
    monkeypatch.setattr(platform, "machine", lambda: "mips")
    with pytest.raises(OSError, match="mips"):
        _seccomp.install()
