"""Waits for a condition instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], *, within_s: float = 20.0, every_s: float = 0.05) -> T:
    """Return the first truthy answer of `probe`; fails with the last answer when the time is up."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"condition not met within {within_s} s; last answer: {answer!r}")
        await asyncio.sleep(every_s)
