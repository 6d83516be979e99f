"""`rules.yaml`: Prometheus rules out of `slo.yaml`; `python -m deploy.observability` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

from deploy.observability.slo import FOLDER, Alert, Burn, Catalogue, Objective, catalogue, minutes
from ilp_shared.text import Text

DOCUMENT: Final = FOLDER / "rules.yaml"
RUNBOOKS: Final = "deploy/runbooks"
HEADING: Final = """\
# Generated from slo.yaml by `make schemas`; do not edit. Tested by promtool: rules.*.test.yaml.
# Scrape `/metrics` of every api and worker as jobs `ilp-<service>-api` and `ilp-<service>-worker`.
"""
Rule = dict[str, Any]


def render(source: Catalogue | None = None) -> str:
    """Return the document."""
    return HEADING + as_yaml({"groups": groups(source or catalogue())})


def as_yaml(document: object) -> str:
    """Return a document in one fixed form."""
    text: str = yaml.dump(document, sort_keys=False, allow_unicode=True, width=1_000)
    return text


def groups(source: Catalogue) -> list[dict[str, Any]]:
    """Return the groups: one for each objective, which records its rates first, then those of the alerts."""
    parts: dict[str, list[Rule]] = {}
    for objective in source.objectives:
        burning = (_burning(objective, burn, source.least_bad) for burn in source.burns)
        parts[f"ilp-{objective.name.replace('_', '-')}"] = [*_recorded(objective), *burning]
    for alert in source.alerts:
        parts.setdefault(f"ilp-{alert.group}", []).append(_alerting(alert))
    return [{"name": name, "rules": rules} for name, rules in parts.items()]


def recorded_names(objective: Objective) -> tuple[str, str]:
    """Return the names of the recorded rates: bad ones, all."""
    return f"ilp:{objective.name}_bad:rate5m", f"ilp:{objective.name}:rate5m"


def _recorded(objective: Objective) -> Iterator[Rule]:
    """Yield the rates of five minutes: longer windows are means of these, which costs a national Prometheus little."""
    bad, total = recorded_names(objective)
    whole = objective.total.replace("$window", "5m")
    yield {"record": bad, "expr": f"({objective.bad.replace('$window', '5m')}) or 0 * {whole}"}
    yield {"record": total, "expr": whole}


def _burning(objective: Objective, burn: Burn, least: int) -> Rule:
    bad, total = recorded_names(objective)
    limit = f"{burn.factor:g} * {objective.budget:g}"
    return {
        "alert": objective.alert,
        "expr": f"{_share(bad, total, burn.long)} > {limit}"
        f" and {_share(bad, total, burn.short)} > {limit}"
        f" and avg_over_time({bad}[{burn.long}]) * {minutes(burn.long) * 60} >= {least}",
        "labels": {"severity": burn.severity, "burn": f"{burn.factor:g}"},
        "annotations": _annotations(objective.alert, objective.summary),
    }


def _share(bad: str, total: str, window: str) -> str:
    if window == "5m":
        return f"{bad} / {total}"
    return f"avg_over_time({bad}[{window}]) / avg_over_time({total}[{window}])"


def _alerting(alert: Alert) -> Rule:
    wait = {} if alert.wait == "0m" else {"for": alert.wait}
    return {
        "alert": alert.alert,
        "expr": alert.expr.replace("$threshold", f"{alert.threshold:.12g}"),
        **wait,
        "labels": {"severity": alert.severity},
        "annotations": _annotations(alert.alert, alert.summary),
    }


def _annotations(name: str, summary: Text) -> dict[str, str]:
    return {"summary": summary.both, "runbook": f"{RUNBOOKS}/{name}.md"}
