"""Bundles: what an area has chosen, what a venue leaves out, and files that another process has named."""

from dataclasses import replace
from datetime import date, timedelta

from ilp_screening.bundle.service import Bundles
from ilp_screening.packs.loader import load_library
from ilp_screening.rules.conditions import Applies
from ilp_screening.rules.contents import Choice, Library, Pack
from ilp_shared.areas import NATION

DAY = date(2026, 11, 30)
REGENCY = "13.76"
OTHER = "2026.9"


def chosen() -> Library:
    """Return the packs, with another version of the TB rules that a regency has chosen, and that no school uses."""
    library = load_library()
    pack = library.versions["tb"][-1]
    form = pack.form.model_copy(
        update={"version": OTHER, "alternative": True, "applies": Applies(venues=("posyandu", "home"))}
    )
    return replace(
        library,
        versions={**library.versions, "tb": (pack, Pack(form, pack.material))},
        choices=(Choice(pack="tb", version=OTHER, areas=(REGENCY,), first_day=DAY),),
        _in_force={},
    )


def version_of(bundles: Bundles, day: date, area: str) -> str | None:
    """Return the version of the TB rules at posyandu of an area."""
    packs = bundles.of(day, "posyandu", area).packs
    return next((pack.version for pack in packs if pack.code == "tb"), None)


def test_an_area_has_the_rules_that_it_chose() -> None:
    bundles = Bundles(chosen())
    standard = version_of(bundles, DAY, NATION)
    assert version_of(bundles, DAY, f"{REGENCY}.01.1002") == OTHER
    assert version_of(bundles, DAY - timedelta(days=1), REGENCY) == standard
    assert standard != OTHER


def test_a_pack_that_never_judges_at_a_venue_is_left_out() -> None:
    bundles = Bundles(chosen())
    assert "tb" not in {pack.code for pack in bundles.of(DAY, "school", REGENCY).packs}
    assert "tb" in {pack.code for pack in bundles.of(DAY, "school", NATION).packs}


def test_a_file_that_another_process_named_is_there_too() -> None:
    for area in (NATION, REGENCY):
        named = Bundles(chosen()).of(DAY, "posyandu", area)
        for address in (named.rules, named.tables, named.engine):
            _, folder, name = address.split("/")
            assert Bundles(chosen()).file(DAY, folder, name) is not None
