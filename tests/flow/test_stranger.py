"""A stranger who knows the description of the events and the words of the definitions agrees with every number."""

import asyncio

import pytest

from deploy.dev.config import ROOT
from tests.stranger.verdict import judge
from tests.support.platform import Platform
from tests.support.shared_platform import DayDone


@pytest.mark.backends
async def test_a_stranger_counts_what_readers_are_shown(platform: Platform, large_day: DayDone) -> None:
    token = platform.headers("analyst")["Authorization"].removeprefix("Bearer ")
    kafka, asyncapi = platform.deployment.kafka.bootstrap, ROOT / "shared/schemas/asyncapi.yaml"
    verdict = await asyncio.to_thread(judge, kafka, asyncapi, platform.address, token)
    assert verdict.wrong == [], verdict.explained()
    assert verdict.events > 5_000
    assert verdict.compared > 10_000
