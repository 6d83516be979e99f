"""The step `setup` of the compose project: topics, and what each service may do, with the operator's certificate.

It runs in the platform's image. Topics that exist stay as they are; entries that exist are made again without effect.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.dev.config import SERVICES
from deploy.dev.kafka_topics import ensure_topics
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.security import Security
from ilp_shared.operations.grants import Grant, Operation, grants_of
from ilp_shared.service import Service

Entry = tuple[str, Grant, Operation]
"""An account, a resource, and one operation on it."""
_KINDS: Mapping[str, int] = {"topic": 2, "group": 3}
_LITERAL, _ALLOW = 3, 3
_OPERATIONS: Mapping[Operation, int] = {"Read": 3, "Write": 4, "Describe": 8, "DescribeConfigs": 10}
"""Kafka's own numbers of them (org.apache.kafka.common.acl, …common.resource)."""


def descriptions() -> Iterator[Service]:
    """Yield the description of every service."""
    for service in SERVICES:
        yield cast(Service, import_module(f"{service.module}.service").SERVICE)


def entries(cluster: Cluster) -> Iterator[Entry]:
    """Yield the access lists of all services; an account bears the service's name."""
    for service in descriptions():
        for grant in grants_of(service, cluster):
            for operation in grant.operations:
                yield service.name, grant, operation


async def set_up(cluster: Cluster) -> None:
    """Make topics and entries; raises KafkaError."""
    await ensure_topics(cluster.bootstrap, cluster.prefix, **cluster.security.options())
    admin = AIOKafkaAdminClient(**cluster.client())
    async with started(admin):
        for account, grant, operation in entries(cluster):
            await _allow(admin, account, grant, operation)


async def _allow(admin: AIOKafkaAdminClient, account: str, grant: Grant, operation: Operation) -> None:
    request = CreateAclsRequest(
        _KINDS[grant.kind], grant.name, _LITERAL, f"User:{account}", "*", _OPERATIONS[operation], _ALLOW
    )
    answer = await admin._send_to_controller(request)  # aiokafka has the request, and no method for it
    for code, _message in answer.creation_responses:
        if code:
            raise for_code(code)


def cluster_of(environment: Mapping[str, str]) -> Cluster:
    """Return the cluster as the operator uses it; raises KeyError for a variable that is missing."""
    ca, certificate, key = (Path(environment[f"KAFKA_{name}_FILE"]) for name in ("CA", "CERTIFICATE", "KEY"))
    security = Security("SSL", ca, certificate, key)
    return Cluster(environment["KAFKA_BOOTSTRAP"], environment.get("TOPIC_PREFIX", ""), security=security)


def main() -> int:
    """Set up Kafka; exit code 1 with one line where it cannot be reached or refuses."""
    try:
        asyncio.run(set_up(cluster_of(os.environ)))
    except (KafkaError, OSError) as error:
        print(
            f"Kafka: belum dapat disiapkan, ulangi / not set up yet, try again ({type(error).__name__})",
            file=sys.stderr,
        )
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
