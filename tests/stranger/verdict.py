"""What a stranger says of a running platform: reads Kafka, counts, and compares with what readers are shown."""

from dataclasses import dataclass
from pathlib import Path

from tests.stranger.comparing import compare, over_http
from tests.stranger.counting import count
from tests.stranger.log import Log
from tests.stranger.world import World

_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """How much was looked at, and every disagreement in words."""

    events: int
    compared: int
    wrong: list[str]

    def explained(self) -> str:
        """Return the first disagreements, and how many there are."""
        return "\n".join([f"{len(self.wrong)} of {self.compared} differ", *self.wrong[:_SHOWN]])


def judge(bootstrap: str, asyncapi: Path, address: str, token: str) -> Verdict:
    """Read all of Kafka at `bootstrap` as the document says, and compare with the numbers at `address`."""
    log = Log(bootstrap, asyncapi)
    events = log.read()
    comparison = compare(count(World.after(events)), over_http(address, token))
    return Verdict(len(events), comparison.compared, [*log.wrong, *comparison.wrong])
