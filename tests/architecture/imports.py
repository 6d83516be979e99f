"""Which modules a source names in its imports."""

import ast

from tests.architecture.sources import Source


def imported(source: Source) -> set[str]:
    """Return every module named in an import, and every name taken from one, with dots."""
    names = set()
    for node in source.walk(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.path}: imports are absolute"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names
