"""The one port as a process of its own: bytes that are no request, bodies too large or packed; its log stays silent."""

import asyncio
import gzip
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.dev.config import ROOT
from deploy.dev.front_door import MAX_BODY
from deploy.dev.vault import free_port
from ilp_screening.service import SERVICE
from tests.hostile.process import running_process
from tests.hostile.raw import RawAnswer, exchange, request
from tests.hostile.scanner import findings_in
from tests.support.api import Issuer
from tests.support.databases import Databases
from tests.support.waiting import eventually, patiently

NIK = b"1376014302900000"
EVALUATE = "/screening/v1/evaluations"
JSON = {"Content-Type": "application/json"}
SOUND = b'{"subject": {"sex": "male", "age_months": 30}, "observations": {"weight_kg": 12.5}}'


@dataclass(frozen=True)
class Door:
    """Where it listens, and what it writes."""

    url: str
    log: Path
    token: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(databases: Databases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """Provide the front door before the screening API."""
    folder = tmp_path_factory.mktemp("door")
    port, log = free_port(), folder / "front-door.log"
    async with running_process(SERVICE, await databases.create(SERVICE), issuer, folder) as api:
        roles = {"api": api.url, "worker": api.url}
        arguments = [str(port), json.dumps({"/screening": roles})]
        with log.open("wb") as out:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "deploy.dev.front_door", *arguments, cwd=ROOT, stdout=out, stderr=out
            )
        made = Door(f"http://127.0.0.1:{port}", log, issuer.token("midwife", "13.76"))

        async def answers() -> bool:
            try:
                return (await exchange(made.url, request("GET", "/"))).status == 302
            except OSError:
                return False

        await eventually(answers, within_s=60)
        yield made
        child.terminate()
        assert await patiently(child.wait()) == 0


def unreadable(token: str) -> list[bytes]:
    """Return requests that no parser takes, with what must not come out again."""
    secret = f"Authorization: Bearer {token}\r\n".encode()
    return [
        b"GET /screening/v1/x?nik=" + NIK + b" HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nNIK " + NIK + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\n" + secret + b"Content-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + secret + b"bad\x00header: x\r\n\r\n",
        NIK * 600 + b"\r\n\r\n",
    ]


async def test_what_is_no_request_is_refused_and_neither_echoed_nor_logged(door: Door) -> None:
    for sent in unreadable(door.token):
        answer = await exchange(door.url, sent)
        assert answer.status == 400, sent[:40]
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "aiohttp" not in str(answer.headers)
        assert list(findings_in(answer.body, "answer")) == []
        assert NIK not in answer.body
    written = door.log.read_bytes()
    assert list(findings_in(written, "log")) == []
    assert NIK not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert len([line for line in lines if line["event"] == "unreadable" and line["status"] == 400]) >= len(
        unreadable(door.token)
    )
    assert all(line["timestamp"] and line["trace_id"] for line in lines)


async def post(door: Door, body: bytes, headers: dict[str, str], *, chunked: bool = False) -> RawAnswer:
    """Send an evaluation, whole or in pieces."""
    if not chunked:
        return await exchange(door.url, request("POST", EVALUATE, {**JSON, **headers}, body))
    size = 1 << 16
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in _cut(body, size))
    head = request("POST", EVALUATE, {**JSON, **headers, "Transfer-Encoding": "chunked"})
    return await exchange(door.url, head + pieces + b"0\r\n\r\n")


def _cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [100_000, MAX_BODY, MAX_BODY + 1, 50_000_000])
async def test_a_body_too_large_is_413_and_never_to_be_repeated(door: Door, size: int, *, chunked: bool) -> None:
    for known in (False, True):
        headers = {"Authorization": f"Bearer {door.token}"} if known else {}
        answers = [await post(door, SOUND + b" " * (size - len(SOUND)), headers, chunked=chunked) for _ in range(3)]
        expected = 200 if known and size <= MAX_BODY else 413
        assert [answer.status for answer in answers] == [expected] * 3
        assert expected == 200 or not any(answer.problem["retryable"] for answer in answers)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_packed_body_is_passed_on_as_it_is_and_refused(door: Door, *, chunked: bool) -> None:
    assert (await post(door, SOUND, {}, chunked=chunked)).status == 200
    answer = await post(door, gzip.compress(SOUND), {"Content-Encoding": "gzip"}, chunked=chunked)
    assert answer.status == 422
