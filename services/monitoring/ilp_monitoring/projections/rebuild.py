"""Empties the projection so that the worker builds it anew from the archives of its sources.

Run by hand: `python -m ilp_monitoring rebuild` (`__main__.py`), with the worker stopped. One transaction: either
everything is empty and every position is 0, or nothing changed. Screens reload, because the sequence moves on.
"""

import asyncpg
from pydantic import SecretStr

from ilp_monitoring.projections import rebuild_repository
from ilp_monitoring.service import SERVICE
from ilp_shared.db.transient import is_transient

_LOCK_TIMEOUT = "10s"


class NotNow(Exception):  # noqa: N818 - a turn of events, not a fault
    """The projection was left as it is; the message says what to do first."""


async def rebuild(owner_url: SecretStr) -> int:
    """Empty the projection; returns the sequence it starts from. Raises NotNow when something stands in the way.

    `owner_url` is the role that may TRUNCATE, as for migrations.
    """
    conn = await asyncpg.connect(
        owner_url.get_secret_value(), server_settings={"search_path": SERVICE.schema, "lock_timeout": _LOCK_TIMEOUT}
    )
    try:
        async with conn.transaction():
            if await rebuild_repository.worker_is_running(conn):
                raise NotNow("a worker of monitoring is running: stop it first (a killed one counts for six seconds)")
            return await rebuild_repository.empty_projection(conn)
    except asyncpg.InsufficientPrivilegeError as error:
        raise NotNow("this role may not empty tables: set the URL of the owner role, as for migrate") from error
    except asyncpg.PostgresError as error:
        if not is_transient(error):
            raise
        raise NotNow("a long reader (recount, export) or unpark holds the tables: try again when it is done") from error
    finally:
        await conn.close()
