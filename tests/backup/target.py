"""The moment to which a server is restored, and what by the ledger of the workload lies after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.ledger import Entry
from tests.faults.platform import BreakablePlatform
from tests.faults.restore_incident import place_of
from tests.faults.workload import Workload

Place = tuple[str, int]
"""A record and its version."""


@dataclass(frozen=True)
class Target:
    """A moment in the middle of the load. What is on its way just then may lie on either side."""

    moment: str
    """As PostgreSQL writes it."""
    answered: frozenset[str]
    """Keys of the commands that were acknowledged before it."""
    sent: int
    """How many commands had been sent shortly after it."""

    @classmethod
    async def now(cls, platform: BreakablePlatform, work: Workload) -> "Target":
        """Take this moment, by the server's clock."""
        answered = frozenset(entry.command.key for entry in work.ledger.acknowledged())
        (row,) = await platform.rows("registry", "SELECT clock_timestamp()::text AS moment")
        return cls(row["moment"], answered, len(work.ledger))

    def differences(self, lost: Sequence[Entry], acknowledged: Sequence[Entry]) -> list[str]:
        """Return where what was lost is not what was acknowledged after this moment."""
        keys = {entry.command.key for entry in lost}
        later = {entry.command.key for entry in acknowledged if entry.number > self.sent}
        return [
            *(f"lost, although acknowledged before: {key}" for key in keys & self.answered),
            *(f"there, although sent afterwards: {key}" for key in later - keys),
        ]


async def archived(platform: BreakablePlatform, service: str) -> set[Place]:
    """Return every version of every record in a service's archive."""
    rows = await platform.rows(service, "SELECT aggregate_id, aggregate_version FROM event_log")
    return {(str(row["aggregate_id"]), row["aggregate_version"]) for row in rows}


def differences_of_list(
    listed: Sequence[Mapping[str, Any]], lost: Sequence[Entry], gone: Collection[Place]
) -> list[str]:
    """Return where a list is not what the archive has lost, down to every version, or leaves out what was acknowledged.

    What consumers caused (the opening of a task) is in `gone`, and no command asked for it.
    """
    places = {(line["aggregate_id"], line["aggregate_version"]) for line in listed}
    return [
        *(f"acknowledged, lost and not listed: {place}" for place in {place_of(entry) for entry in lost} - places),
        *(f"lost and not listed: {place}" for place in set(gone) - places),
        *(f"listed and not lost: {place}" for place in places - set(gone)),
    ]
