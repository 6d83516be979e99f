"""Measured figures, and the comparison of two things: in turns (A B A B …), as ratios of neighbours.

A slow moment of the machine slows both of a pair, so the median of the ratios says more than a ratio of medians.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

ROUNDS = 5


class Run(NamedTuple):
    """One measured run: operations per second, and CPU microseconds per operation of each process."""

    rate: float
    cpu_us: Mapping[str, float]

    @classmethod
    def of(cls, done: int, seconds: float, cpu_s: Mapping[str, float]) -> "Run":
        """Return the run of `done` operations."""
        return cls(done / seconds, {name: 1e6 * spent / done for name, spent in cpu_s.items()})


class Spread(NamedTuple):
    """Median, smallest and largest of several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Return the spread of some values."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Goal:
    """What a figure should reach; `at_most` turns it round (times, memory)."""

    value: float
    at_most: bool = False

    def reached_by(self, value: float) -> bool:
        """Tell whether a value reaches the goal."""
        return value <= self.value if self.at_most else value >= self.value


@dataclass(frozen=True)
class Line:
    """One line of the results."""

    name: str
    unit: str
    value: Spread
    n: int
    goal: Goal | None = None
    note: str = ""


@dataclass
class Comparison:
    """Runs of the platform and of its raw limit, taken in turns."""

    ours: list[Run] = field(default_factory=list)
    raw: list[Run] = field(default_factory=list)

    def lines(self, name: str, unit: str, limit: str, *, ratio: float, rate: float | None = None) -> list[Line]:
        """Return the lines of the figure, of the raw limit, and of their ratio with its goal."""
        n = len(self.ours)
        rates, raw = [run.rate for run in self.ours], [run.rate for run in self.raw]
        ratios = [mine / other for mine, other in zip(rates, raw, strict=True)]
        return [
            Line(name, unit, Spread.of(rates), n, Goal(rate) if rate else None, cpu_note(self.ours)),
            Line(f"raw limit: {limit}", unit, Spread.of(raw), n, None, cpu_note(self.raw)),
            Line("ratio to the raw limit", "", Spread.of(ratios), n, Goal(ratio)),
        ]


def cpu_note(runs: list[Run]) -> str:
    """Return the median CPU microseconds per operation of each process, as text."""
    parts = [f"{name} {median(run.cpu_us[name] for run in runs):.0f}" for name in runs[0].cpu_us]
    return "CPU µs: " + " + ".join(parts)


async def in_turns(
    ours: Callable[[], Awaitable[Run]], raw: Callable[[], Awaitable[Run]], rounds: int = ROUNDS
) -> Comparison:
    """Run both once to warm up, then alternately."""
    await ours()
    await raw()
    comparison = Comparison()
    for _ in range(rounds):
        comparison.ours.append(await ours())
        comparison.raw.append(await raw())
    return comparison
