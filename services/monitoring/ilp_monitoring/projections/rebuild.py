"""Empties the projection, so that the worker builds it again from the archives of its sources.

With the worker stopped: `python -m ilp_monitoring rebuild`, or `forget` when a source was restored to an older state.
One transaction: either everything is empty and every position is 0, or nothing changed. Screens reload, because the
sequence moves on. The lists name every table of this service, so that a new one is decided about.
"""

from typing import Final

from pydantic import SecretStr

from ilp_monitoring.service import SERVICE
from ilp_shared.bus.consume import positions
from ilp_shared.db.connection import Connection
from ilp_shared.operations.maintenance import maintenance

EMPTIED: Final = (
    "area_tree",
    "facility",
    "resident",
    "observation",
    "task_state",
    "open_day",
    "facility_open_days",
    "facility_reports",
    "cell",
    "completeness",
    "task_count",
    "first_in_year",
    "posyandu_count",
    "arrival",
    "population",
    "sasaran",
    "projection_batch",
    "change",
)
"""Made from events alone. `area` too, but its nation row comes from the first migration and stays."""
PRESERVED: Final = (
    *("area", "projection_clock", "announcement", "sending_day", "recount_run", "recount_part"),
    *("page_session", "used_logout_token"),
)
"""`projection_clock` and `announcement` go on counting: sequences and event versions are never given twice.

`sending_day` tells when something was recorded, which the arrivals of a rebuilt projection no longer tell.
A regency that differed is an alarm again as soon as it has numbers again, until it was compared again and is equal.
"""

_CLOCK: Final = (
    "INSERT INTO projection_clock (sequence) SELECT coalesce(max(sequence), 0) FROM announcement ON CONFLICT DO NOTHING"
)
_LOCK: Final = "SELECT sequence FROM projection_clock FOR UPDATE"
_NATION: Final = (
    "INSERT INTO area (code, name, level, kind) VALUES ('id', 'Indonesia', 'nation', 'negara') ON CONFLICT DO NOTHING"
)
_ADVANCE: Final = (
    "UPDATE projection_clock SET sequence = sequence + 1, as_of = NULL, counted_by = NULL RETURNING sequence"
)


async def rebuild(owner_url: SecretStr) -> int:
    """Empty the projection; returns the sequence it starts from. Raises NotNow when something is in the way.

    `owner_url` is the role that may TRUNCATE, as for migrations.
    """
    async with maintenance(SERVICE.schema, owner_url) as conn:
        return await _empty(conn)


async def forget(conn: Connection, _domain: str) -> None:
    """Forget a source, which is to forget all: every number is made of several sources."""
    await _empty(conn)


async def _empty(conn: Connection) -> int:
    """Empty the projection and set every position to 0; needs a transaction. Returns the new sequence.

    The positions come first and the clock second, as in a batch: one under way is waited for, and one that comes
    later finds its positions moved and starts over. The step of the sequence has no `projection_batch`, so no
    stream can resume over it.
    """
    await positions.forget(conn)
    await conn.execute(_CLOCK)
    await conn.execute(_LOCK)
    await conn.execute("TRUNCATE " + ", ".join(EMPTIED))
    await conn.execute("DELETE FROM area WHERE code <> 'id'")
    await conn.execute(_NATION)
    sequence: int = await conn.fetchval(_ADVANCE)
    await conn.execute("SELECT pg_notify('situation', $1)", str(sequence))
    return sequence
