"""Routes that need no account: evaluation that stores nothing, and the packs behind it. And the schema itself."""

import asyncio

import pytest

from ilp_screening.service import SERVICE
from ilp_shared.db import migrate
from tests.service.screening.screening_api import Json, ScreeningApi

BOY: Json = {
    "subject": {"sex": "male", "birth_date": "2024-03-01"},
    "occurred_on": "2025-11-22",
    "observations": {
        "weight_kg": 10.4,
        "length_height_cm": 84.8,
        "height_posture": "lying",
        "head_circumference_cm": 46.1,
        "muac_cm": 14.9,
        "triceps_skinfold_mm": 6.8,
        "subscapular_skinfold_mm": 5.2,
        "bilateral_oedema": False,
    },
}
COUNTED = ("screening", "screening_version", "event_log", "idempotency_key", "access_audit")


async def test_an_evaluation_needs_no_account_and_leaves_no_trace(api: ScreeningApi) -> None:
    async def rows() -> list[int]:
        return [(await api.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in COUNTED]

    before = await rows()
    response = await api.client.post("/v1/evaluations", json=BOY)
    assert response.status_code == 200
    results = {result["code"]: result for result in response.json()["results"]}
    assert set(results) == {
        "weight_for_age",
        "length_height_for_age",
        "weight_for_length_height",
        "bmi_for_age",
        "head_circumference_for_age",
        "muac_for_age",
        "triceps_for_age",
        "subscapular_for_age",
    }
    for result in results.values():
        assert {"z", "flag", "category", "class", "reasons", "actions", "policy"} <= set(result)
        assert set(result["policy"]) == {"pack", "version", "source", "verified"}
        assert result["flag"] is None
        assert -3 < result["z"] < 3
    assert response.json()["not_evaluated"] == [] or response.json()["not_evaluated"][0]["code"] == "tb_symptoms"
    assert await rows() == before


async def test_age_in_days_or_months_says_the_same(api: ScreeningApi) -> None:
    answers = []
    for subject in ({"birth_date": "2024-03-01"}, {"age_days": 631}, {"age_months": 20.73}):
        response = await api.client.post("/v1/evaluations", json={**BOY, "subject": {"sex": "male", **subject}})
        answers.append({result["code"]: result["z"] for result in response.json()["results"]})
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (
            b'{"subject": {"sex": "male", "age_days": 631}, "observations": {"weight_kg": NaN}}',
            "/observations/weight_kg",
        ),
        (b'{"subject": {"sex": "male", "age_days": NaN}, "observations": {}}', "/subject/age_days"),
        (b'{"subject": {"sex": "male"}, "observations": {}}', "/subject"),
        (b'{"subject": {"sex": "x", "age_days": 1}, "observations": {}}', "/subject/sex"),
        (b'{"subject": {"sex": "male", "age_days": "1"}, "observations": {}}', "/subject/age_days"),
        (b'{"subject": {"sex": "male", "birth_date": "2024-03-01"}, "observations": {}}', "/occurred_on"),
        (b'{"subject": {"sex": "male", "age_days": 1}, "observations": {"weight_kg": [1]}}', "/observations/weight_kg"),
        (
            b'{"subject": {"sex": "male", "age_days": 1}, "observations": {"weight_kg": true}}',
            "/observations/weight_kg",
        ),
        (b'{"subject": {"sex": "male", "age_days": 1}, "observations": {}, "x": 1}', "/x"),
    ],
)
async def test_what_cannot_be_judged_is_refused_with_a_pointer(api: ScreeningApi, body: bytes, pointer: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await api.client.post("/v1/evaluations", content=body, headers=headers)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_a_name_given_twice_is_refused(api: ScreeningApi) -> None:
    body = b'{"subject": {"sex": "male", "age_days": 631}, "observations": {"weight_kg": 4000, "weight_kg": 10.4}}'
    response = await api.client.post("/v1/evaluations", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/observations/weight_kg"]


async def test_packs_are_shown_in_full(api: ScreeningApi) -> None:
    listed = (await api.client.get("/v1/packs")).json()
    assert {pack["code"] for pack in listed["packs"]} == {"growth", "blood_pressure", "tb", "body_mass_index"}
    assert "weight_kg" in {observation["code"] for observation in listed["observations"]}
    for pack in listed["packs"]:
        detail = (await api.client.get(f"/v1/packs/{pack['code']}/{pack['version']}")).json()
        assert (detail["pack"]["code"], detail["pack"]["source"]) == (pack["code"], pack["source"])
    assert (await api.client.get("/v1/packs/growth/1.0")).status_code == 404


async def test_the_api_describes_itself(api: ScreeningApi) -> None:
    paths = (await api.client.get("/openapi.json")).json()["paths"]
    assert {"/v1/evaluations", "/v1/screenings:batch", "/v1/screenings/{screening_id}/corrections"} <= set(paths)
    answer = paths["/v1/screenings"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Screening"}
    assert (await api.client.get("/health/ready")).json() == {"status": "ok"}


async def test_tables_and_models_agree(api: ScreeningApi) -> None:
    await asyncio.to_thread(migrate.check, SERVICE.package, SERVICE.schema, url=api.urls.owner, app_url=api.urls.app)
