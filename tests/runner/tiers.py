"""The tiers of `tests/tiers.toml`, and what each runs for one service alone."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.dev.config import ROOT

TABLE = ROOT / "tests" / "tiers.toml"
TOLERANCE = 1.5
"""A tier fails when it costs more than its budget times this."""
FOLDERS = {"registry": "registry", "screening": "screening", "cluster-services": "cluster", "monitoring": "monitoring"}
"""Under which name the tests of a service lie, in folders and in the ids of access tests."""


class UnknownName(Exception):  # noqa: N818 - it says what is the case
    """There is no such tier or service; the text names those that there are."""


@dataclass(frozen=True)
class Tier:
    """One step of a run: commands, or paths for one pytest process."""

    name: str
    what: str
    cpu_s: float
    cpu_s_per_test: float = 0.0
    commands: Sequence[Sequence[str]] = ()
    paths: Sequence[str] = ()
    first: Sequence[str] = ()
    """The modules below the paths that take longest, begun first."""
    workers: int = 0
    service: Sequence[str] = ()
    """The paths for one service alone."""
    keyword: str = ""
    """Which of the tests below the paths, as for `pytest -k`."""
    beside: str = ""
    """The tier at whose side it runs, where that one leaves a core idle. Only for tests."""
    thorough: bool = False
    """Whether to draw as many random examples as `make test-all` does."""
    everything: bool = False
    """Whether it is left to `make test-all` where it is not asked for by name: long, or in need of root."""
    budgeted: bool = True
    """The budget is that of the whole tier in `make test`."""

    def budget_s(self, tests: int) -> float:
        """Return what the tier may cost for so many tests, in CPU seconds."""
        return self.cpu_s + self.cpu_s_per_test * tests

    @property
    def arguments(self) -> list[str]:
        """The arguments of its pytest."""
        workers = ["-n", str(self.workers), "--dist", "loadscope"] if self.workers else []
        keyword = ["-k", self.keyword] if self.keyword else []
        return [*self.paths, *workers, *keyword, *(["--thorough"] if self.thorough else [])]


def read(table: Path = TABLE) -> list[Tier]:
    """Return all tiers, in their order."""
    content: Mapping[str, dict[str, Any]] = tomllib.loads(table.read_text(encoding="utf-8"))
    return [Tier(name, **entry) for name, entry in content.items()]


def named(tiers: Sequence[Tier], names: Sequence[str]) -> list[Tier]:
    """Return the tiers with these names in the order of the table, those of `make test` when none is named.

    Raises UnknownName.
    """
    known = {tier.name for tier in tiers}
    for name in names:
        if name not in known:
            raise UnknownName(f"no tier is called {name!r}; there are: {', '.join(tier.name for tier in tiers)}")
    return [tier for tier in tiers if (tier.name in names if names else not tier.everything)]


def groups(tiers: Sequence[Tier]) -> list[list[Tier]]:
    """Return the tiers in groups that run side by side; a tier runs alone where the one beside it is not asked for."""
    grouped: list[list[Tier]] = []
    for tier in tiers:
        if grouped and tier.beside in {other.name for other in grouped[-1]}:
            grouped[-1].append(tier)
        else:
            grouped.append([tier])
    return grouped


def of_service(tiers: Sequence[Tier], service: str) -> list[Tier]:
    """Return what concerns one service: its unit, contract, service and access tests, and a fault; UnknownName."""
    folder = FOLDERS.get(service.replace("_", "-"))
    if folder is None:
        raise UnknownName(f"no service is called {service!r}; there are: {', '.join(FOLDERS)}")
    return [_narrowed(tier, folder) for tier in tiers if tier.service]


def _narrowed(tier: Tier, folder: str) -> Tier:
    paths = [path.format(service=folder) for path in tier.service]
    keyword = folder if "tests/access" in paths else ""
    return Tier(
        tier.name,
        f"{tier.what}: {folder}",
        tier.cpu_s,
        tier.cpu_s_per_test,
        paths=[path for path in paths if (ROOT / path).exists()],
        workers=tier.workers,
        keyword=keyword,
        budgeted=False,
    )
