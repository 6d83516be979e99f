"""A process that dies says so in one line of JSON, by the kinds of errors: never their text, no framed traceback."""

import json
import os
import subprocess
import sys

import pytest

from deploy.dev.config import ROOT
from ilp_shared.auth.development import ISSUER
from ilp_shared.logging import configure_logging, log_death

SECRET = "rahasia-sekali"
SETTINGS = {
    "PROFILE": "development",
    "DATABASE_URL": f"postgresql://{SECRET}:{SECRET}@127.0.0.1:1/{SECRET}",
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "OIDC_ISSUER": ISSUER,
    "OIDC_JWKS": f"/{SECRET}.json",
    "PORT": "0",
    "WORKER_STATUS_PORT": "0",
}


@pytest.mark.parametrize("command", ["worker", "api", "migrate"])
def test_without_its_database_a_process_ends_with_lines_of_json(command: str) -> None:
    env = {**os.environ, **{f"ILP_SCREENING_{name}": value for name, value in SETTINGS.items()}}
    ended = subprocess.run(
        [sys.executable, "-m", "ilp_screening", command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode not in (0, 2)
    lines = [json.loads(line) for line in (ended.stdout + ended.stderr).splitlines()]
    assert SECRET not in ended.stdout + ended.stderr
    deaths = [line for line in lines if line["event"] in ("process_died", "api_not_started")]
    assert len(deaths) == 1, lines
    assert deaths[0]["reason"] in deaths[0]["exception"]
    assert "periksa alamatnya" in deaths[0]["why"]
    assert "check its address" in deaths[0]["why"]


def test_the_text_of_an_error_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("tests", "INFO")
    error = ValueError(SECRET)
    error.__cause__ = RuntimeError(SECRET)
    log_death(type(error), error, None)
    (line,) = capsys.readouterr().out.splitlines()
    assert SECRET not in line
    assert all(kind in json.loads(line)["exception"] for kind in ("ValueError", "RuntimeError"))
