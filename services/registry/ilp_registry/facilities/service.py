"""What can be done with facilities: register one or many, find, read. Used by the router and by the CSV import."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import existing
from ilp_registry.facilities import repository
from ilp_registry.facilities.repository import FacilityFilter, FacilityRow
from ilp_registry.facilities.schemas import (
    FacilityDetail,
    FacilityIn,
    FacilityOut,
    FacilityQuery,
    FacilityReceipt,
    Network,
)
from ilp_registry.problems import AlreadyStored, bad_field, repeated_id
from ilp_registry.rules.names import search_key
from ilp_registry.rules.placement import UNKNOWN, Parent, placement_fault
from ilp_registry.rules.villages import village_of
from ilp_shared.areas import NATION, zone_of
from ilp_shared.http.guard import absent
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.clock import Clock
from ilp_shared.db.connection import Connection
from ilp_shared.write.uow import UnitOfWork
from ilp_shared.events.registry.v1 import FacilityRegistered
from ilp_shared.http.paging import Page, bad_cursor, decode_cursor, encode_cursor
from ilp_shared.ids import new_id
from ilp_shared.problems import Problem
from ilp_shared.text import Text

_TAKEN = Text("Faskes dengan id atau kode ini sudah terdaftar.", "A facility with this id or code is registered.")


async def register_facilities(
    principal: Principal, clock: Clock, uow: UnitOfWork, drafts: Sequence[FacilityIn]
) -> list[FacilityReceipt | Problem]:
    """Register facilities in one statement and raise FacilityRegistered for each; refusals stand in their places."""
    conn = await uow.connection()
    levels = await existing(conn, {code for d in drafts for code in (d.area_code, *(d.catchment or ()))})
    parents = await _parents(conn, drafts)
    refused: dict[int, Problem] = {}
    rows: dict[int, FacilityRow] = {}
    ids: dict[UUID, int] = {}
    for index, draft in enumerate(drafts):
        if not principal.covers(draft.area_code):
            refused[index] = absent()
            continue
        parent = parents.get(draft.parent_id, UNKNOWN) if draft.parent_id else None
        fault = placement_fault(draft.kind, draft.area_code, _catchment(draft), levels, parent)
        if fault is not None:
            refused[index] = bad_field(*fault)
        elif draft.id is None or ids.setdefault(draft.id, index) == index:
            rows[index] = _row(draft)
    stored = await repository.insert_facilities(conn, list(rows.values()))
    taken = [row for row in rows.values() if row.id not in stored]
    holders = await repository.facilities_with(conn, [r.id for r in taken], [r.code for r in taken if r.code])
    return [
        refused.get(index) or _settle(uow, clock, draft, rows.get(index), stored, holders)
        for index, draft in enumerate(drafts)
    ]


async def find_facilities(conn: Connection, query: FacilityQuery) -> Page[FacilityOut]:
    """Return one page of facilities by name."""
    area = None if query.area == NATION else query.area
    kept = FacilityFilter(area, query.kind, query.parent, query.serves, query.q)
    rows = await repository.facilities_matching(conn, kept, _position(query.cursor), query.limit + 1)
    total = await repository.count_facilities(conn, kept) if query.count else None
    shown = rows[: query.limit]
    more = encode_cursor(shown[-1]["search"], str(shown[-1]["id"])) if len(rows) > query.limit else None
    return Page(items=[FacilityOut(**_fields(row)) for row in shown], next=more, total=total)


async def read_facility(conn: Connection, facility_id: UUID) -> FacilityDetail:
    """Return a facility with the size of its network; raises NotFound."""
    row = await repository.facility(conn, facility_id)
    if row is None:
        raise absent()
    network = {"pustu": 0, "posyandu": 0} | await repository.network_of(conn, facility_id)
    return FacilityDetail(**_fields(row), network=Network.model_validate(network))


def facility_registered(row: FacilityRow, version: int, clock: Clock) -> NewEvent:
    """Return the event for a facility as it stands."""
    return NewEvent(
        data=FacilityRegistered.model_construct(
            facility_id=row.id,
            kind=row.kind,
            name=row.name,
            code=row.code,
            area_code=row.area_code,
            parent_id=row.parent_id,
            catchment=tuple(code for code in row.catchment.split(",") if code),
            timezone=zone_of(row.area_code).key,
            example_data=row.example_data,
        ),
        aggregate_id=row.id,
        aggregate_version=version,
        home_area=row.area_code,
        area_code=row.area_code,
        facility_id=row.id,
        occurred_at=clock.now(),
    )


async def _parents(conn: Connection, drafts: Sequence[FacilityIn]) -> Mapping[UUID, Parent]:
    wanted = {draft.parent_id for draft in drafts if draft.parent_id is not None}
    rows = await repository.facilities_with(conn, wanted) if wanted else []
    return {row["id"]: Parent(row["kind"], row["area_code"]) for row in rows}


def _catchment(draft: FacilityIn) -> tuple[str, ...]:
    if draft.catchment is not None:
        return draft.catchment
    return () if draft.kind == "puskesmas" else (village_of(draft.area_code),)


def _row(draft: FacilityIn) -> FacilityRow:
    return FacilityRow(
        id=draft.id or new_id(),
        search=search_key(draft.name),
        catchment=",".join(_catchment(draft)),
        **draft.model_dump(include={"kind", "name", "code", "area_code", "parent_id", "lat", "lng", "example_data"}),
    )


def _settle(
    uow: UnitOfWork,
    clock: Clock,
    draft: FacilityIn,
    row: FacilityRow | None,
    stored: set[UUID],
    holders: Sequence[asyncpg.Record],
) -> FacilityReceipt | Problem:
    if row is None:
        return repeated_id(draft.id if draft.id in stored else None)
    if row.id in stored:
        uow.emit(facility_registered(row, 1, clock))
        catchment = [code for code in row.catchment.split(",") if code]
        fields = {**row._asdict(), "version": 1, "catchment": catchment, "timezone": zone_of(row.area_code).key}
        return FacilityReceipt.model_validate({n: fields[n] for n in FacilityOut.model_fields})
    same = (
        h["id"] for h in holders if h["id"] == row.id or (row.code and (h["kind"], h["code"]) == (row.kind, row.code))
    )
    return AlreadyStored(_TAKEN, next(same, row.id))


def _fields(row: asyncpg.Record) -> dict[str, object]:
    return {**row, "timezone": zone_of(row["area_code"]).key}


def _position(cursor: str | None) -> tuple[str, UUID] | None:
    key = decode_cursor(cursor, 2)
    try:
        return (search_key(key[0]), UUID(key[1])) if key else None
    except ValueError:
        raise bad_cursor() from None
