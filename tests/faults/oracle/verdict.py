"""What the oracle has to say about a run."""

from dataclasses import dataclass, field
from typing import Literal

KINDS = (
    "events",
    "histories of tasks",
    "shards",
    "Kafka records",
    "persons",
    "open days",
    "screenings",
    "tasks",
    "numbers",
)
"""What every run has something of."""


@dataclass
class Verdict:
    """Everything that is not as it must be; empty findings mean that the run is exact."""

    lost: int = 0
    """Acknowledged commands without their event, records that are not there, and numbers that are too low."""
    double: int = 0
    """Events, records and numbers beyond what was acknowledged."""
    findings: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    """How many things of each kind were compared: a check that looked at nothing proves nothing."""

    def add(self, kind: Literal["lost", "double", "wrong"], text: str, number: int = 1) -> None:
        """Note a finding; `number` is how much is lost or too much."""
        if kind == "lost":
            self.lost += number
        elif kind == "double":
            self.double += number
        self.findings.append(f"{kind}: {text}")

    def note(self, what: str, number: int = 1) -> None:
        """Count something that was compared."""
        self.checked[what] = self.checked.get(what, 0) + number

    def demand_sight(self) -> None:
        """Find fault with every kind of thing of which nothing was there to compare."""
        for kind in KINDS:
            if not self.checked.get(kind):
                self.add("wrong", f"the oracle has seen no {kind}")
