"""After a demonstration day no NIK of its people is in a log, a topic, an error, or readable in a database."""

import re
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.dev.config import SERVICES
from deploy.dev.demo.client import Client
from deploy.dev.demo.network import DISTRICTS
from deploy.dev.demo.population import residents
from deploy.dev.demo.preparation import read_network
from deploy.dev.kafka_topics import topic_plan
from ilp_shared.bus.clients import started
from ilp_shared.ids import new_id
from tests.support.platform import Platform
from tests.support.shared_platform import DayDone

ENDS_IMPOSSIBLY = re.compile(rb"(?=(\d{12}0000))")
LOOKS_LIKE_NIK = re.compile(rb"(?<![0-9a-fA-F.-])\d{16}(?![0-9a-fA-F])")
"""Sixteen digits on their own: no part of a UUID, hash or traceparent, no fraction of a number."""
pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def niks(platform: Platform, large_day: DayDone) -> frozenset[bytes]:
    """Provide the NIK of everybody in the demonstration."""
    async with Client(platform.address, platform.issuer) as client:
        numbers = [
            person.nik.encode()
            for district in DISTRICTS
            for person in residents((await read_network(client, district))[0], 1, large_day.day)
            if person.nik
        ]
    assert len(numbers) > 6000
    return frozenset(numbers)


def known(niks: frozenset[bytes], text: bytes) -> set[bytes]:
    """Return which of the NIK stand in a text, in whatever surroundings."""
    return {match.group(1) for match in ENDS_IMPOSSIBLY.finditer(text)} & niks


def log_files(data: Path) -> list[Path]:
    """Return every log of the platform."""
    return [path for path in (data / "logs").iterdir() if path.is_file()]


async def test_errors_do_not_repeat_a_nik(platform: Platform, niks: frozenset[bytes]) -> None:
    nik = min(niks).decode()
    area = f"{nik[:2]}.{nik[2:4]}"
    (village, *_) = await platform.rows(
        "registry", "SELECT code FROM area WHERE level = 'village' AND code LIKE $1 ORDER BY code", area + ".%"
    )
    person = {"nik": nik, "name": "X", "sex": "female", "birth_date": "1990-01-01", "home_area": village["code"]}
    headers = platform.headers("midwife", area)
    tries: list[tuple[str, dict[str, object]]] = [
        ("/registry/v1/persons", person),
        ("/registry/v1/persons", {**person, "sex": nik}),
        ("/registry/v1/persons", {**person, "nik": nik + "1"}),
        ("/registry/v1/persons", {**person, nik: 1}),
        ("/registry/v1/persons:batch", {"items": [{**person, "idempotency_key": nik, "birth_date": nik}]}),
        ("/registry/v1/persons:search", {"nik": nik, "name": nik}),
        ("/screening/v1/screenings", {"person_id": nik, "facility_id": str(new_id()), "occurred_at": nik}),
        (f"/cluster-services/v1/tasks/{new_id()}/complete", {"outcome": nik}),
    ]
    for path, body in tries:
        headers["Idempotency-Key"] = str(new_id())
        answer: httpx2.Response = await platform.client.post(path, json=body, headers=headers)
        assert 400 <= answer.status_code < 500 or path.endswith(":batch"), (path, answer.status_code)
        echoed = answer.content.replace(f'"idempotency_key":"{nik}"'.encode(), b"")  # the client's own name for it
        assert not known(niks, echoed), path


async def test_no_log_holds_a_nik(platform: Platform, niks: frozenset[bytes]) -> None:
    logs = log_files(platform.data)
    assert len(logs) > 9
    for path in logs:
        text = path.read_bytes()
        assert not known(niks, text), path.name
        assert not LOOKS_LIKE_NIK.findall(text), path.name


async def test_no_event_on_kafka_holds_a_nik(platform: Platform, niks: frozenset[bytes]) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=platform.deployment.kafka.bootstrap, auto_offset_reset="earliest")
    async with started(consumer):
        read = 0
        for topic, (partitions, _) in topic_plan().items():
            places = [TopicPartition(topic, n) for n in range(partitions)]
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            while [place for place in places if await consumer.position(place) < ends[place]]:
                for records in (await consumer.getmany(timeout_ms=500, max_records=2000)).values():
                    for record in records:
                        parts = [record.key or b"", record.value or b"", *(value for _, value in record.headers)]
                        text = b"\n".join(parts)
                        assert not known(niks, text), (topic, record.offset)
                        assert not LOOKS_LIKE_NIK.findall(text), (topic, record.offset)
                        read += 1
        assert read > 15_000


async def test_no_table_holds_a_readable_nik(platform: Platform, niks: frozenset[bytes]) -> None:
    for service in SERVICES:
        tables = await platform.rows(
            service.name,
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        )
        assert tables
        for table in tables:
            rows = await platform.rows(
                service.name, f"SELECT t::text AS row FROM {table['name']} AS t WHERE t::text ~ '[0-9]{{12}}0000'"
            )
            for row in rows:
                assert not known(niks, row["row"].encode()), (service.name, table["name"])
