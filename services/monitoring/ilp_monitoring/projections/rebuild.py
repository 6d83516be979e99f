"""Empties the projection so that the worker builds it anew from the archives of its sources.

Run by hand, with the worker stopped: `python -m ilp_monitoring rebuild`, or `forget` when a source was restored to an
older state. One transaction: either everything is empty and every position is 0, or nothing changed. Screens reload,
because the sequence moves on.
"""

from pydantic import SecretStr

from ilp_monitoring.projections.rebuild_repository import empty_projection
from ilp_monitoring.service import SERVICE
from ilp_shared.db.connection import Connection
from ilp_shared.operations.maintenance import maintenance


async def rebuild(owner_url: SecretStr) -> int:
    """Empty the projection; returns the sequence it starts from. Raises NotNow when something stands in the way.

    `owner_url` is the role that may TRUNCATE, as for migrations.
    """
    async with maintenance(SERVICE.schema, owner_url) as conn:
        return await empty_projection(conn)


async def forget(conn: Connection, _domain: str) -> None:
    """Forget a source, which is to forget all: every number is made of several sources. Named by `service.py`."""
    await empty_projection(conn)
