"""The table of settings: as the classes are, with words for every one. The example of `make run`: what it reads."""

import ast
import re
from collections.abc import Iterator, Sequence

import pytest

from deploy.dev import settings_table
from deploy.dev.config import ROOT
from deploy.dev.settings_table import DOCUMENT, render, services
from ilp_shared.operations.production import variables_of
from ilp_shared.secrets import SUFFIX


def test_the_committed_table_is_as_the_classes_are() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(), "run `make schemas`"


def test_every_variable_that_a_process_reads_is_in_it() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for service in services():
        for kind in (service.settings, *service.load_companions()):
            prefix = str(kind.model_config.get("env_prefix", ""))
            for variable in variables_of(kind):
                name = variable.removeprefix(prefix)
                rows = [f"| `{each}`" for each in (variable, name)]
                rows += [f"| `{each.removesuffix(SUFFIX)}` (`{SUFFIX}`)" for each in (variable, name)]
                assert any(row in text for row in rows), variable


def named_in_the_example() -> set[str]:
    """Return the variables that the example names, commented out as all of them are."""
    return set(re.findall(r"^#(ILP_[A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))


def read_in(text: str) -> Iterator[str]:
    """Yield the variables of the platform that a module reads: `….get("ILP_…")` and `…["ILP_…"]`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            read = node.args[:1]
        elif isinstance(node, ast.Subscript):
            read = [node.slice]
        else:
            continue
        for each in read:
            if isinstance(each, ast.Constant) and str(each.value).startswith("ILP_"):
                yield str(each.value)


def test_the_example_names_what_make_run_reads_and_nothing_else() -> None:
    modules = (ROOT / "deploy" / "dev").rglob("*.py")
    read = {name for module in modules for name in read_in(module.read_text(encoding="utf-8"))}
    kinds = [kind for service in services() for kind in (service.settings, *service.load_companions())]
    of_services = {variable for kind in kinds for variable in variables_of(kind)}
    assert read > {"ILP_PORT", "ILP_DEMO_DATE", "ILP_DEMO_HISTORY", "ILP_CACHE_DIR"}
    assert named_in_the_example() - of_services == read


@pytest.mark.parametrize("call", [[], ["print"], ["write", "check"]])
def test_a_wrong_call_changes_nothing(call: Sequence[str]) -> None:
    before = DOCUMENT.read_text(encoding="utf-8")
    assert settings_table.main(list(call)) == 2
    assert DOCUMENT.read_text(encoding="utf-8") == before
