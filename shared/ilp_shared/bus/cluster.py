"""The Kafka cluster of a process: address, topic names, consumer groups, waits.

A prefix of these names lets several platforms (or test runs) share one Kafka without reading each other's records.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Self

from ilp_shared.bus.contract.catalog import REPLAY_TOPIC, TOPICS
from ilp_shared.bus.security import Security
from ilp_shared.settings import ServiceSettings
from ilp_shared.waits import Waits

GROUP: Final = "ilp-"
"""Start of the names of consumer groups, between the prefix and the name of the service."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kafka cluster as this platform uses it. `bootstrap` is `host:port[,host:port …]`."""

    bootstrap: str
    prefix: str = ""
    waits: Waits = field(default_factory=Waits)
    security: Security = field(default_factory=Security)

    def __post_init__(self) -> None:
        if GROUP in self.prefix:
            raise ValueError(f"a prefix that holds {GROUP!r} looks like a group of another platform")

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Return the cluster that a service's settings name."""
        return cls(settings.kafka_bootstrap, settings.topic_prefix, settings.waits, Security.of(settings))

    def client(self) -> dict[str, Any]:
        """Return what every aiokafka client is made with; raises OSError where a file of certificates is missing."""
        return {"bootstrap_servers": self.bootstrap, **self.security.options()}

    def topic(self, domain: str) -> str:
        """Return the topic of a domain; raises KeyError for an unknown one."""
        return self.prefix + TOPICS[domain]

    @property
    def replay_topic(self) -> str:
        """The topic of replay requests."""
        return self.prefix + REPLAY_TOPIC

    @property
    def groups(self) -> str:
        """Start of the names of this platform's consumer groups."""
        return self.prefix + GROUP

    def group(self, service: str) -> str:
        """Return the consumer group of a service."""
        return self.groups + service
