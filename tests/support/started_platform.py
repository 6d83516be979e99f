"""Starts the whole platform for tests: what `make run` starts, in a folder of its own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.dev import up
from deploy.dev.config import SERVICES, Config, cache_folder
from deploy.dev.display import Display
from deploy.dev.vault import free_port
from ilp_shared.waits import Waits
from tests.support.plain_http import plain_client
from tests.support.platform import TOKEN_S, Platform
from tests.support.waiting import PATIENCE_S


def open_folder(folder: Path) -> None:
    """Let another user enter a folder: PostgreSQL does not run as root."""
    for path in (folder, folder.parent):
        path.chmod(0o755)


@asynccontextmanager
async def started(config: Config, waits: Waits | None = None) -> AsyncIterator[up.Platform]:
    """Start everything that `make run` starts, without the demonstration day, and stop it."""
    settings = {f"{service.prefix}OIDC_LONGEST_TOKEN_S": str(TOKEN_S) for service in SERVICES}
    if waits:
        settings |= {f"{service.prefix}WAITS": waits.model_dump_json() for service in SERVICES}
    with up.claim_folder(config):
        display = Display()
        deployment = up.Platform(config, display, settings)
        try:
            await deployment.start()
            display.close()
            yield deployment
        finally:
            await deployment.stop()


@asynccontextmanager
async def running_platform(folder: Path) -> AsyncIterator[Platform]:
    """Yield the platform in a folder of its own, once areas and puskesmas have reached every service."""
    open_folder(folder)
    config = Config(folder, cache_folder(os.environ), free_port(), False, None, None)
    async with (
        started(config) as deployment,
        plain_client(config.address, timeout=PATIENCE_S) as client,
        Platform(deployment, client) as platform,
    ):
        await platform.settled(within_s=240)
        yield platform
