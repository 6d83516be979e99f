"""SQL of a rebuild: which tables are the projection, and how they are emptied. Called by `rebuild.py`.

The lists name every table of this service, so that a new one is decided about (a test compares them with the models).
"""

from typing import Final

from ilp_shared.db.connection import Connection

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
    "population",
    "sasaran",
    "projection_batch",
    "change",
)
"""Made from events alone. `area` too, but its nation row comes from the first migration and stays."""
KEPT: Final = ("area", "projection_clock", "announcement", "recount_run")
"""`projection_clock` and `announcement` go on counting: sequences and event versions are never given twice."""

_CLOCK = (
    "INSERT INTO projection_clock (sequence) SELECT coalesce(max(sequence), 0) FROM announcement ON CONFLICT DO NOTHING"
)
_LOCK = "SELECT sequence FROM projection_clock FOR UPDATE"
_NATION = (
    "INSERT INTO area (code, name, level, kind) VALUES ('id', 'Indonesia', 'nation', 'negara') ON CONFLICT DO NOTHING"
)
_ADVANCE = "UPDATE projection_clock SET sequence = sequence + 1, as_of = NULL, counted_by = NULL RETURNING sequence"


async def empty_projection(conn: Connection) -> int:
    """Empty the projection and set every position to 0; needs a transaction. Returns the new sequence.

    The positions come first and the clock second, as in a batch: one under way is waited for, and one that comes
    later finds its positions moved and starts over. The step of the sequence has no `projection_batch`, so no
    stream can resume over it.
    """
    await conn.execute("LOCK TABLE position IN EXCLUSIVE MODE")
    await conn.execute("UPDATE position SET last = 0")
    await conn.execute(_CLOCK)
    await conn.execute(_LOCK)
    await conn.execute("UPDATE partition_seen SET through = NULL")
    await conn.execute("DELETE FROM parked")
    await conn.execute("TRUNCATE " + ", ".join(EMPTIED))
    await conn.execute("DELETE FROM area WHERE code <> 'id'")
    await conn.execute(_NATION)
    sequence: int = await conn.fetchval(_ADVANCE)
    await conn.execute("SELECT pg_notify('situation', $1)", str(sequence))
    return sequence
