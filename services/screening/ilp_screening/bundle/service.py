"""Makes the bundle of a day and a venue out of what the service itself judges by; each file once."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from importlib.resources import files
from itertools import product
from typing import Any, Final, get_args

import orjson

from ilp_screening.bundle.schemas import Bundle, BundledPack
from ilp_screening.bundle.tables import packed
from ilp_screening.rules.case import Venue
from ilp_screening.rules.contents import Library, Packs
from ilp_shared.areas import NATION
from ilp_shared.http.fixed_files import FixedFile

RULES, TABLES, ENGINE = "rules.json", "tables.bin", "engine.js"
_DIGITS: Final = 16
_FOR_READERS: Final = {"notes", "observations"}
"""Fields of a pack that no engine reads there: observations are in the catalog."""


class Bundles:
    """The bundles of a library, and their files by folder (hash of what the folder holds) and name."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._files: dict[tuple[str, str], FixedFile] = {}
        self._made: dict[tuple[str, ...], Bundle] = {}
        self._day: date | None = None
        self._engine = self._folder({ENGINE: engine_source()})

    def of(self, day: date, venue: Venue, area: str) -> Bundle:
        """Return the bundle of the packs in force on a day in an area that may judge at a kind of place."""
        in_force = self._library.in_force(day, area)
        here = tuple(pack for pack in in_force.all if venue in (pack.form.applies.venues or (venue,)))
        key = tuple(pack.name for pack in here)
        if key not in self._made:
            packs = Packs(here, in_force.catalog, in_force.summary)
            self._made[key] = Bundle(
                rules=f"bundle/{self._folder({RULES: rules_of(packs)})}/{RULES}",
                tables=f"bundle/{self._folder({TABLES: tables_of(packs)})}/{TABLES}",
                engine=f"bundle/{self._engine}/{ENGINE}",
                packs=tuple(BundledPack.model_validate(pack.form) for pack in here),
            )
        return self._made[key]

    def file(self, day: date, folder: str, name: str) -> FixedFile | None:
        """Return a file of a bundle of the day, or of one that was made before; None when there is none.

        Every bundle of a day is made at its first file: another process may have named it.
        """
        if day != self._day:
            areas = {NATION, *(area for choice in self._library.choices for area in choice.areas)}
            for area, venue in product(areas, get_args(Venue)):
                self.of(day, venue, area)
            self._day = day
        return self._files.get((folder, name))

    def _folder(self, contents: Mapping[str, bytes]) -> str:
        """Keep files under the hash of all of them; returns its first 16 hex digits."""
        digest = sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()[:_DIGITS]
        for name, content in contents.items():
            self._files[digest, name] = FixedFile.of(name, content)
        return digest


def engine_source() -> bytes:
    """Return the JavaScript engine."""
    return (files("ilp_screening.web") / ENGINE).read_bytes()


def rules_of(packs: Packs) -> bytes:
    """Return what an engine judges by, as JSON; a field with its default is left out."""
    catalog = packs.catalog
    rules: dict[str, Any] = {
        "packs": [pack.form.model_dump(mode="json", exclude_defaults=True, exclude=_FOR_READERS) for pack in packs.all],
        "observations": [
            each.model_dump(mode="json", exclude_defaults=True, exclude={"loinc", "loinc_verified"})
            for each in catalog.observations.values()
        ],
        "summary": packs.summary.model_dump(mode="json", exclude_defaults=True),
        "ages": {code: bounds.model_dump(exclude_defaults=True) for code, bounds in catalog.ages.items()},
        "days_per_month": catalog.days_per_month,
    }
    return orjson.dumps(rules)


def tables_of(packs: Packs) -> bytes:
    """Return the LMS tables of the packs."""
    return packed({key: table for pack in packs.all for key, table in pack.material.tables.items()})
