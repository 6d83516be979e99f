"""SQL of the facility copy: take over what the registry told, find who acts above a facility. Used by consumers."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from ilp_cluster_services.policy.models import Level
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import FacilityRegistered

_STORE = """
INSERT INTO facility (id, version, kind, area_code, parent_id)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::uuid[])
ON CONFLICT (id) DO UPDATE SET version = excluded.version, kind = excluded.kind,
    area_code = excluded.area_code, parent_id = excluded.parent_id
WHERE facility.version < excluded.version
"""

# The network has three steps (posyandu, pustu, puskesmas); the limit only ends a circle made by mistake.
_ABOVE = """
WITH RECURSIVE above (origin, id, kind, parent_id, step) AS (
    SELECT id, id, kind, parent_id, 0 FROM facility WHERE id = ANY($1)
    UNION ALL
    SELECT a.origin, f.id, f.kind, f.parent_id, a.step + 1
    FROM above AS a JOIN facility AS f ON f.id = a.parent_id
    WHERE a.kind <> 'puskesmas' AND a.step < 8
)
SELECT DISTINCT ON (origin, kind) origin, kind, id FROM above ORDER BY origin, kind, step
"""


_NETWORK_LOCK = 0x11B1
_CHANGE = "SELECT pg_advisory_xact_lock($1)"
_READ = "SELECT pg_advisory_xact_lock_shared($1)"

Network = Mapping[str, UUID]
"""The nearest facility of each kind at or above a facility, by kind."""


async def hold_network(conn: Connection, *, changing: bool) -> None:
    """Keep the network as it is until the transaction ends (or keep it for oneself, to change it).

    Two consumers of different partitions could otherwise miss each other: one opens a task while the facility it
    needs is not yet there, the other brings the facility while the task is not yet there.
    """
    await conn.execute(_CHANGE if changing else _READ, _NETWORK_LOCK)


async def store(conn: Connection, events: Iterable[Event]) -> None:
    """Take over the newest version of each facility; an older one than stored changes nothing."""
    newest: dict[UUID, tuple[int, FacilityRegistered]] = {}
    for event in events:
        if isinstance(event.data, FacilityRegistered):
            known = newest.get(event.data.facility_id)
            if known is None or known[0] < event.aggregate_version:
                newest[event.data.facility_id] = (event.aggregate_version, event.data)
    if newest:
        rows = [(d.facility_id, version, d.kind, d.area_code, d.parent_id) for version, d in newest.values()]
        await conn.execute(_STORE, *(list(column) for column in zip(*rows, strict=True)))


async def empty(conn: Connection) -> None:
    """Remove the copy; needs the owner role."""
    await conn.execute("TRUNCATE facility")


async def networks(conn: Connection, origins: Iterable[UUID]) -> dict[UUID, Network]:
    """Return, for each known facility of `origins`, the nearest facility of each kind at or above it."""
    found: dict[UUID, dict[str, UUID]] = {}
    for row in await conn.fetch(_ABOVE, list(set(origins))):
        found.setdefault(row["origin"], {})[row["kind"]] = row["id"]
    return dict(found)


def target(network: Network | None, origin: UUID, level: Level) -> UUID | None:
    """Return who acts at a level: the origin itself, the nearest pustu (else puskesmas), or the nearest puskesmas.

    Hospitals, social services and police are beyond the registry: the puskesmas refers there and follows up.
    """
    if level == "origin":
        return origin
    if network is None or "puskesmas" not in network:
        return None
    return network.get("pustu", network["puskesmas"]) if level == "pustu" else network["puskesmas"]
