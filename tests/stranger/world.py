"""What is true after all events: the newest state of everything, by the words of the events' descriptions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stranger.log import Event

State = Mapping[str, Any]


def levels(area: str) -> list[str]:
    """Return the areas in which something in an area counts: from its village up to the nation."""
    parts = area.split(".")[:4]
    return ["id", *(".".join(parts[: n + 1]) for n in range(len(parts)))]


def month_before(month: str, count: int) -> str:
    """Return the month so many months before another, both `YYYY-MM`."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


@dataclass
class World:
    """Newest states by the ids of their aggregates."""

    facilities: dict[str, State] = field(default_factory=dict)
    persons: dict[str, State] = field(default_factory=dict)
    open_days: dict[str, State] = field(default_factory=dict)
    screenings: dict[str, State] = field(default_factory=dict)
    """Without those that were voided; `instant` is when each took place."""
    tasks: dict[str, State] = field(default_factory=dict)
    trees: dict[str, State] = field(default_factory=dict)
    """Areas of regencies; the newest tree of a regency replaces the one before."""

    @classmethod
    def after(cls, events: Iterable[Event]) -> "World":
        """Return the world after events, whatever their order: of each aggregate the highest version is true."""
        world = cls()
        states = {
            "facility-registered": world.facilities,
            "person-registered": world.persons,
            "open-day-scheduled": world.open_days,
            "recorded": world.screenings,
            "corrected": world.screenings,
            "task-changed": world.tasks,
            "area-tree-published": world.trees,
        }
        for event in sorted(events, key=lambda event: event.version):
            kind = event.type.split(".")[2]
            if kind == "voided":
                world.screenings.pop(event.aggregate, None)
            elif kind in states:
                states[kind][event.aggregate] = {**event.data, "instant": event.occurred_at}
        return world

    @property
    def areas(self) -> set[str]:
        """Codes of all published areas, the nation among them."""
        return {"id", *(area["code"] for tree in self.trees.values() for area in tree["areas"])}

    @property
    def posyandu(self) -> dict[str, str]:
        """Area of each registered posyandu, by its id."""
        return {name: state["area_code"] for name, state in self.facilities.items() if state["kind"] == "posyandu"}
