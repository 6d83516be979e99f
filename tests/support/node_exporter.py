"""Debian's node exporter, with the collectors that a test asks about; installed through apt where that is allowed."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from tests.support import apt
from tests.support.children import killed_at_end
from tests.support.plain_http import plain_client
from tests.support.waiting import eventually

PACKAGE = "prometheus-node-exporter"


def need() -> None:
    """Install it where it is missing; skips the test where that fails."""
    apt.need([PACKAGE], lambda: shutil.which(PACKAGE) is not None)


@asynccontextmanager
async def node_exporter(collector: str, *options: str, node: str) -> AsyncIterator[None]:
    """Run one with this collector only at a `host:port`; it answers when it is handed out."""
    arguments = (
        "--collector.disable-defaults",
        f"--collector.{collector}",
        *options,
        f"--web.listen-address={node}",
    )
    nowhere = asyncio.subprocess.DEVNULL
    child = await asyncio.create_subprocess_exec(PACKAGE, *arguments, stdout=nowhere, stderr=nowhere)

    async def answers() -> bool:
        assert child.returncode is None, "the node exporter ended"
        async with plain_client(f"http://{node}") as client:
            try:
                return (await client.get("/metrics")).status_code == 200
            except httpx2.TransportError:
                return False

    async with killed_at_end(child):
        await eventually(answers)
        yield
