"""The recount agrees with the real projection, and finds exactly what was tampered with, dropped or doubled."""

import json
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import pytest_asyncio

from ilp_monitoring.exports.shown import shown_numbers
from ilp_monitoring.recount.findings import Report
from ilp_monitoring.recount.readers import Row, read_shown
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.envelope import Event
from tests.service.monitoring import recount_events as make
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.recount_events import Somebody
from tests.support.addresses import Address
from tests.support.databases import Databases

VILLAGE = make.VILLAGES[0]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_once(databases: Databases, postgres_url: Address) -> AsyncIterator[Archives]:
    """Open the archives of this module."""
    async with open_archives(postgres_url, await databases.create(SERVICE)) as archives:
        yield archives


@pytest_asyncio.fixture(loop_scope="session")
async def archives(open_once: Archives) -> Archives:
    """Empty the archives."""
    await open_once.clear()
    return open_once


async def test_nothing_equals_nothing(archives: Archives) -> None:
    """Compare a platform without events."""
    report = await archives.recount()
    assert report.equal, report.as_text()
    assert sum(report.events.values()) == 0


async def test_projection_and_recount_agree(archives: Archives) -> None:
    """Compare every cell of every table; the run is stored."""
    events = await archives.tell(*make.story())
    report = await archives.recount()
    assert report.equal, report.as_text()
    assert sum(report.events.values()) == len(events)
    assert report.cells["cell"] > 30
    assert report.cells["population"] > 10
    assert report.cells["completeness"] > 4
    assert report.cells["sasaran"] > 10
    assert report.cells["posyandu_count"] > 4
    assert report.cells["shown"] > 100
    run = await archives.pool.fetchrow("SELECT cells, differences, detail FROM recount_run ORDER BY id DESC LIMIT 1")
    assert run is not None
    assert (run["cells"], run["differences"]) == (sum(report.cells.values()), 0)
    assert json.loads(run["detail"])["equal"] is True


async def test_the_program_reads_what_readers_are_given_by_itself(archives: Archives) -> None:
    """The rows of its child are those that this process reads: nothing is lost on the way."""
    await archives.tell(*make.story())
    report, own = await archives.recount(read_shown), await archives.recount()
    assert report.equal, report.as_text()
    assert report.cells == own.cells


def _of(row: Row, code: str) -> Row:
    """Return what a situation says of one indicator."""
    numbers: Row = next(one for one in row["indicators"] if one["code"] == code)
    return numbers


DOCTORED: dict[str, tuple[str, Callable[[Row], object]]] = {
    "numerator": ("13.76", lambda row: _of(row, "D_S").update(numerator=9)),
    "real": ("13.76", lambda row: _of(row, "D_S")["denominators"].update(real=9)),
    "projected": ("13.76", lambda row: _of(row, "D_S")["denominators"].update(projected=9)),
    "measured": ("13.76", lambda row: _of(row, "STUNTING")["denominators"].update(measured=9)),
    "denominator": ("13.76", lambda row: _of(row, "D_S").update(denominator=9)),
    "denominator_kind": ("13.76", lambda row: _of(row, "D_S").update(denominator_kind="other")),
    "value": ("13.76", lambda row: _of(row, "D_S").update(value=9.0)),
    "state": ("13.76", lambda row: _of(row, "D_S").update(state="reported")),
    "map_class": ("13.76", lambda row: _of(row, "STUNTING").update(map_class=9)),
    "target": ("13.76", lambda row: _of(row, "D_S").update(target=9.0)),
    "comparable": ("13.76", lambda row: _of(row, "D_S")["previous"].update(comparable=True)),
    "reason": ("13.76", lambda row: _of(row, "D_S")["previous"].update(reason="other_year")),
    "period": ("13.76", lambda row: _of(row, "D_S")["previous"].update(period="2026-01")),
    "overdue": ("13.76", lambda row: _of(row, "FOLLOW_UP_OPEN")["follow_ups"].update(overdue=9)),
    "numerator of the year": ("13.76", lambda row: _of(row, "BP_ADULT")["year"].update(numerator=9)),
    "target of the year": ("13.76", lambda row: _of(row, "BP_ADULT")["year"].update(target=9.0)),
    "value of an area below": ("13.76", lambda row: _of(row["children"][0], "D_S").update(value=9.0)),
    "expected": ("13.76", lambda row: row["completeness"].update(expected=9)),
    "reported": ("13.76", lambda row: row["units"].update(reported=9)),
    "opened": ("13.76", lambda row: row["units"].update(opened=9)),
    "registered": ("13.76", lambda row: row["persons"].update(registered=9)),
    "posyandu": ("13.76", lambda row: row["area"]["facilities"].update(posyandu=9)),
    "not_opened": ("13.76", lambda row: row["awaited"]["not_opened"].pop()),
    "weighings": ("13.76", lambda row: row["arrivals"][0].update(weighings=9)),
    "children": ("13.76", lambda row: row["children"].pop()),
    "sequence": ("13.76", lambda row: row.update(sequence=999)),
    "taking_part": ("13", lambda row: row["participation"].update(taking_part=9)),
    "population_percent": ("13", lambda row: row["participation"].update(population_percent=9.0)),
    "everyone": ("13", lambda row: row["participation"]["projected"].update(everyone=9)),
    "regencies": ("13", lambda row: row["participation"].update(regencies=9)),
    "participants": ("id", lambda row: row["participants"].pop()),
    "numerator of /v1/cells": ("cells", lambda row: row.update(numerator=9)),
    "opened of /v1/cells": ("cells", lambda row: row["denominators"].update(opened=9)),
    "expected of /v1/cells": ("cells", lambda row: row.update(expected=9)),
    "registered of /v1/cells": ("cells", lambda row: row.update(registered=9)),
    "overdue of /v1/cells": ("cells", lambda row: row["follow_ups"].update(overdue=9)),
}
"""What one row says wrongly, of the regency, in November: each is one difference of its own kind."""


@pytest.mark.parametrize("what", DOCTORED)
async def test_a_number_shown_wrongly_is_found(archives: Archives, what: str) -> None:
    """The tables are right, and one reader is given something else."""
    where, change = DOCTORED[what]
    place = {"area_code": "13.76", "indicator": "FOLLOW_UP_OPEN"} if where == "cells" else {"denominator": "real"}
    rows: list[Row] = []

    async def shown(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        async for row in shown_numbers(url, snapshot, parts):
            mine = where == "cells" or row.get("area", {}).get("code") == where
            if not rows and mine and (place | {"period": "2026-11"}).items() <= row.items():
                rows.append(row)
                change(row)
            yield row

    await archives.tell(*make.story())
    report = await archives.recount(shown)
    assert dict(report.by_kind) == {f"shown_{what.split()[0]}": 1}, report.as_text()


async def test_a_number_that_readers_miss_or_should_not_have_is_found(archives: Archives) -> None:
    """One row left out, and one of an area that has no numbers."""

    async def shown(url: str, snapshot: str, parts: Sequence[str] | None) -> AsyncIterator[Row]:
        async for row in shown_numbers(url, snapshot, parts):
            whole = {"period": "2026-11", "denominator": "real"}
            if row["list"] == "cells" or row["area"]["code"] != "13" or not whole.items() <= row.items():
                yield row
        yield {"list": "cells", "area_code": "99", "period": "2026-11", "indicator": "D_S", "numerator": 1}

    await archives.tell(*make.story())
    report = await archives.recount(shown)
    assert dict(report.by_kind) == {"shown_missing": 1, "shown_extra": 1}, report.as_text()


TAMPERED = {
    f"D_S 2026-11 {make.VILLAGES[1]}": (
        "cell_wrong",
        f"UPDATE cell SET numerator = numerator + 1 WHERE indicator = 'D_S' AND area_code = '{make.VILLAGES[1]}'",
    ),
    "TB_SUSPECT 2026-10 id": (
        "cell_missing",
        "DELETE FROM cell WHERE indicator = 'TB_SUSPECT' AND area_code = 'id' AND period = '2026-10'",
    ),
    "STUNTING 2026-11 99": (
        "cell_extra",
        "INSERT INTO cell (indicator, period, area_code, numerator, denominator)"
        " VALUES ('STUNTING', '2026-11', '99', 0, 1)",
    ),
    "id 2024-03 male": (
        "population_wrong",
        "UPDATE population SET n = n + 1 WHERE area_code = 'id' AND birth_month = '2024-03'",
    ),
    "2026-11 13.76.01": (
        "completeness_wrong",
        "UPDATE completeness SET reported = 0 WHERE area_code = '13.76.01'",
    ),
    "13.76 2026-11 2026-12-05": (
        "task_count_wrong",
        "UPDATE task_count SET open = open + 1 WHERE area_code = '13.76' AND done > 0",
    ),
    "13.76 2026-10 BP_ADULT": (
        "first_in_year_wrong",
        "UPDATE first_in_year SET n = n + 1 WHERE area_code = '13.76' AND period = '2026-10'",
    ),
    "13.76.02": (
        "posyandu_count_missing",
        "UPDATE posyandu_count SET n = 0 WHERE area_code = '13.76.02'",
    ),
    "13.76 adult": (
        "sasaran_wrong",
        "UPDATE sasaran SET n = n - 1 WHERE area_code = '13.76' AND population_group = 'adult'",
    ),
}


@pytest.mark.parametrize("where", TAMPERED)
async def test_one_tampered_row_is_the_one_difference(archives: Archives, where: str) -> None:
    """Wrong, missing and extra rows of each table are found, and nothing else."""
    kind, statement = TAMPERED[where]
    await archives.tell(*make.story())
    await archives.run(statement)
    report = await archives.recount()
    assert (report.examples[0].kind, report.examples[0].where) == (kind, where), report.as_text()
    assert _stored(report) == {kind: 1}
    assert report.differences > 1  # what is stored wrongly is shown wrongly


def _stored(report: Report) -> dict[str, int]:
    """Return the differences of the tables and the archives, without those that readers see of them."""
    return {kind: n for kind, n in report.by_kind.items() if not kind.startswith("shown_")}


async def test_cells_of_zero_equal_absent_cells(archives: Archives) -> None:
    """0/0 is no difference."""
    await archives.tell(*make.story())
    await archives.run(
        "INSERT INTO cell (indicator, period, area_code, numerator, denominator) VALUES ('D_S', '2026-11', '99', 0, 0)"
    )
    assert (await archives.recount()).equal


async def _one_person_three_versions(archives: Archives) -> list[Event]:
    """Apply a person who left in version 3, then another; returns the four events."""
    who = Somebody(VILLAGE)
    versions = [make.person(who, version, active=version != 3) for version in (1, 2, 3)]
    return await archives.tell(*versions, make.person(Somebody(VILLAGE)))


async def test_an_event_dropped_from_the_archive_is_found(archives: Archives) -> None:
    """See the hole in the sequence and in the aggregate's versions."""
    events = await _one_person_three_versions(archives)
    await archives.archives["registry"].execute("DELETE FROM event_log WHERE event_id = $1", events[1].event_id)
    report = await archives.recount()
    assert dict(report.by_kind) == {"sequence_missing": 1, "version_gap": 1}


async def test_a_lost_tail_of_the_archive_is_found(archives: Archives) -> None:
    """Monitoring has counted a person whom the archive no longer knows."""
    events = await _one_person_three_versions(archives)
    await archives.archives["registry"].execute("DELETE FROM event_log WHERE event_id = $1", events[3].event_id)
    report = await archives.recount()
    assert _stored(report) == {"position_ahead": 1, "population_extra": 5}


async def test_an_event_doubled_in_the_archive_is_found(archives: Archives) -> None:
    """One sequence given twice; the numbers themselves stay right."""
    events = await _one_person_three_versions(archives)
    columns = "event_id, type, aggregate_id, aggregate_version, shard, sequence, key, area_code, occurred_at, data"
    await archives.archives["registry"].execute(
        f"INSERT INTO event_log ({columns}) SELECT {columns} FROM event_log WHERE event_id = $1", events[1].event_id
    )
    report = await archives.recount()
    assert dict(report.by_kind) == {"sequence_twice": 1, "version_gap": 1}


async def test_the_cut_leaves_out_what_monitoring_has_not_applied(archives: Archives) -> None:
    """Events published but not delivered, and events without a sequence yet, are no differences."""
    await archives.tell(*make.story())
    await archives.publish(make.person(Somebody(VILLAGE)))
    await event_log.append(archives.archives["registry"], [make.person(Somebody(VILLAGE))])
    report = await archives.recount()
    assert report.equal, report.as_text()


async def test_parked_events_make_the_recount_fail(archives: Archives) -> None:
    """Numbers that wait for an operator are not equal, and the report says why."""
    published = await archives.publish(make.person(Somebody(VILLAGE)))
    poison = Event(**{**{f: getattr(published[0], f) for f in Event.__slots__}, "data": None, "defect": "unreadable"})
    await archives.deliver([poison])
    report = await archives.recount()
    assert report.parked == 1
    assert _stored(report) == {"parked": 1, "population_missing": 5}
    assert not report.equal
    assert "parked" in report.as_text()


async def test_the_program_says_equal_different_or_cannot(archives: Archives) -> None:
    """Exit codes 0, 1 and 2; a summary for people, JSON for machines, one line when it cannot run."""
    await archives.tell(*make.story())
    code, out, _ = await archives.program()
    assert (code, "EQUAL" in out) == (0, True)
    await archives.run("UPDATE cell SET denominator = denominator + 1 WHERE indicator = 'FOLLOW_UP_OPEN'")
    code, out, _ = await archives.program("--json")
    assert (code, json.loads(out)["by_kind"]["cell_wrong"] > 0) == (1, True)
    code, _, err = await archives.program(ILP_RECOUNT_SCREENING_URL="")
    assert (code, "ILP_RECOUNT_SCREENING_URL" in err) == (2, True)
    code, _, err = await archives.program(ILP_RECOUNT_SCREENING_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (code, err.count("\n")) == (2, 1)
