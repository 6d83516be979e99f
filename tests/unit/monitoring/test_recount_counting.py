"""Recount's counting rules on hand-made histories: ages at their borders, persons once, last visit, completeness."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ilp_monitoring.recount.archive_repository import Archived
from ilp_monitoring.recount.comparing import compare
from ilp_monitoring.recount.counting import (
    count_arrivals,
    count_cells,
    count_completeness,
    count_residents,
    levels,
    months_before,
)
from ilp_monitoring.recount.findings import Finding
from ilp_monitoring.recount.history import History

Fact = Mapping[str, object]

VILLAGE, OTHER = "13.76.01.1002", "13.76.01.1003"
STUNTED = {"code": "length_height_for_age", "z": -2.5, "flag": None, "category": "hfa_stunted"}
NORMAL = {"code": "length_height_for_age", "z": 0.1, "flag": None, "category": "hfa_normal"}
IMPLAUSIBLE = {"code": "length_height_for_age", "z": -6.5, "flag": "implausible", "category": "hfa_severely_stunted"}
PRESSURE = {"code": "blood_pressure", "z": None, "flag": None, "category": "bp_normal"}
SUSPECT = {"code": "tb_symptoms", "z": None, "flag": None, "category": "suspect"}
CLEAR = {"code": "tb_symptoms", "z": None, "flag": None, "category": "no_symptoms"}


class Past:
    """Builds a history event by event."""

    def __init__(self) -> None:
        self.history = History()
        self.person = str(uuid4())

    def event(self, kind: str, data: Mapping[str, object], aggregate: UUID | None = None, version: int = 1) -> UUID:
        """Add an event; returns its aggregate."""
        aggregate = aggregate or uuid4()
        occurred = datetime(2026, 11, 5, 3, tzinfo=UTC)
        recorded = occurred + timedelta(minutes=len(self.history.arrivals))
        self.history.learn(Archived(aggregate, version, f"ilp.{kind}.v1", occurred, recorded, dict(data)))
        return aggregate

    def visit(self, *results: Fact, aggregate: UUID | None = None, version: int = 1, **data: object) -> UUID:
        """Add a screening of the person; a version above 1 is a correction."""
        content = {
            "person_id": self.person,
            "facility_id": "posyandu-1",
            "facility_area": VILLAGE,
            "home_area": VILLAGE,
            "birth_month": "2024-03",
            "day": "2026-11-05",
            "observed": ["weight_kg"],
            "results": list(results),
            **data,
        }
        kind = "screening.recorded" if version == 1 else "screening.corrected"
        return self.event(kind, content, aggregate, version)

    def cell(self, indicator: str, area: str = VILLAGE, period: str = "2026-11") -> list[int] | None:
        """Return [numerator, denominator], or None where there is no cell."""
        return count_cells(self.history).get((indicator, period, area))


def test_levels_go_from_village_to_nation() -> None:
    """Five levels for a village."""
    assert levels(VILLAGE) == [VILLAGE, "13.76.01", "13.76", "13", "id"]


@pytest.mark.parametrize(("count", "month"), [(0, "2026-11"), (11, "2025-12"), (59, "2021-12"), (216, "2008-11")])
def test_months_before(count: int, month: str) -> None:
    """Months are counted over year ends."""
    assert months_before("2026-11", count) == month


@pytest.mark.parametrize(
    ("birth_month", "counted"), [("2021-12", True), ("2021-11", False), ("2026-11", True), ("2026-12", False)]
)
def test_under_five_begins_at_birth_and_ends_at_sixty_months(birth_month: str, counted: bool) -> None:
    """0 to 59 whole months at the end of the month is under five; 60 is not, and no one is before birth."""
    past = Past()
    past.visit(STUNTED, birth_month=birth_month)
    assert (past.cell("D_S") is not None) is counted
    assert (past.cell("STUNTING") is not None) is counted


@pytest.mark.parametrize(("birth_month", "counted"), [("2008-11", True), ("2008-12", False)])
def test_adult_begins_at_eighteen_years(birth_month: str, counted: bool) -> None:
    """216 months is an adult, 215 is not."""
    past = Past()
    past.visit(PRESSURE, birth_month=birth_month)
    assert (past.cell("BP_ADULT") is not None) is counted


def test_person_counts_once_at_last_home_with_last_result() -> None:
    """Two visits of one child in a month are one child, where the last visit says, as the last result says."""
    past = Past()
    past.visit(STUNTED, day="2026-11-20", home_area=OTHER + ".RW-01")
    past.visit(NORMAL, day="2026-11-05")
    assert past.cell("D_S", OTHER) == [1, 0]
    assert past.cell("D_S", VILLAGE) is None
    assert past.cell("STUNTING", OTHER) == [1, 1]
    assert past.cell("STUNTING", "id") == [1, 1]


def test_flagged_results_stay_out_of_prevalence() -> None:
    """Count an implausible height as weighed, not as measured."""
    past = Past()
    past.visit(IMPLAUSIBLE)
    assert past.cell("D_S") == [1, 0]
    assert past.cell("STUNTING") is None


def test_correction_replaces_and_void_removes() -> None:
    """Count the highest version alone, in every order of versions."""
    past = Past()
    screening = past.visit(NORMAL, version=2, aggregate=uuid4())
    past.visit(STUNTED, aggregate=screening)
    assert past.cell("STUNTING") == [0, 1]
    past.event("screening.voided", {}, screening, 3)
    assert past.cell("STUNTING") is None
    assert past.cell("D_S") is None


def test_one_suspect_answer_in_the_month_is_enough() -> None:
    """Keep a suspicion after a later visit without symptoms."""
    past = Past()
    past.visit(SUSPECT, day="2026-11-02", observed=[], birth_month="1980-01")
    past.visit(CLEAR, day="2026-11-09", observed=[], birth_month="1980-01")
    assert past.cell("TB_SUSPECT") == [1, 1]
    assert past.cell("D_S") is None


@pytest.mark.parametrize(
    ("status", "cell"),
    [("requested", [1, 1]), ("accepted", [1, 1]), ("completed", [0, 1]), ("cancelled", None)],
)
def test_open_follow_ups(status: str, cell: list[int] | None) -> None:
    """Open are requested and accepted; cancelled tasks are no tasks."""
    past = Past()
    due = "2026-11-19T17:30:00+00:00"
    content = {"home_area": VILLAGE, "opened_day": "2026-11-05", "status": "requested", "due_at": due}
    task = past.event("cluster.task-changed", content)
    past.event("cluster.task-changed", {**content, "status": status}, task, 2)
    assert past.cell("FOLLOW_UP_OPEN") == cell


def test_completeness_counts_posyandu_with_an_open_day() -> None:
    """Expect nothing of a cancelled day; a puskesmas is no posyandu; a void screening is no report."""
    past = Past()
    content = {"facility_kind": "posyandu", "facility_area": VILLAGE, "day": "2026-11-05", "cancelled": False}
    for facility, change in (
        ("posyandu-1", {}),
        ("posyandu-2", {}),
        ("posyandu-3", {"cancelled": True}),
        ("puskesmas-1", {"facility_kind": "puskesmas"}),
    ):
        past.event("screening.open-day-scheduled", {**content, "facility_id": facility, **change})
    past.visit()
    screening = past.visit(facility_id="posyandu-2")
    past.event("screening.voided", {}, screening, 2)
    counted = count_completeness(past.history)
    assert counted["2026-11", VILLAGE] == [2, 1]
    assert counted["2026-11", "id"] == [2, 1]


def test_of_each_area_the_last_twenty_arrivals_are_expected() -> None:
    """Expect one for each minute and facility; corrections and voids are no arrivals."""
    past = Past()
    first = past.visit()
    past.visit(aggregate=first, version=2, observed=[])
    past.event("screening.voided", {}, first, 3)
    assert count_arrivals(past.history)[VILLAGE, "2026-11-05T03:00", "posyandu-1"] == [1, 0]
    for _ in range(20):
        past.visit(observed=[])
    counted = count_arrivals(past.history)
    assert len(counted) == 20 * len(levels(VILLAGE))
    assert ("id", "2026-11-05T03:00", "posyandu-1") not in counted
    assert counted["id", "2026-11-05T03:20", "posyandu-1"] == [0, 1]


def test_residents_are_the_active_ones_where_they_live_now() -> None:
    """Moving changes the place, leaving takes away."""
    past = Past()
    person = {"home_area": VILLAGE, "birth_date": "2024-03-01", "sex": "male", "active": True}
    moved = past.event("registry.person-registered", person)
    left = past.event("registry.person-registered", person)
    past.event("registry.person-registered", {**person, "home_area": OTHER}, moved, 2)
    past.event("registry.person-registered", {**person, "active": False}, left, 2)
    counted = count_residents(past.history)
    assert counted == {(area, "2024-03", "male"): [1] for area in levels(OTHER)}


def test_comparison_sees_both_directions_and_takes_zero_for_absent() -> None:
    """Distinguish missing, extra and wrong; 0/0 is nothing."""
    findings: list[Finding] = []
    expected: dict[tuple[str, ...], list[int]] = {("a",): [1, 2], ("b",): [1, 1], ("z",): [0, 0]}
    actual: dict[tuple[str, ...], tuple[int, ...]] = {("b",): (1, 2), ("c",): (3, 3), ("y",): (0, 0)}
    assert compare("cell", expected, actual, findings.append) == 5
    assert [(f.kind, f.where) for f in findings] == [("cell_missing", "a"), ("cell_wrong", "b"), ("cell_extra", "c")]
