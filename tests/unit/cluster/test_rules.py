"""Routing and reconciliation of tasks on hand-made values: limits, klaster, severity, what a correction moves."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.policy.models import Level, Route
from ilp_cluster_services.rules.lifecycle import IllegalMove, cancelled_by_event, may_move, move
from ilp_cluster_services.rules.models import Planned, Screening, Task
from ilp_cluster_services.rules.reconcile import Change, reconcile, withdraw
from ilp_cluster_services.rules.routing import due_at, plan, task_id
from ilp_shared.events.screening.v1 import ActionFact, ResultFact

DAY, MOMENT = date(2026, 11, 20), datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
VILLAGE, PAPUA = "13.76.01.1002", "91.71.01.1001"
POSYANDU, PUSKESMAS, ELSEWHERE = UUID(int=1), UUID(int=2), UUID(int=3)
TABLE = load_routing().for_day(DAY)


def action(code: str, days: int | None = None, hours: int | None = None) -> ActionFact:
    return ActionFact(code=code, after_days=days, within_hours=hours)


def result(code: str, *actions: ActionFact | str, worst: str | None = "disease_suspected") -> ResultFact:
    facts = tuple(action(a) if isinstance(a, str) else a for a in actions)
    return ResultFact(code=code, result_class=worst, actions=facts)


def screening(*results: ResultFact, version: int = 1, facility_area: str = VILLAGE, day: date = DAY) -> Screening:
    return Screening(UUID(int=9), version, UUID(int=8), POSYANDU, facility_area, VILLAGE, day, MOMENT, results)


def planned(*results: ResultFact) -> list[Planned]:
    return plan(screening(*results), TABLE)


def at(level: Level) -> UUID | None:
    return {"origin": POSYANDU, "puskesmas": PUSKESMAS}.get(level)


def reconciled(current: dict[str, Task], *results: ResultFact, version: int = 1, day: date = DAY) -> list[Change]:
    told = screening(*results, version=version, day=day)
    return reconcile(current, told, plan(told, TABLE), at)


def opened(*results: ResultFact) -> dict[str, Task]:
    return {change.task.action: change.task for change in reconciled({}, *results)}


def test_one_task_for_each_action_in_order_of_mention_and_none_for_what_opens_nothing() -> None:
    found = planned(result("weight_for_age", "EDU", "FURTHER_TEST"), result("tb_symptoms", "REPEAT", "FURTHER_TEST"))
    assert [one.action for one in found] == ["FURTHER_TEST", "REPEAT"]
    assert found[0].result_codes == ("weight_for_age", "tb_symptoms")
    assert found[1].result_codes == ("tb_symptoms",)
    assert [one.routed for one in found] == [True, True]
    assert {one.policy_version for one in found} == {"2023.1"}


def test_the_most_severe_result_names_the_task_and_its_klaster() -> None:
    mild, worse = result("blood_pressure", "REPEAT", worst="pre_disease"), result("tb_symptoms", "REPEAT")
    for results in ((mild, worse), (worse, mild)):
        [found] = planned(*results)
        assert (found.result_code, found.klaster) == ("tb_symptoms", 4)
    unnamed = result("weight_for_age", "REPEAT", worst=None)
    [found] = planned(unnamed, result("blood_pressure", "REPEAT", worst="normal_no_risk"))
    assert (found.result_code, found.klaster) == ("blood_pressure", 3)
    [found] = planned(unnamed, result("muac", "REPEAT", worst="not_a_class"))
    assert (found.result_code, found.klaster) == ("weight_for_age", 2)
    classes = ("normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected")
    for lower, higher in pairwise(classes):
        [found] = planned(result("low", "REPEAT", worst=lower), result("high", "REPEAT", worst=higher))
        assert found.result_code == "high"


def test_a_table_entry_decides_kind_level_and_limit() -> None:
    visit, referral, report = planned(result("x", "HOME_VISIT", "REFER_HOSPITAL", "NOTIFY_CLUSTER4"))
    assert (visit.kind, visit.target_level, visit.klaster) == ("follow_up", "origin", 2)
    assert (referral.kind, referral.target_level) == ("referral", "hospital")
    assert (report.kind, report.target_level, report.klaster) == ("follow_up", "puskesmas", 4)
    assert report.due_at == MOMENT + timedelta(hours=24)
    assert visit.due_at == datetime(2026, 11, 27, 16, 59, 59, tzinfo=UTC)


def test_an_unknown_action_is_followed_up_within_a_week_and_marked() -> None:
    [found] = planned(result("x", "CLONE"))
    assert (found.kind, found.routed, found.due_at.date()) == ("follow_up", False, DAY + timedelta(days=7))


def test_the_limit_an_action_carries_wins_and_the_earliest_counts() -> None:
    route = TABLE.route_of("REPEAT")
    told = screening()
    assert due_at(told, route, action("REPEAT")).date() == DAY + timedelta(days=14)
    assert due_at(told, route, action("REPEAT", days=30)).date() == DAY + timedelta(days=30)
    assert due_at(told, route, action("REPEAT", hours=3)) == MOMENT + timedelta(hours=3)
    assert due_at(told, route, action("REPEAT", days=1, hours=3)) == MOMENT + timedelta(hours=3)
    assert due_at(told, route, action("REPEAT", days=0, hours=72)).date() == DAY
    urgent: Route = TABLE.route_of("REFER_HOSPITAL_URGENT")
    assert due_at(told, urgent, action("REFER_HOSPITAL_URGENT", days=2)).date() == DAY + timedelta(days=2)
    [found] = planned(result("a", action("REPEAT", days=30)), result("b", action("REPEAT", days=2)))
    assert found.due_at.date() == DAY + timedelta(days=2)


@pytest.mark.parametrize(("area", "hours"), [(VILLAGE, 7), ("64.71.01.1001", 8), (PAPUA, 9)])
def test_days_end_where_the_facility_stands(area: str, hours: int) -> None:
    found = due_at(screening(facility_area=area), TABLE.route_of("REPEAT"), action("REPEAT", days=1))
    assert found == datetime(2026, 11, 21, 23 - hours, 59, 59, tzinfo=UTC)


def test_a_task_carries_all_of_its_screening_and_plan() -> None:
    told = screening(result("tb_symptoms", "FURTHER_TEST"))
    [change] = reconcile({}, told, plan(told, TABLE), at)
    assert change.move == "open"
    assert change.task == Task(
        id=task_id(told.screening_id, "FURTHER_TEST"),
        version=1,
        screening_id=told.screening_id,
        screening_version=1,
        person_id=told.person_id,
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


def test_a_correction_that_asks_for_the_same_tells_nobody() -> None:
    tasks = opened(result("tb_symptoms", "FURTHER_TEST"))
    [change] = reconciled(tasks, result("tb_symptoms", "FURTHER_TEST"), version=2)
    assert change.move is None
    assert change.task == tasks["FURTHER_TEST"].model_copy(update={"screening_version": 2})


def test_a_correction_revises_an_open_task_and_keeps_a_known_facility() -> None:
    tasks = opened(result("tb_symptoms", "FURTHER_TEST"))
    later = DAY + timedelta(days=1)
    told = screening(result("weight_for_age", "FURTHER_TEST"), version=2, day=later)
    [change] = reconcile(tasks, told, plan(told, TABLE), lambda _level: None)
    before, after = tasks["FURTHER_TEST"], change.task
    assert (change.move, after.version, after.screening_version, after.status) == ("revise", 2, 2, "requested")
    assert (after.opened_day, after.klaster, after.result_code) == (later, 2, "weight_for_age")
    assert after.result_codes == ("weight_for_age",)
    assert after.due_at == before.due_at + timedelta(days=1)
    assert after.facility_id == PUSKESMAS
    [moved] = reconcile(tasks, told, plan(told, TABLE), lambda _level: ELSEWHERE)
    assert moved.task.facility_id == ELSEWHERE


def test_a_correction_finds_the_facility_that_was_unknown_before() -> None:
    told = screening(result("tb_symptoms", "FURTHER_TEST"))
    [waiting] = reconcile({}, told, plan(told, TABLE), lambda _level: None)
    [found] = reconciled({"FURTHER_TEST": waiting.task}, result("tb_symptoms", "FURTHER_TEST"), version=2)
    assert (waiting.task.facility_id, found.task.facility_id, found.move) == (None, PUSKESMAS, "revise")


def test_what_is_finished_is_not_revised() -> None:
    done = move(opened(result("x", "REPEAT"))["REPEAT"], "complete", outcome="done")
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
    kept, dropped = reconciled(tasks, result("x", "HOME_VISIT"), version=2)
    assert (kept.move, kept.task.action) == (None, "HOME_VISIT")
    ended = dropped.task
    assert (dropped.move, ended.action, ended.status, ended.reason) == ("cancel", "REPEAT", "cancelled", "correction")
    assert (ended.version, ended.screening_version) == (2, 2)
    assert cancelled_by_event(ended)
    both, later = {"REPEAT": ended, "HOME_VISIT": kept.task}, DAY + timedelta(days=1)
    again, _ = reconciled(both, result("y", "REPEAT", "HOME_VISIT"), version=3, day=later)
    assert (again.move, again.task.status, again.task.reason) == ("reopen", "requested", None)
    assert (again.task.version, again.task.screening_version) == (3, 3)
    assert (again.task.opened_day, again.task.result_code) == (later, "y")


def test_a_void_cancels_what_is_open_and_leaves_what_is_finished() -> None:
    tasks = opened(result("x", "REPEAT", "HOME_VISIT", "FURTHER_TEST"))
    tasks["HOME_VISIT"] = move(tasks["HOME_VISIT"], "accept")
    tasks["FURTHER_TEST"] = move(tasks["FURTHER_TEST"], "complete", outcome="done")
    moves = {change.task.action: (change.move, change.task) for change in withdraw(tasks, 2)}
    for code, version in (("REPEAT", 2), ("HOME_VISIT", 3)):
        made, task = moves[code]
        assert (made, task.status, task.reason, task.version) == ("cancel", "cancelled", "void", version)
        assert task.screening_version == 2
    assert moves["FURTHER_TEST"] == (None, tasks["FURTHER_TEST"].model_copy(update={"screening_version": 2}))


def test_a_move_of_a_person_keeps_outcome_and_reason() -> None:
    task = opened(result("x", "REPEAT"))["REPEAT"]
    done = move(task, "complete", outcome="done")
    assert (done.status, done.version, done.outcome, done.reason) == ("completed", 2, "done", None)
    refused = move(move(task, "accept"), "cancel", reason="refused")
    assert (refused.status, refused.version, refused.outcome, refused.reason) == ("cancelled", 3, None, "refused")
    assert not cancelled_by_event(refused)
    assert not cancelled_by_event(task.model_copy(update={"reason": "void"}))
    with pytest.raises(IllegalMove, match=r"^accept$"):
        move(done, "accept")


def test_referrals_are_not_for_kader() -> None:
    assert may_move("follow_up", only_kader=True)
    assert may_move("referral", only_kader=False)
    assert not may_move("referral", only_kader=True)
