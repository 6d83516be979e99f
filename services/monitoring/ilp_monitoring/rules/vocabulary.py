"""Closed sets of words: the choices of a situation's readers, kinds of denominators, states of a number."""

from typing import Literal

DenominatorChoice = Literal["projected", "real"]
"""Sasaran: projected from the population, or registered residents."""
BelowChoice = Literal["children", "village"]
"""Which areas a situation lists below its own: one level down, or all villages (of a regency or district)."""
DenominatorKind = Literal["projected", "real", "measured", "screened", "opened"]
State = Literal["reported", "partial", "not_reported", "no_denominator"]
"""`reported`: every registered posyandu opened and reported; `partial`: some did not; `not_reported`: nothing at all
has come in; `no_denominator`: reports came in, but there is nothing to divide by."""
Reason = Literal["other_year", "few_before", "few_now", "small"]
"""Why two months are not compared: of two calendar years; less than 80 % of the registered posyandu reported in the
earlier month, or in the later one; fewer than 30 to divide by."""
