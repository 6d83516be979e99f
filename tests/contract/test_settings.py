"""The table of settings: as the classes are, with words for every one."""

from collections.abc import Sequence

import pytest

from deploy.dev import settings_table
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


@pytest.mark.parametrize("call", [[], ["print"], ["write", "check"]])
def test_a_wrong_call_changes_nothing(call: Sequence[str]) -> None:
    before = DOCUMENT.read_text(encoding="utf-8")
    assert settings_table.main(list(call)) == 2
    assert DOCUMENT.read_text(encoding="utf-8") == before
