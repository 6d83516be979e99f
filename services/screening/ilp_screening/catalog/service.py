"""Lists the packs in force and shows one: every limit, its source and whether it was checked against it."""

from ilp_screening.catalog.schemas import PackDetail, PackList, PackSummary
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.pack_forms import AnyPack


def list_packs(packs: Packs) -> PackList:
    """Return summaries of every pack, and all observation codes."""
    summaries = tuple(PackSummary.model_validate(pack) for pack in packs.all)
    return PackList(packs=summaries, observations=tuple(packs.catalog.observations.values()))


def pack_detail(packs: Packs, code: str, version: str) -> PackDetail | None:
    """Return the pack of this code and version, or None when there is none."""
    for pack in packs.all:
        if (pack.code, pack.version) == (code, version):
            used = observations_of(pack)
            observations = (o for o in packs.catalog.observations.values() if o.code in used)
            return PackDetail(pack=pack, observations=tuple(observations))
    return None


def observations_of(pack: AnyPack) -> frozenset[str]:
    """Return the observation codes that a pack reads."""
    if pack.family == "growth":
        read = {code for indicator in pack.indicators for code in indicator.inputs}
        return frozenset(read | {"height_posture", "bilateral_oedema"})
    if pack.family == "blood_pressure":
        return frozenset(pack.symbols)
    items = {code for rule in pack.rules for way in rule.suspect_if for code in (*way.all_of, *way.any_of)}
    return frozenset(items | set(pack.no_implies_no) | {rule.contact for rule in pack.rules})
