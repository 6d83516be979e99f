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
"""Between two requests for the same shard: a replay needs time, and each request makes the relay begin again."""

Apply = Callable[[dict[str, str], object], Awaitable[None]]


async def read(bootstrap: str, domain: str, positions: dict[int, int], apply: Apply) -> None:
    """Apply each event above the positions (shard → last sequence) once; runs for ever."""
    consumer = AIOKafkaConsumer(f"ilp.{domain}.v1", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await consumer.start()
    await producer.start()
    asked: dict[int, float] = {}

    async def ask(shard: int) -> None:
        now = time.monotonic()
        if now - asked.get(shard, -PAUSE_S) >= PAUSE_S:
            asked[shard] = now
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
                continue
            shard, sequence = int(attributes["shard"]), int(attributes["sequence"])
            next_sequence = positions.get(shard, 0) + 1
            if sequence > next_sequence:
                await ask(shard)  # a hole: this event comes again in the replay
            elif sequence == next_sequence:
                await apply(attributes, json.loads(record.value))
                positions[shard] = sequence
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
