"""SQL of what came in last in an area: screenings by facility and minute, counted as they were recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.projections.cells import ARRIVALS_KEPT
from ilp_monitoring.situations.areas import Arrival
from ilp_monitoring.statements import fetch

_ARRIVALS: Final = text("""
SELECT a.area_code, a.minute, a.facility_id, f.name AS facility_name, v.name AS area_name, a.weighings, a.others
FROM unnest(CAST(:areas AS text[])) AS areas (code)
CROSS JOIN LATERAL (
    SELECT * FROM arrival WHERE area_code = areas.code ORDER BY minute DESC, facility_id DESC LIMIT :last) AS a
LEFT JOIN facility f ON f.facility_id = a.facility_id
LEFT JOIN area v ON v.code = left(f.area_code, 13)
ORDER BY a.minute DESC, a.facility_id DESC
""")


async def arrivals_of(session: AsyncSession, areas: Sequence[str]) -> dict[str, list[Arrival]]:
    """Return area → the last arrivals at its facilities, newest first."""
    arrivals: dict[str, list[Arrival]] = {area: [] for area in areas}
    for row in await fetch(session, _ARRIVALS, {"areas": list(areas), "last": ARRIVALS_KEPT}):
        arrivals[row.area_code].append(
            Arrival(
                minute=datetime.fromisoformat(row.minute).replace(tzinfo=UTC),
                facility_id=row.facility_id,
                facility_name=row.facility_name,
                area_name=row.area_name,
                weighings=row.weighings,
                others=row.others,
            )
        )
    return arrivals
