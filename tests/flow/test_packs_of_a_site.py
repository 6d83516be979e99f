"""A screening that no code knows: a site adds folders of YAML, and a running platform judges by them and shows them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ilp_shared.ids import new_id
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu

pytestmark = pytest.mark.backends
SITE = Path(__file__).parents[1] / "unit" / "screening" / "site"
API = "screening-api"
VILLAGE = "34.71.05.1001"


@pytest_asyncio.fixture(scope="module")
async def extended(platform: Platform) -> AsyncIterator[Platform]:
    """Provide the platform while its screening service has the packs of a site; afterwards as it was."""
    await platform.restart_with(API, {"ILP_SCREENING_PACKS_FOLDER": str(SITE)})
    await platform.ready()
    yield platform
    await platform.restart_with(API)
    await platform.ready()


async def evaluated(platform: Platform, **body: Any) -> dict[str, Any]:
    answer = await platform.client.post("/screening/v1/evaluations", json=body)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def test_the_list_shows_it_whole(extended: Platform) -> None:
    listed = (await extended.client.get("/screening/v1/packs")).json()
    kinds = {pack["code"]: pack["kind"] for pack in listed["packs"]}
    assert kinds["haemoglobin"] == "bands"
    assert "hb_g_dl" in {observation["code"] for observation in listed["observations"]}
    detail = (await extended.client.get("/screening/v1/packs/haemoglobin/2026.1")).json()
    assert detail["pack"]["rules"][2]["bands"]["bands"][0]["label"]["id"] == "Anemia"


async def test_it_is_judged_by_context(extended: Platform) -> None:
    woman = {"sex": "female", "birth_date": "2000-01-01"}
    body = {"subject": woman, "occurred_on": "2026-11-20", "observations": {"hb_g_dl": 11.5}}
    assert (await evaluated(extended, **body))["results"][0]["category"] == "anaemia"
    pregnant = await evaluated(extended, **body, context={"pregnancy_weeks": 10})
    assert pregnant["results"][0]["category"] == "normal"


async def test_its_schedule_is_answered(extended: Platform) -> None:
    answer = await evaluated(
        extended,
        subject={"sex": "male", "birth_date": "2026-01-31"},
        occurred_on="2026-06-17",
        observations={"weight_kg": 7},
        earlier=[{"occurred_on": "2026-05-20", "observations": {"dose_a_given": True}}],
    )
    steps = {step["code"]: (step["status"], step["given_on"], step["first_day"]) for step in answer["schedule"]}
    assert steps == {"dose_a": ("given", "2026-05-20", "2026-03-31"), "dose_b": ("due", None, "2026-06-17")}


async def test_it_is_recorded_and_told_to_others(extended: Platform) -> None:
    posyandu = await Posyandu.opened(extended, VILLAGE)
    _, screening = await posyandu.record(await a_woman(extended), {"hb_g_dl": 11.5})
    [result] = screening["results"]
    assert (result["code"], result["category"], result["inputs"]) == ("anaemia", "anaemia", ["hb_g_dl"])
    assert (result["policy"]["pack"], result["policy"]["verified"]) == ("haemoglobin", False)
    await extended.settled()
    event = "SELECT data FROM event_log WHERE aggregate_id = $1"
    [row] = await extended.rows("screening", event, UUID(screening["id"]))
    assert '"anaemia"' in str(row["data"])


async def a_woman(platform: Platform) -> UUID:
    """Register a woman of the village; returns her id."""
    person = new_id()
    body = {"id": str(person), "name": "Contoh Ibu", "sex": "female", "birth_date": "2000-01-01", "home_area": VILLAGE}
    headers = platform.headers("midwife", VILLAGE)
    (await platform.client.post("/registry/v1/persons", json=body, headers=headers)).raise_for_status()
    return person
