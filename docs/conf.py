"""The documentation site: ``just docs`` builds it, ``just docs-links`` asks other sites.

The pages are Markdown that also reads well beside the source. So what they link to lies
where the repository has it; here such links are led to the page that shows it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# The package of this checkout, wherever Sphinx is installed.
sys.path.insert(0, str(ROOT))

import sandbox_wasm  # noqa: E402

project = "sandbox-wasm"
author = "The sandbox-wasm authors"
project_copyright = "The sandbox-wasm authors"
version = release = sandbox_wasm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
nitpicky = True
highlight_language = "none"

# GitHub makes the same anchors of headings.
myst_heading_anchors = 4

smartquotes = False  # two dashes are those of an option

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"sandbox-wasm {version}"
html_show_sphinx = False

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
napoleon_numpy_docstring = False
python_use_unqualified_type_names = True
# A name in backticks is a link where there is such a thing, as `Session.run`.
default_role = "py:obj"

# Types of annotations that are not of this package's public names, and what the standard
# library calls things: there is no inventory of it here, for that takes a network.
nitpick_ignore_regex = [
    ("py:class", r"[\w.]+"),
    ("py:obj", r"concurrent\.futures(\.\w+)?|pickle|random|secrets|uuid4"),
]

# What of the repository is shown by a page of this site.
SHOWN = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    "benchmarks/README.md": "benchmarks.md",
    "examples": "examples.md",
    "examples/integrations": "examples.md",
    "tests/differences": "interpreters.md",
}


def lead(text: str, source: PurePosixPath, page: PurePosixPath) -> str:
    """Return Markdown with its links to files led to where this site shows them.

    Args:
        text: The Markdown.

        source: The file that it is from, from the root of the repository.

        page: The page that shows it, from this folder.
    """

    def moved(match: re.Match[str]) -> str:
        path, mark, anchor = match[1].partition("#")
        target = os.path.normpath(source.parent / path)
        shown = SHOWN.get(target) or os.path.relpath(target, "docs")
        return f"]({os.path.relpath(shown, page.parent)}{mark}{anchor})"

    return re.sub(r"\]\((?!\w+:|#)([^)\s]+)\)", moved, text)


def _read(app: Sphinx, docname: str, content: list[str]) -> None:
    page = PurePosixPath(f"{docname}.md")
    content[0] = lead(content[0], "docs" / page, page)


def _include(app: Sphinx, path: Path, docname: str, content: list[str]) -> None:
    source = PurePosixPath(os.path.normpath(PurePosixPath("docs") / path))
    content[0] = lead(content[0], source, PurePosixPath(f"{docname}.md"))


def _missing(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Lead the name of a field, as `Limits.fuel`, to its class, which describes it."""
    owner, _, name = node["reftarget"].rpartition(".")
    fields = getattr(getattr(sandbox_wasm, owner, None), "__annotations__", {})
    if node.get("reftype") != "obj" or name not in fields:
        return None
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", owner, node, content)


def _list(app: Sphinx, error: Exception | None) -> None:
    """Put llms.txt at the root of the site, with links to the pages' Markdown there."""
    if error is not None or app.builder.name != "html":
        return
    agents = ROOT / "sandbox_wasm" / ".agents"
    text = re.sub(
        r"\]\(docs/([^)]+)\)", r"](_sources/\1.txt)", (agents / "llms.txt").read_text("utf-8")
    )
    for path, page in SHOWN.items():
        text = text.replace(f"]({path})", f"]({page.removesuffix('.md')}.html)")
    (Path(app.outdir) / "llms.txt").write_text(text, "utf-8")
    skill = agents / "skills" / "sandbox-wasm" / "SKILL.md"
    (Path(app.outdir) / "SKILL.md").write_text(skill.read_text("utf-8"), "utf-8")


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("source-read", _read)
    app.connect("include-read", _include)
    app.connect("missing-reference", _missing)
    app.connect("build-finished", _list)
