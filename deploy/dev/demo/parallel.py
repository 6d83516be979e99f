"""Bounded parallel work: a few at once, in order; the first failure ends all of it and is raised as itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 16


async def side_by_side(things: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int = AT_ONCE) -> None:
    """Work on the things in their order, `at_once` at a time."""
    waiting = iter(things)

    async def take() -> None:
        for thing in waiting:
            await work(thing)

    workers = [asyncio.ensure_future(take()) for _ in range(at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
