"""Claims of sessions are renewed by one process at a time, whatever becomes of its request, and of the issuer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ilp_monitoring.service import SERVICE
from tests.hostile.scripted_issuer import IN, OUT, Json, Scene, running_scene
from tests.support.addresses import connected
from tests.support.databases import Databases
from tests.support.waiting import eventually


@pytest_asyncio.fixture(loop_scope="session")
async def scene(databases: Databases, tmp_path: Path) -> AsyncIterator[Scene]:
    """Run the service in two processes with a scripted issuer."""
    async with running_scene(databases, tmp_path, processes=2) as scene:
        yield scene


async def signed_in(scene: Scene, left: str) -> Json:
    """Sign in and return the headers by which all processes know the session, whose claims end after an interval."""
    async with scene.browser() as browser:
        await scene.signed_in(browser)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    await scene.change(f"fresh_until = clock_timestamp() + interval '{left}'")
    return {"Cookie": cookies}


async def status(scene: Scene, cookie: Json, process: int = 0) -> int:
    """Return what a process answers to a request of the page's script."""
    async with scene.browser(process) as browser:
        return (await browser.get("/v1/situations/13.76", headers=cookie)).status_code


async def test_one_process_asks_for_all(scene: Scene) -> None:
    cookie = await signed_in(scene, "30 seconds")
    scene.issuer.answer = lambda _form: (200, {"access_token": scene.issuer.access(), "refresh_token": "r2"})
    scene.issuer.answering.clear()
    asking = [asyncio.create_task(status(scene, cookie, n % 2)) for n in range(6)]
    done, _ = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    scene.issuer.answering.set()
    assert set(await asyncio.gather(*asking)) == {IN}
    assert done, "the others do not wait"
    assert scene.issuer.refreshes == ["r1"]


async def test_a_refresh_token_is_sent_once(scene: Scene) -> None:
    """A request has read it, another one has it exchanged: the first one does not ask."""
    cookie = await signed_in(scene, "-5 minutes")
    renewing = await connected(scene.api.urls.owner, server_settings={"search_path": SERVICE.schema})
    renewal = renewing.transaction()
    await renewal.start()
    await renewing.execute(
        "UPDATE page_session SET refresh_token = 'r2', fresh_until = fresh_until + interval '10 minutes'"
    )
    asking = asyncio.create_task(status(scene, cookie))

    async def waits() -> bool:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return bool(await scene.api.rows(waiting))

    await eventually(waits)
    await renewal.commit()
    await renewing.close()
    assert await asking == IN, "by the claims that the other one has brought"
    assert scene.issuer.refreshes == []


async def test_a_renewal_goes_on_when_its_request_is_given_up(scene: Scene) -> None:
    """Otherwise the new refresh token is lost, and the issuer takes the former one for stolen."""
    cookie = await signed_in(scene, "0 seconds")
    scene.issuer.answer = lambda _form: (200, {"access_token": scene.issuer.access(), "refresh_token": "r2"})
    scene.issuer.answering.clear()
    left = asyncio.create_task(status(scene, cookie))

    async def asked() -> bool:
        return scene.issuer.refreshes == ["r1"]

    await eventually(asked)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    scene.issuer.answering.set()

    async def renewed() -> bool:
        return bool(await scene.api.rows("SELECT 1 FROM page_session WHERE fresh_until > clock_timestamp()"))

    await eventually(renewed)
    await scene.change("fresh_until = clock_timestamp()")
    assert await status(scene, cookie, 1) == IN
    assert scene.issuer.refreshes == ["r1", "r2"]


@pytest.mark.parametrize(
    "answer", [(503, {}), (401, {"error": "invalid_client"}), (400, {"error": "invalid_client"}), (200, [])]
)
async def test_claims_hold_a_while_without_an_answer_to_them(scene: Scene, answer: tuple[int, object]) -> None:
    """An issuer that is away, or to which the client is unknown while its key is exchanged, withdraws no account."""
    cookie = await signed_in(scene, "30 seconds")
    scene.issuer.answer = lambda _form: answer
    assert [await status(scene, cookie, n) for n in (0, 1)] == [IN, IN]
    await scene.change("fresh_until = clock_timestamp() - interval '9 minutes'")
    assert [await status(scene, cookie, n % 2) for n in range(6)] == [IN] * 6, "for every request"
    await scene.change("fresh_until = clock_timestamp() - interval '11 minutes'")
    assert await status(scene, cookie) == 503


async def test_an_issuer_that_is_back_is_asked_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = await signed_in(scene, "30 seconds")
    scene.issuer.answer = lambda _form: (503, {})
    assert await status(scene, cookie) == IN
    scene.issuer.answer = lambda _form: (400, {"error": "invalid_grant"})
    assert await status(scene, cookie) == IN, "not for every request"
    monkeypatch.setattr("ilp_monitoring.sign_in.sessions._ASK_AGAIN_S", 0.0)
    assert await status(scene, cookie, 1) == OUT
    assert await scene.api.rows("SELECT 1 FROM page_session") == []


@pytest.mark.parametrize("is_silent", [False, True])
async def test_a_reader_can_leave_whatever_the_issuer_does(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, is_silent: bool
) -> None:
    monkeypatch.setattr("ilp_monitoring.sign_in.provider._PARTING_S", 0.1)
    cookie = await signed_in(scene, "-20 minutes")
    form: Json = {"kunci": (await scene.api.rows("SELECT form_key FROM page_session"))[0]["form_key"].hex()}
    scene.issuer.answer = lambda _form: (503, {})
    if is_silent:
        scene.issuer.answering.clear()
    async with scene.browser() as browser:
        left = await browser.post("/keluar", data=form, headers=cookie)
    assert left.status_code == 200
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert await scene.api.rows("SELECT 1 FROM page_session") == []
    scene.issuer.answering.set()
