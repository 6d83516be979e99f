"""The length/height convention: a measure in the other posture is moved to that of the age's standard."""

from dataclasses import dataclass
from typing import Literal

from ilp_screening.rules.age import Age
from ilp_screening.rules.lms.forms import PosturePolicy


@dataclass(frozen=True, slots=True)
class Stature:
    """Length or height (cm) in the posture of the age's standard, and the correction of the measured one."""

    cm: float
    correction: Literal["none", "standing_to_length", "lying_to_height", "standing_ignored"]


def stature(measured_cm: float, posture: str | None, age: Age, policy: PosturePolicy) -> Stature:
    """Return the measured stature in the posture of the age; an unknown posture is taken as the right one."""
    if age.days < policy.border_days:
        if posture != "standing":
            return Stature(measured_cm, "none")
        if age.months < policy.standing_ignored_below_months:
            return Stature(measured_cm, "standing_ignored")
        return Stature(measured_cm + policy.correction_cm, "standing_to_length")
    if posture == "lying":
        return Stature(measured_cm - policy.correction_cm, "lying_to_height")
    return Stature(measured_cm, "none")
