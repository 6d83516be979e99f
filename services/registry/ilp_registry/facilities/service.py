"""Commands and queries of facilities: register one or many, list, read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import levels_of
from ilp_registry.facilities import repository
from ilp_registry.facilities.events import facility_registered
from ilp_registry.facilities.models import NewFacility
from ilp_registry.facilities.repository import FacilityFilter
from ilp_registry.facilities.schemas import (
    Facility,
    FacilityDetail,
    FacilityInput,
    FacilityQuery,
    FacilityReceipt,
    Network,
)
from ilp_registry.outcomes import first_by_id, repeated_id
from ilp_registry.rules.names import search_key, sort_key
from ilp_registry.rules.placement import UNKNOWN, Parent, placement_fault
from ilp_shared.areas import village_of, zone_of
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.http.guard import absent
from ilp_shared.http.paging import Page, page_of
from ilp_shared.ids import new_id
from ilp_shared.problems import AlreadyStored, InvalidInput, Problem
from ilp_shared.text import Text
from ilp_shared.write.uow import UnitOfWork

_TAKEN = Text("Faskes dengan id atau kode ini sudah terdaftar.", "A facility with this id or code is registered.")


async def register_facilities(
    principal: Principal, now: datetime, uow: UnitOfWork, forms: Sequence[FacilityInput]
) -> list[FacilityReceipt | Problem]:
    """Register facilities with one statement and raise FacilityRegistered for each; one outcome per form, in order."""
    judged = await _judge(uow.conn, principal, forms)
    first = first_by_id(judged)
    stored = await repository.insert_facilities(uow.conn, first.values())
    taken = [facility for facility in first.values() if facility.id not in stored]
    codes = [facility.code for facility in taken if facility.code]
    holders = await repository.facilities_with(uow.conn, [facility.id for facility in taken], codes) if taken else []
    for facility in first.values():
        if facility.id in stored:
            data, aggregate = facility_registered(facility)
            uow.emit(data, of=aggregate, occurred_at=now)
    return [item if isinstance(item, Problem) else _outcome(item, first, stored, holders) for item in judged]


async def list_facilities(conn: Connection, query: FacilityQuery) -> Page[Facility]:
    """Return one page of facilities by name."""
    filters = FacilityFilter(query.area, query.kind, query.parent, query.serves, query.q)
    after = query.after(str, UUID)
    rows = await repository.facilities_matching(conn, filters, after, query.limit + 1)
    total = await repository.count_facilities(conn, filters) if query.count else None
    page, cursor = page_of(rows, query.limit, lambda row: (row["sort"], row["id"]))
    return Page(items=[Facility(**row, timezone=_timezone(row["area_code"])) for row in page], next=cursor, total=total)


async def read_facility(conn: Connection, facility_id: UUID) -> FacilityDetail:
    """Return a facility with the size of its network; raises NotFound."""
    row = await repository.facility_with(conn, facility_id)
    if row is None:
        raise absent()
    network = {"pustu": 0, "posyandu": 0} | await repository.network_of(conn, facility_id)
    return FacilityDetail(**row, timezone=_timezone(row["area_code"]), network=Network(**network))


async def _judge(conn: Connection, principal: Principal, forms: Sequence[FacilityInput]) -> list[NewFacility | Problem]:
    levels = await levels_of(conn, {code for form in forms for code in (form.area_code, *(form.catchment or ()))})
    parents = await _parents(conn, forms)
    return [_judge_one(form, principal, levels, parents) for form in forms]


def _judge_one(
    form: FacilityInput, principal: Principal, levels: Mapping[str, str], parents: Mapping[UUID, Parent]
) -> NewFacility | Problem:
    if not principal.covers(form.area_code):
        return absent("/area_code")
    facility = _new_facility(form)
    parent = parents.get(form.parent_id, UNKNOWN) if form.parent_id else None
    fault = placement_fault(facility.kind, facility.area_code, facility.catchment, levels, parent)
    return facility if fault is None else InvalidInput.at(*fault)


async def _parents(conn: Connection, forms: Sequence[FacilityInput]) -> dict[UUID, Parent]:
    ids = {form.parent_id for form in forms if form.parent_id is not None}
    rows = await repository.facilities_with(conn, ids) if ids else []
    return {row["id"]: Parent(row["kind"], row["area_code"]) for row in rows}


def _new_facility(form: FacilityInput) -> NewFacility:
    catchment = form.catchment
    if catchment is None:
        catchment = () if form.kind == "puskesmas" else (village_of(form.area_code),)
    return NewFacility(
        id=form.id or new_id(),
        search=search_key(form.name),
        sort=sort_key(form.name),
        catchment=catchment,
        **form.model_dump(include={"kind", "name", "code", "area_code", "parent_id", "lat", "lng", "example_data"}),
    )


def _outcome(
    facility: NewFacility,
    first: Mapping[UUID, NewFacility],
    stored: set[UUID],
    holders: Sequence[asyncpg.Record],
) -> FacilityReceipt | Problem:
    if first[facility.id] is not facility:
        return repeated_id(facility.id if facility.id in stored else None)
    if facility.id in stored:
        return FacilityReceipt(**facility._asdict(), version=1, timezone=_timezone(facility.area_code))
    existing = (row["id"] for row in holders if row["id"] == facility.id or _same_code(row, facility))
    return AlreadyStored(_TAKEN, next(existing, facility.id))


def _same_code(row: asyncpg.Record, facility: NewFacility) -> bool:
    return facility.code is not None and (row["kind"], row["code"]) == (facility.kind, facility.code)


def _timezone(area_code: str) -> str:
    return zone_of(area_code).key
