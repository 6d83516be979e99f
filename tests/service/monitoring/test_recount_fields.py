"""The recount compares every field of every answer, by the day that it is for the database."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from tempfile import TemporaryFile
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import uuid4

import asyncpg
import pytest_asyncio
from pydantic import BaseModel

from ilp_monitoring.exports.schemas import ExportedCell
from ilp_monitoring.exports.shown import shown_numbers
from ilp_monitoring.recount.findings import Finding, Report
from ilp_monitoring.recount.monitoring_repository import read_day
from ilp_monitoring.recount.readers import WORDS, Row, compare_shown
from ilp_monitoring.recount.run import read_all, recount
from ilp_monitoring.service import SERVICE
from ilp_monitoring.situations.schemas import Situation
from tests.faults.faked_clock import library
from tests.service.monitoring import recount_events as make
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.recount_events import Somebody
from tests.support.addresses import Address
from tests.support.databases import Databases

VILLAGE = make.VILLAGES[0]


@pytest_asyncio.fixture(loop_scope="session")
async def archives(databases: Databases, postgres_url: Address) -> AsyncIterator[Archives]:
    async with open_archives(postgres_url, await databases.create(SERVICE)) as archives:
        yield archives


def _leaves(form: object) -> Iterator[tuple[str, ...]]:
    """Yield the way to every field below a wire model; `*` is any element of a list or of a mapping."""
    if isinstance(form, type) and issubclass(form, BaseModel):
        for name, field in form.model_fields.items():
            yield from ((name, *rest) for rest in _leaves(field.annotation))
    elif get_origin(form) in (list, dict):
        yield from (("*", *rest) for rest in _leaves(get_args(form)[-1]))
    elif get_origin(form) in (Union, UnionType):
        models = [one for one in get_args(form) if isinstance(one, type) and issubclass(one, BaseModel)]
        yield from _leaves(models[0]) if models else [()]
    else:
        yield ()


def _doctored(value: Any, way: tuple[str, ...]) -> Any:
    """Return a copy of a JSON value whose first field on a way says something else; None where it has none."""
    if not way:
        return "doctored"
    children: Iterable[tuple[Any, Any]] = enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict):
        children = value.items()
    for key, child in children:
        if way[0] in ("*", key):
            other = _doctored(child, way[1:])
            if other is not None:
                copy: Any = dict(value) if isinstance(value, dict) else list(value)
                copy[key] = other
                return copy
    return None


async def test_every_field_of_an_answer_is_compared(archives: Archives) -> None:
    """Walk the models: whatever one field of one answer says otherwise is a difference, also a field added later."""
    await archives.tell(*make.story())
    assert (await archives.recount()).equal  # and the next answers say so
    with TemporaryFile("w+", encoding="utf-8") as lines:
        answers = await read_all(archives.urls, shown_numbers, read_day, lines, Report(at=datetime.now(UTC)))
        lines.seek(0)
        rows = [json.loads(line) for line in lines]
    blind = []
    for name, form in (("situations", Situation), ("cells", ExportedCell)):
        for way in _leaves(form):
            doctored = [(row, _doctored(row, way)) for row in rows if row["list"] == name]
            row, other = next((pair for pair in doctored if pair[1] is not None), (None, None))
            assert row is not None, f"the story shows no {way}"
            kinds: list[Finding] = []
            compare_shown(answers, [other or one if one is row else one for one in rows], kinds.append)
            if not kinds:
                blind.append(".".join(way))
    assert blind == list(WORDS)  # words, that the definitions have too


async def test_a_field_that_the_recount_does_not_know_is_found(archives: Archives) -> None:
    async def shown(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        async for row in shown_numbers(url, snapshot, parts):
            yield row | ({"fresh": None} if row.get("area", {}).get("code") == "id" else {})

    await archives.tell(*make.story())
    report = await archives.recount(shown)
    assert set(report.by_kind) == {"shown_fresh"}


async def test_a_midnight_between_two_reads_is_no_difference(archives: Archives) -> None:
    """The day ends while readers are read: they are read again, and judged by the day on which they were."""
    reads, today = [], datetime.now(timezone(timedelta(hours=7))).date()
    days = iter([today - timedelta(days=1), today, today])

    async def shown(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        reads.append(snapshot)
        async for row in shown_numbers(url, snapshot, parts):
            yield row

    async def clock(_conn: asyncpg.Connection) -> str:
        return next(days).isoformat()

    due_today = make.task(Somebody(VILLAGE), today - timedelta(days=30), "requested", uuid4())
    await archives.tell(*make.story(), due_today)
    report = await recount(archives.urls, shown, clock)
    assert report.equal, report.as_text()
    assert len(reads) == 2


async def test_what_day_it_is_says_the_database(archives: Archives) -> None:
    """The clock of the program is a day ahead; a task that is due today is not overdue for that."""
    today = datetime.now(timezone(timedelta(hours=7))).date()
    await archives.tell(*make.story(), make.task(Somebody(VILLAGE), today - timedelta(days=30), "requested", uuid4()))
    ahead = {"LD_PRELOAD": str(library()), "FAKETIME": "+1d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    code, out, err = await archives.program(**ahead)
    assert (code, "EQUAL" in out) == (0, True), out + err
