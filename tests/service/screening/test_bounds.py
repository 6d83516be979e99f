"""Bounds of what an account may send: how fast, how far back, and for whom it may speak."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from ilp_screening.service import SERVICE
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import A_CENTURY, OTHER_VILLAGE, VILLAGE, ScreeningApi, open_screening_api
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases

DAYS = 430
SLOW = {
    "reads_per_s": 0.001,
    "commands_per_s": 0.002,
    "evaluations_per_s": 0.003,
    "batch_rows_per_min": 4,
    "burst_s": 1_000,
}
"""One read, two commands and three evaluations at once, and then hardly any."""
EVALUATION = {"subject": {"sex": "male", "age_months": 30}, "observations": {"weight_kg": 12.5}}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(databases: Databases, issuer: Issuer) -> AsyncIterator[ScreeningApi]:
    """Open a screening API that takes screenings as far back as in production."""
    async with open_screening_api(databases, issuer, back_entry_days=DAYS) as opened:
        yield opened


def ago(days: int) -> str:
    """Return an instant so many days before now."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.mark.parametrize("role", ["kader", "midwife", "nurse", "integrator"])
async def test_a_year_and_two_months_back_is_the_end(api: ScreeningApi, role: str) -> None:
    thirteen_months = await api.post("/v1/screenings", api.screening(occurred_at=ago(13 * 31)), role=role)
    assert thirteen_months.status_code == 201, thirteen_months.text
    body = api.screening(occurred_at=ago(DAYS + 2))
    alone = await api.post("/v1/screenings", body, role=role)
    batch = await api.post("/v1/screenings:batch", {"items": [{"idempotency_key": "k", **body}]}, role=role)
    for problem in (alone.json(), batch.json()["results"][0]["problem"]):
        assert problem["status"] == 422
        (error,) = problem["errors"]
        assert (error["pointer"], error["code"]) == ("/occurred_at", "too_long_ago")
        assert str(DAYS) in error["message"]["id"]
        assert "masih dapat diperbaiki" in error["message"]["id"]


async def test_a_correction_moves_no_screening_further_back_than_it_could_be_entered(api: ScreeningApi) -> None:
    first = await api.record(occurred_at=ago(20))
    change = {"base_version": 1, "reason": "wrong_day", "observations": first["observations"]}
    path = f"/v1/screenings/{first['id']}/corrections"
    assert (await api.post(path, {**change, "occurred_at": ago(DAYS + 2)})).status_code == 422
    assert (await api.post(path, {**change, "occurred_at": ago(21)})).status_code == 201


async def test_a_record_older_than_that_can_still_be_corrected_and_voided(api: ScreeningApi) -> None:
    async with open_api(SERVICE, api.urls, api.issuer, back_entry_days=str(A_CENTURY)) as before:
        old = (await before.post("/v1/screenings", api.screening(occurred_at=ago(DAYS + 40)))).json()
    path, observations = f"/v1/screenings/{old['id']}", {"weight_kg": 10.1}
    change = {"base_version": 1, "reason": "wrong_value", "observations": observations}
    corrected = await api.post(f"{path}/corrections", {**change, "occurred_at": old["occurred_at"]})
    assert (corrected.status_code, corrected.json()["day"]) == (201, old["day"])
    assert (await api.post(f"{path}/void", {"base_version": 2, "reason": "duplicate"})).status_code == 200


@pytest.mark.parametrize(
    ("role", "performer", "status"),
    [
        ("kader", "kader", 201),
        ("kader", "doctor", 422),
        ("kader", "midwife", 422),
        ("nurse", "nurse", 201),
        ("nurse", "other", 422),
        ("integrator", "doctor", 201),
        ("integrator", "kader", 201),
    ],
)
async def test_an_account_speaks_for_its_own_role(api: ScreeningApi, role: str, performer: str, status: int) -> None:
    body = api.screening(occurred_at=ago(3), performer={"role": performer})
    answer = await api.post("/v1/screenings", body, role=role)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.json()["performer"] == {"role": performer}
    else:
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/performer/role", "other_role")]


async def test_who_asks_too_fast_waits(api: ScreeningApi) -> None:
    async with open_api(SERVICE, api.urls, api.issuer, limits=SLOW) as slow:
        path = f"/v1/screenings/{new_id()}"
        for role in ("midwife", "nurse"):
            reads = [await slow.get(path, role=role) for _ in range(2)]
            assert [answer.status_code for answer in reads] == [404, 429], role
        refusal = reads[1]
        assert refusal.headers["content-type"] == "application/problem+json"
        assert refusal.json()["type"] == "urn:ilp:problem:too-many-requests"
        assert int(refusal.headers["retry-after"]) > 900
        writes = [await slow.post("/v1/screenings", {}) for _ in range(3)]
        assert [answer.status_code for answer in writes] == [422, 422, 429]
        items = [{"idempotency_key": str(number)} for number in range(3)]
        batches = [await slow.post("/v1/screenings:batch", {"items": items}, role="kader") for _ in range(2)]
        assert [answer.status_code for answer in batches] == [200, 429]
        assert (await slow.client.get("/health/ready")).status_code == 200


async def test_anonymous_evaluations_are_counted_by_address(api: ScreeningApi) -> None:
    async with open_api(SERVICE, api.urls, api.issuer, limits=SLOW) as slow:
        for address in ("192.0.2.1", "192.0.2.2"):
            headers = {"X-Forwarded-For": f"203.0.113.9, {address}"}
            answers = [await slow.client.post("/v1/evaluations", json=EVALUATION, headers=headers) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429], address


async def test_refused_reads_and_writes_leave_rows(api: ScreeningApi) -> None:
    screening = await api.record(occurred_at=ago(2))
    query = "SELECT count(*) FROM access_audit WHERE outcome = 'refused' AND action = $1 AND role = $2"

    async def rows(action: str, role: str) -> int:
        return int((await api.rows(query, action, role))[0][0])

    reads, writes = await rows("screenings.read", "nurse"), await rows("screenings.write", "nurse")
    path = f"/v1/screenings/{screening['id']}"
    assert (await api.get(path, role="nurse", area=OTHER_VILLAGE)).status_code == 404
    assert (await api.get(path, role="dinas", area=VILLAGE)).status_code == 403
    assert (await rows("screenings.read", "nurse"), await rows("screenings.read", "dinas")) == (reads + 1, 1)
    [named] = await api.rows(
        "SELECT object_id, person_id FROM access_audit WHERE role = 'dinas' AND outcome = 'refused'"
    )
    assert (str(named["object_id"]), named["person_id"]) == (screening["id"], None)
    alone = await api.post("/v1/screenings", api.screening(), role="nurse", area=OTHER_VILLAGE)
    items = [{"idempotency_key": str(number), **api.screening(occurred_at=ago(1))} for number in range(2)]
    batch = await api.post("/v1/screenings:batch", {"items": items}, role="nurse", area=OTHER_VILLAGE)
    assert (alone.status_code, [r["status"] for r in batch.json()["results"]]) == (404, ["rejected"] * 2)
    assert await rows("screenings.write", "nurse") == writes + 3
    objects = await api.rows(
        "SELECT object_id FROM access_audit WHERE action = 'screenings.write' ORDER BY id DESC LIMIT 3"
    )
    assert {row["object_id"] for row in objects} == {api.posyandu}, "the id that each body named"
