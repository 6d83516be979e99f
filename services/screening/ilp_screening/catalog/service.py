"""Lists the packs and shows one: every limit, its source and whether it was checked against it."""

from datetime import date

from ilp_screening.catalog.schemas import PackDetail, PackList, PackSummary
from ilp_screening.rules.contents import Library


def list_packs(library: Library, day: date) -> PackList:
    """Return summaries of the packs in force on a day, then of the other versions, and all observation codes."""
    in_force = library.in_force(day).all
    others = [pack for pack in library.all if pack not in in_force]
    return PackList(
        packs=tuple(PackSummary.model_validate(pack.form) for pack in in_force),
        other_versions=tuple(PackSummary.model_validate(pack.form) for pack in others),
        observations=tuple(library.catalog.observations.values()),
    )


def pack_detail(library: Library, code: str, version: str) -> PackDetail | None:
    """Return the pack of this code and version, or None when there is none."""
    for pack in library.all:
        if (pack.form.code, pack.form.version) == (code, version):
            return PackDetail(pack=pack.form, observations=tuple(pack.material.observations.values()))
    return None
