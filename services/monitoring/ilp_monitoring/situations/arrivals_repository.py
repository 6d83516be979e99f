"""SQL of what came in last in an area: screenings by facility and minute, counted as they were recorded."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.situations.areas import Arrival
from ilp_monitoring.statements import fetch

_LAST: Final = 20
_ARRIVALS: Final = text("""
SELECT a.minute, a.facility_id, f.name AS facility_name, v.name AS area_name, a.weighings, a.others
FROM (SELECT * FROM arrival WHERE area_code = :area ORDER BY minute DESC, facility_id DESC LIMIT :last) AS a
LEFT JOIN facility f ON f.facility_id = a.facility_id
LEFT JOIN area v ON v.code = left(f.area_code, 13)
ORDER BY a.minute DESC, a.facility_id DESC
""")


async def arrivals_of(session: AsyncSession, area: str) -> list[Arrival]:
    """Return the last arrivals at the facilities of an area, newest first."""
    return [
        Arrival(
            minute=datetime.fromisoformat(row.minute).replace(tzinfo=UTC),
            facility_id=row.facility_id,
            facility_name=row.facility_name,
            area_name=row.area_name,
            weighings=row.weighings,
            others=row.others,
        )
        for row in await fetch(session, _ARRIVALS, {"area": area, "last": _LAST})
    ]
