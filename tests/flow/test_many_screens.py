"""A thousand idle screens on the one port: commands are accepted, counted once, and shown on every screen."""

import pytest

from ilp_shared.auth.development import issue_token
from tests.hostile.raw import request
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu
from tests.support.screens import screens_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.backends
VILLAGE = "34.71.04.1001"
SCREENS, ACCOUNTS = 1_000, 20
CHILDREN = 10


def streams(platform: Platform, posyandu: Posyandu, sequence: int) -> list[bytes]:
    """Return the requests of the screens; each account has no more of them than it may."""
    path = f"/monitoring/v1/situations/{posyandu.regency}/stream?period={posyandu.month}&last={sequence}"
    folder = platform.issuer
    tokens = [
        issue_token(folder, role="dinas", areas=[posyandu.regency], subject=f"screen-{n}") for n in range(ACCOUNTS)
    ]
    return [request("GET", path, {"Authorization": f"Bearer {tokens[n % ACCOUNTS]}"}) for n in range(SCREENS)]


async def test_commands_are_recorded_and_shown_under_a_thousand_screens(platform: Platform) -> None:
    posyandu = await Posyandu.opened(platform, VILLAGE)
    children = [await posyandu.child() for _ in range(CHILDREN)]
    await platform.settled()
    situation = f"/monitoring/v1/situations/{posyandu.regency}?period={posyandu.month}"
    headers = platform.headers("dinas", posyandu.regency)

    async def weighed() -> int:
        answer = await platform.client.get(situation, headers=headers)
        answer.raise_for_status()
        return next(int(numbers["numerator"]) for numbers in answer.json()["indicators"] if numbers["code"] == "D_S")

    before, sequence = await weighed(), (await platform.client.get(situation, headers=headers)).json()["sequence"]
    async with screens_of(platform.address, SCREENS) as screens:
        await screens.open(streams(platform, posyandu, sequence))
        for child in children:
            await posyandu.weigh(child)

        async def counted() -> bool:
            return await weighed() == before + CHILDREN

        await eventually(counted, within_s=60)
        await eventually(screens.all_told, within_s=60)
        assert screens.ended == 0
    await platform.settled()
    assert await weighed() == before + CHILDREN
