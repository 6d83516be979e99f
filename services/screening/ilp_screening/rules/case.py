"""The case that is judged: one person on one day, with what was observed and what is known besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from ilp_screening.rules.age import Age
from ilp_shared.models import Frozen
from ilp_shared.scalars import Number, Written
from ilp_shared.text import Text

Sex = Literal["male", "female"]
Value = float | bool | str
"""A checked observation: a quantity in the catalog's unit, a yes or no, a listed code."""
Venue = Literal["posyandu", "pustu", "puskesmas", "school", "home", "hospital", "other"]
Performer = Literal["kader", "midwife", "nurse", "doctor", "nutritionist", "other"]
_CODE: Final = Text("Sandi huruf kecil, mis. hypertension.", "A code in small letters, e.g. hypertension.")
Condition = Annotated[str, Written(r"^[a-z0-9_]{1,40}$", _CODE)]


class Context(Frozen):
    """Yang diketahui di luar pengamatan; yang kosong berarti tidak diketahui.

    What is known besides the observations; what is absent is not known.
    """

    pregnancy_weeks: Annotated[Number, Field(ge=0, le=45)] | None = None
    """Umur kehamilan dalam minggu, bila hamil / weeks of pregnancy, if pregnant"""
    postpartum_days: Annotated[Number, Field(ge=0, le=730)] | None = None
    """Hari setelah melahirkan, bila nifas / days since giving birth"""
    gestation_weeks: Annotated[Number, Field(ge=0, le=45)] | None = None
    """Umur kehamilan waktu lahir, dalam minggu / weeks of gestation at birth"""
    venue: Venue | None = None
    """Tempat pemeriksaan / where it takes place"""
    performer: Performer | None = None
    """Peran pemeriksa / role of who examines"""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=20)] = ()
    """Penyakit atau keadaan yang sudah diketahui / conditions that are known"""


NO_CONTEXT: Final = Context()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was observed of the person on an earlier day."""

    day: date
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Case:
    """One person on one day. `day` is None where only an age is known; `earlier` begins with the newest."""

    sex: Sex
    age: Age
    day: date | None
    values: Mapping[str, Value]
    context: Context = NO_CONTEXT
    earlier: tuple[Earlier, ...] = ()
