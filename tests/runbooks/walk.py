"""Walks through runbooks: from the metric that rings, by the page's own commands, to its proof."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Self

import httpx2

from deploy.observability.slo import catalogue
from tests.runbooks.exposition import Exposition, look
from tests.runbooks.scenario import Incident, Scenario, Use
from tests.runbooks.shell import Ended, Shell, shell_for
from tests.support.platform import Platform
from tests.support.runbooks import Page
from tests.support.waiting import eventually, is_pending

PATIENT_S = 300.0
"""Some symptoms and cures take minutes."""
PACE_S = 0.3
"""Between two requests of a user."""
Look = Callable[[], Awaitable[Exposition | None]]
"""Tells what is shown now; None where nothing answers."""


class Walk:
    """One page, executed in the shell of an operator, beside looks at what shows the alert's metrics."""

    def __init__(self, scenario: Scenario, shell: Shell, look: Look) -> None:
        self._scenario, self._look = scenario, look
        self.page, self.shell = Page.read(scenario.name), shell

    @classmethod
    def of_process(cls, platform: Platform, scenario: Scenario) -> Self:
        """Return the walk for a process of a platform."""
        shell = shell_for(platform, scenario.process, scenario.environment(platform))
        return cls(scenario, shell, partial(look, platform, scenario.shown_by or scenario.process))

    async def see(self) -> None:
        """Wait until the alert's condition holds; the proof fails, and the first commands show the symptom."""
        await self.notice()
        first = await self.shell.run_all(self.page.first)
        assert [each.code for each in first] == list(self._scenario.codes), said(first)
        for each, symptom in zip(first, self._scenario.shows, strict=True):
            assert re.search(symptom, each.output, re.M), f"{symptom!r} is not shown:\n{each}"
        if self._scenario.mend is not None:
            await self._scenario.mend(self.shell, first)

    async def notice(self) -> None:
        """Wait until the alert's condition holds; the proof fails then."""
        await eventually(self._rings, within_s=PATIENT_S, every_s=0.2)
        if self._scenario.refuted:
            await eventually(self._is_refuted, within_s=PATIENT_S, every_s=0.5)

    async def recover(self) -> None:
        """Execute the fix, and wait until the proof holds."""
        if not self._scenario.fixed_by_incident:
            fix = await self.shell.run_all(self.page.fix)
            assert not any(each.code for each in fix), said(fix)
        await eventually(self._is_proven, within_s=PATIENT_S, every_s=0.5)

    async def _rings(self) -> bool:
        seen = await self._look()
        if seen is None:
            return False
        rings = self._scenario.rings(seen)
        foreign = {name for name in seen.asked if name not in expression_of(self._scenario.name)}
        assert foreign == set(), f"not in the expression of {self._scenario.name}"
        return rings

    async def _is_refuted(self) -> bool:
        return not await self._is_proven()

    async def _is_proven(self) -> bool:
        return not any(each.code for each in await self.shell.run_all(self.page.prove))


def expression_of(name: str) -> str:
    """Return the expression of an alert, or what an objective's alert is made of."""
    texts = {alert.alert: alert.expr for alert in catalogue().alerts}
    texts |= {each.alert: f"{each.total} {each.bad}" for each in catalogue().objectives}
    return texts[name]


def said(ended: Sequence[Ended]) -> str:
    """Return what commands printed, for the message of a failure."""
    return "\n".join(map(str, ended))


async def play(platform: Platform, incident: Incident) -> dict[str, BaseException | None]:
    """Let an incident happen, and walk through its pages side by side; returns what each failed with."""
    async with _in_use(platform, incident.use):
        failures = await _walked(platform, incident)
    await platform.ready(within_s=PATIENT_S)
    await platform.settled(within_s=PATIENT_S)
    return failures


async def _walked(platform: Platform, incident: Incident) -> dict[str, BaseException | None]:
    walks = {scenario.name: Walk.of_process(platform, scenario) for scenario in incident.scenarios}
    failures: dict[str, BaseException | None] = dict.fromkeys(walks)
    try:
        async with incident.hurt(platform):
            seen = await asyncio.gather(*(walk.see() for walk in walks.values()), return_exceptions=True)
            failures |= dict(zip(walks, seen, strict=True))
    except Exception as error:
        return {name: failure or error for name, failure in failures.items()}
    well = [name for name, failure in failures.items() if failure is None]
    recovered = await asyncio.gather(*(walks[name].recover() for name in well), return_exceptions=True)
    return failures | dict(zip(well, recovered, strict=True))


@asynccontextmanager
async def _in_use(platform: Platform, use: Use | None) -> AsyncIterator[None]:
    """Let a user go on with requests, whatever is answered."""
    ended = asyncio.get_running_loop().create_future()

    async def go_on() -> None:
        while use is not None and await is_pending(ended, PACE_S):
            with suppress(httpx2.TransportError):
                await use(platform)

    user = asyncio.create_task(go_on())
    try:
        yield
    finally:
        ended.set_result(None)
        await user
