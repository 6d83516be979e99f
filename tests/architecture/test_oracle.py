"""The oracle of the fault campaign stays independent: it knows the ledger, and otherwise only what it reads itself."""

import ast
import sys

from tests.architecture.sources import Source, sources

ORACLE = "tests/faults/oracle/"
CLIENTS = {"httpx2", "aiokafka"}
"""One to read over HTTP, one to read Kafka; the rest is the standard library's."""
OWN = ("tests.faults.oracle", "tests.faults.ledger")


def imported(source: Source) -> set[str]:
    """Return every module a file names in an import."""
    found = set()
    for node in source.walk(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, source.path
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return found


def is_allowed(module: str) -> bool:
    """Tell whether the oracle may import a module."""
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or top in CLIENTS or module.startswith(OWN)


def test_the_oracle_imports_no_code_of_the_product() -> None:
    modules = [source for source in sources() if source.path.startswith(ORACLE)]
    assert modules
    assert {source.path: bad for source in modules if (bad := {m for m in imported(source) if not is_allowed(m)})} == {}


def test_what_the_oracle_knows_of_a_run_is_plain_data() -> None:
    (ledger,) = (source for source in sources() if source.path == "tests/faults/ledger.py")
    assert {module for module in imported(ledger) if module.split(".")[0] not in sys.stdlib_module_names} == set()
