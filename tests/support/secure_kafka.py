"""A Kafka that asks who a client is: SASL_SSL with SCRAM and TLS with client certificates, each with access lists.

Both names lead to one account: the certificate of `screening` is the same principal as the account `screening`. The
access lists are made from `grants_of`, by a client that the product does not use.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from pydantic import SecretStr

from deploy.dev.kafka import PROPERTIES, EmbeddedKafka
from deploy.dev.kafka_jars import Progress
from deploy.dev.kafka_topics import broker_answers
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.security import Security
from ilp_shared.operations.grants import Grant, Operation
from tests.faults.proxy import FaultProxy
from tests.support.certificates import Authority

OPERATOR = "operator"
"""The superuser: the broker itself, and who administers it."""
_MECHANISM = "SCRAM-SHA-512"
_CHANGED = {
    "listeners": "SASL_SSL://127.0.0.1:{accounts},SSL://127.0.0.1:{certificates},CONTROLLER://127.0.0.1:{controller}",
    "advertised.listeners": "SASL_SSL://{line},SSL://127.0.0.1:{certificates}",
    "inter.broker.listener.name": "SSL",
    "listener.security.protocol.map": "CONTROLLER:SSL,SASL_SSL:SASL_SSL,SSL:SSL",
    "sasl.enabled.mechanisms": _MECHANISM,
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "ssl.client.auth": "required",
    "listener.name.sasl_ssl.ssl.client.auth": "none",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": "{own}",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": "{ca}",
    "ssl.principal.mapping.rules": "RULE:^CN=([a-z-]+)$/$1/",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": f"User:{OPERATOR}",
    "allow.everyone.if.no.acl.found": "false",
}
"""What this broker says otherwise than the one of the one-command run, by property."""


_OPERATIONS: Mapping[Operation, AclOperation] = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


class SecureKafka(EmbeddedKafka):
    """One broker with two doors; `line.cut()` makes every client of the first one connect again."""

    def __init__(self, data: Path, cache: Path, secrets: Path) -> None:
        super().__init__(data, cache, "secure-kafka")
        self.authority = Authority(secrets)
        self._own = self.authority.sign(OPERATOR)
        self._secrets = secrets
        self._door = 0
        self.line = FaultProxy(("127.0.0.1", 0), random.Random(0))

    async def start(self, progress: Progress | None = None) -> None:
        """Start the line to the first door, and the broker."""
        await self.line.start()
        await super().start(progress)

    async def stop(self) -> None:
        """End both."""
        await super().stop()
        await self.line.stop()

    def properties(self, logs: Path) -> str:
        """Return the configuration with both doors and the access lists."""
        self.line.target = ("127.0.0.1", self.port)
        self._door = self._ports.take(f"{self.name}-certificates")
        values = {
            "accounts": self.port,
            "line": self.line.address,
            "certificates": self._door,
            "controller": self._ports.take(f"{self.name}-controller"),
            "own": self._own.both,
            "ca": self.authority.file,
        }
        own = {name: value.format(**values) for name, value in _CHANGED.items()}
        alone = PROPERTIES.format(logs=logs, broker=self.port, controller=values["controller"])
        inherited = dict(line.split("=", 1) for line in alone.splitlines())
        return "".join(f"{name}={value}\n" for name, value in {**inherited, **own}.items())

    async def answers(self) -> bool:
        """Ask as the operator."""
        operator = self.certified(Cluster(""), OPERATOR)
        return await broker_answers(operator.bootstrap, **operator.security.options())

    def certified(self, cluster: Cluster, name: str) -> Cluster:
        """Return a cluster as a client with a certificate of that name uses it."""
        own = self._own if name == OPERATOR else self.authority.sign(name)
        security = Security("SSL", self.authority.file, own.certificate, own.key)
        return replace(cluster, bootstrap=f"127.0.0.1:{self._door}", security=security)

    async def account(self, cluster: Cluster, name: str) -> Cluster:
        """Create an account, or give it another password, and return a cluster as its owner uses it."""
        password = token_urlsafe(24)
        await self.set_password(name, password)
        security = Security("SASL_SSL", self.authority.file, username=name, password=SecretStr(password))
        return replace(cluster, bootstrap=self.line.address, security=security)

    async def set_password(self, name: str, password: str) -> None:
        """Give an account a password; the one before is not valid any more."""
        made = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(name, made, password.encode())
        admin = self._admin()
        await _done(admin.alter_user_scram_credentials([change]))

    async def grant(self, name: str, grants: Iterable[Grant]) -> None:
        """Let an account do what is granted."""
        admin = self._admin()
        await _done(admin.create_acls([entry for grant in grants for entry in _entries(name, grant)]))

    def _admin(self) -> AdminClient:
        """Return a client that must be held until it has its answer."""
        settings = foreign(self.certified(Cluster(""), OPERATOR))
        return AdminClient({"bootstrap.servers": f"127.0.0.1:{self._door}", **settings})


def foreign(cluster: Cluster) -> Mapping[str, str]:
    """Return librdkafka's settings for the same account."""
    own = cluster.security
    settings = {"security.protocol": own.protocol, "ssl.ca.location": str(own.ca)}
    if own.certificate is not None:
        settings |= {"ssl.certificate.location": str(own.certificate), "ssl.key.location": str(own.key)}
    if own.password is not None:
        settings |= {"sasl.mechanism": own.mechanism, "sasl.username": own.username}
        settings["sasl.password"] = own.password.get_secret_value()
    return settings


def _entries(name: str, grant: Grant) -> Iterable[AclBinding]:
    kind = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}[grant.kind]

    for operation in grant.operations:
        yield AclBinding(
            kind,
            grant.name,
            ResourcePatternType.LITERAL,
            f"User:{name}",
            "*",
            _OPERATIONS[operation],
            AclPermissionType.ALLOW,
        )


async def _done(futures: Mapping[Any, "Future[Any]"]) -> None:
    for future in futures.values():
        await asyncio.to_thread(future.result, 30)
