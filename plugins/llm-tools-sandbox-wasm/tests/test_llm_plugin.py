"""The toolbox in LLM itself, with its echo model, in Python and on the command line."""

from __future__ import annotations

import gc
import json

import pytest

llm = pytest.importorskip("llm", reason="needs the package 'llm'")
pytest.importorskip("llm_echo", reason="needs the package 'llm-echo'")
pytest.importorskip("llm_tools_sandbox_wasm", reason="needs the plugin installed")

from click.testing import CliRunner

from sandbox_wasm import ConfigError
from sandbox_wasm.integrations.llm import Sandbox


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path / "llm"))


@pytest.fixture
def toolbox():
    return Sandbox("micropython", limits={"wall_seconds": 2})


def prompt(*calls):
    """What makes the echo model call tools, by name and argument."""
    named = [{"name": f"Sandbox_{name}", "arguments": arguments} for name, arguments in calls]
    return json.dumps({"prompt": "go on", "tool_calls": named})


def outputs(toolbox, *calls):
    """What the echo model was told of the calls."""
    chain = llm.get_model("echo").conversation(tools=[toolbox]).chain(prompt(*calls))
    told = json.loads(list(chain.responses())[-1].text())
    return [each["output"] for each in told["tool_results"]]


def test_a_model_uses_it(toolbox):
    """
    Variables and files stay from call to call; an error is text with its lines.
    """
    assert ["=> 3", "=> [3, 4]"] == outputs(
        toolbox,
        ("run_python", {"code": "x = 3\nx"}),
        ("run_python", {"code": "[x, x + 1]"}),
    )
    read = {"code": "open('/out', 'w').write(open('/in').read() * 2)"}
    written, _, text, failed, reset, gone = outputs(
        toolbox,
        ("write_file", {"path": "/in", "text": "ab"}),
        ("run_python", read),
        ("read_file", {"path": "/out"}),
        ("run_python", {"code": "1 / 0"}),
        ("reset", {}),
        ("run_python", {"code": "x"}),
    )
    assert ("[written]", "abab") == (written, text)
    assert "line 1" in failed
    assert "ZeroDivisionError" in failed
    assert "anew" in reset
    assert "NameError" in gone


def test_what_the_model_is_told(toolbox):
    """
    The description says which Python it is, and what is granted.
    """
    tools = {tool.name: tool for tool in toolbox.tools()}
    assert {"run_python", "read_file", "write_file", "reset"} == {
        name.removeprefix("Sandbox_") for name in tools
    }
    assert "MicroPython" in tools["Sandbox_run_python"].description
    assert "2 seconds" in tools["Sandbox_run_python"].description


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("run_python", {"code": 3}, "must be a string"),
        ("run_python", {"code": "def ("}, "SyntaxError"),
        ("run_python", {"code": "while True: pass"}, "WallTimeExceeded"),
        ("run_python", {"code": "x" * 100_000_000}, "at most"),
        ("run_python", {"code": "print('\\x1b[2J')"}, "\\x1b[2J"),
        ("read_file", {"path": "/none"}, "FileNotFoundError"),
        ("read_file", {"path": "../etc/passwd"}, "ConfigError"),
        ("write_file", {"path": "/", "text": "x"}, "IsADirectoryError"),
        ("write_file", {"path": "/a", "text": "x" * 100_000_000}, "at most"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input(toolbox, tool, arguments, expected):
    """
    Whatever a model sends is answered with what is wrong; the sandbox goes on.
    """
    assert expected in getattr(toolbox, tool)(**arguments)
    assert "=> 2" == toolbox.run_python("1 + 1")


def test_the_command(tmp_path, monkeypatch):
    """
    ``llm -T Sandbox`` finds it, with arguments; what they grant can be read.
    """
    from llm.cli import cli

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "in.txt").write_text("from the host")
    spec = 'Sandbox(interpreter="micropython", ro={"/data": "data"})'
    code = {"code": "open('/data/in.txt').read()"}
    done = CliRunner().invoke(cli, ["-m", "echo", "-T", spec, prompt(("run_python", code))])
    assert 0 == done.exit_code, done.output
    assert "=> 'from the host'" in done.output
    listed = CliRunner().invoke(cli, ["tools", "list", "Sandbox"])
    assert "run_python" in listed.output


@pytest.mark.parametrize(
    "wrong",
    [
        {"interpreter": "perl"},
        {"ro": {"data": "/nowhere/at/all"}},
        {"limits": {"seconds": 1}},
        {"limits": {"wall_seconds": -1}},
        {"allow_origin": ["not an origin"]},
    ],
    ids=str,
)
def test_wrong_arguments(wrong):
    """
    They fail before a model is asked.
    """
    with pytest.raises(ConfigError):
        Sandbox(**wrong)


def test_it_is_closed_with_its_conversation():
    """
    LLM drops toolboxes without a word; nothing of the session stays.
    """
    toolbox = Sandbox("micropython")
    toolbox.run_python("1")
    session = toolbox._tool.session
    del toolbox
    gc.collect()
    assert "closed" == session.state.value
