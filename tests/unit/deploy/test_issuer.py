"""The development issuer as an OpenID provider: codes with PKCE, refresh, machine clients, and what it refuses."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.dev.issuer.clients import PAGES, Client, public_half, register
from ilp_shared.auth.claims import ClaimMapping
from ilp_shared.auth.client_assertion import ASSERTION_TYPE, client_key, proof_of
from ilp_shared.auth.discovery import WELL_KNOWN, discover
from ilp_shared.auth.pkce import challenge_of
from ilp_shared.auth.principal import Principal
from ilp_shared.auth.tokens import TokenVerifier
from tests.support.plain_http import plain_client
from tests.support.signing_in import Browser, Door, fields_of, new_door, query_of
from tests.support.waiting import PATIENCE_S

VERIFIER = "v" * 43


class Scene:
    """An open issuer, and the pages' client at it."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.issuer = f"{door.address}/issuer"
        self.callback = f"{door.address}/monitoring/masuk/kembali"
        self.pem = (door.issuer / "clients" / PAGES / "private.pem").read_text()

    def asked(self, **changes: str) -> str:
        """Return an address that asks for a code; an empty change takes a part away."""
        query = {
            "response_type": "code",
            "client_id": PAGES,
            "redirect_uri": self.callback,
            "scope": "openid",
            "state": "s",
            "nonce": "n",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{self.issuer}/authorize?" + str(httpx2.QueryParams({k: v for k, v in query.items() if v}))

    async def code(self, **changes: str) -> str:
        """Return a new code of the visitor."""
        async with Browser(self.door.address) as browser:
            answer = await browser.step(self.asked(**changes))
        return query_of(answer.headers["location"])["code"]

    async def post(self, endpoint: str, form: dict[str, str]) -> httpx2.Response:
        """Send a form as it is."""
        async with plain_client(timeout=PATIENCE_S) as http:
            return await http.post(f"{self.issuer}/{endpoint}", data=form)

    async def redeemed(self, **form: str) -> httpx2.Response:
        """Send a form to the token endpoint, with a proof of the pages' client unless another is in it."""
        proof = proof_of(client_key(self.pem), PAGES, self.issuer)
        return await self.post("token", {**proof, **form})

    async def tokens(self, code: str, **changes: str) -> httpx2.Response:
        """Redeem a code."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        return await self.redeemed(**{**form, "redirect_uri": self.callback, **changes})

    async def principal(self, token: str) -> Principal:
        """Return what a service makes of an access token, with the keys that it discovers."""
        verifier = TokenVerifier(issuer=self.issuer, audience="ilp", jwks="", longest_s=600, mapping=ClaimMapping())
        return await verifier.verify(token)


@pytest_asyncio.fixture(loop_scope="session")
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Open an issuer."""
    door = new_door(tmp_path / "issuer")
    async with door.opened({}):
        yield Scene(door)


async def test_a_code_and_its_verifier_give_tokens_that_services_take(scene: Scene) -> None:
    answer = await scene.tokens(await scene.code())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    principal = await scene.principal(answer.json()["access_token"])
    assert (principal.subject, principal.role, principal.areas) == ("dev-analyst-id", "analyst", ("id",))


async def test_its_metadata_are_its_own(scene: Scene) -> None:
    async with plain_client() as http:
        metadata = await discover(http, scene.issuer)
        with pytest.raises((ValueError, httpx2.HTTPError)):
            await discover(http, scene.door.address)
        document = (await http.get(scene.issuer + WELL_KNOWN)).json()
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert metadata.authorization_response_iss_parameter_supported


async def test_a_code_is_used_once(scene: Scene) -> None:
    code = await scene.code()
    assert (await scene.tokens(code)).status_code == 200
    assert (await scene.tokens(code)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": "http://elsewhere.invalid/"}]
)
async def test_a_code_with_what_does_not_fit_is_refused_and_spent(scene: Scene, changes: dict[str, str]) -> None:
    code = await scene.code()
    assert (await scene.tokens(code, **changes)).json() == {"error": "invalid_grant"}
    assert (await scene.tokens(code)).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://elsewhere.invalid/"},
        {"redirect_uri": ""},
        {"client_id": "other"},
    ],
)
async def test_a_browser_is_led_back_to_registered_addresses_only(scene: Scene, changes: dict[str, str]) -> None:
    async with Browser(scene.door.address) as browser:
        answer = await browser.step(scene.asked(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
    ],
)
async def test_a_request_without_pkce_gets_no_code(scene: Scene, changes: dict[str, str], error: str) -> None:
    async with Browser(scene.door.address) as browser:
        answer = await browser.step(scene.asked(**changes))
    assert query_of(answer.headers["location"]) == {"error": error, "state": "s", "iss": scene.issuer}


async def test_a_visitor_chooses_an_account_and_leaves(scene: Scene) -> None:
    async with Browser(scene.door.address) as browser:
        page = (await browser.step(scene.asked(prompt="select_account"))).text
        assert page.index("Dinas kesehatan Kota Payakumbuh") < page.index("Health office of Kota Payakumbuh")
        chosen = {**fields_of(page), "account": "dev-dinas-13.76"}
        answer = await browser.step(f"{scene.issuer}/authorize", chosen)
        tokens = (await scene.tokens(query_of(answer.headers["location"])["code"])).json()
        assert (await scene.principal(tokens["access_token"])).areas == ("13.76",)
        again = await browser.step(scene.asked())
        assert "code" in query_of(again.headers["location"]), "a browser that is signed in is not asked again"
        farewell = f"?client_id={PAGES}&post_logout_redirect_uri={scene.door.address}/monitoring/keluar"
        left = await browser.step(f"{scene.issuer}/logout{farewell}")
        assert left.headers["location"] == f"{scene.door.address}/monitoring/keluar"
        assert "Pilih akun contoh" in (await browser.step(scene.asked())).text
        elsewhere = await browser.step(
            f"{scene.issuer}/logout?client_id={PAGES}&post_logout_redirect_uri=http://x.invalid"
        )
        assert (elsewhere.status_code, "location" in elsewhere.headers) == (200, False)
    refused = await scene.redeemed(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refused.json() == {"error": "invalid_grant"}, "the session is over"


async def test_a_refresh_token_is_for_its_client_until_it_is_revoked(scene: Scene) -> None:
    tokens = (await scene.tokens(await scene.code())).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await scene.redeemed(**refresh)).status_code == 200
    for other in (tokens["access_token"], tokens["id_token"], "x"):
        assert (await scene.redeemed(**{**refresh, "refresh_token": other})).json() == {"error": "invalid_grant"}
    machine = ECKey.generate_key("P-256").as_pem(private=True).decode()
    register(scene.door.issuer, Client("other", [public_half(machine)]))
    stolen = await scene.post("token", {**proof_of(client_key(machine), "other", scene.issuer), **refresh})
    assert stolen.json() == {"error": "invalid_grant"}
    proof = proof_of(client_key(scene.pem), PAGES, scene.issuer)
    assert (await scene.post("revoke", {**proof, "token": tokens["refresh_token"]})).status_code == 200
    assert (await scene.redeemed(**refresh)).json() == {"error": "invalid_grant"}


@pytest.fixture
def machine(scene: Scene) -> str:
    """Return the key of a registered machine client."""
    pem = ECKey.generate_key("P-256").as_pem(private=True).decode()
    register(scene.door.issuer, Client("simpus", [public_half(pem)], role="integrator", areas=["13.76"]))
    return pem


async def test_a_machine_proves_itself_by_its_key_and_each_proof_counts_once(scene: Scene, machine: str) -> None:
    form = {"grant_type": "client_credentials", **proof_of(client_key(machine), "simpus", scene.issuer)}
    given = await scene.post("token", form)
    principal = await scene.principal(given.json()["access_token"])
    assert (principal.subject, principal.role, principal.areas) == ("simpus", "integrator", ("13.76",))
    assert given.json()["expires_in"] == 300
    assert (await scene.post("token", form)).status_code == 401, "the same jti again"
    without_id = {name: value for name, value in form.items() if name != "client_id"}
    again = {
        **without_id,
        "client_assertion": proof_of(client_key(machine), "simpus", scene.issuer)["client_assertion"],
    }
    assert (await scene.post("token", again)).status_code == 200, "the assertion names the client"


def _assertion(
    pem: str, issuer: str, header: dict[str, Any] | None = None, exp: int | None = 60, **changes: object
) -> str:
    """Return a proof of the client, changed; `exp` is in seconds from now."""
    now, key = int(time.time()), client_key(pem)
    expiry = None if exp is None else now + exp
    claims: dict[str, Any] = {"iss": "simpus", "sub": "simpus", "aud": issuer, "jti": "j", "iat": now, "exp": expiry}
    changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": key.kid, **(header or {})}, changed, key)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.invalid"},
        {"iss": "other"},
        {"sub": PAGES},
        {"jti": None},
        {"jti": "x" * 256},
        {"exp": None},
        {"exp": -120},
        {"exp": 3_600},
        {"iat": None},
    ],
    ids=str,
)
async def test_proofs_that_do_not_hold(scene: Scene, machine: str, changes: dict[str, Any]) -> None:
    form = {"grant_type": "client_credentials", "client_id": "simpus", "client_assertion_type": ASSERTION_TYPE}
    assertion = _assertion(machine, scene.issuer, **changes)
    assert (await scene.post("token", {**form, "client_assertion": assertion})).json() == {"error": "invalid_client"}


async def test_another_key_an_unknown_client_and_no_proof_are_refused(scene: Scene, machine: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": "simpus", "client_assertion_type": ASSERTION_TYPE}
    other = ECKey.generate_key("P-256").as_pem(private=True).decode()
    kid = client_key(machine).kid
    for changes in (
        {"client_assertion": _assertion(other, scene.issuer, {"kid": kid})},
        {"client_assertion": _assertion(machine, scene.issuer), "client_id": "unknown"},
        {"client_assertion": ""},
        {"client_assertion": "a.b.c", "client_id": ""},
        {"client_assertion": _assertion(machine, scene.issuer), "client_assertion_type": "x"},
        {"client_secret": "x", "client_assertion_type": ""},
    ):
        assert (await scene.post("token", {**form, **changes})).json() == {"error": "invalid_client"}, changes
    pages = await scene.redeemed(grant_type="client_credentials")
    assert pages.json() == {"error": "invalid_grant"}, "the pages' client is no machine"
    assert (await scene.redeemed(grant_type="password")).json() == {"error": "unsupported_grant_type"}
