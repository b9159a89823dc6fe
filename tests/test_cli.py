"""The command ``sandbox-wasm``, as a user and as a script meet it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sandbox_wasm import (
    ArtifactError,
    ConfigError,
    Limits,
    Session,
    Usage,
    __version__,
    _cli_limits,
    available_interpreters,
    cli,
    precompile,
)

COMMAND = [sys.executable, "-m", "sandbox_wasm"]


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run the command in this process; standard streams are no terminals."""
    return CliRunner().invoke(cli.main, list(arguments), input=stdin)


def spawn(
    *arguments: str | bytes, stdin: bytes = b"", **options: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run([*COMMAND, *arguments], input=stdin, capture_output=True, **options)  # type: ignore[call-overload,no-any-return]


# --- Programs ---


def test_code() -> None:
    """
    The first command of the README.
    """
    result = invoke("-c", 'print("Hello world")')

    assert (0, "Hello world\n", "") == (result.exit_code, result.stdout, result.stderr)


def test_entry_point() -> None:
    """
    ``python -m sandbox_wasm`` is the command, in a process of its own, too.
    """
    done = spawn("-c", "print('a')\nimport sys\nprint('b', file=sys.stderr)")

    assert (0, b"a\n", b"b\n") == (done.returncode, done.stdout, done.stderr)


def test_file(tmp_path: Path) -> None:
    """
    A file runs as it is, a byte order mark and all.
    """
    program = tmp_path / "program.py"
    program.write_bytes(b"\xef\xbb\xbfprint('caf\xc3\xa9')\r\nx = 1\r\nprint(x)\r\n")

    result = invoke(str(program))

    assert (0, "café\n1\n", "") == (result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("arguments", [["-"], []])
def test_standard_input(arguments: list[str]) -> None:
    """
    Without a terminal standard input is the program, named or not.
    """
    result = invoke(*arguments, stdin="for i in range(2):\n    print(i)\n")

    assert (0, "0\n1\n") == (result.exit_code, result.stdout)


def test_mcp_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The command says what is to be installed.
    """
    for name in [*sys.modules]:
        if name.startswith("sandbox_wasm.integrations.mcp"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    result = invoke("mcp")

    assert 2 == result.exit_code
    assert "sandbox-wasm[mcp]" in result.output


def test_last_value_is_not_printed() -> None:
    """
    A program is no dialogue.
    """
    assert "" == invoke("-c", "1 + 1").stdout


def test_empty_program() -> None:
    """
    Nothing to do is success.
    """
    assert (0, "") == (invoke("-c", "").exit_code, invoke("-", stdin="").stdout)


def test_output_that_is_no_terminal_passes_unmodified() -> None:
    """
    A pipe gets the program's bytes, in UTF-8 under any locale, without added returns.
    """
    done = spawn(
        "-c",
        "print('\\x1b[31mé\\u202e\\r')",
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    )

    assert (0, "\x1b[31mé\u202e\r\n".encode(), b"") == (done.returncode, done.stdout, done.stderr)


def test_output_comes_while_the_program_runs() -> None:
    """
    Output is shown as it is written, not at the end.
    """
    code = "import time\nprint('first')\ntime.sleep(30)"
    with subprocess.Popen([*COMMAND, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        began = time.monotonic()
        line = process.stdout.readline()
        process.kill()

    assert b"first\n" == line
    assert time.monotonic() - began < 25


def test_truncated_output_is_told() -> None:
    """
    Text beyond the limit is dropped, and the user learns it.
    """
    result = invoke("--output-bytes", "1K", "-c", "print('x' * 5000)")

    assert 0 == result.exit_code
    assert len(result.stdout) <= 1024
    assert "output beyond 1024 bytes was dropped" in result.stderr


# --- Exit status ---


@pytest.mark.parametrize(
    ("code", "status", "stderr"),
    [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(0)", 0, ""),
        ("import sys; sys.exit(None)", 0, ""),
        ("raise SystemExit", 0, ""),
        ("import sys; sys.exit(1)", 1, ""),
        ("import sys; sys.exit(2)", 1, ""),  # 2 to 4 say what the host found: not the guest's
        ("import sys; sys.exit(3)", 1, ""),
        ("import sys; sys.exit(-4)", 1, ""),
        ("import sys; sys.exit('no luck')", 1, "no luck\n"),
    ],
)
def test_the_guest_exits(code: str, status: int, stderr: str) -> None:
    """
    ``sys.exit`` of success is success; all else is status 1, whatever number it gives.
    """
    result = invoke("-c", code)

    assert (status, "", stderr) == (result.exit_code, result.stdout, result.stderr)


def test_guest_error() -> None:
    """
    An uncaught exception: status 1, the output so far, and a traceback with the line.
    """
    result = invoke("-c", "print('before')\n\n1 / 0")

    assert (1, "before\n") == (result.exit_code, result.stdout)
    assert "line 3" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("ZeroDivisionError")


def test_syntax_error() -> None:
    """
    A program that cannot be compiled is the program's fault.
    """
    result = invoke("-c", "def")

    assert 1 == result.exit_code
    assert "SyntaxError" in result.stderr


def test_wall_time() -> None:
    """
    An endless loop ends with status 3 and the name of the limit.
    """
    began = time.monotonic()
    result = invoke("--wall-seconds", "0.3", "-c", "print('in')\nwhile True: pass")

    assert (3, "in\n") == (result.exit_code, result.stdout)
    assert "WallTimeExceeded" in result.stderr
    assert "wall_seconds=0.3" in result.stderr
    assert time.monotonic() - began < 20


def test_fuel() -> None:
    """
    The limit that is off by default is switched on by its option.
    """
    result = invoke("--fuel", "3000000", "-c", "while True: pass")

    assert 3 == result.exit_code
    assert "FuelExhausted" in result.stderr


def test_guest_cannot_forge_the_status_of_a_limit() -> None:
    """
    An exception named like a limit's is only a guest error.
    """
    result = invoke("-c", "class WallTimeExceeded(Exception): pass\nraise WallTimeExceeded")

    assert 1 == result.exit_code


def test_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An interpreter that cannot be used is neither the guest's fault nor the user's.
    """

    def broken(*_: object, **__: object) -> None:
        raise ArtifactError("micropython.wasm is \x1b damaged")

    monkeypatch.setattr(Session, "__init__", broken)
    monkeypatch.setattr(Session, "__del__", lambda _: None, raising=False)
    result = invoke("-c", "1")

    assert 4 == result.exit_code
    assert "sandbox-wasm: ArtifactError: micropython.wasm is \\x1b damaged\n" == result.stderr


def test_a_bug_of_ours_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An unexpected exception shows its traceback and does not blame the guest by status 1.
    """

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(cli, "_run", broken)
    result = invoke("-c", "1")

    assert 4 == result.exit_code
    assert "ZeroDivisionError: ours" in result.stderr
    assert "a fault of sandbox-wasm" in result.stderr


def usage_errors(tmp_path: Path) -> list[tuple[Sequence[str], str]]:
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"print('\xff')")
    large = tmp_path / "large.py"
    large.write_bytes(b"#" * 2000)
    return [
        ([str(tmp_path / "absent.py")], "No such file"),
        ([str(tmp_path)], "cannot read"),
        ([str(binary)], "is not UTF-8: byte 7"),
        (["--input-bytes", "1K", str(large)], "larger than 1024 bytes, its limit (input_bytes)"),
        (["nul\0.py"], "cannot read"),
        (["-c"], "requires an argument"),
        (["-c", "1", str(large)], "either -c CODE or a FILE"),
        ([str(large), "--json"], "options go before"),
        ([str(large), "argument"], "options go before"),
        (["--wall-second"], "No such option"),
        (["--wall-seconds", "soon", "-c", "1"], "not a valid float"),
        (["--wall-seconds", "nan", "-c", "1"], "wall_seconds must be"),
        (["--wall-seconds", "0", "-c", "1"], "wall_seconds must be"),
        (["--memory-bytes", "1", "-c", "1"], "memory_bytes must be"),
        (["--memory-bytes", "1MB", "-c", "1"], "is not a size"),
        (["--memory-bytes", "-1M", "-c", "1"], "is not a size"),
        (["--memory-bytes", "9" * 30, "-c", "1"], "is not a size"),
        (["--host-calls", "1.5", "-c", "1"], "not a valid int"),
        (["--interpreter", "perl", "-c", "1"], "perl"),
        (["--json", "interpreters"], "takes its options after its name"),
        (["interpreters", "more"], "unexpected extra argument"),
    ]


@pytest.mark.parametrize("case", range(21))
def test_usage_error(tmp_path: Path, case: int) -> None:
    """
    What the user got wrong is said plainly: status 2, nothing on standard output.
    """
    cases = usage_errors(tmp_path)
    assert 21 == len(cases)
    arguments, text = cases[case]

    result = invoke(*arguments)

    assert (2, "") == (result.exit_code, result.stdout)
    assert text in result.stderr
    assert "Traceback" not in result.stderr


def test_endless_standard_input() -> None:
    """
    Standard input is read up to the limit and no further.
    """
    with open("/dev/zero", "rb") as endless:
        done = subprocess.run([*COMMAND, "-"], stdin=endless, capture_output=True)

    assert 2 == done.returncode
    assert b"standard input is larger" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="arguments are text on Windows")
def test_code_that_is_no_text() -> None:
    """
    Bytes on the command line that are not UTF-8 are the user's mistake.
    """
    done = spawn("-c", b"print('\xff')", env={**os.environ, "PYTHONUTF8": "1"})

    assert 2 == done.returncode
    assert b"the code on the command line is not UTF-8" in done.stderr


def test_closed_streams() -> None:
    """
    Standard streams that are closed are no reason to fail.
    """
    done = subprocess.run(
        ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *COMMAND, "-c", "print(1)"], check=False
    )

    assert 0 == done.returncode


def test_nobody_reads_the_output() -> None:
    """
    A closed pipe ends the program soon and without a word.
    """
    code = "while True: print('x' * 1000)"
    with subprocess.Popen(
        [*COMMAND, "--output-bytes", "1G", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
        status = process.wait(20)

    assert (141, b"") == (status, errors)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [["-c", "print(1)"], ["--json", "-c", "1"], ["interpreters"]])
def test_full_disk(arguments: list[str]) -> None:
    """
    Output that cannot be written is told, once.
    """
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE)

    assert (4, b"sandbox-wasm: No space left on device\n") == (done.returncode, done.stderr)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(20)",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "x = 7; x ** 9000000",
    ],
)
def test_control_c(body: str) -> None:
    """
    Ctrl-C ends the program by the shell's convention, whatever it does, without a traceback.
    """
    code = f"print('ready')\n{body}"
    with subprocess.Popen(
        [*COMMAND, "--wall-seconds", "30", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"ready\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        status = process.wait(20)

    assert (130, b"KeyboardInterrupt\n") == (status, errors)


def test_control_c_before_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is the same while the interpreter is still being loaded.
    """

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)

    result = invoke("-c", "1")

    assert (130, "KeyboardInterrupt\n") == (result.exit_code, result.stderr)


# --- JSON ---


def told(*arguments: str) -> dict[str, object]:
    result = invoke("--json", *arguments)
    assert "" == result.stderr
    assert 1 == result.stdout.count("\n")
    assert result.stdout.isascii()
    parsed: dict[str, object] = json.loads(result.stdout)
    return parsed


def test_json() -> None:
    """
    The whole result, and nothing shown beside it.
    """
    result = told("-c", "import sys\nprint('out')\nprint('é', file=sys.stderr)\n{'a': [1, None]}")

    assert {"a": [1, None]} == result["value"]
    assert ("out\n", "é\n") == (result["stdout"], result["stderr"])
    assert (False, None) == (result["truncated"], result["error"])
    usage = result["usage"]
    assert isinstance(usage, dict)
    assert set(Usage._fields) == set(usage)
    assert "value_repr" not in result


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("(1, 2)", "(1, 2)"),
        ("b'x'", "b'x'"),
        ("[{1: 2}]", "[{1: 2}]"),
        ("[float('inf')]", "[inf]"),
        ("float('nan')", "nan"),
    ],
)
def test_json_of_what_json_lacks(code: str, text: str) -> None:
    """
    A value that JSON would change comes as its repr instead.
    """
    result = told("-c", code)

    assert (None, text) == (result["value"], result["value_repr"])


def test_json_of_a_value_that_stays_inside() -> None:
    """
    A function is no data: what it says of itself is told.
    """
    assert "function" in str(told("-c", "def f(): pass\nf")["value_repr"])


def test_json_of_a_huge_int() -> None:
    """
    An int that Python refuses to write in decimal does not fail the command.
    """
    result = told("-c", "10 ** 5000")

    assert None is result["value"]
    assert "cannot be shown" in str(result["value_repr"])


def test_json_of_an_error() -> None:
    """
    An error is part of the object; the status stays what it is.
    """
    result = invoke("--json", "-c", "print('x')\nraise ValueError('no')")
    parsed = json.loads(result.stdout)

    assert (1, "") == (result.exit_code, result.stderr)
    assert ("x\n", None) == (parsed["stdout"], parsed["value"])
    assert "GuestError" == parsed["error"]["type"]
    assert ("ValueError", "no") == (parsed["error"]["type_name"], parsed["error"]["message"])
    assert "line 2" in parsed["error"]["traceback"]
    assert "kept" == parsed["error"]["state"]


def test_json_of_a_limit() -> None:
    """
    A limit says which, and how much was allowed.
    """
    result = invoke("--json", "--wall-seconds", "0.2", "-c", "while True: pass")
    error = json.loads(result.stdout)["error"]

    assert 3 == result.exit_code
    assert ("WallTimeExceeded", "wall_seconds", 0.2) == (
        error["type"],
        error["limit"],
        error["allowed"],
    )


# --- Options ---


def test_every_limit_is_an_option() -> None:
    """
    A field of `Limits` that is added becomes an option with a help text.
    """
    options = {param.name: param for param in cli.main.params if isinstance(param, click.Option)}
    for field in dataclasses.fields(Limits):
        option = options[field.name]
        assert [f"--{field.name.replace('_', '-')}"] == option.opts
        assert len(option.help or "") > 20
        assert ("[default: " in (option.help or "")) == (field.default is not None)


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("wall-seconds", "0.5", 0.5),
        ("session-seconds", "0.5", 0.5),
        ("session-output-bytes", "2K", 2048),
        ("session-host-calls", "7", 7),
    ],
)
def test_limits_that_are_taken(name: str, given: str, taken: float) -> None:
    """
    Whether a field has a default or not: seconds have fractions, and bytes units.
    """
    command = click.Command("some")
    _cli_limits.add_options(command)

    with command.make_context("some", [f"--{name}", given]) as context:
        limits = _cli_limits.chosen(dict(context.params))

    assert Limits(**{name.replace("-", "_"): taken}) == limits  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("65536", 65536),
        ("64k", 1 << 16),
        ("64K", 1 << 16),
        ("1M", 1 << 20),
        ("1MiB", 1 << 20),
        ("1mib", 1 << 20),
        ("2G", 2 << 30),
        ("2GiB", 2 << 30),
    ],
)
def test_size(text: str, number: int) -> None:
    """
    Sizes are counted in powers of 1024, with the suffixes that mean that.
    """
    assert number == _cli_limits.size(text)


def test_help() -> None:
    """
    Help and version go to standard output.
    """
    result = invoke("--help")

    assert (0, "") == (result.exit_code, result.stderr)
    for word in ("FILE", "COMMAND", "--wall-seconds SECONDS", "interpreters", "Exit status"):
        assert word in result.stdout
    assert f"sandbox-wasm, version {__version__}\n" == invoke("--version").stdout


def test_interpreters() -> None:
    """
    Name, version, digest and modules of each artifact.
    """
    result = invoke("interpreters")

    assert (0, "") == (result.exit_code, result.stderr)
    for info in available_interpreters():
        assert f"{info.name} {info.version}\n" in result.stdout
        assert info.digest in result.stdout
        assert set(info.modules) <= set(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_interpreters_as_json() -> None:
    """
    The same for a program to read.
    """
    parsed = json.loads(invoke("interpreters", "--json").stdout)

    assert [info.name for info in available_interpreters()] == [entry["name"] for entry in parsed]
    for entry in parsed:
        assert 64 == len(entry["digest"])
        assert "json" in entry["modules"]


def test_a_file_named_like_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A path makes it a file.
    """
    monkeypatch.chdir(tmp_path)
    Path("interpreters").write_text("print('mine')")

    assert "mine\n" == invoke("./interpreters").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    """
    click's scripts for completion are there for every shell that it knows.
    """
    done = subprocess.run(
        [sys.executable, "-c", "from sandbox_wasm.cli import main; main(prog_name='sandbox-wasm')"],
        env={**os.environ, "_SANDBOX_WASM_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
    )

    # For bash click asks the bash that is installed for its version, and may warn of it.
    assert "sandbox-wasm" in done.stdout
    assert "_SANDBOX_WASM_COMPLETE" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sandbox-wasm --wall", "plain,--wall-seconds"),
        ("sandbox-wasm interp", "plain,interpreters"),
        ("sandbox-wasm --interpreter mic", "plain,micropython"),
        ("sandbox-wasm prog", "file,prog"),
    ],
)
def test_completion(words: str, expected: str) -> None:
    """
    Options, commands, interpreters and files are offered.
    """
    done = subprocess.run(
        [sys.executable, "-c", "from sandbox_wasm.cli import main; main(prog_name='sandbox-wasm')"],
        env={
            **os.environ,
            "_SANDBOX_WASM_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
    )

    assert expected in done.stdout.splitlines()


# --- Start-up ---


def modules_of(*arguments: str) -> set[str]:
    done = spawn(*arguments, env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"})
    assert 0 == done.returncode
    lines = done.stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def test_start_up_imports_only_what_the_command_needs() -> None:
    """
    Each heavy import is paid by the commands that use it.
    """
    heavy = {"wasmtime", "pydantic", "importlib.metadata", "readline", "asyncio", "json"}

    assert set() == heavy & modules_of("--version")
    assert set() == (heavy - {"json"}) & modules_of("interpreters")
    # wasmtime itself imports some of these; what we add is what counts.
    assert "wasmtime" in modules_of("-c", "print(1)")
    assert set() == {"pydantic", "readline", "sandbox_wasm._repl"} & modules_of("-c", "print(1)")


def test_isolation() -> None:
    """
    The program runs in a worker process; anything else is no isolation.
    """
    done = spawn("--isolation", "process", "-c", "print(6 * 7)")
    assert (0, b"42\n", b"") == (done.returncode, done.stdout, done.stderr)

    assert 2 == invoke("--isolation", "container", "-c", "1").exit_code


@pytest.mark.skipif(os.name != "posix", reason="the cache of another system lies elsewhere")
def test_compile(tmp_path: Path) -> None:
    """
    Compiling ahead of time names the file, and the second time there is nothing to do.
    """
    folder = tmp_path / "cache"
    env = {**os.environ, "SANDBOX_WASM_CACHE": str(folder)}
    first = spawn("compile", "micropython", env=env)
    (file,) = folder.glob("*.cwasm")
    before = file.stat()
    second = spawn("compile", "micropython", env=env)

    told = f"micropython {file}\n".encode()
    size = f"micropython: {before.st_size / 1e6:.0f} MB\n".encode()
    assert (0, told, size) == (first.returncode, first.stdout, first.stderr)
    assert (0, told, size) == (second.returncode, second.stdout, second.stderr)
    assert before.st_mtime_ns == file.stat().st_mtime_ns
    metered = spawn("compile", "micropython", "--fuel", env=env)
    assert (0, 2) == (metered.returncode, len(list(folder.glob("*.cwasm"))))
    assert file.name not in metered.stdout.decode()


def test_compile_for_workers(tmp_path: Path) -> None:
    """
    They run other code; a first worker finds it compiled.
    """
    folder = tmp_path / "cache"
    env = {**os.environ, "SANDBOX_WASM_CACHE": str(folder)}
    places = ("--isolation", "thread", "--isolation", "process", "--isolation", "thread")
    done = spawn("compile", "micropython", *places, env=env)
    told = [Path(line.split()[1]) for line in done.stdout.decode().splitlines()]
    assert (0, 2) == (done.returncode, len(told))
    assert set(told) == set(folder.glob("*.cwasm"))
    for place in ("thread", "process"):
        ran = spawn(
            *("--interpreter", "micropython", "--isolation", place, "-c", "print(1)"), env=env
        )
        assert (0, b"1\n") == (ran.returncode, ran.stdout)
    assert set(told) == set(folder.glob("*.cwasm"))
    assert 2 == invoke("compile", "micropython", "--isolation", "vm").exit_code
    with pytest.raises(ConfigError, match="isolation must be 'thread' or 'process', got 'vm'"):
        precompile("micropython", isolation="vm")  # type: ignore[arg-type]


def test_compile_that_cannot_be_kept() -> None:
    """
    An image that was built with it must not turn out to be without.
    """
    done = spawn("compile", "micropython", env={**os.environ, "SANDBOX_WASM_CACHE": ""})

    assert (4, b"") == (done.returncode, done.stdout)
    assert b"SANDBOX_WASM_CACHE" in done.stderr
    assert 2 == invoke("compile", "nothing").exit_code
