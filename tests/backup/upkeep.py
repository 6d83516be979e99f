"""The pages of the alerts about backups, as scenarios: their metrics come from the jobs, by a node exporter."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from time import time

from deploy.dev.config import SERVICES
from deploy.dev.shell import operator_names
from tests.backup.server import BackedUpPostgres
from tests.runbooks.exposition import NODE, Exposition, look, node_of
from tests.runbooks.scenario import Scenario
from tests.runbooks.shell import Ended, Shell
from tests.runbooks.walk import Walk
from tests.support.node_exporter import node_exporter
from tests.support.platform import Platform

BACKUP, TEST = ("ilp_backup_last_success_timestamp_seconds", "ilp_restore_test_last_success_timestamp_seconds")
_BACKUP_S, _TEST_S = 26 * 3_600, 8 * 86_400
_LAST_NUMBER = re.compile(r"\d+$", re.M)


def _success_is_older(name: str, seconds: int, seen: Exposition) -> bool:
    note = seen.values(name)
    return not note or time() - max(note) > seconds


LATE: Mapping[str, tuple[Scenario, str, int]] = {
    name: (Scenario(name, NODE, partial(_success_is_older, metric, seconds), shows), metric, seconds)
    for name, metric, seconds, shows in (
        ("IlpBackupTooOld", BACKUP, _BACKUP_S, (r'database="ilp"\} 26 h', r"full backup: \d", r"last_archived_time")),
        ("IlpRestoreUntested", TEST, _TEST_S, (r'database="ilp"\} 8 d', r"full backup: \d", r"Filesystem")),
    )
}
"""By alert: its page's scenario, the metric of the job, and after how many seconds without success it rings."""


class AccountShell(Shell):
    """The shell of the account `postgres` on the machine of the server, in its clone."""

    def __init__(self, server: BackedUpPostgres, names: Mapping[str, str]) -> None:
        super().__init__(names)
        self._server, self._names = server, names

    async def run(self, command: str) -> Ended:
        """Run one command to its end, as that account."""
        return Ended(command, *await self._server.operate(command, **self._names))


@asynccontextmanager
async def walking(platform: Platform, server: BackedUpPostgres, name: str) -> AsyncIterator[Walk]:
    """Yield the walk through the page of an alert, beside a node exporter that reads what the jobs note."""
    [registry] = (service for service in SERVICES if service.name == "registry")
    names = operator_names(registry, platform.instance_of("registry-api"), platform.superuser, platform.data)
    shell = AccountShell(server, {"NODE": node_of(platform), "DATABASE": names["DATABASE"]})
    async with node_exporter("textfile", f"--collector.textfile.directory={server.metrics}", node=node_of(platform)):
        yield Walk(LATE[name][0], shell, partial(look, platform, NODE))


def noted_earlier(text: str, seconds: int) -> str:
    """Return the text file of a job as if it had last succeeded so much earlier."""
    return _LAST_NUMBER.sub(lambda number: str(int(number[0]) - seconds), text)
