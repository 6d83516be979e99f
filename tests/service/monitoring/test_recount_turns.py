"""What readers are given of regencies is compared in turn; a difference is an alarm until its regency is equal again.

With a budget that one regency exceeds already: first by the command line, as the schedule runs it.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
import pytest_asyncio

from ilp_monitoring.exports.shown import shown_numbers
from ilp_monitoring.recount.counting import part_of
from ilp_monitoring.recount.findings import Report
from ilp_monitoring.recount.readers import Row, Unreadable
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from tests.service.monitoring import recount_events as make
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.recount_events import Place, Somebody
from tests.support.addresses import Address, connected
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases, DatabaseUrls

DAY = date(2026, 11, 5)
FIRST, SECOND, THIRD = "13.76.01.1002", "14.72.06.1001", "62.10.02.1012"
"""Villages of three regencies in three provinces."""
TAMPERED = "UPDATE area SET name = name || ' x' WHERE code = $1"
REPAIRED = "UPDATE area SET name = rtrim(name, ' x') WHERE code = $1"
"""Names are no numbers, so no table of the recount has them: only readers see the difference."""


@pytest_asyncio.fixture(loop_scope="session")
async def urls(databases: Databases) -> DatabaseUrls:
    return await databases.create(SERVICE)


@pytest_asyncio.fixture(loop_scope="session")
async def archives(urls: DatabaseUrls, postgres_url: Address) -> AsyncIterator[Archives]:
    async with open_archives(postgres_url, urls) as archives:
        yield archives


def regency_of(village: str) -> list[NewEvent]:
    """Return a published regency in which a posyandu has weighed a child."""
    posyandu, child = Place(village), Somebody(village)
    return [
        make.area_tree(village[:5], [village]),
        make.facility(posyandu),
        make.person(child),
        make.screening(child, posyandu, DAY),
    ]


async def tell(archives: Archives, *villages: str) -> None:
    await archives.tell(*(event for village in villages for event in regency_of(village)))


async def program(archives: Archives, **environment: str) -> dict[str, Any]:
    """Run the program as the schedule does; returns its report."""
    code, out, err = await archives.program("--in-turn", "--json", **environment)
    report: dict[str, Any] = json.loads(out)
    assert code == (0 if report["equal"] else 1), err
    return report


async def in_turn(archives: Archives) -> Report:
    """Recount with a budget for one regency."""
    return await archives.recount(most=1)


async def let_two_differ(archives: Archives) -> None:
    """Let two regencies differ until runs of one of them say that the other does too."""
    await tell(archives, FIRST, SECOND)
    for village in (FIRST, SECOND):
        await archives.run(TAMPERED, village[:8])
    for _ in range(3):
        report = await in_turn(archives)
    assert report.by_kind["shown_standing"] == 1


async def last_compared(archives: Archives) -> dict[str, datetime]:
    rows = await archives.pool.fetch("SELECT code, at FROM recount_part ORDER BY at, code")
    return {row["code"]: row["at"] for row in rows}


async def test_regencies_take_turns(archives: Archives) -> None:
    """One in each run, never compared ones first, then the one compared longest ago; the run says how far it is."""
    await tell(archives, FIRST, SECOND)
    reports, orders = [], []
    for _ in range(3):
        reports.append(await program(archives, ILP_RECOUNT_SITUATIONS="1"))
        orders.append(list(await last_compared(archives)))
    assert orders == [["13.76"], ["13.76", "14.72"], ["14.72", "13.76"]]
    assert [(report["equal"], report["regencies"], report["regencies_compared"]) for report in reports] == [
        (True, 2, 1)
    ] * 3
    assert [report["all_since"] for report in reports] == [None, reports[0]["at"], reports[1]["at"]]
    run = await archives.pool.fetchrow("SELECT * FROM recount_run ORDER BY id DESC LIMIT 1")
    assert run is not None
    assert (run["regencies"], run["regencies_compared"]) == (2, 1)
    assert run["all_since"] == datetime.fromisoformat(reports[1]["at"])


async def test_where_all_fit_every_run_is_whole(archives: Archives) -> None:
    await tell(archives, FIRST, SECOND)
    one, whole, turn = await in_turn(archives), await archives.recount(), await program(archives)
    assert (turn["regencies"], turn["regencies_compared"], turn["all_since"]) == (2, 2, turn["at"])
    assert turn["cells"] == whole.cells
    assert one.cells["shown"] < whole.cells["shown"]


async def test_tables_nation_and_provinces_are_in_every_run(archives: Archives) -> None:
    """A stored number and the name of a province, both of the regency whose turn it is not."""
    await tell(archives, FIRST, SECOND)
    await archives.run(TAMPERED, "14")
    assert set((await in_turn(archives)).by_kind) == {"shown_name"}
    await archives.run(REPAIRED, "14")
    await in_turn(archives)
    await archives.run("UPDATE cell SET numerator = 7 WHERE indicator = 'D_S' AND area_code = $1", SECOND)
    report = await in_turn(archives)  # the turn of the first
    assert list(await last_compared(archives)) == ["14.72", "13.76"]
    assert report.by_kind == {"cell_wrong": 1}


async def test_a_difference_is_an_alarm_until_its_regency_is_equal_again(archives: Archives) -> None:
    """Both regencies differ, and one fits into a run: the other's alarm stays meanwhile, also while this one's ends."""
    await tell(archives, FIRST, SECOND)
    for village in (FIRST, SECOND):
        await archives.run(TAMPERED, village[:8])
    kinds = [set((await in_turn(archives)).by_kind) for _ in range(2)]
    assert kinds == [{"shown_name"}] * 2

    third = await in_turn(archives)  # compares the first again
    (standing,) = [finding for finding in third.examples if finding.kind == "shown_standing"]
    assert standing.where == "14.72"
    assert int(standing.found) > 0
    assert third.by_kind["shown_standing"] == 1

    await archives.run(REPAIRED, FIRST[:8])
    assert (await in_turn(archives)).by_kind["shown_standing"] == 1, "the second was compared, the first not again"
    report = await in_turn(archives)
    assert report.by_kind == {"shown_standing": 1}, "the first is equal, the second was not compared again"
    await archives.run(REPAIRED, SECOND[:8])
    report = await in_turn(archives)
    assert report.equal, report.as_text()


async def test_a_whole_run_ends_what_is_repaired(archives: Archives) -> None:
    await let_two_differ(archives)
    for village in (FIRST, SECOND):
        await archives.run(REPAIRED, village[:8])
    report = await archives.recount()
    assert (report.equal, report.regencies_compared, report.all_since) == (True, 2, report.at)
    assert (await in_turn(archives)).equal


async def test_a_difference_that_stays_does_not_keep_the_others_from_their_turn(archives: Archives) -> None:
    """The one that differs is in each run, first; the others take turns beside it."""
    await tell(archives, FIRST, SECOND, THIRD)
    await archives.run(TAMPERED, FIRST[:8])
    beside = []
    for _ in range(5):
        report = await in_turn(archives)
        assert set(report.by_kind) == {"shown_name"}
        beside.append([code for code, at in (await last_compared(archives)).items() if at == report.at])
    assert beside == [["13.76"], ["13.76", "14.72"], ["13.76", "62.10"], ["13.76", "14.72"], ["13.76", "62.10"]]


async def test_a_regency_that_monitoring_does_not_know_needs_no_turn(archives: Archives) -> None:
    """All of it is missing, and no table of monitoring has its name: the archives have."""
    await tell(archives, FIRST, SECOND)
    for table in ("cell", "area"):
        code = "code" if table == "area" else "area_code"
        await archives.run(f"DELETE FROM {table} WHERE starts_with({code}, '14.72')")
    report = await in_turn(archives)
    assert (report.regencies, report.regencies_compared) == (2, 2)
    missing = await archives.pool.fetchval("SELECT differences FROM recount_part WHERE code = '14.72'")
    assert report.by_kind["shown_missing"] == missing > 0


async def test_a_regency_that_is_gone_is_forgotten(archives: Archives) -> None:
    """Unless it differed: what is gone may come back."""
    await tell(archives, FIRST, SECOND, THIRD)
    await archives.run(TAMPERED, FIRST[:8])
    assert not (await archives.recount()).equal
    await archives.clear()
    await tell(archives, SECOND)
    report = await in_turn(archives)
    assert report.equal, report.as_text()
    assert list(await last_compared(archives)) == ["13.76", "14.72"]


async def test_a_rebuild_ends_no_alarm(archives: Archives) -> None:
    """Not even with a run while everything is empty: both have differed, and one fits into the run that follows."""
    events = await archives.tell(*(event for village in (FIRST, SECOND) for event in regency_of(village)))
    for village in (FIRST, SECOND):
        await archives.run(TAMPERED, village[:8])
    assert not (await archives.recount()).equal
    await archives.forget_projection()
    assert (await archives.recount()).regencies == 0
    assert not await archives.deliver(events)
    assert (await in_turn(archives)).by_kind == {"shown_standing": 1}
    report = await in_turn(archives)
    assert report.equal, report.as_text()


async def test_what_a_whole_run_ended_meanwhile_is_no_alarm(archives: Archives) -> None:
    """Two differ, and one fits into a run; while it reads, they are repaired, and a whole run finds both equal."""
    await let_two_differ(archives)
    whole: list[Report] = []

    async def slow(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        for village in (FIRST, SECOND):
            await archives.run(REPAIRED, village[:8])
        whole.append(await archives.recount())
        async for row in shown_numbers(url, snapshot, parts):
            yield row

    report = await archives.recount(slow, 1)
    assert whole[-1].equal
    assert set(report.by_kind) == {"shown_name"}, "as it began, the one that it compared differed"
    assert report.all_since == whole[-1].at
    assert (await in_turn(archives)).equal


async def test_what_a_later_run_found_stays(archives: Archives, urls: DatabaseUrls, issuer: Issuer) -> None:
    """A run of hours ends after one that began later: what the later one found, in a regency or in all, is newer."""
    await tell(archives, FIRST, SECOND)
    await archives.run("INSERT INTO recount_part VALUES ('13.76', now() + interval '1 hour', 4), ('99.99', now(), 0)")
    await archives.run(
        "INSERT INTO recount_run (at, cells, events, differences, duration_s, detail)"
        " VALUES (now() + interval '1 hour', 12, 34, 4, 0.5, '{}')"
    )
    for _ in range(2):  # the second reads what readers are given of the one that began last
        report = await archives.recount()
        assert report.equal, report.as_text()
    rows = await archives.pool.fetch("SELECT code, differences FROM recount_part ORDER BY code")
    assert [tuple(row) for row in rows] == [("13.76", 4), ("14.72", 0)]
    async with open_api(SERVICE, urls, issuer) as api:
        latest = (await api.get("/v1/recounts/latest", role="operator")).json()
    assert (latest["cells"], latest["events"], latest["differences"]) == (12, 34, 4)


async def test_a_run_that_could_not_read_has_compared_nothing(archives: Archives) -> None:
    """Its regencies keep what an earlier run found: neither equal nor different."""
    await tell(archives, FIRST, SECOND)
    await archives.run(TAMPERED, FIRST[:8])
    await in_turn(archives)
    before = await archives.pool.fetch("SELECT * FROM recount_part")

    async def unreadable(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        async for row in shown_numbers(url, snapshot, parts):
            yield row
        raise Unreadable("1")

    for most in (1, None):
        report = await archives.recount(unreadable, most)
        assert (report.regencies_compared, report.regencies, report.all_since) == (0, 2, None)
        assert {"shown_unreadable", "shown_standing"} <= set(report.by_kind)
        assert await archives.pool.fetch("SELECT * FROM recount_part") == before


async def test_what_is_no_number_of_situations_is_refused(archives: Archives) -> None:
    """And what is no argument: a mistyped one is no whole run of hours."""
    for written in ("0", "1.5", "many", "1000000000"):
        code, _, err = await archives.program("--in-turn", ILP_RECOUNT_SITUATIONS=written)
        assert (code, err.count("\n"), "ILP_RECOUNT_SITUATIONS" in err) == (2, 1, True), written
    assert (await archives.program("--in-turns"))[0] == 2


async def test_the_parts_are_together_all_that_is_shown(archives: Archives) -> None:
    """Each row is in the part of its area, and in no other; also cells of a regency that is not published."""
    unpublished = make.screening(Somebody(THIRD), Place(FIRST), DAY)
    await archives.tell(*make.story(), unpublished)

    async def rows(conn: asyncpg.Connection, parts: list[str] | None) -> Counter[str]:
        snapshot = await conn.fetchval("SELECT pg_export_snapshot()")
        return Counter([json.dumps(row) async for row in shown_numbers(archives.urls.monitoring, snapshot, parts)])

    conn = await connected(archives.urls.monitoring)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            whole = await rows(conn, None)
            parts = sorted({part_of(area_of(row)) for row in whole})
            assert parts == ["13.76", "14.72", "62.10", "id"]
            shares = [await rows(conn, [part]) for part in parts]
            assert [areas_of(share) for share in shares] == [[part] for part in parts]
            assert sum(shares, Counter()) == whole
            assert await rows(conn, parts) == whole
    finally:
        await conn.close()


def area_of(row: str) -> str:
    fields = json.loads(row)
    return str(fields["area_code"] if fields["list"] == "cells" else fields["area"]["code"])


def areas_of(rows: Iterable[str]) -> list[str]:
    return sorted({part_of(area_of(row)) for row in rows})
