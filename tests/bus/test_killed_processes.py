"""Processes killed or frozen at the worst places: nothing is lost or applied twice, and all recover by themselves."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ilp_shared.bus.consume.applier import Applier
from ilp_shared.bus.consume.positions import PositionMoved
from ilp_shared.bus.contract.envelope import Event, decode, encode
from ilp_shared.bus.relay.relay import Relay
from tests.bus.process import environment_of
from tests.support.bus_pair import BusPair
from tests.support.children import killed_at_end
from tests.support.waiting import eventually


@asynccontextmanager
async def _process(pair: BusPair, role: str, failpoint: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bus.process", role),
        env={**os.environ, **environment_of(pair, role), "ILP_FAILPOINT": failpoint},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with killed_at_end(process):
        yield process


async def _write_until_dead(pair: BusPair, process: asyncio.subprocess.Process) -> None:
    async def dead() -> bool:
        await pair.write_many(aggregates=5, versions=1)
        return process.returncode is not None

    await eventually(dead, every_s=0.2)
    assert process.returncode == -signal.SIGKILL


async def _sequences_have_no_gap(pair: BusPair) -> None:
    rows = await pair.source.fetch(
        "SELECT min(sequence) AS low, max(sequence) AS high, count(DISTINCT sequence) AS n, count(*) AS all"
        " FROM event_log GROUP BY shard"
    )
    assert all(row["low"] == 1 and row["high"] == row["n"] == row["all"] for row in rows)


async def test_a_relay_killed_between_send_and_mark(pair: BusPair) -> None:
    pair.start_consumer()
    async with _process(pair, "relay", "relay.after_send:kill:3") as relay:
        await _write_until_dead(pair, relay)

    pair.start_relay()
    await eventually(pair.all_applied)
    await _sequences_have_no_gap(pair)


@pytest.mark.parametrize("place", ["before_commit", "after_commit"])
async def test_a_consumer_killed_around_its_commit(pair: BusPair, place: str) -> None:
    pair.start_relay()
    async with _process(pair, "consumer", f"consumer.{place}:kill:2") as consumer:
        await _write_until_dead(pair, consumer)

    pair.start_consumer()
    await eventually(pair.all_applied)


async def test_a_relay_frozen_past_its_lease_does_no_harm_when_it_thaws(pair: BusPair) -> None:
    pair.start_consumer()
    async with _process(pair, "relay", "relay.after_send:stop:3") as frozen:

        async def stopped() -> bool:
            await pair.write_many(aggregates=5, versions=1)
            return _state_of(frozen.pid) == "T"

        await eventually(stopped, every_s=0.2)
        second = pair.start_relay()
        await eventually(lambda: _leads(second))
        frozen.send_signal(signal.SIGCONT)
        await pair.write_many(aggregates=20, versions=5)

        await eventually(pair.all_applied)
        assert second.leading
        await _sequences_have_no_gap(pair)


async def test_a_relay_whose_listening_connection_died_listens_again(pair: BusPair) -> None:
    relay = pair.start_relay()
    await eventually(lambda: _leads(relay))
    epoch = relay.status()["epoch"]
    killed = await pair.sink.fetch(  # the pool's first connection, which the relay took first
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 ORDER BY backend_start LIMIT 1",
        pair.source_url.rpartition("/")[2],
    )
    assert len(killed) == 1

    async def leads_again() -> bool:
        return relay.leading and relay.status()["epoch"] != epoch

    await eventually(leads_again)
    pair.start_consumer()
    await pair.write_many(aggregates=5, versions=2)
    await eventually(pair.all_applied)


async def test_a_batch_that_another_member_applied_first_is_rolled_back(pair: BusPair) -> None:
    pair.start_relay()
    await pair.write_many(aggregates=3, versions=2)
    await eventually(lambda: _all_have_sequences(pair))
    events = await _archived_events(pair)
    slow, fast = Applier(pair.sink, pair.projection), Applier(pair.sink, pair.projection)
    await slow.load_positions()
    await fast.load_positions()

    assert await fast.apply(events) == set()
    with pytest.raises(PositionMoved):
        await slow.apply(events)
    assert await pair.all_applied()
    assert await slow.apply(events) == set()
    assert await pair.all_applied()
    assert await pair.sink.fetchval("SELECT count(*) FROM parked") == 0


async def _archived_events(pair: BusPair) -> list[Event]:
    rows = await pair.source.fetch("SELECT * FROM event_log ORDER BY shard, sequence")
    events = []
    for row in rows:
        _, value, headers = encode(dict(row))
        event = decode(headers, value)
        assert isinstance(event, Event)
        events.append(event)
    return events


async def _all_have_sequences(pair: BusPair) -> bool:
    return not await pair.source.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL")


async def _leads(relay: Relay) -> bool:
    return relay.leading


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
