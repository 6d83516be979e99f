"""The examples of the API documents succeed as they are: each write route is sent its own, in the documents' order.

Prepared are the records that an example says it needs: areas, and the example records that come before it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx2

from ilp_shared import examples
from ilp_shared.ids import new_id
from tests.access.objects import OPENERS
from tests.contract.documents import document_of, write_examples
from tests.service.cluster.builders import Screened, result, running
from tests.service.cluster.builders import facility as cluster_facility
from tests.service.screening.screening_api import facility, open_screening_api, person
from tests.support.api import Issuer
from tests.support.databases import Databases

Body = dict[str, Any]
OFFICE_ROUTES = ("/v1/areas", "/v1/facilities", "/v1/facilities:batch")


class Sender:
    """Sends examples of one service, and remembers which routes had one."""

    def __init__(self, name: str, client: httpx2.AsyncClient, issuer: Issuer) -> None:
        self._client, self._issuer = client, issuer
        self._examples = {(method, path): body for method, path, body in write_examples(document_of(name))}
        self.unsent = set(self._examples)

    async def send(self, method: str, path: str, ids: Mapping[str, str] | None = None) -> Body:
        """Send the example of a route; it must succeed, and so must each item of a batch."""
        role = "dinas" if path in OFFICE_ROUTES else "midwife"
        headers = self._issuer.headers(role, examples.VILLAGE)
        address = path.format(**(ids or {}))
        body = self._examples[method, path]
        answer = await self._client.request(method.upper(), address, json=body, headers=headers)
        assert answer.status_code in (200, 201), f"{method} {path}: {answer.text}"
        content: Body = answer.json()
        assert {item["status"] for item in content.get("results", ()) if "status" in item} <= {"accepted"}, answer.text
        self.unsent.discard((method, path))
        return content


async def test_examples_of_the_registry_succeed(databases: Databases, issuer: Issuer) -> None:
    async with OPENERS["registry"](databases, issuer) as reach:
        sender = Sender("registry", reach.client, issuer)
        for path in OFFICE_ROUTES:
            await sender.send("post", path)
        child = await sender.send("post", "/v1/persons")
        assert child["id"] == examples.PERSON_ID
        await sender.send("post", "/v1/persons:batch")
        matches = await sender.send("post", "/v1/persons:search")
        assert [match["id"] for match in matches["items"]] == [examples.PERSON_ID]
        await sender.send("put", "/v1/persons/{person_id}", {"person_id": examples.PERSON_ID})
        await sender.send("post", "/v1/persons/{person_id}/nik:reveal", reach.ids)
        await sender.send("post", "/v1/persons/{person_id}/nik:match", reach.ids)
        assert sender.unsent == set()


async def test_examples_of_screening_succeed(databases: Databases, issuer: Issuer) -> None:
    async with open_screening_api(databases, issuer) as api:
        place = facility(examples.VILLAGE, facility_id=UUID(examples.FACILITY_ID))
        await api.feed.apply(place, person(examples.VILLAGE, person_id=UUID(examples.PERSON_ID)))
        sender = Sender("screening", api.client, issuer)
        await sender.send("post", "/v1/evaluations")
        await sender.send("post", "/v1/open-days")
        ids = {"screening_id": examples.SCREENING_ID, "open_day_id": examples.OPEN_DAY_ID}
        screening = await sender.send("post", "/v1/screenings")
        assert screening["results"]
        batch = await sender.send("post", "/v1/screenings:batch")
        await sender.send("post", "/v1/screenings/{screening_id}/corrections", ids)
        await sender.send("post", "/v1/screenings/{screening_id}/void", {"screening_id": batch["results"][0]["id"]})
        await sender.send("post", "/v1/open-days/{open_day_id}/cancel", ids)
        assert sender.unsent == set()


async def test_examples_of_tasks_succeed(databases: Databases, issuer: Issuer) -> None:
    async with running(databases, issuer) as cluster:
        puskesmas = new_id()
        screened = [Screened(puskesmas, home=examples.VILLAGE) for _ in range(2)]
        recorded = [each.recorded(result("blood_pressure", "REPEAT")) for each in screened]
        await cluster.feed.apply(cluster_facility(puskesmas, "puskesmas", None, area=examples.VILLAGE), *recorded)
        sender = Sender("cluster_services", cluster.client, issuer)
        for each, last in zip(screened, ("complete", "cancel"), strict=True):
            ids = {"task_id": (await cluster.of(each.person_id))["REPEAT"]["id"]}
            await sender.send("post", "/v1/tasks/{task_id}/accept", ids)
            await sender.send("post", f"/v1/tasks/{{task_id}}/{last}", ids)
        assert sender.unsent == set()


def test_monitoring_writes_nothing() -> None:
    assert list(write_examples(document_of("monitoring"))) == []
