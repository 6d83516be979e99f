"""The monthly partitions of the archive, created ahead of time."""

from datetime import date

from ilp_shared.db.connection import Connection

_MONTHS_AHEAD = 2


async def ensure_partitions(conn: Connection, today: date) -> None:
    """Create the partitions of this month and the next two, unless the default partition holds rows of that month."""
    for offset in range(_MONTHS_AHEAD + 1):
        first = _month(today, offset)
        await conn.execute("SELECT make_event_log_partition($1, $2)", first, _month(today, offset + 1))


def _month(day: date, offset: int) -> date:
    index = day.year * 12 + day.month - 1 + offset
    return date(index // 12, index % 12 + 1, 1)
