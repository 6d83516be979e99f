"""Settings of a topic with which production does not start."""

import pytest

from ilp_shared.operations.backing import HOUR_MS, KEPT_MS, wrong_settings

SOUND = {
    "retention.ms": str(KEPT_MS),
    "message.timestamp.type": "LogAppendTime",
    "cleanup.policy": "delete",
    "min.insync.replicas": "2",
}


@pytest.mark.parametrize("retention", [str(KEPT_MS), str(30 * 24 * HOUR_MS), "-1"])
def test_a_topic_that_keeps_everything_long_enough_is_sound(retention: str) -> None:
    assert list(wrong_settings("t", {**SOUND, "retention.ms": retention}, 3, KEPT_MS)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"retention.ms": str(KEPT_MS - 1)}, "retention.ms"),
        ({"message.timestamp.type": "CreateTime"}, "message.timestamp.type"),
        ({"cleanup.policy": "compact"}, "cleanup.policy"),
        ({"min.insync.replicas": "1"}, "min.insync.replicas"),
    ],
)
def test_each_setting_that_loses_events_is_named(change: dict[str, str], said: str) -> None:
    (fault,) = wrong_settings("t", {**SOUND, **change}, 3, KEPT_MS)
    assert str(fault).startswith("t: ")
    assert said in fault.why.id
    assert said in fault.why.en


def test_one_broker_has_no_second_one_to_be_in_sync_with() -> None:
    assert list(wrong_settings("t", {**SOUND, "min.insync.replicas": "1"}, 1, KEPT_MS)) == []
