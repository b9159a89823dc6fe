"""What the documentation shows is what happens, and nothing is left out of it."""

from __future__ import annotations

import dataclasses
import doctest
import fnmatch
import importlib
import json
import os
import re
import sys
from pathlib import Path

import documents
import pytest

import sandbox_wasm
from sandbox_wasm import Session

# Pages whose framework has an environment of its own: tests/integrations/test_own_pages.py.
FRAMEWORKS = "docs/integrations/"
PAGES = [path for path in documents.PAGES if not documents.name_of(path).startswith(FRAMEWORKS)]
BLOCKS = [block for path in documents.PAGES for block in documents.blocks(path)]

# Blocks that do not run, with the reasons that they give.
NOT_RUN = """
README.md: the tests would run themselves
CONTRIBUTING.md: fetches, and makes an environment
benchmarks/README.md: takes minutes
benchmarks/README.md: takes minutes, and installs packages
benchmarks/README.md: takes minutes
benchmarks/README.md: takes minutes
docs/building-cpython.md: takes ten minutes, and fetches sources
docs/building-cpython.md: needs what a build leaves
docs/building-cpython.md: takes twenty minutes, and needs LLVM
docs/building.md: takes four minutes, and fetches tools
docs/clusters.md: needs a cluster of Dask; tests/integrations/test_dask.py has one
docs/clusters.md: needs Ray, which is large; tests/integrations/test_ray.py does where it is
docs/clusters.md: needs joblib; tests/integrations/test_loky.py does where it is
docs/host-setup.md: writes to /var; tests/test_cli.py compiles to a folder of its own
docs/host-setup.md: builds wheels; tests/test_platform_wheel.py does the second step
docs/integrations/jupyter.md: installs a kernel for this user, and opens a browser
docs/integrations/llm.md: asks a model
docs/integrations/mcp.md: serves until it is ended; tests/integrations/test_mcp_transports.py does
docs/packages.md: fetches from the package index; tests/real_packages.py does
docs/packages.md: fetches from the package index; tests/test_packages.py builds a package of its own
docs/quickstart.md: fetches from the package index; tests/real_packages.py does
docs/service.md: serves until it is ended; tests/test_service.py does
docs/service.md: asks what is served above; tests/test_service.py does
plugins/llm-tools-sandbox-wasm/README.md: asks a model
"""


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
@pytest.mark.parametrize("path", PAGES, ids=documents.name_of)
def test_page(path, tmp_path, monkeypatch):
    """
    The code of a page runs, and prints what stands there.
    """
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__document__"}
    missing = documents.run_page(path, tmp_path, names)
    for value in names.values():
        if isinstance(value, Session):
            value.close()
    if missing:
        pytest.skip(f"all has run but what needs {', '.join(sorted(missing))}")


PACKAGE = Path(sandbox_wasm.__file__).parent
SOURCES = {
    path: ".".join(["sandbox_wasm", *path.relative_to(PACKAGE).with_suffix("").parts])
    for path in sorted(PACKAGE.rglob("*.py"))
    if "\n    >>> " in path.read_text("utf-8") or "\n        >>> " in path.read_text("utf-8")
}


@pytest.mark.parametrize("name", SOURCES.values())
def test_docstrings(name):
    """
    A dialogue in a docstring goes as it says, for who has imported the public names.
    """
    module = importlib.import_module(name.removesuffix(".__init__"))
    public = {each: getattr(sandbox_wasm, each) for each in sandbox_wasm.__all__}
    report: list[str] = []
    tests = doctest.DocTestFinder().find(module, globs={**vars(module), **public})
    for test in tests:
        doctest.DocTestRunner(verbose=False).run(test, out=report.append)

    assert any(test.examples for test in tests)
    assert not report, "".join(report)


def test_there_is_something_to_run():
    """
    The pages came along with the tests, and the blocks in them are found.
    """
    languages = [block.language for block in BLOCKS if not block.reason]

    assert min(languages.count(name) for name in ("python", "pycon", "console")) > 15


def test_what_does_not_run():
    """
    Each block that does not run says why, and is known here.
    """
    found = [f"{block.page}: {block.reason}" for block in BLOCKS if block.reason]

    assert NOT_RUN.strip().splitlines() == found


def parse_toml(text):
    """Read TOML, before Python 3.11 by what the extra 'test' brings."""
    importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli").loads(text)


def parse_yaml(text):
    """Read YAML, by what the extra 'test' brings."""
    pytest.importorskip("yaml").safe_load(text)


def parse_dockerfile(text):
    """Each line is an instruction, or goes on with the one before."""
    instruction = r"(FROM|RUN|ENV|COPY|USER|WORKDIR|CMD|ENTRYPOINT) \S.*(\\\n.*)*"
    for line in re.split(r"(?<!\\)\n", text.strip()):
        assert re.fullmatch(instruction, line) or not line.strip(), line


def parse_python(text):
    """Compile, as code of Python."""
    compile(text, "<document>", "exec")


def parse_diff(text):
    """Each line is one of a diff."""
    for line in text.splitlines():
        assert re.match(r"(--- a/|\+\+\+ b/|@@ -\d+,\d+ \+\d+,\d+ @@|[-+ ]|$)", line), line


PARSERS = {
    "diff": parse_diff,
    "dockerfile": parse_dockerfile,
    "json": json.loads,
    "python": parse_python,
    "toml": parse_toml,
    "yaml": parse_yaml,
}


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if block.language in PARSERS],
    ids=lambda block: block.place,
)
def test_what_is_only_shown_can_be_read(block):
    """
    Also what does not run is what it says it is.
    """
    PARSERS[block.language](block.text)


@pytest.mark.parametrize("path", documents.PAGES, ids=documents.name_of)
def test_all_code_is_fenced_and_says_what_it_is(path):
    """
    No code escapes these tests by being indented, or of an unknown language.
    """
    known = {*PARSERS, "console", "pycon", "text"}
    for block in documents.blocks(path):
        assert block.language in known or block.language.startswith("{"), block.place
        if block.language == "console":
            assert block.text.startswith("$ "), block.place
    indented = re.findall(r"(?:\n\n|\A)    \S.*", documents.without_blocks(path))

    assert not [text for text in indented if not re.match(r"\s+([-*]|\d\.) ", text)]


@pytest.mark.parametrize("path", documents.PAGES, ids=documents.name_of)
def test_links(path):
    """
    A link within the repository leads to a file that is there, and to a heading in it.
    """
    for target in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", documents.without_blocks(path)):
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if found.is_relative_to(documents.ROOT / "sandbox_wasm"):  # installed elsewhere, maybe
            found = PACKAGE / found.relative_to(documents.ROOT / "sandbox_wasm")

        assert found.exists(), target
        assert not anchor or anchor in documents.slugs(found), target


def test_every_name_is_documented():
    """
    The reference has each public name once, and no other; and each has a docstring.
    """
    pages = [documents.ROOT / "docs" / name for name in ("api.md", "errors.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    shown = re.findall(r"^\.\. auto\w+:: sandbox_wasm\.(\w+)$", text, re.MULTILINE)

    assert sorted(sandbox_wasm.__all__) == sorted(shown)
    assert all(getattr(sandbox_wasm, name).__doc__ for name in shown)


def test_the_tree_of_errors_is_that_of_the_classes():
    """
    It is drawn by hand, in the docstring of its module.
    """
    text = (documents.ROOT / "docs" / "errors.md").read_text("utf-8")
    drawn, path = [], []
    for line in text.partition("```text\n")[2].partition("```")[0].splitlines():
        branch, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()
        path[len(branch) // 4 :] = [name]
        drawn.append("/".join(path))

    def classes(kind, above=""):
        yield f"{above}{kind.__name__}"
        for each in kind.__subclasses__():
            if each.__name__ in sandbox_wasm.__all__:
                yield from classes(each, f"{above}{kind.__name__}/")

    assert sorted(drawn) == sorted(classes(sandbox_wasm.SandboxError))


def test_what_becomes_of_a_run_is_told_for_each_limit():
    """
    The page of limits has a row for each, written by hand.
    """
    text = (documents.ROOT / "docs" / "limits.md").read_text("utf-8")
    table = text.partition("What happens to a run that crosses one:")[2].partition("`error.state`")[
        0
    ]
    told = [
        name
        for row in re.findall(r"^\|(.*?)\|", table, re.M)
        for name in re.findall(r"`(\w+)`", row)
    ]

    assert sorted(field.name for field in dataclasses.fields(sandbox_wasm.Limits)) == sorted(told)


def test_every_page_is_in_the_contents():
    """
    The first page lists all others.
    """
    text = (documents.ROOT / "docs" / "index.md").read_text("utf-8")
    listed = re.findall("^([a-z-]+)$", text.partition("```{toctree}")[2], re.MULTILINE)
    pages = {path.stem for path in (documents.ROOT / "docs").glob("*.md")}

    assert pages - {"index"} == set(listed)
    assert "integrations/README\nintegrations/[a-z]*\n" in text


def test_every_module_is_in_the_design():
    """
    Its table names each module of the package, by a pattern or as it is, and none that is gone.
    """
    text = (documents.ROOT / "docs" / "design.md").read_text("utf-8")
    table = text.partition("| module | what it is for |")[2].partition("\n\n")[0]
    named = [name.rpartition("/")[2] for name in re.findall(r"`([\w*/]+\.py)`", table)]
    shared = [*PACKAGE.glob("*.py"), *PACKAGE.glob("interpreters/*.py")]
    shared += PACKAGE.glob("integrations/_*.py")  # the others are each a framework's
    modules = {path.name for path in shared if not path.name.startswith("__")}

    assert {name for each in named for name in fnmatch.filter(modules, each)} == modules
    assert [each for each in named if not any(PACKAGE.rglob(each))] == []


def test_named_tests_are_there():
    """
    A page that names a test names one that there is.
    """
    for path in documents.PAGES:
        for file, name in re.findall(r"`([\w/.-]+\.py)::(\w+)`", path.read_text("utf-8")):
            text = (documents.ROOT / "tests" / file).read_text("utf-8")
            assert f"\ndef {name}(" in text, (documents.name_of(path), file, name)


def test_every_extra_is_documented():
    """
    The page of the installation has a row for each, and no other.
    """
    settings = (documents.ROOT / "pyproject.toml").read_text("utf-8")
    extras = settings.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    text = (documents.ROOT / "docs" / "installation.md").read_text("utf-8")
    table = text.partition("| extra | for |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\|(.*?)\|", table, re.M)
    named = [name for row in rows for name in row.split("`")[1::2]]

    assert sorted(re.findall(r"^([\w-]+) = \[", extras, re.M)) == sorted(named)


def test_environment_variables_are_documented():
    """
    The page of the command line names each that the package reads.
    """
    text = (documents.ROOT / "docs" / "cli.md").read_text("utf-8")
    sources = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    read = set(re.findall(r"\"(SANDBOX_WASM_[A-Z_]+)\"", sources))

    assert read == set(re.findall(r"`(SANDBOX_WASM_[A-Z_]+)`", text))
