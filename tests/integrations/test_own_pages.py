"""The pages and examples of the integrations: what they show is what happens."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import documents
import pytest

import sandbox_wasm

ROOT = pathlib.Path(__file__).parents[2]
# What each needs.
PAGES = {
    "README": "sandbox_wasm",
    "anthropic": "anthropic",
    "datasette": "datasette_agent",
    "fastmcp": "fastmcp",
    "google-adk": "google.adk",
    "jupyter": "ipykernel",
    "langchain": "langchain",
    "llm": "llm",
    "mcp": "mcp",
    "openai-agents": "agents",
    "pydantic-ai": "pydantic_ai",
    "smolagents": "smolagents",
}
EXAMPLES = {
    "anthropic_tool": "anthropic",
    "fastmcp_code_mode": "fastmcp",
    "google_adk_executor": "google.adk",
    "jupyter_cells": "ipykernel",
    "langchain_agent": "langchain",
    "llm_toolbox": "llm_echo",
    "mcp_client": "mcp",
    "openai_agents_tool": "agents",
    "pydantic_ai_code_mode": "pydantic_ai",
    "pydantic_ai_toolset": "pydantic_ai",
    "smolagents_executor": "smolagents",
}
HOME = str(pathlib.Path(sandbox_wasm.__file__).parents[1])


def model_of(page):
    """What a page calls ``model``: the double of its framework."""
    if page == "langchain":
        from langchain_core.language_models.fake_chat_models import FakeListChatModel

        return FakeListChatModel(responses=["done"])
    if page == "pydantic-ai":
        return "test"
    if page == "smolagents":
        from smolagents import Model
        from smolagents.models import ChatMessage, MessageRole

        class Fixed(Model):
            def generate(self, messages, **options):
                text = "<code>\nfinal_answer(2 + 3)\n</code>"
                return ChatMessage(role=MessageRole.ASSISTANT, content=text)

        return Fixed()
    return None


def test_all_are_here():
    """
    No page and no example is left out.
    """
    assert set(PAGES) >= {path.stem for path in (ROOT / "docs" / "integrations").glob("*.md")}
    assert set(EXAMPLES) >= {path.stem for path in (ROOT / "examples/integrations").glob("*.py")}


@pytest.mark.parametrize("page", PAGES)
def test_pages(page, tmp_path, monkeypatch):
    """
    The code of a page runs, and prints what stands beside it.
    """
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    monkeypatch.chdir(tmp_path)
    pytest.importorskip(PAGES[page], reason=f"needs the package {PAGES[page]!r}")
    path = ROOT / "docs" / "integrations" / f"{page}.md"
    names = {"__name__": "__document__", "model": model_of(page)}
    assert not documents.run_page(path, tmp_path, names)


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
