"""A growth pack as the rules read it: with its LMS tables and its bands by code, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass

from ilp_screening.rules.forms import BandList
from ilp_screening.rules.growth.lms import LmsTable
from ilp_screening.rules.pack_forms import GrowthPack

TableKey = tuple[str, str, str]
"""Standard, table, sex."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A growth pack with its tables by (standard, table, sex) and its band lists by code."""

    pack: GrowthPack
    tables: Mapping[TableKey, LmsTable]
    bands: Mapping[str, BandList]
