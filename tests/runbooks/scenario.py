"""What a scenario of a runbook is: an incident, and for each alert that rings because of it what its page must do.

To add one, write an asynchronous context manager with this decorator in a module that `catalogue.py` names:

    @incident(Scenario("IlpEventsParked", "monitoring-worker", rings=…, shows=(…)))
    @asynccontextmanager
    async def event_refused(platform: BreakablePlatform) -> AsyncIterator[None]:
        ...

It causes the symptom, and yields while it lasts. When it goes on, it takes the cause away; what the page itself does is
not its part, except where the page says to stop a process meanwhile. Pages that share an incident are played together.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.runbooks.exposition import Exposition
from tests.runbooks.shell import Ended, Shell
from tests.support.platform import Platform

Rings = Callable[[Exposition], bool]
"""Tells whether an alert's condition holds by one look; it asks for metrics of the alert's expression only."""
Use = Callable[[Platform], Awaitable[object]]
"""One request of a user."""
Mend = Callable[[Shell, Sequence[Ended]], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One page, executed against one process."""

    name: str
    """The alert, and its page."""
    process: str
    """The process of the alert's labels, e.g. `screening-worker`."""
    rings: Rings
    shows: tuple[str, str, str]
    """Regular expressions: what the output of each of the first three commands must show."""
    codes: tuple[int, int, int] = (0, 0, 0)
    """Exit codes of these commands; `check-config` says by 1 that it has found something."""
    shown_by: str = ""
    """The process whose metrics ring, where it is another one."""
    refuted: bool = True
    """Whether the proof fails as long as the symptom lasts."""
    mend: Mend | None = None
    """What the words of the fix say to do with what the first commands showed."""
    fixed_by_incident: bool = False
    """Whether the incident executes the page's fix, because a process must be stopped meanwhile."""
    environment: Callable[[Platform], Mapping[str, str]] = field(default=lambda _: {})
    """What the environment of the process has besides."""


Hurt = Callable[[Any], AbstractAsyncContextManager[None]]
"""Takes a `Platform` where the incident is an unbroken one, else a `BreakablePlatform`."""


@dataclass(frozen=True)
class Incident:
    """A cause, and the pages that lead out of it."""

    scenarios: Sequence[Scenario]
    hurt: Hurt
    unbroken: bool
    """Whether it needs no proxies or brokers of its own, so that `make test` plays it on the platform that it has."""
    use: Use | None
    """What a user does again and again, from before the incident until every page is proven."""


INCIDENTS: list[Incident] = []
"""Every incident, in the order in which `catalogue.py` imports their modules."""


def incident(*scenarios: Scenario, unbroken: bool = False, use: Use | None = None) -> Callable[[Hurt], Hurt]:
    """Put an incident on the list."""

    def enlist(hurt: Hurt) -> Hurt:
        INCIDENTS.append(Incident(scenarios, hurt, unbroken, use))
        return hurt

    return enlist
