"""Builds events as the other services emit them: one village world of Kota Payakumbuh, made-up ids."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from ilp_shared.areas import parent_of
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.base import EventData
from ilp_shared.events.cluster.v1 import TaskChanged, TaskStatus
from ilp_shared.events.registry.v1 import AreaNode, AreaTreePublished, FacilityRegistered, PersonRegistered
from ilp_shared.events.screening.v1 import (
    OpenDayScheduled,
    ScreeningCorrected,
    ScreeningRecorded,
    ScreeningResult,
    ScreeningVoided,
)

VILLAGE, NEIGHBOUR, ELSEWHERE = "13.76.01.1001", "13.76.01.1002", "13.76.02.1001"
ABROAD = "14.72.01.1001"
DAY = date(2026, 11, 10)
MONTH = "2026-11"
CHILD, TODDLER, ADULT, ELDER = "2024-03", "2021-12", "2008-11", "1950-01"
WEIGHED = ("weight_kg",)
TALL = ScreeningResult(code="length_height_for_age", category="hfa_normal", z=0.1)
SHORT = ScreeningResult(code="length_height_for_age", category="hfa_stunted", z=-2.5)
VERY_SHORT = ScreeningResult(code="length_height_for_age", category="hfa_severely_stunted", z=-3.5)
IMPLAUSIBLE = ScreeningResult(code="length_height_for_age", category="hfa_severely_stunted", z=-6.5, flag="implausible")
PRESSURE = ScreeningResult(code="blood_pressure", category="normal")
TB_YES = ScreeningResult(code="tb_symptoms", category="suspect")
TB_NO = ScreeningResult(code="tb_symptoms", category="not_suspect")


def id_of(name: str) -> UUID:
    """Return the same made-up id for the same name."""
    return uuid5(NAMESPACE_URL, name)


@dataclass
class World:
    """Counts versions, so that each event is the next of its aggregate."""

    versions: Counter[UUID] = field(default_factory=Counter)

    def event(self, data: EventData, aggregate: UUID, home: str, *, at: datetime | None = None) -> NewEvent:
        """Return the aggregate's next event."""
        self.versions[aggregate] += 1
        return NewEvent(
            data=data,
            aggregate_id=aggregate,
            aggregate_version=self.versions[aggregate],
            home_area=home,
            area_code=home,
            occurred_at=at or datetime.combine(DAY, time(3), UTC),
        )

    def tree(self, regency: str, *villages: str) -> NewEvent:
        """Publish a regency's tree: province, regency, the villages and their districts."""
        codes = {regency[:2], regency, *villages, *(v[:8] for v in villages)}
        levels = ("province", "regency", "district", "village")
        areas = [
            AreaNode(code=c, name=f"Wilayah {c}", level=levels[c.count(".")], kind="kota", parent_code=parent_of(c))
            for c in sorted(codes)
        ]
        data = AreaTreePublished(root=regency, dataset="test", areas=areas)
        return self.event(data, id_of(f"tree {regency}"), regency)

    def posyandu(self, name: str, village: str = VILLAGE, *, example: bool = False) -> NewEvent:
        """Register a posyandu."""
        data = FacilityRegistered(
            facility_id=id_of(name),
            kind="posyandu",
            name=name,
            area_code=village,
            timezone="Asia/Jakarta",
            example_data=example,
        )
        return self.event(data, id_of(name), village)

    def person(self, name: str, born: str, village: str = VILLAGE, *, active: bool = True) -> NewEvent:
        """Register (or change) a person; `born` is `YYYY-MM`."""
        data = PersonRegistered(
            person_id=id_of(name),
            sex="female",
            birth_date=date.fromisoformat(f"{born}-15"),
            home_area=village,
            active=active,
        )
        return self.event(data, id_of(name), village)

    def open_day(
        self, name: str, posyandu: str, day: date = DAY, village: str = VILLAGE, *, cancelled: bool = False
    ) -> NewEvent:
        """Schedule (or change) an open day."""
        data = OpenDayScheduled(
            open_day_id=id_of(name),
            facility_id=id_of(posyandu),
            facility_kind="posyandu",
            facility_area=village,
            day=day,
            cancelled=cancelled,
        )
        return self.event(data, id_of(name), village)

    def screening(
        self,
        name: str,
        person: str,
        born: str,
        *results: ScreeningResult,
        observed: tuple[str, ...] = (),
        day: date = DAY,
        minute: int = 0,
        village: str = VILLAGE,
        posyandu: str = "mawar",
        facility_area: str = VILLAGE,
        facility_kind: Literal["posyandu", "puskesmas"] = "posyandu",
        origin: str | None = None,
    ) -> NewEvent:
        """Record a screening, or correct it when it was recorded before. `origin`: where its aggregate was made."""
        kind = ScreeningCorrected if self.versions[id_of(name)] else ScreeningRecorded
        extra = {"reason": "wrong_value"} if kind is ScreeningCorrected else {}
        data = kind(
            screening_id=id_of(name),
            person_id=id_of(person),
            facility_id=id_of(posyandu),
            facility_kind=facility_kind,
            facility_area=facility_area,
            home_area=village,
            sex="female",
            birth_month=born,
            age_days=600,
            day=day,
            observed=observed,
            results=results,
            performer_role="kader",
            **extra,
        )
        at = datetime.combine(day, time(3), UTC) + timedelta(minutes=minute)
        return self.event(data, id_of(name), origin or village, at=at)

    def void(self, name: str, person: str, *, village: str = VILLAGE, posyandu: str = "mawar") -> NewEvent:
        """Void a screening."""
        data = ScreeningVoided(
            screening_id=id_of(name),
            person_id=id_of(person),
            facility_id=id_of(posyandu),
            home_area=village,
            day=DAY,
            reason="wrong_person",
        )
        return self.event(data, id_of(name), village)

    def task(self, name: str, status: TaskStatus, *, opened: date = DAY, village: str = VILLAGE) -> NewEvent:
        """Open or move a task."""
        kind: Literal["follow_up", "referral"] = "follow_up"
        data = TaskChanged(
            task_id=id_of(name),
            kind=kind,
            action="FURTHER_TEST",
            status=status,
            person_id=id_of("someone"),
            screening_id=id_of("some screening"),
            home_area=village,
            opened_day=opened,
            due_at=datetime.combine(opened, time(5), UTC),
            result_code="tb_symptoms",
        )
        return self.event(data, id_of(name), village)
