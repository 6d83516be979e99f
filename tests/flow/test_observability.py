"""What a real Prometheus sees of the running platform: every metric, panel and rule, in few series, of no place."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.observability.dashboards import expressions, panels
from deploy.observability.slo import catalogue
from tests.support.platform import Platform
from tests.support.prometheus import Prometheus, scraping
from tests.support.shared_platform import DayDone
from tests.support.waiting import eventually

pytestmark = pytest.mark.backends
MOST_SERIES = 2_000
"""Of one process: what a national Prometheus can keep for all of them."""
_NAME = re.compile(r"\bilp_\w+(?!:)\b")
_SUFFIX = re.compile(r"_(bucket|sum|count)$")
_BELOW_REGENCY = re.compile(r"\d\d\.\d\d\.\d\d")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|\d{9,}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prometheus(
    platform: Platform, large_day: DayDone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Prometheus]:
    """Provide a Prometheus that has seen the platform after its demonstration day."""
    async with scraping(platform, tmp_path_factory.mktemp("prometheus")) as running:
        yield running


def asked(expression: str) -> str:
    """Return an expression as Grafana asks it with all processes chosen."""
    return expression.replace("$service", ".*")


async def test_every_panel_shows_something_or_says_why_not(prometheus: Prometheus) -> None:
    allowed = panels().may_be_empty
    assert allowed.keys() <= {expression for _, expression in expressions()}

    async def empty() -> set[str]:
        queries = {expression for _, expression in expressions()}
        return {each for each in queries if not await prometheus.series(asked(each))} - allowed.keys()

    async def all_show() -> bool:
        return not await empty()

    try:
        await eventually(all_show, within_s=120, every_s=1)
    except AssertionError:
        assert await empty() == set()


async def test_every_metric_of_a_rule_is_shown_by_a_process(prometheus: Prometheus) -> None:
    known = set(await prometheus.read("metadata"))
    rules = [rule for group in (await prometheus.read("rules"))["groups"] for rule in group["rules"]]
    names = {_SUFFIX.sub("", name) for rule in rules for name in _NAME.findall(rule["query"])}
    assert len(names) > 15
    assert names - set(catalogue().elsewhere) - known == {"ilp_front_door_request_seconds"}, (
        "the front door is no part of production; the names of its metrics are a unit test"
    )


async def test_every_rule_is_evaluated(prometheus: Prometheus) -> None:
    async def states() -> list[tuple[str, str]]:
        groups = (await prometheus.read("rules"))["groups"]
        return [(rule["name"], rule["health"]) for group in groups for rule in group["rules"]]

    async def all_known() -> bool:
        return "unknown" not in {health for _, health in await states()}

    await eventually(all_known)
    assert {health for _, health in await states()} == {"ok"}
    rung = {each["alertname"] for each in await prometheus.series('ALERTS{alertstate="firing",severity="page"}')}
    assert rung <= {"IlpBackupTooOld", "IlpNumbersLate", "IlpNumbersVeryLate"}, (
        "a healthy platform pages for nothing else"
    )


async def test_no_process_shows_too_many_series(prometheus: Prometheus) -> None:
    most = await prometheus.value("max(scrape_samples_scraped)")
    assert 0 < most <= MOST_SERIES


async def test_no_label_names_a_person_a_facility_or_an_area_below_a_regency(prometheus: Prometheus) -> None:
    series = await prometheus.series('{__name__=~"ilp_.*"}')
    values = {value for labels in series for name, value in labels.items() if name != "instance"}
    assert len(values) > 100
    assert {value for value in values if _BELOW_REGENCY.search(value) or _ID.search(value)} == set()
