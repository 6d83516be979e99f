"""A database that takes connections but is slow to answer: requests are late, or refused for a retry; never broken."""

import random

from sqlalchemy.engine import make_url

from ilp_screening.service import SERVICE
from tests.faults.proxy import FaultProxy
from tests.service.screening.screening_api import ScreeningApi
from tests.support.api import Issuer, open_api
from tests.support.databases import DatabaseUrls

LATENCY_S = 1.05
"""Each way: an answer takes longer than a connection of the pool is given to show that it lives (2 s)."""


async def test_a_database_slower_than_the_ping_still_serves(api: ScreeningApi, issuer: Issuer) -> None:
    direct = make_url(api.urls.app)
    proxy = FaultProxy((direct.host or "127.0.0.1", direct.port or 5432), random.Random(1))
    await proxy.start()
    url = direct.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    patience = {"request_deadline_s": "240", "command_deadline_s": "120", "pool_size": "1"}
    midwife, query = issuer.headers("midwife", "13.76"), {"person": str(api.child)}
    try:
        async with open_api(SERVICE, DatabaseUrls(url, api.urls.owner), issuer, **patience) as slow:
            assert (await slow.client.get("/v1/screenings", params=query, headers=midwife)).status_code == 200
            before = proxy.accepted
            proxy.slow(LATENCY_S)
            answer = await slow.client.get("/v1/screenings", params=query, headers=midwife)
            proxy.heal()
            assert proxy.accepted > before  # the one that was in the pool had not answered in time
            assert answer.status_code == 200, answer.text
    finally:
        await proxy.stop()
