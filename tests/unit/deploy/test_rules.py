"""The rules, by promtool: each alert is silent while all is well and rings in time, and a broken one is noticed."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.observability import rule_tests, rules
from deploy.observability.slo import Catalogue, catalogue
from tests.support.prometheus import provide

WHOLE = catalogue()
ALERTS = WHOLE.model_copy(update={"objectives": ()})
OBJECTIVES = {one.name: WHOLE.model_copy(update={"objectives": (one,), "alerts": ()}) for one in WHOLE.objectives}
Rule = dict[str, Any]
Mutation = Callable[[Rule], None]
_RANG_WRONGLY = re.compile(r"alertname=\W*(\w+)\W+(?:burn=\W*([\d.]+))?")
_COMPARISON = re.compile(r"(>=|>|<) (-?[\d.]+)\b(?! \*)")
_BURN = re.compile(r"> ([\d.]+) \* ([\d.]+)")


def failures(folder: Path, source: Catalogue, mutation: Mutation | None = None) -> set[str]:
    """Run promtool on a part of the rules, each alert mutated, and return the alerts whose tests fail."""
    promtool = provide("promtool")
    document = {"groups": rules.groups(source)}
    for rule in (rule for group in document["groups"] for rule in group["rules"] if "alert" in rule):
        if mutation is not None:
            mutation(rule)
    (folder / "rules.yaml").write_text(rules.as_yaml(document), encoding="utf-8")
    wrong: set[str] = set()
    for every in rule_tests.EVERY:
        text = rule_tests.render(every, source)
        if not yaml.safe_load(text)["tests"]:
            continue
        (folder / "tests.yaml").write_text(text, encoding="utf-8")
        command = [str(promtool), "test", "rules", str(folder / "tests.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        names = {" ".join(filter(None, match)) for match in _RANG_WRONGLY.findall(done.stdout + done.stderr)}
        assert bool(done.returncode) == bool(names), done.stderr
        wrong |= names
    return wrong


def turned(rule: Rule) -> None:
    rule["expr"] = _COMPARISON.sub(lambda m: f"{'<' if m[1][0] == '>' else '>'} {m[2]}", rule["expr"])


def looser(rule: Rule) -> None:
    rule["expr"] = _COMPARISON.sub(lambda m: f"{m[1]} {_moved(float(m[2]), up=m[1][0] == '>'):g}", rule["expr"])


def tighter(rule: Rule) -> None:
    rule["expr"] = _COMPARISON.sub(lambda m: f"{m[1]} {_moved(float(m[2]), up=m[1][0] == '<'):g}", rule["expr"])


def _moved(threshold: float, *, up: bool) -> float:
    if threshold in (0, 1):
        return threshold + (1 if up else -1)
    return threshold * 2 if up else threshold / 2


def slower(rule: Rule) -> None:
    rule["for"] = f"{int(rule.get('for', '0m')[:-1]) + 3}m"


def burning_longer(rule: Rule) -> None:
    rule["expr"] = _BURN.sub(lambda m: f"> {float(m[1]) * 1.3:g} * {m[2]}", rule["expr"])


def burning_shorter(rule: Rule) -> None:
    rule["expr"] = _BURN.sub(lambda m: f"> {float(m[1]) * 0.7:g} * {m[2]}", rule["expr"])


def without_the_long_window(rule: Rule) -> None:
    rule["expr"] = " and ".join(rule["expr"].split(" and ")[1:])


def without_the_short_window(rule: Rule) -> None:
    first, _, *rest = rule["expr"].split(" and ")
    rule["expr"] = " and ".join([first, *rest])


def test_prometheus_takes_the_committed_rules() -> None:
    command = [str(provide("promtool")), "check", "rules", str(rules.DOCUMENT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_rings_in_time_and_only_then(tmp_path: Path) -> None:
    assert failures(tmp_path, ALERTS) == set()


@pytest.mark.parametrize("mutation", [turned, looser, tighter, slower], ids=lambda each: each.__name__)
def test_every_broken_alert_is_noticed(tmp_path: Path, mutation: Mutation) -> None:
    unchanged = failures(tmp_path, ALERTS, mutation) ^ {alert.alert for alert in ALERTS.alerts}
    assert unchanged == set()


def chosen_objectives(*, thorough: bool) -> Iterator[Catalogue]:
    """Yield all objectives in a thorough run, else the first: one template makes the rules of all."""
    yield from list(OBJECTIVES.values())[: None if thorough else 1]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_burn_rings_above_its_rate_and_only_then(tmp_path: Path, name: str) -> None:
    assert failures(tmp_path, OBJECTIVES[name]) == set()


def test_a_release_that_fails_from_its_start_rings(tmp_path: Path) -> None:
    """A process that has never answered well has no series of good answers."""
    labels = 'job="a",method="GET",route="/v1/x",status="500"'
    counted = {"series": f"ilp_http_request_seconds_count{{{labels}}}", "values": "0+100x69"}
    quick = {"series": f'ilp_http_request_seconds_bucket{{{labels},le="0.3"}}', "values": "0+100x69"}
    rings = {"expr": 'count(ALERTS{alertstate="firing",alertname="IlpReadsSlow",burn="14.4"})', "eval_time": "70m"}
    test = {
        "interval": "1m",
        "input_series": [counted, quick],
        "promql_expr_test": [{**rings, "exp_samples": [{"labels": "{}", "value": 1}]}],
    }
    document = {"rule_files": [str(rules.DOCUMENT)], "evaluation_interval": "5m", "tests": [test]}
    (tmp_path / "tests.yaml").write_text(rules.as_yaml(document), encoding="utf-8")
    command = [str(provide("promtool")), "test", "rules", str(tmp_path / "tests.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "mutation",
    [burning_longer, burning_shorter, without_the_long_window, without_the_short_window],
    ids=lambda each: each.__name__,
)
def test_every_broken_burn_is_noticed(tmp_path: Path, thorough: bool, mutation: Mutation) -> None:
    for source in chosen_objectives(thorough=thorough):
        (objective,) = source.objectives
        expected = {f"{objective.alert} {burn.factor:g}" for burn in source.burns}
        assert failures(tmp_path, source, mutation) == expected, objective.name


def test_a_failure_of_a_quiet_night_is_no_trend(tmp_path: Path) -> None:
    def eager(rule: Rule) -> None:
        rule["expr"] = rule["expr"].replace(">= 5", ">= 5e9")

    assert len(failures(tmp_path, OBJECTIVES["writes"], eager)) == len(WHOLE.burns), "the least number is in force"
