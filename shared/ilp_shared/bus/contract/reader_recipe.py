"""Read every event of one domain once, in the order of its shard, with nothing but a Kafka client.

Run it as `python reader_recipe.py 127.0.0.1:9092 screening`, after `pip install "aiokafka[lz4]"`. It prints one line of
JSON for each event. A real reader stores its positions in the transaction of what it does with an event, and starts
with the stored ones.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

REPLAY_TOPIC = "ilp.replay.v1"
PAUSE_S = 5.0
"""Without progress, between two requests for a shard: a replay needs time, and each request makes it begin again."""

Apply = Callable[[dict[str, str], object], Awaitable[None]]


class Requests:
    """Decides when a shard is asked for (again): at once, then after PAUSE_S without progress."""

    def __init__(self) -> None:
        self._waits: dict[int, float] = {}

    def is_due(self, shard: int, now: float) -> bool:
        """Tell whether to ask now; if so, the pause begins."""
        due = now - self._waits.get(shard, -PAUSE_S) >= PAUSE_S
        if due:
            self._waits[shard] = now
        return due

    def progress(self, shard: int, now: float) -> None:
        """Begin the pause of a shard again: its replay is on the way."""
        if shard in self._waits:
            self._waits[shard] = now

    def complete(self, shard: int) -> None:
        """Forget a shard that has everything that was published."""
        self._waits.pop(shard, None)


async def read(bootstrap: str, domain: str, positions: dict[int, int], apply: Apply) -> None:
    """Apply each event above the positions (shard → last sequence) once; runs for ever."""
    consumer = AIOKafkaConsumer(f"ilp.{domain}.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await consumer.start()
    await producer.start()
    requests = Requests()

    async def ask(shard: int) -> None:
        if requests.is_due(shard, time.monotonic()):
            request = {"domain": domain, "shard": shard, "after": positions.get(shard, 0)}
            await producer.send_and_wait(REPLAY_TOPIC, json.dumps(request).encode())  # no key: it has one partition

    try:
        async for record in consumer:
            attributes = {name.removeprefix("ce_"): value.decode() for name, value in record.headers}
            if "type" not in attributes:
                continue  # not an event of the platform; if it replaced an event, the next one or a mark shows the hole
            if attributes["type"] == f"ilp.{domain}.head.v1":
                for shard, published in json.loads(record.value).items():
                    if published > positions.get(int(shard), 0):
                        await ask(int(shard))  # what was published is not here: it was lost on the way
                    else:
                        requests.complete(int(shard))
                continue
            shard, sequence = int(attributes["shard"]), int(attributes["sequence"])
            next_sequence = positions.get(shard, 0) + 1
            if sequence > next_sequence:
                await ask(shard)  # a hole: this event comes again in the replay
            elif sequence == next_sequence:
                await apply(attributes, json.loads(record.value))
                positions[shard] = sequence
                requests.progress(shard, time.monotonic())
            # below: it was applied before
    finally:
        await consumer.stop()
        await producer.stop()


async def show(attributes: dict[str, str], data: object) -> None:
    """Print an event."""
    sys.stdout.write(json.dumps({**attributes, "data": data}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(read(sys.argv[1], sys.argv[2], {}, show))
