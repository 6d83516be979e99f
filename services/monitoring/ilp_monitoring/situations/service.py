"""Reads the situation of an area in one database snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.recount_runs.repository import latest_recount
from ilp_monitoring.rules.participation import Regency, is_above_regency, share_of
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.areas import AreaHead, AreaRef, AwaitedUnits, FacilityCounts, Participation, UnitRef
from ilp_monitoring.situations.arrivals_repository import arrivals_of
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import ChildArea, RecountSummary, Situation, SituationKey
from ilp_shared.areas import level_of, lineage
from ilp_shared.http.guard import absent
from ilp_shared.problems import InvalidInput
from ilp_shared.text import Text

_DEEPEST = "village"
_NAMED = 50
"""Posyandu named in each list of those that are awaited."""
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
    regencies = await _regencies(session, key)
    recount = await latest_recount(session)
    return Situation(
        area=head,
        arrivals=await arrivals_of(session, key.area),
        period=key.period,
        previous_period=numbers.previous,
        periods=sorted({key.period, *periods}, reverse=True),
        denominator=key.denominator,
        below=key.below,
        as_of=clock.as_of,
        checked_at=clock.checked_at,
        parked=clock.parked,
        sequence=clock.sequence,
        units=numbers.units(key.area),
        awaited=await _awaited(session, key),
        persons=numbers.persons(key.area),
        participation=_participation(key.area, regencies),
        completeness=numbers.complete(key.area),
        indicators=numbers.of(key.area, key.denominator),
        children=[_child(row, numbers, key.denominator, regencies) for row in rows],
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


async def _regencies(session: AsyncSession, key: SituationKey) -> Mapping[str, Regency]:
    """Return the regencies on which participation depends; none for a regency and below."""
    return await repository.regencies_of(session, key.area, key.period) if is_above_regency(key.area) else {}


def _participation(area: str, regencies: Mapping[str, Regency]) -> Participation | None:
    if not is_above_regency(area):
        return None
    share = share_of(area, regencies)
    return Participation(
        areas=share.areas,
        taking_part=share.taking_part,
        population_percent=share.population_percent,
        projected=share.projected,
    )


async def _awaited(session: AsyncSession, key: SituationKey) -> AwaitedUnits:
    awaited = AwaitedUnits(not_reported=[], not_opened=[])
    if is_above_regency(key.area):
        return awaited
    for row in await repository.awaited_units(session, key.area, key.period):
        units = awaited.not_reported if row.opened else awaited.not_opened
        if len(units) < _NAMED:
            units.append(UnitRef(id=row.facility_id, name=row.name, area_code=row.area_code, area_name=row.area_name))
    return awaited


def _child(row: Any, numbers: Numbers, denominator: DenominatorChoice, regencies: Mapping[str, Regency]) -> ChildArea:
    return ChildArea(
        code=row.code,
        name=row.name,
        level=row.level,
        kind=row.kind,
        lat=row.lat,
        lng=row.lng,
        units=numbers.units(row.code),
        persons=numbers.persons(row.code),
        participation=_participation(row.code, regencies),
        completeness=numbers.complete(row.code),
        indicators=numbers.of(row.code, denominator),
    )
