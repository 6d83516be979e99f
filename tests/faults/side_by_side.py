"""Runs faults on two platforms at once, in the order of the list; the verdict of each can be waited for."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from tests.faults.campaign import Result, Which, named, recounted, run
from tests.faults.stage import running_fault_stage

PLATFORMS = 2


class SideBySide:
    """A queue of faults and the platforms that work it off; an async context."""

    def __init__(self, seed: int, names: Sequence[str], folder: Callable[[], Path]) -> None:
        self._seed, self._folder = seed, folder
        self._waiting = deque(names)
        self._verdicts: dict[str, asyncio.Future[Result]] = {}
        self._platforms: list[asyncio.Task[list[str]]] = []

    async def __aenter__(self) -> "SideBySide":
        """Start the platforms; each begins as soon as it is ready."""
        loop = asyncio.get_running_loop()
        self._verdicts = {name: loop.create_future() for name in self._waiting}
        number = min(PLATFORMS, max(1, len(self._waiting)))
        self._platforms = [asyncio.create_task(self._work_off()) for _ in range(number)]
        self._all = asyncio.gather(*self._platforms)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the platforms; what nobody has asked for is dropped."""
        for verdict in self._verdicts.values():
            verdict.cancel()
        for platform in self._platforms:
            platform.cancel()
        await asyncio.gather(*self._platforms, return_exceptions=True)

    async def verdict(self, name: str) -> Result:
        """Wait for the result of a fault; raises what ended its run, or what kept every platform from running it."""
        verdict = self._verdicts[name]
        await asyncio.wait((verdict, self._all), return_when=asyncio.FIRST_COMPLETED)
        if not verdict.done():
            self._all.result()
        return verdict.result()

    async def recounts(self) -> list[str]:
        """What the recounts of the platforms have to say once all faults are done; empty when all are equal."""
        return [finding for findings in await self._all for finding in findings]

    async def _work_off(self) -> list[str]:
        async with running_fault_stage(self._folder()) as stage:
            while self._waiting:
                name = self._waiting.popleft()
                which = Which(self._seed, named(name), datetime.now(UTC))
                try:
                    self._verdicts[name].set_result(await run(stage, which, recount=False))
                except Exception as error:
                    self._verdicts[name].set_exception(error)
            return await recounted(stage)
