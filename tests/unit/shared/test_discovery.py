"""An issuer's metadata are taken when they are its own and safe; keys are found by them and rotate."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from pydantic import ValidationError

from deploy.dev.environment import prepare_issuer
from ilp_shared.auth.development import create_issuer, identity_of, issue_token
from ilp_shared.auth.discovery import metadata_of
from ilp_shared.auth.tokens import TokenVerifier
from ilp_shared.problems import Unauthenticated
from ilp_shared.settings import ServiceSettings
from tests.support.signing_in import Door, new_door

ISSUER = "https://login.example.go.id/realms/ilp"
METADATA: dict[str, Any] = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/certs",
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "end_session_endpoint": f"{ISSUER}/logout",
    "claims_supported": ["sub"],
}


def test_sound_metadata() -> None:
    assert metadata_of(METADATA, ISSUER).jwks_uri == f"{ISSUER}/certs"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://login.example.go.id/realms/other"},
        {"issuer": ISSUER + "/"},
        {"issuer": None},
        {"jwks_uri": "http://login.example.go.id/certs"},
        {"token_endpoint": "http://login.example.go.id/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "http://login.example.go.id/logout"},
        {"token_endpoint": None},
    ],
    ids=str,
)
def test_metadata_of_another_issuer_or_without_tls(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        metadata_of({**METADATA, **changes}, ISSUER)


@pytest.mark.parametrize("document", [None, [], "x", {}], ids=repr)
def test_what_are_no_metadata(document: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        metadata_of(document, ISSUER)


@pytest_asyncio.fixture(loop_scope="session")
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """Open an issuer."""
    door = new_door(tmp_path / "issuer")
    async with door.opened({}):
        yield door


async def test_keys_are_discovered_and_rotate(door: Door, tmp_path: Path) -> None:
    now = [0.0]
    verifier = TokenVerifier(
        issuer=identity_of(door.issuer), audience="ilp", jwks="", longest_s=600, monotonic=lambda: now[0]
    )
    old = issue_token(door.issuer, role="kader", areas=["13.76"], lifetime_s=600)
    assert (await verifier.verify(old)).role == "kader"
    create_issuer(tmp_path / "next")
    for name in ("private.json", "jwks.json"):
        content = await asyncio.to_thread((tmp_path / "next" / name).read_bytes)
        (door.issuer / name).write_bytes(content)
    new = issue_token(door.issuer, role="nurse", areas=["13.76"], lifetime_s=600)
    now[0] = 61.0
    assert (await verifier.verify(new)).role == "nurse"
    with pytest.raises(Unauthenticated):
        await verifier.verify(old)


@dataclass
class Moving:
    """An issuer that publishes its keys at an address that may move, and counts what it is asked for."""

    folder: Path
    place: str = "keys"
    asked: Counter[str] = field(default_factory=Counter)

    async def metadata(self, request: web.Request) -> web.Response:
        self.asked["metadata"] += 1
        issuer = f"http://{request.host}/issuer"
        names = ("authorization_endpoint", "token_endpoint")
        return web.json_response(
            {"issuer": issuer, "jwks_uri": f"{issuer}/{self.place}"} | dict.fromkeys(names, issuer)
        )

    async def keys(self, request: web.Request) -> web.Response:
        self.asked["keys"] += 1
        if request.match_info["place"] != self.place:
            raise web.HTTPNotFound
        return web.Response(body=await asyncio.to_thread((self.folder / "jwks.json").read_bytes))


async def test_the_discovered_address_is_remembered_for_a_while_and_not_after_it_failed(tmp_path: Path) -> None:
    moving, now = Moving(tmp_path / "issuer"), [0.0]
    app = web.Application()
    app.router.add_get("/issuer/.well-known/openid-configuration", moving.metadata)
    app.router.add_get("/issuer/{place}", moving.keys)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    prepare_issuer(moving.folder, address)
    token = issue_token(moving.folder, role="kader", areas=["13.76"], lifetime_s=600)
    issuer = identity_of(moving.folder)
    verifier = TokenVerifier(issuer=issuer, audience="ilp", jwks="", longest_s=600, monotonic=lambda: now[0])
    for seconds, metadata, keys in ((0, 1, 1), (61, 1, 2), (122, 1, 3), (301, 2, 4)):
        now[0] = float(seconds)
        await verifier.verify(token)
        assert (moving.asked["metadata"], moving.asked["keys"]) == (metadata, keys), seconds
    moving.place = "elsewhere"
    now[0] = 362.0
    assert (await verifier.verify(token)).role == "kader"
    assert (moving.asked["metadata"], moving.asked["keys"]) == (3, 6)
    await runner.cleanup()


def _settings(**changes: object) -> ServiceSettings:
    values = {"database_url": "postgresql://x@127.0.0.1/x", "kafka_bootstrap": "127.0.0.1:1", "oidc_issuer": ISSUER}
    return ServiceSettings.model_validate({**values, **changes})


def test_an_issuer_over_http_or_without_keys_is_refused_at_the_start() -> None:
    assert _settings().oidc_jwks == ""
    for changes in (
        {"oidc_issuer": "http://login.example.go.id/realms/ilp"},
        {"oidc_issuer": "HTTP://login.example.go.id/realms/ilp", "oidc_jwks": "/keys.json"},
        {"oidc_issuer": "urn:somebody"},
        {"oidc_role_names": {"bidan": "root"}},
    ):
        with pytest.raises(ValidationError):
            _settings(**changes)
    assert _settings(profile="development", oidc_issuer="http://127.0.0.1:1/issuer").oidc_issuer
