"""Runs faults on platforms side by side, in the order of the list; the verdict of each can be waited for."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ilp_shared.waits import Waits
from tests.faults.campaign import Result, Which, counted_by_a_stranger, recounted, run
from tests.faults.catalogue import named
from tests.faults.platform import running_breakable_platform
from tests.faults.selection import PLATFORMS


class SideBySide:
    """A queue of faults and the platforms that work it off; an async context."""

    def __init__(self, seed: int, names: Sequence[str], folder: Callable[[], Path], waits: float) -> None:
        self._seed, self._folder, self._waits = seed, folder, waits
        self._waiting = deque(names)
        self._verdicts: dict[str, asyncio.Future[Result]] = {}
        self._platforms: list[asyncio.Task[list[str]]] = []
        self._recount_wanted = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start the platforms; each begins as soon as it is ready."""
        loop = asyncio.get_running_loop()
        self._verdicts = {name: loop.create_future() for name in self._waiting}
        number = min(PLATFORMS, max(1, len(self._waiting)))
        self._platforms = [asyncio.create_task(self._work_off()) for _ in range(number)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the platforms; verdicts not asked for are dropped."""
        for verdict in self._verdicts.values():
            verdict.cancel()
        for platform in self._platforms:
            platform.cancel()
        await asyncio.gather(*self._platforms, return_exceptions=True)

    async def verdict(self, name: str) -> Result:
        """Wait for the result of a fault; raises what ended its run, or what ended the platforms before it."""
        verdict = self._verdicts[name]
        ended = asyncio.create_task(asyncio.wait(self._platforms))
        await asyncio.wait((verdict, ended), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not verdict.done():
            await asyncio.gather(*self._platforms)
        return verdict.result()

    async def recounts(self) -> list[str]:
        """Return what recount and stranger find on the platforms once all faults are done; empty when all are equal."""
        self._recount_wanted.set()
        return [finding for findings in await asyncio.gather(*self._platforms) for finding in findings]

    async def _work_off(self) -> list[str]:
        async with running_breakable_platform(self._folder(), Waits().scaled(self._waits)) as platform:
            done: list[str] = []
            while self._waiting:
                name = self._waiting.popleft()
                verdict = self._verdicts[name]
                place = f"on {platform.data}, after: {'; '.join(done) or 'nothing'}"
                try:
                    which = Which(self._seed, named(name), datetime.now(UTC), self._waits)
                    result = await run(platform, which, recount=False)
                    findings = [*result.findings, place] if result.findings else []
                    verdict.set_result(replace(result, findings=findings))
                except Exception as error:
                    error.add_note(place)
                    verdict.set_exception(error)
                done.append(name)
            await self._recount_wanted.wait()
            findings = [*await recounted(platform), *await counted_by_a_stranger(platform)]
            return [f"{platform.data}: {finding}" for finding in findings]
