"""The lines between workers and brokers: slow, uneven, one byte at a time, cut, half-open, silent for ever.

By the fault proxy before each of three brokers. Commands are accepted all the same, and numbers come later.
"""

import asyncio
import random

from ilp_shared.waits import Waits
from tests.faults.evidence import cut, hurts
from tests.faults.fault import CONSUMER, RELAY, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.proxied_connection import Hurting
from tests.faults.workload import Workload
from tests.support.waiting import eventually

CUTS = 4


@fault("brokers far away: latency and jitter", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_slow(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Numbers come later, and are the same."""
    for proxy in platform.broker_proxies:
        proxy.slow(rng.uniform(0.02, 0.05), jitter_s=0.05)
    await work.acknowledged(5)
    await platform.positions.applied_everywhere()
    await _hurt_at_all(platform, "delayed")
    _heal(platform)


@fault("brokers one byte at a time", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_trickling(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """No record comes in one piece. With shorter waits more is sent in a second: the line is as much faster."""
    piece = max(1, round(Waits().beat_s / platform.waits.beat_s))
    for proxy in platform.broker_proxies:
        proxy.trickle(piece)
    await work.acknowledged(5)
    await platform.positions.applied_everywhere()
    await _hurt_at_all(platform, "trickled")
    _heal(platform)


@fault("connections to the brokers cut again and again", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_cut(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """One broker's at a time, then everybody's."""
    for proxies in (*([rng.choice(platform.broker_proxies)] for _ in range(CUTS)), platform.broker_proxies):
        for proxy in proxies:
            await cut(proxy)
        work.hurt_ended()
        await work.acknowledged(rng.randint(1, 4))


@fault("answers of the brokers lost", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_unheard(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Swallow acknowledgements: what is in the log already is sent again."""
    for _ in range(CUTS):
        for proxy in platform.broker_proxies:
            proxy.lose_answers(2)
        await eventually(lambda: _all_lost(platform), within_s=60)
        work.hurt_ended()
        await work.acknowledged(rng.randint(1, 4))


@fault("brokers half-open", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_half_open(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Nothing arrives at one broker, then at none; commands are accepted all the same."""
    lonely = rng.choice(platform.broker_proxies)
    lonely.hold()
    await work.acknowledged(5)
    await hurts(lonely, "held")
    for proxy in platform.broker_proxies:
        proxy.hold()
    await work.acknowledged(10)
    await _hurt_at_all(platform, "held")
    _heal(platform)


@fault("connections to the brokers silent for ever", group="network", touches=(*RELAY, *CONSUMER))
async def brokers_stranded(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Silence all connections without a notice; only new ones work."""
    for proxy in platform.broker_proxies:
        proxy.strand()
    work.hurt_ended()
    await work.acknowledged(5)
    await _hurt_at_all(platform, "silenced")
    _heal(platform)


def _heal(platform: BreakablePlatform) -> None:
    for proxy in platform.broker_proxies:
        proxy.heal()


async def _hurt_at_all(platform: BreakablePlatform, what: Hurting) -> None:
    await asyncio.gather(*(hurts(proxy, what) for proxy in platform.broker_proxies))


async def _all_lost(platform: BreakablePlatform) -> bool:
    return all(proxy.answers_to_lose == 0 for proxy in platform.broker_proxies)
