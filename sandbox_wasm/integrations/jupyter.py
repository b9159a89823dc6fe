"""Jupyter: a kernel whose cells run in a sandbox.

    python -m sandbox_wasm.integrations.jupyter install --sys-prefix
    jupyter notebook

What the kernel is given is said when it is installed; see docs/integrations/jupyter.md. Needs
the extra ``jupyter``.
"""

from __future__ import annotations

import argparse
import json
import keyword
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from .. import (
    ConfigError,
    GuestError,
    Interrupted,
    Limits,
    Mount,
    Result,
    SandboxError,
    Session,
    available_interpreters,
)
from .. import __version__ as version
from .._terminal import inert
from ._extra import missing
from ._images import images
from ._text import explain, represent

try:
    from ipykernel.iostream import OutStream
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.kernelbase import Kernel
    from jupyter_client.kernelspec import KernelSpecManager
    from traitlets import Enum, Float, Integer, List, Unicode
except ImportError as error:
    raise missing("jupyter", error) from error

# Names and attributes that begin with the text; run inside, for what is there is code's own.
_NAMES = """(lambda base, dot, start: [
    base + dot + name
    for name in (dir(eval(base)) if dot else [*globals(), *dir(__import__("builtins"))])
    if name.startswith(start) and (start or name[0] != "_")
])"""
_NAME_BEFORE = re.compile(r"[^\W\d]\w*(?:\.\w*)*\Z")
_COMPLETE_SECONDS = 1.0
_MAX_MATCHES = 500
_MAX_VALUE_CHARACTERS = 100_000
_MAX_MATCH_CHARACTERS = 200


class SandboxKernel(Kernel):
    """Runs cells in one session; restarting the kernel makes a new one.

    Guest code reaches a notebook as text and as images of pixels, never as HTML or scripts, and
    control characters in the text are shown, not obeyed.
    """

    interpreter = Unicode("cpython", help="Which Python the cells run on.").tag(config=True)
    isolation = Enum(["thread", "process"], "thread", help="Where it runs.").tag(config=True)
    wall_seconds = Float(60.0, help="Time that a cell may take.").tag(config=True)
    memory_bytes = Integer(256 << 20, help="Memory that the cells may allocate.").tag(config=True)
    packages = List(Unicode(), help="Wheels, and names with version specifiers.").tag(config=True)
    ro = List(Unicode(), help="Directories to read, each DIR:/GUEST.").tag(config=True)
    rw = List(Unicode(), help="Directories to read and change, each DIR:/GUEST.").tag(config=True)

    implementation = "sandbox-wasm"
    implementation_version = version

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._session = self._begin()
        versions = {each.name: each.version for each in available_interpreters()}
        self.language_info = {
            "name": "python",
            "version": versions[self.interpreter],
            "mimetype": "text/x-python",
            "file_extension": ".py",
            "pygments_lexer": "python3",
            "codemirror_mode": {"name": "ipython", "version": 3},
        }
        self.banner = f"sandbox-wasm {version}: {self.interpreter} {versions[self.interpreter]}"

    def _begin(self) -> Session:
        mounts = [_mount(given, "ro") for given in self.ro]
        mounts += [_mount(given, "rw") for given in self.rw]
        return Session(
            self.interpreter,
            limits=Limits(wall_seconds=self.wall_seconds, memory_bytes=self.memory_bytes),
            isolation=self.isolation,
            packages=list(self.packages) or None,
            mounts=mounts,
        )

    def set_parent(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        """Note which request is served, for the streams as well."""
        super().set_parent(ident, parent, channel)
        if channel == "shell":
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, OutStream):
                    stream.set_parent(parent)

    # ---- what Jupyter asks for

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Any = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Any = None,
        cell_id: Any = None,
    ) -> dict[str, Any]:
        """Run a cell, on this thread, so that an interrupt of the kernel ends it."""
        try:
            if self._session.state.value != "open":
                self._session = self._begin()
            shown = None if silent else _show
            result = self._session.run(code, check=False, on_output=shown)
        except KeyboardInterrupt:
            result = Result(error=Interrupted())
        except SandboxError as error:
            result = Result(error=error)
        if not silent:
            self._send(result)
        if result.error is None:
            return {
                "status": "ok",
                "execution_count": self.execution_count,
                "payload": [],
                "user_expressions": {},
            }
        return {
            "status": "error",
            "execution_count": self.execution_count,
            **_error(result.error),
        }

    def _send(self, result: Result) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        if result.truncated:
            self._publish("stream", name="stderr", text="[more was printed than is kept]\n")
        for image in images(result.files):
            self._publish(
                "display_data",
                data={image.media_type: image.base64, "text/plain": inert(image.path)},
                metadata={},
            )
        if result.error is not None:
            self._publish("error", **_error(result.error))
        elif result.value is not None:
            self._publish(
                "execute_result",
                execution_count=self.execution_count,
                data={"text/plain": inert(represent(result.value)[:_MAX_VALUE_CHARACTERS])},
                metadata={},
            )

    def _publish(self, kind: str, **content: Any) -> None:
        self.send_response(self.iopub_socket, kind, content)

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete the name before the cursor, from what the session has."""
        found = _NAME_BEFORE.search(code[:cursor_pos])
        text = found[0] if found else ""
        matches = self._names(text) if text else []
        if text and "." not in text:
            matches += [word for word in keyword.kwlist if word.startswith(text)]
        return {
            "status": "ok",
            "matches": sorted(set(matches)),
            "cursor_start": cursor_pos - len(text),
            "cursor_end": cursor_pos,
            "metadata": {},
        }

    def _names(self, text: str) -> list[str]:
        asked = f"{_NAMES}({', '.join(map(repr, text.rpartition('.')))})"
        try:
            value = self._ask(asked)
        except (SandboxError, KeyboardInterrupt):
            return []
        if not isinstance(value, list):  # guest code answers, and may say anything
            return []
        return [
            name
            for name in value[:_MAX_MATCHES]
            if isinstance(name, str)
            and name.startswith(text)
            and len(name) < _MAX_MATCH_CHARACTERS
            and _NAME_BEFORE.fullmatch(name)
        ]

    def _ask(self, code: str) -> Any:
        """Return what the session says to a question that somebody waits for while typing."""
        seconds = min(_COMPLETE_SECONDS, self.wall_seconds)
        return self._session.run(code, wall_seconds=seconds).value

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Tell whether Enter should run the code; its own interpreter knows."""
        if self.interpreter != "cpython":
            return {"status": "unknown"}
        asked = f'__import__("codeop").compile_command({code!r}, "<cell>", "exec") is not None'
        try:
            value = self._ask(asked)
        except GuestError:
            return {"status": "invalid"}
        except (SandboxError, KeyboardInterrupt):
            return {"status": "unknown"}
        return {"status": "complete"} if value is True else {"status": "incomplete", "indent": ""}

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End the session, whatever it does."""
        self._session.close()
        return {"status": "ok", "restart": restart}


def _mount(given: str, mode: Literal["ro", "rw"]) -> Mount:
    host, colon, guest = given.rpartition(":")
    if not colon or not host:
        raise ConfigError(f"a directory is given as DIR:/GUEST, got {given!r}")
    return Mount(host, guest, mode)


def _show(stream: str, text: str) -> None:
    # The kernel's own streams: they belong to the cell that runs, and put small pieces together.
    (sys.stdout if stream == "stdout" else sys.stderr).write(inert(text))


def _error(error: SandboxError) -> dict[str, Any]:
    name, message = type(error).__name__, str(error)
    if isinstance(error, GuestError):
        name, message = error.type_name, error.message
    return {
        "ename": inert(name),
        "evalue": inert(message),
        "traceback": inert(explain(error)).splitlines(),
    }


# ---- the command


def install(arguments: Sequence[str]) -> str:
    """Write a kernelspec, so that Jupyter offers the kernel; return its folder."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox_wasm.integrations.jupyter install",
        description="Let Jupyter offer the kernel. Further options are the kernel's: "
        "--SandboxKernel.wall_seconds=30",
    )
    parser.add_argument("--name", default="sandbox-wasm", help="of the kernelspec")
    parser.add_argument("--display-name", default="Python (sandbox-wasm)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for this user alone (default)")
    where.add_argument("--sys-prefix", action="store_true", help="into this environment")
    where.add_argument("--prefix", help="into that environment")
    given, options = parser.parse_known_args(arguments)
    wrong = [each for each in options if not each.startswith("--SandboxKernel.")]
    if wrong:
        parser.error(f"unknown: {' '.join(wrong)}")
    module = "sandbox_wasm.integrations.jupyter"
    spec = {
        "argv": [sys.executable, "-m", module, "-f", "{connection_file}", *options],
        "display_name": given.display_name,
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {"debugger": False},
    }
    prefix = sys.prefix if given.sys_prefix else given.prefix
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "kernel.json").write_text(json.dumps(spec, indent=1), "utf-8")
        written: str = KernelSpecManager().install_kernel_spec(
            folder, given.name, user=prefix is None, prefix=prefix
        )
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    """Install the kernel, or be it."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["install"]:
        print(install(arguments[1:]))
    else:
        IPKernelApp.launch_instance(list(arguments), kernel_class=SandboxKernel)


if __name__ == "__main__":
    main()
