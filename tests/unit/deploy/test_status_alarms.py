"""What `make status` says of the recount: when it is overdue, also when none has ever finished; what it compared."""

import pytest

from deploy.dev.status import OVERDUE_S, Json, alarms, recount_line


def state(up_s: float | None, recount: Json | None, *, answers: bool = True) -> Json:
    """Return a state with one old process and one that has just been started again."""
    api = {"pid": 7, "up_s": 3.0, "rss_mib": 90, "ready": answers}
    return {
        "state": "running",
        "workers": {},
        "processes": {"postgres": {"pid": 5, "up_s": up_s, "rss_mib": 90, "ready": None}, "monitoring-api": api},
        "recount": recount,
    }


@pytest.mark.parametrize(
    ("up_s", "recount", "codes"),
    [
        (OVERDUE_S - 1, None, []),
        (OVERDUE_S + 1, None, ["recount_overdue"]),
        (None, None, []),
        (OVERDUE_S + 1, {"differences": 0, "age_s": 60.0}, []),
        (9.0, {"differences": 0, "age_s": OVERDUE_S + 1}, ["recount_overdue"]),
        (9.0, {"differences": 2, "age_s": OVERDUE_S + 1}, ["recount_differs", "recount_overdue"]),
    ],
)
def test_a_recount_that_does_not_come_is_an_alarm(up_s: float | None, recount: Json | None, codes: list[str]) -> None:
    assert [alarm["code"] for alarm in alarms(state(up_s, recount))] == codes


def test_a_process_that_does_not_run_is_an_alarm_with_its_name() -> None:
    down = state(9.0, {"differences": 0, "age_s": 60.0})
    down["processes"]["kafka"] = {"pid": None, "up_s": None, "rss_mib": None, "ready": False}
    assert [(alarm["code"], alarm["where"]) for alarm in alarms(down)] == [("process_down", "kafka")]


def test_what_a_start_has_not_come_to_is_no_alarm() -> None:
    starting = state(9.0, None) | {"state": "starting"}
    starting["processes"]["kafka"] = {"pid": None, "up_s": None, "rss_mib": None, "ready": False}
    assert alarms(starting) == []


def test_an_api_that_does_not_answer_says_nothing_of_recounts() -> None:
    assert alarms(state(OVERDUE_S + 1, None, answers=False)) == []


OLD = {"differences": 0, "age_s": 60.0}
TURNS = {"regencies": 514, "regencies_compared": 12, "all_since": "2026-11-28T01:00:00Z"}


@pytest.mark.parametrize(
    ("recount", "parts"),
    [
        (None, ["belum ada / none yet"]),
        (OLD, ["differences=0 age_s=60.0"]),
        (OLD | dict.fromkeys(TURNS), ["differences=0 age_s=60.0"]),
        (OLD | TURNS, ["differences=0 age_s=60.0", "12 dari / of 514", "all since 2026-11-28T01:00:00Z"]),
        (OLD | TURNS | {"all_since": None}, ["12 dari / of 514", "belum semuanya / not all of them yet"]),
    ],
)
def test_the_line_of_the_recount_says_how_far_the_turn_of_regencies_is(recount: Json | None, parts: list[str]) -> None:
    line = recount_line(recount)
    assert [part for part in parts if part not in line] == []
    assert "None" not in line
