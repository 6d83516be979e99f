"""The oracle of the fault campaign and the stranger stay independent: they know only what they read themselves.

The oracle also knows the ledger of its run. The stranger reads Kafka with a client that the product does not use.
"""

import ast
import sys

import pytest

from tests.architecture.sources import Source, sources

ALLOWED = {
    "tests/faults/oracle/": ("httpx2", "aiokafka", "tests.faults.oracle", "tests.faults.ledger"),
    "tests/stranger/": ("confluent_kafka", "yaml", "tests.stranger"),
}
"""What each may import beside the standard library: clients, a reader of YAML, and its own modules."""


def imported(source: Source) -> set[str]:
    """Return every module a file names in an import."""
    modules = set()
    for node in source.walk(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, source.path
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules.update(name.name for name in node.names)
    return modules


def is_allowed(module: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether a module is of the standard library, or one of those allowed or below it."""
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or any(module == name or module.startswith(f"{name}.") for name in allowed)


@pytest.mark.parametrize("folder", ALLOWED)
def test_no_code_of_the_product_is_imported(folder: str) -> None:
    modules = [source for source in sources() if source.path.startswith(folder)]
    assert modules
    wrong = {source.path: {m for m in imported(source) if not is_allowed(m, ALLOWED[folder])} for source in modules}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_what_is_not_allowed_is_found() -> None:
    allowed = ALLOWED["tests/stranger/"]
    assert is_allowed("tests.stranger.log", allowed)
    assert not any(
        is_allowed(name, allowed) for name in ("ilp_monitoring", "aiokafka", "tests.strangers", "deploy.dev")
    )


def test_what_the_oracle_knows_of_a_run_is_plain_data() -> None:
    (ledger,) = (source for source in sources() if source.path == "tests/faults/ledger.py")
    assert {module for module in imported(ledger) if module.split(".")[0] not in sys.stdlib_module_names} == set()
