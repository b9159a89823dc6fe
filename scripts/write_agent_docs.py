"""Write what of the documentation is made of the code, and what agents read of the library.

    python scripts/write_agent_docs.py            writes the files
    python scripts/write_agent_docs.py --check    fails if they are not what it would write

In the pages of docs/ that is what ``doc_tables.py`` makes. In ``sandbox_wasm/.agents``,
``skills/sandbox-wasm/SKILL.md`` is for an agent that is to use the library, and ``llms.txt``
lists what there is to read. Their sources are the pages in docs/ and the docstrings of the
public names.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What is written is of the sources beside it, not of a copy that was installed before they
# changed. (Where the tests of a wheel run there are none beside it.)
sys.path.insert(0, str(ROOT))

import doc_tables  # noqa: E402

import sandbox_wasm  # noqa: E402

TARGET = Path(sandbox_wasm.__file__).parent / ".agents"

DESCRIPTION = (
    "Run Python that nobody has reviewed (a model's, a user's, a plugin's) in a WebAssembly "
    "sandbox, with limits on time, memory and output, state that stays between runs, and only the "
    "files, network and functions that are granted. Use it instead of exec, eval or a "
    "subprocess when code must run that is not trusted, and to test such code."
)


def section(path: str, heading: str, *, deeper: bool = True) -> str:
    """Return what stands under *heading* in a document, with the headings below it or without."""
    text = (ROOT / path).read_text("utf-8")
    match = re.search(rf"^(#+) {re.escape(heading)}$\n", text, re.MULTILINE)
    if match is None:
        raise SystemExit(f"{path} has no heading {heading!r}")
    end = rf"^#{{1,{len(match[1])}}} " if deeper else r"^#+ "
    found = text[match.end() :]
    stop = re.search(end, _without_blocks(found), re.MULTILINE)
    return found[: stop.start()].strip() if stop else found.strip()


def _without_blocks(text: str) -> str:
    """Return *text* with the lines of its code blocks replaced, none of which is a heading."""
    return re.sub(
        r"^```.*?^```$",
        lambda match: re.sub(r"[^\n]", "-", match[0]),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def plain(text: str) -> str:
    """Return *text* as it is read away from its document: without links and doctest's marks."""
    text = re.sub(r"\[([^]]*)\]\((?!https?:)[^)]*\)", r"\1", text)
    text = re.sub(r"  # doctest: .*$", "", text, flags=re.MULTILINE)
    return text.replace("<BLANKLINE>\n", "\n").replace("\n\n```\n", "\n```\n")


def first_paragraph(path: Path) -> tuple[str, str]:
    """Return the title of a page, and its first sentence."""
    title, _, rest = path.read_text("utf-8").partition("\n")
    paragraph = " ".join(rest.strip().split("\n\n")[0].split())
    if re.match("<!--|#|```", paragraph):
        raise SystemExit(f"{path} does not begin with a sentence that says what it is")
    sentence = re.match(r"(.*?[.:])(?:\s|$)", paragraph)
    return title.lstrip("# "), plain((sentence[1] if sentence else paragraph).rstrip(":"))


def shown(page: Path) -> Path | None:
    """Return where the text of a page is: there, or in the file that it only includes."""
    text = page.read_text("utf-8")
    included = re.match(r"```\{include\} (\S+)\n```\n\Z", text)
    if included:
        return (page.parent / included[1]).resolve()
    return None if page.name == "index.md" else page  # which is the list that this makes


def public_names() -> list[str]:
    """Return a line for each public name, with the first sentence of its docstring."""
    lines = []
    for name in sorted(sandbox_wasm.__all__):
        about = inspect.cleandoc(getattr(sandbox_wasm, name).__doc__ or "")
        lines.append(f"- `{name}`: {' '.join(about.partition(chr(10) * 2)[0].split())}")
    return lines


def summary() -> str:
    """Return what the library is, in a paragraph."""
    return (ROOT / "docs" / "index.md").read_text("utf-8").split("\n\n")[1]


def skill() -> str:
    """Return SKILL.md."""
    using = section("docs/quickstart.md", "Quickstart")
    using = using[using.index("## ") : using.index("\n## On the command line")]
    parts = [
        f"---\nname: sandbox-wasm\ndescription: {DESCRIPTION}\n---",
        "# sandbox-wasm",
        summary(),
        section("docs/index.md", "What it gives"),
        "Install it with `python -m pip install sandbox-wasm`.",
        "## Using the library",
        re.sub("^## ", "### ", using, flags=re.MULTILINE),
        "## Errors",
        doc_tables.error_tree(),
        "## Limits",
        doc_tables.limits(),
        "What became of the session is in `error.state`:",
        section("docs/limits.md", "Limits", deeper=False).partition("became of the session:")[2],
        "## What code inside may do",
        section("docs/guest.md", "What code inside may do").partition("\n```python")[0],
        "## What you must see to",
        section("docs/host-setup.md", "Duties"),
        "## On the command line",
        section("docs/cli.md", "Command line").partition("\nCompletion for a shell")[0],
        "## Public names",
        "\n".join(public_names()),
    ]
    return plain("\n\n".join(part.strip() for part in parts)) + "\n"


def llms() -> str:
    """Return llms.txt."""
    parts = ["# sandbox-wasm", f"> {plain(' '.join(summary().split()))}"]
    parts.append(
        "How to use it, in one page: sandbox_wasm/.agents/skills/sandbox-wasm/SKILL.md, which is "
        "installed with the package, and SKILL.md beside this list where it is on the web."
    )
    for title, folder in (("Documentation", "docs"), ("Integrations", "docs/integrations")):
        lines = []
        for path in filter(None, map(shown, sorted((ROOT / folder).glob("*.md")))):
            name, about = first_paragraph(path)
            lines.append(f"- [{name}]({path.relative_to(ROOT).as_posix()}): {about}")
        parts.append(f"## {title}\n\n" + "\n".join(lines))
    parts.append("## Public names\n\n" + "\n".join(public_names()))
    return "\n\n".join(parts) + "\n"


def agents() -> dict[Path, str]:
    """Return the files for agents, with the text that they should have."""
    return {TARGET / "skills" / "sandbox-wasm" / "SKILL.md": skill(), TARGET / "llms.txt": llms()}


def main() -> int:
    """Write or check the files; return the exit status."""
    is_check = "--check" in sys.argv[1:]
    status = 0
    for make in (doc_tables.pages, agents):  # the second is made of the first
        for path, text in make().items():
            if path.exists() and path.read_text("utf-8") == text:
                continue
            if is_check:
                print(f"{path.name} is out of date: run python scripts/write_agent_docs.py")
                status = 1
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
