"""Runs a service's own processes (`python -m <package> …`) on a database and a Kafka of the tests."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping

import asyncpg

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.security import Security
from ilp_shared.service import Service
from tests.support.addresses import connected
from tests.support.databases import DatabaseUrls
from tests.support.waiting import patiently

NO_KAFKA = Cluster("127.0.0.1:1")
"""For what needs none: nothing listens there."""


def environment_of(service: Service, urls: DatabaseUrls, cluster: Cluster, **more: str) -> Mapping[str, str]:
    """Return everything that a process of a service needs to know."""
    values = {
        "PROFILE": "development",
        "DATABASE_URL": urls.app,
        "MIGRATE_DATABASE_URL": urls.owner,
        "KAFKA_BOOTSTRAP": cluster.bootstrap,
        "TOPIC_PREFIX": cluster.prefix,
        "WAITS": cluster.waits.model_dump_json(),
        "OIDC_ISSUER": "-",
        "OIDC_JWKS": "https://127.0.0.1:1/keys",
        **_kafka_account(cluster.security),
        **more,
    }
    prefix = str(service.settings.model_config["env_prefix"])
    return {**os.environ, **{f"{prefix}{name}": value for name, value in values.items()}}


def _kafka_account(security: Security) -> Mapping[str, str]:
    files = {"CA_FILE": security.ca, "CERTIFICATE_FILE": security.certificate, "KEY_FILE": security.key}
    values = {name: str(path) for name, path in files.items() if path is not None}
    if security.password is not None:
        values |= {"USERNAME": security.username, "PASSWORD": security.password.get_secret_value()}
    return {f"KAFKA_{name}": value for name, value in {"SECURITY_PROTOCOL": security.protocol, **values}.items()}


async def run_command(
    service: Service, urls: DatabaseUrls, *arguments: str, cluster: Cluster = NO_KAFKA, failpoint: str = ""
) -> tuple[int, str]:
    """Run a command of a service: exit code, and what it printed itself, without the lines of its log."""
    env = {**environment_of(service, urls, cluster), "ILP_FAILPOINT": failpoint}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service.package, *arguments), env=env, stdout=PIPE, stderr=STDOUT
    )
    output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, "\n".join(line for line in output.decode().splitlines() if '"logger":' not in line)


async def last_words(service: Service, urls: DatabaseUrls, command: str) -> str:
    """Run a process of a service that must fail; returns why in its own words, from its log."""
    env = environment_of(service, urls, NO_KAFKA, PORT="0", WORKER_STATUS_PORT="0")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service.package, command), env=env, stdout=PIPE, stderr=STDOUT
    )
    output, _ = await patiently(child.communicate())
    assert child.returncode not in (0, 2)
    return str(next(filter(None, (json.loads(line).get("why") for line in output.decode().splitlines()))))


async def read(service: Service, urls: DatabaseUrls, statement: str) -> list[asyncpg.Record]:
    """Run a statement in a service's database, all areas in scope."""
    conn = await connected(urls.app, server_settings={"search_path": service.schema, "ilp.areas": "id"})
    try:
        return list(await conn.fetch(statement))
    finally:
        await conn.close()
