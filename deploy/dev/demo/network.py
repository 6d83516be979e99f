"""Pustu and posyandu of the five districts: real villages and puskesmas, made-up facilities between them.

Counts of posyandu and pustu are the published ones where there are any (announcements of the programme, 2024);
the others are modest and made up. Every facility made here carries `example_data`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from deploy.dev.config import ROOT
from deploy.dev.demo.seeded import demo_id, share
from deploy.dev.demo.steps import Body
from ilp_shared.areas import covers, lineage

FLOWERS = (
    *("Melati", "Mawar", "Anggrek", "Kenanga", "Cempaka", "Flamboyan", "Dahlia", "Teratai", "Bougenville"),
    *("Seruni", "Kamboja", "Asoka", "Matahari", "Alamanda", "Tulip", "Sakura", "Lavender", "Nusa Indah"),
)
PUSTU_NAMES = ROOT / "services/registry/ilp_registry/reference/pekalongan_pustu.csv"


@dataclass(frozen=True)
class District:
    """One district of the programme. `posyandu` is a published count; None: `per_village` of them, made up."""

    code: str
    pustu: int
    posyandu: int | None = None
    per_village: int = 1


DISTRICTS = (
    District("13.76", pustu=23, posyandu=173),
    District("14.72", pustu=36, posyandu=201),
    District("33.75", pustu=13, per_village=2),  # 13 pustu are planned; posyandu not published
    District("17.05", pustu=22),  # neither published: one pustu per puskesmas, one posyandu per village
    District("62.10", pustu=17),  # as Seluma
)


@dataclass(frozen=True)
class Place:
    """A village: its area code and name."""

    code: str
    name: str


@dataclass(frozen=True)
class Puskesmas:
    """A real puskesmas as the registry has it; its area is a kecamatan, or the regency when that is unknown."""

    id: UUID
    name: str
    area: str


@dataclass(frozen=True)
class Facility:
    """A made-up pustu or posyandu of one village."""

    kind: str
    name: str
    village: str
    parent: UUID
    number: int

    @property
    def id(self) -> UUID:
        """Its identifier, the same for every seed: the network does not depend on the seed."""
        return demo_id(self.kind, self.village, self.number, self.name)

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return str(demo_id("register", self.id))

    def item(self) -> Body:
        """Return its item in a batch for the registry."""
        return {
            "idempotency_key": self.key,
            "id": str(self.id),
            "kind": self.kind,
            "name": self.name,
            "area_code": self.village,
            "parent_id": str(self.parent),
            "catchment": [self.village],
            "example_data": True,
        }


def parent_of(village: str, puskesmas: Sequence[Puskesmas]) -> Puskesmas:
    """Return a puskesmas of the village's kecamatan, else one of the regency; always the same one."""
    kecamatan = lineage(village)[-2]
    known = sorted(puskesmas, key=lambda p: p.name)
    near = [p for p in known if covers(kecamatan, p.area)] or known
    return near[int(share("parent", village) * len(near))]


def plan_posyandu(district: District, villages: Sequence[Place], puskesmas: Sequence[Puskesmas]) -> list[Facility]:
    """Return the posyandu of a district, spread evenly over its villages."""
    total = district.per_village * len(villages) if district.posyandu is None else district.posyandu
    each, left = divmod(total, len(villages))
    favoured = {p.code for p in sorted(villages, key=lambda p: share("extra", p.code))[:left]}
    posyandu = []
    for place in sorted(villages, key=lambda p: p.code):
        flower = FLOWERS[int(share("flower", place.code) * len(FLOWERS))]
        parent = parent_of(place.code, puskesmas).id
        for number in range(1, each + 1 + (place.code in favoured)):
            posyandu.append(Facility("posyandu", f"Posyandu {flower} {number}", place.code, parent, number))
    return posyandu


def plan_pustu(district: District, villages: Sequence[Place], puskesmas: Sequence[Puskesmas]) -> list[Facility]:
    """Return the pustu of a district; those of Kota Pekalongan have names from a list, the others made-up ones."""
    if district.code == "33.75":
        return list(_named_pustu(district.pustu, villages, puskesmas))
    chosen = sorted(villages, key=lambda p: share("pustu", p.code))
    places = sorted((chosen[n % len(chosen)] for n in range(district.pustu)), key=lambda p: p.code)
    return [Facility("pustu", f"Pustu Contoh {p.name}", p.code, parent_of(p.code, puskesmas).id, 1) for p in places]


def _named_pustu(count: int, villages: Sequence[Place], puskesmas: Sequence[Puskesmas]) -> Iterator[Facility]:
    with PUSTU_NAMES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:count]
    for row in rows:
        mother = next((p for p in puskesmas if p.name.endswith(row["preceding_puskesmas_in_source"])), None)
        near = [v for v in villages if mother and covers(mother.area, v.code)] or list(villages)
        words = set(row["name"].split()[1:])
        named = [v for v in near if words & set(v.name.split())]
        place = (named or near)[int(share("pustu", row["name"]) * len(named or near))]
        parent = mother or parent_of(place.code, puskesmas)
        yield Facility("pustu", row["name"], place.code, parent.id, 1)
