"""What agents read of the library is what the documentation says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import sandbox_wasm

ROOT = Path(__file__).parents[1]
AGENTS = Path(sandbox_wasm.__file__).parent / ".agents"


def test_they_are_up_to_date() -> None:
    """
    The files that are shipped are what the script makes of the sources as they are.
    """
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "write_agent_docs.py"), "--check"],
        env={**os.environ, "PYTHONPATH": str(AGENTS.parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    assert (0, "") == (done.returncode, done.stdout)


def test_the_skill_can_be_found() -> None:
    """
    It has the front matter that agents look for, and is short enough to be read.
    """
    text = (AGENTS / "skills" / "sandbox-wasm" / "SKILL.md").read_text("utf-8")
    match = re.match(r"---\nname: ([a-z-]+)\ndescription: ([^\n:]{50,500})\n---\n", text)

    assert match is not None
    assert "sandbox-wasm" == match[1]
    assert len(text) < 30_000


def test_every_page_is_listed() -> None:
    """
    llms.txt leads to all pages of the documentation, but for the one that lists them, too.
    """
    text = (AGENTS / "llms.txt").read_text("utf-8")
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "index.md"]

    for path in pages:
        included = re.match(r"```\{include\} \.\./(\S+)\n", path.read_text("utf-8"))
        where = included[1] if included else path.relative_to(ROOT).as_posix()
        assert f"]({where})" in text
