"""Queries of a situation that are refused: a month of which there can be none, and a parameter that is unknown."""

import pytest

from ilp_monitoring.deps import current_period
from ilp_monitoring.rules.months import FIRST_MONTH, months_before
from ilp_shared.clock import SystemClock
from tests.service.monitoring.conftest import Monitoring

CITY = "/v1/situations/13.76"
VILLAGE = "13.76.01.1002"
WAYS = [CITY, f"{CITY}/csv", f"{CITY}/stream"]


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Kota Payakumbuh with one village."""
    await monitoring.feed.apply(monitoring.world.tree("13.76", VILLAGE))
    return monitoring


def _last() -> str:
    """Return the month after the running one."""
    return months_before(current_period(SystemClock(), "13.76"), -1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("beyond", ["before", "after"])
async def test_a_month_of_which_there_can_be_none_is_refused_with_the_span(
    city: Monitoring, way: str, beyond: str
) -> None:
    month = months_before(FIRST_MONTH, 1) if beyond == "before" else months_before(_last(), -1)
    answer = await city.get(way, period=month)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/period", "month_out_of_range")
    assert fault["message"]["id"] == f"Bulan harus antara {FIRST_MONTH} dan {_last()}."


async def test_the_first_and_the_last_month_are_answered(city: Monitoring) -> None:
    for month in (FIRST_MONTH, _last()):
        answer = await city.get(CITY, period=month)
        assert (answer.status_code, answer.json()["period"]) == (200, month)


async def test_an_unknown_parameter_names_those_that_there_are(city: Monitoring) -> None:
    answer = await city.get(CITY, periode="2026-11")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/query/periode", "extra_forbidden")
    assert fault["message"]["en"] == "Unknown parameter; there are: period, denominator, below."
    cells = (await city.get("/v1/cells", area="13.76", wilayah="13.76")).json()["errors"][0]["message"]["id"]
    assert cells.startswith("Parameter ini tidak dikenal; yang ada: ")
    assert "area" in cells
