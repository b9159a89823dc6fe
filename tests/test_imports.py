"""The import graph is the architecture; this test keeps it so."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox_wasm

PACKAGE = Path(sandbox_wasm.__file__).parent
LAYERS = [  # a module imports only from layers above its own line
    "_errors _audit _output _builtins _content _coroutines _crowds _filesystem _guest _locks",
    "_journal _noted _seccomp _volume",
    "_watch _checks _thread",
    "_host_directory _host_file",
    "_host _lockdown _nodes",
    "_changes _table",
    "_tree",
    "_limits _problem _result _room _sources _state _turns",
    "_recorded",
    "_addresses _descriptors _overlay _waits",
    "_decode _origins _paths _submissions",
    "_account _values _naming _objects _hints _background",
    "_parameters",
    "_calls",
    "_credentials",
    "_schemas _host_function",
    "_answering _stubs",
    "_listing",
    "_arguments _files _functions _network _wasi",
    "_files_form _owner",
    "_snapshot",
    "_session_files _wheels",
    "_dialects _mounts",
    "_ledger",
    "_approval _connect _prelude _request",
    "_answer",
    "_wasm",
    "_resolve",
    "_packages",
    "interpreters",
    "_fetch _worker_host",
    "_checkpoint _job",
    "_keeper",
    "_deadline",
    "_lane _watchdog",
    "_crew",
    "_snapshots _stored_run",
    "_continuation",
    "_lifecycle _typecheck",
    "_check",
    "_session",
    "_async _lease _pool_statistics",
    "_program _ready",
    "_leases",
    "_programs",
    "_doctor _run _pool _rows_job _rows_source _worker",
    "_rows_checkpoint _rows_runner _tasks",
    "_rows",
    "__init__",
    "_tables _terminal",
    "_cli_exit _tables_sqlite",
    "_json _repl",
    "testing integrations",
    "_cli_map_plan",
    "_cli_map_run",
    "_cli_files _cli_limits _cli_network _cli_place _cli_snapshots _cli_source _cli_tokens",
    "_cli_commands",
    "_cli_map _cli_mcp _cli_serve",
    "cli",
    "__main__",
]
RANK = {name: rank for rank, line in enumerate(LAYERS) for name in line.split()}
# What a user's program could do as well: these see the public names and one another.
OUTSIDE = {"_json", "_tables", "_tables_sqlite", "_terminal", "_repl", "cli", "integrations"}
OUTSIDE |= {"_cli_commands", "_cli_exit", "_cli_files", "_cli_limits", "_cli_mcp", "_cli_network"}
OUTSIDE |= {"_cli_map", "_cli_map_plan", "_cli_map_run", "_cli_place", "_cli_serve"}
OUTSIDE |= {"_cli_snapshots", "_cli_source", "_cli_tokens"}
OUTSIDE |= {"__main__"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def home(path: Path) -> tuple[str, ...]:
    return ("sandbox_wasm", *path.relative_to(PACKAGE).with_suffix("").parts)


def is_for_types_only(node: ast.AST) -> bool:
    """Whether *node* is ``if TYPE_CHECKING:``, which does not run."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return "TYPE_CHECKING" == (getattr(test, "id", None) or getattr(test, "attr", None))


def walk(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    """Yield all nodes below *node*; those for types only if *types*, else only the others."""
    for child in ast.iter_child_nodes(node):
        if is_for_types_only(child):
            assert isinstance(child, ast.If)
            if types:
                for statement in child.body:
                    yield from ast.walk(statement)
            for statement in child.orelse:
                yield from walk(statement, types)
        else:
            if not types:
                yield child
            yield from walk(child, types)


def imports(path: Path, *, types: bool = False) -> Iterator[str]:
    """Yield the absolute dotted name of all that *path* imports."""
    for node in walk(ast.parse(path.read_text("utf-8")), types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(home(path)[: -node.level]) if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def layer(name: str) -> str:
    """The layer that an imported ``sandbox_wasm...`` name belongs to."""
    _, *rest = name.split(".")
    return rest[0] if rest and rest[0] in RANK else "__init__"


def test_every_module_has_a_layer() -> None:
    """
    A new module is placed in LAYERS by a decision, not by default.
    """
    assert MODULES
    assert set() == {home(path)[1] for path in MODULES} - set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(home(path)))
def test_imports_point_downward(path: Path) -> None:
    """
    No module imports its own layer's neighbours, or anything above it.
    """
    own = home(path)[1]

    for name in imports(path):
        root = name.split(".")[0]
        if root == "wasmtime":
            assert "_wasm" == own, f"{path.name} imports wasmtime"
        elif root == "click":
            assert own.startswith(("cli", "_cli_")), f"{path.name} imports click"
        elif root == "sandbox_wasm":
            target = layer(name)

            assert own == target or RANK[target] < RANK[own], f"{own} -> {target}"
            if own in OUTSIDE and own != target:
                assert target in OUTSIDE | {"__init__"}, f"{own} -> private {target}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(home(path)))
def test_imports_for_types_stay_in_the_package(path: Path) -> None:
    """
    What is imported for annotations alone may point upward, for it never runs, but the engine
    stays hidden from annotations, too.
    """
    own = home(path)[1]

    for name in imports(path, types=True):
        if name.split(".")[0] == "wasmtime":
            assert "_wasm" == own, f"{path.name} names wasmtime in its types"
        if own in OUTSIDE and name.startswith("sandbox_wasm."):
            assert layer(name) in OUTSIDE | {"__init__"}, f"{own} -> private {name}"


def test_modules_import_one_another_without_a_cycle() -> None:
    """
    Within a sub-package, where the layers do not tell, the order is sound, too.
    """
    names = {".".join(home(path)).removesuffix(".__init__"): path for path in MODULES}
    graph: dict[str, set[str]] = {name: set() for name in names}
    for name, path in names.items():
        for target in imports(path):
            found = target if target in names else target.rpartition(".")[0]
            if found in names and found not in {name, "sandbox_wasm"}:
                graph[name].add(found)

    tuple(graphlib.TopologicalSorter(graph).static_order())  # a CycleError names the cycle


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(home(path)))
def test_modules_stay_small(path: Path) -> None:
    """
    A module that has outgrown one reading is cut in two.
    """
    assert len(path.read_text("utf-8").splitlines()) <= 400
