"""The single list of events: domain → topic, type → payload. Schemas and asyncapi.yaml are generated from it."""

from typing import Final

from ilp_shared.events.base import EventData
from ilp_shared.events.cluster import v1 as cluster
from ilp_shared.events.monitoring import v1 as monitoring
from ilp_shared.events.registry import v1 as registry
from ilp_shared.events.screening import v1 as screening

SHARDS: Final = 64
"""Logical shards per domain. The number never changes: a shard has a gap-free sequence."""
PARTITIONS: Final = 6
"""Kafka partitions of a new topic, and the fewest. Its metadata say how many there are: they may grow at any time."""
TOPICS: Final = {
    "registry": "ilp.registry.v1",
    "screening": "ilp.screening.v1",
    "cluster": "ilp.cluster.v1",
    "monitoring": "ilp.monitoring.v1",
}
REPLAY_TOPIC: Final = "ilp.replay.v1"
"""Topic of requests `{domain, shard, after}` from consumers that miss a sequence."""

EVENTS: Final[dict[str, type[EventData]]] = {
    data.TYPE: data
    for data in (
        registry.AreaTreePublished,
        registry.AreaRegistered,
        registry.FacilityRegistered,
        registry.PersonRegistered,
        screening.OpenDayScheduled,
        screening.ScreeningRecorded,
        screening.ScreeningCorrected,
        screening.ScreeningVoided,
        cluster.TaskChanged,
        monitoring.SituationChanged,
    )
}


def domain_of(event_type: str) -> str:
    """Return the domain part of `ilp.<domain>.<name>.v<major>`."""
    return event_type.split(".")[1]


def head_type(domain: str) -> str:
    """Return the type of the high-water marks on a domain's topic (on the wire they are called heads)."""
    return f"ilp.{domain}.head.v1"
