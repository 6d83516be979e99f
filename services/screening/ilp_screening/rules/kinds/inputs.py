"""What kinds have in common that judge several inputs by one question: the inputs, and what they read."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from ilp_screening.rules.answers import Asked
from ilp_screening.rules.forms import Symbol
from ilp_screening.rules.packs import PackHeader, Question


class InputsPack(PackHeader):
    """Beberapa nilai untuk satu pertanyaan.

    Several values for one question.
    """

    question: Question
    """Pertanyaan yang dijawab / question that it answers"""
    inputs: Mapping[str, Symbol] = Field(min_length=1)
    """Nama dan satuan menurut sandi pengamatan / names and units by code of the observation"""

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Codes of the inputs, in their order."""
        return tuple(self.inputs)

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset(self.codes)

    @cached_property
    def asked(self) -> Asked:
        """The question."""
        return Asked(self.question.code, self.question.label, self.reads, by_parts=True)
