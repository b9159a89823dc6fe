"""The Jupyter kernel, installed and spoken to as a notebook does."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import time

import pytest

pytest.importorskip("ipykernel", reason="needs the extra jupyter")

from jupyter_client.manager import start_new_kernel

from sandbox_wasm.integrations import jupyter

BOUND = 30.0
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel of its own process, and its client; the tests share it."""
    prefix = tmp_path_factory.mktemp("prefix")
    data = tmp_path_factory.mktemp("data")
    (data / "in.txt").write_text("from outside")
    options = ["--SandboxKernel.wall_seconds=20", f"--SandboxKernel.ro={data}:/data"]
    jupyter.install(["--prefix", str(prefix), "--name", "here", *options])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(prefix / "share" / "jupyter"))
        manager, client = start_new_kernel(kernel_name="here")
        yield manager, client
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture
def run(kernel):
    """Runs a cell; returns the reply and what came of it, by kind."""
    _, client = kernel

    def run(code, **options):
        found = {}

        def note(message):
            found.setdefault(message["msg_type"], []).append(message["content"])

        reply = client.execute_interactive(code, timeout=BOUND, output_hook=note, **options)
        return reply["content"], found

    return run


def answer(client, request):
    """The content of the reply to a request."""
    while True:
        reply = client.get_shell_msg(timeout=BOUND)
        if reply["parent_header"]["msg_id"] == request:
            return reply["content"]


def test_cells(run):
    """
    Output, value and state.
    """
    reply, found = run("x = 3\nprint('hi')\nx * 2")
    assert "ok" == reply["status"]
    assert [{"name": "stdout", "text": "hi\n"}] == found["stream"]
    (result,) = found["execute_result"]
    assert {"text/plain": "6"} == result["data"]
    assert reply["execution_count"] == result["execution_count"]
    _, found = run("import sys\nprint(x, file=sys.stderr)")
    assert [{"name": "stderr", "text": "3\n"}] == found["stream"]
    assert "execute_result" not in found


def test_errors(run):
    """
    The traceback of the cell, and the kernel goes on.
    """
    reply, found = run("y = 1\n1 / 0")
    assert ("error", "ZeroDivisionError") == (reply["status"], reply["ename"])
    (error,) = found["error"]
    assert any("line 2" in line for line in error["traceback"])
    assert "1" == run("y")[1]["execute_result"][0]["data"]["text/plain"]


def test_silent(run):
    """
    A silent run says nothing.
    """
    reply, found = run("print('hi')\n3", silent=True)
    assert "ok" == reply["status"]
    assert not {"stream", "execute_result", "execute_input"} & set(found)


def test_what_guest_code_says_is_text(run):
    """
    No control characters, no HTML; pixels are shown.
    """
    _, found = run("print('\\x1b]0;title\\x07')\n'<script>alert(1)</script>'")
    assert "\x1b" not in json.dumps(found, ensure_ascii=False)
    assert {"text/plain"} == set(found["execute_result"][0]["data"])
    code = "class Page:\n  def _repr_html_(self): return '<script>'\nPage()"
    assert {"text/plain"} == set(run(code)[1]["execute_result"][0]["data"])
    _, found = run(f"open('p.png', 'wb').write({PNG!r}); open('p.svg', 'w').write('<svg/>')")
    (shown,) = found["display_data"]
    assert {"image/png", "text/plain"} == set(shown["data"])
    assert PNG == base64.b64decode(shown["data"]["image/png"])


def test_output_comes_while_the_cell_runs_and_interrupting_ends_it(kernel, run):
    """
    The variables are still there afterwards.
    """
    manager, client = kernel
    run("z = 4")
    request = client.execute("print('begun')\nwhile True: pass")
    while client.get_iopub_msg(timeout=BOUND)["content"].get("text") != "begun\n":
        pass
    began = time.monotonic()
    manager.interrupt_kernel()
    assert "Interrupted" == answer(client, request)["ename"]
    assert time.monotonic() - began < BOUND / 2
    assert "4" == run("z")[1]["execute_result"][0]["data"]["text/plain"]


def test_completion(kernel, run):
    """
    Names and attributes of the session, keywords, builtins; nothing is called for it.
    """
    _, client = kernel
    run("apple = 'x'\ndef apply(): raise SystemExit('called')")

    def complete(code):
        found = answer(client, client.complete(code, len(code)))
        assert found["cursor_end"] == len(code)
        return code[: found["cursor_start"]], found["matches"]

    assert ("print(", ["apple", "apply"]) == complete("print(appl")
    assert "apple.upper" in complete("1 + apple.up")[1]
    assert "isinstance" in complete("isin")[1]
    assert "while" in complete("whi")[1]
    assert [] == complete("apply().real")[1]
    assert [] == complete("1 + ")[1]
    run("class Odd:\n  def __dir__(self):\n    while True: pass\nodd = Odd()")
    assert [] == complete("odd.x")[1]
    lies = r"['x\x1b[2J', 'x y', 'x' * 10**6, 'xx']"
    run(f"class Liar:\n  def __dir__(self): return {lies}\nliar = Liar()")
    assert ["liar.xx"] == complete("liar.x")[1]
    assert "apple" == complete("apple")[1][0]


def test_is_complete(kernel):
    """
    Enter runs what is whole.
    """
    _, client = kernel
    for code, status in (("1 + 1", "complete"), ("for x in y:", "incomplete"), ("1 +*", "invalid")):
        assert status == answer(client, client.is_complete(code))["status"]
    deep = "(" * 100_000
    assert answer(client, client.is_complete(deep))["status"] in {"invalid", "unknown"}


def test_grants(run):
    """
    What the kernelspec says is there, and the host is not.
    """
    _, found = run("open('/data/in.txt').read()")
    assert {"text/plain": "'from outside'"} == found["execute_result"][0]["data"]
    assert "error" == run("open('/data/new', 'w')")[0]["status"]
    assert "error" == run("open('/etc/passwd')")[0]["status"]


def test_much_output(run):
    """
    It comes in pieces and ends at the cap, and the kernel goes on.
    """
    _, found = run("for n in range(400_000): print('line', n)")
    text = "".join(each["text"] for each in found["stream"] if each["name"] == "stdout")
    assert 1_000_000 < len(text) < 1_100_000
    assert "more was printed" in found["stream"][-1]["text"]
    assert len(found["stream"]) < 2000
    assert "ok" == run("1")[0]["status"]


def test_a_restart_forgets(kernel, run):
    """
    A kernel that is restarted has a new session.
    """
    manager, client = kernel
    run("kept = 1")
    manager.restart_kernel(now=False)
    client.wait_for_ready(timeout=BOUND)
    assert "NameError" == run("kept")[0]["ename"]


def test_install(tmp_path, capsys):
    """
    The kernelspec says how to start the kernel; what it does not know is refused.
    """
    path = jupyter.install(["--prefix", str(tmp_path), "--SandboxKernel.interpreter=micropython"])
    with open(f"{path}/kernel.json", encoding="utf-8") as file:
        spec = json.load(file)
    assert "--SandboxKernel.interpreter=micropython" in spec["argv"]
    assert re.search(r"sandbox", spec["display_name"])
    for wrong in (["--SandboxKernal.x=1"], ["--user", "--prefix", "x"], ["--name"]):
        with pytest.raises(SystemExit), contextlib.redirect_stderr(None):
            jupyter.install(wrong)
    capsys.readouterr()
