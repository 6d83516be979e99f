"""Commands and queries of areas: list, read with lineage, add a dusun, RW or RT."""

from ilp_registry.areas import repository
from ilp_registry.areas.events import area_registered
from ilp_registry.areas.repository import AreaFilter
from ilp_registry.areas.schemas import Alias, Ancestor, Area, AreaDetail, AreaInput, AreaQuery, AreaReceipt
from ilp_registry.rules.names import search_key
from ilp_shared.areas import NATION, lineage, parent_of
from ilp_shared.db.connection import Connection
from ilp_shared.http.guard import absent, require_area
from ilp_shared.http.paging import Page, page_of
from ilp_shared.http.submissions import Command
from ilp_shared.problems import AlreadyStored, InvalidInput
from ilp_shared.text import Text

OWN_DATASET = "registry"
_INDONESIA = Area(code=NATION, name="Indonesia", level="nation", kind="negara", parent_code=None, lat=None, lng=None)
_NO_LETTER = Text("Kata pencarian perlu huruf atau angka.", "A search needs letters or digits.")
_NO_PARENT = Text("Wilayah induknya belum terdaftar.", "Its parent area is not registered.")
_TAKEN = Text("Kode wilayah ini sudah dipakai.", "This area code is taken.")


async def list_areas(conn: Connection, query: AreaQuery) -> Page[Area]:
    """Return one page of areas."""
    if query.q is not None and not search_key(query.q):
        raise InvalidInput.at("/query/q", "no_letter", _NO_LETTER)
    filters = AreaFilter(query.area, query.level, query.q)
    (after,) = query.after(str) or (None,)
    rows = await repository.areas_matching(conn, filters, after, query.limit + 1)
    total = await repository.count_areas(conn, filters) if query.count else None
    page, cursor = page_of(rows, query.limit, lambda row: (row["key"],))
    return Page(items=[Area(**row) for row in page], next=cursor, total=total)


async def read_area(conn: Connection, code: str) -> AreaDetail:
    """Return an area with lineage, children and aliases; raises NotFound."""
    rows = await repository.areas_by_code(conn, lineage(code))
    way = [_INDONESIA, *(Area(**row) for row in rows)]
    area = way[-1]
    if area.code != code:
        raise absent()
    return AreaDetail(
        **area.model_dump(),
        lineage=[Ancestor.model_validate(step) for step in way],
        children=await repository.count_children(conn, None if code == NATION else code),
        aliases=[Alias(**row) for row in await repository.aliases_of(conn, code)],
    )


async def add_area(cmd: Command, form: AreaInput) -> AreaReceipt:
    """Add an area below a village and raise AreaRegistered; raises NotFound, InvalidInput or AlreadyStored."""
    require_area(cmd.principal, form.code)
    parent = parent_of(form.code) or NATION
    if parent not in await repository.levels_of(cmd.uow.conn, [parent]):
        raise InvalidInput.at("/code", "unknown_parent", _NO_PARENT)
    area, aggregate = area_registered(form, parent)
    if not await repository.insert_area(cmd.uow.conn, area, OWN_DATASET):
        raise AlreadyStored(_TAKEN, aggregate.id)
    cmd.uow.emit(area, of=aggregate, occurred_at=cmd.now)
    return AreaReceipt(id=aggregate.id, version=aggregate.version, code=area.code)
