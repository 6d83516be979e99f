"""The files of the backup by pgBackRest fit each other, the alerts, and the page that tells an operator what to run."""

import configparser
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from deploy.observability.slo import catalogue
from tests.backup.page import blocks
from tests.backup.server import FILES

SECTIONS = ("set up", "jobs", "restore to a point in time")
PROGRAMS = {
    "pgbackrest": 'folder=${2#--pg1-path=}; mkdir "$folder"; echo 15 >"$folder/PG_VERSION"',
    "pg_ctl": 'if [ "$1" = start ]; then echo started >"$READY"; exec cat; fi',
}
"""Stand-ins: a restore of one file, and a server that takes for ever to start."""
SCRIPT = (FILES / "pgbackrest.sh").read_text(encoding="utf-8")


def test_one_stanza_in_all_files() -> None:
    settings = configparser.ConfigParser()
    settings.read(FILES / "pgbackrest.conf")
    assert settings.sections() == ["global", "ilp"]
    assert "pgbackrest --stanza=ilp archive-push %p" in (FILES / "postgresql.conf").read_text(encoding="utf-8")
    assert 'stanza="${ILP_STANZA:-ilp}"' in SCRIPT
    page = "\n".join(block for section in SECTIONS for block in blocks(f"pgBackRest: {section}"))
    commands = re.findall(r"^ *pgbackrest .*$", f"{page}\n{SCRIPT}", re.MULTILINE)
    assert len(commands) > 4
    assert all("--stanza=" in command for command in commands), "restore_command has only what is an argument"


def test_the_passphrase_is_in_no_file() -> None:
    settings = configparser.ConfigParser()
    settings.read(FILES / "pgbackrest.conf")
    assert settings["global"]["repo1-cipher-type"] == "aes-256-cbc"
    assert not any("cipher-pass" in name for section in settings.values() for name in section)


def test_jobs_report_what_the_alerts_look_for() -> None:
    reported = set(re.findall(r"^ *note (\w+)$", SCRIPT, re.MULTILINE))
    assert reported == {
        "ilp_backup_last_success_timestamp_seconds",
        "ilp_restore_test_last_success_timestamp_seconds",
    }
    assert reported <= catalogue().elsewhere.keys()


@pytest.mark.parametrize("section", SECTIONS)
def test_the_shell_understands_the_page(section: str) -> None:
    assert blocks(f"pgBackRest: {section}")
    for block in blocks(f"pgBackRest: {section}"):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_shell_understands_the_jobs() -> None:
    done = subprocess.run(["sh", "-n"], input=SCRIPT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_restore_test_that_is_ended_leaves_no_data_and_lets_nobody_else_in(tmp_path: Path) -> None:
    folder, programs, ready = (tmp_path / name for name in ("restored", "programs", "ready"))
    folder.mkdir(mode=0o755)
    programs.mkdir()
    os.mkfifo(ready)
    for name, content in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{content}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    job = subprocess.Popen(
        ["sh", str(FILES / "pgbackrest.sh"), "test", str(folder)],
        env={"PATH": path, "ILP_POSTGRES_PROGRAMS": str(programs), "READY": str(ready)},
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert ready.read_text(encoding="utf-8") == "started\n"
    settings = (folder / "server.conf").read_text(encoding="utf-8").splitlines()
    os.killpg(job.pid, signal.SIGTERM)
    job.communicate()
    assert "unix_socket_permissions = 0700" in settings
    assert job.returncode != 0
    assert list(folder.iterdir()) == []
