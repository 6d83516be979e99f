"""Which database errors are transient: the same statement can succeed later, and the data are not at fault."""

import asyncpg
from sqlalchemy import exc

_CLASSES = ("08", "40", "53", "57P", "57014", "55P03", "25006", "25P03")
"""Connection, rollback (serialisation, deadlock), resources (disk full), operator intervention, statement and lock
timeouts, a server that is read-only after a fail-over, a transaction left idle too long."""
_DEPTH = 6
"""SQLAlchemy wraps the driver's error, and its adapter wraps that once more."""
_CONNECTION_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, exc.TimeoutError)
"""A connection that is lost, was used after it was lost (InternalClientError), or gets no answer; the last one: no
connection of SQLAlchemy's pool is free."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error from asyncpg, the socket or SQLAlchemy around them is worth a retry."""
    link: BaseException | None = error
    for _ in range(_DEPTH):
        if link is None:
            return False
        state = getattr(link, "sqlstate", None)
        if isinstance(state, str):
            return state.startswith(_CLASSES)
        if isinstance(link, ValueError):  # asyncpg's error for arguments it cannot encode is an InterfaceError too
            return False
        if isinstance(link, _CONNECTION_LOST) or getattr(link, "connection_invalidated", False):
            return True
        link = getattr(link, "orig", None) or link.__cause__
    return False
