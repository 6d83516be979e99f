"""The jobs of the compose project's backup, with stand-ins for PostgreSQL's programs and folders of the test."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

SCRIPT = (ROOT / "deploy" / "compose" / "backup.sh").read_text(encoding="utf-8")
REPORT = ROOT / "deploy" / "backup" / "report.sh"
SEGMENT = "000000010000000000000002"
LABEL = f"START WAL LOCATION: 0/2000028 (file {SEGMENT})\n"
PROGRAMS = {
    "pg_basebackup": 'mkdir "$3"; cp "$LABEL" "$3/backup_label"; echo begun >"$READY"; cat',
    "pg_verifybackup": "",
    "pg_archivecleanup": "",
    "pg_ctl": "",
    "pg_isready": 'case "$*" in *--host*) exit 2 ;; esac',
    "psql": "",
    "mv": 'case "$1" in */restoring) exit 1 ;; esac; exec /bin/mv "$@"',
}
"""A copy that lasts until its input ends, a server that is stopped, and a disk that is full at the last step."""


@pytest.fixture
def places(tmp_path: Path) -> Mapping[str, Path]:
    """Provide the folders of a container by their names there, and the stand-ins."""
    names = {"/backup": "backup", "/metrics": "metrics", "/var/lib/postgresql/data": "data", "programs": "programs"}
    for name in names.values():
        (tmp_path / name).mkdir()
    for name, content in PROGRAMS.items():
        (tmp_path / "programs" / name).write_text(f"#!/bin/sh\n{content}\n", encoding="utf-8")
        (tmp_path / "programs" / name).chmod(0o755)
    (tmp_path / "label").write_text(LABEL, encoding="utf-8")
    return {**{where: tmp_path / name for where, name in names.items()}, "/etc/ilp/report.sh": REPORT}


def begun(places: Mapping[str, Path], job: str, ready: str = os.devnull) -> subprocess.Popen[str]:
    """Begin a job of the script; only places differ."""
    inside = "|".join(re.escape(place) for place in places if place.startswith("/"))
    script = re.sub(rf"(?<!\w)({inside})(?![\w-])", lambda place: str(places[place[0]]), SCRIPT)
    path = f"{places['programs']}:{os.environ['PATH']}"
    environment = {"PATH": path, "READY": ready, "LABEL": str(places["/backup"].with_name("label"))}
    command, pipe = ["sh", "-c", script, "backup.sh", job], subprocess.PIPE
    return subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe)


def test_a_second_copy_at_once_is_refused_and_leaves_the_first_alone(places: Mapping[str, Path]) -> None:
    (places["/backup"] / "log").mkdir()
    (places["/backup"] / "log" / SEGMENT).touch()
    ready = places["/backup"].with_name("ready")
    os.mkfifo(ready)
    with begun(places, "base", str(ready)) as first:
        assert ready.read_text(encoding="utf-8") == "begun\n"
        with begun(places, "base") as second:
            _, said = second.communicate()
        assert (second.returncode, said) == (1, "backup-base lain masih jalan / another backup-base runs\n")
        made, said = first.communicate()
    assert (first.returncode, said) == (0, "")
    assert [path.name for path in (places["/backup"] / "base").iterdir()] == made.split()
    assert [path.name for path in places["/metrics"].iterdir()] == ["ilp_backup_last_success_timestamp_seconds.prom"]


def test_what_was_restored_stays_where_the_last_step_fails(places: Mapping[str, Path]) -> None:
    copy, data = places["/backup"] / "base" / "20260101T000000Z", places["/var/lib/postgresql/data"]
    copy.mkdir(parents=True)
    (copy / "backup_label").write_text(LABEL, encoding="utf-8")
    (data / "pgdata").mkdir()
    with begun(places, "restore") as job:
        job.communicate()
    assert job.returncode == 1
    assert (data / "restoring" / "backup_label").read_text(encoding="utf-8") == LABEL
    assert [path.name[: len("pgdata-before-")] for path in data.iterdir() if path.name != "restoring"] == [
        "pgdata-before-"
    ]


def test_a_backup_without_databases_is_said_in_both_languages(places: Mapping[str, Path]) -> None:
    environment = {"PATH": f"{places['programs']}:{os.environ['PATH']}"}
    command = ["sh", "-euc", f". '{REPORT}'; read_everything"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "cadangan tanpa basis data platform / no database of the platform in the backup\n"
