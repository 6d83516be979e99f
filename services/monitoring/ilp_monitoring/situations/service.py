"""Reads the situation of an area in one database snapshot; called by the REST route, the CSV export and the page."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.recounts.repository import latest_recount
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import (
    AreaHead,
    AreaRef,
    ChildArea,
    DenominatorChoice,
    FacilityCounts,
    RecountSummary,
    Situation,
)
from ilp_shared.areas import level_of, lineage
from ilp_shared.auth.guard import absent

_DEEPEST = "village"


async def read_situation(
    session: AsyncSession, area: str, period: str, *, denominator: DenominatorChoice = "projected"
) -> Situation:
    """Return the situation of an area (nation to village) in a month; raises NotFound for an unknown area.

    `session` must be a repeatable-read transaction (`open_read`); the caller has checked the principal's scope.
    """
    head = await _head(session, area)
    below = await child_codes(session, area)
    numbers = await read_numbers(session, [area, *below], period)
    clock = await repository.clock(session)
    known = await repository.periods_with_numbers(session, area)
    recount = await latest_recount(session)
    return Situation(
        area=head,
        period=period,
        previous_period=numbers.previous,
        periods=sorted({period, *known}, reverse=True),
        denominator=denominator,
        as_of=clock.as_of,
        checked_at=clock.checked_at,
        parked=clock.parked,
        sequence=clock.sequence,
        completeness=numbers.complete(area),
        indicators=numbers.of(area, denominator),
        children=await _children(session, area, numbers, denominator) if below else [],
        recount=recount and RecountSummary(at=recount.at, cells=recount.cells, differences=recount.differences),
        example_data=await repository.has_example_data(session),
    )


async def child_codes(session: AsyncSession, area: str) -> Sequence[str]:
    """Return the codes of the areas one level down; none below a village, where numbers end."""
    if level_of(area) == _DEEPEST:
        return []
    return [str(row.code) for row in await repository.children_of(session, area)]


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


async def _children(
    session: AsyncSession, area: str, numbers: Numbers, denominator: DenominatorChoice
) -> list[ChildArea]:
    return [
        ChildArea(
            code=row.code,
            name=row.name,
            level=row.level,
            kind=row.kind,
            lat=row.lat,
            lng=row.lng,
            completeness=numbers.complete(row.code),
            indicators=numbers.of(row.code, denominator),
        )
        for row in await repository.children_of(session, area)
    ]
