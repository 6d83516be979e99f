"""`check-config --backing` on real servers: topics, the database's clock and disk, open files."""

import asyncio
import os
import resource
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
import pytest_asyncio
from aiokafka.admin import NewTopic

from deploy.dev.kafka_topics import topic_plan
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.cluster import Cluster
from ilp_shared.ids import new_id
from ilp_shared.operations.administration import administering
from ilp_shared.service import Service
from tests.faults.faked_clock import library
from tests.support.addresses import connected
from tests.support.commands import NO_KAFKA, environment_of
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import patiently


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def urls(databases: Databases) -> DatabaseUrls:
    """Provide a database of screening; monitoring's process looks at the same server."""
    return await databases.create(SCREENING)


async def faults(
    service: Service,
    urls: DatabaseUrls,
    cluster: Cluster,
    process: str,
    before: Callable[[], None] | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> set[str]:
    """Run the command, and return its lines but that of a server that ends with the run and needs no fsync."""
    env = {**environment_of(service, urls, cluster), **environment}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service.package, "check-config", "--backing", "--process", process),
        env=env,
        stdout=PIPE,
        stderr=STDOUT,
        preexec_fn=before,
    )
    output, _ = await patiently(child.communicate())
    lines = {line for line in output.decode().splitlines() if '"logger":' not in line}
    assert child.returncode == (0 if lines == {"ok"} else 1)
    conn = await connected(urls.app)
    try:
        has_fsync = await conn.fetchval("SHOW fsync") == "on"
    finally:
        await conn.close()
    unsafe = {line for line in lines if line.startswith("PostgreSQL: fsync mati")}
    assert bool(unsafe) is not has_fsync
    return lines - unsafe - {"ok"}


async def test_topics_as_the_platform_makes_them_are_sound(urls: DatabaseUrls, cluster: Cluster) -> None:
    assert await faults(SCREENING, urls, cluster, "worker") == set()


async def test_topics_that_lose_events_are_named_with_what_is_wrong(urls: DatabaseUrls, cluster: Cluster) -> None:
    other = Cluster(cluster.bootstrap, f"{cluster.prefix}{new_id().hex[-6:]}.")
    wrong = {"retention.ms": "60000", "cleanup.policy": "compact", "message.timestamp.type": "CreateTime"}
    async with administering(other) as admin:
        await admin.create_topics([NewTopic(other.topic("registry"), 3, 1, topic_configs=wrong)])
        said = await faults(SCREENING, urls, other, "worker")
        await admin.delete_topics([other.topic("registry")])
    registry, screening, replay = other.topic("registry"), other.topic("screening"), other.replay_topic
    assert said == {
        f"{registry}: punya 3 partisi, perlu ≥ 6 / has 3 partitions, needs ≥ 6",
        f"{registry}: retention.ms 60000, perlu sedikitnya 259200000 / retention.ms is 60000, needs 259200000 at least",
        f"{registry}: message.timestamp.type harus LogAppendTime / message.timestamp.type must be LogAppendTime",
        f"{registry}: cleanup.policy harus delete / cleanup.policy must be delete",
        f"{screening}: topik ini tidak ada / there is no such topic",
        f"{replay}: topik ini tidak ada / there is no such topic",
    }
    assert set(topic_plan(other.prefix)) > {registry, screening, replay}


async def test_servers_out_of_reach_are_named(urls: DatabaseUrls) -> None:
    nowhere = DatabaseUrls("postgresql://x@127.0.0.1:1/x", "postgresql://x@127.0.0.1:1/x")
    env = environment_of(SCREENING, nowhere, NO_KAFKA)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", SCREENING.package, "check-config", "--backing"), env=env, stdout=PIPE, stderr=PIPE
    )
    _, errors = await patiently(child.communicate())
    lines = [line for line in errors.decode().splitlines() if '"logger":' not in line]
    assert child.returncode == 1
    assert [line.partition(":")[0] for line in lines] == ["PostgreSQL", "Kafka"]
    assert urls.app


@pytest.mark.parametrize(("process", "seconds"), [("api", "+10s"), ("api", "-10s")])
async def test_a_clock_that_differs_from_the_database_s_is_named(
    urls: DatabaseUrls, process: str, seconds: str
) -> None:
    clock = {"LD_PRELOAD": str(library()), "FAKETIME": seconds, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    (line,) = await faults(SCREENING, urls, NO_KAFKA, process, environment=clock)
    assert line.startswith("PostgreSQL: jamnya berbeda lebih dari 2 detik")


SCREENS = {"ILP_MONITORING_LIVE_MAX_STREAMS": "1000"}


async def test_an_api_raises_its_own_limit_of_open_files(urls: DatabaseUrls) -> None:
    def few_files_at_first() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    assert await faults(MONITORING, urls, NO_KAFKA, "api", few_files_at_first, SCREENS) == set()


async def test_an_api_that_may_open_fewer_files_than_its_screens_need_is_named(urls: DatabaseUrls) -> None:
    def few_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_000, 1_000))

    said = await faults(MONITORING, urls, NO_KAFKA, "api", few_files, SCREENS)
    assert said == {
        "nofile: batas berkas terbuka (nofile) 1000, perlu 1200 / the limit of open files (nofile) is 1000, needs 1200"
    }
    assert os.environ.get("ILP_FAILPOINT") is None
