"""Pools that measure how long their connections are waited for."""

from collections.abc import Generator
from inspect import Parameter, signature
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolAcquireContext
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.pool import PoolProxiedConnection

from ilp_shared import metrics

_HOT: Final = metrics.DATABASE_WAIT.labels("hot")
_COMMANDS: Final = metrics.DATABASE_WAIT.labels("commands")
_DEFAULTS: Final = {
    each.name: each.default
    for each in signature(asyncpg.create_pool).parameters.values()
    if each.kind is Parameter.KEYWORD_ONLY
}


class _MeasuredAcquire(PoolAcquireContext):
    """The wait for one connection, whether it ends with one or not."""

    async def __aenter__(self) -> Any:
        with _HOT.time():
            return await super().__aenter__()

    def __await__(self) -> Generator[Any, None, Any]:
        with _HOT.time():
            return (yield from super().__await__())


class MeasuredPool(asyncpg.Pool):
    """asyncpg's pool, for hot paths and the bus; what is not said is as in `asyncpg.create_pool`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(None, **{**_DEFAULTS, **options})

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        """Wait for a connection; raises TimeoutError after `timeout` seconds."""
        return _MeasuredAcquire(self, timeout)


class MeasuredQueuePool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool, for ordinary commands; the wait holds the ping of a connection that was idle."""

    def connect(self) -> PoolProxiedConnection:
        """Wait for a connection; raises sqlalchemy.exc.TimeoutError when none is left."""
        with _COMMANDS.time():
            return super().connect()
