"""Reads the situation of an area in one database snapshot."""

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.recount_runs.repository import latest_recount
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import (
    AreaHead,
    AreaRef,
    ChildArea,
    FacilityCounts,
    RecountSummary,
    Situation,
    SituationKey,
)
from ilp_shared.areas import level_of, lineage
from ilp_shared.http.guard import absent
from ilp_shared.problems import InvalidInput
from ilp_shared.text import Text

_DEEPEST = "village"
_TOO_MANY = Text(
    "Semua desa hanya dapat ditampilkan untuk kabupaten/kota atau kecamatan.",
    "All villages can be listed for a regency or district only.",
)


async def read_situation(session: AsyncSession, key: SituationKey) -> Situation:
    """Return the situation of an area (nation to village) in a month.

    Raises NotFound for an unknown area, InvalidInput for the villages of a province or the nation.
    `session` must be a repeatable-read transaction (`open_read`); the caller has checked the principal's scope.
    """
    head = await _head(session, key.area)
    rows = await areas_below(session, key.area, key.below)
    numbers = await read_numbers(session, [key.area, *(row.code for row in rows)], key.period)
    clock = await repository.clock(session)
    periods = await repository.periods_with_numbers(session, key.area)
    recount = await latest_recount(session)
    return Situation(
        area=head,
        period=key.period,
        previous_period=numbers.previous,
        periods=sorted({key.period, *periods}, reverse=True),
        denominator=key.denominator,
        below=key.below,
        as_of=clock.as_of,
        checked_at=clock.checked_at,
        parked=clock.parked,
        sequence=clock.sequence,
        completeness=numbers.complete(key.area),
        indicators=numbers.of(key.area, key.denominator),
        children=[_child(row, numbers, key.denominator) for row in rows],
        recount=RecountSummary.model_validate(recount) if recount else None,
        registered_means=definitions().registered_means,
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
        raise InvalidInput.at("/query/below", "too_many", _TOO_MANY, _TOO_MANY)
    return await repository.villages_of(session, area)


async def _head(session: AsyncSession, area: str) -> AreaHead:
    path = lineage(area)
    rows = await repository.areas_by_code(session, path)
    if area not in rows:
        raise absent()
    row = rows[area]
    return AreaHead(
        code=row.code,
        name=row.name,
        level=row.level,
        kind=row.kind,
        lat=row.lat,
        lng=row.lng,
        lineage=[AreaRef(code=code, name=rows[code].name) for code in path if code in rows],
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
