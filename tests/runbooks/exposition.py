"""What a process shows at `/metrics`, and which metrics a condition asks it for."""

from collections.abc import Mapping
from types import MappingProxyType

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from deploy.dev.vault import PortBook
from ilp_shared.auth import development
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.waiting import PATIENCE_S

FRONT_DOOR = "front-door"
NODE = "node-exporter"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Exposition:
    """One look at the metrics of a process; `asked` are the names that were asked for."""

    def __init__(self, text: str) -> None:
        self._samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
        self.asked: set[str] = set()

    def values(self, name: str, **labels: str) -> list[float]:
        """Return the values of a metric's series that have these labels."""
        self.asked.add(name)
        return [
            sample.value for sample in self._samples if sample.name == name and labels.items() <= sample.labels.items()
        ]


async def look(platform: Platform, process: str) -> Exposition | None:
    """Return what a process shows now; None where it does not answer."""
    if process == FRONT_DOOR:
        return await look_at(platform.address, _operator(platform))
    if process == NODE:
        return await look_at(f"http://{node_of(platform)}")
    return await look_at(f"http://{platform.instance_of(process)}")


def node_of(platform: Platform) -> str:
    """Return `host:port` of the node exporter beside a platform, whether it runs or not."""
    ports = PortBook(platform.data / "ports.json")
    return f"127.0.0.1:{ports.kept(NODE) or ports.take(NODE)}"


async def look_at(address: str, headers: Mapping[str, str] = _NOTHING) -> Exposition | None:
    """Return what an address shows now; None where nothing answers."""
    try:
        async with plain_client(address, timeout=PATIENCE_S) as client:
            answer = await client.get("/metrics", headers=headers)
    except httpx2.TransportError:
        return None
    assert answer.status_code == 200, answer.text
    return Exposition(answer.text)


def _operator(platform: Platform) -> dict[str, str]:
    """Return the token with which the front door shows its metrics; it takes none of those that live for months."""
    token = development.issue_token(platform.issuer, role="operator", areas=("id",))
    return {"Authorization": f"Bearer {token}"}
