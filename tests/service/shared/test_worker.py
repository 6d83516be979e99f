"""The worker's last remedy: a part that makes no round any more ends the process, and its supervisor starts another."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ilp_screening.service import SERVICE
from ilp_shared.auth import development
from tests.support.api import Issuer
from tests.support.databases import Databases
from tests.support.waiting import patiently


@asynccontextmanager
async def _silent_broker() -> AsyncIterator[str]:
    """Accept connections and never answer: the consumer waits for its first round for ever."""
    held = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        held.set()
        server.close()
        await server.wait_closed()


async def test_a_worker_without_progress_exits(databases: Databases, issuer: Issuer) -> None:
    urls = await databases.create(SERVICE)
    async with _silent_broker() as bootstrap:
        settings = {
            "PROFILE": "development",
            "DATABASE_URL": urls.app,
            "KAFKA_BOOTSTRAP": bootstrap,
            "WORKER_STATUS_PORT": "0",
            "OIDC_ISSUER": development.ISSUER,
            "OIDC_JWKS": str(issuer.folder / "jwks.json"),
            "WATCHDOG_S": "3",
        }
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ilp_screening",
            "worker",
            env={**os.environ, **{f"ILP_SCREENING_{name}": value for name, value in settings.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await patiently(worker.communicate())
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    assert worker.returncode == 1
    for said in (b'"no_progress"', b'"seconds":3.0', b'"process_died"', b"TimeoutError"):
        assert said in output
    assert b"Traceback" not in output
