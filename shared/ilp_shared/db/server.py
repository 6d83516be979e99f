"""What a process asks a database server about itself before it trusts it."""

import time

from ilp_shared.db.connection import Connection


async def is_durable(conn: Connection) -> bool:
    """Tell whether what is committed survives a power cut (fsync)."""
    return bool(await conn.fetchval("SHOW fsync") == "on")


async def clock_difference_s(conn: Connection) -> float:
    """Return by how many seconds, at least, the server's clock differs from that of this process."""
    before = time.time()
    there = float(await conn.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    return max(before - there, there - time.time(), 0.0)
