"""Loads the public reference data in one transaction: areas, their names, puskesmas, and the events for all of it.

Idempotent by the checksum of the files; ids are derived from codes, so that every installation agrees on them.
Called by `python -m ilp_registry load-reference`.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid5

import asyncpg

from ilp_registry.areas.service import NAMESPACE, area_id, tree_published
from ilp_registry.facilities.repository import FacilityRow, insert_facilities
from ilp_registry.facilities.service import facility_registered
from ilp_registry.loading import files, repository
from ilp_registry.rules.names import search_key, search_terms, written_name
from ilp_shared.areas import home_key, level_of
from ilp_shared.clock import Clock, SystemClock
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.write.uow import UnitOfWork, open_uow


class Loaded(NamedTuple):
    """How much a load wrote."""

    areas: int
    trees: int
    puskesmas: int


async def load_reference(database: Database, clock: Clock | None = None) -> Loaded | None:
    """Load what is new or changed; None when this very content was loaded before."""
    clock = clock or SystemClock()
    async with open_uow(database, EVERYWHERE) as uow:
        conn = await uow.connection()
        if not await repository.begin_load(conn, files.checksum()):
            return None
        changed = await repository.copy_areas(conn, files.content(files.AREAS), files.DATASET)
        areas = await repository.areas_to_villages(conn)
        await _write_names(conn, set(changed), areas)
        trees = await _publish_trees(uow, conn, changed, areas, clock)
        return Loaded(len(changed), trees, await _load_puskesmas(uow, conn, clock))


async def _write_names(conn: Connection, changed: set[str], areas: list[asyncpg.Record]) -> None:
    aliases = files.aliases()
    named = [(a["code"], a["name"]) for a in areas if a["code"] in changed]
    named += [(alias.code, alias.name) for alias in aliases]
    terms = [(term, code) for code, name in named for term in search_terms(name)]
    await repository.replace_names(conn, changed, terms, aliases)


async def _publish_trees(
    uow: UnitOfWork, conn: Connection, changed: list[str], areas: list[asyncpg.Record], clock: Clock
) -> int:
    by_root: dict[str, list[asyncpg.Record]] = defaultdict(list)
    provinces = {}
    for area in areas:
        if area["level"] == "province":
            provinces[area["code"]] = area
        else:
            by_root[home_key(area["code"])].append(area)
    touched = {home_key(code) for code in changed if level_of(code) != "province"}
    whole = {code for code in changed if level_of(code) == "province"}
    touched |= {root for root in by_root if root[:2] in whole}
    versions = await repository.next_trees(conn, {root: area_id(root) for root in sorted(touched)})
    for root in sorted(touched):
        nodes = [provinces[root[:2]], *by_root[root]]
        uow.emit(tree_published(root, versions[root], files.DATASET, nodes, clock))
    return len(touched)


async def _load_puskesmas(uow: UnitOfWork, conn: Connection, clock: Clock) -> int:
    rows = list(_puskesmas())
    stored = await insert_facilities(conn, rows)
    for row in rows:
        if row.id in stored:
            uow.emit(facility_registered(row, 1, clock))
    return len(stored)


def _puskesmas() -> Iterator[FacilityRow]:
    """Puskesmas as published; the district is a derived start value, the regency stands where there is none."""
    for row in files.rows(files.PUSKESMAS):
        name = f"Puskesmas {written_name(row['name'])}"
        yield FacilityRow(
            id=uuid5(NAMESPACE, f"puskesmas:{row['kode_komdat']}"),
            kind="puskesmas",
            name=name,
            search=search_key(name),
            code=row["kode_komdat"],
            area_code=row["district_code_guess"] or row["regency_code"],
            parent_id=None,
            catchment="",
            lat=None,
            lng=None,
            example_data=False,
        )
