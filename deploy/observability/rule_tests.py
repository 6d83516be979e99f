"""`rules.*.test.yaml`: promtool's tests of every alert; `python -m deploy.observability` writes them.

Each alert is silent while all is well, does not ring before its time, and rings then. A burn rings above its factor,
and is silent below it, after it has ended (the short window) and when it has only begun (the long one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from deploy.observability.rules import as_yaml
from deploy.observability.slo import FOLDER, Alert, Burn, Catalogue, Objective, Valued, catalogue, minutes

EVERY: Final = ("1m", "5m", "30m")
"""Between two evaluations: of the alerts, of the burns of hours, of the burn of days."""
HEADING: Final = "# Generated from slo.yaml by `make schemas`; do not edit. Run: promtool test rules FILE\n"
_PER_MINUTE: Final = 10_000
_LATER: Final = 10
"""Minutes in which an alert that should be silent stays so beyond its time."""
Test = dict[str, Any]
Segments = Sequence[tuple[int, float]]
"""Minutes, and the share of bad ones in them; one after another."""


def document_of(every: str) -> Path:
    """Return the file of the tests that are evaluated so often."""
    return FOLDER / f"rules.{every}.test.yaml"


def render(every: str, source: Catalogue | None = None) -> str:
    """Return the document of the tests that are evaluated so often."""
    tests = [test for interval, test in _tests(source or catalogue()) if interval == every]
    return HEADING + as_yaml({"rule_files": ["rules.yaml"], "evaluation_interval": every, "tests": tests})


def _tests(source: Catalogue) -> Iterator[tuple[str, Test]]:
    for alert in source.alerts:
        for series in (alert.test, *alert.further_tests):
            yield from (("1m", test) for test in _of_alert(alert, series))
    for objective in source.objectives:
        for burn in source.burns:
            every = "5m" if minutes(burn.long) < minutes("1d") else "30m"
            yield from ((every, test) for test in _of_burn(objective, burn, 2 * minutes(every)))


def _of_alert(alert: Alert, series: Sequence[Valued]) -> Iterator[Test]:
    wait, onset = minutes(alert.wait), minutes(alert.onset)
    end = wait + onset + _LATER
    well = [{"series": each.series, "values": _values(each.well, end)} for each in series]
    ill = [{"series": each.series, "values": _values(each.ill, end)} for each in series if each.ill is not None]
    named = f'alertname="{alert.alert}"'
    yield _test(f"{alert.alert}: all is well", well, [_expected(named, end, 0)])
    before = [_expected(named, wait - 1, 0)] if wait else []
    yield _test(f"{alert.alert}: just too much", ill, [*before, _expected(named, wait + onset + 1, 1)])


def _values(values: str, end: int) -> str:
    return f"{values}x{end}" if "+" in values else f"{values}+0x{end}"


def _of_burn(objective: Objective, burn: Burn, more: int) -> Iterator[Test]:
    long, short = minutes(burn.long), minutes(burn.short)
    share = burn.factor * objective.budget
    cases: Mapping[str, tuple[Segments, int]] = {
        "above": ([(long + more, 1.1 * share)], 1),
        "below": ([(long + more, 0.9 * share)], 0),
        "has ended": ([(long, 1.1 * share * long / (long - short - more)), (short + more, 0)], 0),
        "has only begun": ([(long, 0), (short + more, 1.1 * share)], 0),
    }
    named = f'alertname="{objective.alert}",burn="{burn.factor:g}"'
    for case, (segments, number) in cases.items():
        series = [{"series": each.series, "values": _counted(each.counts, segments)} for each in objective.test]
        end = sum(length for length, _ in segments)
        yield _test(f"{objective.alert} {burn.factor:g}: {case}", series, [_expected(named, end, number)])


def _counted(what: str, segments: Segments) -> str:
    """Return a counter that grows by its part of so many a minute, in promtool's notation."""
    parts, value = [], 0
    for length, share in segments:
        bad = round(_PER_MINUTE * share)
        step = {"all": _PER_MINUTE, "good": _PER_MINUTE - bad, "bad": bad}[what]
        parts.append(f"{value}+{step}x{length - 1}")
        value += step * length
    return " ".join(parts)


def _test(name: str, series: Sequence[Mapping[str, str]], expected: Sequence[Test]) -> Test:
    return {"name": name, "interval": "1m", "input_series": list(series), "promql_expr_test": list(expected)}


def _expected(named: str, minute: int, number: int) -> Test:
    """Expect so many alerts to ring; the value of ALERTS says no more than that."""
    expression = f'count(ALERTS{{alertstate="firing",{named}}}) or vector(0)'
    return {"expr": expression, "eval_time": f"{minute}m", "exp_samples": [{"labels": "{}", "value": number}]}
