"""Sign-in with an issuer that answers what it must not, or that ends sessions; and behind TLS."""

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import ECKey

from ilp_monitoring.sign_in.service import forget_sessions
from tests.hostile.scripted_issuer import ADDRESS, CLIENT, IN, OUT, Json, Scene, running_scene
from tests.support.databases import Databases
from tests.support.signing_in import query_of

SESSION, ATTEMPT = "__Host-ilp_session", "__Host-ilp_attempt"


@pytest_asyncio.fixture(loop_scope="session")
async def scene(databases: Databases, tmp_path: Path) -> AsyncIterator[Scene]:
    """Run the service with a scripted issuer."""
    async with running_scene(databases, tmp_path) as scene:
        yield scene


async def test_behind_tls_cookies_are_of_this_host_alone(scene: Scene) -> None:
    async with scene.browser() as browser:
        attempt = (await browser.get("/masuk")).headers["set-cookie"]
        done = await scene.signed_in(browser)
        assert (done.status_code, done.headers["location"]) == (303, "../wilayah/13.76")
        session = done.headers.get_list("set-cookie")[0]
        for cookie, name in ((attempt, ATTEMPT), (session, SESSION)):
            parts = cookie.split("; ")
            assert parts[0].startswith(name)
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
        {"access_token": scene.issuer.access(areas=None)},
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


async def test_endpoints_may_have_a_query_of_their_own(scene: Scene) -> None:
    ends = ("authorization_endpoint", "end_session_endpoint")
    scene.issuer.metadata = {name: f"{scene.issuer.issuer}/{name}?realm=ilp" for name in ends}
    async with scene.browser() as browser:
        assert (await scene.begun(browser))["realm"] == "ilp"
        await scene.signed_in(browser)
        form = (await scene.api.rows("SELECT form_key FROM page_session"))[0]["form_key"].hex()
        left = await browser.post("/keluar", data={"kunci": form})
    asked = query_of(left.headers["refresh"])
    assert (asked["realm"], asked["client_id"]) == ("ilp", CLIENT)


async def test_nothing_secret_is_logged(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        await scene.signed_in(browser, nonce="other")
        secrets = [cookie.value for cookie in browser.cookies.jar]
    output = "".join(capsys.readouterr())
    for secret in (*secrets, "eyJ", "r1", "code="):
        assert secret is not None
        assert secret not in output
