"""Errors that pass by themselves, also inside SQLAlchemy's wrapping; and errors of content, which do not."""

import asyncpg
import pytest
from sqlalchemy import exc

from ilp_shared.db.transient import is_statement_timeout, is_transient


def _wrapped(kind: type[exc.DBAPIError], cause: BaseException) -> exc.DBAPIError:
    """Wrap as SQLAlchemy does: the adapter's error, caused by the driver's, as `orig`."""
    adapted = Exception("adapter")
    adapted.__cause__ = cause
    return kind("SELECT 1", {}, adapted)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; protocol is in the failed state"),
        asyncpg.AdminShutdownError("terminating"),
        asyncpg.DiskFullError("full"),
        asyncpg.QueryCanceledError("statement timeout"),
        asyncpg.ReadOnlySQLTransactionError("read only"),
        _wrapped(exc.InterfaceError, asyncpg.InterfaceError("connection is closed")),
        _wrapped(exc.DBAPIError, asyncpg.ConnectionDoesNotExistError("gone")),
        exc.DBAPIError("SELECT 1", {}, Exception("adapter"), connection_invalidated=True),
        exc.TimeoutError("no connection of the pool is free"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_passing_errors(error: BaseException) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("content"),
        asyncpg.UniqueViolationError("twice"),
        asyncpg.CheckViolationError("out of range"),
        _wrapped(exc.IntegrityError, asyncpg.UniqueViolationError("twice")),
    ],
    ids=lambda e: type(e).__name__,
)
def test_errors_of_content(error: BaseException) -> None:
    assert not is_transient(error)


def test_only_a_statement_that_the_server_ended_may_succeed_with_less_to_do() -> None:
    ended = asyncpg.QueryCanceledError("statement timeout")
    assert is_statement_timeout(ended)
    assert is_statement_timeout(_wrapped(exc.DBAPIError, ended))
    for other in (TimeoutError(), asyncpg.LockNotAvailableError("lock"), asyncpg.AdminShutdownError("terminating")):
        assert is_transient(other)
        assert not is_statement_timeout(other)
