"""Which faults a run takes: pure functions of the list, the change, the durations and the seed."""

import importlib.util
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.canary import CANARY
from tests.faults.catalogue import FAULTS, NUMBERS
from tests.faults.change import change, head, history, reaches_back
from tests.faults.choice import choose, seed_of
from tests.faults.fault import Fault
from tests.faults.platform import BreakablePlatform
from tests.faults.selection import (
    BUDGET_S,
    PLATFORMS,
    START_S,
    ages,
    is_touched,
    module_of,
    of_service,
    overdue,
    sampled,
    select,
)
from tests.faults.workload import Workload


async def nothing(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Break nothing."""


def made(name: str, *touches: str, smoke: bool = False, weight: float = 1.0) -> Fault:
    """Return a fault of the tests."""
    return Fault(name, "process", nothing, touches, smoke, weight)


RELAY = made("relay", "ilp_shared.bus.relay", smoke=True)
DATABASE = made("database", "ilp_shared.db", "ilp_shared.worker")
SCREENING = made("screening", "ilp_screening.recording", smoke=True)
OTHERS = [made(f"other {number}") for number in range(20)]
ALL: Sequence[Fault] = [RELAY, DATABASE, SCREENING, *OTHERS]
SECONDS = {fault.name: 30.0 for fault in ALL}


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("services/cluster-services/ilp_cluster_services/tasks/router.py", "ilp_cluster_services.tasks.router"),
        ("services/screening/ilp_screening/packs/growth/2025/pack.yaml", "ilp_screening.packs.growth.2025.pack"),
        ("shared/ilp_shared/bus/relay/__init__.py", "ilp_shared.bus.relay"),
        ("deploy/dev/front_door.py", "deploy.dev.front_door"),
        ("deploy/requirements/cluster-services.txt", "deploy.requirements.cluster-services"),
        ("tests/faults/relay_faults.py", "tests.faults.relay_faults"),
        ("services/monitoring/README.md", None),
        ("shared/adr/0001-bus-semantics.md", None),
        ("pyproject.toml", None),
    ],
)
def test_files_are_modules(path: str, module: str | None) -> None:
    assert module_of(path) == module


def test_a_change_touches_a_fault_by_whole_names() -> None:
    assert is_touched(RELAY, {"ilp_shared.bus.relay"})
    assert is_touched(RELAY, {"other", "ilp_shared.bus.relay.lease"})
    assert not is_touched(RELAY, {"ilp_shared.bus.relays", "ilp_shared.bus", "ilp_shared"})
    assert is_touched(DATABASE, {"ilp_shared.worker"})
    assert is_touched(OTHERS[0], {nothing.__module__})
    assert not is_touched(RELAY, set())


def test_touched_and_smoke_are_always_taken_and_the_sample_fills_the_budget() -> None:
    taken = select(ALL, {"ilp_shared.db.scope"}, SECONDS, seed=7)
    assert list(taken.touched) == [DATABASE]
    assert list(taken.smoke) == [RELAY, SCREENING]
    room_s = PLATFORMS * (BUDGET_S - START_S)
    assert len(taken.faults) == len(set(map(id, taken.faults))) == int(room_s // 30)
    assert sum(SECONDS[fault.name] for fault in taken.faults) <= room_s


def test_a_touched_smoke_is_taken_once() -> None:
    taken = select(ALL, {"ilp_shared.bus.relay.relay"}, SECONDS, seed=7)
    assert list(taken.touched) == [RELAY]
    assert list(taken.smoke) == [SCREENING]
    assert Counter(fault.name for fault in taken.faults)["relay"] == 1


@pytest.mark.parametrize(
    "path", ["deploy/requirements/screening.txt", "deploy/requirements/dev.txt", "deploy/dev/kafka_jars.py"]
)
def test_other_dependencies_touch_the_smoke_of_every_group(path: str) -> None:
    module = module_of(path)
    assert module is not None
    taken = select(FAULTS, {module}, {}, seed=7)
    assert {fault.group for fault in taken.touched} == {fault.group for fault in FAULTS}
    of_one = of_service(FAULTS, "ilp_registry", 7, {module})
    assert {fault.group for fault in of_one.faults} == {fault.group for fault in FAULTS}
    assert len(of_service(FAULTS, "ilp_registry", 7, {"deploy.dev.front_door"}).faults) == 1


def test_an_unknown_change_touches_nothing() -> None:
    assert list(select(ALL, None, SECONDS, seed=7).touched) == []


def test_what_must_be_taken_is_taken_though_it_fills_the_budget() -> None:
    taken = select(ALL, {"ilp_shared.db"}, dict.fromkeys(SECONDS, 1_000.0), seed=7)
    assert [fault.name for fault in taken.faults] == ["database", "relay", "screening"]


def test_a_seed_repeats_its_sample_and_seeds_differ() -> None:
    samples = {tuple(fault.name for fault in select(ALL, None, SECONDS, seed).sample) for seed in range(10)}
    assert len(samples) > 5
    again = {tuple(fault.name for fault in select(ALL, None, SECONDS, seed).sample) for seed in range(10)}
    assert samples == again


def test_a_sample_takes_each_fault_in_turn_and_heavy_ones_more_often() -> None:
    heavy = made("heavy", weight=5)
    drawn = Counter(
        fault.name for seed in range(300) for fault in sampled([heavy, *OTHERS], {}, 100.0, random.Random(seed))
    )
    assert set(drawn) == {"heavy", *(fault.name for fault in OTHERS)}
    assert drawn["heavy"] > 2 * max(drawn[fault.name] for fault in OTHERS)


def test_a_long_fault_leaves_room_for_short_ones() -> None:
    seconds = {"long": 80.0, **{fault.name: 30.0 for fault in OTHERS}}
    drawn = sampled([made("long", weight=1e9), *OTHERS], seconds, 100.0, random.Random(1))
    assert [fault.name for fault in drawn] == ["long"]
    assert len(sampled(OTHERS, seconds, 100.0, random.Random(1))) == 3


def test_a_service_gets_one_fault_that_concerns_it() -> None:
    assert [fault.name for fault in of_service(ALL, "ilp_screening", 1).faults] == ["screening"]
    assert of_service(ALL, "ilp_nothing", 1).faults == []
    for service in ("registry", "screening", "cluster_services", "monitoring"):
        assert len(of_service(FAULTS, f"ilp_{service}", 1).faults) == 1, service


def test_the_age_is_that_of_the_newest_run_that_git_knows() -> None:
    runs = {"relay": {"c", "b"}, "database": {"gone"}}
    assert ages(ALL[:3], runs, ["a", "b", "c"]) == {"relay": 1, "database": None, "screening": None}


def test_a_fault_without_a_recent_run_is_overdue() -> None:
    assert overdue({"now": 0, "just": 50, "old": 51, "new": None}, 50) == [
        "old: 51 commits ago",
        "new: no run is known",
    ]


def test_every_group_has_one_smoke() -> None:
    groups = Counter(fault.group for fault in FAULTS if fault.smoke)
    assert groups == dict.fromkeys({fault.group for fault in FAULTS}, 1)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_touches_exists(fault: Fault) -> None:
    assert fault.touches
    for prefix in fault.touches:
        assert importlib.util.find_spec(prefix) is not None, prefix


def test_the_canary_is_on_no_list() -> None:
    assert CANARY not in FAULTS
    assert CANARY.name in NUMBERS


def test_the_seed_is_the_commits_unless_one_is_asked_for() -> None:
    assert seed_of("0123456789abcdef", {}) == 0x0123456
    assert seed_of("0123456789abcdef", {"SEED": "12"}) == 12
    assert seed_of(None, {}) == 1


def test_this_repository_has_a_selection() -> None:
    selection, words = choose({})
    assert selection.faults
    assert words
    if (commit := head()) is not None:
        assert history()[0] == commit
        assert reaches_back(len(history()) - 1)
    differing = change()
    assert differing is None or all(Path(path).name for path in differing.paths)
