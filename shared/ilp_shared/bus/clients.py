"""The one way to start a Kafka client, and to be sure that it is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

log = structlog.get_logger()


class Client(Protocol):
    """Something of aiokafka that has connections."""

    async def start(self) -> object:
        """Connect."""


@asynccontextmanager
async def started(*clients: Client) -> AsyncIterator[None]:
    """Start producers, consumers and administration clients one after the other; stop all of them at the end.

    Also one whose start failed or was cancelled: its connections would stay open until it is collected, and aiokafka's
    own `async with` leaves them so. They stop side by side, and an error of a stop is logged, not raised: what was sent
    is acknowledged or known to have failed by then, and Kafka itself removes a member that could not take its leave.
    """
    try:
        for client in clients:
            await client.start()
        yield
    finally:
        for error in await asyncio.gather(*map(_stop, clients), return_exceptions=True):
            if isinstance(error, BaseException):
                log.warning("kafka_client_stop_failed", reason=type(error).__name__)


async def _stop(client: Client) -> None:
    stop = getattr(client, "stop", None) or getattr(client, "close")  # noqa: B009 - administration clients are closed
    await stop()
