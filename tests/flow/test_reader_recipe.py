"""The reader that asyncapi.yaml shows, run unchanged against the platform, with nothing of the project beside it."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.bus.contract.schemas import FOLDER
from ilp_shared.operations.administration import administering
from tests.support.children import killed_at_end
from tests.support.platform import Platform
from tests.support.shared_platform import DayDone
from tests.support.waiting import eventually

Place = tuple[int, int, str]


def recipe() -> str:
    """Return the program in the document."""
    document = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    (code,) = re.findall(r"```python\n(.*?)```", document["info"]["description"], re.DOTALL)
    return str(code)


async def events_of(platform: Platform, service: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every event of a service as a small reader gets it over HTTP."""
    position: dict[str, str] = {}
    while True:
        headers = platform.headers("integrator")
        page = (await platform.client.get(f"/{service}/v1/events", params=position, headers=headers)).json()
        for event in page["events"]:
            yield event
        assert all(each["missing"] == each["outside"] == 0 for each in page["shards"])
        if page["at_head"]:
            return
        position = {"position": page["next"]}


async def empty(platform: Platform, topic: str) -> None:
    """Delete all records of a topic, as its retention does in time."""
    async with administering(Cluster(platform.deployment.kafka.bootstrap)) as admin:
        await admin.delete_records({TopicPartition(topic, p): RecordsToDelete(-1) for p in range(PARTITIONS)})


@pytest.mark.backends
@pytest.mark.parametrize("emptied", [False, True], ids=["whole log", "log older than its retention"])
async def test_the_recipe_reads_everything_once(
    platform: Platform, small_day: DayDone, tmp_path: Path, emptied: bool
) -> None:
    await platform.settled()
    expected = {(e["shard"], e["sequence"], e["id"]) async for e in events_of(platform, "screening")}
    assert expected
    if emptied:
        await empty(platform, "ilp.screening.v1")
    program, output = tmp_path / "reader.py", tmp_path / "events.jsonl"
    program.write_text(recipe())
    with output.open("wb") as out:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(program), platform.deployment.kafka.bootstrap, "screening"),
            cwd=tmp_path,
            stdout=out,
        )

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in output.read_text().splitlines(keepends=True) if line.endswith("\n")]

    async def complete() -> bool:
        assert child.returncode is None, "the reader ended"
        return len(lines()) >= len(expected)

    async with killed_at_end(child):
        await eventually(complete, within_s=120, every_s=0.5)
    places: list[Place] = [(int(line["shard"]), int(line["sequence"]), line["id"]) for line in lines()]
    assert set(places) == expected
    assert len(places) == len(set(places)), "once"
    for shard in {shard for shard, _, _ in places}:
        sequences = [sequence for each, sequence, _ in places if each == shard]
        assert sequences == list(range(1, len(sequences) + 1)), "in order, without a hole"
