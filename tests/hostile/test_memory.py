"""Bodies of 50 MB against a real process: refused early, again and again, while its memory stays where it was."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ilp_screening.service import SERVICE
from ilp_shared.http.bodies import MAX_ANONYMOUS_BODY
from ilp_shared.ids import new_id
from tests.hostile.process import Process, running_process
from tests.hostile.raw import RawAnswer, exchange, request
from tests.support.api import Issuer
from tests.support.databases import Databases
from tests.support.plain_http import plain_client

BODY = b" " * 50_000_000
GROWTH_MIB = 60
"""What the peak may grow by, whatever is sent: four clients at once may each have the 4 MiB that are read."""
PATIENCE_S = 10
JSON = {"Content-Type": "application/json"}
PATHS = ("/v1/evaluations", "/v1/screenings", "/v1/screenings:batch")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def process(
    databases: Databases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Process]:
    """Provide the screening API as a process."""
    folder = tmp_path_factory.mktemp("memory")
    urls = await databases.create(SERVICE)
    async with running_process(SERVICE, urls, issuer, folder, body_deadline_s=str(PATIENCE_S)) as running:
        yield running


def chunked(body: bytes) -> bytes:
    """Return a body in pieces, its length not announced."""
    size = 1 << 20
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def send(process: Process, path: str, headers: dict[str, str], body: bytes, *, announced: bool) -> RawAnswer:
    """Send 50 MB at once; a server that answers and hangs up half-way is what we want."""
    kind = {"Content-Length": str(len(body))} if announced else {"Transfer-Encoding": "chunked"}
    head = request("POST", path, {**JSON, **headers, **kind})
    return await exchange(process.url, head + (body if announced else chunked(body)))


async def test_fifty_megabytes_are_refused_and_forgotten(process: Process, issuer: Issuer) -> None:
    async with plain_client(process.url) as client:
        assert (await client.get("/health/live")).status_code == 200
    before = process.memory_mib("VmHWM")
    answered = []
    for path in PATHS:
        headers = issuer.headers("midwife", "13.76", key=str(new_id()))
        for announced in (True, False):
            answered += await asyncio.gather(
                *(send(process, path, headers, BODY, announced=announced) for _ in range(4))
            )
    assert {answer.status for answer in answered} <= {413, 0}, "0: the server hung up before all was sent"
    assert sum(answer.status == 413 for answer in answered) >= len(answered) / 2
    grown = process.memory_mib("VmHWM") - before
    assert grown < GROWTH_MIB, f"{grown:.0f} MiB"
    async with plain_client(process.url) as client:
        assert (await client.get("/health/live")).status_code == 200


async def test_bodies_that_never_end_hold_nobody_up_and_are_ended(process: Process, issuer: Issuer) -> None:
    lines = {**JSON, **issuer.headers("midwife", "13.76", key=str(new_id()))}
    begun = [request("POST", "/v1/screenings", {**lines, "Content-Length": "4000000"}) + b"{"] * 100
    begun += [request("POST", "/v1/evaluations", {"Content-Length": "60000"}) + b"{"] * 100
    slow = [asyncio.create_task(exchange(process.url, sent)) for sent in begun]
    evaluation = b'{"subject": {"sex": "male", "age_months": 30}, "observations": {"weight_kg": 12.5}}'
    for _ in range(20):
        answer = await exchange(process.url, request("POST", "/v1/evaluations", JSON, evaluation))
        assert answer.status == 200
    answers = await asyncio.gather(*slow)
    assert {answer.status for answer in answers} == {408}
    assert all(answer.problem["retryable"] for answer in answers)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_large_body_is_read_from_bearers_of_a_sound_token_only(
    process: Process, issuer: Issuer, *, announced: bool
) -> None:
    body = b'{"a": 1, "a": 2, "b": "' + b" " * MAX_ANONYMOUS_BODY + b'"}'
    for headers in ({}, {"Authorization": "Bearer e.e.e"}):
        assert (await send(process, "/v1/evaluations", headers, body, announced=announced)).status == 413
    known = {"Authorization": f"Bearer {issuer.token('kader', '13.76')}"}
    answer = await send(process, "/v1/evaluations", known, body, announced=announced)
    assert answer.status == 422
    assert '"/a"' in answer.body.decode()
