"""Repeated works of monitoring's worker, and what tells that one does not come to its end."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress

import asyncpg
import pytest
from prometheus_client import REGISTRY

from ilp_monitoring.projections.housekeeping import announce_changes, prune_changes
from tests.support.waiting import eventually

NOWHERE = "postgresql://ilp@127.0.0.1:1/ilp"
"""Nothing listens at this port."""


@pytest.mark.parametrize(("works", "name"), [(prune_changes, "prune_once"), (announce_changes, "announce")])
async def test_a_work_that_never_came_to_its_end_is_late_from_its_beginning(
    works: Callable[[asyncpg.Pool], Coroutine[None, None, None]], name: str
) -> None:
    began = time.time()
    pool = await asyncpg.create_pool(NOWHERE, min_size=0)
    working = asyncio.create_task(works(pool))

    async def is_told() -> bool:
        since = REGISTRY.get_sample_value("ilp_job_last_success_timestamp_seconds", {"work": name})
        return since is not None and since >= began

    try:
        await eventually(is_told)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await pool.close()
