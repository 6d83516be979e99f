"""Rules over numbers of pods: budgets that let a machine be drained, autoscalers that fit what they scale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from deploy.k8s.objects import Object, Rendering, name_of, selects

_SOME: Final = re.compile(r"[1-9][0-9]*%?")


def budgets(rendering: Rendering) -> Iterator[str]:
    """Require one budget for each Deployment, which lets at least one pod go: else no machine can be drained."""
    pods = {pod.name: pod for pod in rendering.pods if pod.serves}
    covered = dict.fromkeys(pods, 0)
    for budget in rendering.of("PodDisruptionBudget"):
        spec = budget["spec"]
        chosen = [name for name, pod in pods.items() if selects(spec["selector"], pod.labels)]
        for name in chosen:
            covered[name] += 1
        if len(chosen) != 1:
            yield f"PodDisruptionBudget {name_of(budget)}: is for {len(chosen)} workloads"
        if not _SOME.fullmatch(str(spec.get("maxUnavailable", "0"))):
            yield f"PodDisruptionBudget {name_of(budget)}: blocks every drain: say maxUnavailable ≥ 1"
        if "minAvailable" in spec:
            yield f"PodDisruptionBudget {name_of(budget)}: minAvailable blocks the drain of so many pods"
    for name, number in covered.items():
        if number != 1:
            yield f"Deployment {name}: has {number} budgets"
    for each in rendering.of("Cluster"):
        if each["spec"]["instances"] == 1 and each["spec"].get("enablePDB", True):
            yield f"Cluster {name_of(each)}: its operator's budget blocks every drain of the only instance"


def scalers(rendering: Rendering) -> Iterator[tuple[Object, str, int, int]]:
    """Yield each autoscaler with its Deployment, its least and its most pods."""
    for each in rendering.of("HorizontalPodAutoscaler", "ScaledObject"):
        spec = each["spec"]
        least = spec.get("minReplicas", spec.get("minReplicaCount", 0))
        most = spec.get("maxReplicas", spec.get("maxReplicaCount", 100))
        yield each, spec["scaleTargetRef"]["name"], int(least), int(most)


def replicas(rendering: Rendering) -> Iterator[str]:
    """Require that a Deployment or an autoscaler says how many pods there are, not both."""
    scaled: dict[str, int] = {}
    for each, target, least, most in scalers(rendering):
        where = f"{each['kind']} {name_of(each)}"
        scaled[target] = scaled.get(target, 0) + 1
        if rendering.get("Deployment", target) is None:
            yield f"{where}: there is no Deployment {target}"
        if not 1 <= least <= most:
            yield f"{where}: from {least} to {most} pods"
    for deployment in rendering.of("Deployment"):
        name = name_of(deployment)
        if ("replicas" in deployment["spec"]) == (name in scaled) or scaled.get(name, 0) > 1:
            yield f"Deployment {name}: its number of pods is said by the Deployment or by one autoscaler"


def members(rendering: Rendering) -> Iterator[str]:
    """Require no more workers than partitions, and that workers expect as many: what is above reads nothing."""
    topics = [each for each in rendering.of("KafkaTopic") if each["metadata"]["labels"].get("ilp-topic") == "events"]
    partitions = {int(each["spec"]["partitions"]) for each in topics}
    if len(partitions) > 1:
        yield f"KafkaTopic: events have topics of {sorted(partitions)} partitions"
    fewest = min(partitions, default=0)
    for each, target, _least, most in scalers(rendering):
        if target.endswith("-worker") and most > fewest:
            yield f"{each['kind']} {name_of(each)}: {most} workers for {fewest} partitions"
        if each["kind"] == "ScaledObject" and "maxReplicaCount" not in each["spec"]:
            yield f"ScaledObject {name_of(each)}: has no maxReplicaCount"
    for pod in rendering.pods:
        for variable in pod.containers[0].get("env", []):
            if variable["name"].endswith("_KAFKA_PARTITIONS") and int(variable["value"]) != fewest:
                yield f"{pod.kind} {pod.name}: expects {variable['value']} partitions, topics have {fewest}"
