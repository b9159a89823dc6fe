"""The pages and examples of the integrations: what they show is what happens."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

import sandbox_wasm

ROOT = pathlib.Path(__file__).parents[2]
PAGES = {"mcp": "mcp", "llm": "llm", "datasette": "datasette_agent"}
EXAMPLES = {"mcp_client": "mcp", "llm_toolbox": "llm_echo"}
HOME = str(pathlib.Path(sandbox_wasm.__file__).parents[1])


@pytest.mark.parametrize("page", PAGES)
def test_pages(page):
    """
    The Python of a page runs.
    """
    pytest.importorskip(PAGES[page], reason=f"needs the package {PAGES[page]!r}")
    path = ROOT / "docs" / "integrations" / f"{page}.md"
    text = path.read_text("utf-8")
    names = {"__name__": "__document__"}
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(compile(block, str(path), "exec"), names)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples(example, tmp_path):
    """
    An example is short, and prints what its docstring says.
    """
    pytest.importorskip(EXAMPLES[example], reason=f"needs the package {EXAMPLES[example]!r}")
    path = ROOT / "examples" / "integrations" / f"{example}.py"
    source = path.read_text("utf-8")
    shown = re.search(r'^Prints::\n\n(.*?)^"""$', source, re.MULTILINE | re.DOTALL)
    expected = "".join(line.removeprefix("    ") for line in shown[1].splitlines(keepends=True))
    done = subprocess.run(
        [sys.executable, str(path)],
        env={**os.environ, "PYTHONPATH": HOME, "LLM_USER_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert expected == done.stdout, done.stderr
    code = source.partition('"""\n\n')[2]
    assert len(code.splitlines()) <= 30
