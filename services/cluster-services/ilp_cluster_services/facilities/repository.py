"""SQL of the facility copy: store the registry's newest versions, find who acts above a facility."""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from ilp_cluster_services.rules.models import Network
from ilp_shared.db.connection import Connection
from ilp_shared.db.copies import Copy
from ilp_shared.db.locks import FACILITY_NETWORK


class Facility(NamedTuple):
    """A row of the copy; `version` is that of the registry's event aggregate."""

    id: UUID
    version: int
    kind: str
    area_code: str
    parent_id: UUID | None


_COPY: Final = Copy("facility", Facility, "id")

# The network has three steps (posyandu, pustu, puskesmas); the limit only ends a circle made by mistake.
_ABOVE: Final = """
WITH RECURSIVE above (origin, id, kind, parent_id, step) AS (
    SELECT id, id, kind, parent_id, 0 FROM facility WHERE id = ANY($1)
    UNION ALL
    SELECT a.origin, f.id, f.kind, f.parent_id, a.step + 1
    FROM above AS a JOIN facility AS f ON f.id = a.parent_id
    WHERE a.kind <> 'puskesmas' AND a.step < 8
)
SELECT DISTINCT ON (origin, kind) origin, kind, id FROM above ORDER BY origin, kind, step
"""
_CHANGE: Final = "SELECT pg_advisory_xact_lock($1)"
_READ: Final = "SELECT pg_advisory_xact_lock_shared($1)"


async def hold_network(conn: Connection, *, changing: bool) -> None:
    """Lock the network until the transaction ends: shared to read it, exclusively to change it.

    Two consumers of different partitions could otherwise miss each other: one opens a task while the facility it
    needs is not yet there, the other brings the facility while the task is not yet there.
    """
    await conn.execute(_CHANGE if changing else _READ, FACILITY_NETWORK)


async def store(conn: Connection, facilities: Iterable[Facility]) -> None:
    """Store the newest version of each facility; a version older than the stored one changes nothing."""
    await _COPY.store(conn, facilities)


async def empty(conn: Connection) -> None:
    """Remove the copy; needs the owner role."""
    await conn.execute("TRUNCATE facility")


async def networks(conn: Connection, origins: Iterable[UUID]) -> dict[UUID, Network]:
    """Return, for each known facility of `origins`, the nearest facility of each kind at or above it."""
    by_origin: dict[UUID, dict[str, UUID]] = {}
    for row in await conn.fetch(_ABOVE, list(set(origins))):
        by_origin.setdefault(row["origin"], {})[row["kind"]] = row["id"]
    return dict(by_origin)
