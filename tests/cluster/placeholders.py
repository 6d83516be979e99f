"""Pods in the place of those that operators would make: as large, as many, as far apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.k8s.objects import Rendering, name_of

OPERATOR = "kafka-entity-operator"
_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def placeholders(manifests: Rendering) -> Iterator[dict[str, Any]]:
    """Yield a StatefulSet, and its budget, for each database and each pool of brokers, and Kafka's own operator."""
    for each in manifests.of("Cluster"):
        spec = each["spec"]
        labels = {"cnpg.io/cluster": name_of(each)}
        yield from _set(name_of(each), labels, spec["instances"], spec["resources"], spec["affinity"]["topologyKey"])
    for each in manifests.of("KafkaNodePool"):
        spec = each["spec"]
        labels = {"strimzi.io/cluster": "kafka", "strimzi.io/pool-name": name_of(each)}
        apart = spec.get("template", {}).get("pod", {}).get("affinity", {}).get("podAntiAffinity", {})
        terms = apart.get("requiredDuringSchedulingIgnoredDuringExecution", [{"topologyKey": "kubernetes.io/hostname"}])
        yield from _set(f"kafka-{name_of(each)}", labels, spec["replicas"], spec["resources"], terms[0]["topologyKey"])
    for each in manifests.of("Kafka"):
        yield _operator(each["spec"]["entityOperator"])


def _set(
    name: str, labels: Mapping[str, str], replicas: int, resources: Mapping[str, Any], apart_by: str
) -> Iterator[dict[str, Any]]:
    term = {"topologyKey": apart_by, "labelSelector": {"matchLabels": labels}}
    pod = {
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
        "containers": [_container("placeholder", resources)],
    }
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    metadata = {"name": name, "namespace": "ilp"}
    yield {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec}
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    yield {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": budget}


def _operator(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Deployment of the operators of topics and accounts, which Strimzi makes beside the brokers."""
    labels = {"strimzi.io/cluster": "kafka", "strimzi.io/name": OPERATOR}
    containers = [_container(part.lower(), entity[part]["resources"]) for part in ("topicOperator", "userOperator")]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": OPERATOR, "namespace": "ilp"},
        "spec": spec,
    }


def _container(name: str, resources: Mapping[str, Any]) -> dict[str, Any]:
    image = "placeholder@sha256:" + "c0ffee12" * 8
    return {"name": name, "image": image, "resources": resources, "securityContext": _RESTRICTED}
