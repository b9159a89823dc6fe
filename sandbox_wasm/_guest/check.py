# Runs in a session of its own, on CPython: compiles what is in `source`, and does not run it.
import ast
import warnings


class Returns(ast.NodeTransformer):
    """Makes of a return outside functions what may stand there."""

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = leave

    def visit_Return(self, node):
        value = node.value or ast.Constant(None)
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(value), node))


def parse():
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    if not allow_return:
        return compile(source, "<sandbox>", "exec", flags, dont_inherit=True)
    tree = compile(source, "<sandbox>", "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    return compile(Returns().visit(tree), "<sandbox>", "exec", flags, dont_inherit=True)


def shown(error):
    kind = type(error).__name__
    if not isinstance(error, SyntaxError):
        return ["error", "SyntaxError", "too large or too deep to be compiled: " + kind] + [None] * 4
    return ["error", kind, str(error.msg), error.lineno, error.offset, error.end_lineno, error.end_offset]


found = []
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    try:
        parse()
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        found.append(shown(error))
for each in seen[:100]:
    found.append(["warning", each.category.__name__, str(each.message), each.lineno, None, None, None])
found
