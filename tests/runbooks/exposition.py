"""What a process shows at `/metrics`, and which metrics a condition asks it for."""

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from ilp_shared.auth import development
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.waiting import PATIENCE_S

FRONT_DOOR = "front-door"


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
    at_door = process == FRONT_DOOR
    address = platform.address if at_door else f"http://{platform.instance_of(process)}"
    try:
        async with plain_client(address, timeout=PATIENCE_S) as client:
            answer = await client.get("/metrics", headers=_operator(platform) if at_door else {})
    except httpx2.TransportError:
        return None
    assert answer.status_code == 200, answer.text
    return Exposition(answer.text)


def _operator(platform: Platform) -> dict[str, str]:
    """Return the token with which the front door shows its metrics; it takes none of those that live for months."""
    token = development.issue_token(platform.issuer, role="operator", areas=("id",))
    return {"Authorization": f"Bearer {token}"}
