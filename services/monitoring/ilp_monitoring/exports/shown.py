"""Every number that readers are given, as lines of JSON: what the recount compares with its own.

`python -m ilp_monitoring.exports.shown` reads through the functions behind `/v1/situations`, `/v1/cells`, the stream
and the page, in the snapshot of another transaction. Needs ILP_SHOWN_URL and ILP_SHOWN_SNAPSHOT (`pg_export_snapshot`).
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, get_args

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.exports.schemas import CellQuery
from ilp_monitoring.exports.service import export_cells
from ilp_monitoring.rules.participation import share_of
from ilp_monitoring.rules.vocabulary import DenominatorChoice
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.arrivals_repository import areas_with_arrivals, arrivals_of
from ilp_monitoring.situations.numbers import Numbers, read_numbers
from ilp_monitoring.situations.schemas import IndicatorNumbers
from ilp_shared.areas import NATION

Row = dict[str, Any]
CHOICES: Final[Sequence[DenominatorChoice]] = get_args(DenominatorChoice)
_AREAS_AT_ONCE: Final = 500
_SNAPSHOT: Final = re.compile(r"[0-9A-Fa-f-]{1,64}")


async def shown_numbers(url: str, snapshot: str) -> AsyncIterator[Row]:
    """Yield what is shown of every area and month that has numbers; raises ValueError for no snapshot's name."""
    async with _open(url, snapshot) as session:
        areas = await repository.areas_with_numbers(session)
        for period in await repository.all_periods(session):
            for first in range(0, len(areas), _AREAS_AT_ONCE):
                codes = areas[first : first + _AREAS_AT_ONCE]
                numbers = await read_numbers(session, codes, period)
                for code in codes:
                    yield _area(numbers, code)
            regencies = await repository.regencies_of(session, NATION, period)
            for code in sorted({NATION, *(regency[:2] for regency in regencies)}):
                yield {"list": "participation", "area": code, "period": period, **vars(share_of(code, regencies))}
        async for row in _cells(session):
            yield row
        async for row in _arrivals(session):
            yield row


@asynccontextmanager
async def _open(url: str, snapshot: str) -> AsyncIterator[AsyncSession]:
    if not _SNAPSHOT.fullmatch(snapshot):
        raise ValueError("not the name of a snapshot")
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"server_settings": {"search_path": "monitoring", "timezone": "UTC"}},
    )
    try:
        async with AsyncSession(engine) as session:
            connection = await session.connection()
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            await connection.execute(text(f"SET TRANSACTION SNAPSHOT '{snapshot}'"))
            yield session
    finally:
        await engine.dispose()


def _area(numbers: Numbers, code: str) -> Row:
    """Return everything that a situation says of one area, with either denominator."""
    by_choice = {choice: numbers.of(code, choice) for choice in CHOICES}
    first = by_choice[CHOICES[0]]
    return {
        "list": "situations",
        "area": code,
        "period": numbers.period,
        "units": numbers.units(code).model_dump(),
        "completeness": numbers.complete(code).model_dump(),
        "persons": numbers.persons(code).model_dump(),
        "indicators": {
            one.code: {
                "numerator": one.numerator,
                "denominators": one.denominators,
                "follow_ups": None if one.follow_ups is None else one.follow_ups.model_dump(exclude={"map_class"}),
                "completeness": one.completeness.model_dump(),
                **{choice: _judged(by_choice[choice][place]) for choice in CHOICES},
            }
            for place, one in enumerate(first)
        },
    }


def _judged(numbers: IndicatorNumbers) -> Row:
    return {
        "denominator": numbers.denominator,
        "denominator_kind": numbers.denominator_kind,
        "value": numbers.value,
        "state": numbers.state,
        "previous": numbers.previous.model_dump(),
        "year": None if numbers.year is None else numbers.year.model_dump(exclude={"map_class", "target"}),
    }


async def _cells(session: AsyncSession) -> AsyncIterator[Row]:
    """Yield every row of `/v1/cells` of the nation, page by page."""
    cursor: str | None = None
    while True:
        page = await export_cells(session, CellQuery(area=NATION, cursor=cursor))
        for cell in page.items:
            yield {"list": "cells", **cell.model_dump(exclude={"version"})}
        cursor = page.next
        if cursor is None:
            return


async def _arrivals(session: AsyncSession) -> AsyncIterator[Row]:
    """Yield the last arrivals of every area that has any."""
    for code in await areas_with_arrivals(session):
        last = [
            [f"{one.minute:%Y-%m-%dT%H:%M}", str(one.facility_id), one.weighings, one.others]
            for one in await arrivals_of(session, code)
        ]
        yield {"list": "arrivals", "area": code, "last": last}


async def _print() -> None:
    async for row in shown_numbers(os.environ["ILP_SHOWN_URL"], os.environ["ILP_SHOWN_SNAPSHOT"]):
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    asyncio.run(_print())
