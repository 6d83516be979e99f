"""The alert rules: every metric and label in them is exported under that name, every alert has its way out in words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY as OF_SERVICES
from prometheus_client import CollectorRegistry

from deploy.dev import observation
from ilp_shared import metrics
from tests.architecture.sources import ROOT

RULES = ROOT / "deploy" / "alerts.yaml"
RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")
EXPECTED = {
    "IlpRecountDiffers",
    "IlpRecountTooOld",
    "IlpEventsContradict",
    "IlpEventsParked",
    "IlpConsumerLags",
    "IlpEventsUnpublished",
    "IlpProduceErrors",
    "IlpNotReady",
    "IlpServerErrors",
    "IlpFrontDoorErrors",
    "IlpPoolExhausted",
}
OF_PROMETHEUS = {"up": {"job", "instance"}}
OF_SCRAPES = {"job", "instance", "le"}
"""Labels that Prometheus itself gives."""
_METRIC = re.compile(r"\b(ilp_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPING = re.compile(r"\bby \(([^)]*)\)")
_DURATION = re.compile(r"\d+[smh]")
_LEAST_WORDS = 20


def rules() -> list[dict[str, Any]]:
    """Return the rules of all groups."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    return [rule for group in groups for rule in group["rules"]]


def exported() -> dict[str, set[str]]:
    """Return the names under which services and front door show numbers, with their labels."""
    assert metrics.READY, "the metrics of the services are registered"
    names = dict(OF_PROMETHEUS)
    for registry in (OF_SERVICES, observation.REGISTRY):
        names |= dict(_shown(registry))
    return names


def _shown(registry: CollectorRegistry) -> Iterator[tuple[str, set[str]]]:
    for collector in list(registry._collector_to_names):
        for family in collector.collect():
            labels = set(getattr(collector, "_labelnames", ()))
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
            yield from ((family.name + suffix, labels) for suffix in suffixes)


def unknown_names(rule: Mapping[str, Any], names: Mapping[str, set[str]]) -> list[str]:
    """Return the metrics and labels of a rule that no process exports."""
    used = _METRIC.findall(rule["expr"])
    wrong = [name for name, _ in used if name not in names]
    known: set[str] = set().union(*(names.get(name, set()) for name, _ in used)) | OF_SCRAPES
    wrong += [
        f"{name}: {label}"
        for name, matchers in used
        for label in _MATCHER.findall(matchers)
        if label not in names.get(name, set())
    ]
    grouped = [label.strip() for labels in _GROUPING.findall(rule["expr"]) for label in labels.split(",")]
    mentions = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
    return wrong + [label for label in [*grouped, *mentions] if label not in known]


def unexplained(names: Iterable[str], runbook: str) -> list[str]:
    """Return the alerts without a section that says in both languages what to do."""
    sections = {
        head: text for head, _, text in (part.partition("\n") for part in re.split(r"^## ", runbook, flags=re.M)[1:])
    }
    return [
        name
        for name in names
        if not (said := re.fullmatch(r"\s*\*\*id\.\*\*(.+)\n\n\*\*en\.\*\*(.+)", sections.get(name, ""), re.S))
        or min(len(text.split()) for text in said.groups()) < _LEAST_WORDS
    ]


def test_the_rules_are_those_that_were_promised_and_well_formed() -> None:
    assert {rule["alert"] for rule in rules()} == EXPECTED
    assert len(rules()) == len(EXPECTED)
    for rule in rules():
        assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}, rule
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule
        assert _DURATION.fullmatch(rule.get("for", "1m")), rule
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert rule["annotations"]["runbook"] == f"deploy/RUNBOOK.md#{rule['alert'].lower()}"
        assert " / " in rule["annotations"]["summary"], rule


def test_every_metric_and_label_of_a_rule_is_exported_under_that_name() -> None:
    names = exported()
    assert {rule["alert"]: wrong for rule in rules() if (wrong := unknown_names(rule, names))} == {}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ilp_consumer_parked", "ilp_consumer_parkd"),
        ("ilp_kafka_produce_errors_total", "ilp_kafka_produce_errors"),
        ("ilp_http_request_seconds_count", "ilp_http_request_seconds"),
        ('state="used"', 'stat="used"'),
        ("by (job, domain)", "by (job, source)"),
    ],
)
def test_a_wrong_name_is_found(right: str, wrong: str) -> None:
    planted = [{**rule, "expr": rule["expr"].replace(right, wrong)} for rule in rules() if right in rule["expr"]]
    assert planted
    assert all(unknown_names(rule, exported()) for rule in planted)


def test_every_alert_says_in_both_languages_what_to_do() -> None:
    assert unexplained(EXPECTED, RUNBOOK) == []
    assert set(re.findall(r"^## (\w+)$", RUNBOOK, re.M)) == EXPECTED


def test_a_section_that_is_missing_or_speaks_one_language_is_found() -> None:
    assert unexplained(["IlpNotReady"], RUNBOOK.replace("## IlpNotReady", "## Other")) == ["IlpNotReady"]
    one = RUNBOOK.replace("**en.** A process cannot serve", "A process cannot serve")
    assert unexplained(["IlpNotReady", "IlpServerErrors"], one) == ["IlpNotReady"]
