"""A running platform on which incidents happen one after the other, each when the first of its pages is due."""

from collections.abc import Sequence

from tests.runbooks.scenario import Incident
from tests.runbooks.walk import play
from tests.support.platform import Platform


class Stage:
    """What became of the pages so far."""

    def __init__(self, platform: Platform, incidents: Sequence[Incident]) -> None:
        self._platform, self._incidents = platform, incidents
        self._outcomes: dict[str, BaseException | None] = {}

    async def execute(self, name: str) -> None:
        """Execute the page of an alert; raises what it failed with."""
        if name not in self._outcomes:
            (due,) = (each for each in self._incidents if name in names([each]))
            self._outcomes |= await play(self._platform, due)
        failure = self._outcomes[name]
        if failure is not None:
            raise failure


def names(incidents: Sequence[Incident]) -> list[str]:
    """Return the pages of incidents, in their order."""
    return [scenario.name for incident in incidents for scenario in incident.scenarios]
