"""One morning in one district: which posyandu are open, what they send, and what goes wrong on the way.

Two villages of every district show the trouble of real life: a posyandu that was offline sends last month's day,
a typing error is corrected, a record is voided, an upload is sent twice. One village of the first district has a
cluster of danger signs. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from deploy.dev.demo.network import DISTRICTS, Facility
from deploy.dev.demo.population import Resident
from deploy.dev.demo.seeded import demo_id, share
from deploy.dev.demo.steps import Body, Step, Unit
from deploy.dev.demo.visits import OpenDay, Visit, batch

CLOSED = 0.09
SILENT = 0.03
SINGLY = 0.2
TOGETHER = 0.3
LARGEST_BATCH = 20
LATE_DAY = 12
FOLLOWED_UP = 0.75
COMPLETED = 0.5


@dataclass(frozen=True)
class FollowUp:
    """A person whose tasks a midwife takes on, and perhaps finishes, later that morning."""

    person: UUID
    screening: UUID
    village: str
    complete: bool


@dataclass(frozen=True)
class Morning:
    """Everything that is sent for one district."""

    open_days: tuple[Step, ...]
    units: tuple[Unit, ...]
    follow_ups: tuple[FollowUp, ...]


@dataclass(frozen=True)
class Villages:
    """The villages of a district in which something special happens."""

    late: str
    voided: str
    alarming: str | None

    @classmethod
    def of(cls, district: str, codes: Iterable[str]) -> Villages:
        """Return the special villages of a district: always the same ones."""
        ordered = sorted(set(codes), key=lambda code: share("special", code))
        return cls(ordered[0], ordered[1], ordered[2] if district == DISTRICTS[0].code else None)

    def chosen(self, village: str, scale: float) -> bool:
        """Tell whether a village takes part in a day of this size (1: all); the special ones always do."""
        return village in (self.late, self.voided, self.alarming) or share("scale", village) < scale


def last_month(day: date) -> date:
    """Return the open day of the previous month."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=LATE_DAY)


class Planner:
    """Plans one district for a seed and a day."""

    def __init__(self, villages: Villages, people: Mapping[UUID, Sequence[Resident]], seed: int, day: date) -> None:
        self._villages, self._people, self._seed, self._day = villages, people, seed, day

    def plan(self, posyandu: Sequence[Facility]) -> Morning:
        """Return the whole morning of these posyandu."""
        first = {p.village: p for p in reversed(posyandu)}
        late = OpenDay(first[self._villages.late], last_month(self._day), self._seed)
        days = [
            OpenDay(p, self._day, self._seed, alarming=p.village == self._villages.alarming)
            for p in posyandu
            if self._certain(p) or share(self._seed, "closed", p.id, self._day) >= CLOSED
        ]
        reporting = [d for d in days if self._certain(d.posyandu) or share(self._seed, "silent", d.id) >= SILENT]
        visits = {d.posyandu.id: d.visits(self._people[d.posyandu.id]) for d in reporting}
        uploads = [upload for upload in self._uploads(reporting, visits) if upload]
        units = [self._unit(upload, first) for upload in uploads]
        units.append(Unit(0.45, (batch(late.visits(self._people[late.posyandu.id])),)))
        return Morning(
            open_days=tuple(d.schedule() for d in [*days, late]),
            units=tuple(units),
            follow_ups=tuple(self._follow_ups(uploads)),
        )

    def _certain(self, posyandu: Facility) -> bool:
        return posyandu.village in (self._villages.late, self._villages.voided, self._villages.alarming)

    def _uploads(self, days: Sequence[OpenDay], visits: Mapping[UUID, list[Visit]]) -> Iterable[list[Visit]]:
        """Return the visits by upload: mostly one posyandu's, sometimes those of two of one village."""
        waiting: dict[tuple[str, str], list[Visit]] = {}
        for day in days:
            mine = visits[day.posyandu.id]
            if not mine or self._certain(day.posyandu) or share(self._seed, "together", day.id) >= TOGETHER:
                yield mine
                continue
            earlier = waiting.pop((day.posyandu.village, mine[0].role), None)
            if earlier is None or len(earlier) + len(mine) > LARGEST_BATCH:
                waiting[day.posyandu.village, mine[0].role] = mine
                yield from [earlier] if earlier else []
            else:
                yield earlier + mine
        yield from waiting.values()

    def _unit(self, visits: list[Visit], first: Mapping[str, Facility]) -> Unit:
        """Return one upload with what follows from it, at its time of the morning."""
        village, facility = visits[0].village, visits[0].facility
        at = 0.02 + 0.93 * share(self._seed, "at", facility, self._day)
        special = facility == first[village].id
        if special and village == self._villages.late:
            return Unit(at, tuple(self._corrected(visits)))
        if special and village == self._villages.voided:
            return Unit(at, tuple(self._voided(visits)))
        if share(self._seed, "singly", facility, self._day) < SINGLY and len(visits) <= LARGEST_BATCH // 2:
            return Unit(at, tuple(visit.record() for visit in visits))
        return Unit(at, (batch(visits),))

    def _corrected(self, visits: Sequence[Visit]) -> Iterable[Step]:
        """Return the correction of a mistyped weight, after the day's upload."""
        right = next(visit for visit in visits if "weight_kg" in visit.observations)
        wrong = replace(right, observations=_heavier(right.observations))
        yield batch([wrong if visit is right else visit for visit in visits])
        body = {"base_version": 1, "observations": right.observations, "reason": "wrong_value"}
        path = f"/screening/v1/screenings/{right.id}/corrections"
        yield Step(right.sender, path, body, str(demo_id("correct", right.id)))

    def _voided(self, visits: Sequence[Visit]) -> Iterable[Step]:
        """Return a visit entered twice and then voided, and the whole upload again, as a faulty phone sends it."""
        yield batch(visits)
        twice = replace(visits[-1], id=demo_id("twice", visits[-1].id))
        yield twice.record()
        body = {"base_version": 1, "reason": "duplicate"}
        yield Step(twice.sender, f"/screening/v1/screenings/{twice.id}/void", body, str(demo_id("void", twice.id)))
        yield batch(visits)

    def _follow_ups(self, uploads: Sequence[Sequence[Visit]]) -> Iterable[FollowUp]:
        for visit in (visit for upload in uploads for visit in upload):
            chance = share(self._seed, "follow-up", visit.id)
            if visit.worrying and not self._troubled(visit) and chance < FOLLOWED_UP:
                yield FollowUp(visit.person, visit.id, visit.village, complete=chance < COMPLETED)

    def _troubled(self, visit: Visit) -> bool:
        """Tell whether a screening of this village is corrected or voided, which changes its tasks."""
        return visit.village in (self._villages.late, self._villages.voided)


def _heavier(observations: Body) -> Body:
    return {**observations, "weight_kg": round(float(str(observations["weight_kg"])) + 1.5, 1)}
