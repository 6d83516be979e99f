"""Routing and reconciliation of tasks on hand-made values: limits, klaster, severity, what a correction moves."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.rules.forms import Level, Route, RoutingTable
from ilp_cluster_services.rules.lifecycle import HumanMove, IllegalMove, apply_move, cancelled_by_event, may_move
from ilp_cluster_services.rules.models import Planned, Screening, TaskState
from ilp_cluster_services.rules.reconcile import Change, reconcile, withdraw
from ilp_cluster_services.rules.routing import due_at, facility_at, plan, task_id
from ilp_shared.events.screening.v1 import RequiredAction, ScreeningResult

DAY, MOMENT = date(2026, 11, 20), datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
VILLAGE, PAPUA = "13.76.01.1002", "91.71.01.1001"
POSYANDU, PUSKESMAS, ELSEWHERE, PUSTU = (UUID(int=n) for n in range(1, 5))
TABLE = load_routing().for_day(DAY)


def action(code: str, days: int | None = None, hours: int | None = None) -> RequiredAction:
    return RequiredAction(code=code, after_days=days, within_hours=hours)


def result(code: str, *actions: RequiredAction | str, worst: str | None = "disease_suspected") -> ScreeningResult:
    facts = tuple(action(a) if isinstance(a, str) else a for a in actions)
    return ScreeningResult(code=code, result_class=worst, actions=facts)


def screening_with(
    *results: ScreeningResult, version: int = 1, facility_area: str = VILLAGE, day: date = DAY
) -> Screening:
    return Screening(UUID(int=9), version, UUID(int=8), POSYANDU, facility_area, VILLAGE, day, MOMENT, results)


def plans_of(*results: ScreeningResult) -> list[Planned]:
    return plan(screening_with(*results), TABLE)


def at(level: Level) -> UUID | None:
    return {"origin": POSYANDU, "puskesmas": PUSKESMAS}.get(level)


def reconciled(
    current: dict[str, TaskState], *results: ScreeningResult, version: int = 1, day: date = DAY
) -> list[Change]:
    screening = screening_with(*results, version=version, day=day)
    return reconcile(current, screening, plan(screening, TABLE), at)


def opened(*results: ScreeningResult) -> dict[str, TaskState]:
    return {change.task.action: change.task for change in reconciled({}, *results)}


def test_one_task_for_each_action_in_order_of_mention_and_none_for_what_opens_nothing() -> None:
    planned = plans_of(result("weight_for_age", "EDU", "FURTHER_TEST"), result("tb_symptoms", "REPEAT", "FURTHER_TEST"))
    assert [one.action for one in planned] == ["FURTHER_TEST", "REPEAT"]
    assert planned[0].result_codes == ("weight_for_age", "tb_symptoms")
    assert planned[1].result_codes == ("tb_symptoms",)
    assert [one.routed for one in planned] == [True, True]
    assert {one.policy_version for one in planned} == {"2023.1"}


def test_the_most_severe_result_names_the_task_and_its_klaster() -> None:
    mild, worse = result("blood_pressure", "REPEAT", worst="pre_disease"), result("tb_symptoms", "REPEAT")
    for results in ((mild, worse), (worse, mild)):
        [planned] = plans_of(*results)
        assert (planned.result_code, planned.klaster) == ("tb_symptoms", 4)
    unnamed = result("weight_for_age", "REPEAT", worst=None)
    [planned] = plans_of(unnamed, result("blood_pressure", "REPEAT", worst="normal_no_risk"))
    assert (planned.result_code, planned.klaster) == ("blood_pressure", 3)
    [planned] = plans_of(unnamed, result("muac", "REPEAT", worst="not_a_class"))
    assert (planned.result_code, planned.klaster) == ("weight_for_age", 2)
    classes = ("normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected")
    for lower, higher in pairwise(classes):
        [planned] = plans_of(result("low", "REPEAT", worst=lower), result("high", "REPEAT", worst=higher))
        assert planned.result_code == "high"


def test_a_table_entry_decides_kind_level_and_limit() -> None:
    visit, referral, report = plans_of(result("x", "HOME_VISIT", "REFER_HOSPITAL", "NOTIFY_CLUSTER4"))
    assert (visit.kind, visit.target_level, visit.klaster) == ("follow_up", "origin", 2)
    assert (referral.kind, referral.target_level) == ("referral", "hospital")
    assert (report.kind, report.target_level, report.klaster) == ("follow_up", "puskesmas", 4)
    assert report.due_at == MOMENT + timedelta(hours=24)
    assert visit.due_at == datetime(2026, 11, 27, 16, 59, 59, tzinfo=UTC)


def test_an_unknown_action_is_followed_up_within_a_week_and_marked() -> None:
    [planned] = plans_of(result("x", "CLONE"))
    assert (planned.kind, planned.routed, planned.due_at.date()) == ("follow_up", False, DAY + timedelta(days=7))


def test_the_limit_an_action_carries_wins_and_the_earliest_counts() -> None:
    route = TABLE.route_of("REPEAT")
    screening = screening_with()
    assert due_at(screening, route, action("REPEAT")).date() == DAY + timedelta(days=14)
    assert due_at(screening, route, action("REPEAT", days=30)).date() == DAY + timedelta(days=30)
    assert due_at(screening, route, action("REPEAT", hours=3)) == MOMENT + timedelta(hours=3)
    assert due_at(screening, route, action("REPEAT", days=1, hours=3)) == MOMENT + timedelta(hours=3)
    assert due_at(screening, route, action("REPEAT", days=0, hours=72)).date() == DAY
    urgent: Route = TABLE.route_of("REFER_HOSPITAL_URGENT")
    assert due_at(screening, urgent, action("REFER_HOSPITAL_URGENT", days=2)).date() == DAY + timedelta(days=2)
    [planned] = plans_of(result("a", action("REPEAT", days=30)), result("b", action("REPEAT", days=2)))
    assert planned.due_at.date() == DAY + timedelta(days=2)


@pytest.mark.parametrize(("area", "hours"), [(VILLAGE, 7), ("64.71.01.1001", 8), (PAPUA, 9)])
def test_days_end_where_the_facility_is(area: str, hours: int) -> None:
    due = due_at(screening_with(facility_area=area), TABLE.route_of("REPEAT"), action("REPEAT", days=1))
    assert due == datetime(2026, 11, 21, 23 - hours, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "kinds", "facility"),
    [
        ("origin", None, POSYANDU),
        ("origin", ("pustu", "puskesmas"), POSYANDU),
        ("pustu", ("pustu", "puskesmas"), PUSTU),
        ("pustu", ("puskesmas",), PUSKESMAS),
        ("puskesmas", ("pustu", "puskesmas"), PUSKESMAS),
        ("hospital", ("pustu", "puskesmas"), PUSKESMAS),
        ("pustu", ("pustu",), None),
        ("puskesmas", None, None),
    ],
)
def test_the_nearest_facility_of_a_level_acts(level: Level, kinds: tuple[str, ...] | None, facility: UUID) -> None:
    network = None if kinds is None else {kind: {"pustu": PUSTU, "puskesmas": PUSKESMAS}[kind] for kind in kinds}
    assert facility_at(network, POSYANDU, level) == facility


def test_a_table_follows_unknown_actions_up() -> None:
    table = TABLE.model_dump()
    for opens in ("nothing", "referral"):
        limit = {"after_days": None} if opens == "nothing" else {}
        with pytest.raises(ValueError, match="an unknown action must open a follow-up"):
            RoutingTable.model_validate(table | {"unknown": table["unknown"] | {"opens": opens} | limit})


def test_a_version_is_read_by_its_name() -> None:
    tables = load_routing()
    assert tables.version("2023.1") is tables.for_day(DAY)
    with pytest.raises(KeyError):
        tables.version("2022.1")


def test_a_task_carries_all_of_its_screening_and_plan() -> None:
    screening = screening_with(result("tb_symptoms", "FURTHER_TEST"))
    [change] = reconcile({}, screening, plan(screening, TABLE), at)
    assert change.move == "open"
    assert change.task == TaskState(
        id=task_id(screening.screening_id, "FURTHER_TEST"),
        version=1,
        screening_id=screening.screening_id,
        screening_version=1,
        person_id=screening.person_id,
        home_area=VILLAGE,
        origin_facility_id=POSYANDU,
        facility_id=PUSKESMAS,
        action="FURTHER_TEST",
        kind="follow_up",
        klaster=4,
        target_level="puskesmas",
        status="requested",
        opened_day=DAY,
        due_at=change.task.due_at,
        result_code="tb_symptoms",
        result_codes=("tb_symptoms",),
        routed=True,
        policy_version="2023.1",
    )


def test_a_correction_that_asks_for_the_same_raises_no_event() -> None:
    tasks = opened(result("tb_symptoms", "FURTHER_TEST"))
    [change] = reconciled(tasks, result("tb_symptoms", "FURTHER_TEST"), version=2)
    assert change.move is None
    assert change.task == tasks["FURTHER_TEST"].model_copy(update={"screening_version": 2})


def test_a_correction_revises_an_open_task_and_keeps_a_known_facility() -> None:
    tasks = opened(result("tb_symptoms", "FURTHER_TEST"))
    later = DAY + timedelta(days=1)
    screening = screening_with(result("weight_for_age", "FURTHER_TEST"), version=2, day=later)
    [change] = reconcile(tasks, screening, plan(screening, TABLE), lambda _level: None)
    before, after = tasks["FURTHER_TEST"], change.task
    assert (change.move, after.version, after.screening_version, after.status) == ("revise", 2, 2, "requested")
    assert (after.opened_day, after.klaster, after.result_code) == (later, 2, "weight_for_age")
    assert after.result_codes == ("weight_for_age",)
    assert after.due_at == before.due_at + timedelta(days=1)
    assert after.facility_id == PUSKESMAS
    [moved] = reconcile(tasks, screening, plan(screening, TABLE), lambda _level: ELSEWHERE)
    assert moved.task.facility_id == ELSEWHERE


def test_a_correction_finds_the_facility_that_was_unknown_before() -> None:
    screening = screening_with(result("tb_symptoms", "FURTHER_TEST"))
    [waiting] = reconcile({}, screening, plan(screening, TABLE), lambda _level: None)
    [assigned] = reconciled({"FURTHER_TEST": waiting.task}, result("tb_symptoms", "FURTHER_TEST"), version=2)
    assert (waiting.task.facility_id, assigned.task.facility_id, assigned.move) == (None, PUSKESMAS, "revise")


def test_what_is_finished_is_not_revised() -> None:
    done = apply_move(opened(result("x", "REPEAT"))["REPEAT"], HumanMove("complete", outcome="done"))
    [change] = reconciled({"REPEAT": done}, result("y", "REPEAT"), version=2)
    assert change.move is None
    assert change.task == done.model_copy(update={"screening_version": 2})


@pytest.mark.parametrize("version", [0, 1])
def test_a_version_that_was_applied_changes_nothing(version: int) -> None:
    tasks = opened(result("x", "REPEAT"))
    assert reconciled(tasks, result("x", "HOME_VISIT"), version=version) == []
    assert withdraw(tasks, version) == []


def test_what_a_correction_no_longer_asks_for_is_cancelled_and_may_come_back() -> None:
    tasks = opened(result("x", "REPEAT", "HOME_VISIT"))
    continued, dropped = reconciled(tasks, result("x", "HOME_VISIT"), version=2)
    assert (continued.move, continued.task.action) == (None, "HOME_VISIT")
    ended = dropped.task
    assert (dropped.move, ended.action, ended.status, ended.reason) == ("cancel", "REPEAT", "cancelled", "correction")
    assert (ended.version, ended.screening_version) == (2, 2)
    assert cancelled_by_event(ended)
    both, later = {"REPEAT": ended, "HOME_VISIT": continued.task}, DAY + timedelta(days=1)
    again, _ = reconciled(both, result("y", "REPEAT", "HOME_VISIT"), version=3, day=later)
    assert (again.move, again.task.status, again.task.reason) == ("reopen", "requested", None)
    assert (again.task.version, again.task.screening_version) == (3, 3)
    assert (again.task.opened_day, again.task.result_code) == (later, "y")


def test_a_void_cancels_what_is_open_and_leaves_what_is_finished() -> None:
    tasks = opened(result("x", "REPEAT", "HOME_VISIT", "FURTHER_TEST"))
    tasks["HOME_VISIT"] = apply_move(tasks["HOME_VISIT"], HumanMove("accept"))
    tasks["FURTHER_TEST"] = apply_move(tasks["FURTHER_TEST"], HumanMove("complete", outcome="done"))
    moves = {change.task.action: (change.move, change.task) for change in withdraw(tasks, 2)}
    for code, version in (("REPEAT", 2), ("HOME_VISIT", 3)):
        made, task = moves[code]
        assert (made, task.status, task.reason, task.version) == ("cancel", "cancelled", "void", version)
        assert task.screening_version == 2
    assert moves["FURTHER_TEST"] == (None, tasks["FURTHER_TEST"].model_copy(update={"screening_version": 2}))


def test_a_move_of_a_person_keeps_outcome_and_reason() -> None:
    task = opened(result("x", "REPEAT"))["REPEAT"]
    done = apply_move(task, HumanMove("complete", outcome="done"))
    assert (done.status, done.version, done.outcome, done.reason) == ("completed", 2, "done", None)
    refused = apply_move(apply_move(task, HumanMove("accept")), HumanMove("cancel", reason="refused"))
    assert (refused.status, refused.version, refused.outcome, refused.reason) == ("cancelled", 3, None, "refused")
    assert not cancelled_by_event(refused)
    assert not cancelled_by_event(task.model_copy(update={"reason": "void"}))
    with pytest.raises(IllegalMove, match=r"^accept$"):
        apply_move(done, HumanMove("accept"))


def test_referrals_are_not_for_kader() -> None:
    assert may_move("follow_up", only_kader=True)
    assert may_move("referral", only_kader=False)
    assert not may_move("referral", only_kader=True)
