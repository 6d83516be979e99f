"""Days on which a regency sent screenings, by its own time zone, and the regencies that are silent today.

Arrivals are kept for a short while only, so each look notes their days. Weeks pass before a regency can be called
silent. A day on which no worker ran may be missing.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ilp_monitoring.projections.cells import ARRIVALS_KEPT
from ilp_monitoring.rules.silence import is_silent
from ilp_shared.areas import local_day, zone_of
from ilp_shared.db.connection import Connection

_KEPT: Final = timedelta(days=60)
_ARRIVED: Final = """
SELECT r.code, a.minute FROM area r CROSS JOIN LATERAL (
    SELECT minute FROM arrival WHERE area_code = r.code ORDER BY minute DESC, facility_id DESC LIMIT $1) AS a
WHERE r.level = 'regency'
"""
_NOTE: Final = """
INSERT INTO sending_day (area_code, day) SELECT DISTINCT * FROM unnest($1::text[], $2::date[]) AS d (area_code, day)
ORDER BY area_code, day ON CONFLICT DO NOTHING
"""
_DAYS: Final = "SELECT area_code, day FROM sending_day WHERE day >= $1"
_FORGET: Final = "DELETE FROM sending_day WHERE day < $1"


async def silent_regencies(conn: Connection, now: datetime) -> list[str]:
    """Note the days of what has arrived, forget old ones, and return the codes of the silent regencies, in order."""
    first = (now - _KEPT).date()
    arrived = [
        (code, local_day(datetime.fromisoformat(minute).replace(tzinfo=UTC), code))
        for code, minute in await conn.fetch(_ARRIVED, ARRIVALS_KEPT)
    ]
    recent = [(code, day) for code, day in arrived if day >= first]
    if recent:
        await conn.execute(_NOTE, *(list(column) for column in zip(*recent, strict=True)))
    await conn.execute(_FORGET, first)
    sent: defaultdict[str, set[date]] = defaultdict(set)
    for code, day in await conn.fetch(_DAYS, first):
        sent[code].add(day)
    return sorted(code for code, days in sent.items() if is_silent(days, now.astimezone(zone_of(code))))
