"""Events as a consumer reads them, by shard, sequence and the writer that put them there."""

from datetime import UTC, datetime
from uuid import UUID

from ilp_shared.bus.contract.envelope import Event

DOMAIN = "registry"
_NOW = datetime(2026, 11, 29, tzinfo=UTC)


def record(shard: int, sequence: int, writer: int = 0) -> Event:
    """Return the event that a writer puts under a sequence of a shard; its id tells all three."""
    return Event(
        event_id=UUID(int=writer << 64 | shard << 32 | sequence),
        type="ilp.registry.person-registered.v1",
        domain=DOMAIN,
        shard=shard,
        sequence=sequence,
        aggregate_id=UUID(int=1),
        aggregate_version=1,
        occurred_at=_NOW,
        recorded_at=_NOW,
        attributes={},
        value=b"",
        data=None,
    )
