"""Which database errors are transient: the same statement can succeed later, and the data are not at fault."""

from collections.abc import Iterator

import asyncpg
from sqlalchemy import exc

_STATEMENT_ENDED = "57014"
_LOCK_NOT_AVAILABLE = "55P03"
_CLASSES = ("08", "40", "53", "57P", _STATEMENT_ENDED, _LOCK_NOT_AVAILABLE, "25006", "25P03")
"""Connection, rollback (serialisation, deadlock), resources (disk full), operator intervention, statement and lock
timeouts, a server that is read-only after a fail-over, a transaction left idle too long."""
_DEPTH = 6
"""SQLAlchemy wraps the driver's error, and its adapter wraps that once more."""
_CONNECTION_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, exc.TimeoutError)
"""A connection that is lost, was used after it was lost (InternalClientError), or gets no answer; the last one: no
connection of SQLAlchemy's pool is free."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error from asyncpg, the socket or SQLAlchemy around them is worth a retry."""
    for link in _links(error):
        state = getattr(link, "sqlstate", None)
        if isinstance(state, str):
            return state.startswith(_CLASSES)
        if isinstance(link, ValueError):  # asyncpg's error for arguments it cannot encode is an InterfaceError too
            return False
        if isinstance(link, _CONNECTION_LOST) or getattr(link, "connection_invalidated", False):
            return True
    return False


def is_statement_timeout(error: BaseException) -> bool:
    """Tell whether PostgreSQL itself ended a statement, as at its limit of time: with less to do it may succeed."""
    return any(getattr(link, "sqlstate", None) == _STATEMENT_ENDED for link in _links(error))


def is_lock_timeout(error: BaseException) -> bool:
    """Tell whether a statement gave up waiting for a lock that others hold."""
    return any(getattr(link, "sqlstate", None) == _LOCK_NOT_AVAILABLE for link in _links(error))


def _links(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, the outermost first."""
    link: BaseException | None = error
    for _ in range(_DEPTH):
        if link is None:
            return
        yield link
        link = getattr(link, "orig", None) or link.__cause__
