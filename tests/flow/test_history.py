"""The history of the demonstration: a load that was killed once leaves exact numbers, and months that compare.

What must be there is counted here from the plan of the history; the platform started from the stored template.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from deploy.dev.config import ROOT
from deploy.dev.demo.client import Client
from deploy.dev.demo.history import History, Month
from deploy.dev.demo.population import Resident
from deploy.dev.demo.preparation import Settings, read_network
from deploy.dev.demo.visits import Visit
from tests.stranger.verdict import judge
from tests.support.shared_platform import SMALL
from tests.support.stored_history import CITY, MONTHS, HistoryDone, load

pytestmark = pytest.mark.backends
Json = Mapping[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def history(with_history: HistoryDone) -> History:
    """Provide the plan of the history, made from the registry of the running platform."""
    platform = with_history.platform
    async with Client(platform.address, platform.issuer) as client:
        posyandu, _ = await read_network(client, CITY)
    return History(CITY, posyandu, Settings(1, with_history.day, SMALL, (CITY,)))


async def situation(done: HistoryDone, first: date) -> Json:
    """Return what monitoring says of the city in a month."""
    platform = done.platform
    path, query = f"/monitoring/v1/situations/{CITY.code}", {"period": f"{first:%Y-%m}"}
    answer = await platform.client.get(path, params=query, headers=platform.headers("dinas", CITY.code))
    answer.raise_for_status()
    content: Json = answer.json()
    return content


def indicator(content: Json, code: str) -> Json:
    numbers: Json = next(entry for entry in content["indicators"] if entry["code"] == code)
    return numbers


def sent(month: Month) -> Iterator[Visit]:
    yield from month.visits()
    yield month.last


def weighed(month: Month, people: Mapping[object, Resident]) -> set[object]:
    """Return the children who were weighed in a month and under five by its end."""
    index = month.first.year * 12 + month.first.month
    visits = [visit for visit in sent(month) if "weight_kg" in visit.observations]
    births = {visit.person: people[visit.person].birth_date for visit in visits}
    return {person for person, born in births.items() if index - (born.year * 12 + born.month) <= 59}


async def test_every_month_has_exactly_what_the_plan_says(with_history: HistoryDone, history: History) -> None:
    people: dict[object, Resident] = {person.id: person for person in history.residents(with_history.months)}
    in_plan = [day.id for first in with_history.months for day in history.month(first).days]
    others = "SELECT count(DISTINCT person_id) FROM screening WHERE open_day_id <> ALL($1) AND day < $2"
    rows = await with_history.platform.rows("screening", others, in_plan, with_history.day.replace(day=1))
    late = int(rows[0][0])
    for number, first in enumerate(with_history.months):
        month, content = history.month(first), await situation(with_history, first)
        sends_late = 0 if number else late
        opened, reported = {d.posyandu.id for d in month.days}, {visit.facility for visit in sent(month)}
        assert content["units"]["opened"] == len(opened) + bool(sends_late)
        assert content["units"]["reported"] == len(reported) + bool(sends_late)
        children = len(weighed(month, people))
        numerator = indicator(content, "D_S")["numerator"]
        assert numerator == children if number else children < numerator <= children + sends_late


async def test_the_load_that_was_killed_and_finished_doubled_nothing(
    with_history: HistoryDone, history: History
) -> None:
    ids = [visit.id for first in with_history.months for visit in sent(history.month(first))]
    rows = await with_history.platform.rows(
        "screening", "SELECT count(*), sum(version) FROM screening WHERE id = ANY($1)", ids
    )
    assert tuple(rows[0]) == (len(ids), len(ids))
    past = "SELECT count(*) FROM screening WHERE day < $1 AND open_day_id = ANY($2)"
    days = [day.id for first in with_history.months for day in history.month(first).days]
    rows = await with_history.platform.rows("screening", past, with_history.day.replace(day=1), days)
    assert rows[0][0] == len(ids)
    assert re.search(r"[1-9]\d* diterima / accepted, [1-9]\d* berulang / duplicates", with_history.output)


async def test_a_load_of_what_is_there_sends_nothing_new(with_history: HistoryDone) -> None:
    platform = with_history.platform
    before = [await platform.count(service, "event_log") for service in ("registry", "screening", "cluster_services")]
    log = platform.data / "logs" / "history-again.log"
    assert await (await load(platform, log, with_history.day)).wait() == 0, log.read_text()
    assert " 0 diterima / accepted" in log.read_text()
    await platform.settled()
    after = [await platform.count(service, "event_log") for service in ("registry", "screening", "cluster_services")]
    assert after == before


async def test_the_recount_and_a_stranger_agree(with_history: HistoryDone) -> None:
    platform = with_history.platform
    code, report = await platform.recount()
    assert code == 0, report
    token = platform.headers("analyst")["Authorization"].removeprefix("Bearer ")
    kafka, asyncapi = platform.deployment.kafka.bootstrap, ROOT / "shared/schemas/asyncapi.yaml"
    verdict = await asyncio.to_thread(judge, kafka, asyncapi, platform.address, token)
    assert verdict.wrong == [], verdict.explained()
    assert verdict.compared > 1_000


async def test_months_with_a_month_before_them_are_compared_and_the_first_is_not(with_history: HistoryDone) -> None:
    *later, oldest = [with_history.day.replace(day=1), *with_history.months]
    for first in later:
        previous = indicator(await situation(with_history, first), "D_S")["previous"]
        assert previous["comparable"], first
        assert previous["value"] is not None
    assert not indicator(await situation(with_history, oldest), "D_S")["previous"]["comparable"]


@pytest.mark.parametrize("denominator", ["riil", "proyeksi"])
async def test_the_page_draws_arrows_only_where_months_compare(with_history: HistoryDone, denominator: str) -> None:
    for first, arrows in ((with_history.months[0], True), (with_history.months[-1], False)):
        path, query = f"/monitoring/wilayah/{CITY.code}", {"periode": f"{first:%Y-%m}", "penyebut": denominator}
        page = await with_history.platform.client.get(path, params=query, follow_redirects=True)
        assert page.status_code == 200
        assert bool(re.search(r"(↑ naik|↓ turun) [\d,]+ poin dari ", page.text)) is arrows


async def test_most_tasks_of_past_months_are_done_and_the_rest_overdue(with_history: HistoryDone) -> None:
    tasks = indicator(await situation(with_history, with_history.months[0]), "FOLLOW_UP_OPEN")["follow_ups"]
    assert tasks["opened"] > 50
    assert 0.85 < tasks["returned"] / tasks["opened"] < 1
    assert 0 < tasks["overdue"] <= tasks["opened"] - tasks["returned"]


async def test_the_status_says_how_far_it_is(with_history: HistoryDone) -> None:
    environment = {**os.environ, "ILP_DATA_DIR": str(with_history.platform.data)}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.dev.status", "--json"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    state = json.loads(output)["history"]
    assert (state["state"], state["months_done"], state["months"]) == ("complete", MONTHS, MONTHS)
