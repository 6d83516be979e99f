"""What each service may do in Kafka: the one place from which access lists are made, for tests and for manifests.

A service writes the events of its own domain, and reads those and the domains that it consumes. A service that consumes
also writes replay requests, which every relay reads. Nothing else is granted: what operators do (create topics,
`recover`) needs an account of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ilp_shared.bus.cluster import Cluster
from ilp_shared.service import Service

Operation = Literal["Read", "Write", "Describe", "DescribeConfigs"]
_READ: Final[tuple[Operation, ...]] = ("Describe", "DescribeConfigs", "Read")
_BOTH: Final[tuple[Operation, ...]] = (*_READ, "Write")


@dataclass(frozen=True, slots=True)
class Grant:
    """One resource of Kafka, by its whole name, and what a service may do with it."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[Operation, ...]


def grants_of(service: Service, cluster: Cluster) -> Iterator[Grant]:
    """Yield what a service needs, and no more; names are those of the cluster, with its prefix."""
    own, replay = cluster.topic(service.domain), cluster.replay_topic
    yield Grant("topic", own, _BOTH)
    for domain in service.sources:
        yield Grant("topic", cluster.topic(domain), _READ)
    yield Grant("topic", replay, _BOTH if service.sources else _READ)
    if service.sources:
        yield Grant("group", cluster.group(service.name), ("Describe", "Read"))
