"""Sign-in with an issuer that answers what it must not, that ends sessions, or that is away; and behind TLS.

The issuer here is scripted by each test. It signs with a key that the service trusts, so that everything else has to
hold by itself.
"""

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.dev.connections import listening
from deploy.dev.front_door import refuse_unreadable
from deploy.dev.vault import free_port
from ilp_monitoring.service import SERVICE
from ilp_monitoring.sign_in.rules.tokens import LOGOUT_EVENT
from ilp_monitoring.sign_in.service import forget_sessions
from ilp_shared.auth import development
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases
from tests.support.signing_in import HTML, query_of

CLIENT = "ilp-pages"
ADDRESS = "https://test"
SESSION, ATTEMPT = "__Host-ilp_session", "__Host-ilp_attempt"
Json = dict[str, Any]


@dataclass
class Scripted:
    """An issuer: its folder and address, and what its token endpoint answers."""

    folder: Path
    port: int
    answer: Callable[[Json], tuple[int, object]] = lambda _form: (500, {})
    metadata: Json = field(default_factory=dict)
    asked: list[Json] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """The identity."""
        return f"http://127.0.0.1:{self.port}"

    async def _document(self, _: web.Request) -> web.Response:
        base = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint")}
        ends = {"revocation_endpoint": f"{self.issuer}/revoke", "end_session_endpoint": f"{self.issuer}/logout"}
        document = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **base, **ends, **self.metadata}
        return web.json_response(document)

    async def _keys(self, _: web.Request) -> web.Response:
        return web.Response(body=(self.folder / "jwks.json").read_bytes(), content_type="application/json")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append({**form, "path": request.path})
        status, document = self.answer(form) if request.path == "/token_endpoint" else (200, {})
        return web.json_response(document, status=status)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Serve it."""
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._document)
        app.router.add_get("/jwks", self._keys)
        app.router.add_post("/token_endpoint", self._token)
        app.router.add_post("/revoke", self._token)
        async with listening(app, self.port, refuse_unreadable):
            yield

    def access(self, **changes: object) -> str:
        """Return an access token, changed."""
        claims = {"aud": "ilp", "sub": "x", "roles": ["dinas"], "areas": ["13.76"]}
        return self.signed({**claims, **changes})

    def signed(self, claims: Json, kind: str = "JWT") -> str:
        """Return a token of this issuer; its `exp` is given in seconds from now."""
        now = int(time.time())
        whole = {"iss": self.issuer, "iat": now, "exp": 300, **claims}
        return development.sign(self.folder, {**whole, "exp": now + int(whole["exp"])}, kind)

    def logout(self, **changes: object) -> str:
        """Return a logout token, changed; each is a new one."""
        claims = {"aud": CLIENT, "jti": f"j{time.time_ns()}", "sid": "s1", "events": {LOGOUT_EVENT: {}}}
        changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return self.signed(changed, "logout+jwt")


@dataclass
class Scene:
    """The service behind TLS, a browser on it, and the issuer."""

    api: Api
    issuer: Scripted

    def browser(self) -> httpx2.AsyncClient:
        """Return a browser without cookies."""
        transport = httpx2.ASGITransport(app=self.api.app, raise_app_exceptions=False)
        return httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers=HTML)

    async def begun(self, browser: httpx2.AsyncClient) -> dict[str, str]:
        """Begin a sign-in; returns what the issuer was asked."""
        return query_of((await browser.get("/masuk?ke=wilayah/13.76")).headers["location"])

    async def signed_in(
        self, browser: httpx2.AsyncClient, answer: Json | None = None, **id_token: object
    ) -> httpx2.Response:
        """Sign in with tokens that hold, but for the changes."""
        asked = await self.begun(browser)
        claims = {"aud": CLIENT, "sub": "x", "nonce": asked["nonce"], "sid": "s1", **id_token}
        tokens = {"access_token": self.issuer.access(), "id_token": self.issuer.signed(claims), "refresh_token": "r1"}
        self.issuer.answer = lambda _form: (200, {**tokens, **(answer or {})})
        return await browser.get("/masuk/kembali", params={"code": "c", "state": asked["state"]})

    async def status(self, browser: httpx2.AsyncClient) -> int:
        """Return what a request of the page's script is answered: 404, because the area is not known here."""
        return (await browser.get("/v1/situations/13.76")).status_code

    async def change(self, changes: str) -> None:
        """Change every session, as if time had passed."""
        await self.api.as_owner(f"UPDATE page_session SET {changes}")

    async def told(self, token: str) -> int:
        """Send a logout token; returns the status."""
        return (await self.browser().post("/masuk/penerbit-keluar", data={"logout_token": token})).status_code


IN, OUT = 404, 401
"""Signed in, an unknown area is not found; signed out, nothing is read."""


@pytest_asyncio.fixture(loop_scope="session")
async def scene(databases: Databases, tmp_path: Path) -> AsyncIterator[Scene]:
    """Run the service with a scripted issuer."""
    development.create_issuer(tmp_path)
    issuer = Scripted(tmp_path, free_port())
    settings = {
        "oidc_issuer": issuer.issuer,
        "oidc_jwks": "",
        "oidc_longest_token_s": "600",
        "sign_in_address": ADDRESS,
        "sign_in_client": CLIENT,
        "sign_in_client_key": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "sign_in_seal_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    }
    async with (
        issuer.opened(),
        open_api(SERVICE, await databases.create(SERVICE), Issuer(tmp_path), **settings) as api,
    ):
        yield Scene(api, issuer)


async def test_behind_tls_cookies_are_of_this_host_alone(scene: Scene) -> None:
    async with scene.browser() as browser:
        attempt = (await browser.get("/masuk")).headers["set-cookie"]
        done = await scene.signed_in(browser)
        assert (done.status_code, done.headers["location"]) == (303, "../wilayah/13.76")
        session = done.headers.get_list("set-cookie")[0]
        for cookie, name in ((attempt, ATTEMPT), (session, SESSION)):
            parts = cookie.split("; ")
            assert parts[0].startswith(f"{name}=")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(parts)
            assert "domain" not in cookie.lower()
        assert await scene.status(browser) == IN
        browser.cookies.clear()
        plain = await browser.get("/v1/situations/13.76", headers={"Cookie": session.replace("__Host-", "")})
        assert plain.status_code == OUT, "a cookie that another host of the domain could set is not read"


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "other"},
        {"sub": "y"},
        {"aud": "other"},
        {"iss": "https://other.invalid"},
        {"azp": "other"},
        {"exp": -300},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_hold_opens_no_session(scene: Scene, changes: Json) -> None:
    async with scene.browser() as browser:
        assert (await scene.signed_in(browser, **changes)).status_code == 401
        assert await scene.status(browser) == OUT


async def test_tokens_that_are_missing_or_do_not_hold_open_no_session(scene: Scene) -> None:
    foreign = ECKey.generate_key("P-256")
    forged = jwt.encode({"alg": "ES256"}, {"iss": scene.issuer.issuer, "aud": CLIENT, "sub": "x"}, foreign)
    for answer in (
        {"id_token": None},
        {"id_token": 7},
        {"id_token": forged},
        {"id_token": scene.issuer.access()},
        {"access_token": None},
        {"access_token": forged},
        {"access_token": scene.issuer.access(aud="other")},
        {"access_token": scene.issuer.access(roles=["offline_access"])},
        {"access_token": scene.issuer.access(areas=[])} | {"access_token": scene.issuer.access(areas=None)},
        {"access_token": scene.issuer.access(exp=86_400)},
        {"refresh_token": 7},
    ):
        async with scene.browser() as browser:
            assert (await scene.signed_in(browser, answer)).status_code == 401, answer
            assert await scene.status(browser) == OUT


@pytest.mark.parametrize("answer", [(400, {"error": "invalid_grant"}), (200, []), (200, "x"), (302, {}), (401, {})])
async def test_an_issuer_that_refuses(scene: Scene, answer: tuple[int, object]) -> None:
    async with scene.browser() as browser:
        asked = await scene.begun(browser)
        scene.issuer.answer = lambda _form: answer
        done = await browser.get("/masuk/kembali", params={"code": "c", "state": asked["state"]})
        assert done.status_code == 401
        assert "Mulai lagi" in done.text


async def test_the_client_proves_itself_and_sends_the_verifier(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
    form = scene.issuer.asked[0]
    keys = (await scene.api.client.get("/masuk/kunci")).json()["keys"]
    assert all("d" not in key for key in keys), "the public half only"
    claims = jwt.decode(form["client_assertion"], ECKey.import_key(keys[0])).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, scene.issuer.issuer)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", form["code_verifier"])
    assert form["redirect_uri"] == f"{ADDRESS}/masuk/kembali"


async def test_metadata_of_another_issuer_begin_no_sign_in(scene: Scene) -> None:
    scene.issuer.metadata = {"issuer": "https://other.invalid"}
    async with scene.browser() as browser:
        assert (await browser.get("/masuk")).status_code == 503


async def test_an_answer_must_name_its_issuer_where_the_issuer_says_so(scene: Scene) -> None:
    scene.issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    async with scene.browser() as browser:
        assert (await scene.signed_in(browser)).status_code == 400
        asked = await scene.begun(browser)
        answer = {"code": "c", "state": asked["state"], "iss": "https://other.invalid"}
        assert (await browser.get("/masuk/kembali", params=answer)).status_code == 400
    assert scene.issuer.asked == [], "no code was sent anywhere"


async def test_an_account_that_was_withdrawn_is_out_with_its_claims(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        await scene.change("fresh_until = clock_timestamp()")
        scene.issuer.answer = lambda _form: (200, {"access_token": scene.issuer.access(areas=["14.72"])})
        assert await scene.status(browser) == 404
        rows = await scene.api.rows("SELECT areas FROM page_session")
        assert [row["areas"] for row in rows] == [["14.72"]], "new claims"
        assert scene.issuer.asked[-1]["refresh_token"] == "r1"
        await scene.change("fresh_until = clock_timestamp()")
        scene.issuer.answer = lambda _form: (400, {"error": "invalid_grant"})
        assert await scene.status(browser) == OUT
        assert await scene.api.rows("SELECT 1 FROM page_session") == []


async def test_a_refresh_that_brings_another_account_ends_the_session(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        await scene.change("fresh_until = clock_timestamp()")
        scene.issuer.answer = lambda _form: (200, {"access_token": scene.issuer.access(sub="y")})
        assert await scene.status(browser) == OUT


async def test_claims_hold_a_while_when_the_issuer_is_away(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        scene.issuer.answer = lambda _form: (503, {})
        for passed, status in ((0, IN), (9, IN), (11, 503)):
            await scene.change(
                f"fresh_until = clock_timestamp() - interval '{passed} minutes', refreshing_until = NULL"
            )
            assert await scene.status(browser) == status, passed


async def test_a_refresh_token_is_stored_sealed(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser, {"refresh_token": "a-refresh-token-in-clear"})
        row = (await scene.api.rows("SELECT * FROM page_session"))[0]
        assert all("a-refresh-token" not in str(value) for value in row.values())
        await scene.change("refresh_token = 'AAAA', fresh_until = clock_timestamp()")
        assert await scene.status(browser) == OUT, "what another key sealed renews nothing"


async def test_without_a_refresh_token_a_session_ends_with_its_claims(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser, {"refresh_token": None})
        row = await scene.api.rows(
            "SELECT ends_at <= clock_timestamp() + interval '5 minutes' AS soon FROM page_session"
        )
        assert row[0]["soon"]


async def test_the_issuer_ends_the_sessions_of_its_own(scene: Scene) -> None:
    async with scene.browser() as first, scene.browser() as second, scene.browser() as other:
        await scene.signed_in(first)
        await scene.signed_in(second)
        await scene.signed_in(other, sid="s2")
        assert await scene.told(scene.issuer.logout()) == 200
        assert [await scene.status(each) for each in (first, second, other)] == [OUT, OUT, IN]
        assert await scene.told(scene.issuer.logout(sid=None, sub="x")) == 200
        assert await scene.status(other) == OUT, "without a session's id, all of the account"
        assert await scene.told(scene.issuer.logout(sid="unknown")) == 200, "no session is no error"


async def test_a_logout_token_counts_once(scene: Scene) -> None:
    token = scene.issuer.logout()
    assert await scene.told(token) == 200
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        assert await scene.told(token) == 400
        assert await scene.status(browser) == IN, "an old one ends no later session"
        async with scene.api.database.pool.acquire() as conn:
            await forget_sessions(conn)
        assert await scene.told(token) == 400, "remembered as long as it would hold"


async def test_what_is_no_logout_token_ends_nothing(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        id_token = scene.issuer.signed({"aud": CLIENT, "sub": "x", "sid": "s1", "nonce": "n"})
        stranger = jwt.encode({"alg": "ES256"}, {"aud": CLIENT, "sid": "s1", "jti": "q"}, ECKey.generate_key("P-256"))
        for n, token in enumerate(
            (
                id_token,
                stranger,
                scene.issuer.logout(nonce="n"),
                scene.issuer.logout(events={}),
                scene.issuer.logout(aud="other"),
                scene.issuer.logout(jti=None),
                scene.issuer.logout(sid=None),
                scene.issuer.logout(exp=-300),
                "x",
                "",
            )
        ):
            assert await scene.told(token) == 400, n
        twice = await browser.post("/masuk/penerbit-keluar", content=b"logout_token=a&logout_token=b")
        assert twice.status_code == 400
        assert (await browser.post("/masuk/penerbit-keluar", content=b"\xff")).status_code == 400
        assert (await browser.get("/masuk/penerbit-keluar")).status_code == 405
        assert await scene.status(browser) == IN


async def test_a_sealed_attempt_of_another_process_opens_and_one_that_is_old_does_not(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scene.browser() as browser:
        asked = await scene.begun(browser)
        late = time.time() + 601
        monkeypatch.setattr("ilp_monitoring.sign_in.service.time.time", lambda: late)
        done = await browser.get("/masuk/kembali", params={"code": "c", "state": asked["state"]})
        assert done.status_code == 400


async def test_signing_out_has_the_issuer_forget_the_refresh_token(scene: Scene) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        form = (await scene.api.rows("SELECT form_key FROM page_session"))[0]["form_key"].hex()
        left = await browser.post("/keluar", data={"kunci": form}, headers={"Sec-Fetch-Site": "same-origin"})
        assert left.headers["refresh"].startswith(f"0;url={scene.issuer.issuer}/logout?")
        assert (scene.issuer.asked[-1]["path"], scene.issuer.asked[-1]["token"]) == ("/revoke", "r1")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert await scene.status(browser) == OUT


async def test_nothing_secret_is_logged(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        await scene.signed_in(browser, nonce="other")
        secrets = [cookie.value for cookie in browser.cookies.jar]
    output = "".join(capsys.readouterr())
    for secret in (*secrets, "eyJ", "r1", "code="):
        assert secret is not None
        assert secret not in output
