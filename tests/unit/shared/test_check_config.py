"""`check-config`: everything that is wrong with a production environment at once, in both languages, without values."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.dev.config import ROOT
from ilp_monitoring.service import SERVICE
from ilp_shared.cli import build_cli

SECRET = "rahasia-sekali"
TLS = "sslmode=verify-full&sslrootcert=/ca.pem"
SOUND = {
    "ILP_MONITORING_PROFILE": "production",
    "ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp?{TLS}",
    "ILP_MONITORING_KAFKA_BOOTSTRAP": "kafka:9093",
    "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "ILP_MONITORING_KAFKA_USERNAME": "monitoring",
    "ILP_MONITORING_KAFKA_PASSWORD": SECRET,
    "ILP_MONITORING_OIDC_ISSUER": "https://login.example.go.id/realms/ilp",
    "ILP_MONITORING_OIDC_JWKS": "https://login.example.go.id/keys",
    "ILP_MONITORING_TRUSTED_HOSTS": "ilp.example.go.id, ILP2.example.go.id",
    "ILP_MONITORING_DOCUMENTS": "false",
}


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what the run itself has set out of the environment."""
    for name in [name for name in os.environ if name.startswith("ILP_")]:
        monkeypatch.delenv(name)


def check(settings: Mapping[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Run `check-config` of monitoring in this environment: exit code, and lines."""
    ended = CliRunner().invoke(build_cli(SERVICE), ["check-config", *arguments], env=settings)
    assert SECRET not in ended.output
    return ended.exit_code, ended.output.splitlines()


def named(lines: list[str]) -> list[str]:
    """Return the names before the colons; every line must have both languages."""
    assert all(" / " in line for line in lines), lines
    return [line.partition(":")[0] for line in lines]


@pytest.mark.parametrize("process", ["api", "worker", "command"])
def test_a_sound_environment_is_ok(process: str) -> None:
    assert check(SOUND, "--process", process) == (0, ["ok"])


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {
        **SOUND,
        "ILP_FAILPOINT": "relay.after_send:kill:3",
        "ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp?sslmode=require",
        "ILP_MONITORING_MIGRATE_DATABASE_URL": f"postgresql://owner:{SECRET}@db:5432/ilp?{TLS}",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "ILP_MONITORING_KAFKA_USERNAME": "",
        "ILP_MONITORING_DOCUMENTS": "true",
        "ILP_MONITORING_TRUSTED_HOSTS": "",
        "ILP_MONITORING_WAIT": "{}",
        "ILP_SCREENING_PORT": "8080",
        "ILP_RECOUNT_REGISTRY_URL": f"postgresql://ilp:{SECRET}@db:5432/ilp",
    }
    del wrong["ILP_MONITORING_KAFKA_PASSWORD"]
    code, lines = check(wrong, "--process", "api")
    assert code == 1
    assert named(lines) == [
        "ILP_FAILPOINT",
        "ILP_MONITORING_WAIT",
        "ILP_SCREENING_PORT",
        "ILP_MONITORING_KAFKA_SECURITY_PROTOCOL",
        "ILP_MONITORING_MIGRATE_DATABASE_URL",
        "ILP_MONITORING_DOCUMENTS",
        "ILP_MONITORING_TRUSTED_HOSTS",
        "ILP_MONITORING_DATABASE_URL",
        "ILP_RECOUNT_REGISTRY_URL",
    ]
    development = {**wrong, "ILP_MONITORING_PROFILE": "development"}
    assert check(development, "--process", "api") == (0, ["ok"])


def test_the_owner_s_address_is_for_commands(tmp_path: Path) -> None:
    file = tmp_path / "owner"
    file.write_text(f"postgresql://owner@db/ilp?{TLS}\n")
    with_owner = {**SOUND, "ILP_MONITORING_MIGRATE_DATABASE_URL_FILE": str(file)}
    assert check(with_owner, "--process", "command") == (0, ["ok"])
    for process in ("api", "worker"):
        code, lines = check(with_owner, "--process", process)
        assert (code, named(lines)) == (1, ["ILP_MONITORING_MIGRATE_DATABASE_URL"])


def test_an_address_in_a_file_is_checked_too(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://ilp@db:5432/ilp\n")
    settings = {**SOUND, "ILP_MONITORING_DATABASE_URL_FILE": str(file)}
    del settings["ILP_MONITORING_DATABASE_URL"]
    code, lines = check(settings)
    assert (code, named(lines)) == (1, ["ILP_MONITORING_DATABASE_URL_FILE"])
    file.write_text("postgresql://ilp@/ilp?host=/run/postgresql\n")
    assert check(settings) == (0, ["ok"])


def test_what_cannot_be_read_at_all_is_said_at_once_too() -> None:
    wrong = {
        "ILP_MONITORING_KAFKA_BOOTSTRAP": "kafka:9093",
        "ILP_MONITORING_OIDC_JWKS": "http://login.example.go.id/keys",
        "ILP_MONITORING_PORT": "many",
    }
    code, lines = check(wrong)
    assert code == 1
    assert named(lines) == [
        "ILP_MONITORING_DATABASE_URL",
        "ILP_MONITORING_PORT",
        "ILP_MONITORING_OIDC_ISSUER",
        "ILP_MONITORING_OIDC_JWKS",
    ]


@pytest.mark.parametrize("name", ["WAITS", "LIMITS", "OIDC_ROLE_NAMES"])
def test_what_should_be_json_and_is_not_is_one_line(name: str) -> None:
    code, lines = check({**SOUND, f"ILP_MONITORING_{name}": f"many {SECRET}"})
    assert (code, named(lines)) == (1, [f"ILP_MONITORING_{name}"])


def test_a_process_that_production_refuses_does_not_start() -> None:
    env = {**os.environ, **SOUND, "ILP_FAILPOINT": "relay.after_send:kill:3"}
    command = [sys.executable, "-m", "ilp_monitoring", "worker"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("configuration: ILP_FAILPOINT: hanya untuk pengujian")


def test_a_process_whose_limits_are_too_low_does_not_start() -> None:
    nowhere = {"ILP_MONITORING_DATABASE_URL": f"postgresql://ilp:{SECRET}@127.0.0.1:1/ilp?{TLS}"}
    env = {**os.environ, **SOUND, **nowhere, "ILP_MONITORING_LIVE_MAX_STREAMS": "100000000"}
    command = [sys.executable, "-m", "ilp_monitoring", "api"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert SECRET not in ended.stdout + ended.stderr
    assert ended.returncode == 1
    said = {line["event"]: line["why"] for line in map(json.loads, ended.stdout.splitlines())}
    assert said["not_started"].startswith("nofile: batas berkas terbuka")
    assert said["backing_not_checked"]
