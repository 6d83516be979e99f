"""Loads the public reference data in one transaction: areas, their names, puskesmas, and the events for all of it.

Idempotent by the edition of the files; ids are derived from codes, so that every installation agrees on them.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import asyncpg

from ilp_registry.areas.events import tree_published
from ilp_registry.facilities.events import facility_registered
from ilp_registry.facilities.models import NewFacility
from ilp_registry.facilities.repository import insert_facilities
from ilp_registry.reference import files, repository
from ilp_registry.rules.derived_ids import area_id, puskesmas_id
from ilp_registry.rules.names import search_key, search_terms, sort_key, written_name
from ilp_shared.areas import home_key, level_of
from ilp_shared.clock import Clock, SystemClock
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.write.uow import UnitOfWork, open_uow


class LoadCounts(NamedTuple):
    """How much a load wrote."""

    areas: int
    trees: int
    puskesmas: int


async def load_reference(database: Database, clock: Clock | None = None) -> LoadCounts | None:
    """Load what is new or changed; None when this edition was loaded before."""
    now = (clock or SystemClock()).now()
    async with open_uow(database, EVERYWHERE) as uow:
        if not await repository.begin_load(uow.conn, files.edition()):
            return None
        changed = await repository.copy_areas(uow.conn, files.content(files.AREAS), files.DATASET)
        areas = await repository.areas_to_villages(uow.conn)
        await _write_names(uow.conn, set(changed), areas)
        trees = await _publish_trees(uow, changed, areas, now)
        return LoadCounts(len(changed), trees, await _load_puskesmas(uow, now))


async def _write_names(conn: Connection, changed: set[str], areas: list[asyncpg.Record]) -> None:
    aliases = files.aliases()
    names = [(area["code"], area["name"]) for area in areas if area["code"] in changed]
    names += [(alias.code, alias.name) for alias in aliases]
    terms = [(term, code) for code, name in names for term in search_terms(name)]
    await repository.replace_names(conn, changed, terms, aliases)


async def _publish_trees(uow: UnitOfWork, changed: list[str], areas: list[asyncpg.Record], now: datetime) -> int:
    """Raise AreaTreePublished for each regency in which an area, or whose province, is new or changed."""
    by_root: dict[str, list[asyncpg.Record]] = defaultdict(list)
    provinces = {}
    for area in areas:
        if area["level"] == "province":
            provinces[area["code"]] = area
        else:
            by_root[home_key(area["code"])].append(area)
    changed_provinces = {code for code in changed if level_of(code) == "province"}
    roots = {home_key(code) for code in changed if code not in changed_provinces}
    roots |= {root for root in by_root if root[:2] in changed_provinces}
    versions = await repository.next_trees(uow.conn, {root: area_id(root) for root in sorted(roots)})
    for root in sorted(roots):
        nodes = [provinces[root[:2]], *by_root[root]]
        data, aggregate = tree_published(root, versions[root], files.DATASET, nodes)
        uow.emit(data, of=aggregate, occurred_at=now)
    return len(roots)


async def _load_puskesmas(uow: UnitOfWork, now: datetime) -> int:
    facilities = list(_puskesmas())
    stored = await insert_facilities(uow.conn, facilities)
    for facility in facilities:
        if facility.id in stored:
            data, aggregate = facility_registered(facility)
            uow.emit(data, of=aggregate, occurred_at=now)
    return len(stored)


def _puskesmas() -> Iterator[NewFacility]:
    """Yield the puskesmas as published; the area is the guessed district, or the regency where none was guessed."""
    for row in files.rows(files.PUSKESMAS):
        name = f"Puskesmas {written_name(row['name'])}"
        yield NewFacility(
            id=puskesmas_id(row["kode_komdat"]),
            kind="puskesmas",
            name=name,
            search=search_key(name),
            sort=sort_key(name),
            code=row["kode_komdat"],
            area_code=row["district_code_guess"] or row["regency_code"],
            parent_id=None,
            catchment=(),
            lat=None,
            lng=None,
            example_data=False,
        )
