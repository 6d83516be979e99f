"""Reads the situation of an area in one database snapshot; called by the REST route, the CSV export and the page."""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.recounts.repository import latest_recount
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import (
    AreaHead,
    AreaRef,
    BelowChoice,
    ChildArea,
    DenominatorChoice,
    FacilityCounts,
    RecountSummary,
    Situation,
)
from ilp_shared.areas import level_of, lineage
from ilp_shared.http.guard import absent
from ilp_shared.problems import FieldError, InvalidInput
from ilp_shared.text import Text

_DEEPEST = "village"
_TOO_MANY = Text(
    "Semua desa hanya dapat ditampilkan untuk kabupaten/kota atau kecamatan.",
    "All villages can be listed for a regency or district only.",
)


async def read_situation(
    session: AsyncSession,
    area: str,
    period: str,
    *,
    denominator: DenominatorChoice = "projected",
    below: BelowChoice = "children",
) -> Situation:
    """Return the situation of an area (nation to village) in a month.

    Raises NotFound for an unknown area, InvalidInput for the villages of a province or the nation.
    `session` must be a repeatable-read transaction (`open_read`); the caller has checked the principal's scope.
    """
    head = await _head(session, area)
    rows = await areas_below(session, area, below)
    numbers = await read_numbers(session, [area, *(row.code for row in rows)], period)
    clock = await repository.clock(session)
    known = await repository.periods_with_numbers(session, area)
    recount = await latest_recount(session)
    return Situation(
        area=head,
        period=period,
        previous_period=numbers.previous,
        periods=sorted({period, *known}, reverse=True),
        denominator=denominator,
        below=below,
        as_of=clock.as_of,
        checked_at=clock.checked_at,
        parked=clock.parked,
        sequence=clock.sequence,
        completeness=numbers.complete(area),
        indicators=numbers.of(area, denominator),
        children=[_child(row, numbers, denominator) for row in rows],
        recount=recount and RecountSummary(at=recount.at, cells=recount.cells, differences=recount.differences),
        example_data=await repository.has_example_data(session),
    )


async def areas_below(session: AsyncSession, area: str, below: BelowChoice) -> Sequence[Any]:
    """Return (code, name, level, kind, lat, lng) of the areas to list below one; none below a village.

    Raises InvalidInput for the villages of a province or the nation: too many.
    """
    level = level_of(area)
    if level == _DEEPEST:
        return []
    if below == "children":
        return await repository.children_of(session, area)
    if level in ("nation", "province"):
        error = FieldError(pointer="/query/below", code="too_many", message=_TOO_MANY.id, message_en=_TOO_MANY.en)
        raise InvalidInput(_TOO_MANY, errors=[error])
    return await repository.villages_of(session, area)


async def _head(session: AsyncSession, area: str) -> AreaHead:
    path = lineage(area)
    known = await repository.areas_by_code(session, path)
    if area not in known:
        raise absent()
    row = known[area]
    return AreaHead(
        code=row.code,
        name=row.name,
        level=row.level,
        kind=row.kind,
        lat=row.lat,
        lng=row.lng,
        lineage=[AreaRef(code=code, name=known[code].name) for code in path if code in known],
        facilities=FacilityCounts(**await repository.facility_counts(session, area)),
    )


def _child(row: Any, numbers: Numbers, denominator: DenominatorChoice) -> ChildArea:
    return ChildArea(
        code=row.code,
        name=row.name,
        level=row.level,
        kind=row.kind,
        lat=row.lat,
        lng=row.lng,
        completeness=numbers.complete(row.code),
        indicators=numbers.of(row.code, denominator),
    )
