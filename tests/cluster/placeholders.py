"""Pods in the place of those that operators would make: as large, as many, as far apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.k8s.objects import Rendering, name_of

_RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def placeholders(manifests: Rendering) -> Iterator[dict[str, Any]]:
    """Yield a StatefulSet, and its budget, for each database and each pool of brokers."""
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


def _set(
    name: str, labels: Mapping[str, str], replicas: int, resources: Mapping[str, Any], apart_by: str
) -> Iterator[dict[str, Any]]:
    term = {"topologyKey": apart_by, "labelSelector": {"matchLabels": labels}}
    container = {
        "name": "placeholder",
        "image": "placeholder@sha256:" + "c0ffee12" * 8,
        "resources": resources,
        "securityContext": _RESTRICTED,
    }
    pod = {
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}},
        "containers": [container],
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
