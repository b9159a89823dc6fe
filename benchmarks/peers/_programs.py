"""Programs of pyperformance, made ready to run where pyperf is not.

They are read from the package that `_environments.fetch_programs` gets; nothing of them is
here. What times and starts them is taken out, what they do is left as it is.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """One piece of work.

    Attributes:
        name: Of the directory bm_NAME of pyperformance, without that.

        call: Expression that does the work once: some tenths of a second would be too long
            for taking turns, so many are given less to do than by default.

        setup: What comes between the program and its first call.
    """

    name: str
    call: str
    setup: str = ""


# None draws random numbers: interpreters differ in what they draw.
PROGRAMS = (
    Program("nbody", "(advance(0.01, 4000), report_energy())[1]", "offset_momentum(BODIES['sun'])"),
    Program("fannkuch", "fannkuch(8)"),
    Program("spectral_norm", "bench_spectral_norm(1)", "DEFAULT_N = 70"),
    Program("float", "benchmark(20000).x"),
    Program("deltablue", "delta_blue(60)"),
    Program("richards", "Richards().run(1)"),
    Program("nqueens", "len(list(n_queens(7)))"),
    Program("hexiom", "main(1, 10)"),
    Program("pidigits", "sum(calc_ndigits(700))"),
    Program("raytrace", "bench_raytrace(1, 30, 30, None)"),
    Program("generators", "bench_generators(1)"),
    Program(
        "json_dumps",
        "bench_json_dumps(data)",
        "data = [(obj, range(count // 5)) for obj, count in (EMPTY, SIMPLE, NESTED)]",
    ),
    Program("comprehensions", "bench_comprehensions(1000)"),
    Program("deepcopy", "benchmark(60)"),
)


def source(program: Program, home: Path) -> str:
    """Return what a session runs before the first call."""
    path = home / f"bm_{program.name}" / "run_benchmark.py"
    return strip(path.read_text(encoding="utf-8")) + "\n" + program.setup


def strip(text: str) -> str:
    """Return a program without what imports pyperf and starts it, and with its clock at 0."""
    tree = _Stopped().visit(ast.parse(text))
    tree.body = [node for node in tree.body if not _starts(node)]
    return ast.unparse(ast.fix_missing_locations(tree))


def _starts(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "pyperf" for alias in node.names)
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


class _Stopped(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if ast.unparse(node.func) == "pyperf.perf_counter":
            return ast.Constant(0.0)
        return node
