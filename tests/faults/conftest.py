"""Says which faults the campaign of a run took, and how old the others are."""

import pytest

from tests.faults.choice import report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the selection, where the campaign was part of the run."""
    reports = [one for of_kind in terminalreporter.stats.values() for one in of_kind]
    if any("test_campaign.py::" in getattr(one, "nodeid", "") for one in reports):
        for line in report():
            terminalreporter.write_line(line)
