"""Quantities that a pack judges: an observation as it is, or one derived from several by a form of a closed list."""

from collections.abc import Mapping
from functools import cached_property
from itertools import repeat
from math import copysign, floor, prod
from typing import Self

from pydantic import Field, model_validator

from ilp_screening.rules.case import Value
from ilp_shared.models import Frozen


class Ratio(Frozen):
    """`of` dibagi pangkat `power` dari (`by` dibagi `scale`).

    `of` divided by (`by` / `scale`) to the power of `power`.
    """

    of: str
    """Sandi yang dibagi / code of the dividend"""
    by: str
    """Sandi pembagi / code of the divisor"""
    scale: float = Field(default=1, gt=0)
    """Pembagi dibagi dahulu dengan ini / what the divisor is divided by first"""
    power: int = Field(default=1, ge=1, le=3)
    """Pangkat pembagi / power of the divisor"""

    def raised(self, divisor: float) -> float:
        """Return the divisor, scaled and multiplied by itself: every engine gets the same bits."""
        return prod(repeat(divisor / self.scale, self.power))


class Derived(Frozen):
    """Besaran turunan: hasil bagi atau jumlah berbobot pengamatan.

    A derived quantity: a ratio, or a weighted sum of observations (weight by code).
    """

    code: str
    """Sandi besaran / stable name of the quantity"""
    ratio: Ratio | None = None
    """Hasil bagi dua pengamatan / one observation divided by another"""
    total: Mapping[str, float] = {}
    """Bobot menurut sandi pengamatan / weight by code of observation"""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.ratio is None) == (not self.total):
            raise ValueError("give either ratio or total")
        return self

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Codes that it is made from."""
        return tuple(self.total) if self.ratio is None else (self.ratio.of, self.ratio.by)

    def of(self, values: Mapping[str, float]) -> float:
        """Return its value from quantities, all of which must be there."""
        if self.ratio is None:
            return sum(weight * values[code] for code, weight in self.total.items())
        return values[self.ratio.of] / self.ratio.raised(values[self.ratio.by])


def quantities(values: Mapping[str, Value], codes: tuple[str, ...]) -> dict[str, float] | None:
    """Return these observations as numbers; None while one is missing or is no number."""
    numbers: dict[str, float] = {}
    for code in codes:
        value = values.get(code)
        if not isinstance(value, float):
            return None
        numbers[code] = value
    return numbers


def half_up(value: float, decimals: int) -> float:
    """Round to decimals, halves away from zero, never minus zero."""
    scale = 10**decimals
    return copysign(floor(abs(value) * scale + 0.5) / scale, value) + 0.0
