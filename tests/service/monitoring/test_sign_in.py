"""Pages sign their readers in at the issuer, by code and PKCE, and sign them out: in a browser's steps."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.service.monitoring.signing_in import PAGE, Pages, running_pages
from tests.support.databases import Databases
from tests.support.signing_in import Browser, fields_of, query_of

KEY = re.compile(r'name="kunci" value="([0-9a-f]{64})"')


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pages(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pages]:
    """Run the pages behind a front door, in two processes."""
    async with running_pages(databases, tmp_path_factory.mktemp("pages"), processes=2) as pages:
        yield pages


@pytest_asyncio.fixture(loop_scope="session")
async def browser(pages: Pages) -> AsyncIterator[Browser]:
    """Open a browser without cookies."""
    async with pages.browser() as browser:
        yield browser


async def begun(browser: Browser, page: str = PAGE) -> tuple[str, str]:
    """Begin a sign-in; returns the issuer's address, and that of the answer, which the browser has not followed."""
    to_issuer = (await browser.open(page, until="/issuer/authorize")).headers["location"]
    return to_issuer, (await browser.step(to_issuer)).headers["location"]


async def test_a_visitor_reads_the_page_without_a_click(browser: Browser) -> None:
    answer = await browser.open(f"{PAGE}?penyebut=riil")
    assert answer.status_code == 200
    assert str(answer.url).endswith(f"{PAGE}?penyebut=riil"), "the page asked for, its query included"
    assert [hop.partition("?")[0].partition("/", )[2].rpartition("/")[2] for hop in browser.hops] == [
        "id", "masuk", "authorize", "kembali", "id",
    ]  # fmt: skip
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 200, "scripts of the page read by it"
    assert "Keluar" in answer.text


async def test_what_is_sent_to_the_issuer_and_what_is_kept(pages: Pages, browser: Browser) -> None:
    to_issuer, answer = await begun(browser)
    query = query_of(to_issuer)
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert len(query["state"]) == len(query["nonce"]) == 43
    attempts = browser.cookies("ilp_attempt")
    for secret in (query["state"], query["nonce"]):
        assert secret not in str(attempts)
    done = await browser.step(answer)
    cookies = done.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["ilp_session", *attempts]
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie for cookie in cookies)
    assert "Max-Age=0" in cookies[1], "an attempt is over"
    session = browser.cookie("ilp_session")
    stored = await pages.api.rows("SELECT * FROM page_session")
    assert session is not None
    assert all(session not in str(value) and "eyJ" not in str(value) for row in stored for value in row.values())


async def test_two_readers_of_different_accounts(pages: Pages, browser: Browser) -> None:
    to_issuer = (await browser.open("/monitoring/masuk?ke=wilayah&pilih=1", until="/issuer/authorize")).headers
    page = await browser.step(to_issuer["location"])
    chosen = {**fields_of(page.text), "account": "dev-kader-13.76.01.1002"}
    back = await browser.open("/issuer/authorize", chosen)
    assert str(back.url).endswith("/wilayah/13.76.01.1002"), "its own area"
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 404
    async with pages.browser() as other:
        await other.open(PAGE)
        assert (await other.step("/monitoring/v1/situations/id")).status_code == 200


async def test_every_process_knows_the_session(pages: Pages, browser: Browser) -> None:
    await browser.open(PAGE)
    cookie = {"Cookie": f"ilp_session={browser.cookie('ilp_session')}"}
    second = await pages.apis[1].client.get("/v1/situations/id", headers=cookie)
    assert second.status_code == 200


async def test_a_wrong_state_opens_no_session(pages: Pages, browser: Browser) -> None:
    _, answer = await begun(browser)
    before = await pages.sessions()
    for wrong in (answer.replace("state=", "state=x"), re.sub(r"&state=[^&]+", "", answer)):
        refused = await browser.step(wrong)
        assert refused.status_code == 400
        assert "ilp_session" not in str(refused.headers)
    assert await pages.sessions() == before


async def test_what_is_kept_of_one_sign_in_is_not_taken_for_another(pages: Pages, browser: Browser) -> None:
    _, first = await begun(browser)
    await begun(browser)
    (of_first, _), (_, kept_of_second) = browser.cookies("ilp_attempt").items()
    async with pages.browser() as forged:
        forged.http.headers["Cookie"] = f"{of_first}={kept_of_second}"
        refused = await forged.step(first)
    assert refused.status_code == 400, "refused here; the issuer, who would refuse the verifier with 401, is not asked"


async def test_an_answer_of_another_browser_opens_no_session(pages: Pages, browser: Browser) -> None:
    """An attacker who sends a victim the address of the attacker's own sign-in signs the victim in nowhere."""
    async with pages.browser() as attacker:
        _, answer = await begun(attacker)
    assert (await browser.step(answer)).status_code == 400
    await begun(browser)
    assert (await browser.step(answer)).status_code == 400
    assert browser.cookie("ilp_session") is None


async def test_two_tabs_sign_in_at_the_same_time(pages: Pages, browser: Browser) -> None:
    _, first = await begun(browser)
    _, second = await begun(browser)
    assert [(await browser.step(each)).status_code for each in (first, second)] == [303, 303]
    assert (await browser.step(first)).status_code == 400, "an attempt is over"
    before = await pages.sessions()
    for _ in range(6):
        _, newest = await begun(browser, "/monitoring/masuk")
    assert len(browser.cookies("ilp_attempt")) == 4, "a browser sends what it keeps with every request"
    assert (await browser.step(newest)).status_code == 303
    assert await pages.sessions() == before, "the session before is over"


async def test_a_code_counts_once(pages: Pages, browser: Browser) -> None:
    _, answer = await begun(browser)
    ((name, attempt),) = browser.cookies("ilp_attempt").items()
    assert (await browser.step(answer)).status_code == 303
    before = await pages.sessions()
    replayed = await pages.api.client.get(
        "/masuk/kembali", params=query_of(answer), headers={"Cookie": f"{name}={attempt}"}
    )
    assert replayed.status_code == 401
    assert await pages.sessions() == before


@pytest.mark.parametrize("iss", ["https://other.invalid/issuer", ""])
async def test_an_answer_of_another_issuer_is_refused(browser: Browser, iss: str) -> None:
    _, answer = await begun(browser)
    mixed_up = re.sub(r"&iss=[^&]+", f"&iss={iss}" if iss else "", answer)
    assert (await browser.step(mixed_up)).status_code == 400


async def test_the_issuer_s_refusal_is_said_and_leads_to_another_sign_in(browser: Browser) -> None:
    _, answer = await begun(browser)
    refused = await browser.step(re.sub(r"code=[^&]+", "error=access_denied", answer))
    assert refused.status_code == 401
    assert 'href="../masuk?pilih=1"' in refused.text


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.invalid/",
        "//evil.invalid",
        "/\\evil.invalid",
        "wilayah/../../x",
        "wilayah/id%0d%0aSet-Cookie:x",
        "masuk",
        "wilayah@evil.invalid",
        "javascript:alert(1)",
    ],
)
async def test_a_sign_in_leads_to_pages_of_this_service_only(pages: Pages, browser: Browser, asked: str) -> None:
    to_issuer = (await browser.step(f"/monitoring/masuk?ke={asked}")).headers["location"]
    done = await browser.open((await browser.step(to_issuer)).headers["location"])
    assert str(done.url) == f"{pages.door.address}{PAGE}"


async def test_another_name_of_the_host_is_left_before_the_sign_in(pages: Pages) -> None:
    here = pages.door.address.replace("127.0.0.1", "localhost")
    async with Browser(here) as browser:
        answer = await browser.open(f"{here}{PAGE}")
    assert answer.status_code == 200
    assert str(answer.url) == f"{pages.door.address}{PAGE}"


async def test_an_earlier_session_is_never_taken_over(pages: Pages, browser: Browser) -> None:
    """Fixation: who plants a cookie knows nothing of the session, and the earlier session is over."""
    browser.http.cookies.set("ilp_session", "planted", domain="127.0.0.1")
    assert (await browser.open(PAGE)).status_code == 200
    first = browser.cookie("ilp_session")
    assert first not in (None, "planted")
    await browser.open("/monitoring/masuk?ke=wilayah")
    assert browser.cookie("ilp_session") != first
    old = await pages.api.client.get("/v1/situations/id", headers={"Cookie": f"ilp_session={first}"})
    assert old.status_code == 401
    await pages.age("fresh_until = clock_timestamp()")
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 200, "the new one can be renewed"


async def test_a_cookie_is_exchanged_and_the_former_holds_a_moment(pages: Pages, browser: Browser) -> None:
    await browser.open(PAGE)
    first = browser.cookie("ilp_session")
    await pages.age("rotated_at = rotated_at - interval '16 minutes'")
    assert (await browser.step(PAGE)).status_code == 200
    second = browser.cookie("ilp_session")
    assert second != first

    async def status(secret: str | None) -> int:
        sent = {"Cookie": f"ilp_session={secret}"}
        return (await pages.api.client.get("/v1/situations/id", headers=sent)).status_code

    assert (await status(first), await status(second)) == (200, 200), "requests on their way"
    await pages.age("rotated_at = rotated_at - interval '61 seconds'")
    assert (await status(first), await status(second)) == (401, 200)


@pytest.mark.parametrize(
    "passed",
    [
        "used_at = used_at - interval '31 minutes'",
        "ends_at = ends_at - interval '12 hours'",
    ],
    ids=["idle", "absolute"],
)
async def test_a_session_is_over(pages: Pages, browser: Browser, passed: str) -> None:
    await browser.open(PAGE)
    await pages.age(passed)
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 401
    assert "/masuk?" in (await browser.step(PAGE)).headers["location"]


async def test_watching_does_not_keep_a_session_and_opening_pages_does(pages: Pages, browser: Browser) -> None:
    await browser.open(PAGE)
    await pages.age("used_at = used_at - interval '29 minutes'")
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 200
    await pages.age("used_at = used_at - interval '2 minutes'")
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 401
    await browser.open(PAGE)
    await pages.age("used_at = used_at - interval '29 minutes'")
    assert (await browser.step(PAGE)).status_code == 200
    await pages.age("used_at = used_at - interval '2 minutes'")
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 200


async def test_claims_are_renewed_once_for_many_requests(pages: Pages, browser: Browser) -> None:
    await browser.open(PAGE)
    await pages.age("fresh_until = clock_timestamp() + interval '30 seconds'")
    paths = ["/monitoring/v1/situations/id"] * 5
    answers = await asyncio.gather(*(browser.step(path) for path in paths))
    assert {answer.status_code for answer in answers} == {200}
    row = (await pages.api.rows("SELECT fresh_until - clock_timestamp() AS left FROM page_session ORDER BY used_at"))[
        -1
    ]
    assert row["left"].total_seconds() > 500


async def test_signing_out_ends_the_session_here_and_at_the_issuer(pages: Pages, browser: Browser) -> None:
    page = await browser.open(PAGE)
    key, secret = KEY.search(page.text), browser.cookie("ilp_session")
    assert key is not None
    left = await browser.step("/monitoring/keluar", {"kunci": key[1]})
    assert left.status_code == 200
    assert "Anda sudah keluar" in left.text
    assert browser.cookie("ilp_session") is None
    old = await pages.api.client.get("/v1/situations/id", headers={"Cookie": f"ilp_session={secret}"})
    assert old.status_code == 401, "the row is gone, not only the cookie"
    goodbye = left.headers["refresh"].partition("url=")[2]
    assert goodbye.startswith(f"{pages.issuer}/logout?")
    assert "id_token" not in goodbye, "addresses hold nothing of an account"
    done = await browser.open(goodbye)
    assert str(done.url) == f"{pages.door.address}/monitoring/keluar"
    chooser = await browser.open(PAGE)
    assert "Pilih akun contoh" in chooser.text, "the issuer does not sign the account in again by itself"


async def test_another_site_signs_nobody_out(pages: Pages, browser: Browser) -> None:
    key = KEY.search((await browser.open(PAGE)).text)
    assert key is not None
    address = f"{pages.door.address}/monitoring/keluar"
    for form, site in (
        ({}, "same-origin"),
        ({"kunci": "0" * 64}, "same-origin"),
        ({"kunci": key[1]}, "cross-site"),
        ({"kunci": key[1]}, "same-site"),
    ):
        refused = await browser.http.post(address, data=form, headers={"Sec-Fetch-Site": site})
        assert refused.status_code == 403, (form, site)
    assert (await browser.http.get(address)).status_code == 200
    assert (await browser.step("/monitoring/v1/situations/id")).status_code == 200, "reading the address ends nothing"


async def test_a_session_writes_nothing(browser: Browser) -> None:
    """The cookie reads; what changes records needs a token, so no page of another site can do it."""
    await browser.open(PAGE)
    answer = await browser.http.post(f"{browser.address}/monitoring/v1/situations/id", json={})
    assert answer.status_code == 405


async def test_programs_read_pages_as_before(pages: Pages) -> None:
    token = pages.api.issuer.headers("dinas", "13.76")
    answer = await pages.api.client.get("/wilayah", headers=token)
    assert answer.headers["location"] == "wilayah/13.76"
    assert (await pages.api.client.get("/wilayah/id")).status_code == 401, "no token, no browser: no sign-in"
