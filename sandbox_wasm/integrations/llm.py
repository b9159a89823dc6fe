"""A toolbox for LLM: ``llm -T Sandbox`` gives a model Python with nothing but what is granted.

The plugin ``llm-tools-sandbox-wasm`` registers it, so that ``llm`` knows it by name.
"""

from __future__ import annotations

import weakref
from typing import Any

try:
    import llm
except ImportError as error:  # pragma: no cover - the environment of a test has it
    raise ImportError("this integration needs the package 'llm': llm install llm") from error

from .. import ConfigError, Limits, Mount, NetworkPolicy, SandboxError
from .._terminal import inert
from ._text import cut, explain, refusal
from ._tool import CodeTool

_RUN = "run_python"


class Sandbox(llm.Toolbox):
    """Python in a sandbox: variables and files stay while the conversation goes on.

    Nothing is granted but what these arguments name. LLM stores them with the conversation.

    Args:
        interpreter: ``"cpython"`` or ``"micropython"``.

        ro, rw: Directories that code may read, or read and change: a dict of guest paths to
            directories, such as ``{"/data": "reports"}``.

        allow_origin: Origins that code may send GET requests to.

        packages: Pure-Python packages that code may import.

        limits: Those of the field names of `Limits`, such as ``{"wall_seconds": 5}``.

    Raises:
        ConfigError: An argument is none of these.
    """

    def __init__(
        self,
        interpreter: str = "cpython",
        ro: dict[str, str] | None = None,
        rw: dict[str, str] | None = None,
        allow_origin: list[str] | None = None,
        packages: list[str] | None = None,
        limits: dict[str, float] | None = None,
    ) -> None:
        options: dict[str, Any] = {"interpreter": interpreter}
        mounts = [Mount(host, guest, "ro") for guest, host in (ro or {}).items()]
        mounts += [Mount(host, guest, "rw") for guest, host in (rw or {}).items()]
        if mounts:
            options["mounts"] = mounts
        if allow_origin:
            options["network"] = NetworkPolicy(allow=allow_origin)
        if packages:
            options["packages"] = packages
        try:
            options["limits"] = Limits(**(limits or {}))  # type: ignore[arg-type]
        except TypeError as error:
            raise ConfigError(f"limits: {error}") from None
        self._tool = CodeTool(**options)
        # LLM does not say when a conversation is over.
        weakref.finalize(self, self._tool.close)
        granted = [f"Directory {mount.guest_path}: {mount.mode}." for mount in mounts]
        granted += [f"fetch(url) reaches: {', '.join(allow_origin)}."] if allow_origin else []
        granted += [f"Can be imported: {', '.join(packages)}."] if packages else []
        self._description = "\n".join([self._tool.description, *granted])

    def tools(self) -> Any:
        """Return the tools; that which runs code says what code may expect."""
        for tool in super().tools():
            if tool.name.endswith(_RUN):
                tool.description = self._description
            yield tool

    def run_python(self, code: str) -> str:
        """Run Python code; variables stay from call to call.

        Args:
            code: Python source, as many statements as needed.
        """
        return inert(self._tool.run(code))

    def read_file(self, path: str) -> str:
        """Read a text file that code has written in the sandbox.

        Args:
            path: Such as /out.csv.
        """
        try:
            return inert(cut(self._tool.session.files.read(path).decode("utf-8", "replace")))
        except OSError as error:
            return f"[{type(error).__name__}: {path!r}]"
        except SandboxError as error:
            return inert(explain(error))

    def write_file(self, path: str, text: str) -> str:
        """Write a text file for code in the sandbox to read.

        Args:
            path: Such as /in.csv; directories are made.
            text: What it is to hold.
        """
        if (refused := refusal(text)) is not None:
            return refused.replace("code must", "text must")
        try:
            self._tool.session.files.write(path, text)
        except OSError as error:
            return f"[{type(error).__name__}: {path!r}]"
        except (SandboxError, UnicodeEncodeError) as error:
            return inert(explain(error))
        return "[written]"

    def reset(self) -> str:
        """Forget all variables and files of the sandbox, and begin anew."""
        self._tool.reset()
        return "[done: the next call begins anew]"
