"""`make recount`: the independent recount of the databases of this data folder.

It runs beside a running platform, and without one: then it starts PostgreSQL for its own duration. The exit code is
that of the recount (1 on a difference).
"""

from __future__ import annotations

import asyncio
import os
import sys

from deploy.dev.config import ROOT, SERVICES, Config
from deploy.dev.databases import database_urls
from deploy.dev.display import answered
from deploy.dev.failure import StartError
from deploy.dev.ledger import lock_folder
from deploy.dev.postgres import EmbeddedPostgres, choose_postgres
from deploy.dev.vault import Vault


async def recount(config: Config) -> int:
    """Run the recount as a child with the owners' addresses in its environment; return its exit code.

    Raises StartError where there are no data yet, and where their secrets are lost.
    """
    if not Vault(config.data / "secrets.json").read():
        raise StartError(f"Belum ada data di {config.data}: `make run` dulu / no data yet: `make run` first")
    server = choose_postgres(config.data, config.database_url)
    try:
        lock = lock_folder(config.data)
    except StartError:
        if isinstance(server, EmbeddedPostgres):
            server.assume_running()
        return await _run(server.dsn, config)
    with lock:
        try:
            await server.start()
            return await _run(server.dsn, config)
        finally:
            await server.stop()


async def _run(superuser: str, config: Config) -> int:
    urls = database_urls(superuser, Vault(config.data / "secrets.json"))
    addresses = {f"ILP_RECOUNT_{s.name.upper()}_URL": urls[s.name].owner for s in SERVICES}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ilp_monitoring.recount", cwd=ROOT, env={**os.environ, **addresses}
    )
    return await child.wait()


def main() -> int:
    """Run `make recount`; return its exit code."""
    try:
        return answered(lambda: asyncio.run(recount(Config.from_environment())))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
