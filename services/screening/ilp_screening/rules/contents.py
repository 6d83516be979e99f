"""Contents of the rules: packs with what they need, those in force on a day and in an area, all immutable.

They are separate from the loader, so that the rules import no module that reads files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ilp_screening.rules.answers import Answer
from ilp_screening.rules.case import Case
from ilp_screening.rules.forms import Bounds, Observation, SummaryPolicy
from ilp_screening.rules.kinds.every import JUDGES, AnyPack
from ilp_screening.rules.material import Material
from ilp_shared.areas import covers
from ilp_shared.models import Frozen


@dataclass(frozen=True, slots=True)
class ObservationCatalog:
    """Observation codes, the accepted ages (`age_days`, `age_months`), and the length of a month of age in days."""

    observations: Mapping[str, Observation]
    ages: Mapping[str, Bounds]
    days_per_month: float


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A pack with its material."""

    form: AnyPack
    material: Material

    @property
    def name(self) -> str:
        """Code and version."""
        return f"{self.form.code}/{self.form.version}"

    @property
    def precedence(self) -> tuple[date, tuple[int, ...]]:
        """First day and edition: of two packs in force the greater one judges."""
        return self.form.effective_from, tuple(int(part) for part in self.form.version.split("."))

    def judge(self, case: Case) -> list[Answer]:
        """Return the answers of a case; none where the pack is not for it."""
        return JUDGES[self.form.kind](self.form, self.material, case) if self.form.applies.to(case) else []


@dataclass(frozen=True, eq=False)
class Packs:
    """The packs in force on a day and in an area, in the order of results. Compared by identity."""

    all: tuple[Pack, ...]
    catalog: ObservationCatalog
    summary: SummaryPolicy
    """What the family hears."""


class Choice(Frozen):
    """An area that has chosen another version of a pack, from a day on and, where it ends, until a day."""

    pack: str
    version: str
    areas: tuple[str, ...]
    first_day: date
    last_day: date | None = None

    def holds(self, day: date, area: str) -> bool:
        """Tell whether it holds on a day for a place in an area."""
        in_time = self.first_day <= day and (self.last_day is None or day <= self.last_day)
        return in_time and any(covers(each, area) for each in self.areas)


@dataclass(frozen=True, eq=False)
class Library:
    """Every version of every pack, and which of them judge when and where."""

    versions: Mapping[str, Sequence[Pack]]
    """Versions of each pack by its code, in the order of results."""
    choices: Sequence[Choice]
    catalog: ObservationCatalog
    summary: SummaryPolicy
    _in_force: dict[tuple[str, ...], Packs] = field(default_factory=dict, repr=False)

    def in_force(self, day: date, area: str | None = None) -> Packs:
        """Return the packs that judge on a day at a place: of each pack the version chosen there, else the newest.

        The newest is that with the latest first day up to the day; of those of one day the highest version. A pack
        whose first day is still to come judges nothing.
        """
        chosen = tuple(pack for pack in (self._version(code, day, area) for code in self.versions) if pack is not None)
        key = tuple(pack.name for pack in chosen)
        if key not in self._in_force:
            self._in_force[key] = Packs(chosen, self.catalog, self.summary)
        return self._in_force[key]

    def with_version(self, pack: Pack, day: date) -> Packs:
        """Return the packs of a day, with this version of one of them."""
        others = (self._version(code, day, None) for code in self.versions if code != pack.form.code)
        by_code = {each.form.code: each for each in (*others, pack) if each is not None}
        return Packs(tuple(by_code[code] for code in self.versions if code in by_code), self.catalog, self.summary)

    @cached_property
    def all(self) -> tuple[Pack, ...]:
        """Every version of every pack."""
        return tuple(pack for versions in self.versions.values() for pack in versions)

    def _version(self, code: str, day: date, area: str | None) -> Pack | None:
        versions = self.versions[code]
        if area is not None:
            for choice in self.choices:
                if choice.pack == code and choice.holds(day, area):
                    return next(pack for pack in versions if pack.form.version == choice.version)
        begun = [pack for pack in versions if pack.form.effective_from <= day and not pack.form.alternative]
        return max(begun, key=lambda pack: pack.precedence, default=None)
