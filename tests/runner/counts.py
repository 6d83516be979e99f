"""How many tests passed, failed and were skipped, and the one line that a run ends with."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self
from xml.etree import ElementTree


class Counts(NamedTuple):
    """Numbers of tests, or of other things that pass or fail; errors of fixtures count as failures."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, *, passed: bool) -> Self:
        """Return the counts of one thing."""
        return cls(int(passed), int(not passed))

    @classmethod
    def read(cls, report: Path, code: int) -> Self:
        """Return the counts in a JUnit report; a pytest that failed otherwise than by a test is one failure."""
        try:
            cases = list(ElementTree.parse(report).iter("testcase"))
        except (OSError, ElementTree.ParseError):
            return cls(failed=1)  # a run without a readable report shows nothing
        broken = sum(any(case.find(kind) is not None for kind in ("failure", "error")) for case in cases)
        skipped = sum(case.find("skipped") is not None for case in cases)
        return cls(len(cases) - broken - skipped, broken or int(code != 0), skipped)

    @property
    def line(self) -> str:
        """The closing line of a run."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def sum_of(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return Counts(*map(sum, zip(Counts(), *counts, strict=True)))
