"""Three replicated Kafka brokers on this machine, each behind a fault proxy, for the broker faults of the campaign.

Each is controller and broker; the three vote (static voters). Clients know the proxies only: those are advertised.
Brokers talk to each other directly.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.dev.kafka import PROPERTIES, EmbeddedKafka, random_id
from deploy.dev.vault import PortBook
from ilp_shared.bus.clients import started
from tests.faults.proxy import FaultProxy
from tests.support.waiting import eventually

SIZE = 3
_CHANGED = {
    "node.id": "{node}",
    "controller.quorum.bootstrap.servers": "{voters}",
    "listeners": "CLIENTS://127.0.0.1:{clients},BROKERS://127.0.0.1:{brokers},CONTROLLER://127.0.0.1:{controller}",
    "advertised.listeners": "CLIENTS://{advertised},BROKERS://127.0.0.1:{brokers}",
    "inter.broker.listener.name": "BROKERS",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,BROKERS:PLAINTEXT",
    "offsets.topic.replication.factor": str(SIZE),
    "default.replication.factor": str(SIZE),
    "min.insync.replicas": "2",
}
"""What a member says otherwise than the broker of the one-command run, by property."""


@dataclass(frozen=True)
class Seat:
    """A member's place among the voters, fixed when the cluster is first made."""

    node: int
    controller: int
    folder_id: str


class Broker(EmbeddedKafka):
    """One member: its own folder, ports and log; `start`, `stop`, `kill`, `wipe` as for the single broker."""

    def __init__(self, data: Path, cache: Path, seats: Sequence[Seat], node: int, cluster_id: str) -> None:
        super().__init__(data, cache, f"kafka-{node}")
        self._seats, self._cluster_id = seats, cluster_id
        self._node = node
        self.proxy = FaultProxy(("127.0.0.1", 0), random.Random(node))

    def properties(self, logs: Path) -> str:
        """Return the configuration of a member: clients come through its proxy."""
        self.proxy.target = ("127.0.0.1", self.port)
        values = {
            "node": self._node,
            "voters": ",".join(f"127.0.0.1:{seat.controller}" for seat in self._seats),
            "clients": self.port,
            "brokers": self._ports.take(f"{self.name}-brokers"),
            "controller": self._seats[self._node - 1].controller,
            "advertised": self.proxy.address,
        }
        own = {name: value.format(**values) for name, value in _CHANGED.items()}
        alone = PROPERTIES.format(logs=logs, broker=self.port, controller=0)
        inherited = dict(line.split("=", 1) for line in alone.splitlines())
        return "".join(f"{name}={value}\n" for name, value in {**inherited, **own}.items())

    def membership(self) -> tuple[str, ...]:
        """Return the same voters for every member, so that a wiped one takes its own seat again."""
        voters = ",".join(f"{s.node}@127.0.0.1:{s.controller}:{s.folder_id}" for s in self._seats)
        return (f"--initial-controllers={voters}", f"--cluster-id={self._cluster_id}")

    def topics_on_disk(self) -> int:
        """Return how many partitions of the platform's topics it has a log of."""
        return len(list((self._folder / "logs").glob("ilp.*")))

    def leader_it_knows(self) -> int | None:
        """Return the active controller's node by this member's notes; None before the first election."""
        try:
            state = json.loads((self._folder / "logs" / "__cluster_metadata-0" / "quorum-state").read_text())
        except (FileNotFoundError, ValueError):
            return None
        leader = int(state["leaderId"])
        return leader if leader > 0 else None


class Cluster:
    """All members; looks to the platform like one address in ILP_KAFKA_BOOTSTRAP."""

    def __init__(self, data: Path, cache: Path) -> None:
        ports = PortBook(data / "ports.json")
        nodes = range(1, SIZE + 1)
        seats = [Seat(node, ports.take(f"kafka-{node}-controller"), random_id()) for node in nodes]
        cluster_id = random_id()
        self.brokers = [Broker(data, cache, seats, node, cluster_id) for node in nodes]

    @property
    def bootstrap(self) -> str:
        """Addresses for clients: the proxies."""
        return ",".join(broker.proxy.address for broker in self.brokers)

    @property
    def proxies(self) -> list[FaultProxy]:
        """The proxy of each member, in order."""
        return [broker.proxy for broker in self.brokers]

    async def start(self) -> None:
        """Start proxies and members, until all members serve."""
        await asyncio.gather(*(proxy.start() for proxy in self.proxies))
        await self.start_brokers()

    async def start_brokers(self) -> None:
        """Start whichever members do not run, until all serve."""
        await asyncio.gather(*(broker.start() for broker in self.brokers))
        await eventually(self._complete, within_s=180, every_s=0.2)

    async def stop(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(broker.stop() for broker in self.brokers))
        await asyncio.gather(*(proxy.stop() for proxy in self.proxies))

    async def controller(self) -> Broker:
        """Return the member that is the active controller now."""

        async def elected() -> Broker | None:
            known = [broker.leader_it_knows() for broker in self.brokers if broker.pid is not None]
            for node in known:
                if node is not None and known.count(node) * 2 > SIZE and self.brokers[node - 1].pid is not None:
                    return self.brokers[node - 1]
            return None

        member = await eventually(elected, within_s=60)
        assert member is not None
        return member

    async def in_sync(self) -> None:
        """Wait until every member has a copy of every partition again."""
        await eventually(self._copied, within_s=180, every_s=0.2)

    async def wipe(self) -> None:
        """Lose the whole log: every member down, every folder empty."""
        await asyncio.gather(*(broker.kill() for broker in self.brokers))
        for broker in self.brokers:
            broker.wipe()

    async def _complete(self) -> bool:
        async def complete(admin: AIOKafkaAdminClient) -> bool:
            return len((await admin.describe_cluster())["brokers"]) == SIZE

        return await self._ask(complete)

    async def _copied(self) -> bool:
        async def copied(admin: AIOKafkaAdminClient) -> bool:
            partitions = [part for topic in await admin.describe_topics() for part in topic["partitions"]]
            return bool(partitions) and all(len(part["isr"]) == SIZE for part in partitions)

        return await self._ask(copied)

    async def _ask(self, question: Callable[[AIOKafkaAdminClient], Awaitable[bool]]) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            async with started(admin):
                return await question(admin)
        except (KafkaError, OSError):
            return False
