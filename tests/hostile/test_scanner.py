"""The scanner finds a plant of each kind and nothing in what looks similar; a run or a worker that leaks one fails."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from joserfc.jwk import ECKey

from deploy.dev.config import ROOT
from tests.hostile.scanner import findings_below, findings_in, findings_in_log
from tests.support.api import Issuer

NIK = b"1376014302900000"
HARMLESS = (
    b"trace 0af7651916cd43dd8448eb211c80319c", b"z 0.1234567890123456", b"1234567890123456", b"1376019902900000",
    b"01a201ef-07f5-73e4-bb06-6ba6ebad9a9a", b"13760143029000001", b"postgresql://127.0.0.1:5432/ilp", b"eyJ.eyJ.x",
    b"Authorization: Bearer [disamarkan]", b"at 0.081234567890", b"01081234567890",
    b"0812-0000", b'{"kty": "EC", "x": "abcdefghijklmnopqrstuvwxyz"}', b"Contoh Sari",
)  # fmt: skip


def planted(issuer: Issuer) -> dict[str, bytes]:
    """Return a text of each kind, as a careless line might hold it."""
    key = ECKey.generate_key("P-256")
    return {
        "NIK": b"registered " + NIK + b" again",
        "name of a demonstration person": b'{"event": "x", "who": "Sari Contoh"}',
        "name of a person of the tests": b'{"who": "Contoh Anak"}',
        "telephone number": b'{"event": "x", "to": "081234567890"}',
        "token": b"GET /x token=" + issuer.token("kader").encode(),
        "private key": key.as_pem(private=True),
        "private key (JWK)": json.dumps(key.as_dict(private=True)).encode(),
        "authorization header": b"{'Authorization': 'Bearer abcdefgh12345'}",
        "session cookie": b"Cookie: ilp_session=abcdefghijklmnopqrstuvwxyz",
        "address with a password": b"connecting to postgresql://ilp_app:hunter2@127.0.0.1:5432/ilp",
    }


def test_every_kind_is_found_and_named(issuer: Issuer) -> None:
    for kind, text in planted(issuer).items():
        findings = list(findings_in(b"before\n" + text + b"\nafter", "here"))
        assert kind in {finding.kind for finding in findings}, kind
        assert all(text.decode() not in str(finding) for finding in findings)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_looks_similar_is_not(text: bytes) -> None:
    assert list(findings_in(b"before " + text + b" after", "here")) == []


@pytest.fixture
def aside() -> Iterator[Path]:
    """Provide a folder outside what the run's own watch looks at."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_files_topics_and_generated_secrets_of_a_run(aside: Path) -> None:
    data = aside / "run"
    (data / "logs").mkdir(parents=True)
    (data / "kafka").mkdir()
    (data / "secrets.json").write_text(json.dumps({"postgres": "a-generated-password"}))
    (data / "logs" / "registry-api.log").write_text("could not log in with a-generated-password")
    (data / "hs_err_pid7.log").write_bytes(NIK)
    (data / "core.7").write_bytes(b"\x00" + NIK + b"\x00")
    (data / "lost.jsonl").write_bytes(b'{"nik": "' + NIK + b'"}')
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("18")
    (data / "postgres" / "table").write_bytes(NIK)  # who may read it is the database's matter
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=3,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=9999,
    )
    batch.append(0, timestamp=1, key=b"13.76", value=b"{}", headers=[])
    batch.append(1, timestamp=1, key=b"13.76", value=b"{}", headers=[("ce_note", NIK)])
    segment = bytes(batch.build())
    (data / "kafka" / f"{0:020}.deleted").write_bytes(segment)  # what is read before must not hide the next one
    (data / "kafka" / f"{0:020}.log").write_bytes(segment)
    (data / "kafka-replica").mkdir()
    (data / "kafka-replica" / f"{0:020}.log").write_bytes(segment)
    findings = list(findings_below(aside))
    assert {finding.at for finding in findings if finding.where.endswith(f"{0:020}.log")} == {1}
    places = {(finding.where.removeprefix("run/"), finding.kind) for finding in findings}
    assert places == {
        ("logs/registry-api.log", "secret postgres"),
        ("hs_err_pid7.log", "NIK"),
        ("core.7", "NIK"),
        ("lost.jsonl", "NIK"),
        (f"kafka/{0:020}.deleted", "NIK"),
        (f"kafka/{0:020}.log", "NIK"),
    }


LINE = {
    "timestamp": "2026-11-29T22:19:34.727614Z",
    "level": "info",
    "logger": "ilp_shared.worker",
    "event": "worker_stopped",
    "service": "registry",
    "version": "0.1.0",
}
REQUEST = {
    **LINE,
    "event": "request",
    "trace_id": "4e6b97389372e2cd9f9357e3472ecb27",
    "route": "/v1/persons/{person_id}",
}
WRONG_LINES = {
    "$": {**LINE, "patient": "x"},
    "$.event": {**LINE, "event": "stored the child of somebody"},
    "$.route": {**REQUEST, "method": "GET", "status": 404, "problem": "absent", "route": "/v1/areas?name=x"},
    "$.trace_id": {**LINE, "trace_id": "1376"},
    "$.shard": {**LINE, "shard": 64},
}


@pytest.mark.parametrize(("place", "line"), WRONG_LINES.items())
def test_a_line_of_a_log_that_its_schema_refuses_is_found(place: str, line: dict[str, object]) -> None:
    good = json.dumps(LINE).encode() + b"\n"
    log = good + json.dumps(line).encode() + b"\n" + good + b'{"cut'
    assert [(finding.at, place in finding.kind) for finding in findings_in_log(log, "here")] == [(len(good), True)]


def test_a_line_of_a_log_that_is_no_json_or_lacks_fields_is_found() -> None:
    bare = json.dumps(REQUEST).encode()
    assert [finding.at for finding in findings_in_log(b"Traceback:\n" + bare + b"\n", "here")] == [0, 11]


def test_a_sentence_of_a_library_is_a_line() -> None:
    line = {**LINE, "logger": "aiokafka.consumer", "event": "Heartbeat failed: local member_id was not recognized"}
    assert list(findings_in_log(json.dumps(line).encode() + b"\n", "here")) == []


LEAKS = """
def test_prints():
    print("{text}")

def test_leaves(tmp_path):
    (tmp_path / "service.log").write_text("{text}")

def test_is_quiet():
    pass
"""
QUIET = "def test_says_nothing():\n    pass\n"


async def watched_run(folder: Path, *options: str) -> tuple[int, str]:
    """Run the tests of a folder in a pytest of their own, watched; returns exit code and output."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.hostile.watch", "-q", "-p", "no:cacheprovider",
        "--rootdir", str(folder), "--basetemp", str(folder / "base"), *options, str(folder),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output = (await child.communicate())[0].decode()
    assert child.returncode is not None
    return child.returncode, output


async def test_a_run_that_leaks_fails(aside: Path) -> None:
    (aside / "test_leaks.py").write_text(LEAKS.format(text=NIK.decode()))
    code, output = await watched_run(aside)
    assert code == 1, output
    assert "3 passed" in output
    assert "output of test_leaks.py::test_prints: NIK" in output
    assert "service.log: NIK" in output
    assert "2 findings" in output
    assert NIK.decode() not in output


async def test_what_a_worker_finds_fails_the_run_of_all_workers(aside: Path) -> None:
    (aside / "test_leaks.py").write_text(LEAKS.format(text=NIK.decode()))
    (aside / "test_quiet.py").write_text(QUIET)
    code, output = await watched_run(aside, "-n", "2", "--dist", "loadfile")
    assert code == 1, output
    assert "4 passed" in output
    assert "output of test_leaks.py::test_prints: NIK" in output
    assert output.count("service.log: NIK") == 1
    assert "2 findings" in output
    assert NIK.decode() not in output


async def test_workers_that_leak_nothing_pass(aside: Path) -> None:
    (aside / "test_quiet.py").write_text(QUIET)
    code, output = await watched_run(aside, "-n", "2")
    assert (code, "findings" in output) == (0, False), output


DIES = """
import os

def test_leaves_and_dies(tmp_path):
    (tmp_path / "core.7").write_text("{text}")
    os._exit(3)
"""


async def test_files_of_a_worker_that_died_are_looked_at(aside: Path) -> None:
    (aside / "test_dies.py").write_text(DIES.format(text=NIK.decode()))
    (aside / "test_quiet.py").write_text(QUIET)
    code, output = await watched_run(aside, "-n", "2", "--dist", "loadfile", "--max-worker-restart", "0")
    assert code == 1, output
    assert "core.7: NIK" in output
    assert "1 findings" in output


CLOSES = """
import contextlib, io, logging

from ilp_shared.logging import configure_logging

def test_command_line_in_this_process():
    with contextlib.redirect_stdout(io.StringIO()):
        configure_logging("command line", "ERROR")

def test_logs_afterwards():
    logging.getLogger("ilp").info("{text}")
"""


async def test_what_is_logged_after_a_command_line_has_taken_the_log_is_seen(aside: Path) -> None:
    (aside / "test_closes.py").write_text(CLOSES.format(text="postgresql://ilp_app:hunter2@127.0.0.1:5432/ilp"))
    code, output = await watched_run(aside)
    assert code == 1, output
    assert "output of test_closes.py::test_logs_afterwards: address with a password" in output
