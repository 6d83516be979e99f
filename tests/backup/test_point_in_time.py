"""A server of all databases is destroyed and restored to a point in time by pgBackRest, under load, with the oracle.

One drill, judged by several tests. It takes minutes, and needs pgBackRest and PostgreSQL 15 of Debian 12.
"""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from ilp_shared.ids import new_id
from ilp_shared.waits import Waits
from tests.backup.drill import JOBS, LISTED, SET_UP, Drill
from tests.backup.server import BackedUpPostgres
from tests.backup.target import Target
from tests.backup.upkeep import BACKUP, LATE, TEST, noted_earlier, walking
from tests.faults.campaign import waits_of
from tests.faults.choice import chosen_here
from tests.faults.places import villages_at_borders, villages_of_run
from tests.faults.platform import BreakablePlatform, running_breakable_platform
from tests.faults.workload import Workload
from tests.support import apt, node_exporter
from tests.support.started_platform import open_folder

pytestmark = pytest.mark.backends
PACKAGES = ("pgbackrest", "postgresql-15")
ENCRYPTED = b"Salted__"
"""How every file begins that pgBackRest has encrypted."""
NAME = "Contoh Cadangan"
_SAMPLE = re.compile(r"# TYPE (\w+) gauge\n\1\{database=\"ilp\"\} (\d+)\n")


@dataclass
class Done:
    """A drill that was carried through."""

    drill: Drill
    target: Target
    nik: str
    job: str
    """What the restore test of the second night printed."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def done(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Done]:
    """Provide the drill, carried through up to the lists and what was entered again."""
    apt.need(PACKAGES, lambda: bool(shutil.which("pgbackrest") and Path("/usr/lib/postgresql/15/bin/initdb").exists()))
    folder, seed = tmp_path_factory.mktemp("drill"), chosen_here().seed
    open_folder(folder)
    async with (
        _archiving(folder) as server,
        running_breakable_platform(folder, Waits().scaled(waits_of(os.environ)), server) as platform,
    ):
        nik = await _register_with_nik(platform)
        async with _working(platform, seed) as work:
            drill = Drill(platform, server, work)
            target = await drill.run()
            job = await drill.operate("increment and restore test", JOBS[0])
            print(f"seed {seed}, target {target.moment}, seconds: {json.dumps(drill.seconds)}")
            yield Done(drill, target, nik, job)


@asynccontextmanager
async def _archiving(folder: Path) -> AsyncIterator[BackedUpPostgres]:
    """Yield a running server, set up as the page has it up to the first backup."""
    server = BackedUpPostgres(folder)
    try:
        await server.start()
        code, said = await server.operate(SET_UP[0])
        assert code == 0, said
        await server.begin_archiving()
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def _working(platform: BreakablePlatform, seed: int) -> AsyncIterator[Workload]:
    villages = await villages_of_run(platform, seed, 0)
    work = Workload(platform, f"{seed} drill", villages, datetime.now(UTC))
    try:
        yield work
    finally:
        await work.close()


async def _register_with_nik(platform: BreakablePlatform) -> str:
    """Register somebody whose NIK must be in no backup, away from the villages of the load; returns the NIK."""
    village = (await villages_at_borders(platform, Random(0)))[7].code
    nik = f"{village[:8].replace('.', '')}450491{0:04}"
    person = {"nik": nik, "name": NAME, "sex": "female", "birth_date": "1991-04-05", "home_area": village}
    headers = platform.headers("midwife", village, key=str(new_id()))
    answer = await platform.client.post("/registry/v1/persons", json=person, headers=headers)
    assert answer.status_code == 201, answer.text
    return nik


def _files(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.read_bytes()


def test_the_server_went_back_to_the_moment(done: Done) -> None:
    assert f"starting point-in-time recovery to {done.target.moment}" in done.drill.log
    assert "recovery stopping before commit" in done.drill.log


def test_what_was_lost_is_what_was_acknowledged_after_the_moment(done: Done) -> None:
    drill, acknowledged = done.drill, done.drill.acknowledged
    lost = [entry for entries in drill.lost.values() for entry in entries]
    kinds = {entry.command.kind for entry in lost}
    assert done.target.differences(lost, acknowledged) == []
    assert {"person", "screening", "task"} <= kinds
    earlier = replace(done.target, sent=0)
    assert earlier.differences(lost, acknowledged), "a moment before the load would be noticed"
    later = replace(done.target, answered=frozenset(entry.command.key for entry in acknowledged))
    assert later.differences(lost, acknowledged), "a moment after the load would be noticed"


def test_the_lists_name_exactly_what_was_lost(done: Done) -> None:
    drill = done.drill
    assert drill.differences_of_lists() == []
    for name in LISTED:
        assert all("event_id" in line for line in drill.listed[name]), "Kafka still has all of it"
    assert len(drill.differences_of_lists(lambda lines: lines[1:])) >= len(LISTED), "a line less would be noticed"
    assert {line["type"].split(".")[1] for line in drill.listed["monitoring"]} <= {"monitoring"}


async def test_after_it_was_entered_again_everything_is_exact(done: Done) -> None:
    assert await done.drill.findings() == []


def test_the_repository_is_encrypted(done: Done) -> None:
    contents = list(_files(done.drill.server.repository))
    assert len(contents) > 10
    assert all(content.startswith(ENCRYPTED) for content in contents)


def test_no_secret_and_no_nik_is_in_a_backup(done: Done) -> None:
    """The restored folder is what the backup holds, decrypted."""
    platform = done.drill.platform
    secrets: dict[str, str] = json.loads((platform.data / "secrets.json").read_text())
    assert {"registry-nik", "registry-nik-index"} <= secrets.keys()
    hidden = [done.nik.encode(), *(secret.encode() for secret in secrets.values())]
    seen = False
    for content in _files(done.drill.server.data_folder):
        seen = seen or NAME.encode() in content
        assert not any(secret in content for secret in hidden)
    assert seen, "names are readable in the restored folder; else a NIK would not be seen either"


def test_jobs_report_what_they_did(done: Done) -> None:
    server = done.drill.server
    for name in (BACKUP, TEST):
        sample = _SAMPLE.fullmatch(server.metric(name))
        assert sample, name
        assert sample[1] == name
    counted = dict(re.findall(r"^(ilp_\w+): (\d+)\|", done.job, re.MULTILINE))
    assert set(counted) == {"ilp_registry", "ilp_screening", "ilp_cluster_services", "ilp_monitoring"}
    assert all(int(number) > 0 for number in counted.values())
    assert list((server.home / "empty").iterdir()) == [], "what was restored is deleted"


async def test_a_job_that_fails_reports_nothing(done: Done) -> None:
    server = done.drill.server
    before = server.metric(BACKUP), server.metric(TEST)
    wrong = {"PGBACKREST_REPO1_PATH": str(server.home / "empty")}
    for command in (SET_UP[1].splitlines()[-1], *JOBS[0].splitlines()[:2]):
        code, said = await server.operate(command, **wrong)
        assert code != 0, said
    assert (server.metric(BACKUP), server.metric(TEST)) == before


@pytest.mark.parametrize("name", LATE)
async def test_the_page_of_a_late_job_leads_from_the_symptom_to_the_proof(done: Done, name: str) -> None:
    node_exporter.need()
    server, (_, metric, seconds) = done.drill.server, LATE[name]
    note = server.metric(metric)
    async with walking(done.drill.platform, server, name) as walk:
        server.report(metric, "")
        await walk.notice()
        server.report(metric, noted_earlier(note, seconds))
        await walk.see()
        await walk.recover()
    assert server.metric(metric) > note, "the job that the page runs has noted its success"
