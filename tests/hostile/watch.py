"""Watches a whole test run for what must not come out: everything it printed, and every file it left behind.

A pytest plugin. What tests print is scanned as they report; at the session's end, when all servers have stopped, every
file below the process' temporary folder: logs, topics, lists, crash files. A finding fails the run. Services under test
log in this process exactly as in production, masking included. Topics of a Kafka that was there before (or runs in a
container) are not below that folder: test_no_nik_anywhere.py reads these as a consumer.

Under pytest-xdist each worker scans its own output and files. The controller gathers what they found, and scans the
folder of a worker that ended without an answer.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ilp_shared.logging import configure_logging
from tests.hostile.scanner import Finding, findings_below, findings_in
from tests.support.run import folder_of, is_worker

PLANTED = "hostile/test_scanner.py"
"""The one file whose tests plant secrets, to show that they are found."""
_SHOWN = 30
_FINDINGS, _FOLDERS = "findings", "scanned_folders"
"""Under which names a worker answers the controller."""
_watch = pytest.StashKey["Watch"]()


class Watch:
    """What was found so far, and which folders others have looked at."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.findings: set[Finding] = set()
        self._scanned: list[Path] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Scan what a test printed and logged, and the text of its failure; each in the process where it ran."""
        if PLANTED in report.nodeid or hasattr(report, "node"):
            return
        printed = "\n".join([text for _, text in report.sections] + [report.longreprtext])
        self.findings.update(findings_in(printed.encode(), f"output of {report.nodeid}"))

    def pytest_runtest_logstart(self) -> None:
        """Let services log as in production, whatever a test before has set up (a command line in this process)."""
        root = logging.getLogger()
        others = [handler for handler in root.handlers if type(handler) is not logging.StreamHandler]  # pytest's own
        configure_logging("tests", "INFO")
        root.handlers += others
        logging.getLogger("httpx2").setLevel(logging.WARNING)  # the tests' own client

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Gather what a worker has found, if it could still say so."""
        answer: dict[str, list[Any]] = getattr(node, "workeroutput", {})
        self.findings.update(Finding(*finding) for finding in answer.get(_FINDINGS, []))
        self._scanned += [Path(folder) for folder in answer.get(_FOLDERS, [])]

    def scan(self) -> None:
        """Scan the files of this process."""
        if folder := self.folder:
            findings = findings_below(folder, without=self._scanned)
            whose = f"{folder.name}/" if is_worker(self._config) else ""
            self.findings.update(Finding(whose + one.where, one.kind, one.at) for one in findings)

    @property
    def folder(self) -> Path | None:
        """The temporary folder of this process; None where no test made a file."""
        folder: Path | None = getattr(folder_of(self._config), "_basetemp")  # noqa: B009 - private to pytest
        return folder

    def tell(self, output: dict[str, object]) -> None:
        """Put what was found, and what was looked at, into a worker's answer to the controller."""
        output[_FINDINGS] = [[finding.where, finding.kind, finding.at] for finding in sorted(self.findings)]
        output[_FOLDERS] = [str(self.folder)] if self.folder else []


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    config.stash[_watch] = Watch(config)
    config.pluginmanager.register(config.stash[_watch], "watch-of-secrets")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Scan what the run left behind; fail it when anything was found."""
    config, watch = session.config, session.config.stash[_watch]
    watch.scan()
    if is_worker(config):
        watch.tell(config.workeroutput)  # type: ignore[attr-defined]  # made by pytest-xdist
    elif watch.findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was found, and where; never the thing itself."""
    findings = config.stash[_watch].findings
    if findings:
        terminalreporter.section("secrets or personal data came out, or a line of a log has another form", red=True)
        for line in lines_of(findings):
            terminalreporter.write_line(line)


def lines_of(findings: Iterable[Finding]) -> list[str]:
    """Return the lines that say where something was found, and how much."""
    known = sorted(findings)
    lines = [f"FAILED {finding.where}: {finding.kind} at {finding.at}" for finding in known[:_SHOWN]]
    return [*lines, f"{len(known)} findings"]
