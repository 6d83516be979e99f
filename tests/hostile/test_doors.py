"""What a request may not do to an answer: bring two of a header, name the host of a redirect, hide a NIK in a key."""

import pytest

from ilp_shared.ids import new_id
from tests.access.objects import NIK, OPENERS
from tests.hostile.conftest import Target
from tests.hostile.raw import exchange, request

EVIL = "evil.example"


def doubled(sent: bytes, header: str) -> bytes:
    """Return a request with another header line."""
    head, _, body = sent.partition(b"\r\n\r\n")
    return head + b"\r\n" + header.encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("name", OPENERS)
async def test_two_of_a_header_are_none(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for route in target.reach.routes:
        if route.path.endswith("/stream"):
            continue
        own = target.authorization(target.role_for(route.method, route.path), "13.76")
        sent = request(route.method, target.reach.url(route), own)
        for token in (own["Authorization"], "Bearer x", ""):
            answer = await exchange(target.url, doubled(sent, f"Authorization: {token}"))
            assert answer.status == 400, route
            assert route.method == "HEAD" or answer.problem["type"] == "urn:ilp:problem:bad-request", route
    answer = await exchange(target.url, doubled(doubled(sent, "Idempotency-Key: a"), "idempotency-key: b"))
    assert answer.status == 400


@pytest.mark.parametrize("name", OPENERS)
async def test_a_redirect_stays_where_it_is(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    redirects = 0
    paths = {f"{target.reach.url(route)}/" for route in target.reach.routes} | {
        "/docs/static",
        "/docs/",
        "//x.example/",
    }
    for path in sorted(paths):
        for host in (EVIL, f"{EVIL}:80", "test"):
            sent = request("GET", path, {"Host": host, "X-Forwarded-Host": EVIL} | target.authorization("midwife"))
            answer = await exchange(target.url, sent)
            assert EVIL not in answer.headers.get("location", ""), path
            assert EVIL not in answer.body.decode(), path
            location = answer.headers.get("location")
            if location is not None:
                redirects += 1
                assert location.startswith("/"), (path, location)
                assert not location.startswith("//"), (path, location)
    assert redirects


async def test_an_answer_is_given_again_only_where_the_account_still_is(targets: dict[str, Target]) -> None:
    target = targets["registry"]
    subject, key = f"moves-{new_id()}", str(new_id())
    body = {"name": "Contoh", "sex": "female", "birth_date": "1990-02-03", "home_area": "13.76.01.1002"}

    async def send(area: str) -> int:
        token = target.issuer.token("midwife", area, subject=subject)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        answer = await target.reach.client.post("/v1/persons", json=body, headers=headers)
        return answer.status_code

    assert [await send(area) for area in ("13.76", "13.76", "14.72", "13")] == [201, 201, 404, 201]


async def test_a_nik_is_no_key(targets: dict[str, Target]) -> None:
    target = targets["registry"]
    body = {"name": "Contoh", "sex": "female", "birth_date": "1990-02-03", "home_area": "13.76.01.1002"}
    headers = target.authorization("midwife", "13.76")
    alone = await target.reach.client.post("/v1/persons", json=body, headers=headers | {"Idempotency-Key": NIK})
    assert (alone.status_code, alone.json()["type"]) == (422, "urn:ilp:problem:idempotency-key-unusable")
    items = {"items": [{**body, "idempotency_key": f"nik {NIK}"}]}
    (result,) = (await target.reach.client.post("/v1/persons:batch", json=items, headers=headers)).json()["results"]
    assert result["problem"]["type"] == "urn:ilp:problem:idempotency-key-unusable"
