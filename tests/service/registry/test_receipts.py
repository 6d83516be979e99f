"""What the answer to a registration says beyond the record: warnings, and the field that lies outside the account."""

from tests.access.objects import AWAY, HOME, registry_objects
from tests.service.registry.conftest import person
from tests.support.api import Issuer
from tests.support.databases import Databases


async def test_what_a_receipt_and_a_refusal_say(databases: Databases, issuer: Issuer) -> None:
    async with registry_objects(databases, issuer) as reach:

        async def post(path: str, body: object) -> tuple[int, dict[str, list[dict[str, object]]]]:
            answer = await reach.client.post(path, json=body, headers=issuer.headers("kader", HOME))
            return answer.status_code, answer.json()

        contradicting = person(nik="1376011101910000", birth_date="1990-02-03", sex="female")
        status, receipt = await post("/v1/persons", contradicting)
        assert status == 201, receipt
        places = [(warning["pointer"], warning["code"]) for warning in receipt["warnings"]]
        assert places == [("/nik", "nik_disagrees")] * 2
        other = person(nik="1376011202910000", birth_date="1991-02-12", sex="female")
        batch = {"items": [{"idempotency_key": "one", **other}]}
        for expected in ("accepted", "duplicate"):
            (result,) = (await post("/v1/persons:batch", batch))[1]["results"]
            assert result["status"] == expected
            assert str(result["warnings"]).count("nik_disagrees") == 1
        status, refusal = await post("/v1/persons", person(home_area=AWAY))
        (error,) = refusal["errors"]
        assert (status, error["pointer"], error["code"]) == (404, "/home_area", "outside_areas")
        assert "di luar wilayah akun ini" in str(error["message"])
