"""Watches a whole test run for what must not come out: everything it printed, and every file it left behind.

A pytest plugin (tests/conftest.py loads it). What tests print is scanned as they report; at the session's end, when
all servers have stopped, every file below the run's temporary folder: logs, topics, lists, crash files. A finding fails
the run. Services under test log in this process exactly as in production, masking included. Topics of a Kafka that was
there before (or runs in a container) are not below that folder: test_no_nik_anywhere.py reads these as a consumer.
"""

import logging
from pathlib import Path

import pytest

from ilp_shared.logging import configure_logging
from tests.hostile.scanner import Finding, findings_below, findings_in

PLANTED = "hostile/test_scanner.py"
"""The one file whose tests plant secrets, to show that they are found."""
_SHOWN = 30
_found = pytest.StashKey[set[Finding]]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    config.stash[_found] = set()
    configure_logging("tests", "INFO")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the tests' own client


class Watch:
    """What is noted while tests report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Scan what a test printed and logged, and the text of its failure."""
        if PLANTED not in report.nodeid:
            printed = "\n".join([text for _, text in report.sections] + [report.longreprtext])
            self._config.stash[_found].update(findings_in(printed.encode(), f"output of {report.nodeid}"))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Follow the reports."""
    session.config.pluginmanager.register(Watch(session.config), "watch-of-secrets")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Scan what the run left behind; fail it when anything was found."""
    folder: Path | None = getattr(session.config, "_tmp_path_factory")._basetemp  # noqa: B009 - private to pytest; None: unused
    found = session.config.stash[_found]
    if folder is not None:
        found.update(findings_below(folder))
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was found, and where; never the thing itself."""
    found = config.stash[_found]
    if found:
        terminalreporter.section("secrets or personal data came out", red=True)
        for finding in sorted(found)[:_SHOWN]:
            terminalreporter.write_line(f"FAILED {finding.where}: {finding.kind} at {finding.at}")
        terminalreporter.write_line(f"{len(found)} findings")
