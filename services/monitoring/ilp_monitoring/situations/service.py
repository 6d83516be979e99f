"""Reads the situation of an area in one database snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.recount_runs.repository import latest_recount
from ilp_monitoring.rules.participation import Regency, Share, are_few, is_above_regency, share_of
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.areas import AreaHead, AreaRef, AwaitedUnits, FacilityCounts, Participation, UnitRef
from ilp_monitoring.situations.arrivals_repository import arrivals_of
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import ChildArea, ParticipatingRegency, RecountSummary, Situation, SituationKey
from ilp_shared.areas import LEVELS, NATION, level_of, lineage, village_of
from ilp_shared.http.guard import absent
from ilp_shared.problems import InvalidInput
from ilp_shared.text import Text

_DEEPEST = "village"
_UNITS_NAMED = 50
"""Posyandu named in each list of those that are awaited."""
_REGENCIES_NAMED = 50
"""Regencies named of those that take part."""
_TOO_MANY = Text(
    "Semua desa hanya dapat ditampilkan untuk kabupaten/kota atau kecamatan.",
    "All villages can be listed for a regency or district only.",
)


async def read_situation(session: AsyncSession, key: SituationKey) -> Situation:
    """Return the situation of an area (nation to village) in a month.

    Raises NotFound for an unknown area, InvalidInput for the villages of a province or the nation.
    `session` must be a repeatable-read transaction (`open_read`); the caller has checked the principal's scope.
    """
    (situation,) = await read_situations(session, [key])
    return situation


async def read_situations(session: AsyncSession, keys: Sequence[SituationKey]) -> list[Situation]:
    """Return the situations of keys, in their order, for the statements of one; raises what `read_situation` raises.

    The areas must be of one level, and the keys alike in month and in the choice of areas below.
    """
    codes, first = list(dict.fromkeys(key.area for key in keys)), keys[0]
    heads, below = await _heads(session, codes), {code: await areas_below(session, code, first.below) for code in codes}
    regencies, awaited = await _regencies(session, codes, first.period), await _awaited(session, codes, first.period)
    shares = _shares(_codes_of(codes, below), regencies)
    participants, arrivals = await _participants(session, codes, shares), await arrivals_of(session, codes)
    numbers = await read_numbers(session, _codes_of(codes, below, participants), first.period)
    clock, example_data = await repository.clock(session), await repository.has_example_data(session)
    recount, periods = await _recount(session), await repository.periods_with_numbers(session, codes)
    return [
        Situation(
            area=heads[key.area],
            period=key.period,
            previous_period=numbers.previous,
            periods=sorted({key.period, *periods[key.area]}, reverse=True),
            denominator=key.denominator,
            below=key.below,
            as_of=clock.as_of,
            checked_at=clock.checked_at,
            parked=clock.parked,
            sequence=clock.sequence,
            units=numbers.units(key.area),
            awaited=awaited[key.area],
            arrivals=arrivals[key.area],
            persons=numbers.persons(key.area),
            participation=_participation(shares.get(key.area)),
            completeness=numbers.complete(key.area),
            indicators=numbers.of(key.area, key.denominator),
            children=[_child(row, numbers, key.denominator, shares.get(row.code)) for row in below[key.area]],
            participants=[_participant(row, numbers, key.denominator) for row in participants.get(key.area, ())],
            recount=recount,
            registered_means=definitions().registered_means,
            example_data=example_data,
        )
        for key in keys
    ]


def _codes_of(codes: Sequence[str], *listings: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return the codes of areas and of all rows of their lists, each once."""
    return sorted({*codes, *(row.code for listing in listings for rows in listing.values() for row in rows)})


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


async def areas_shown(session: AsyncSession, key: SituationKey) -> list[str]:
    """Return the codes of all areas whose numbers a situation shows: its own, those below, those that take part.

    Raises what `areas_below` raises.
    """
    below = await areas_below(session, key.area, key.below)
    regencies = await _regencies(session, [key.area], key.period)
    participants = (await _participants(session, [key.area], _shares([key.area], regencies))).get(key.area, [])
    return list(dict.fromkeys([key.area, *(row.code for row in (*below, *participants))]))


async def areas_followed(session: AsyncSession, key: SituationKey) -> list[str]:
    """Return the codes of all areas whose numbers a situation shows, or may come to show; raises as `areas_below`.

    Above a regency these are all regencies too: with its first report one more takes part.
    """
    below = [row.code for row in await areas_below(session, key.area, key.below)]
    regencies = await repository.regency_codes(session, key.area) if is_above_regency(key.area) else []
    return list(dict.fromkeys([key.area, *below, *regencies]))


async def _recount(session: AsyncSession) -> RecountSummary | None:
    row = await latest_recount(session)
    return RecountSummary.model_validate(row) if row else None


async def _heads(session: AsyncSession, codes: Sequence[str]) -> dict[str, AreaHead]:
    rows = await repository.areas_by_code(session, sorted({code for area in codes for code in lineage(area)}))
    facilities = await repository.facility_counts(session, codes)
    return {code: _head(code, rows, facilities.get(code, {})) for code in codes}


def _head(area: str, rows: Mapping[str, Any], facilities: Mapping[str, int]) -> AreaHead:
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
        lineage=[AreaRef(code=code, name=rows[code].name) for code in lineage(area) if code in rows],
        facilities=FacilityCounts(**facilities),
    )


async def _regencies(session: AsyncSession, codes: Sequence[str], period: str) -> Mapping[str, Regency]:
    """Return the regencies on which participation depends; none for a regency and below."""
    if not is_above_regency(codes[0]):
        return {}
    return await repository.regencies_of(session, codes[0] if len(codes) == 1 else NATION, period)


def _shares(codes: Iterable[str], regencies: Mapping[str, Regency]) -> dict[str, Share]:
    """Return how much takes part of each area above a regency."""
    return {code: share_of(code, regencies) for code in codes if is_above_regency(code)}


def _participation(share: Share | None) -> Participation | None:
    return None if share is None else Participation.of(share)


async def _participants(
    session: AsyncSession, codes: Sequence[str], shares: Mapping[str, Share]
) -> dict[str, list[Any]]:
    """Return area → rows of the regencies taking part, of the areas in which they are some and fewer than half."""
    named = {
        code: share.reporting[:_REGENCIES_NAMED]
        for code, share in shares.items()
        if code in codes
        if share.reporting and are_few(len(share.reporting), share.regencies)
    }
    if not named:
        return {}
    rows = await repository.areas_by_code(session, sorted({code for some in named.values() for code in some}))
    return {code: [rows[one] for one in some] for code, some in named.items()}


async def _awaited(session: AsyncSession, codes: Sequence[str], period: str) -> dict[str, AwaitedUnits]:
    """Return the awaited posyandu of areas of one level: none above a regency."""
    awaited = {code: AwaitedUnits(not_reported=[], not_opened=[]) for code in codes}
    if is_above_regency(codes[0]):
        return awaited
    depth = LEVELS.index(level_of(codes[0]))
    for row in await repository.awaited_units(session, codes, period):
        own = awaited[lineage(row.area_code)[depth]]
        units = own.not_reported if row.opened else own.not_opened
        if len(units) < _UNITS_NAMED:
            village = village_of(row.area_code)
            units.append(UnitRef(id=row.facility_id, name=row.name, area_code=village, area_name=row.area_name))
    return awaited


def _child(row: Any, numbers: Numbers, denominator: DenominatorChoice, share: Share | None) -> ChildArea:
    return ChildArea(
        code=row.code,
        name=row.name,
        level=row.level,
        kind=row.kind,
        lat=row.lat,
        lng=row.lng,
        units=numbers.units(row.code),
        persons=numbers.persons(row.code),
        participation=_participation(share),
        completeness=numbers.complete(row.code),
        indicators=numbers.of(row.code, denominator),
    )


def _participant(row: Any, numbers: Numbers, denominator: DenominatorChoice) -> ParticipatingRegency:
    return ParticipatingRegency(
        code=row.code, name=row.name, units=numbers.units(row.code), indicators=numbers.of(row.code, denominator)
    )
