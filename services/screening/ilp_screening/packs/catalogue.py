"""The pack catalogue as the API shows it: what is in force, with every limit, its source and `verified`.

Called by the routes GET /screening/v1/packs and GET /screening/v1/packs/{code}/{version}.
"""

from datetime import date

from pydantic import Field

from ilp_screening.packs.contents import Packs
from ilp_screening.packs.models import AnyPack, Frozen, Observation


class PackSummary(Frozen):
    """One line of the pack list."""

    code: str
    version: str
    effective_from: date
    title_id: str
    title_en: str
    source: str
    verified: bool


class PackList(Frozen):
    """All packs and the observation catalogue they read."""

    packs: tuple[PackSummary, ...]
    observations: tuple[Observation, ...]


class PackDetail(Frozen):
    """One pack in full with the observations it reads."""

    pack: AnyPack = Field(discriminator="family")
    observations: tuple[Observation, ...]


def list_packs(packs: Packs) -> PackList:
    """Summaries of every pack, and the whole observation catalogue."""
    summaries = (PackSummary(**{name: getattr(pack, name) for name in PackSummary.model_fields}) for pack in packs.all)
    return PackList(packs=tuple(summaries), observations=tuple(packs.catalogue.observations.values()))


def pack_detail(packs: Packs, code: str, version: str) -> PackDetail | None:
    """The pack of this code and version, or None when there is none."""
    for pack in packs.all:
        if (pack.code, pack.version) == (code, version):
            used = observations_of(pack)
            observations = (o for o in packs.catalogue.observations.values() if o.code in used)
            return PackDetail(pack=pack, observations=tuple(observations))
    return None


def observations_of(pack: AnyPack) -> frozenset[str]:
    """The observation codes a pack reads."""
    if pack.family == "growth":
        read = {code for indicator in pack.indicators for code in indicator.inputs}
        return frozenset(read | {"height_posture", "bilateral_oedema"})
    if pack.family == "blood_pressure":
        return frozenset(pack.symbols)
    items = {code for rule in pack.rules for way in rule.suspect_if for code in (*way.all_of, *way.any_of)}
    return frozenset(items | set(pack.no_implies_no) | {rule.contact for rule in pack.rules})
