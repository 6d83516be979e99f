"""A registry with the real reference data, loaded once for the run; every test uses codes and people of its own."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import httpx2
import pytest_asyncio

from ilp_registry.reference.service import LoadCounts, load_reference
from ilp_registry.service import SERVICE
from ilp_shared.db.database import Database
from ilp_shared.ids import new_id
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases, DatabaseUrls


def key(seed: str) -> str:
    """Return a 32-byte key, in base64, that follows from a word."""
    return base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode()


KEYS = {"nik_key": key("nik"), "nik_index_key": key("index")}


@dataclass
class Registry:
    """The running API, and the connections by which tests look at its database."""

    client: httpx2.AsyncClient
    issuer: Issuer
    urls: DatabaseUrls
    database: Database
    owner: asyncpg.Connection
    loaded: LoadCounts
    again: LoadCounts | None

    async def get(self, path: str, role: str = "midwife", *areas: str, **params: object) -> httpx2.Response:
        """Send a GET as a role."""
        query = {name: str(value) for name, value in params.items()}
        return await self.client.get(path, params=query, headers=self.issuer.headers(role, *areas))

    async def post(
        self, path: str, body: object, role: str = "midwife", *areas: str, key: str | None = None
    ) -> httpx2.Response:
        """Send a POST as a role."""
        return await self.client.post(path, json=body, headers=self.issuer.headers(role, *areas, key=key))

    async def put(
        self, path: str, body: object, role: str = "midwife", *areas: str, key: str | None = None
    ) -> httpx2.Response:
        """Send a PUT as a role."""
        return await self.client.put(path, json=body, headers=self.issuer.headers(role, *areas, key=key))

    async def versions_of(self, aggregate: str) -> list[int]:
        """Return the versions of an aggregate in the archive, in order."""
        rows = await self.owner.fetch(
            "SELECT aggregate_version FROM event_log WHERE aggregate_id = $1::uuid ORDER BY id", aggregate
        )
        return [row["aggregate_version"] for row in rows]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def registry(databases: Databases, issuer: Issuer) -> AsyncIterator[Registry]:
    urls = await databases.create(SERVICE)
    async with open_api(SERVICE, urls, issuer, **KEYS) as api:
        loaded = await load_reference(api.database)
        again = await load_reference(api.database)
        assert loaded is not None
        owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "registry"})
        await owner.execute("SELECT set_config('ilp.areas', 'id', false)")
        yield Registry(api.client, issuer, urls, api.database, owner, loaded, again)
        await owner.close()


def person(**changes: object) -> dict[str, object]:
    """Return an example person of Kelurahan Padang Tangah Payobadar, with a NIK that no person has."""
    serial = new_id().int
    nik = f"1376{serial % 90 + 10:02d}{serial // 97 % 28 + 1:02d}{serial // 7 % 12 + 1:02d}{serial // 13 % 100:02d}0000"
    return {
        "nik": nik,
        "name": "Siti Contoh Rahmawati",
        "sex": "female",
        "birth_date": "1990-02-03",
        "home_area": "13.76.01.1002",
    } | changes
