"""What can be done with areas: find, read with lineage, add a dusun, RW or RT."""

from collections.abc import Sequence
from re import fullmatch
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg

from ilp_registry.areas import repository
from ilp_registry.areas.schemas import AliasOut, AncestorOut, AreaDetail, AreaIn, AreaOut, AreaQuery, AreaReceipt
from ilp_registry.problems import AlreadyStored, bad_field
from ilp_registry.rules.names import search_key
from ilp_registry.rules.villages import village_of
from ilp_shared.areas import NATION, lineage, parent_of
from ilp_shared.http.guard import absent
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.clock import Clock
from ilp_shared.db.connection import Connection
from ilp_shared.write.uow import UnitOfWork
from ilp_shared.events.registry.v1 import AreaNode, AreaRegistered, AreaTreePublished
from ilp_shared.http.paging import Page, bad_cursor, decode_cursor, encode_cursor
from ilp_shared.problems import Problem
from ilp_shared.text import Text

NAMESPACE = uuid5(NAMESPACE_URL, "urn:ilp:registry")
OWN_DATASET = "registry"
_INDONESIA = AreaOut(code=NATION, name="Indonesia", level="nation", kind="negara", parent_code=None, lat=None, lng=None)
_NO_LETTER = Text("Kata pencarian perlu huruf atau angka.", "A search needs letters or digits.")
_NO_PARENT = Text("Wilayah induknya belum terdaftar.", "Its parent area is not registered.")
_TAKEN = Text("Kode wilayah ini sudah dipakai.", "This area code is taken.")


def area_id(code: str) -> UUID:
    """Return the id of an area, the same everywhere and for ever."""
    return uuid5(NAMESPACE, f"area:{code}")


async def find_areas(conn: Connection, query: AreaQuery) -> Page[AreaOut]:
    """Return one page of areas."""
    if query.q is not None and not search_key(query.q):
        raise bad_field("/query/q", "no_letter", _NO_LETTER)
    area = None if query.area == NATION else query.area
    after = decode_cursor(query.cursor, 1)
    if after and not fullmatch(r"[0-9A-Za-z.-]*", after[0]):
        raise bad_cursor()
    rows = await repository.areas_matching(
        conn, area=area, level=query.level, q=query.q, after=after[0] if after else None, limit=query.limit + 1
    )
    total = None
    if query.count:
        total = await repository.count_areas(conn, area=area, level=query.level, q=query.q)
    shown = rows[: query.limit]
    more = encode_cursor(shown[-1]["key"]) if len(rows) > query.limit else None
    return Page(items=[_out(row) for row in shown], next=more, total=total)


async def read_area(conn: Connection, code: str) -> AreaDetail:
    """Return an area with lineage, children and aliases; raises NotFound."""
    rows = await repository.areas_by_code(conn, lineage(code))
    way = [_INDONESIA, *(_out(row) for row in rows)]
    if way[-1].code != code:
        raise absent()
    children = await repository.children_of(conn, None if code == NATION else code)
    aliases = [AliasOut(**row) for row in await repository.aliases_of(conn, code)]
    steps = [AncestorOut(code=step.code, name=step.name, level=step.level) for step in way]
    return AreaDetail(**way[-1].model_dump(), lineage=steps, children=children, aliases=aliases)


async def add_areas(
    principal: Principal, clock: Clock, uow: UnitOfWork, drafts: Sequence[AreaIn]
) -> list[AreaReceipt | Problem]:
    """Add areas below villages and raise AreaRegistered for each; refusals stand in their places."""
    return [await _add(principal, clock, uow, draft) for draft in drafts]


async def _add(principal: Principal, clock: Clock, uow: UnitOfWork, draft: AreaIn) -> AreaReceipt | Problem:
    if not principal.covers(draft.code):
        return absent()
    conn, parent = await uow.connection(), parent_of(draft.code) or NATION
    if parent not in await repository.existing(conn, [parent]):
        return bad_field("/code", "unknown_parent", _NO_PARENT)
    added = AreaRegistered(level="sub_village", parent_code=parent, **draft.model_dump())
    if not await repository.add_below(conn, added, OWN_DATASET):
        return AlreadyStored(_TAKEN, area_id(draft.code))
    uow.emit(area_registered(added, clock))
    return AreaReceipt(id=area_id(draft.code), version=1, code=draft.code)


def area_registered(area: AreaRegistered, clock: Clock) -> NewEvent:
    """Return the event of one new area: an aggregate of its own, so its size does not grow with the regency."""
    return NewEvent(
        data=area,
        aggregate_id=area_id(area.code),
        aggregate_version=1,
        home_area=area.code,
        area_code=village_of(area.code),
        occurred_at=clock.now(),
    )


def tree_published(root: str, version: int, dataset: str, areas: Sequence[asyncpg.Record], clock: Clock) -> NewEvent:
    """Return the event that carries a regency with its province, districts and villages."""
    nodes = [AreaNode.model_construct(**{name: row[name] for name in AreaNode.model_fields}) for row in areas]
    return NewEvent(
        data=AreaTreePublished(root=root, dataset=dataset, areas=nodes),
        aggregate_id=area_id(root),
        aggregate_version=version,
        home_area=root,
        area_code=root,
        occurred_at=clock.now(),
    )


def _out(row: asyncpg.Record) -> AreaOut:
    return AreaOut(**{name: row[name] for name in AreaOut.model_fields})
