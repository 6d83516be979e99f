"""A registry whose keys are changed: one database, and an API for each of the settings on the way."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from ilp_registry.number_keys.service import Rotated, misfits, rotate_keys
from ilp_registry.service import SERVICE
from ilp_registry.settings import RegistrySettings
from ilp_shared.http.resources import Resources
from ilp_shared.ids import new_id
from tests.service.registry.conftest import key, person
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import DatabaseUrls

HOME = "13.76.01.1002"
Json = dict[str, Any]
Keys = Mapping[str, Any]
OLD: Keys = {"nik_key": key("nik 1"), "nik_index_key": key("index 1")}
READABLE: Keys = {
    "nik_key": key("nik 1"),
    "nik_retired_keys": {"2": key("nik 2")},
    "nik_index_key": {"1": key("index 1"), "2": key("index 2")},
}
CHANGED: Keys = {
    "nik_key": key("nik 2"),
    "nik_key_id": "2",
    "nik_retired_keys": {"1": key("nik 1")},
    "nik_index_key": {"1": key("index 1"), "2": key("index 2")},
}
NEW: Keys = {"nik_key": key("nik 2"), "nik_key_id": "2", "nik_index_key": {"2": key("index 2")}}
STEPS: Sequence[Keys] = (OLD, READABLE, CHANGED, NEW)
"""The settings of one whole change of both keys, in the order of deploy/README.md."""


@dataclass(frozen=True)
class Process:
    """An API with its settings, and the command with the same."""

    api: Api

    @property
    def settings(self) -> RegistrySettings:
        """What it has been started with."""
        resources: Resources = self.api.app.state.resources
        assert isinstance(resources.settings, RegistrySettings)
        return resources.settings

    async def post(self, path: str, body: Json, key: str | None = None) -> httpx2.Response:
        """Send a write as a midwife."""
        return await self.api.post(path, body, area=HOME, key=key)

    async def register(self, nik: str | None, **more: object) -> httpx2.Response:
        """Register a person with a NIK, or without one."""
        body = person(home_area=HOME, **more)
        body = {**body, "nik": nik} if nik is not None else {name: body[name] for name in body if name != "nik"}
        return await self.post("/v1/persons", body)

    async def correct(self, person_id: str, version: int, nik: str | None = None) -> httpx2.Response:
        """Give a person another name, and bind a NIK if one is given."""
        body = person(home_area=HOME, name=f"Nama Baru {version}", base_version=version) | {"nik": nik}
        change = {name: value for name, value in body.items() if value is not None}
        headers = self.api.issuer.headers("midwife", HOME)
        return await self.api.client.put(f"/v1/persons/{person_id}", json=change, headers=headers)

    async def persons_with(self, nik: str) -> list[str]:
        """Return the ids of the persons that a search by NIK finds."""
        answer = await self.post("/v1/persons:search", {"nik": nik})
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    async def revealed(self, person_id: str) -> str:
        """Return the NIK of a person."""
        answer = await self.post(f"/v1/persons/{person_id}/nik:reveal", {"purpose": "care"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["nik"])

    async def rotate(self) -> Rotated:
        """Run the command with the settings of this API."""
        return await rotate_keys(self.api.database, self.settings)

    async def misfits(self) -> set[str]:
        """Return the settings that the stored rows do not fit: with any, production does not start."""
        return {fault.where async for fault in misfits(self.settings)}


@asynccontextmanager
async def processes(urls: DatabaseUrls, issuer: Issuer, steps: Sequence[Keys]) -> AsyncIterator[list[Process]]:
    """Yield an API for each of these settings, on a database that has one village."""
    async with AsyncExitStack() as stack:
        opened = [
            Process(await stack.enter_async_context(open_api(SERVICE, urls, issuer, **keys, pool_size="2")))
            for keys in steps
        ]
        await opened[0].api.as_owner(
            f"INSERT INTO area (code, name, level, kind, dataset) VALUES ('{HOME}', 'x', 'village', 'x', 'test')"
            " ON CONFLICT DO NOTHING"
        )
        yield opened


def new_nik() -> str:
    """Return a NIK that no person has."""
    return str(person(id=str(new_id()))["nik"])
