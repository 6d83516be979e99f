"""What every rendering must keep, and no schema says: `faults_of` names what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from deploy.k8s.objects import Rendering
from deploy.k8s.rules import data, edges, pods, scaling, whole

Rule = Callable[[Rendering], Iterator[str]]
RULES: tuple[Rule, ...] = (
    pods.images,
    pods.probes,
    pods.resources,
    pods.security,
    pods.volumes,
    pods.secrets,
    pods.endings,
    pods.spread,
    scaling.budgets,
    scaling.replicas,
    scaling.members,
    edges.denied,
    edges.peers,
    data.kafka,
    data.topics,
    data.accounts,
    data.databases,
    whole.namespace,
    whole.references,
    whole.alerts,
    whole.certificates,
    whole.versions,
    whole.site,
    whole.open_secrets,
)


def faults_of(rendering: Rendering) -> list[str]:
    """Return what is wrong with a rendering, each with the object's kind and name."""
    return [fault for rule in RULES for fault in rule(rendering)]
