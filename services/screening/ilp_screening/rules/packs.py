"""What every pack has, of whatever kind: identity, whom it is for, what it introduces, when to measure again."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field

from ilp_screening.rules.conditions import Applies
from ilp_screening.rules.forms import Action, Bounds, Observation
from ilp_screening.rules.quantities import Derived
from ilp_shared.models import Frozen
from ilp_shared.text import Text

Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


class Plausible(Frozen):
    """Rentang wajar satu pengamatan atau besaran turunan, untuk siapa; di luarnya ukur ulang.

    The plausible range of an observation, or of a quantity derived from several, and whom it is for. What lies outside
    is measured again.
    """

    quantity: str
    """Sandi pengamatan, atau besaran dari `derived` / code of an observation, or of a derived quantity"""
    label: Text
    """Nama untuk orang / what people call it"""
    applies: Applies = Applies()
    """Untuk siapa / whom it is for"""
    range: Bounds
    """Rentang wajar / plausible range"""
    unit: str
    """Satuan UCUM / UCUM unit"""


class Repeat(Frozen):
    """Hasil "ukur ulang": sebutan, tindakan, dan apa yang tidak wajar atau bertentangan.

    The outcome "measure again": its name, its actions, and what is implausible or contradicts itself.
    """

    label: Text
    """Sebutan hasil / what people call the outcome"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""
    derived: tuple[Derived, ...] = ()
    """Besaran turunan untuk pemeriksaan berpasangan / derived quantities, for checks of pairs"""
    plausible: tuple[Plausible, ...] = ()
    """Rentang wajar / plausible ranges"""
    contradictions: Mapping[str, tuple[str, ...]] = {}
    """Jawaban "tidak" pada kunci bertentangan dengan "ya" pada isinya / "no" to the key contradicts "yes" to these"""
    source: str
    """Asal rentang / where the ranges come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""

    @cached_property
    def by_code(self) -> Mapping[str, Derived]:
        """Derived quantities by code."""
        return {each.code: each for each in self.derived}


class Question(Frozen):
    """Pertanyaan yang dijawab suatu paket.

    A question that a pack answers.
    """

    code: Code
    """Sandi pertanyaan / stable name of the question"""
    label: Text
    """Nama pertanyaan / what people call it"""


class PackHeader(Frozen):
    """Identitas dan sumber paket.

    Identity and source of a pack.
    """

    code: Code
    """Sandi paket / short name of the pack"""
    version: Annotated[str, Field(pattern=r"^[0-9]{4}\.[0-9]{1,3}$")]
    """Nomor versi paket / number of this edition"""
    effective_from: date
    """Berlaku sejak / first day in force"""
    alternative: bool = False
    """Hanya berlaku bila dipilih untuk suatu wilayah / in force only where an area has chosen it"""
    title: Text
    """Judul untuk pembaca / what readers call it"""
    source: Annotated[str, Field(min_length=1)]
    """Asal aturan / where the rules come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""
    notes: tuple[Text, ...] = ()
    """Catatan untuk pembaca / remarks for readers"""
    applies: Applies = Applies()
    """Untuk siapa paket ini / whom the pack is for"""
    observations: tuple[Observation, ...] = ()
    """Pengamatan yang diperkenalkan paket ini / observations that this pack introduces"""
    repeat: Repeat | None = None
    """Kapan ukur ulang / when to measure again"""
