"""A worker that is to stop, stops: also where a library swallows a cancellation."""

import asyncio
import contextlib
import os

import pytest

from ilp_shared import worker


class _Ended(Exception):  # noqa: N818 - represents the end of the process
    pass


async def _swallows(cancellations: int) -> None:
    """Go on as if nothing had been said, so many times."""
    for _ in range(cancellations):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()


async def _started(*cancellations: int) -> list[asyncio.Task[object]]:
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(_swallows(number)) for number in cancellations]
    await asyncio.sleep(0)
    return tasks


async def test_a_task_that_swallowed_its_cancellation_is_cancelled_again() -> None:
    tasks = await _started(0, 1, 2)
    await worker.end_tasks(tasks, again_s=0.01)
    assert all(task.cancelled() for task in tasks)


async def test_the_process_ends_when_a_task_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    freed = asyncio.Event()

    async def stubborn() -> None:
        while not freed.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await freed.wait()

    def end(code: int) -> None:
        assert code == 1
        raise _Ended

    monkeypatch.setattr(os, "_exit", end)
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    with pytest.raises(_Ended):
        await worker.end_tasks([task], again_s=0.01, give_up_s=0.05)
    freed.set()
    await task
