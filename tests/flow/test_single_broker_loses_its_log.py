"""The only broker of `make run` loses its whole log: the supervisor starts it again, the archives fill it."""

import asyncio

import pytest

from deploy.dev.kafka import EmbeddedKafka
from ilp_shared.ids import new_id
from tests.support.platform import Platform
from tests.support.waiting import eventually

VILLAGE = "34.71.03.1001"


@pytest.mark.backends
async def test_what_is_entered_while_the_log_is_lost_arrives_when_it_is_there_again(platform: Platform) -> None:
    broker, facility = platform.deployment.kafka, str(new_id())
    assert isinstance(broker, EmbeddedKafka)
    await broker.kill()
    broker.wipe()
    body = {"id": facility, "kind": "posyandu", "name": "Posyandu Uji", "area_code": VILLAGE}
    headers = platform.headers("dinas", VILLAGE[:5])
    assert (await platform.client.post("/registry/v1/facilities", json=body, headers=headers)).status_code == 201

    keeping = asyncio.create_task(platform.deployment.keep_backing())
    try:
        await eventually(lambda: _known(platform, facility), within_s=180, every_s=0.2)
        await platform.settled(within_s=120)
        await platform.ready()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert broker.pid is not None


async def _known(platform: Platform, facility: str) -> bool:
    return bool(await platform.rows("screening", "SELECT 1 FROM facility_copy WHERE facility_id = $1", facility))
