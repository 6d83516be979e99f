"""The pure rules: the state machine under any sequence of moves and events, routing tables, limits."""

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import ValidationError

from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.rules.forms import RoutingTable
from ilp_cluster_services.rules.lifecycle import OPEN, HumanMove, HumanMoveName, IllegalMove, apply_move
from ilp_cluster_services.rules.models import Screening, TaskState
from ilp_cluster_services.rules.reconcile import Change, reconcile, withdraw
from ilp_cluster_services.rules.routing import plan, task_id
from ilp_shared.ids import new_id
from tests.service.cluster.builders import DAY, MOMENT, VILLAGE, result

ROUTING = load_routing()
TABLE = ROUTING.for_day(DAY)
OPENING = sorted(code for code, route in TABLE.actions.items() if route.opens != "nothing")
CODES = st.sets(st.sampled_from([*OPENING, "EDU", "NEW_CODE"]), max_size=4)
LEGAL = {
    "requested": {"accept": "accepted", "complete": "completed", "cancel": "cancelled"},
    "accepted": {"complete": "completed", "cancel": "cancelled"},
    "completed": {},
    "cancelled": {},
}


class Tasks(RuleBasedStateMachine):
    """One screening, corrected, voided, redelivered, while people move its tasks."""

    def __init__(self) -> None:
        super().__init__()
        self.facility, self.screening_id = new_id(), new_id()
        self.version, self.voided = 0, False
        self.asked: set[str] = set()
        self.tasks: dict[str, TaskState] = {}
        self.by_people: set[str] = set()
        self.versions: list[TaskState] = []

    def _take(self, changes: list[Change]) -> None:
        for task, made in changes:
            before = self.tasks.get(task.action)
            assert task.version == (before.version if before else 0) + (made is not None)
            self.tasks[task.action] = task
            if made is not None:
                self.versions.append(task)

    def _versioned(self, version: int, codes: set[str]) -> list[Change]:
        results = (result("weight_for_age", *sorted(codes)),)
        screening = Screening(
            self.screening_id, version, new_id(), self.facility, VILLAGE, VILLAGE, DAY, MOMENT, results
        )
        return reconcile(self.tasks, screening, plan(screening, TABLE), lambda _level: self.facility)

    @precondition(lambda self: not self.voided)
    @rule(codes=CODES)
    def corrected(self, codes: set[str]) -> None:
        self.version += 1
        self.asked = codes - {"EDU"}
        self._take(self._versioned(self.version, codes))

    @precondition(lambda self: self.version > 0 and not self.voided)
    @rule()
    def void(self) -> None:
        self.version += 1
        self.voided, self.asked = True, set()
        self._take(withdraw(self.tasks, self.version))

    @precondition(lambda self: self.version > 0)
    @rule(codes=CODES, back=st.integers(0, 3))
    def redelivered(self, codes: set[str], back: int) -> None:
        # Without any task, no version so far can have asked for one.
        assert self._versioned(max(1, self.version - back), codes if self.tasks else set()) == []

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), name=st.sampled_from(["accept", "complete", "cancel"]))
    def moved(self, data: st.DataObject, name: HumanMoveName) -> None:
        task = self.tasks[data.draw(st.sampled_from(sorted(self.tasks)))]
        move = HumanMove(name, reason="refused" if name == "cancel" else None)
        if name not in LEGAL[task.status]:
            with pytest.raises(IllegalMove):
                apply_move(task, move)
            return
        moved = apply_move(task, move)
        assert (moved.status, moved.version) == (LEGAL[task.status][name], task.version + 1)
        self.tasks[task.action] = moved
        self.versions.append(moved)
        if moved.status not in OPEN:
            self.by_people.add(task.action)

    @invariant()
    def open_tasks_are_those_asked_for(self) -> None:
        still_open = {action for action, task in self.tasks.items() if task.status in OPEN}
        assert still_open == self.asked - self.by_people

    @invariant()
    def versions_of_a_task_have_no_gap(self) -> None:
        for task in self.tasks.values():
            versions = [state.version for state in self.versions if state.id == task.id]
            assert versions == list(range(1, task.version + 1))
            assert task.id == task_id(self.screening_id, task.action)


TestTasks = Tasks.TestCase


@given(CODES)
def test_nothing_is_lost(codes: set[str]) -> None:
    screening = Screening(
        new_id(), 1, new_id(), new_id(), VILLAGE, VILLAGE, DAY, MOMENT, (result("x", *sorted(codes)),)
    )
    assert {planned.action for planned in plan(screening, TABLE)} == codes - {"EDU"}


def test_version_in_force_follows_the_reporting_day() -> None:
    later = TABLE.model_copy(update={"version": "2027.1", "effective_from": date(2027, 1, 1)})
    tables = type(ROUTING)((TABLE, later))
    days = (date(2020, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [tables.for_day(day).version for day in days] == ["2023.1", "2023.1", "2027.1"]


@pytest.mark.parametrize(
    "route",
    [
        {"opens": "follow_up"},
        {"opens": "follow_up", "after_days": 1, "within_hours": 1},
        {"opens": "nothing", "after_days": 1},
        {"opens": "referral", "after_days": -1},
    ],
)
def test_damaged_tables_are_refused(route: dict[str, object]) -> None:
    text = yaml.safe_load(TABLE.model_dump_json())
    text["actions"]["REPEAT"] = {"label": {"id": "x", "en": "x"}, "source": "x", "verified": False, **route}
    with pytest.raises(ValidationError):
        RoutingTable.model_validate(text)
