"""PostgreSQL and Kafka end and cannot be started again for a while: the platform goes on, and both come back."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deploy.dev.kafka import EmbeddedKafka
from deploy.dev.postgres import EmbeddedPostgres
from tests.support.platform import Platform, process_names
from tests.support.waiting import eventually


@contextmanager
def held(*ports: int) -> Iterator[None]:
    """Listen on ports as another program, so that no server can start on them."""
    sockets = [socket.create_server(("127.0.0.1", port)) for port in ports]
    try:
        yield
    finally:
        for each in sockets:
            each.close()


@pytest.mark.backends
async def test_a_start_that_fails_ends_nothing_and_is_tried_again(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = platform.deployment
    postgres, kafka = deployment.postgres, deployment.kafka
    assert isinstance(postgres, EmbeddedPostgres)
    assert isinstance(kafka, EmbeddedKafka)
    said = ""
    addresses = postgres.dsn, kafka.bootstrap

    async def failed_twice() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return all(said.count(f"{name} belum dapat dijalankan") >= 2 for name in ("PostgreSQL", "Kafka"))

    await postgres.kill()
    await kafka.kill()
    with held(postgres.port, kafka.port):
        keeping = asyncio.create_task(deployment.keep_backing())
        try:
            await eventually(failed_twice)
            assert not keeping.done(), "a failed start ended the platform"
            answer = await platform.client.get("/health")
            assert answer.status_code == 503
            assert sorted(answer.json()["processes"]) == sorted(set(process_names()) - {"front-door"})
            for path in ("registry", "screening", "cluster-services", "monitoring"):
                assert (await platform.client.get(f"/{path}/health/live")).status_code == 200
        except BaseException:
            keeping.cancel()
            raise
    try:
        await platform.ready(within_s=240)
        await platform.settled(within_s=120)
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert (postgres.dsn, kafka.bootstrap) == addresses, "services know the old addresses only"
