"""The rules: made from `slo.yaml`, and every metric and label in them is exported under that name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY as OF_SERVICES
from prometheus_client import CollectorRegistry

from deploy.dev import observation
from deploy.observability import rules as rules_document
from deploy.observability.__main__ import main
from deploy.observability.slo import catalogue
from ilp_monitoring.live.broadcaster import LAST_LOOK
from ilp_shared import metrics

LEAST = {
    *("IlpRecountDiffers", "IlpRecountTooOld", "IlpEventsContradict", "IlpEventsParked", "IlpConsumerLags"),
    *("IlpEventsUnpublished", "IlpProduceErrors", "IlpNotReady", "IlpFrontDoorErrors", "IlpPoolExhausted"),
    *("IlpWritesFail", "IlpReadsSlow", "IlpNumbersLate", "IlpNumbersVeryLate", "IlpNoRelayLeads", "IlpRefuses"),
    *("IlpClockBusy", "IlpSnapshotTooOld", "IlpDiskFills", "IlpWalArchiveLate", "IlpBackupTooOld"),
    *("IlpRestoreUntested", "IlpCertificateExpires"),
}
"""Alerts that were promised; more may come."""
OF_SCRAPES = {"job", "instance", "le"}
"""Labels that Prometheus itself gives."""
_METRIC = re.compile(r"\b((?:ilp|node|kubelet)_\w+|up)\b(?!:)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(?!le=)\b(\w+)\s*(?:=~|!~|!=|=)\s*"|\b(le="[^"]*")')
"""A label, or for `le` the whole edge: it has to be one of the histogram's."""
_GROUPING = re.compile(r"\bby \(([^)]*)\)")
_DURATION = re.compile(r"\d+[smh]")


def rules() -> list[dict[str, Any]]:
    """Return the committed rules of all groups."""
    groups = yaml.safe_load(rules_document.DOCUMENT.read_text(encoding="utf-8"))["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Return the rules that ring."""
    return [rule for rule in rules() if "alert" in rule]


def exported() -> dict[str, set[str]]:
    """Return the names under which services and front door show numbers, with their labels."""
    assert metrics.READY, "the metrics of the services are registered"
    assert LAST_LOOK, "those of monitoring too"
    names: dict[str, set[str]] = {}
    for registry in (OF_SERVICES, observation.REGISTRY):
        names |= dict(_shown(registry))
    return names


def _shown(registry: CollectorRegistry) -> Iterator[tuple[str, set[str]]]:
    for collector in list(registry._collector_to_names):
        for family in collector.collect():
            labels = set(getattr(collector, "_labelnames", ()))
            edges = {f'le="{edge}"' for edge in getattr(collector, "_upper_bounds", ())}
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
            yield from (
                (family.name + suffix, labels | edges if suffix == "_bucket" else labels) for suffix in suffixes
            )


def unknown_names(rule: Mapping[str, Any], names: Mapping[str, set[str]]) -> list[str]:
    """Return the metrics and labels of a rule that no process exports."""
    used = [each for each in _METRIC.findall(rule["expr"]) if each[0] not in catalogue().elsewhere]
    wrong = [name for name, _ in used if name not in names]
    known: set[str] = set().union(*(names.get(name, set()) for name, _ in used)) | OF_SCRAPES
    wrong += [
        f"{name}: {label}"
        for name, matchers in used
        for label in ("".join(match) for match in _MATCHER.findall(matchers))
        if label not in names.get(name, set()) | {"job", "instance"}
    ]
    grouped = [label.strip() for labels in _GROUPING.findall(rule["expr"]) for label in labels.split(",")]
    mentions = re.findall(r"\$labels\.(\w+)", str(rule.get("annotations")))
    labels = [label for label in [*grouped, *mentions] if label not in known]
    return wrong + (labels if used else [])


def test_the_committed_documents_are_as_the_file_of_objectives_says() -> None:
    assert main(["check"]) == 0


@pytest.mark.parametrize("call", [[], ["print"], ["write", "check"]])
def test_a_wrong_call_changes_nothing(call: list[str]) -> None:
    before = rules_document.DOCUMENT.read_text(encoding="utf-8")
    assert main(call) == 2
    assert rules_document.DOCUMENT.read_text(encoding="utf-8") == before


def test_the_rules_are_those_that_were_promised_and_well_formed() -> None:
    assert {rule["alert"] for rule in alerts()} >= LEAST
    assert {rule["alert"] for rule in alerts()} == set(catalogue().names)
    assert len(set(catalogue().names)) == len(catalogue().names)
    for rule in alerts():
        assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}, rule
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule
        assert _DURATION.fullmatch(rule.get("for", "1m")), rule
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert " / " in rule["annotations"]["summary"], rule


def test_every_metric_and_label_of_a_rule_is_exported_under_that_name() -> None:
    names = exported()
    assert {rule["expr"]: wrong for rule in rules() if (wrong := unknown_names(rule, names))} == {}


def test_what_is_said_to_come_from_elsewhere_is_used_and_not_ours() -> None:
    used = {name for rule in rules() for name, _ in _METRIC.findall(rule["expr"])}
    assert set(catalogue().elsewhere) <= used
    assert set(catalogue().elsewhere).isdisjoint(exported())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ilp_consumer_parked", "ilp_consumer_parkd"),
        ("ilp_kafka_produce_errors_total", "ilp_kafka_produce_errors"),
        ("ilp_http_request_seconds_count", "ilp_http_request_seconds"),
        ('state="used"', 'stat="used"'),
        ('le="0.3"', 'le="0.2"'),
        ("by (job, domain)", "by (job, source)"),
    ],
)
def test_a_wrong_name_is_found(right: str, wrong: str) -> None:
    planted = [{**rule, "expr": rule["expr"].replace(right, wrong)} for rule in rules() if right in rule["expr"]]
    assert planted
    assert all(unknown_names(rule, exported()) for rule in planted)
