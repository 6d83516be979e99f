"""Waits: production values, the same in short, and orders between them that may not be lost."""

from typing import Any

import pytest
from pydantic import ValidationError

from ilp_shared.waits import Waits


def test_all_waits_scale_alike_and_limits_of_work_stay() -> None:
    waits, short = Waits(), Waits().scaled(0.2)
    limits = {"statement_s", "lock_s"}
    for name in Waits.model_fields:
        assert getattr(short, name) == pytest.approx((1.0 if name in limits else 0.2) * getattr(waits, name))


@pytest.mark.parametrize(
    "waits",
    [
        {"lease_s": 61},
        {"lease_s": 0},
        {"lease_s": 1, "beat_s": 1},
        {"session_s": 2, "heartbeat_s": 2},
        {"stall_s": -1},
        {"nap_s": 1},
    ],
    ids=str,
)
def test_waits_that_could_not_work_are_refused(waits: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Waits(**waits)


def test_a_scale_out_of_the_limits_is_refused() -> None:
    with pytest.raises(ValidationError):
        Waits().scaled(20)
