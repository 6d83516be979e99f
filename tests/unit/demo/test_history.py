"""The plan of the history: months that can be compared, that show their trend, and that are the same in every run."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest

from deploy.dev.config import HISTORY_MONTHS, Config
from deploy.dev.demo.growth import value_at
from deploy.dev.demo.history import History, Month, months_before
from deploy.dev.demo.morning import Planner, Villages
from deploy.dev.demo.network import DISTRICTS, plan_posyandu
from deploy.dev.demo.population import Resident, residents
from deploy.dev.demo.preparation import Settings, by_posyandu
from deploy.dev.demo.visits import Visit
from deploy.dev.failure import StartError
from ilp_screening.settings import Settings as ScreeningSettings
from tests.unit.demo.reference import health_centres, places

DAY = date(2026, 11, 22)
CITY = DISTRICTS[0]
MONTHS = months_before(DAY, HISTORY_MONTHS)


@cache
def history(day: date = DAY, scale: float = 1.0) -> History:
    return History(CITY, plan_posyandu(CITY, places(CITY), health_centres(CITY)), Settings(1, day, scale))


@cache
def month(first: date, day: date = DAY, scale: float = 1.0) -> Month:
    return history(day, scale).month(first)


@cache
def visits(first: date, day: date = DAY, scale: float = 1.0) -> list[Visit]:
    plan = month(first, day, scale)
    return [*plan.visits(), plan.last]


@cache
def people() -> dict[object, Resident]:
    return {resident.id: resident for resident in history().residents(MONTHS)}


def heights(first: date) -> Iterator[tuple[Resident, int, float]]:
    """Children measured in a month: who, the age in days, the height."""
    for visit in visits(first):
        child = people()[visit.person]
        if "length_height_cm" in visit.observations:
            age = child.age_days(date.fromisoformat(visit.occurred_at[:10]))
            yield child, age, float(str(visit.observations["length_height_cm"]))


def stunted(first: date) -> float:
    measured = list(heights(first))
    low = [height < value_at("lhfa", child.sex, age, -2) for child, age, height in measured]
    return sum(low) / len(low)


def test_a_year_and_a_month_before_the_day_newest_first() -> None:
    assert [f"{first:%Y-%m}" for first in months_before(date(2026, 1, 31), 3)] == ["2025-12", "2025-11", "2025-10"]
    assert (f"{MONTHS[0]:%Y-%m}", f"{MONTHS[-1]:%Y-%m}") == ("2026-10", "2025-10")


def test_no_day_is_older_than_the_services_accept() -> None:
    accepted = timedelta(days=ScreeningSettings.model_fields["back_entry_days"].default)
    for ahead in range(366):
        day = DAY + timedelta(days=ahead)
        first = months_before(day, HISTORY_MONTHS)[-1]
        assert day - first <= accepted
    assert min(past.day.day for first in MONTHS for past in month(first).days) >= 5


def test_enough_posyandu_report_in_every_month_for_an_arrow() -> None:
    for first in MONTHS:
        reporting = {visit.facility for visit in visits(first)}
        opened = {day.posyandu.id for day in month(first).days}
        assert reporting <= opened
        assert 0.85 <= len(reporting) / 173 < len(opened) / 173 < 1


def test_stunting_falls_slowly_and_more_children_come() -> None:
    shares = [stunted(first) for first in reversed(MONTHS)]
    assert 0.02 < shares[0] - shares[-1] < 0.09
    assert all(abs(later - earlier) < 0.03 for earlier, later in pairwise(shares))
    children = [sum("weight_kg" in visit.observations for visit in visits(first)) for first in (MONTHS[-1], MONTHS[0])]
    assert 1.02 < children[1] / children[0] < 1.2


def test_adults_come_once_a_year_and_most_of_them_by_its_end() -> None:
    year = [visit for first in MONTHS[:12] for visit in visits(first) if visit.id != month(first).last.id]
    times = Counter(visit.person for visit in year if "sbp" in visit.observations)
    adults = [resident for resident in people().values() if not resident.is_child(DAY - timedelta(days=400))]
    assert max(times.values()) == 1
    assert 0.65 < len(times) / sum(resident.birth_date.year < 2016 for resident in adults) < 0.9


def test_everybody_who_comes_is_registered() -> None:
    assert {visit.person for first in MONTHS for visit in visits(first)} <= people().keys()


def test_a_month_is_the_same_from_every_day_of_the_run() -> None:
    earlier, later = date(2026, 9, 1), date(2026, 12, 3)
    assert [visit.body() for visit in visits(earlier)] == [visit.body() for visit in visits(earlier, later)]
    assert month(earlier).days == month(earlier, later).days


def test_a_smaller_history_is_a_part_of_the_whole_and_its_last_visit_its_own() -> None:
    small, whole = (
        {str(visit.id): visit.body() for visit in month(MONTHS[0], scale=scale).visits()} for scale in (0.2, 1)
    )
    assert small.items() < whole.items()
    assert month(MONTHS[0], scale=0.2).last.id != month(MONTHS[0]).last.id


def test_the_last_visit_is_nobody_elses_and_always_worth_a_task() -> None:
    for first in MONTHS:
        plan = month(first)
        assert plan.last.person not in {visit.person for visit in plan.visits()}
        assert int(str(plan.last.observations["sbp"])) >= 180


def test_the_day_itself_shares_no_screening_with_the_history_nor_the_late_posyandu() -> None:
    posyandu = plan_posyandu(CITY, places(CITY), health_centres(CITY))
    special = Villages.of(CITY.code, (facility.village for facility in posyandu))
    morning = Planner(special, by_posyandu(residents(posyandu, 1, DAY)), 1, DAY).plan(posyandu)
    sent = {item["id"] for unit in morning.units for step in unit.steps for item in step.items}
    late = {item["facility_id"] for unit in morning.units for s in unit.steps for item in s.items if _last_month(item)}
    assert len(late) == 1
    assert sent.isdisjoint({str(visit.id) for first in MONTHS for visit in visits(first)})
    assert late.isdisjoint({str(day.posyandu.id) for day in month(MONTHS[0]).days})


def _last_month(item: object) -> bool:
    assert isinstance(item, dict)
    return str(item["occurred_at"]).startswith(f"{MONTHS[0]:%Y-%m}")


@pytest.mark.parametrize(("text", "months"), [("", 13), ("off", 0), ("0", 0), ("3", 3), ("13", 13)])
def test_how_many_months_is_a_setting(text: str, months: int) -> None:
    assert Config.from_environment({"ILP_DEMO_HISTORY": text}).history == months


@pytest.mark.parametrize("wrong", ["14", "-1", "a year", "1.5"])
def test_another_number_of_months_is_refused_in_one_line(wrong: str) -> None:
    with pytest.raises(StartError, match="ILP_DEMO_HISTORY"):
        Config.from_environment({"ILP_DEMO_HISTORY": wrong})
