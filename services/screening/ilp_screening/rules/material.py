"""What a judge is given beside its pack: the observations that the pack reads, and its tables. All immutable."""

from collections.abc import Mapping
from dataclasses import dataclass

from ilp_screening.rules.forms import Observation
from ilp_screening.rules.lms.zscores import LmsTable, TableKey


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Observations by code, and LMS tables by (standard, table, sex)."""

    observations: Mapping[str, Observation]
    tables: Mapping[TableKey, LmsTable]
