"""Parts killed or frozen at the worst places: nothing is lost, nothing is applied twice, nobody helps."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ilp_shared.bus.consume.applier import Applier
from ilp_shared.bus.contract.envelope import Event, decode, encode
from ilp_shared.bus.consume.positions import PositionMoved
from ilp_shared.bus.relay.relay import Relay
from tests.bus.stage import Stage
from tests.support.waiting import eventually


@asynccontextmanager
async def _part(stage: Stage, part: str, failpoint: str) -> AsyncIterator[asyncio.subprocess.Process]:
    url = stage.source_url if part == "relay" else stage.sink_url
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bus.part",
        part,
        url,
        stage.bootstrap,
        env={**os.environ, "ILP_FAILPOINT": failpoint},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _write_until_dead(stage: Stage, process: asyncio.subprocess.Process) -> None:
    async def dead() -> bool:
        await stage.write_many(aggregates=5, versions=1)
        return process.returncode is not None

    await eventually(dead, within_s=30, every_s=0.2)
    assert process.returncode == -signal.SIGKILL


async def _sequences_have_no_gap(stage: Stage) -> None:
    rows = await stage.source.fetch(
        "SELECT min(sequence) AS low, max(sequence) AS high, count(DISTINCT sequence) AS n, count(*) AS all"
        " FROM event_log GROUP BY shard"
    )
    assert all(row["low"] == 1 and row["high"] == row["n"] == row["all"] for row in rows)


async def test_a_relay_killed_between_send_and_mark(stage: Stage) -> None:
    stage.start_consumer()
    async with _part(stage, "relay", "relay.after_send:kill:3") as relay:
        await _write_until_dead(stage, relay)

    stage.start_relay()
    await eventually(stage.all_applied, within_s=40)
    await _sequences_have_no_gap(stage)


@pytest.mark.parametrize("place", ["before_commit", "after_commit"])
async def test_a_consumer_killed_around_its_commit(stage: Stage, place: str) -> None:
    stage.start_relay()
    async with _part(stage, "consumer", f"consumer.{place}:kill:2") as consumer:
        await _write_until_dead(stage, consumer)

    stage.start_consumer()
    await eventually(stage.all_applied, within_s=40)


async def test_a_relay_frozen_past_its_lease_does_no_harm_when_it_thaws(stage: Stage) -> None:
    stage.start_consumer()
    async with _part(stage, "relay", "relay.after_send:stop:3") as frozen:

        async def stopped() -> bool:
            await stage.write_many(aggregates=5, versions=1)
            return _state_of(frozen.pid) == "T"

        await eventually(stopped, within_s=30, every_s=0.2)
        second = stage.start_relay()
        await eventually(lambda: _leads(second), within_s=20)
        frozen.send_signal(signal.SIGCONT)
        await stage.write_many(aggregates=20, versions=5)

        await eventually(stage.all_applied, within_s=40)
        assert second.leading
        await _sequences_have_no_gap(stage)


async def test_a_relay_whose_listening_connection_died_listens_again(stage: Stage) -> None:
    relay = stage.start_relay()
    await eventually(lambda: _leads(relay), within_s=30)
    epoch = relay.status()["epoch"]
    killed = await stage.sink.fetch(  # the pool's first connection, which the relay took first
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 ORDER BY backend_start LIMIT 1",
        stage.source_url.rpartition("/")[2],
    )
    assert len(killed) == 1

    async def leads_anew() -> bool:
        return relay.leading and relay.status()["epoch"] != epoch

    await eventually(leads_anew, within_s=30)
    stage.start_consumer()
    await stage.write_many(aggregates=5, versions=2)
    await eventually(stage.all_applied, within_s=30)


async def test_a_batch_that_another_member_applied_first_is_rolled_back(stage: Stage) -> None:
    stage.start_relay()
    await stage.write_many(aggregates=3, versions=2)
    await eventually(lambda: _all_have_sequences(stage))
    events = await _archived_events(stage)
    slow, fast = Applier(stage.sink, stage.projection), Applier(stage.sink, stage.projection)
    await slow.load_positions()
    await fast.load_positions()

    assert await fast.apply(events) == set()
    with pytest.raises(PositionMoved):
        await slow.apply(events)
    assert await stage.all_applied()
    assert await slow.apply(events) == set()
    assert await stage.all_applied()
    assert await stage.sink.fetchval("SELECT count(*) FROM parked") == 0


async def _archived_events(stage: Stage) -> list[Event]:
    rows = await stage.source.fetch("SELECT * FROM event_log ORDER BY shard, sequence")
    found = []
    for row in rows:
        _, value, headers = encode(dict(row))
        event = decode(headers, value)
        assert isinstance(event, Event)
        found.append(event)
    return found


async def _all_have_sequences(stage: Stage) -> bool:
    return not await stage.source.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL")


async def _leads(relay: Relay) -> bool:
    return relay.leading


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
