"""Which database errors pass by themselves: the same statement can succeed later, nothing is wrong with the data."""

import asyncpg

_CLASSES = ("08", "40", "53", "57P", "57014", "55P03", "25006", "25P03")
"""Connection, rollback (serialisation, deadlock), resources (disk full), operator intervention, statement and lock
timeouts, a server that is read-only after a fail-over, a transaction left idle too long."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error from asyncpg, the socket or SQLAlchemy around them is worth a retry."""
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return state.startswith(_CLASSES)
    return isinstance(cause, (OSError, asyncpg.InterfaceError, TimeoutError))
