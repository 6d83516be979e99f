"""`python -m deploy.dev.shell`: what it prints is safe to evaluate, and a refusal is one line without a secret."""

import asyncio
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev import shell
from deploy.dev.config import ROOT, SERVICES
from deploy.dev.display import Display
from deploy.dev.environment import Ports, routes
from deploy.dev.ledger import Ledger
from deploy.dev.steps import Steps
from deploy.dev.vault import Vault, write_json

NAMES = ("INSTANCE", "SERVICE", "DATABASE", "PGPASSWORD")
PORTS = {service.name: Ports(20_001 + 2 * number, 20_002 + 2 * number) for number, service in enumerate(SERVICES)}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a data folder whose name a shell would misread."""
    folder = tmp_path / "it's $HOME; `a` folder"
    folder.mkdir()
    monkeypatch.setenv("ILP_DATA_DIR", str(folder))
    for name in ("ILP_DATABASE_URL", "ILP_KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    return folder


def run_goes_on(data: Path, **run_facts: object) -> None:
    """Note a run of this very process; its servers have ports."""
    write_json(data / "ports.json", {"postgres": 20_020, "kafka": 20_021})
    ledger = Ledger(data / "run.json")
    ledger.record("screening-worker", os.getpid())
    ledger.note(**run_facts)


def evaluated(printed: str, *commands: str, **environment: str) -> str:
    """Return what commands print in a bash that has evaluated the output."""
    script = "\n".join(["set -eu", printed, *commands])
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=environment, check=True)
    return done.stdout


def test_bash_has_the_names_of_a_process(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_goes_on(data, routes=routes(PORTS), servers=["postgres", "kafka"])
    assert shell.main(["cluster-services-worker"]) == 0
    printed, said = capsys.readouterr()
    assert said == ""
    assert all(line.startswith("export ") for line in printed.splitlines())
    seen = evaluated(printed, 'echo "$INSTANCE $SERVICE"', 'echo "$ILP_CLUSTER_SERVICES_OIDC_JWKS"', "type -p python")
    python = Path(sys.executable).parent / "python"
    assert seen.splitlines() == [
        f"127.0.0.1:{PORTS['cluster_services'].worker} ilp_cluster_services",
        str(data / "dev-issuer" / "jwks.json"),
        str(python),
    ]
    password = Vault(data / "secrets.json").password("postgres")
    superuser = "postgresql://postgres@127.0.0.1:20020/ilp_cluster_services"
    database = evaluated(printed, 'echo "$DATABASE"').strip()
    assert database.partition("?options=-csearch_path%3D")[::2] == (superuser, "cluster_services")
    assert evaluated(printed, 'echo "$PGPASSWORD"').strip() == password
    assert evaluated(printed, 'echo "$ILP_CLUSTER_SERVICES_KAFKA_BOOTSTRAP"') == "127.0.0.1:20021\n"


def test_monitoring_has_the_archives_besides(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_goes_on(data, routes=routes(PORTS), servers=["postgres", "kafka"])
    assert shell.main(["monitoring-worker"]) == 0
    names = [line.split("=")[0] for line in capsys.readouterr().out.splitlines()]
    assert {f"export ILP_RECOUNT_{service.name.upper()}_URL" for service in SERVICES} <= set(names)


def test_servers_of_ones_own_are_those_of_the_environment(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_goes_on(data, routes=routes(PORTS), servers=[])
    refused(capsys, "registry-api", "set ILP_DATABASE_URL as for `make run`")
    monkeypatch.setenv("ILP_DATABASE_URL", "postgresql://admin:x%2Fy@db.example:5433/postgres?sslmode=require")
    refused(capsys, "registry-api", "set ILP_KAFKA_BOOTSTRAP as for `make run`")
    monkeypatch.setenv("ILP_KAFKA_BOOTSTRAP", "kafka.example:9092")
    assert shell.main(["registry-api"]) == 0
    printed = capsys.readouterr().out
    address = evaluated(printed, 'echo "$DATABASE $PGPASSWORD $ILP_REGISTRY_KAFKA_BOOTSTRAP"')
    parameters = "sslmode=require&options=-csearch_path%3Dregistry"
    assert address == f"postgresql://admin@db.example:5433/ilp_registry?{parameters} x/y kafka.example:9092\n"
    monkeypatch.setenv("ILP_DATABASE_URL", "postgresql:///postgres?host=/run/postgresql")
    assert shell.main(["registry-api"]) == 0
    by_socket = evaluated(capsys.readouterr().out, 'echo "$DATABASE${PGPASSWORD-}"')
    assert by_socket == "postgresql:///ilp_registry?host=/run/postgresql&options=-csearch_path%3Dregistry\n"


def test_a_machine_without_psql_has_that_of_the_embedded_server(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_goes_on(data, routes=routes(PORTS), servers=["postgres", "kafka"])
    monkeypatch.setenv("PATH", str(tmp_path))
    bash = "/bin/bash"
    assert shell.main(["registry-api"]) == 0
    script = f"{capsys.readouterr().out}\npsql --version"
    done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, env={}, check=True)
    assert done.stdout.startswith("psql (PostgreSQL)")


def refused(capsys: pytest.CaptureFixture[str], process: str, reason: str) -> None:
    """Expect one line that says why, and an `eval` that fails and leaves no name of another process."""
    assert shell.main([process] if process else []) == 1
    printed, said = capsys.readouterr()
    left = ["INSTANCE=x SERVICE=x DATABASE=x PGPASSWORD=x", f'eval {shlex.quote(printed)} || echo "failed: $?"']
    assert evaluated("\n".join(left), *(f'echo "${{{name}-}}"' for name in NAMES)) == "failed: 1\n" + "\n" * len(NAMES)
    assert said.count("\n") == 1
    assert reason in said


@pytest.mark.parametrize("process", ["", "screening", "front-door", "ilp-screening-worker"])
def test_an_unknown_process_is_told_which_there_are(
    data: Path, capsys: pytest.CaptureFixture[str], process: str
) -> None:
    refused(capsys, process, "must be one of: registry-api registry-worker screening-api screening-worker")


def test_where_nothing_runs_there_is_nothing_to_set(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "screening-worker", "not running: `make run`")
    assert not (data / "secrets.json").exists()


def test_a_start_is_waited_for(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Ledger(data / "run.json")
    ledger.record("postgres", os.getpid())
    Steps(Display(), ledger).begin()
    refused(capsys, "screening-worker", "is starting: see `make status`")


@pytest.mark.parametrize(
    "run_facts",
    [{}, {"routes": routes(PORTS)}, {"routes": {}, "servers": []}, {"routes": {"/screening": "x"}, "servers": []}],
)
def test_a_run_of_another_release_is_not_guessed_at(
    data: Path, capsys: pytest.CaptureFixture[str], run_facts: dict[str, object]
) -> None:
    run_goes_on(data, **run_facts)
    refused(capsys, "screening-worker", "of another release")


def test_a_first_installation_that_goes_on_is_one_line() -> None:
    bare = [sys.executable, "-S", "-m", "deploy.dev.shell", "monitoring-worker"]
    done = subprocess.run(bare, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (1, f"unset {' '.join(NAMES)}; false\n")
    (line,) = done.stderr.splitlines()
    assert "the installation has not ended yet" in line


async def test_a_terminal_is_shown_the_line_to_type_instead(data: Path) -> None:
    run_goes_on(data, routes=routes(PORTS), servers=["postgres", "kafka"])
    screen, terminal = pty.openpty()
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.dev.shell", "screening-worker"),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=terminal,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await child.communicate()
        assert child.returncode == 2
        os.set_blocking(screen, False)
        with pytest.raises(BlockingIOError):
            os.read(screen, 1)
    finally:
        os.close(screen)
        os.close(terminal)
    line = said.decode().partition("type: ")[2].strip()
    assert shlex.split(line) == ["eval", "$(.venv/bin/python -m deploy.dev.shell screening-worker)"]
