"""How pytest-xdist distributes tests: module by module, but all that share a running platform as one.

Tests of the demonstration days share one platform, the other tests of pages and of the whole platform another. A pytest
plugin. What takes longest (`first` in `tests/tiers.toml`) is begun first.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.runner import tiers
from tests.support.run import is_worker

SHARING = ("tests/flow/", "tests/browser/")
ON_THEIR_OWN = frozenset(
    {
        "tests/browser/test_conformance.py",
        "tests/flow/test_make_run.py",
        "tests/flow/test_day_cut_short.py",
        "tests/flow/test_history.py",
    }
)
"""They start a platform of their own, or need none."""
OF_DAYS = frozenset(
    {
        "tests/flow/test_demonstration_day.py",
        "tests/flow/test_no_nik_anywhere.py",
        "tests/flow/test_observability.py",
        "tests/flow/test_reader_recipe.py",
        "tests/flow/test_stranger.py",
        "tests/browser/test_accessibility.py",
        "tests/browser/test_budget.py",
        "tests/browser/test_keyboard.py",
        "tests/browser/test_map.py",
        "tests/browser/test_print.py",
        "tests/browser/test_reflow.py",
        "tests/browser/test_without_scripts.py",
    }
)
"""They look at the demonstration days."""


def scope_of(nodeid: str) -> str:
    """Return the part of a run that a test belongs to: tests of one part run in one worker, one after the other."""
    module = nodeid.partition("::")[0]
    if not module.startswith(SHARING) or module in ON_THEIR_OWN:
        return module
    return "platform of days" if module in OF_DAYS else "platform of entries"


class ByPart(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist is not typed
    """Hands whole parts to workers, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def in_order(modules: Sequence[str], first: Sequence[str]) -> list[int]:
    """Return the places of tests, given by module, in the order in which to run them."""
    rank = {module: number for number, module in enumerate(first)}
    return sorted(range(len(modules)), key=lambda place: rank.get(modules[place], len(first)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes longest first, where there are workers to share the rest."""
    if is_worker(config):
        longest = [module for tier in tiers.read() for module in tier.first]
        places = in_order([item.nodeid.partition("::")[0] for item in items], longest)
        items[:] = [items[place] for place in places]


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Distribute by part where distribution by module was asked for."""
    if config.getoption("dist") != "loadscope":
        return None
    config.option.loadscopereorder = False
    return ByPart(config, log)
