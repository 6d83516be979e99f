"""The oracle is only worth something while it shares nothing with what it checks."""

import ast
import sys
from pathlib import Path

import ilp_monitoring.recount

FOLDER = Path(ilp_monitoring.recount.__file__).parent
ALLOWED = sys.stdlib_module_names | {"asyncpg"}


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {path.name}"
            names.add(node.module or "")
    return names


def test_recount_imports_only_itself_asyncpg_and_the_standard_library() -> None:
    """Neither ilp_shared nor the rest of ilp_monitoring: no shared code, SQL or constants."""
    modules = sorted(FOLDER.glob("*.py"))
    assert len(modules) > 5
    for path in modules:
        other = {
            name
            for name in _imported(path)
            if name.split(".")[0] not in ALLOWED and not name.startswith("ilp_monitoring.recount")
        }
        assert other == set(), path.name
