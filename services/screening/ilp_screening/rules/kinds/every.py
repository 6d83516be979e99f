"""Every kind by its name, and the one type of a pack."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from ilp_screening.rules.answers import Answer
from ilp_screening.rules.case import Case
from ilp_screening.rules.kinds import bands, checklist, lms, schedule, score, table, trend, worst_of
from ilp_screening.rules.material import Material

AnyPack = Annotated[
    lms.LmsPack
    | bands.BandsPack
    | worst_of.WorstOf
    | score.ScorePack
    | checklist.Checklist
    | table.TablePack
    | trend.TrendPack
    | schedule.SchedulePack,
    Field(discriminator="kind"),
]
Judge = Callable[[Any, Material, Case], list[Answer]]

JUDGES: Final[Mapping[str, Judge]] = {
    "lms": lms.judge,
    "bands": bands.judge,
    "worst_of": worst_of.judge,
    "score": score.judge,
    "checklist": checklist.judge,
    "table": table.judge,
    "trend": trend.judge,
    "schedule": schedule.judge,
}
