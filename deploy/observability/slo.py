"""The file `slo.yaml`: objectives, burn rates and alerts, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

import yaml
from pydantic import Field

from deploy.dev.config import ROOT
from ilp_shared.models import Frozen
from ilp_shared.text import Text

FOLDER: Final = ROOT / "deploy" / "observability"
_UNITS: Final = {"m": 1, "h": 60, "d": 1_440}
Duration = str
"""A number of minutes, hours or days, as Prometheus writes it."""
Severity = Literal["page", "ticket"]


def minutes(duration: Duration) -> int:
    """Return the minutes of a duration; raises ValueError for another form."""
    match = re.fullmatch(r"(\d+)([mhd])", duration)
    if match is None:
        raise ValueError(f"{duration} is no duration")
    return int(match[1]) * _UNITS[match[2]]


class Burn(Frozen):
    """How fast the budget of bad answers may be used up before an alert rings."""

    factor: float
    """1: the budget of 30 days lasts 30 days."""
    long: Duration
    short: Duration
    severity: Severity


class Counted(Frozen):
    """One series of the test of an objective, and what it counts."""

    series: str
    counts: Literal["all", "good", "bad"]


class Objective(Frozen):
    """A share of good answers, or batches, that is promised for 30 days."""

    name: str = Field(pattern=r"^[a-z_]+$")
    alert: str
    title: Text
    percent: float = Field(gt=0, lt=100)
    by: tuple[str, ...]
    total: str
    bad: str
    summary: Text
    test: tuple[Counted, ...]

    @property
    def budget(self) -> float:
        """Share of bad ones that is allowed."""
        return round(1 - self.percent / 100, 6)


class Valued(Frozen):
    """One series of the test of an alert: its values while all is well, and when there is just too much."""

    series: str
    well: str
    ill: str | None
    """None: there is no such series."""


class Alert(Frozen):
    """A condition that needs an operator."""

    alert: str
    group: str
    expr: str
    threshold: float
    wait: Duration = Field("0m", alias="for")
    onset: Duration = "0m"
    """How long the expression itself needs to see the condition."""
    severity: Severity
    summary: Text
    test: tuple[Valued, ...]
    further_tests: tuple[tuple[Valued, ...], ...] = ()


class Catalogue(Frozen):
    """All of `slo.yaml`."""

    burns: tuple[Burn, ...]
    least_bad: int
    objectives: tuple[Objective, ...]
    alerts: tuple[Alert, ...]
    elsewhere: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The names of all alerts, in their order."""
        return [objective.alert for objective in self.objectives] + [alert.alert for alert in self.alerts]


@cache
def catalogue() -> Catalogue:
    """Read the file; raises ValidationError for a wrong one."""
    return Catalogue.model_validate(yaml.safe_load((FOLDER / "slo.yaml").read_text(encoding="utf-8")))
