"""SQL of observations: one statement per step and batch. Called by `screenings.py`."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.rules.contributions import Seen
from ilp_shared.db.connection import Connection

PersonMonth = tuple[UUID, str]


class ScreeningState(NamedTuple):
    """A row of `observation`, in column order."""

    screening_id: UUID
    version: int
    person_id: UUID
    facility_id: UUID
    facility_kind: str
    facility_area: str
    period: str
    day: date
    occurred_at: datetime
    home_area: str
    birth_month: str
    facts: int
    voided: bool


_COLUMNS = ", ".join(ScreeningState._fields)
_STORE = f"""
INSERT INTO observation ({_COLUMNS})
SELECT {_COLUMNS} FROM unnest($1::observation[])
ON CONFLICT (screening_id) DO UPDATE SET
    ({_COLUMNS}) = ROW (excluded.*)
WHERE observation.version < excluded.version
"""
_SCREENINGS_OF = """
SELECT o.person_id, o.period, o.day, o.occurred_at, o.screening_id, o.home_area, o.birth_month, o.facts
FROM unnest($1::uuid[], $2::text[]) AS p (person_id, period)
JOIN observation o ON o.person_id = p.person_id AND o.period = p.period
WHERE NOT o.voided
"""


async def states(conn: Connection, screenings: Collection[UUID]) -> dict[UUID, ScreeningState]:
    """Return the known state of each screening."""
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM observation WHERE screening_id = ANY($1::uuid[])", list(screenings)
    )
    return {row["screening_id"]: ScreeningState(*row) for row in rows}


async def store_states(conn: Connection, new: Sequence[ScreeningState]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    if new:
        await conn.execute(_STORE, new)


async def screenings_of(conn: Connection, touched: Collection[PersonMonth]) -> dict[PersonMonth, dict[UUID, Seen]]:
    """Return all screenings of each person and month that are not void, by their id."""
    columns = [person for person, _ in touched], [period for _, period in touched]
    found: dict[PersonMonth, dict[UUID, Seen]] = {}
    for row in await conn.fetch(_SCREENINGS_OF, *columns):
        found.setdefault((row[0], row[1]), {})[row[4]] = Seen._make(row[2:])
    return found
