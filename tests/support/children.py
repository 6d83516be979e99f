"""Child processes of tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def killed_at_end(process: asyncio.subprocess.Process) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a child; kill it where it still runs at the end, and wait for it."""
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
