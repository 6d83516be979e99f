"""Waits for a condition instead of sleeping, and the one limit for what never comes.

No other module of the tests limits anything by the wall clock (`tests/architecture/test_limits.py`): a test that hangs
is ended here, after a time that no busy machine needs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE_S = 120.0
"""After this time something is called hung. No test passes or fails because a machine is quick or slow."""


async def eventually(probe: Callable[[], Awaitable[T]], *, within_s: float = 60.0, every_s: float = 0.05) -> T:
    """Return the first truthy answer of `probe`; fails with the last answer when the time is up."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"condition not met within {within_s} s; last answer: {answer!r}")
        await asyncio.sleep(every_s)


def patience() -> asyncio.Timeout:
    """Return the guard of a block that might hang: `async with patience():`; raises TimeoutError."""
    return asyncio.timeout(PATIENCE_S)


async def patiently(awaitable: Awaitable[T]) -> T:
    """Return the result of something that might hang; raises TimeoutError."""
    async with patience():
        return await awaitable


async def is_pending(task: "asyncio.Future[Any]", for_s: float) -> bool:
    """Tell whether something is still not done after a while; a slow machine only makes it likelier."""
    done, _ = await asyncio.wait({task}, timeout=for_s)
    return not done
