"""Hosts that an API serves, and documents that it does not show."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ilp_screening.service import SERVICE as SCREENING
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(databases: Databases, issuer: Issuer) -> AsyncIterator[Api]:
    """Provide an API that serves two hosts below a prefix, without documents."""
    closed = {"trusted_hosts": "ilp.example.go.id,ILP2.example.go.id", "documents": "false", "root_path": "/screening"}
    async with open_api(SCREENING, await databases.create(SCREENING), issuer, **closed) as opened:
        yield opened


@pytest.mark.parametrize("host", ["ilp.example.go.id", "ilp2.example.go.id:8443", "ILP.EXAMPLE.GO.ID"])
async def test_hosts_that_are_named_are_served(api: Api, host: str) -> None:
    assert (await api.client.get("/v1/observations", headers={"Host": host})).status_code != 400


@pytest.mark.parametrize(
    "host", ["evil.example", "ilp.example.go.id.evil.example", "x@ilp.example.go.id@evil", "", "["]
)
async def test_other_hosts_are_refused_as_a_problem(api: Api, host: str) -> None:
    answer = await api.client.get("/v1/observations", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "tidak dilayani" in answer.text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_probes_ask_by_address(api: Api, path: str) -> None:
    assert (await api.client.get(path, headers={"Host": "10.0.0.7:8080"})).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/static/docs.js", "/openapi.json"])
async def test_documents_are_not_shown(api: Api, path: str) -> None:
    assert (await api.client.get(path, headers={"Host": "ilp.example.go.id"})).status_code == 404
