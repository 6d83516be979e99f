"""Answers of the pack routes."""

from datetime import date

from pydantic import Field

from ilp_screening.rules.forms import AnyPack, Observation
from ilp_shared.models import Output
from ilp_shared.text import Text


class PackSummary(Output):
    """One line of the list of packs."""

    code: str
    version: str
    effective_from: date
    title: Text
    source: str
    verified: bool


class PackList(Output):
    """All packs and the observation codes that they read."""

    packs: tuple[PackSummary, ...]
    observations: tuple[Observation, ...]


class PackDetail(Output):
    """One pack in full with the observations that it reads."""

    pack: AnyPack = Field(discriminator="family")
    observations: tuple[Observation, ...]
