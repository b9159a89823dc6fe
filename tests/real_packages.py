"""Packages as they are published, each at a real task. Needs a package index.

    python -m pytest tests/real_packages.py

is not part of the tests, because it fetches from the index that pip is set up with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_wasm import ConfigError, Limits, Session, build_wheels

TASKS = {
    "attrs": (
        """
import attr, attrs

@attrs.define(order=True)
class Point:
    x: int = attrs.field(converter=int, validator=attrs.validators.ge(0))
    y: int = 0

try:
    Point(-1)
except ValueError as error:
    refused = type(error).__name__
attrs.asdict(max(Point("3", 4), Point(2, 9))), refused, repr(attrs.evolve(Point(1), y=5))
""",
        ({"x": 3, "y": 4}, "ValueError", "Point(x=1, y=5)"),
    ),
    "python-dateutil": (
        """
from datetime import datetime
from dateutil import parser, relativedelta, rrule, tz
start = parser.parse("31 January 2024 10:00")
months = [start + relativedelta.relativedelta(months=n) for n in range(3)]
fridays = rrule.rrule(rrule.MONTHLY, byweekday=rrule.FR(-1), count=2, dtstart=start)
[m.day for m in months], [d.isoformat()[:10] for d in fridays], str(tz.UTC.utcoffset(start))
""",
        ([31, 29, 31], ["2024-02-23", "2024-03-29"], "0:00:00"),
    ),
    "sympy": (
        """
from sympy import Eq, Symbol, dsolve, Function, integrate, pi, sin, solve, sqrt, Matrix
x = Symbol("x")
area = integrate(sin(x) ** 2, (x, 0, pi))
(str(area), sorted(map(str, solve(x**2 - 2))), str(pi.evalf(30)),
 str(Matrix([[1, 2], [3, 4]]).inv()))
""",
        (
            "pi/2",
            ["-sqrt(2)", "sqrt(2)"],
            "3.14159265358979323846264338328",
            "Matrix([[-2, 1], [3/2, -1/2]])",
        ),
    ),
    "beautifulsoup4": (
        """
from bs4 import BeautifulSoup
html = "<ul><li class=a>one<li><a href='/x'>two</a></ul><script>no</script>"
soup = BeautifulSoup(html, "html.parser")
[li.get_text() for li in soup.select("li.a")], soup.a["href"], soup.ul.get_text(" ", strip=True)
""",
        (["onetwo"], "/x", "one two"),
    ),
    "networkx": (
        """
import networkx as nx
graph = nx.Graph()
graph.add_weighted_edges_from([("a", "b", 4), ("b", "c", 1), ("a", "c", 9), ("c", "d", 2)])
path = nx.dijkstra_path(graph, "a", "d")
path, nx.is_connected(graph), sorted(nx.minimum_spanning_tree(graph).edges()), nx.diameter(graph)
""",
        (["a", "b", "c", "d"], True, [("a", "b"), ("b", "c"), ("c", "d")], 2),
    ),
    "rich": (
        """
import io
from rich.console import Console
from rich.table import Table
table = Table(title="Cities")
table.add_column("name")
table.add_column("people", justify="right")
table.add_row("[bold]Oslo[/bold]", "700,000")
console = Console(file=io.StringIO(), width=30, force_terminal=False)
console.print(table)
lines = console.file.getvalue().splitlines()
lines[0].strip(), [word for word in lines[4].split() if word.isalnum() or "," in word]
""",
        ("Cities", ["Oslo", "700,000"]),
    ),
    "typing-extensions annotated-types typing-inspection": (
        """
from typing import Annotated, get_type_hints
from annotated_types import Ge, Interval, Len
from typing_extensions import TypedDict, Required, NotRequired, get_origin, override
from typing_inspection.introspection import AnnotationSource, inspect_annotation
class Movie(TypedDict, total=False):
    title: Required[str]
    year: NotRequired[Annotated[int, Ge(1888)]]
hint = get_type_hints(Movie, include_extras=True)["year"]
found = inspect_annotation(hint, annotation_source=AnnotationSource.TYPED_DICT)
sorted(Movie.__required_keys__), str(found.type), [repr(m) for m in found.metadata]
""",
        (["title"], "<class 'int'>", ["Ge(ge=1888)"]),
    ),
    "jinja2": (
        """
from jinja2 import DictLoader, Environment
pages = {"base": "<b>{% block body %}{% endblock %}</b>",
         "page": "{% extends 'base' %}{% block body %}{% for x in xs if x %}{{ loop.index }}:"
                 "{{ x|upper }};{% endfor %}{% endblock %}"}
env = Environment(loader=DictLoader(pages), autoescape=True)
env.get_template("page").render(xs=["a", "", "<i>"])
""",
        "<b>1:A;2:&lt;I&gt;;</b>",
    ),
    "pyyaml": (
        """
import yaml
text = "base: &b {x: 1}\\nmore:\\n  <<: *b\\n  when: 2024-02-29\\n  list: [1, 2.5, yes, ~]\\n"
data = yaml.safe_load(text)
str(data["more"]["when"]), data["more"]["x"], data["more"]["list"], yaml.safe_dump({"a": [1, "b"]})
""",
        ("2024-02-29", 1, [1, 2.5, True, None], "a:\n- 1\n- b\n"),
    ),
}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing resolved before counts; the compiled interpreter is the usual one."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        with Session() as session:
            session.run("1")
        patch.setenv("SANDBOX_WASM_CACHE", str(folder))
        patch.setenv("PIP_CACHE_DIR", str(folder / "pip"))
        yield


@pytest.fixture(scope="module")
def built(cache: None) -> list[Path]:
    """Pure wheels of what is published with an optional native part."""
    return build_wheels(["markupsafe", "pyyaml"])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("names", TASKS)
def test_real_task(names: str, built: list[Path]) -> None:
    """
    What the package is for works inside.
    """
    code, expected = TASKS[names]
    limits = Limits(wall_seconds=120, memory_bytes=256 << 20)
    with Session(packages=names.split(), limits=limits) as session:
        assert expected == session.run(code).value


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["numpy", "pydantic-core"])
def test_native_code(name: str) -> None:
    """
    The package with native code is refused by its name.
    """
    with pytest.raises(ConfigError, match=f"package '{name}' has native code"):
        Session(packages=[name])


def test_no_such_package() -> None:
    """
    A name that nobody has published is the caller's mistake.
    """
    with pytest.raises(ConfigError, match="cannot be resolved"):
        Session(packages=["sandbox-wasm-no-such-package-here"])
