"""Every object is valid by the schema of its kind, and a wrong one is not. A real API server: `make cluster-test`."""

from typing import Any

import pytest

from tests.unit.k8s.renderings import PRESETS, changeable, rendering
from tests.unit.k8s.schemas import definitions, faults_of

WRONG: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a misspelt field of an operator's kind": ("KafkaTopic", "ilp.registry.v1", {"partitons": 6}),
    "a misspelt field of Kubernetes' own kind": ("Deployment", "registry-worker", {"replica": 1}),
    "no instances": ("Cluster", "registry-db", {"instances": 0}),
    "no copies": ("KafkaTopic", "ilp.registry.v1", {"replicas": 0}),
    "a wrong filter": ("HTTPRoute", "registry", {"rules": [{"filters": [{"type": "Rewrite"}]}]}),
    "text for a number": ("ScaledObject", "monitoring-worker", {"maxReplicaCount": "many"}),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_object_is_valid(preset: str) -> None:
    assert [fault for each in rendering(preset).objects for fault in faults_of(each)] == []


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_refused(wrong: str) -> None:
    kind, name, change = WRONG[wrong]
    changed = changeable(rendering("national"), kind, name)
    changed["spec"].update(change)
    assert list(faults_of(changed))


def test_a_version_that_is_not_served_is_refused() -> None:
    changed = changeable(rendering("national"), "KafkaTopic", "ilp.registry.v1")
    changed["apiVersion"] = "kafka.strimzi.io/v1beta2"
    assert list(faults_of(changed)) == ["KafkaTopic: kafka.strimzi.io/v1beta2 is not served"]


def test_no_kind_of_an_operator_is_without_its_definition() -> None:
    groups = {group for group, _kind in definitions()}
    for preset in PRESETS:
        for each in rendering(preset).objects:
            group = each["apiVersion"].rpartition("/")[0]
            assert ("." not in group or group.endswith("k8s.io")) or group in groups, each["kind"]
