"""The one way to start a Kafka client, and to be sure that it is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def started(*clients: Any) -> AsyncIterator[None]:
    """Start producers, consumers and administration clients one after the other; stop all of them at the end.

    Also one whose start failed or was cancelled: its connections would stay open until it is collected, and aiokafka's
    own `async with` leaves them so. They stop side by side, and an error of a stop is not raised: what was sent is
    acknowledged or known to have failed by then, and Kafka itself removes a member that could not take its leave.
    """
    try:
        for client in clients:
            await client.start()
        yield
    finally:
        await asyncio.gather(*(_stop(client) for client in clients), return_exceptions=True)


async def _stop(client: Any) -> None:
    await (client.stop() if hasattr(client, "stop") else client.close())
