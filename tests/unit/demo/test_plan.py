"""The plan of the demonstration day: published counts, impossible people, plausible findings, the same every time."""

import itertools
import random
import re
import statistics
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deploy.dev import simulate
from deploy.dev.demo.growth import Child, measure_child, value_at
from deploy.dev.demo.morning import Morning, Planner, Villages, last_month
from deploy.dev.demo.network import DISTRICTS, Facility, plan_posyandu, plan_pustu
from deploy.dev.demo.population import Resident, residents
from deploy.dev.demo.preparation import by_posyandu
from deploy.dev.demo.steps import Step
from deploy.dev.failure import StartError
from tests.unit.demo.reference import health_centres, places

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def posyandu() -> dict[str, list[Facility]]:
    return {d.code: plan_posyandu(d, places(d), health_centres(d)) for d in DISTRICTS}


@pytest.fixture(scope="module")
def people(posyandu: dict[str, list[Facility]]) -> dict[str, list[Resident]]:
    return {code: residents(facilities, 1, DAY) for code, facilities in posyandu.items()}


def morning(facilities: list[Facility], code: str, day: date = DAY, scale: float = 1, seed: int = 1) -> Morning:
    special = Villages.of(code, (f.village for f in facilities))
    part = [f for f in facilities if special.chosen(f.village, scale)]
    return Planner(special, by_posyandu(residents(facilities, seed, day)), seed, day).plan(part)


def steps(plan: Morning) -> Iterator[Step]:
    for unit in plan.units:
        yield from unit.steps


def test_published_numbers_of_facilities(posyandu: dict[str, list[Facility]]) -> None:
    assert {code: len(facilities) for code, facilities in posyandu.items()} == {
        "13.76": 173,
        "14.72": 201,
        "33.75": 54,
        "17.05": 202,
        "62.10": 127,
    }
    pustu = {d.code: plan_pustu(d, places(d), health_centres(d)) for d in DISTRICTS}
    assert [len(facilities) for facilities in pustu.values()] == [23, 36, 13, 22, 17]
    assert {p.name for p in pustu["33.75"]} >= {"Pustu Pasirsari", "Pustu Gamer"}


def test_a_posyandu_belongs_to_a_puskesmas_of_its_own_district(posyandu: dict[str, list[Facility]]) -> None:
    for district in DISTRICTS:
        by_id = {p.id: p for p in health_centres(district)}
        served = {p.area for p in by_id.values()}
        for facility in posyandu[district.code]:
            kecamatan = facility.village.rpartition(".")[0]
            parent = by_id[facility.parent]
            assert parent.area == kecamatan or kecamatan not in served
            assert facility.item()["example_data"] is True


def test_identifiers_are_distinct(posyandu: dict[str, list[Facility]], people: dict[str, list[Resident]]) -> None:
    facilities = [f for group in posyandu.values() for f in group]
    everybody = [p for group in people.values() for p in group]
    assert len({f.id for f in facilities}) == len(facilities)
    assert len({p.id for p in everybody}) == len(everybody)
    assert 7000 <= len(everybody) <= 8500


def test_nik_are_distinct_impossible_and_of_the_right_shape(people: dict[str, list[Resident]]) -> None:
    niks = [p.nik for group in people.values() for p in group if p.nik is not None]
    assert len(set(niks)) == len(niks)
    assert all(re.fullmatch(r"\d{12}0000", nik) for nik in niks)


def test_people_do_not_change_with_the_day_but_age_and_are_born(posyandu: dict[str, list[Facility]]) -> None:
    before = {p.id: p for p in residents(posyandu["13.76"], 1, DAY - timedelta(days=400))}
    now = {p.id: p for p in residents(posyandu["13.76"], 1, DAY)}
    assert all(before[key] == now[key] for key in before.keys() & now.keys())
    assert before.keys() - now.keys()
    assert all(now[key].birth_date > DAY - timedelta(days=400) for key in now.keys() - before.keys())


def test_about_fifteen_of_a_hundred_measured_children_are_stunted() -> None:
    chance = random.Random(5)
    measured = []
    for _ in range(4000):
        child = Child(chance.choice(("male", "female")), chance.randrange(0, 1826))
        observations = measure_child(child, chance, wasted=False)
        if "length_height_cm" in observations:
            measured.append(
                float(str(observations["length_height_cm"])) < value_at("lhfa", child.sex, child.age_days, -2)
            )
    assert statistics.mean(measured) == pytest.approx(0.15, abs=0.02)


def test_the_same_day_is_the_same_plan_and_another_day_another(posyandu: dict[str, list[Facility]]) -> None:
    facilities = posyandu["13.76"]
    assert morning(facilities, "13.76") == morning(facilities, "13.76")
    one = {s.key for s in steps(morning(facilities, "13.76"))} - {None}
    other = {s.key for s in steps(morning(facilities, "13.76", day=DAY - timedelta(days=1)))} - {None}
    assert one.isdisjoint(other)


def test_two_days_of_a_month_agree_on_what_they_share(posyandu: dict[str, list[Facility]]) -> None:
    # The late posyandu's day of last month is in both plans: the same keys must carry the same bodies.

    def bodies(day: date) -> dict[object, object]:
        plan = morning(posyandu["17.05"], "17.05", day=day)
        return {item["idempotency_key"]: item for step in steps(plan) for item in step.items}

    first, second = bodies(date(2026, 11, 3)), bodies(date(2026, 11, 28))
    shared = first.keys() & second.keys()
    assert shared
    assert all(first[key] == second[key] for key in shared)


def test_a_smaller_day_is_a_part_of_the_whole(posyandu: dict[str, list[Facility]]) -> None:
    for code, facilities in posyandu.items():
        whole, part = morning(facilities, code), morning(facilities, code, scale=0.2)
        assert {s.key for s in part.open_days} < {s.key for s in whole.open_days}
        assert [u for u in part.units if u not in whole.units] == []
        assert set(part.follow_ups) <= set(whole.follow_ups)


def test_everything_that_goes_wrong_happens_in_every_district(posyandu: dict[str, list[Facility]]) -> None:
    for code, facilities in posyandu.items():
        plan = list(steps(morning(facilities, code)))
        paths = [step.path for step in plan]
        assert sum(path.endswith("/corrections") for path in paths) == 1
        assert sum(path.endswith("/void") for path in paths) == 1
        uploads = [tuple(str(item["id"]) for item in step.items) for step in plan if step.items]
        assert len(uploads) - len(set(uploads)) == 1
        late = [s for s in plan if s.items and str(s.items[0]["occurred_at"]).startswith(last_month(DAY).isoformat())]
        assert len(late) == 1


def test_most_screenings_are_sent_in_batches_of_a_posyandu_or_two(posyandu: dict[str, list[Facility]]) -> None:
    plan = list(steps(morning(posyandu["14.72"], "14.72")))
    singles = sum(step.path.endswith("/screenings") for step in plan)
    batches = [len(step.items) for step in plan if step.items]
    assert 0.1 < singles / (singles + sum(batches)) < 0.3
    assert max(batches) <= 20


def test_the_first_district_is_active_all_morning(posyandu: dict[str, list[Facility]]) -> None:
    at = sorted(unit.at for unit in morning(posyandu["13.76"], "13.76").units)
    assert all(later - earlier < 0.06 for earlier, later in itertools.pairwise(at))


def test_one_village_of_the_first_district_has_a_cluster_of_danger_signs(
    posyandu: dict[str, list[Facility]],
) -> None:
    worrying: dict[str, int] = {}
    for plan in (morning(posyandu["13.76"], "13.76"),):
        for follow_up in plan.follow_ups:
            worrying[follow_up.village] = worrying.get(follow_up.village, 0) + 1
    most, second = sorted(worrying.values(), reverse=True)[:2]
    assert most >= 8
    assert most > 3 * second


def test_the_default_day_is_one_whose_morning_is_over() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    assert simulate.last_finished_morning(datetime(2026, 11, 22, 10, 5, tzinfo=zone)) == DAY
    assert simulate.last_finished_morning(datetime(2026, 11, 22, 9, 5, tzinfo=zone)) == DAY - timedelta(days=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ILP_DEMO_SEED": "x"},
        {"ILP_DEMO_SPEED": "-1"},
        {"ILP_DEMO_SPEED": "inf"},
        {"ILP_DEMO_SCALE": "2"},
        {"ILP_DEMO_DATE": "22-11-2026"},
        {"ILP_DEMO_DATE": "2026-11-23"},
        {"ILP_DEMO_DISTRICTS": "13.76,99.99"},
        {"ILP_DEMO_HISTORY": "x"},
        {"ILP_DEMO_HISTORY": "14"},
    ],
)
def test_settings_that_make_no_sense_are_one_line(wrong: dict[str, str]) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Asia/Jakarta"))
    with pytest.raises(StartError):
        simulate.read_run({"ILP_DATA_DIR": "/nonexistent", **wrong}, now)
