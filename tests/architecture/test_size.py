"""Modules stay short enough to read at once, functions shorter still."""

import ast

from tests.architecture.sources import sources

MODULE_LINES, TEST_LINES, FUNCTION_LINES = 300, 400, 40


def test_modules() -> None:
    long = {}
    for source in sources():
        limit = TEST_LINES if source.path.startswith("tests/") else MODULE_LINES
        lines = source.text.count("\n")
        if lines > limit:
            long[source.path] = lines
    assert long == {}


def test_functions() -> None:
    long = {}
    for source in sources():
        for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef):
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if own_lines(node) > FUNCTION_LINES:
                long[f"{source.path}:{node.name}"] = own_lines(node)
    assert long == {}


def own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without those of functions defined in it (they are judged themselves)."""
    inner = [n for n in ast.walk(node) if n is not node and isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    nested = {line for n in inner for line in range(n.lineno, (n.end_lineno or n.lineno) + 1)}
    return len(set(range(node.lineno, (node.end_lineno or node.lineno) + 1)) - nested)


def test_no_drawer_modules() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
    assert [source.path for source in sources() if drawers.intersection(source.path[:-3].split("/"))] == []
