"""How the months of the demonstration differ: a little more children come each month, a little fewer are stunted.

Everything depends on the month itself, never on the day of the run: the same month is the same in every run. A child
keeps its own z-score over the months, so that a change between two months is the trend and not chance. Pure.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from deploy.dev.demo.growth import HEIGHT_Z
from deploy.dev.demo.seeded import dice

END = date(2027, 1, 1)
"""From this month on the trends are level."""
HEIGHT_FALL = 0.016
"""By so much the mean height-for-age z lies lower for each month before the end: 20 % stunted 14 months before."""
OWN, NOISE = 0.97, 0.24
"""Shares of a child's own z-score and of the chance of one measurement: their squares make about 1."""
ATTENDANCE_END = 0.87
ATTENDANCE_RISE = 0.005
FEW_COME = {3: 0.08}
"""March has Lebaran in 2025, 2026 and 2027: fewer children come."""


def months_to_end(day: date) -> int:
    """Return the months between the month of a day and the end of the trends; 0 from then on."""
    return max(0, (END.year - day.year) * 12 + END.month - day.month)


def attendance(day: date) -> float:
    """Return the share of the children who come to a posyandu in the month of a day."""
    return ATTENDANCE_END - ATTENDANCE_RISE * months_to_end(day) - FEW_COME.get(day.month, 0.0)


def height_z(seed: int, person: UUID, day: date) -> float:
    """Return the height-for-age z-score that a child is measured with on a day."""
    mean, deviation = HEIGHT_Z
    own, noise = dice(seed, "height", person).gauss(0, 1), dice(seed, "height", person, day).gauss(0, 1)
    return mean - HEIGHT_FALL * months_to_end(day) + deviation * (OWN * own + NOISE * noise)
