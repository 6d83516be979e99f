"""A worker whose projection may not go on says why, parks nothing, and goes on when the operator did what it says."""

import asyncio
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from ilp_monitoring.service import SERVICE as MONITORING
from tests.support.bus_pair import BusPair
from tests.support.commands import environment_of, read, run_command
from tests.support.databases import Databases, DatabaseUrls
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patiently

_APPLIED = "SELECT (SELECT count(*) FROM resident) AS n, (SELECT count(*) FROM parked) AS parked"


class _Worker:
    """What a running worker says of itself."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def says(self) -> dict[str, Any]:
        """Return its status; empty until it answers."""
        try:
            status: dict[str, Any] = (await self._client.get("/status")).json()
        except httpx2.TransportError:
            return {}
        return status

    async def refusal(self) -> str:
        """Return why its consumer refuses."""
        return str((await self.says()).get("consumer", {}).get("refusal") or "")

    async def readiness(self) -> int:
        """Return the status of its readiness."""
        return (await self._client.get("/health/ready")).status_code


@asynccontextmanager
async def _worker(pair: BusPair, urls: DatabaseUrls) -> AsyncIterator[_Worker]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = environment_of(MONITORING, urls, pair.cluster, WORKER_STATUS_PORT=str(port))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MONITORING.package, "worker", env=env, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with plain_client(f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield _Worker(client)
    finally:
        process.terminate()
        assert await patiently(process.wait()) == 0


async def test_numbers_of_other_definitions_wait_for_a_rebuild(pair: BusPair, databases: Databases) -> None:
    urls = await databases.create(MONITORING)
    await read(MONITORING, urls, "UPDATE projection_clock SET counted_by = 'other definitions'")
    pair.start_relay()
    await pair.write_many(aggregates=5, versions=1)

    async def applied() -> bool:
        (row,) = await read(MONITORING, urls, _APPLIED)
        assert row["parked"] == 0
        return bool(row["n"] == 5)

    async with _worker(pair, urls) as worker:
        refusal = await eventually(worker.refusal, within_s=90)
        assert "counted by other definitions" in refusal
        assert "`python -m ilp_monitoring rebuild`" in refusal
        assert (await worker.says())["relay"]["refusal"] is None
        assert await worker.readiness() == 503
        assert not await applied()

    code, said = await run_command(MONITORING, urls, "rebuild", cluster=pair.cluster)
    assert code == 0, said
    async with _worker(pair, urls) as worker:
        await eventually(applied, within_s=90)
        assert await worker.refusal() == ""
