"""A worker that is ended before its relay leads leaves nothing behind: the lease is free at once."""

import asyncio
from dataclasses import replace

from ilp_shared.bus.relay.lease import is_held
from ilp_shared.bus.relay.relay import Relay
from tests.support.bus_pair import DOMAIN, BusPair
from tests.support.waiting import eventually, patiently


async def test_a_relay_that_is_ended_while_it_reads_the_log_frees_its_lease(pair: BusPair) -> None:
    """Here it reads for ever: what listens in Kafka's place takes connections and never answers."""
    connections: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: connections.append(writer), "127.0.0.1", 0)
    address = f"127.0.0.1:{silent.sockets[0].getsockname()[1]}"

    async def reads() -> bool:
        return bool(connections)

    relay = asyncio.create_task(Relay(pair.source, replace(pair.cluster, bootstrap=address), DOMAIN).run())
    await eventually(reads)
    assert await _is_held(pair)
    relay.cancel()
    await patiently(asyncio.wait({relay}))
    assert not await _is_held(pair)
    for writer in connections:
        writer.close()
    silent.close()


async def _is_held(pair: BusPair) -> bool:
    async with pair.source.acquire() as conn:
        return await is_held(conn)
